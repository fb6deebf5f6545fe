"""Level 2, spatial: questions about several entities and their geometry, composed of level-1 measures."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from itertools import combinations, pairwise

import numpy as np

from terrascope_lab.cot import rules
from terrascope_lab.cot.compose.common import (
    Candidate,
    area_of,
    buffer_metres,
    marks,
    metres_text,
    near_px,
    pairs,
    percent,
    size_text,
)
from terrascope_lab.cot.drafts import Draft, listing, number, options_among, options_near
from terrascope_lab.cot.facts import Facts
from terrascope_lab.cot.scenes import Mask
from terrascope_lab.cot.vocabulary import is_plural
from terrascope_lab.cot.wording import question

KINDS: tuple[str, ...] = (
    "ranking", "ordering", "nearer", "within", "together", "difference", "largest_region", "dominant_part",
    "boundary_and_ranking",
)  # fmt: skip
#: Parts of an image whose main cover is asked: rows and columns of the ninths' edges, in halves.
PARTS: tuple[str, ...] = ("left half", "right half", "upper half", "lower half")
_LEVEL = "l2_spatial"
_WITH_OPTIONS = 0.5


def candidates(facts: Facts) -> Iterator[Candidate]:
    """Every spatial question that one moment of a scene may allow."""
    big = facts.present(rules.MIN_SHARE)
    for one, two in pairs(big):
        yield Candidate("ranking", partial(ranking, facts, one, two))
        yield Candidate("together", partial(together, facts, one, two))
        yield Candidate("difference", partial(difference, facts, one, two))
    for three in combinations(big, 3):
        yield Candidate("ordering", partial(ordering, facts, three))
    for one, two in pairs(facts.present(rules.BOUNDARY_SHARE)):
        yield Candidate("boundary_and_ranking", partial(boundary_and_ranking, facts, one, two))
    for label in big:
        yield Candidate("largest_region", partial(largest_region, facts, label))
        for part in PARTS:
            yield Candidate("dominant_part", partial(dominant_part, facts, label, part))
    present = facts.present(rules.DISTANCE_SHARE)
    for three in combinations(present, 3):
        yield Candidate("nearer", partial(nearer, facts, three))
    if facts.scene.gsd_m is not None:
        for one, two in pairs(present):
            yield Candidate("within", partial(within, facts, one, two))


def _shuffled(labels: tuple[str, ...], rng: random.Random) -> list[str]:
    return rng.sample(labels, len(labels))


def ranking(facts: Facts, one: str, two: str, rng: random.Random) -> Draft | None:
    """Which of two classes covers more; their areas differ by more than 10 % of the larger."""
    labels = _shuffled((one, two), rng)
    larger, smaller = rules.ordered({label: facts.count(label) for label in labels})
    if not rules.ranked_apart(facts.count(larger), facts.count(smaller)):
        return None
    return Draft(
        _LEVEL, "ranking", question("ranking", labels, rng), larger, marks(facts, labels, rng),
        f"The {larger} has more pixels than the {smaller}.",
        tuple(labels) if rng.random() < _WITH_OPTIONS else (),
    )  # fmt: skip


def ordering(facts: Facts, three: tuple[str, str, str], rng: random.Random) -> Draft | None:
    """Three classes from the largest to the smallest, each more than 10 % apart from the next."""
    labels = _shuffled(three, rng)
    order = rules.ordered({label: facts.count(label) for label in labels})
    sizes = [facts.count(label) for label in order]
    if not all(rules.ranked_apart(larger, smaller) for larger, smaller in pairwise(sizes)):
        return None
    answer = ", ".join(order)
    wrong = [", ".join(_shuffled(three, rng)) for _ in range(12)]
    return Draft(
        _LEVEL, "ordering", question("ordering", labels, rng), answer, marks(facts, labels, rng),
        f"From the largest to the smallest: {answer}.",
        options_among(rng, answer, wrong) if rng.random() < _WITH_OPTIONS else (),
    )  # fmt: skip


def nearer(facts: Facts, three: tuple[str, str, str], rng: random.Random) -> Draft | None:
    """Which of two classes lies nearer to a third; the distances of the opened masks differ by at least 3 px."""
    one, two, anchor = _shuffled(three, rng)
    if min(facts.opened_share(label) for label in three) < rules.DISTANCE_SHARE:
        return None
    near = facts.distance_map(anchor)
    distances = {label: float(near[facts.opened(label)].min()) for label in (one, two)}
    if abs(distances[one] - distances[two]) < 3.0:
        return None
    answer = one if distances[one] < distances[two] else two
    other = two if answer == one else one
    come = "come" if is_plural(answer) else "comes"
    return Draft(
        _LEVEL, "nearer", question("nearer", [one, two, anchor], rng), answer, marks(facts, [one, two, anchor], rng),
        f"Without specks, the {answer} {come} to {distances[answer]:.1f} pixels of the {anchor}, the {other} to "
        f"{distances[other]:.1f}.",
        (one, two) if rng.random() < _WITH_OPTIONS else (),
    )  # fmt: skip


def within(facts: Facts, one: str, two: str, rng: random.Random) -> Draft | None:
    """What part of a class lies within some metres of another."""
    label, to = _shuffled((one, two), rng)
    gsd = facts.scene.gsd_m
    assert gsd is not None, "buffers need a pixel size"
    metres = buffer_metres(rng, gsd)
    value = percent(near_px(facts, label, to, metres, gsd), facts.count(label))
    if not 1.0 <= value <= 99.0:
        return None
    drawn = options_near(rng, value, "%", 100.0) if rng.random() < _WITH_OPTIONS else None
    text = metres_text(metres)
    return Draft(
        _LEVEL, "within", question("within", [label, to], rng, metres=text), number(value, "%"),
        marks(facts, [label, to], rng),
        f"{number(value, '%')} of the {label} lies within {text} of the {to}.", drawn[0] if drawn else (),
        {"unit": "%", "metres": metres},
    )  # fmt: skip


def together(facts: Facts, one: str, two: str, rng: random.Random) -> Draft:
    """Share that two classes cover together."""
    labels = _shuffled((one, two), rng)
    pixels = rules.count(facts.masks[one] | facts.masks[two])
    value = percent(pixels, facts.valid_px)
    drawn = options_near(rng, value, "%", 100.0) if rng.random() < _WITH_OPTIONS else None
    return Draft(
        _LEVEL, "together", question("together", labels, rng, answer_unit="%"),
        number(value, "%"), marks(facts, labels, rng),
        f"Together {pixels:,} of {facts.valid_px:,} pixels: {number(value, '%')}.", drawn[0] if drawn else (),
        {"unit": "%"},
    )  # fmt: skip


def difference(facts: Facts, one: str, two: str, rng: random.Random) -> Draft | None:
    """By how much two areas differ, in a unit of area, or in percent of the image."""
    labels = rules.ordered({one: facts.count(one), two: facts.count(two)})
    gap = facts.count(labels[0]) - facts.count(labels[1])
    if not rules.ranked_apart(facts.count(labels[0]), facts.count(labels[1])):
        return None
    if facts.scene.gsd_m is None:
        value, unit = percent(gap, facts.valid_px), "%"
    else:
        value, unit = area_of(gap, facts.scene)
    drawn = options_near(rng, value, unit, 100.0 if unit == "%" else None) if rng.random() < _WITH_OPTIONS else None
    return Draft(
        _LEVEL, "difference", question("difference", labels, rng, answer_unit=unit),
        number(value, unit), marks(facts, labels, rng),
        f"The {labels[0]} has {gap:,} pixels more than the {labels[1]}: {number(value, unit)}.",
        drawn[0] if drawn else (), {"unit": unit},
    )  # fmt: skip


def largest_region(facts: Facts, label: str, rng: random.Random) -> Draft | None:
    """Size of the largest region of a class that has several."""
    if facts.region_count(label) < 2:
        return None
    pixels = rules.count(rules.regions(facts.masks[label])[0])
    if facts.scene.gsd_m is None:
        value, unit = percent(pixels, facts.valid_px), "%"
    else:
        value, unit = area_of(pixels, facts.scene)
    drawn = options_near(rng, value, unit, 100.0 if unit == "%" else None) if rng.random() < _WITH_OPTIONS else None
    return Draft(
        _LEVEL, "largest_region", question("largest_region", [label], rng), number(value, unit),
        marks(facts, [label], rng),
        f"Its largest connected region holds {pixels:,} pixels: {size_text(pixels, facts.scene, facts.valid_px)}.",
        drawn[0] if drawn else (), {"unit": unit},
    )  # fmt: skip


def half(mask: Mask, part: str) -> Mask:
    """The pixels of a mask in one half of the image (the middle row or column belongs to the right or lower half)."""
    height, width = mask.shape
    out = np.zeros_like(mask)
    rows = {"upper half": slice(0, height // 2), "lower half": slice(height // 2, height)}.get(part, slice(None))
    cols = {"left half": slice(0, width // 2), "right half": slice(width // 2, width)}.get(part, slice(None))
    out[rows, cols] = mask[rows, cols]
    return out


def dominant_part(facts: Facts, label: str, part: str, rng: random.Random) -> Draft | None:
    """Which class covers more than half of one half of the image: its mask alone proves it."""
    valid = rules.count(half(facts.scene.valid, part))
    share = percent(rules.count(half(facts.masks[label], part)), valid)
    if share < 55.0:
        return None
    others = [each for each in facts.masks if each != label]
    options = options_among(rng, label, others) if others and rng.random() < _WITH_OPTIONS else ()
    return Draft(
        _LEVEL, "dominant_part", question("dominant_part", [], rng, place=part), label, marks(facts, [label], rng),
        f"It fills {number(share, '%')} of the {part}, more than all others together.", options, {"part": part},
    )  # fmt: skip


def boundary_and_ranking(facts: Facts, one: str, two: str, rng: random.Random) -> Draft | None:
    """Whether two classes touch, and which covers more."""
    labels = _shuffled((one, two), rng)
    larger, smaller = rules.ordered({label: facts.count(label) for label in labels})
    if not rules.ranked_apart(facts.count(larger), facts.count(smaller)):
        return None
    if max(facts.region_count(one), facts.region_count(two)) > rules.BOUNDARY_REGIONS:
        return None
    touch = "Yes" if rules.touching(facts.masks[one], facts.masks[two]) else "No"
    answer = f"{touch}, {larger}"
    wrong = [f"{word}, {label}" for word in ("Yes", "No") for label in labels]
    return Draft(
        _LEVEL, "boundary_and_ranking", question("boundary_and_ranking", labels, rng), answer,
        marks(facts, labels, rng),
        f"They {'meet' if touch == 'Yes' else 'do not meet'}, and {listing([larger])} covers more than {smaller}.",
        options_among(rng, answer, wrong) if rng.random() < _WITH_OPTIONS else (),
    )  # fmt: skip
