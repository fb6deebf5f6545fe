"""Reader of OMBRIA: flood pairs of Sentinel-1 and Sentinel-2, 256 x 256 pixels of about 10 m, as 8-bit pictures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.float32]


@dataclass(frozen=True)
class FloodPair:
    """Two dates of one place.

    Attributes
    ----------
    name
        `t` and a number, or the country and a number.
    radar
        float32 [2, H, W], before and after, grey values 0..1 of an unknown stretch.
    optical
        float32 [2, 3, H, W], before and after; SWIR, NIR, red, 0..1 of an unknown stretch.
    flooded
        bool [H, W], newly flooded; elsewhere may be water at both dates.
    """

    name: str
    radar: Grey
    optical: Grey
    flooded: NDArray[np.bool_]


def read_ombria(root: Path) -> list[FloodPair]:
    """Every pair, in the order of its index."""
    folder = root / "ombria_floods"
    out = []
    for entry in json.loads((folder / "index.json").read_text(encoding="utf-8")):
        name = entry["name"]

        def grey(kind: str, file: str = f"{name}.png") -> Grey:
            return np.asarray(Image.open(folder / kind / file).convert("L"), np.float32) / np.float32(255)

        def colour(kind: str, file: str = f"{name}.jpg") -> Grey:
            picture = np.asarray(Image.open(folder / kind / file).convert("RGB"), np.float32)
            return np.moveaxis(picture / np.float32(255), -1, 0)

        radar = np.stack([grey("s1_before"), grey("s1_after")])
        optical = np.stack([colour("s2_before"), colour("s2_after")])
        flooded = np.asarray(Image.open(folder / "mask" / f"{name}.png")) > 0
        out.append(FloodPair(name, radar, optical, flooded))
    return out
