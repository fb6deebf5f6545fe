"""Level 1: six templates answered from single masks or pairs - existence, counting, localisation, area, boundary,
distance - by the rules of the benchmark (`rules`)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

from terrascope_lab.cot import rules
from terrascope_lab.cot.compose.common import Candidate, area_of, mark, marks, pairs, percent
from terrascope_lab.cot.drafts import (
    Draft,
    number,
    options_among,
    options_counts,
    options_near,
)
from terrascope_lab.cot.facts import Facts
from terrascope_lab.cot.wording import question

KINDS: tuple[str, ...] = ("existence", "counting", "localisation", "area", "boundary", "distance")
#: Kinds that cannot be answered without pixels; at least one of them is asked about every image that allows it.
PIXEL_KINDS = frozenset({"area", "boundary", "distance"})
#: How often a question comes with options.
_WITH_OPTIONS = 0.5
_LEVEL = "l1"


def candidates(facts: Facts) -> Iterator[Candidate]:
    """Every level-1 question that one moment of a scene may allow."""
    for label in facts.present():
        yield Candidate("existence", partial(existence, facts, label))
        yield Candidate("localisation", partial(localisation, facts, label))
    for label in facts.absent():
        yield Candidate("existence", partial(existence, facts, label))
    for label in facts.masks:
        if label in facts.scene.moments[facts.moment].objects:
            yield Candidate("counting", partial(counting_objects, facts, label))
        elif facts.count(label) >= rules.REGION_PX:
            yield Candidate("counting", partial(counting, facts, label))
    for label in facts.present(rules.MIN_SHARE):
        yield Candidate("area", partial(area, facts, label))
    for one, two in pairs(facts.present(rules.BOUNDARY_SHARE)):
        yield Candidate("boundary", partial(boundary, facts, one, two))
    if facts.scene.gsd_m is not None:
        for one, two in pairs(facts.present(rules.DISTANCE_SHARE)):
            yield Candidate("distance", partial(distance, facts, one, two))


def existence(facts: Facts, label: str, rng: random.Random) -> Draft:
    """Is there any: yes where the mask has pixels, no where it has none."""
    found = facts.count(label) > 0
    answer = "Yes" if found else "No"
    return Draft(
        _LEVEL, "existence", question("existence", [label], rng), answer, marks(facts, [label], rng),
        "The mask is not empty." if found else "The mask is empty.",
        options=rng.choice((("Yes", "No"), ("No", "Yes"))) if rng.random() < 0.3 else (),
    )  # fmt: skip


def counting(facts: Facts, label: str, rng: random.Random) -> Draft | None:
    """How many: separate regions of at least `rules.REGION_PX` pixels, which hold nearly all of the class."""
    if facts.region_count(label) > 40 * rules.MAX_COUNT:
        return None
    parts = rules.regions(facts.masks[label], rules.REGION_PX)
    held = sum(rules.count(part) for part in parts)
    if not 1 <= len(parts) <= rules.MAX_COUNT or held < 0.95 * facts.count(label):
        return None
    step = mark(facts, label, rng, parts=parts, noun="regions")
    conclusion = f"Counted as separate where not even corners touch, from {rules.REGION_PX} pixels on."
    options = options_counts(rng, len(parts)) if rng.random() < _WITH_OPTIONS else ()
    return Draft(
        _LEVEL, "counting", question("regions", [label], rng), str(len(parts)), (step,), conclusion, options,
        {"regions": True, "least_px": rules.REGION_PX},
    )  # fmt: skip


def counting_objects(facts: Facts, label: str, rng: random.Random) -> Draft | None:
    """How many single objects, as they were drawn."""
    parts = facts.scene.moments[facts.moment].objects[label]
    if not parts:
        return None
    step = mark(facts, label, rng, parts=parts, noun="objects")
    options = options_counts(rng, len(parts)) if rng.random() < _WITH_OPTIONS else ()
    return Draft(
        _LEVEL, "counting", question("counting", [label], rng), str(len(parts)), (step,), "Each is marked by itself.",
        options, {"regions": False},
    )  # fmt: skip


def localisation(facts: Facts, label: str, rng: random.Random) -> Draft | None:
    """Where: the ninth of the image that holds most of the class and stands out."""
    place = rules.place_of(facts.masks[label])
    if place is None:
        return None
    options = options_among(rng, place, rules.PLACES) if rng.random() < _WITH_OPTIONS else ()
    return Draft(
        _LEVEL, "localisation", question("localisation", [label], rng), place, marks(facts, [label], rng),
        f"Of the nine parts of the image, the {place} holds most of it.", options,
    )  # fmt: skip


def area(facts: Facts, label: str, rng: random.Random) -> Draft | None:
    """How much: share of the valid pixels, or area in m2, ha or km2."""
    pixels, scene = facts.count(label), facts.scene
    if scene.gsd_m is None or rng.random() < 0.4:
        value, unit, task, asked = percent(pixels, facts.valid_px), "%", "share", None
        conclusion = f"{pixels:,} of {facts.valid_px:,} pixels are {number(value, unit)}."
    else:
        natural = area_of(pixels, scene)[1]
        unit = rng.choice((natural, natural, "ha", "m2"))
        value = area_of(pixels, scene, unit)[0]
        if value < 0.1:
            value, unit = area_of(pixels, scene, natural)
        task, asked = "area", unit if unit != natural or rng.random() < 0.5 else None
        conclusion = f"{pixels:,} pixels of {scene.gsd_m:g} m x {scene.gsd_m:g} m are {number(value, unit)}."
    drawn = options_near(rng, value, unit, 100.0 if unit == "%" else None) if rng.random() < _WITH_OPTIONS else None
    return Draft(
        _LEVEL, task, question(task, [label], rng, unit=asked, answer_unit=unit),
        number(value, unit), marks(facts, [label], rng),
        conclusion, drawn[0] if drawn else (), {"unit": unit},
    )  # fmt: skip


def boundary(facts: Facts, one: str, two: str, rng: random.Random) -> Draft | None:
    """Whether two classes of few regions touch."""
    if max(facts.region_count(one), facts.region_count(two)) > rules.BOUNDARY_REGIONS:
        return None
    labels = [one, two] if rng.random() < 0.5 else [two, one]
    touch = rules.touching(facts.masks[one], facts.masks[two])
    return Draft(
        _LEVEL, "boundary", question("boundary", labels, rng), "Yes" if touch else "No", marks(facts, labels, rng),
        "Grown by one pixel, the first mask meets the second." if touch else "Grown by one pixel, they do not meet.",
        rng.choice((("Yes", "No"), ("No", "Yes"))) if rng.random() < _WITH_OPTIONS else (),
    )  # fmt: skip


def distance(facts: Facts, one: str, two: str, rng: random.Random) -> Draft | None:
    """How far apart two opened masks are."""
    gsd = facts.scene.gsd_m
    if gsd is None or min(facts.opened_share(one), facts.opened_share(two)) < rules.DISTANCE_SHARE:
        return None
    pixels = facts.distance(one, two)
    if pixels <= rules.MIN_DISTANCE_PX:
        return None
    labels = [one, two] if rng.random() < 0.5 else [two, one]
    metres = pixels * gsd
    unit = "km" if metres >= 5000 or (metres >= 500 and rng.random() < 0.2) else "m"
    value = metres / (1000 if unit == "km" else 1)
    drawn = options_near(rng, value, unit) if rng.random() < _WITH_OPTIONS else None
    return Draft(
        _LEVEL, "distance", question("distance", labels, rng, answer_unit=unit),
        number(value, unit), marks(facts, labels, rng),
        f"Without specks, their nearest pixels are {pixels:.1f} pixels of {gsd:g} m apart: {number(value, unit)}.",
        drawn[0] if drawn else (), {"unit": unit},
    )  # fmt: skip
