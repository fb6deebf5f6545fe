"""Level 2, semantic: what changed between two time points. The first half of the masks is the earlier image's."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

from terrascope_lab.cot import rules
from terrascope_lab.cot.compose.common import ROLES, Candidate, area_of, mark, percent
from terrascope_lab.cot.drafts import Draft, Step, number, options_near
from terrascope_lab.cot.facts import Facts
from terrascope_lab.cot.wording import question, units_named

KINDS: tuple[str, ...] = (
    "gain", "loss", "net_change", "direction_of_change", "flooding", "flooded_class", "building_damage",
)  # fmt: skip
#: Least share of the valid pixels that must have changed for its size to be asked.
CHANGED_SHARE = 0.03
_LEVEL = "l2_semantic"
_WITH_OPTIONS = 0.5


def candidates(before: Facts, after: Facts) -> Iterator[Candidate]:
    """Every question about change that two moments of a scene may allow."""
    for label in before.masks:
        if label not in after.masks or max(before.share(label), after.share(label)) < rules.PRESENT_SHARE:
            continue
        for make in (gain, loss, net_change, direction_of_change):
            yield Candidate(make.__name__, partial(make, before, after, label))
    water = next((label for label in after.masks if label in ROLES["water"] and label in before.masks), None)
    if water is not None:
        yield Candidate("flooding", partial(flooding, before, after, water))
        for label in before.present(rules.MIN_SHARE):
            if label != water:
                yield Candidate("flooded_class", partial(flooded_class, before, after, label, water))
    if "buildings" in before.scene.moments[0].objects and "destroyed buildings" in before.scene.moments[1].objects:
        yield Candidate("building_damage", partial(building_damage, before, after))


def _pair(before: Facts, after: Facts, one: str, two: str, rng: random.Random) -> tuple[Step, Step]:
    return (mark(before, one, rng), mark(after, two, rng, first=False))


def _sized(
    task: str, before: Facts, after: Facts, labels: tuple[str, str], pixels: int, said: str, rng: random.Random
) -> Draft:
    """A question for the size of a changed area."""
    asked = [labels[0]] if task != "flooding" else []
    scene = before.scene
    value, unit = percent(pixels, before.valid_px), "%"
    if scene.gsd_m is not None and task != "flooding" and rng.random() < 0.6:
        value, unit = area_of(pixels, scene)
    drawn = options_near(rng, value, unit, 100.0 if unit == "%" else None) if rng.random() < _WITH_OPTIONS else None
    worded = question(task, asked, rng, answer_unit=unit)
    if unit == "%" and "%" not in units_named(worded):
        worded = f"{worded.rstrip(' ?')}, in percent of the image?"
    return Draft(
        _LEVEL, task, worded, number(value, unit), _pair(before, after, *labels, rng),
        f"{said}: {pixels:,} of {before.valid_px:,} pixels, {number(value, unit)}.", drawn[0] if drawn else (),
        {"unit": unit},
    )  # fmt: skip


def gain(before: Facts, after: Facts, label: str, rng: random.Random) -> Draft | None:
    """What a class gained."""
    pixels = rules.count(after.masks[label] & ~before.masks[label])
    if pixels < CHANGED_SHARE * before.valid_px:
        return None
    return _sized("gain", before, after, (label, label), pixels, "In the second mask and not in the first", rng)


def loss(before: Facts, after: Facts, label: str, rng: random.Random) -> Draft | None:
    """What a class lost."""
    pixels = rules.count(before.masks[label] & ~after.masks[label])
    if pixels < CHANGED_SHARE * before.valid_px:
        return None
    return _sized("loss", before, after, (label, label), pixels, "In the first mask and not in the second", rng)


def flooding(before: Facts, after: Facts, water: str, rng: random.Random) -> Draft | None:
    """Share newly covered by water at the second date."""
    pixels = rules.count(after.masks[water] & ~before.masks[water])
    if pixels < CHANGED_SHARE * before.valid_px:
        return None
    return _sized("flooding", before, after, (water, water), pixels, "Water at the second date only", rng)


def flooded_class(before: Facts, after: Facts, label: str, water: str, rng: random.Random) -> Draft | None:
    """What of a class is under water at the second date."""
    pixels = rules.count(before.masks[label] & after.masks[water])
    if pixels < 0.01 * before.valid_px:
        return None
    return _sized("flooded_class", before, after, (label, water), pixels, f"The {label} under the later water", rng)


def net_change(before: Facts, after: Facts, label: str, rng: random.Random) -> Draft | None:
    """From which share to which a class went."""
    first, second = before.count(label), after.count(label)
    if not rules.ranked_apart(max(first, second), min(first, second)):
        return None
    shares = [number(percent(pixels, before.valid_px), "%") for pixels in (first, second)]
    answer = f"It {'grew' if second > first else 'shrank'} from {shares[0]} to {shares[1]}"
    return Draft(
        _LEVEL, "net_change", question("net_change", [label], rng, answer_unit="%"),
        answer, _pair(before, after, label, label, rng),
        f"{first:,} pixels became {second:,}.", (), {"unit": "%"},
    )  # fmt: skip


def direction_of_change(before: Facts, after: Facts, label: str, rng: random.Random) -> Draft | None:
    """Whether a class grew or shrank, by more than 10 % of the larger area."""
    first, second = before.count(label), after.count(label)
    if not rules.ranked_apart(max(first, second), min(first, second)):
        return None
    return Draft(
        _LEVEL, "direction_of_change", question("direction_of_change", [label], rng),
        "It grew" if second > first else "It shrank", _pair(before, after, label, label, rng),
        f"{first:,} pixels became {second:,}.",
        tuple(rng.sample(("It grew", "It shrank"), 2)) if rng.random() < _WITH_OPTIONS else (),
    )  # fmt: skip


def building_damage(before: Facts, after: Facts, rng: random.Random) -> Draft | None:
    """Share of the buildings that were destroyed; at least ten buildings, three of them destroyed."""
    whole = before.scene.moments[0].objects["buildings"]
    destroyed = before.scene.moments[1].objects["destroyed buildings"]
    if len(whole) < rules.DAMAGE_TOTAL or len(destroyed) < rules.DAMAGE_DESTROYED:
        return None
    value = percent(len(destroyed), len(whole))
    drawn = options_near(rng, value, "%", 100.0) if rng.random() < _WITH_OPTIONS else None
    steps = (
        mark(before, "buildings", rng, parts=whole, noun="objects"),
        mark(after, "destroyed buildings", rng, first=False, parts=destroyed, noun="objects"),
    )
    return Draft(
        _LEVEL, "building_damage", question("building_damage", [], rng), number(value, "%"), steps,
        f"{len(destroyed)} of {len(whole)} buildings are destroyed: {number(value, '%')}.", drawn[0] if drawn else (),
        {"unit": "%"},
    )  # fmt: skip
