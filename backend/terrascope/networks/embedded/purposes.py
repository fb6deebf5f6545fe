"""What shows whether a place suits a purpose, or is in danger: the one table of classes by purpose.

A site-selection question names an aim ("could we build here?"), not classes. The table says which land cover is looked
for as evidence, as a GIS analyst would, and what land cover cannot tell about that aim, which the answer says too.
Where a question names the evidence itself ("are there enough roofs for solar?"), that is taken (`suit_other`,
`risk_other`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Purpose(NamedTuple):
    """What a purpose, or a danger, is judged by.

    Attributes
    ----------
    classes
        Labels that are looked for, in the order of the masks; empty where the question names them. The first of a
        danger is what threatens, the second what is threatened unless the question says what.
    opening
        How the reasoning begins.
    unseen
        What land cover does not show, for the end of the answer: plural, lower case; empty for nothing.
    """

    classes: tuple[str, ...]
    opening: str
    unseen: str


PURPOSES: Mapping[str, Purpose] = {
    "suit_build": Purpose(  # houses, works, solar and wind parks, camps, airstrips, places to land
        ("bare land", "grass"), "Open ground is bare land and grass.", "slope and ownership"
    ),
    "suit_farm": Purpose(
        ("cropland", "grass"), "Land to farm is cropland, and grass that could be ploughed.", "soil and climate"
    ),
    "suit_grass": Purpose(("grass",), "Grazing and play need grass.", "fences and ownership"),
    "suit_water": Purpose(("water",), "This needs water.", "depth and quality"),
    "suit_wood": Purpose(("trees",), "This needs trees.", "tree species and ownership"),
    "suit_nature": Purpose(("trees", "wetland"), "Wild animals live in woods and wetlands.", "the animals themselves"),
    "suit_leisure": Purpose(("water", "trees"), "People seek water and woods to rest.", "paths and facilities"),
    "suit_other": Purpose((), "The question asks what the place is good for.", ""),
    "risk_flood": Purpose(
        ("water", "built-up area"), "A flood comes from water near by.", "terrain height and flood defences"
    ),
    "risk_fire": Purpose(("trees", "built-up area"), "A fire comes from trees near by.", "drought and wind"),
    "risk_ground": Purpose(("bare land",), "Bare ground can be carried away.", "slope and soil"),
    "risk_heat": Purpose(("built-up area", "vegetation"), "Built-up land heats up, vegetation cools.", "temperatures"),
    "risk_other": Purpose((), "The question asks for a risk.", ""),
}
#: Purposes that are judged by how much of their classes there is together.
TOGETHER = frozenset({"suit_build", "suit_farm", "suit_nature", "suit_leisure"})
#: Dangers for which the question may say what is threatened ("are the fields safe if the river rises?").
THREATS = frozenset({"risk_flood", "risk_fire"})
#: Kinds whose classes the question may name itself: all of them, or what is threatened.
NAMED = THREATS | {kind for kind, purpose in PURPOSES.items() if not purpose.classes}
