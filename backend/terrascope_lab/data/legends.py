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
#: The outline of the city was drawn by hand, the rest follows thresholds.
PORTO_VELHO = {1: bits("water"), 2: bits("built"), 3: bits("tree"), 4: bits("grass", "crop", "shrub")}
PORTO_VELHO_POINTS = {1: bits("water"), 2: bits("bare", "built"), 3: bits("tree"), 4: bits("grass", "crop", "shrub")}
GEWATA = {
    1: bits("crop"),
    2: bits("tree"),  # bamboo
    3: bits("bare"),
    4: bits("tree"),  # coffee, under trees
    5: bits("tree"),
    6: bits("wetland"),
}
PARA = {
    1: bits("grass", "crop", "shrub", "bare"),
    2: bits("tree", "bare", "wetland"),  # dead wood in what was flooded
    3: bits("tree"),
    4: bits("water"),
}
RIVER_TOWN = {1: bits("bare", "grass"), 2: bits("tree"), 3: bits("built"), 4: bits("water")}
LESOTHO = {
    1: bits("built"),
    2: bits("crop"),
    4: bits("tree"),
    6: bits("water"),
    7: bits("wetland"),
    9: bits("shrub"),
    10: bits("grass"),
    12: bits("bare"),
    14: bits("crop"),
}
#: By the names of its table, which spells some of them in several ways.
LITHUANIA = {
    "Cultivated meadows": bits("grass", "crop"),
    "Forest": bits("tree"),
    "Forests": bits("tree"),
    "Intensive cultivated crops": bits("crop"),
    "Natural Meadows": bits("grass"),
    "Natural meadow": bits("grass"),
    "Natural meadows": bits("grass"),
    "Peatland": bits("wetland", "bare"),
    "Peatlands": bits("wetland", "bare"),
    "Sand": bits("bare"),
    "Sand ": bits("bare"),
    "Sand dune": bits("bare"),
    "Stagnant water": bits("water"),
    "Urban Areas": bits("built"),
    "Urban areas": bits("built"),
    "Young trees": bits("tree", "shrub"),
}
GERMANY = {
    "ConiferousForest": bits("tree"),
    "DeciduousForest": bits("tree"),
    "Grassland": bits("grass"),
    "Industrial": bits("built"),
    "MixedForest": bits("tree"),
    "OpenSoil": bits("bare", "crop"),
    "PlantedFields": bits("crop"),
    "Settlement": bits("built"),
    "Urban": bits("built"),
    "Water": bits("water"),
}
AFRICA = {0: without("crop"), 1: bits("crop")}
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
#: 5 is sealed ground of any kind (roads, parking, yards); in an informal settlement (6) nobody drew the parts apart.
MUMBAI = {
    1: bits("building"),
    2: bits(*GREEN, "wetland"),
    3: bits("bare"),
    4: bits("water"),
    5: bits("road", "built"),
    6: bits("building", "road", "built"),
}
NEPAL = {0: without("building"), 1: bits("building")}
MASSACHUSETTS = {0: without("road"), 1: bits("road")}
SEN1FLOODS = {0: without("water", "cloud"), 1: bits("water")}


def expand(masks: NDArray[np.uint16], names: Iterable[str] = ATOMS) -> NDArray[np.bool_]:
    """Return bool [atoms, ...] from bit masks of any shape."""
    return np.stack([(masks & bits(name)) > 0 for name in names])
