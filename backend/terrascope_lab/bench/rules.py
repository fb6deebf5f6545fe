"""The tasks of TerraScope-Bench as rules on a label map: what may be asked, and the true answer.

Thresholds are the paper's (`terra_cot.rules`): coverage and area need a class of at least 5 %, ranking two
such classes whose areas differ by more than 10 % of the larger, boundaries two classes of at least 3 % with at most
five components, distance more than 10 px between the opened masks, building change at least ten buildings of which
three are destroyed. Flooding (FL) and change of a class (CH) are added for label maps of two dates: at least 3 %.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

from terrascope_lab.cot import rules as paper
from terrascope_lab.cot.rules import Mask

#: Least share of the valid pixels, in %, whose change between two dates is asked.
MIN_CHANGE = 3


@dataclass(frozen=True)
class Item:
    """One question by rule.

    Attributes
    ----------
    right
        Index of the right option.
    classes
        Names of the masks that it is about; "NAME after" is that of NAME at the second date.
    value
        The true answer: %, m2, pixels of the larger class, 1 or 0 for touching, m, % destroyed.
    """

    task: str
    question: str
    options: tuple[str, ...]
    right: int
    classes: tuple[str, ...]
    value: float


#: Each option is at least and at most so many times the next smaller one.
LEAST_STEP, LARGEST_STEP = 1.25, 1.8


def _draw(
    generator: random.Random, truth: float, text: str, digits: int, upper: float | None
) -> tuple[tuple[str, ...], int] | None:
    """Four distinct options, the truth and a ladder of values around it; None where rounding would make two alike.

    The truth is any of the four in size, all steps are drawn alike, and the order is shuffled, so that the options do
    not tell which of them is right. (Distractors on both sides of the truth would: it is then never the largest.)
    """
    above = generator.randrange(4)
    values = [truth]
    while len(values) <= above:
        value = max(values) * _step(generator)
        if upper is not None and value > upper:
            break
        values.append(value)
    while len(values) < 4:
        values.append(min(values) / _step(generator))
    texts = [text.format(f"{v:.{digits}f}") for v in values]
    if len(set(texts)) < 4:
        return None
    order = generator.sample(range(4), 4)
    return tuple(texts[i] for i in order), order.index(0)


def _step(generator: random.Random) -> float:
    return LEAST_STEP * (LARGEST_STEP / LEAST_STEP) ** generator.random()


COVERAGE = (
    "What percentage of the image is covered by {a}?",
    "Which share of this scene is {a}?",
    "How much of the image, in percent, is {a}?",
)
AREA = (
    "What is the total area of {a} in the image?",
    "How large is the area covered by {a}?",
    "What area does {a} occupy?",
)
RANKING = (
    "Which covers the larger area, {a} or {b}?",
    "Between {a} and {b}, which one takes up more of the image?",
    "Which of the two is more extensive: {a} or {b}?",
)
BOUNDARY = (
    "Do {a} and {b} share a boundary in the image?",
    "Is {a} directly adjacent to {b}?",
    "Does {a} touch {b} anywhere in this scene?",
)
DISTANCE = (
    "What is the shortest distance between {a} and {b}?",
    "How far apart are {a} and {b} at their closest point?",
)
FLOODED = (
    "What percentage of the image is flooded at the second date but not at the first?",
    "Which share of the scene was newly covered by water between the two dates?",
)
GAINED = (
    "What percentage of the image became {a} between the two dates?",
    "How much of the scene, in percent, is {a} at the second date but was not at the first?",
)
LOST = (
    "What percentage of the image lost {a} between the two dates?",
    "How much of the scene, in percent, was {a} at the first date but is not at the second?",
)
DESTROYED = (
    "What percentage of the buildings were destroyed between the two dates?",
    "Which share of the buildings of the first image is destroyed in the second?",
)


def coverage(masks: Mapping[str, Mask], valid: Mask, generator: random.Random) -> list[Item]:
    """Coverage percentage (CA): N_c / N_valid, classes of at least 5 %."""
    items = []
    for name, mask in masks.items():
        share = 100 * float((mask & valid).sum()) / max(1, int(valid.sum()))
        if share < 100 * paper.MIN_SHARE:
            continue
        drawn = _draw(generator, share, "{} %", 1, 100)
        if drawn:
            items.append(Item("CA", generator.choice(COVERAGE).format(a=name), *drawn, (name,), share))
    return items


def area(masks: Mapping[str, Mask], valid: Mask, pixel_m2: float, generator: random.Random) -> list[Item]:
    """Absolute area (AQ): N_c x pixel area, in m2 below 1 ha and in hectares above."""
    items = []
    for name, mask in masks.items():
        count = int((mask & valid).sum())
        if count < paper.MIN_SHARE * int(valid.sum()):
            continue
        square_metres = count * pixel_m2
        unit, scale, digits = ("m²", 1.0, 0) if square_metres < 10_000 else ("ha", 1e-4, 1)
        drawn = _draw(generator, square_metres * scale, "{} " + unit, digits, None)
        if drawn:
            items.append(Item("AQ", generator.choice(AREA).format(a=name), *drawn, (name,), square_metres))
    return items


def ranking(masks: Mapping[str, Mask], valid: Mask, generator: random.Random) -> list[Item]:
    """Comparative ranking (CR): two classes of at least 5 % whose areas differ by more than 10 % of the larger."""
    counts = {name: int((mask & valid).sum()) for name, mask in masks.items()}
    big = [name for name, count in counts.items() if count >= paper.MIN_SHARE * int(valid.sum())]
    items = []
    for a, b in combinations(big, 2):
        larger = max(counts[a], counts[b])
        if not paper.ranked_apart(larger, min(counts[a], counts[b])):
            continue
        pair = [a, b]
        generator.shuffle(pair)
        right = 0 if counts[pair[0]] == larger else 1
        question = generator.choice(RANKING).format(a=pair[0], b=pair[1])
        items.append(Item("CR", question, (pair[0], pair[1]), right, (pair[0], pair[1]), float(larger)))
    return items


def boundary(masks: Mapping[str, Mask], valid: Mask, generator: random.Random) -> list[Item]:
    """Boundary relationship (BRD): does the 3x3 dilation of one mask meet the other."""
    usable = []
    for name, mask in masks.items():
        inside = mask & valid
        big = inside.sum() >= paper.BOUNDARY_SHARE * valid.sum()
        if big and paper.region_count(inside) <= paper.BOUNDARY_REGIONS:
            usable.append(name)
    items = []
    for a, b in combinations(usable, 2):
        touches = paper.touching(masks[a] & valid, masks[b] & valid)
        options = ("Yes", "No") if generator.random() < 0.5 else ("No", "Yes")
        question = generator.choice(BOUNDARY).format(a=a, b=b)
        items.append(Item("BRD", question, options, options.index("Yes" if touches else "No"), (a, b), float(touches)))
    return items


def distance(masks: Mapping[str, Mask], valid: Mask, gsd_m: float, generator: random.Random) -> list[Item]:
    """Distance (DM): minimum of the Euclidean distance transform between opened masks, at least 10 px."""
    opened = {name: paper.opened(mask & valid) for name, mask in masks.items()}
    big = [name for name, mask in opened.items() if mask.sum() >= paper.DISTANCE_SHARE * valid.sum()]
    items = []
    for a, b in combinations(big, 2):
        pixels = float(paper.distance_map(opened[a])[opened[b]].min())
        if pixels <= paper.MIN_DISTANCE_PX:
            continue
        drawn = _draw(generator, pixels * gsd_m, "{} m", 0, None)
        if drawn:
            items.append(Item("DM", generator.choice(DISTANCE).format(a=a, b=b), *drawn, (a, b), pixels * gsd_m))
    return items


def flooding(before: Mask, after: Mask, valid: Mask, generator: random.Random) -> list[Item]:
    """Flooded area between two dates, as a share of the valid pixels (FL): at least 3 %."""
    share = 100 * float((after & ~before & valid).sum()) / max(1, int(valid.sum()))
    if share < MIN_CHANGE:
        return []
    drawn = _draw(generator, share, "{} %", 1, 100)
    return [Item("FL", generator.choice(FLOODED), *drawn, ("water", "water after"), share)] if drawn else []


def change(name: str, before: Mask, after: Mask, valid: Mask, generator: random.Random) -> list[Item]:
    """Gain and loss of a class between two dates, as a share of the valid pixels (CH): at least 3 %."""
    items = []
    for wording, changed in ((GAINED, after & ~before), (LOST, before & ~after)):
        share = 100 * float((changed & valid).sum()) / max(1, int(valid.sum()))
        drawn = _draw(generator, share, "{} %", 1, 100) if share >= MIN_CHANGE else None
        if drawn:
            question = generator.choice(wording).format(a=name)
            items.append(Item("CH", question, *drawn, (name, f"{name} after"), share))
    return items


def building_change(total: int, destroyed: int, generator: random.Random) -> list[Item]:
    """Share of buildings that were destroyed (BCE): of at least ten buildings, at least three."""
    if total < paper.DAMAGE_TOTAL or destroyed < paper.DAMAGE_DESTROYED:
        return []
    share = 100 * destroyed / total
    drawn = _draw(generator, share, "{} %", 1, 100)
    return [Item("BCE", generator.choice(DESTROYED), *drawn, ("building", "building after"), share)] if drawn else []
