"""Class colours: those of the table of classes, and the user's own in their place."""

from __future__ import annotations

import json
import re

from ..landcover import class_of, classes, derived_colours

_HEX = re.compile(r"#[0-9a-fA-F]{6}")

DEFAULT = derived_colours()["other"]  # of a mask that comes without a colour

_own: dict[str, str] = {}  # shipped colour -> the user's


def is_colour(text: str) -> bool:
    """Whether a text is "#rrggbb" and nothing else: colours go into style sheets."""
    return _HEX.fullmatch(text) is not None


def shipped() -> dict[str, str]:
    """Return class -> colour ("#rrggbb") in the order of the table."""
    return {label: each.colour for label, each in classes().items()} | {"flooded": derived_colours()["flooded"]}


def parse(stored: str) -> dict[str, str]:
    """Return class -> colour as kept in the settings; what is no colour is left out."""
    try:
        value = json.loads(stored or "{}")
    except ValueError:
        return {}
    pairs = value.items() if isinstance(value, dict) else ()
    own = {}
    for label, colour in pairs:
        if is_colour(str(colour)):
            land = class_of(str(label))  # settings may hold the names of parts ("tree"), as they once did
            own[land.label if land else str(label)] = str(colour)
    return own


def use(stored: str) -> None:
    """Show the user's colours from now on."""
    _own.clear()
    own = parse(stored)
    _own.update({colour: own[label] for label, colour in shipped().items() if label in own})


def shown(colour: str | None) -> str:
    """Return the colour that a mask is shown in. A class goes by many names ("trees", "forest") but has one colour.

    What is no colour is shown in the default one.
    """
    if not colour or not is_colour(colour):
        return DEFAULT
    return _own.get(colour.lower(), colour)
