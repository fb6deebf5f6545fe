"""Class colours: those that ship in masks.qml, and the user's own in their place."""

from __future__ import annotations

import json
import re
from functools import lru_cache

from ..i18n import PLUGIN_ROOT

STYLE = PLUGIN_ROOT / "resources" / "styles" / "masks.qml"
_CATEGORY = re.compile(r'<category [^>]*symbol="(\d+)" value="([^"]+)"')
_SYMBOL = re.compile(r'<symbol name="(\d+)".*?name="color" type="QString" value="(\d+),(\d+),(\d+)', re.DOTALL)
_HEX = re.compile(r"#[0-9a-fA-F]{6}")

DEFAULT = "#ff9f1c"  # of a mask that comes without a colour

_own: dict[str, str] = {}  # shipped colour -> the user's


def is_colour(text: str) -> bool:
    """Whether a text is "#rrggbb" and nothing else: colours go into style sheets."""
    return _HEX.fullmatch(text) is not None


@lru_cache(maxsize=1)
def shipped() -> dict[str, str]:
    """Return class -> colour ("#rrggbb") in the order of the shipped style."""
    text = STYLE.read_text(encoding="utf-8")
    colours = {number: "#{:02x}{:02x}{:02x}".format(*map(int, rgb)) for number, *rgb in _SYMBOL.findall(text)}
    return {label: colours[number] for number, label in _CATEGORY.findall(text) if label != "other"}


def parse(stored: str) -> dict[str, str]:
    """Return class -> colour as kept in the settings; what is no colour is left out."""
    try:
        value = json.loads(stored or "{}")
    except ValueError:
        return {}
    pairs = value.items() if isinstance(value, dict) else ()
    return {str(label): str(colour) for label, colour in pairs if is_colour(str(colour))}


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
