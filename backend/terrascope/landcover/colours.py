"""The map colour of a mask, from whatever words its label has."""

from __future__ import annotations

import re
from functools import lru_cache

from terrascope.landcover.table import COLOURS
from terrascope.landcover.words import labels_in

#: Words of derived masks beside those that the table has.
_SAME = {"gain": "gained", "loss": "lost", "persistent": "unchanged", "kept": "unchanged"}
_CHANGES = ("gained", "lost", "unchanged", "turned")
#: "trees lost from 2010 to 2020", "cropland turned into built-up area from ...": regions of queries.
_REGION = re.compile(r" (?:gained|lost|kept) from .* to | turned into .* from ")


@lru_cache(maxsize=512)
def colour_of(label: str | None, derived: bool = False) -> str:
    """Return the map colour of a class label as ``#rrggbb``; the colour of "other" for labels that have none.

    Everyday words count ("lake" is water); floods and derived masks (gained, lost) have colours of their own.
    """
    text = (label or "").strip().lower()
    words = [_SAME.get(word, word) for word in re.findall(r"[\w-]+", text)]
    if derived or _REGION.search(text):
        if "water" in words and "gained" in words:
            return COLOURS["flooded"]  # green would not be seen on land
        for word in words:
            if word in _CHANGES:
                return COLOURS[word]
    if text in COLOURS:
        return COLOURS[text]
    if any(word.startswith("flood") for word in words):
        return COLOURS["flooded"]
    found = labels_in(text)
    return COLOURS[found[0]] if found else COLOURS["other"]
