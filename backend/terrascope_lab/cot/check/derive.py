"""The answer to each task, from the masks of its sample alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import NamedTuple, Union

import numpy as np

from terrascope_lab.cot.check.evidence import Evidence, Mismatch, check_regions
from terrascope_lab.cot.check.geometry import (
    Mask,
    beyond,
    cleaned,
    gap,
    grown,
    main_ninth,
    meet,
    part_sizes,
    size,
    within,
)

_SQUARE_METRES = {"m2": 1.0, "ha": 10_000.0, "km2": 1_000_000.0}


class Amount(NamedTuple):
    """A number in a unit ("%", "m2", "ha", "km2", "m", "km")."""

    value: float
    unit: str


class Range(NamedTuple):
    """ "It grew from a % to b %"."""

    verb: str
    first: float
    second: float


Truth = Union[str, Amount, Range]


def derive(task: str, evidence: Evidence) -> Truth:
    """Return the true answer of a task.

    Raises
    ------
    Mismatch
        If the task is unknown, or its masks break a rule that must hold for it to be asked.
    """
    if task not in _TASKS:
        raise Mismatch(f"there is no task {task!r}")
    return _TASKS[task](evidence)


def _yes(true: bool) -> str:
    return "Yes" if true else "No"


def _need(true: bool, rule: str) -> None:
    if not true:
        raise Mismatch(f"the rule is broken that {rule}")


def _gsd(e: Evidence) -> float:
    if e.gsd is None:
        raise Mismatch("the pixel size is not stated")
    return float(e.gsd)


def _share(e: Evidence, pixels: int) -> float:
    return 100.0 * pixels / e.whole


def _in_unit(e: Evidence, pixels: int) -> Amount:
    unit = str(e.query["unit"])
    if unit == "%":
        return Amount(_share(e, pixels), unit)
    return Amount(pixels * _gsd(e) ** 2 / _SQUARE_METRES[unit], unit)


def _existence(e: Evidence) -> Truth:
    pixels = size(e.masks[0])
    _need(pixels == 0 or pixels >= 0.01 * e.whole, "what is there covers at least 1 %")
    return _yes(pixels > 0)


def _counting(e: Evidence) -> Truth:
    if e.query["regions"]:
        check_regions(e.parts[0], int(e.query["least_px"]))
    return str(len(e.parts[0]))


def _localisation(e: Evidence) -> Truth:
    place = main_ninth(e.masks[0])
    _need(place is not None, "one ninth of the image stands out")
    return str(place)


def _amount(e: Evidence) -> Truth:
    _need(size(e.masks[0]) >= 0.05 * e.whole, "the class covers at least 5 %")
    return _in_unit(e, size(e.masks[0]))


def _few_parts(e: Evidence) -> None:
    for mask in e.masks[:2]:
        _need(size(mask) >= 0.03 * e.whole, "both classes cover at least 3 %")
        _need(len(part_sizes(mask)) <= 5, "both classes have at most five parts")


def _boundary(e: Evidence) -> Truth:
    _few_parts(e)
    return _yes(meet(e.masks[0], e.masks[1]))


def _distance(e: Evidence) -> Truth:
    one, two = (cleaned(mask) for mask in e.masks)
    for mask in (one, two):
        _need(size(mask) >= 0.01 * e.whole, "both opened masks hold at least 1 %")
    pixels = gap(one, two)
    _need(pixels > 10, "the masks lie more than 10 pixels apart")
    return Amount(pixels * _gsd(e) / (1000.0 if e.query["unit"] == "km" else 1.0), str(e.query["unit"]))


def _apart(larger: int, smaller: int) -> None:
    _need(larger - smaller > 0.1 * larger, "the areas differ by more than 10 %")


def _ranking(e: Evidence) -> Truth:
    (small, _), (large, name) = sorted((size(mask), label) for mask, label in zip(e.masks, e.labels))
    _need(small >= 0.05 * e.whole, "both classes cover at least 5 %")
    _apart(large, small)
    return name


def _ordering(e: Evidence) -> Truth:
    order = sorted(((size(mask), label) for mask, label in zip(e.masks, e.labels)), reverse=True)
    for (larger, _), (smaller, _) in pairwise(order):
        _apart(larger, smaller)
    return ", ".join(label for _, label in order)


def _nearer(e: Evidence) -> Truth:
    one, two, anchor = (cleaned(mask) for mask in e.masks)
    first, second = gap(one, anchor), gap(two, anchor)
    _need(abs(first - second) >= 3 - 1e-9, "the distances differ by at least 3 pixels")
    return e.labels[0] if first < second else e.labels[1]


def _within(e: Evidence) -> Truth:
    label, to = e.masks
    near = within(label, to, float(e.query["metres"]) / _gsd(e))
    return Amount(100.0 * near / size(label), "%")


def _together(e: Evidence) -> Truth:
    return _in_unit(e, size(e.masks[0] | e.masks[1]))


def _difference(e: Evidence) -> Truth:
    sizes = sorted(size(mask) for mask in e.masks)
    _apart(sizes[1], sizes[0])
    return _in_unit(e, sizes[1] - sizes[0])


def _largest_region(e: Evidence) -> Truth:
    sizes = part_sizes(e.masks[0])
    _need(len(sizes) >= 2, "there are at least two regions")
    return _in_unit(e, sizes[0])


def _half(mask: Mask, part: str) -> Mask:
    height, width = mask.shape
    if part == "left half":
        return mask[:, : width // 2]
    if part == "right half":
        return mask[:, width // 2 :]
    return mask[: height // 2] if part == "upper half" else mask[height // 2 :]


def _dominant_part(e: Evidence) -> Truth:
    part = str(e.query["part"])
    inside, valid = size(_half(e.masks[0], part)), size(_half(e.valid, part))
    _need(inside > 0.5 * valid, "the class fills more than half of the part")
    return e.labels[0]


def _boundary_and_ranking(e: Evidence) -> Truth:
    _few_parts(e)
    order = sorted(((size(mask), label) for mask, label in zip(e.masks, e.labels)), reverse=True)
    _apart(order[0][0], order[1][0])
    return f"{_yes(meet(e.masks[0], e.masks[1]))}, {order[0][1]}"


def _role_share(e: Evidence, role: str) -> float:
    return sum(size(mask) for mask in e.roles(role)) / e.whole


def _character(e: Evidence) -> Truth:
    urban, farmed, natural = e.query["limits"]
    if _role_share(e, "built") >= urban:
        return "urban"
    if _role_share(e, "crop") >= farmed:
        return "agricultural"
    _need(_role_share(e, "natural") >= natural, "one of the three characters fits")
    return "natural"


def _joined(masks: list[Mask]) -> Mask:
    return np.asarray(np.logical_or.reduce(masks), bool)


def _building_land(e: Evidence) -> Truth:
    ground, water = _joined(e.roles("open")), _joined(e.roles("water"))
    free = beyond(ground, water, float(e.query["metres"]) / _gsd(e), inclusive=True)
    return _yes(free / e.whole >= float(e.query["limit"]))


def _near_part(e: Evidence) -> float:
    label, water = e.masks
    return within(label, water, float(e.query["metres"]) / _gsd(e)) / size(label)


def _irrigation(e: Evidence) -> Truth:
    return _yes(_near_part(e) >= float(e.query["limit"]))


def _flood_exposure(e: Evidence) -> Truth:
    high, moderate = e.query["limits"]
    part = _near_part(e)
    return "high" if part >= high else "moderate" if part >= moderate else "low"


def _fragmentation(e: Evidence) -> Truth:
    continuous, fragmented = e.query["limits"]
    part = part_sizes(e.masks[0])[0] / size(e.masks[0])
    _need(part >= continuous or part <= fragmented, "the class is clearly one or the other")
    return "continuous" if part >= continuous else "fragmented"


def _riparian(e: Evidence) -> Truth:
    water, woods = e.masks[0], _joined(list(e.masks[1:]))
    strip = e.valid & ~water & _reached(water, float(e.query["strip_px"]))
    return _yes(size(strip & woods) >= float(e.query["limit"]) * size(strip))


def _reached(mask: Mask, pixels: float) -> Mask:
    """Pixels within some pixels of a mask, by trying every offset that is not too long."""
    out, reach = mask.copy(), int(pixels)
    wide = np.pad(mask, reach)
    height, width = mask.shape
    for row in range(-reach, reach + 1):
        for col in range(-reach, reach + 1):
            if row * row + col * col <= pixels * pixels + 1e-9:
                out |= wide[reach + row : reach + row + height, reach + col : reach + col + width]
    return out


def _gain(e: Evidence) -> Truth:
    return _in_unit(e, size(e.masks[1] & ~e.masks[0]))


def _loss(e: Evidence) -> Truth:
    return _in_unit(e, size(e.masks[0] & ~e.masks[1]))


def _flooded_class(e: Evidence) -> Truth:
    return _in_unit(e, size(e.masks[0] & e.masks[1]))


def _both_sizes(e: Evidence) -> tuple[int, int]:
    first, second = (size(mask) for mask in e.masks)
    _apart(max(first, second), min(first, second))
    return first, second


def _net_change(e: Evidence) -> Truth:
    first, second = _both_sizes(e)
    return Range("grew" if second > first else "shrank", _share(e, first), _share(e, second))


def _direction(e: Evidence) -> Truth:
    first, second = _both_sizes(e)
    return "It grew" if second > first else "It shrank"


def _building_damage(e: Evidence) -> Truth:
    whole, destroyed = e.parts
    _need(len(whole) >= 10 and len(destroyed) >= 3, "there are ten buildings, three of them destroyed")
    _need(not (e.masks[1] & ~grown(e.masks[0])).any(), "destroyed buildings were buildings before")
    return Amount(100.0 * len(destroyed) / len(whole), "%")


_TASKS: Mapping[str, Callable[[Evidence], Truth]] = {
    "existence": _existence, "counting": _counting, "localisation": _localisation, "share": _amount, "area": _amount,
    "boundary": _boundary, "distance": _distance, "ranking": _ranking, "ordering": _ordering, "nearer": _nearer,
    "within": _within, "together": _together, "difference": _difference, "largest_region": _largest_region,
    "dominant_part": _dominant_part, "boundary_and_ranking": _boundary_and_ranking, "character": _character,
    "building_land": _building_land, "irrigation": _irrigation, "flood_exposure": _flood_exposure,
    "fragmentation": _fragmentation, "riparian": _riparian, "gain": _gain, "loss": _loss, "flooding": _gain,
    "flooded_class": _flooded_class, "net_change": _net_change, "direction_of_change": _direction,
    "building_damage": _building_damage,
}  # fmt: skip
