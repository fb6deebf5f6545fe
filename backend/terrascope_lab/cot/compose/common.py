"""What the makers of questions share: marking masks, sizes in words, and the form of a maker."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from terrascope_lab.cot import rules
from terrascope_lab.cot.drafts import AREA_UNITS, Draft, Step, area_unit, number
from terrascope_lab.cot.facts import Facts
from terrascope_lab.cot.scenes import LabelledScene, Mask

Make = Callable[[random.Random], "Draft | None"]

#: Labels that play a part in judgements about the landscape.
ROLES: Mapping[str, frozenset[str]] = {
    "water": frozenset({"water", "inland waters", "marine waters"}),
    "built": frozenset({"built-up area", "urban fabric", "industrial units", "buildings"}),
    "crop": frozenset(
        {"cropland", "arable land", "permanent crops", "complex cultivation", "natural farmland", "pastures"}
    ),
    "woods": frozenset({"trees", "forest", "broadleaf forest", "conifer forest", "mixed forest", "mangroves"}),
    "natural": frozenset(
        {
            "trees", "forest", "broadleaf forest", "conifer forest", "mixed forest", "mangroves", "shrubs", "grass",
            "wetland", "natural grassland", "heathland", "woodland shrub", "inland wetlands", "coastal wetlands",
            "rangeland", "moss",
        }
    ),
    "open": frozenset({"bare land", "grass", "pastures", "rangeland", "natural grassland", "sands"}),
}  # fmt: skip
_LEADS = ("I mark the", "I segment the", "I look for the", "I outline the", "I locate the")
_FIRST = ("", "First, ", "To begin, ")
_NEXT = ("Then ", "Next, ", "Now ")


class Candidate(NamedTuple):
    """A question that may be asked: its kind, and how it is made (None where the rules turn out to forbid it)."""

    kind: str
    make: Make


def with_role(facts: Facts, role: str, least: float = 0.0) -> list[str]:
    """Labels of a role that the moment knows and that cover at least a share."""
    return [label for label in facts.masks if label in ROLES[role] and facts.share(label) >= least]


def mark(
    facts: Facts,
    label: str,
    rng: random.Random,
    *,
    first: bool = True,
    parts: Sequence[Mask] | None = None,
    noun: str = "",
) -> Step:
    """One step of a chain: words that lead to the mask, and what the mask holds.

    `parts` are single regions or objects, called `noun`.
    """
    lead = rng.choice(_FIRST if first else _NEXT)
    words = rng.choice(_LEADS)
    if parts is not None:
        after = f": {len(parts)} {noun if len(parts) != 1 else noun.removesuffix('s')}."
    elif facts.count(label) == 0:
        after = ": nothing is found."
    else:
        after = f": {facts.count(label):,} of {facts.valid_px:,} pixels."
    return Step(label, facts.moment, None if parts is None else tuple(parts), after, lead + words)


def marks(facts: Facts, labels: Sequence[str], rng: random.Random) -> tuple[Step, ...]:
    """Several steps, one a label."""
    return tuple(mark(facts, label, rng, first=i == 0) for i, label in enumerate(labels))


def percent(pixels: int, whole: int) -> float:
    """Part of a whole in percent."""
    return 100.0 * pixels / max(1, whole)


def area_of(pixels: int, scene: LabelledScene, unit: str | None = None) -> tuple[float, str]:
    """Area of a number of pixels in a unit (or the one that suits), and that unit. The pixel size must be known."""
    assert scene.gsd_m is not None, "areas need a pixel size"
    square_metres = pixels * scene.gsd_m**2
    unit = unit or area_unit(square_metres)
    return square_metres / AREA_UNITS[unit], unit


def size_text(pixels: int, scene: LabelledScene, valid_px: int) -> str:
    """Size of a mask in words: area and share where the pixel size is known, share alone otherwise."""
    share = number(percent(pixels, valid_px), "%")
    if scene.gsd_m is None:
        return share
    return f"{number(*area_of(pixels, scene))} ({share})"


def buffer_metres(rng: random.Random, gsd_m: float, pixels: Sequence[int] = (3, 5, 10, 20)) -> float:
    """A round buffer of some pixels, in metres."""
    return rng.choice(pixels) * gsd_m


def metres_text(metres: float) -> str:
    """A buffer as it stands in a question."""
    return f"{metres:g} m"


def pairs(labels: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every unordered pair."""
    for i, one in enumerate(labels):
        for two in labels[i + 1 :]:
            yield one, two


def near_px(facts: Facts, label: str, to: str, metres: float, gsd_m: float) -> int:
    """Pixels of one mask whose centres lie within some metres of a pixel centre of another mask that is not empty."""
    near = facts.distance_map(to, opened=False) * gsd_m <= metres + 1e-6
    return rules.count(facts.masks[label] & near)
