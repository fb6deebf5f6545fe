"""How well a network knows when it is wrong: calibration, and accuracy where it may leave questions out.

Selective answering after El-Yaniv and Wiener (2010); expected calibration error after Naeini et al. (2015).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from terrascope_lab.bench.results import SampleResult
from terrascope_lab.bench.scoring import Interval, wilson

#: At most so much may be left out for the headline figure of selective answering.
MOST_LEFT_OUT = 0.4
#: An answer of less certainty is called uncertain, where the network does not say itself which are.
UNCERTAIN_BELOW = 0.5
BINS = 10


class Judged(NamedTuple):
    """One answer: how certain the network is of it (0..1), whether it is right, whether it calls itself uncertain."""

    certainty: float
    right: bool
    uncertain: bool


class Bin(NamedTuple):
    """Answers of similar certainty."""

    certainty: float
    accuracy: float
    answers: int


class Point(NamedTuple):
    """Accuracy when the `coverage` most certain share of the questions is answered."""

    coverage: float
    accuracy: float


@dataclass(frozen=True)
class Certainty:
    """What a network's certainty is worth.

    Attributes
    ----------
    source
        What gives the certainty: "answer", "mask", or "answer or mask".
    ece
        Expected calibration error over `bins`: mean distance of certainty and accuracy, by number of answers.
    curve
        Accuracy by coverage, most certain first.
    area
        Mean accuracy over all coverages; a certainty that knows nothing has the plain accuracy.
    kept, kept_accuracy
        Share of the questions that are kept, and accuracy on them, with those left out that the network itself calls
        uncertain (or abstains from), at most `MOST_LEFT_OUT`.
    at_sixty
        Accuracy of the most certain 60 % of the questions.
    """

    source: str
    count: int
    ece: float
    bins: tuple[Bin, ...]
    curve: tuple[Point, ...]
    area: float
    kept: float
    kept_accuracy: Interval
    at_sixty: Interval


def certainty_of(result: SampleResult) -> float | None:
    """Certainty of one answer: the network's confidence in it; where it gives none, that of its least certain mask."""
    return result.mask_confidence if result.confidence is None else result.confidence


def certainty(results: Iterable[SampleResult]) -> Certainty | None:
    """Judge the certainty of a run; None where the network gives none. Keeps three values a sample."""
    judged: list[Judged] = []
    sources: set[str] = set()
    for result in results:
        found = certainty_of(result)
        if found is not None:
            sources.add("mask" if result.confidence is None else "answer")
        said = result.uncertain if result.uncertain is not None else found is not None and found < UNCERTAIN_BELOW
        sure = 0.0 if found is None or result.abstained else found
        judged.append(Judged(sure, result.right, said or result.abstained))
    return judge(judged, " or ".join(sorted(sources))) if sources else None


def judge(judged: Sequence[Judged], source: str = "") -> Certainty:
    """Judge answers whose certainty is known."""
    ranked = sorted(judged, key=lambda one: -one.certainty)
    curve = _curve(ranked)
    bins = tuple(_bins(ranked))
    kept = _kept(ranked)
    first = ranked[: max(1, math.ceil(len(ranked) * (1 - MOST_LEFT_OUT)))]
    return Certainty(
        source=source,
        count=len(ranked),
        ece=sum(abs(b.certainty - b.accuracy) * b.answers for b in bins) / len(ranked),
        bins=bins,
        curve=curve,
        area=sum(point.accuracy for point in curve) / len(curve),
        kept=len(kept) / len(ranked),
        kept_accuracy=wilson(sum(one.right for one in kept), len(kept)),
        at_sixty=wilson(sum(one.right for one in first), len(first)),
    )


def _kept(ranked: Sequence[Judged]) -> list[Judged]:
    """Answers without those that the network calls uncertain; the least certain are left out first, to the limit."""
    may_go = int(len(ranked) * MOST_LEFT_OUT)
    out: set[int] = set()
    for place in range(len(ranked) - 1, -1, -1):
        if len(out) >= may_go:
            break
        if ranked[place].uncertain:
            out.add(place)
    return [one for place, one in enumerate(ranked) if place not in out]


def _curve(ranked: Sequence[Judged], points: int = 50) -> tuple[Point, ...]:
    sums = [0]
    for one in ranked:
        sums.append(sums[-1] + one.right)
    places = sorted({max(1, round(len(ranked) * step / points)) for step in range(1, points + 1)})
    return tuple(Point(place / len(ranked), sums[place] / place) for place in places)


def _bins(ranked: Sequence[Judged]) -> Iterable[Bin]:
    for number in range(BINS):
        inside = [one for one in ranked if min(BINS - 1, int(one.certainty * BINS)) == number]
        if inside:
            mean = sum(one.certainty for one in inside) / len(inside)
            yield Bin(mean, sum(one.right for one in inside) / len(inside), len(inside))
