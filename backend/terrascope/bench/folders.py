"""Labelled images from two folders: pictures, and label rasters of the same stems."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np

from terrascope.bench.build import LabelledImage
from terrascope.errors import TerraScopeError


def parse_classes(text: str) -> dict[int, str]:
    """Read class values from text such as "1=water,2=tree".

    Raises
    ------
    TerraScopeError
        If a part is not VALUE=NAME.
    """
    classes: dict[int, str] = {}
    for part in text.split(","):
        value, separator, name = part.partition("=")
        if not separator or not value.strip().isdigit() or not name.strip():
            raise TerraScopeError(f"Class {part!r} is not VALUE=NAME.", 'Write classes as "1=water,2=tree".')
        classes[int(value)] = name.strip()
    return classes


def labelled_images(
    images: Path,
    masks: Path,
    classes: Mapping[int, str],
    *,
    gsd_m: float | None = None,
    ignore: Collection[int] = (0,),
) -> Iterator[LabelledImage]:
    """Yield the pairs of a picture and its label raster, by stem, in alphabetical order.

    Raises
    ------
    TerraScopeError
        If a label raster has another size than its picture, or no pair is found.
    """
    import rasterio

    labels = {path.stem: path for path in sorted(masks.iterdir()) if path.is_file()}
    found = False
    for path in sorted(images.iterdir()):
        if path.stem not in labels or not path.is_file():
            continue
        found = True
        with rasterio.open(labels[path.stem]) as source:
            values = source.read(1)
        with rasterio.open(path) as source:
            size = (source.height, source.width)
        if values.shape != size:
            raise TerraScopeError(
                f"Labels {labels[path.stem].name} are {values.shape[1]}x{values.shape[0]} px, the picture "
                f"{path.name} is {size[1]}x{size[0]} px.",
                "Bring both to one grid.",
            )
        yield LabelledImage(path.stem, (path.read_bytes(),), values, classes, ~np.isin(values, list(ignore)), gsd_m)
    if not found:
        raise TerraScopeError(
            f"No file in {images} has the same stem as one in {masks}.", "Name pictures and label rasters alike."
        )
