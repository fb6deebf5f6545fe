"""The land-cover classes that every room speaks of: atoms, unions of atoms, colours.

An *atom* is exclusive: the embedded vision networks give one probability a pixel for each atom, adding up to one.
A *union* is a named set of atoms ("vegetation"). A mask query is a weight in [0, 1] for each atom, in `ATOMS` order.
Flooded area is not an atom: it is water at the later date that was not water at the earlier one.
"""

from __future__ import annotations

ATOMS: tuple[str, ...] = (
    "water",
    "tree",
    "grass",
    "crop",
    "shrub",
    "bare",
    "building",
    "road",
    "built",  # other sealed or settled surface; at 10 m and coarser, settlements as a whole
    "wetland",
    "snow",
    "cloud",
)

UNIONS: dict[str, frozenset[str]] = {
    "vegetation": frozenset({"tree", "grass", "crop", "shrub", "wetland"}),
    "built-up": frozenset({"building", "road", "built"}),
    "farmland": frozenset({"crop"}),
    "forest": frozenset({"tree"}),
    "open land": frozenset({"grass", "crop", "shrub", "bare"}),
}

COLOURS: dict[str, str] = {
    "water": "#2166ff",
    "tree": "#00a000",
    "grass": "#7ee05a",
    "crop": "#f2d31b",
    "shrub": "#c8aa78",
    "bare": "#9b8b7a",
    "building": "#d62728",
    "road": "#5c5c5c",
    "built": "#ff5a4f",
    "wetland": "#19c7c7",
    "snow": "#f4fbff",
    "cloud": "#c9c9d6",
    "vegetation": "#3cb44b",
    "built-up": "#e8463c",
    "flooded": "#8a2be2",
    "other": "#ff9f1c",
}


def atoms_of(label: str) -> frozenset[str]:
    """Return the atoms that a class label stands for.

    Raises
    ------
    KeyError
        If the label is neither an atom nor a union.
    """
    if label in ATOMS:
        return frozenset({label})
    return UNIONS[label]
