"""One labelled image of a data set, as every reader returns it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")


@dataclass
class Sample:
    """One labelled image.

    Attributes
    ----------
    source, name
        Data set and image; together they identify it in the manifest.
    bands
        float16 [6, H, W] in `BANDS` order: reflectance, or display values on the network's scale; absent bands 0.
        For SAR: [2, H, W], VV and VH in dB. For aerial: [3, H, W], red, green, blue in 0..1.
    present
        bool [6].
    allowed
        uint16 [H, W], bit mask of atoms (see `legends`), 0 = ignore.
    gsd_m
        Pixel size in metres.
    display
        True where the values are picture values.
    group
        What must not be split: region, tile, scene.
    raw
        True where the values are digital numbers, whose haze differs from band to band.
    """

    source: str
    name: str
    bands: NDArray[np.float16]
    present: NDArray[np.bool_]
    allowed: NDArray[np.uint16]
    gsd_m: float
    display: bool
    group: str
    raw: bool = False


def flags(*names: str) -> NDArray[np.bool_]:
    """Return which of `BANDS` are named, bool [6]."""
    return np.array([band in names for band in BANDS])
