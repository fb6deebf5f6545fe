"""Land-cover classes as the interface shows them: names by language and colours, from the table that ships."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from .i18n import PLUGIN_ROOT, interface_language, tr

TABLE = PLUGIN_ROOT / "resources" / "landcover.json"
ENGLISH = "en"


@dataclass(frozen=True)
class LandClass:
    """A class: the label of its masks, its colour ("#rrggbb"), names by language, parts of the networks."""

    label: str
    colour: str
    names: dict[str, str]
    atoms: tuple[str, ...]


@lru_cache(maxsize=1)
def classes() -> dict[str, LandClass]:
    """Return the classes by label, in the order of the table."""
    rows = json.loads(TABLE.read_text(encoding="utf-8"))["classes"]
    return {row["name"]: LandClass(row["name"], row["colour"], row["names"], tuple(row["atoms"])) for row in rows}


@lru_cache(maxsize=1)
def derived_colours() -> dict[str, str]:
    """Return the colours of masks that are no class: flooded, gained, lost and so on."""
    return dict(json.loads(TABLE.read_text(encoding="utf-8"))["derived"])


def class_of(label: str) -> LandClass | None:
    """Return the class of a label; that of a single part where a part is named ("tree"), else None."""
    found = classes().get(label)
    return found or next((each for each in classes().values() if each.atoms == (label,)), None)


def class_name(label: str, language: str = "") -> str:
    """Return a label in a language, by default that of the interface: "trees lost" too; unknown ones as they are."""
    change = {
        "flooded": tr("flooded"),
        "gained": tr("{0} gained"),
        "lost": tr("{0} lost"),
        "unchanged": tr("{0} unchanged"),
    }
    if label in change:
        return change[label].replace("{0}", "").strip()
    head, _, tail = label.rpartition(" ")
    if head and tail in change:
        return change[tail].format(class_name(head, language))
    land = class_of(label)
    if land is None:
        return label
    return land.names.get(language or interface_language(), land.names[ENGLISH])
