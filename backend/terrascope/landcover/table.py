"""The table of land-cover classes, as `classes.toml` has it; `scripts/generate.py` makes `classes.json` of it.

An *atom* is exclusive: the embedded vision networks give one probability a pixel for each atom, adding up to one. A
*class* is a named set of atoms ("vegetation"), the label of a mask. Flooded area is not a class: it is water at the
later date that was not water at the earlier one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Definition:
    """What is measured when a class is measured.

    Attributes
    ----------
    measured
        As an English answer calls it: "tree cover".
    text
        One sentence: what counts.
    kind
        "cover" (what lies there) or "use" (what the land is for).
    """

    measured: str
    text: str
    kind: str


@dataclass(frozen=True)
class Name:
    """What a class is called in one language: in lists, in sentences, and the form of the noun.

    `form` is "s" (singular without gender), "p" (plural), "m", "f" or "n" (singular with that gender).
    """

    name: str
    measured: str
    form: str


@dataclass(frozen=True)
class LandClass:
    """One row of the table.

    Attributes
    ----------
    name
        Label of its masks.
    atoms
        Outputs of the vision networks that it is made of.
    colour
        "#rrggbb" on the map.
    coarsest_m
        Coarsest pixel, in metres on the ground, at which it can be seen.
    sensors
        Roles of images that show it: "optical", "sar".
    needs
        Bands of which one must be there; empty for none in particular.
    names
        By language.
    crosswalk
        Codes of other legends by their name: worldcover, corine, lccs, ipcc.
    words
        English words by part: one, many, cue, whole.
    other_words
        Words of other languages, by language.
    """

    name: str
    atoms: frozenset[str]
    colour: str
    coarsest_m: float
    sensors: tuple[str, ...]
    needs: tuple[str, ...]
    definition: Definition
    names: Mapping[str, Name]
    crosswalk: Mapping[str, Any]
    words: Mapping[str, tuple[str, ...]]
    other_words: Mapping[str, tuple[str, ...]]


def class_of(row: Mapping[str, Any]) -> LandClass:
    """Read one row of the table."""
    words = dict(row["words"])
    other = words.pop("other", {})
    return LandClass(
        name=row["name"],
        atoms=frozenset(row["atoms"]),
        colour=row["colour"],
        coarsest_m=float(row["coarsest_m"]),
        sensors=tuple(row["sensors"]),
        needs=tuple(row["needs"]),
        definition=Definition(**row["definition"]),
        names={language: Name(**name) for language, name in row["names"].items()},
        crosswalk=row["crosswalk"],
        words={part: tuple(found) for part, found in words.items()},
        other_words={language: tuple(found) for language, found in other.items()},
    )


TABLE: Mapping[str, Any] = json.loads(Path(__file__).with_name("classes.json").read_text(encoding="utf-8"))
LANGUAGES: tuple[str, ...] = tuple(TABLE["languages"])
#: In the order of the networks' outputs.
ATOMS: tuple[str, ...] = tuple(TABLE["atoms"])
CLASSES: Mapping[str, LandClass] = {row["name"]: class_of(row) for row in TABLE["class"]}
#: Atoms of each class.
LABELS: Mapping[str, frozenset[str]] = {name: each.atoms for name, each in CLASSES.items()}
#: Colours of classes and of masks that are no class (flooded, gained, lost ..., other).
COLOURS: Mapping[str, str] = {**{name: each.colour for name, each in CLASSES.items()}, **TABLE["derived"]}


def can_be_seen(name: str, pixel_m: float | None, role: str, bands: Collection[str]) -> bool:
    """Say whether a class can be told at a pixel size and by the bands there are.

    Parameters
    ----------
    name
        A class.
    pixel_m
        Pixel size on the ground in metres; None where it is not known, which rules nothing out.
    role
        "optical" or "sar".
    bands
        Names of the bands.
    """
    land = CLASSES[name]
    if role not in land.sensors or (pixel_m is not None and pixel_m > land.coarsest_m):
        return False
    return not land.needs or any(band in bands for band in land.needs)
