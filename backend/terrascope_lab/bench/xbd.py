"""Building damage in the layout of xBD: picture pairs and polygons with a damage class.

`images/NAME_pre_disaster.png`, `images/NAME_post_disaster.png` and `labels/NAME_post_disaster.json` with
`features.xy`: [{"properties": {"feature_type": "building", "subtype": "destroyed"}, "wkt": "POLYGON ((...))"}] in
pixels, and `metadata.gsd` in metres. Buildings whose state is not classified are left out of both counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from terrascope_lab.bench.errors import BenchmarkFileError
from terrascope_lab.bench.labelled import Damage, LabelledImage, Mask

_POST = "_post_disaster"
_UNKNOWN = "un-classified"


def xbd_images(folder: Path) -> Iterator[LabelledImage]:
    """Yield the pairs of a folder, by name.

    Raises
    ------
    BenchmarkFileError
        If there are none, or a file of a pair is missing or damaged.
    """
    paths = sorted((folder / "labels").glob(f"*{_POST}.json"))
    if not paths:
        raise BenchmarkFileError(
            f"{folder} has no labels/*{_POST}.json.", "Give the folder that holds xBD's images and labels."
        )
    for path in paths:
        name = path.stem[: -len(_POST)]
        yield _pair(folder, path, name)


def _pair(folder: Path, path: Path, name: str) -> LabelledImage:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        features = record["features"]["xy"]
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise BenchmarkFileError(f"{path.name} is not in xBD's layout: {error!r}.") from error
    pictures = []
    for when in ("pre", "post"):
        picture = folder / "images" / f"{name}_{when}_disaster.png"
        if not picture.is_file():
            raise BenchmarkFileError(f"{path.name} has no picture images/{picture.name}.")
        pictures.append(picture)
    shape = _shape(pictures[0])
    damage = _damage(features, shape)
    gsd = record.get("metadata", {}).get("gsd")
    return LabelledImage(
        name, tuple(picture.read_bytes() for picture in pictures), np.zeros(shape, np.uint8), {}, np.ones(shape, bool),
        float(gsd) if gsd else None, damage=damage, roles=("optical", "optical"), times=(0, 1),
    )  # fmt: skip


def _shape(picture: Path) -> tuple[int, int]:
    import rasterio

    with rasterio.open(picture) as source:
        return source.height, source.width


def _damage(features: list[dict[str, Any]], shape: tuple[int, int]) -> Damage:
    import shapely

    all_of_them, standing = [], []
    for feature in features:
        properties = feature["properties"]
        state = properties.get("subtype", "no-damage")
        if properties.get("feature_type") != "building" or state == _UNKNOWN:
            continue
        polygon = shapely.from_wkt(feature["wkt"])
        all_of_them.append(polygon)
        if state != "destroyed":
            standing.append(polygon)
    destroyed = len(all_of_them) - len(standing)
    return Damage(len(all_of_them), destroyed, _burnt(all_of_them, shape), _burnt(standing, shape))


def _burnt(polygons: list[Any], shape: tuple[int, int]) -> Mask:
    """Pixels whose centre is inside a polygon, bool [H, W]; row 0 is the top and y grows downwards."""
    from rasterio.features import rasterize
    from rasterio.transform import from_origin

    if not polygons:
        return np.zeros(shape, bool)
    downwards = from_origin(0, 0, 1, -1)
    return np.asarray(rasterize([(p, 1) for p in polygons], shape, transform=downwards, dtype="uint8"), bool)
