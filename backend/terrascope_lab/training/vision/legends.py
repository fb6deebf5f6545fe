"""Legends of the data sets, as sets of atoms.

The data sets name different things. Each label is written as the set of atoms that it may be, as a bit mask
(bit `i` = `ATOMS[i]`); the loss asks for the probability of the whole set, so a coarse label teaches what it knows and
nothing more. Zero means: nothing is known, the pixel is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from terrascope.landcover import ATOMS

ALL = (1 << len(ATOMS)) - 1


def bits(*names: str) -> int:
    """Return the bit mask of some atoms."""
    mask = 0
    for name in names:
        mask |= 1 << ATOMS.index(name)
    return mask


def without(*names: str) -> int:
    """Return the bit mask of every atom but those named."""
    return ALL & ~bits(*names)


def lookup(legend: Mapping[int, int], size: int = 256) -> NDArray[np.uint16]:
    """Return a table from label value to atom set; values that the legend lacks are ignored (0)."""
    table = np.zeros(size, np.uint16)
    for value, mask in legend.items():
        table[value] = mask
    return table


GREEN = ("tree", "grass", "crop", "shrub")

WORLDCOVER = {
    10: bits("tree"),
    20: bits("shrub"),
    30: bits("grass"),
    40: bits("crop"),
    50: bits("built"),
    60: bits("bare"),
    70: bits("snow"),
    80: without("water", "built", "cloud"),  # permanent water on the map that is dry at the image date
    90: bits("wetland"),
    95: bits("tree", "wetland"),
    100: bits("grass", "shrub", "bare", "wetland"),
}
EUROPE = {
    2: bits("built"),
    3: bits("crop"),
    4: bits("tree"),
    5: bits("tree"),
    6: bits("grass"),
    7: bits("bare"),
    9: bits("water"),
}
INDIA = {1: bits("built", "bare"), 2: bits(*GREEN, "wetland"), 3: bits("water")}  # built-up is drawn generously
AMAZON = {1: bits("tree"), 2: without("tree", "snow")}
SLOVENIA = {
    1: bits("crop"),
    2: bits("tree"),
    3: bits("grass"),
    4: bits("shrub"),
    5: bits("water"),
    6: bits("wetland"),
    8: bits("built"),
    9: bits("bare"),
}
TERRAMESH = {
    1: bits("water"),
    2: bits("tree"),
    4: bits("crop"),
    5: bits("built"),
    6: bits("bare"),
    7: bits("snow"),
    9: bits("grass", "shrub"),
}
DUBAI = {
    0: bits("building"),
    1: bits("bare"),
    2: bits("road"),
    3: bits(*GREEN),
    4: bits("water"),
}
SEN1FLOODS = {0: without("water", "cloud"), 1: bits("water")}


def expand(masks: NDArray[np.uint16], names: Iterable[str] = ATOMS) -> NDArray[np.bool_]:
    """Return bool [atoms, ...] from bit masks of any shape."""
    return np.stack([(masks & bits(name)) > 0 for name in names])
