"""Readers of pictures finer than 3 m: Dubai, Mumbai, Banepa in Nepal, Massachusetts.

Bands are red, green, blue in 0..1. `Sample.group` is the place within the set that is left out as a whole.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from terrascope_lab.data import legends
from terrascope_lab.data.sample import Sample

_ALL = np.ones(3, bool)
DUBAI_M = 1.0  #: not stated by its publisher; roads of two lanes are 7 to 9 pixels wide


def _rgb(path: Path) -> NDArray[np.float16]:
    picture = np.asarray(Image.open(path).convert("RGB"), np.float32) / 255
    return np.ascontiguousarray(np.moveaxis(picture, -1, 0)).astype(np.float16)


def read_dubai(root: Path) -> list[Sample]:
    """Dubai pictures, masks read by the colours in `classes.json`; a group is one of six tiles."""
    folder = root / "dubai"
    colours = json.loads((folder / "classes.json").read_text())
    order = ["building", "land (unpaved)", "road", "vegetation", "water"]
    hexes = [next(colour for colour, name in colours.items() if name == wanted) for wanted in order]
    palette = np.array([[int(h[i : i + 2], 16) for i in (1, 3, 5)] for h in hexes], np.int16)
    table = legends.lookup(legends.DUBAI)
    samples = []
    for path in sorted(folder.glob("tile*/images/*.jpg")):
        tile = path.parent.parent.name
        mask = np.asarray(Image.open(path.parent.parent / "masks" / f"{path.stem}.png").convert("RGB"))
        allowed = np.zeros(mask.shape[:2], np.uint16)
        for value, colour in enumerate(palette):
            allowed[(np.abs(mask.astype(np.int16) - colour).sum(-1)) < 20] = table[value]
        samples.append(Sample("dubai", f"{tile}/{path.stem}", _rgb(path), _ALL, allowed, DUBAI_M, True, tile))
    return samples


def _indexed(
    source: str, images: Path, labels: Path, legend: dict[int, int], gsd_m: float, *, cut: str
) -> list[Sample]:
    """Pictures and label images of one name; the group is the name up to the first `cut`."""
    table = legends.lookup(legend)
    samples = []
    for path in sorted(images.glob("*.jpg")):
        values = np.asarray(Image.open(labels / f"{path.stem}.png"))
        group = path.stem.split(cut)[0]
        samples.append(Sample(source, path.stem, _rgb(path), _ALL, table[values], gsd_m, True, group))
    return samples


def read_mumbai(root: Path) -> list[Sample]:
    """Mumbai at 0.5 m; a group is a strip of touching patches (`tile_1`, `jp22_4` ...)."""
    folder = root / "mumbai_vhr"
    return _indexed("mumbai", folder / "images", folder / "labels", legends.MUMBAI, 0.5, cut=".")


def read_nepal(root: Path) -> list[Sample]:
    """Banepa in Nepal at 0.27 m, buildings; tiles of one dense town, all one group."""
    folder = root / "nepal_oam"
    return _indexed("nepal", folder / "images", folder / "buildings", legends.NEPAL, 0.27, cut="-")


def read_massachusetts(root: Path) -> list[Sample]:
    """Massachusetts at 1 m, roads; a group is the aerial tile that a crop was cut from."""
    folder = root / "massachusetts_roads"
    return _indexed(
        "massachusetts", folder / "images", folder / "roads", legends.MASSACHUSETTS, 1.0, cut="_"
    )


def read_aerial(root: Path) -> list[Sample]:
    """Every picture finer than 3 m."""
    readers = (read_dubai, read_mumbai, read_nepal, read_massachusetts)
    return [sample for reader in readers for sample in reader(root)]
