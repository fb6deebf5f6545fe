"""Level 2, semantic: judgements on landscape, suitability, ecology and risk, by stated rules on the masks."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

import numpy as np

from terrascope_lab.cot import rules
from terrascope_lab.cot.compose.common import (
    Candidate,
    buffer_metres,
    marks,
    metres_text,
    near_px,
    with_role,
)
from terrascope_lab.cot.drafts import Draft, number
from terrascope_lab.cot.facts import Facts
from terrascope_lab.cot.scenes import union
from terrascope_lab.cot.wording import question

KINDS: tuple[str, ...] = (
    "character", "building_land", "irrigation", "flood_exposure", "fragmentation", "riparian",
)  # fmt: skip
#: From these shares on a landscape is urban, else agricultural, else natural.
URBAN, FARMED, NATURAL = 0.30, 0.40, 0.50
#: Open ground out of the water's reach must cover this share to be called enough.
ENOUGH_OPEN = 0.20
#: Part of the fields that must lie near water.
IRRIGABLE = 0.50
#: Part of the settlement near water from which exposure is high, and moderate.
HIGH, MODERATE = 0.25, 0.05
#: Part of a class in its largest region from which it is continuous, and up to which it is fragmented.
CONTINUOUS, FRAGMENTED = 0.75, 0.50
#: Width of the strip along the water, in pixels, the least number of its pixels, and the wooded part asked for.
STRIP_PX, STRIP_LEAST, WOODED = 3, 50, 0.50
_LEVEL = "l2_semantic"
_CHARACTERS = ("urban", "agricultural", "natural")
_WITH_OPTIONS = 0.5
_MOST_STEPS = 6


def candidates(facts: Facts) -> Iterator[Candidate]:
    """Every semantic question that one moment of a scene may allow."""
    water, built = with_role(facts, "water"), with_role(facts, "built")
    if built and with_role(facts, "crop") and with_role(facts, "natural"):
        yield Candidate("character", partial(character, facts))
    for label in (*with_role(facts, "natural", 0.10),):
        yield Candidate("fragmentation", partial(fragmentation, facts, label))
    if len(water) != 1:
        return
    if with_role(facts, "woods") and facts.share(water[0]) >= rules.PRESENT_SHARE:
        yield Candidate("riparian", partial(riparian, facts, water[0]))
    if facts.scene.gsd_m is None:
        return
    if with_role(facts, "open"):
        yield Candidate("building_land", partial(building_land, facts, water[0]))
    if facts.count(water[0]) >= rules.REGION_PX:
        for label in with_role(facts, "crop", rules.MIN_SHARE):
            yield Candidate("irrigation", partial(irrigation, facts, label, water[0]))
        for label in with_role(facts, "built", rules.PRESENT_SHARE):
            yield Candidate("flood_exposure", partial(flood_exposure, facts, label, water[0]))


def _yes_no(rng: random.Random) -> tuple[str, ...]:
    return rng.choice((("Yes", "No"), ("No", "Yes"))) if rng.random() < _WITH_OPTIONS else ()


def character(facts: Facts, rng: random.Random) -> Draft | None:
    """Urban from 30 % built-up on; else agricultural from 40 % cropland on; else natural from 50 % wild cover on."""
    roles = {role: with_role(facts, role) for role in ("built", "crop", "natural")}
    needed: tuple[str, ...]
    share = {role: sum(facts.share(label) for label in labels) for role, labels in roles.items()}
    if share["built"] >= URBAN:
        answer, needed = "urban", ("built",)
    elif share["crop"] >= FARMED:
        answer, needed = "agricultural", ("built", "crop")
    elif share["natural"] >= NATURAL:
        answer, needed = "natural", ("built", "crop", "natural")
    else:
        return None
    steps = []
    for role in needed:
        found = [label for label in roles[role] if facts.count(label)] or roles[role][:1]
        steps += [(label, role) for label in found]
    if len(steps) > _MOST_STEPS:
        return None
    said = ", ".join(f"{_SAID[role]} {number(100 * share[role], '%')}" for role in needed)
    return Draft(
        _LEVEL, "character", question("character", [], rng), answer, marks(facts, [label for label, _ in steps], rng),
        f"In all, {said}. From 30 % settlement on a landscape is urban, else from 40 % farmland on agricultural, else "
        "from 50 % wild cover on natural.",
        tuple(rng.sample(_CHARACTERS, 3)) if rng.random() < _WITH_OPTIONS else (),
        {"roles": tuple(role for _, role in steps), "limits": (URBAN, FARMED, NATURAL)},
    )  # fmt: skip


_SAID = {"built": "settlement covers", "crop": "farmland covers", "natural": "wild cover takes"}


def building_land(facts: Facts, water: str, rng: random.Random) -> Draft:
    """Whether open ground at least some metres from water covers 20 % of the area."""
    gsd = facts.scene.gsd_m
    assert gsd is not None, "buffers need a pixel size"
    labels = with_role(facts, "open")
    labels = [label for label in labels if facts.count(label)] or labels[:1]
    metres = buffer_metres(rng, gsd, (5, 10, 20))
    ground = union([facts.masks[label] for label in labels])
    if facts.count(water):
        ground &= ~(facts.distance_map(water, opened=False) * gsd < metres - 1e-6)
    share = rules.count(ground) / facts.valid_px
    text = metres_text(metres)
    return Draft(
        _LEVEL, "building_land", question("building_land", [], rng, metres=text),
        "Yes" if share >= ENOUGH_OPEN else "No", marks(facts, [*labels, water], rng),
        f"Open ground at least {text} from water covers {number(100 * share, '%')} of the area; 20 % is called enough.",
        _yes_no(rng),
        {"metres": metres, "roles": ("open",) * len(labels) + ("water",), "limit": ENOUGH_OPEN},
    )  # fmt: skip


def irrigation(facts: Facts, label: str, water: str, rng: random.Random) -> Draft:
    """Whether at least half of the fields lie within some metres of water."""
    gsd = facts.scene.gsd_m
    assert gsd is not None, "buffers need a pixel size"
    metres = buffer_metres(rng, gsd, (5, 10, 20, 40))
    part = near_px(facts, label, water, metres, gsd) / facts.count(label)
    text = metres_text(metres)
    return Draft(
        _LEVEL, "irrigation", question("irrigation", [label], rng, metres=text), "Yes" if part >= IRRIGABLE else "No",
        marks(facts, [label, water], rng), f"{number(100 * part, '%')} of the {label} lies within {text} of water.",
        _yes_no(rng), {"metres": metres, "limit": IRRIGABLE},
    )  # fmt: skip


def flood_exposure(facts: Facts, label: str, water: str, rng: random.Random) -> Draft:
    """High from a quarter of the settlement near water on, moderate from 5 % on, low below."""
    gsd = facts.scene.gsd_m
    assert gsd is not None, "buffers need a pixel size"
    metres = buffer_metres(rng, gsd, (3, 5, 10))
    part = near_px(facts, label, water, metres, gsd) / facts.count(label)
    answer = "high" if part >= HIGH else "moderate" if part >= MODERATE else "low"
    text = metres_text(metres)
    return Draft(
        _LEVEL, "flood_exposure", question("flood_exposure", [label], rng, metres=text), answer,
        marks(facts, [label, water], rng),
        f"{number(100 * part, '%')} of the {label} lies within {text} of water: from 25 % on the exposure is high, "
        "from 5 % on moderate.",
        tuple(rng.sample(("low", "moderate", "high"), 3)) if rng.random() < _WITH_OPTIONS else (),
        {"metres": metres, "limits": (HIGH, MODERATE)},
    )  # fmt: skip


def fragmentation(facts: Facts, label: str, rng: random.Random) -> Draft | None:
    """Continuous where 75 % of a class are one region, fragmented where no region holds more than half of it."""
    part = rules.count(rules.regions(facts.masks[label])[0]) / facts.count(label)
    if FRAGMENTED < part < CONTINUOUS:
        return None
    return Draft(
        _LEVEL, "fragmentation", question("fragmentation", [label], rng),
        "continuous" if part >= CONTINUOUS else "fragmented", marks(facts, [label], rng),
        f"Its largest region holds {number(100 * part, '%')} of it.",
        tuple(rng.sample(("continuous", "fragmented"), 2)) if rng.random() < _WITH_OPTIONS else (),
        {"limits": (CONTINUOUS, FRAGMENTED)},
    )  # fmt: skip


def riparian(facts: Facts, water: str, rng: random.Random) -> Draft | None:
    """Whether at least half of the strip along the water is wooded."""
    woods = with_role(facts, "woods")
    woods = [label for label in woods if facts.count(label)] or woods[:1]
    near = facts.distance_map(water, opened=False) <= STRIP_PX + 1e-6
    strip = near & ~facts.masks[water] & facts.scene.valid
    if rules.count(strip) < STRIP_LEAST:
        return None
    part = rules.count(strip & union([facts.masks[label] for label in woods])) / rules.count(strip)
    if abs(part - WOODED) < 0.02:
        return None
    return Draft(
        _LEVEL, "riparian", question("riparian", [], rng), "Yes" if part >= WOODED else "No",
        marks(facts, [water, *woods], rng),
        f"Of the land within {STRIP_PX} pixels of the water, {percent_text(part)} is wooded.", _yes_no(rng),
        {"strip_px": STRIP_PX, "limit": WOODED},
    )  # fmt: skip


def percent_text(part: float) -> str:
    """A part 0..1 as a percentage in words."""
    return number(float(np.clip(100 * part, 0, 100)), "%")
