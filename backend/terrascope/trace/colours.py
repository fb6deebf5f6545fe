"""The map colour of a mask, from whatever words its label has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from terrascope.class_words import labels_in
from terrascope.classes import COLOURS

#: Colours of derived masks by a word of their label.
DERIVED: Mapping[str, str] = {
    "gain": "#1a9850",
    "gained": "#1a9850",
    "loss": "#d73027",
    "lost": "#d73027",
    "persistent": "#7f7f7f",
    "unchanged": "#7f7f7f",
    "turned": "#b5179e",
}

#: Labels of the embedded model -> names in `classes.COLOURS`.
_NAMES: Mapping[str, str] = {
    "trees": "tree", "cropland": "crop", "shrubs": "shrub", "bare land": "bare", "buildings": "building",
    "roads": "road", "built-up area": "built-up", "clouds": "cloud", "open land": "grass",
}  # fmt: skip


@lru_cache(maxsize=512)
def colour_of(label: str | None, derived: bool = False) -> str:
    """Return the map colour of a class label as ``#rrggbb``; the colour of "other" for labels that have none.

    Everyday words count ("lake" is water); floods and derived masks (gained, lost) have colours of their own.
    """
    text = (label or "").strip().lower()
    words = re.findall(r"[\w-]+", text)
    if derived:
        if "water" in words and ("gain" in words or "gained" in words):
            return COLOURS["flooded"]  # green would not be seen on land
        for word in words:
            if word in DERIVED:
                return DERIVED[word]
    if text in COLOURS:
        return COLOURS[text]
    if any(word.startswith("flood") for word in words):
        return COLOURS["flooded"]
    found = labels_in(text)
    return COLOURS[_NAMES.get(found[0], found[0])] if found else COLOURS["other"]
