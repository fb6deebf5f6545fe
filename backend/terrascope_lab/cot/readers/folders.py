"""Pictures with label rasters of the same names, and pictures alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np

from terrascope_lab.cot.readers.pixels import need_folder, read_raster, stretched
from terrascope_lab.cot.scenes import DataError, LabelledScene, Moment, Picture, from_map

_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff"})


def parse_classes(text: str) -> dict[int, str]:
    """Read class values from text such as "1=water,2=trees".

    Raises
    ------
    DataError
        If a part is not VALUE=NAME.
    """
    classes: dict[int, str] = {}
    for part in text.split(","):
        value, equals, name = part.partition("=")
        if not equals or not value.strip().isdigit() or not name.strip():
            raise DataError(f"Class {part!r} is not VALUE=NAME.", 'Write classes as "1=water,2=trees".')
        classes[int(value)] = name.strip()
    return classes


class Folder:
    """`images/` with pictures and, for labelled scenes, `masks/` with label rasters of the same stems.

    `classes` names the label values; those that it lacks, and those in `ignore`, are not labelled.
    """

    def __init__(
        self,
        folder: Path,
        classes: Mapping[int, str] | None = None,
        gsd_m: float | None = None,
        ignore: Collection[int] = (),
        source: str = "folder",
    ) -> None:
        self.folder, self.gsd_m, self.source = folder, gsd_m, source
        self._classes = {value: name for value, name in (classes or {}).items() if value not in ignore}

    @cached_property
    def _labels(self) -> dict[str, Path]:
        masks = self.folder / "masks"
        return {path.stem: path for path in sorted(masks.iterdir())} if masks.is_dir() else {}

    @cached_property
    def _pictures(self) -> dict[str, Path]:
        images = need_folder(self.folder / "images", "images/NAME.png and masks/NAME.png")
        found = {path.stem: path for path in sorted(images.iterdir()) if path.suffix.lower() in _SUFFIXES}
        if not found:
            raise DataError(f"{images} holds no picture.", f"Pictures end in {', '.join(sorted(_SUFFIXES))}.")
        return found

    def names(self) -> list[str]:
        """See `Reader`."""
        if self._labels and not self._classes:
            raise DataError(f"{self.folder} has masks, and no class is named.", 'Add --classes "1=water,2=trees".')
        return [name for name in self._pictures if not self._labels or name in self._labels]

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        picture = as_picture(read_raster(self._pictures[name]))
        if name not in self._labels:
            return LabelledScene(self.source, name, (Moment(picture),), np.ones(picture.shape[:2], bool), self.gsd_m)
        labels = read_raster(self._labels[name], (1,))[0]
        if labels.shape != picture.shape[:2]:
            raise DataError(
                f"Labels {self._labels[name].name} are {labels.shape[1]}x{labels.shape[0]} px, the picture "
                f"{picture.shape[1]}x{picture.shape[0]} px.",
                "Bring both to one grid.",
            )
        masks, valid = from_map(labels.astype(np.int32), self._classes)
        return LabelledScene(self.source, name, (Moment(picture, masks),), valid, self.gsd_m)


def as_picture(bands: np.ndarray) -> Picture:
    """The first three bands [B, H, W] as a picture: 8-bit ones as they are, others stretched, one band as grey."""
    three = bands[:3] if len(bands) >= 3 else np.repeat(bands[:1], 3, axis=0)
    if three.dtype == np.uint8:
        return np.ascontiguousarray(np.moveaxis(three, 0, -1))
    finite = np.asarray(np.isfinite(three.astype(np.float32)).all(0), bool)
    return stretched(three, finite)
