"""Labelled images from folders: pictures, and label rasters of the same stems; a second date and SAR by choice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from terrascope.errors import TerraScopeError
from terrascope_lab.bench.labelled import LabelledImage


@dataclass(frozen=True)
class Folders:
    """Where pictures and labels lie; files belong together by their stems.

    Attributes
    ----------
    sar
        Radar pictures of the first date.
    images_after, masks_after
        Pictures and labels of a second date.
    """

    images: Path
    masks: Path
    sar: Path | None = None
    images_after: Path | None = None
    masks_after: Path | None = None

    def __post_init__(self) -> None:
        if (self.images_after is None) != (self.masks_after is None):
            raise TerraScopeError(
                "A second date needs both pictures and labels.", "Give --images-after and --masks-after."
            )
        for folder in (self.images, self.masks, self.sar, self.images_after, self.masks_after):
            if folder is not None and not folder.is_dir():
                raise TerraScopeError(f"{folder} is not a folder.", "Give an existing folder.")


def labelled_images(
    folders: Folders, classes: Mapping[int, str], *, gsd_m: float | None = None, ignore: Collection[int] = (0,)
) -> Iterator[LabelledImage]:
    """Yield the pictures that have a label raster, by stem, in alphabetical order.

    Where `gsd_m` is not given it is that of the picture, if its CRS is in metres.

    Raises
    ------
    TerraScopeError
        If a raster has another size than its picture, a partner is missing, or no pair is found.
    """
    labels = _by_stem(folders.masks)
    found = False
    for stem, path in _by_stem(folders.images).items():
        if stem not in labels:
            continue
        found = True
        size, own_gsd = _size(path)
        values = _labels(labels[stem], path, size)
        valid = ~np.isin(values, list(ignore))
        pictures: list[Path] = [path]
        roles, times = ["optical"], [0]
        if folders.sar is not None:
            pictures.append(_partner(folders.sar, stem))
            roles.append("sar")
            times.append(0)
        after: NDArray[np.integer[Any]] | None = None
        if folders.images_after is not None and folders.masks_after is not None:
            pictures.append(_partner(folders.images_after, stem))
            roles.append("optical")
            times.append(1)
            after = _labels(_partner(folders.masks_after, stem), path, size)
            valid &= ~np.isin(after, list(ignore))
        for picture in pictures[1:]:
            _same_size(picture, _size(picture)[0], path, size)
        yield LabelledImage(
            stem, tuple(picture.read_bytes() for picture in pictures), values, classes, valid, gsd_m or own_gsd,
            labels_after=after, roles=tuple(roles), times=tuple(times),
        )  # fmt: skip
    if not found:
        raise TerraScopeError(
            f"No file in {folders.images} has the same stem as one in {folders.masks}.",
            "Name pictures and label rasters alike.",
        )


def _by_stem(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.iterdir()) if path.is_file() and path.suffix != ".xml"}


def _partner(folder: Path, stem: str) -> Path:
    found = _by_stem(folder).get(stem)
    if found is None:
        raise TerraScopeError(f"{folder} has no file named {stem}.*.", "Name the files of all folders alike.")
    return found


def _size(path: Path) -> tuple[tuple[int, int], float | None]:
    """Size (rows, columns) of a picture, and its pixel size where its CRS is in metres."""
    import rasterio

    with rasterio.open(path) as source:
        metric = source.crs is not None and source.crs.is_projected and source.crs.linear_units_factor[1] == 1.0
        return (source.height, source.width), abs(source.transform.a) if metric else None


def _labels(path: Path, picture: Path, size: tuple[int, int]) -> NDArray[np.integer[Any]]:
    import rasterio

    with rasterio.open(path) as source:
        values = source.read(1)
    _same_size(path, values.shape, picture, size)
    return np.asarray(values)


def _same_size(path: Path, found: tuple[int, ...], picture: Path, size: tuple[int, int]) -> None:
    if tuple(found) != size:
        raise TerraScopeError(
            f"{path.name} has {found[1]}x{found[0]} px, the picture {picture.name} has {size[1]}x{size[0]} px.",
            "Bring both to one grid.",
        )
