"""Scores of a benchmark run: per task, macro and micro, with intervals, mask quality and blind baselines."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

from terrascope.bench.samples import BenchSample


@dataclass(frozen=True)
class SampleResult:
    """What a network answered to one sample. `mask_iou` is the mean over the sample's truth masks, None without them.

    `error` names what went wrong (a corrupt image, say): the sample counts as wrong, never as left out.
    """

    sample_id: str
    task: str
    truth: str
    choice: str | None
    answer: str = ""
    mask_iou: float | None = None
    confidence: float | None = None
    abstained: bool = False
    error: str = ""
    seconds: float = 0.0

    @property
    def right(self) -> bool:
        """Whether the chosen letter is the true one."""
        return self.choice is not None and self.choice == self.truth

    def to_dict(self) -> dict[str, object]:
        """Fields as JSON-able values."""
        return asdict(self)


@dataclass(frozen=True)
class Interval:
    """A proportion with its 95 % Wilson interval and the number of samples."""

    value: float
    low: float
    high: float
    count: int


def wilson(hits: int, count: int, z: float = 1.959964) -> Interval:
    """Wilson score interval of a proportion (Wilson 1927); NaN for no samples."""
    if count == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    p = hits / count
    centre = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    return Interval(p, max(0.0, centre - half), min(1.0, centre + half), count)


@dataclass(frozen=True)
class Scores:
    """Scores of a whole run.

    `macro` is the mean over tasks (the paper's average); `micro` counts every sample alike (what the released script
    prints). `iou_right`, `iou_wrong`: mean mask IoU of right and wrong answers; `iou_r`: point-biserial correlation.
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


def score(results: Iterable[SampleResult]) -> Scores:
    """Score per-sample results in one pass."""
    hits: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    ious: dict[bool, list[float]] = {True: [], False: []}
    abstained = errors = 0
    for result in results:
        counts[result.task] += 1
        hits[result.task] += result.right
        abstained += result.abstained
        errors += bool(result.error)
        if result.mask_iou is not None:
            ious[result.right].append(result.mask_iou)
    tasks = {task: wilson(hits[task], counts[task]) for task in counts}
    values = [interval.value for interval in tasks.values()]
    variance = sum(i.value * (1 - i.value) / i.count for i in tasks.values()) / max(1, len(tasks)) ** 2
    return Scores(
        tasks=tasks,
        macro=fmean(values) if values else math.nan,
        micro=wilson(sum(hits.values()), sum(counts.values())),
        macro_half_width=1.959964 * math.sqrt(variance),
        iou_right=fmean(ious[True]) if ious[True] else None,
        iou_wrong=fmean(ious[False]) if ious[False] else None,
        iou_r=_correlation(ious[True], ious[False]),
        abstained=abstained,
        errors=errors,
    )


def _correlation(right: Sequence[float], wrong: Sequence[float]) -> float | None:
    """Point-biserial correlation of IoU with being right; None where one side is empty or nothing varies."""
    if not right or not wrong:
        return None
    everything = [*right, *wrong]
    mean = fmean(everything)
    deviation = math.sqrt(fmean([(v - mean) ** 2 for v in everything]))
    if deviation == 0:
        return None
    share = len(right) / len(everything)
    return (fmean(right) - fmean(wrong)) / deviation * math.sqrt(share * (1 - share))


@dataclass(frozen=True)
class Baseline:
    """A blind baseline of one task: always one letter, always one text, and a fair draw among the options."""

    constant_letter: Interval
    letter: str
    constant_text: Interval
    text: str
    random: float


def blind_baselines(samples: Iterable[BenchSample]) -> dict[str, Baseline]:
    """Return the baselines of each task, computed on the samples themselves (what blindness can give at best)."""
    letters: dict[str, Counter[str]] = defaultdict(Counter)
    texts: dict[str, Counter[str]] = defaultdict(Counter)
    chance: dict[str, list[float]] = defaultdict(list)
    for sample in samples:
        letters[sample.task][sample.truth] += 1
        text = sample.options[ord(sample.truth) - 65] if sample.options else sample.truth
        texts[sample.task][text] += 1
        chance[sample.task].append(1 / len(sample.options) if sample.options else 0.0)
    result = {}
    for task, counter in letters.items():
        count = sum(counter.values())
        letter, letter_hits = counter.most_common(1)[0]
        text, text_hits = texts[task].most_common(1)[0]
        result[task] = Baseline(wilson(letter_hits, count), letter, wilson(text_hits, count), text, fmean(chance[task]))
    return result
