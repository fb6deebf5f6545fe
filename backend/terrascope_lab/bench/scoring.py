"""Scores of a benchmark run in one pass: per task, macro and micro, with intervals, and mask quality."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import fmean

from terrascope_lab.bench.results import SampleResult

#: Two-sided 95 % quantile of the normal distribution.
Z95 = 1.959964


@dataclass(frozen=True)
class Interval:
    """A proportion with its 95 % Wilson interval and the number of samples."""

    value: float
    low: float
    high: float
    count: int


def wilson(hits: int, count: int, z: float = Z95) -> Interval:
    """Wilson score interval of a proportion (Wilson 1927); NaN for no samples."""
    if count == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    p = hits / count
    centre = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return Interval(p, max(0.0, centre - half), min(1.0, centre + half), count)


@dataclass
class Moments:
    """Running count, mean and variance (Welford 1962)."""

    count: int = 0
    mean: float = 0.0
    square: float = 0.0

    def add(self, value: float) -> None:
        """Take one value."""
        self.count += 1
        step = value - self.mean
        self.mean += step / self.count
        self.square += step * (value - self.mean)

    @property
    def value(self) -> float | None:
        """The mean, None without values."""
        return self.mean if self.count else None


@dataclass(frozen=True)
class Scores:
    """Scores of a whole run.

    Attributes
    ----------
    macro
        Mean over tasks (the paper's average).
    micro
        Every sample alike (what the released script prints).
    macro_by_letter
        Macro average by the paper's rule alone: the first capital letter that stands alone in the answer. A network
        that answers in words has 0 there.
    iou_right, iou_wrong, iou_r
        Mean mask IoU of right and of wrong answers, and its point-biserial correlation with being right.
    task_iou
        Mean mask IoU of each task that has truth masks.
    """

    tasks: dict[str, Interval]
    macro: float
    micro: Interval
    macro_half_width: float
    iou_right: float | None
    iou_wrong: float | None
    iou_r: float | None
    abstained: int
    errors: int
    macro_by_letter: float = math.nan
    task_iou: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def mask_iou(self) -> float | None:
        """Mean mask IoU over the tasks that have one."""
        return fmean(self.task_iou.values()) if self.task_iou else None


def score(results: Iterable[SampleResult]) -> Scores:
    """Score per-sample results in one pass; memory does not grow with their number."""
    hits: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    ious = {True: Moments(), False: Moments()}
    by_task: dict[str, Moments] = {}
    abstained = errors = 0
    seconds = 0.0
    for result in results:
        counts[result.task] += 1
        hits[result.task] += result.right
        letters[result.task] += result.right_by_letter
        abstained += result.abstained
        errors += bool(result.error)
        seconds += result.seconds
        if result.mask_iou is not None:
            ious[result.right].add(result.mask_iou)
            by_task.setdefault(result.task, Moments()).add(result.mask_iou)
    tasks = {task: wilson(hits[task], counts[task]) for task in counts}
    values = [interval.value for interval in tasks.values()]
    variance = sum(i.value * (1 - i.value) / i.count for i in tasks.values()) / max(1, len(tasks)) ** 2
    return Scores(
        tasks=tasks,
        macro=fmean(values) if values else math.nan,
        micro=wilson(sum(hits.values()), sum(counts.values())),
        macro_half_width=Z95 * math.sqrt(variance),
        iou_right=ious[True].value,
        iou_wrong=ious[False].value,
        iou_r=_correlation(ious[True], ious[False]),
        abstained=abstained,
        errors=errors,
        macro_by_letter=fmean(letters[task] / counts[task] for task in counts) if counts else math.nan,
        task_iou={task: moments.mean for task, moments in by_task.items()},
        seconds=seconds,
    )


def _correlation(right: Moments, wrong: Moments) -> float | None:
    """Point-biserial correlation of IoU with being right; None where one side is empty or nothing varies."""
    if not right.count or not wrong.count:
        return None
    count = right.count + wrong.count
    share = right.count / count
    between = share * (1 - share) * (right.mean - wrong.mean) ** 2
    variance = (right.square + wrong.square) / count + between
    if variance <= 0:
        return None
    return (right.mean - wrong.mean) / math.sqrt(variance) * math.sqrt(share * (1 - share))
