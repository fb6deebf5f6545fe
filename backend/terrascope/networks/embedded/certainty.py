"""How sure an answer is: how much of what the masks could as well have been leads to the same answer.

A pixel's margin is the probability of the class asked for less that of the best other one. Each mask is redrawn with
margins above +`SWAY` and above -`SWAY`; what is measured is taken to lie anywhere between the two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.masks.regions import SPECK_PIXELS, touching, without_specks
from terrascope.networks.embedded.evidence_text import AREA_UNITS, Facts
from terrascope.networks.embedded.purposes import TOGETHER
from terrascope.networks.embedded.verdicts import verdict

Bools = NDArray[np.bool_]

SWAY = 0.2
#: Levels between the smallest and the largest mask that are tried.
_LEVELS = 9
_ORDERED = frozenset({"larger", "smaller", "more_yn", "less_yn", "among", "dominant", "least", "difference"})
#: Purposes that are judged by a share.
_BY_SHARE = TOGETHER | {"suit_grass", "suit_wood", "risk_ground"}
_GROWTH = frozenset({"change", "gain", "loss", "flood"})
_OPTION = re.compile(
    r"(\d[\d,]*(?:\.\d+)?)\s*(%|m2|m²|ha|hectares?|km2|km²|acres?|square metres|square meters)?", re.IGNORECASE
)
_UNITS = {
    "m²": "m2",
    "square metres": "m2",
    "square meters": "m2",
    "km²": "km2",
    "hectare": "ha",
    "hectares": "ha",
    "acre": "acres",
}


class Spread(NamedTuple):
    """A mask as small and as large as it could be, bool [H, W], and the mask itself."""

    small: Bools
    mask: Bools
    large: Bools


def spread(margin: NDArray[np.float32], valid: Bools) -> Spread:
    """Return the masks of margins [H, W] in [-1, 1]."""
    return Spread((margin > SWAY) & valid, (margin > 0) & valid, (margin > -SWAY) & valid)


def certainty(kind: str, spreads: Sequence[Spread], facts: Sequence[Facts | None], options: Sequence[str]) -> float:
    """Return how much (0..1) of what could have been measured gives the same answer.

    Parameters
    ----------
    kind
        Kind of question.
    spreads, facts
        Of the masks, in order.
    options
        Texts of a multiple choice.
    """
    if not spreads or not facts or facts[-1] is None:
        return 1.0
    if kind == "touch" and len(spreads) > 1:
        return _touching(spreads, 0 if options else SPECK_PIXELS)
    if kind == "exists":
        sizes = [each.any() for each in spreads[0]]
        return sizes.count(sizes[1]) / len(sizes)
    if kind in _BY_SHARE:
        return _same_verdict(kind, spreads)
    if kind in _ORDERED and len(spreads) > 1:
        return _order([_range(each) for each in spreads])
    if kind in _GROWTH and len(spreads) > 1:
        return _within(_growth(spreads[0], spreads[1], kind), _growth_measured(facts[-1], kind), options)
    return _within(_range(spreads[0]), (facts[0].share, facts[0].area) if facts[0] else (0.0, None), options)


def _range(masks: Spread) -> tuple[float, float, float]:
    small, middle, wide = (large.count(each) / each.size for each in masks)
    return small, middle, wide


def _growth(before: Spread, after: Spread, kind: str) -> tuple[float, float, float]:
    if kind == "loss":
        before, after = after, before
    pairs = (after.small, before.large), (after.mask, before.mask), (after.large, before.small)
    small, middle, wide = (large.count(large.joined(np.greater, now, then)) / now.size for now, then in pairs)
    return small, middle, wide


def _growth_measured(facts: Facts | None, kind: str) -> tuple[float, float | None]:
    if facts is None:
        return 0.0, None
    return (facts.loss_share, facts.loss_area) if kind == "loss" else (facts.gain_share, facts.gain_area)


def _order(ranges: Sequence[tuple[float, float, float]]) -> float:
    """How much of what the largest and the second largest could be keeps their order."""
    first, second = sorted(ranges, key=lambda each: -each[1])[:2]
    one, two = (np.linspace(each[0], each[2], _LEVELS) for each in (first, second))
    return float((one[:, None] > two[None, :]).mean())


def _same_verdict(kind: str, spreads: Sequence[Spread]) -> float:
    """How much of what the classes of a purpose could cover together gives the same verdict."""
    small, middle, wide = (sum(sizes) for sizes in zip(*(_range(each) for each in spreads)))
    tried = [verdict(kind, (), [Facts(float(share))]) for share in np.linspace(small, wide, _LEVELS)]
    return tried.count(verdict(kind, (), [Facts(middle)])) / len(tried)


def _touching(spreads: Sequence[Spread], least_pixels: int) -> float:
    """How many of the small, found and large masks touch as the found ones do; without specks, as it is measured."""
    one, two = ([without_specks(mask, least_pixels)[0] for mask in spread] for spread in spreads[:2])
    found = [touching(a, b) for a, b in zip(one, two)]
    return found.count(found[1]) / len(found)


def _within(sizes: tuple[float, float, float], measured: tuple[float, float | None], options: Sequence[str]) -> float:
    small, middle, wide = sizes
    if wide <= 0:
        return 1.0
    values, is_area = _values(options)
    base = measured[1] if is_area else measured[0]
    if middle <= 0:  # nothing was found: as sure as there is little that could be
        return float(np.clip(1 - wide, 0, 1))
    if values.size == 0 or not base:
        return float(np.clip(1 - (wide - small) / (wide + small), 0, 1))
    tried = base * np.linspace(small, wide, _LEVELS) / middle
    nearest = np.abs(tried[:, None] - values[None, :]).argmin(1)
    return float((nearest == np.abs(base - values).argmin()).mean())


def _values(options: Sequence[str]) -> tuple[NDArray[np.float64], bool]:
    """Numbers of options, shares as fractions, areas in m2 (then True); empty where one is neither."""
    found, units = [], set()
    for option in options:
        match = _OPTION.search(re.sub(r"^\s*\(?[A-Z][.):]\s+", "", option))
        if match is None or match.group(2) is None:
            return np.zeros(0), False
        unit = _UNITS.get(match.group(2).lower(), match.group(2).lower())
        units.add(unit == "%")
        found.append(float(match.group(1).replace(",", "")) * (0.01 if unit == "%" else AREA_UNITS[unit]))
    return np.array(found), units == {False}
