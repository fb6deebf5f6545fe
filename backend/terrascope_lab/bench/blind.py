"""Blind baselines: what can be had without looking at the picture."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from zlib import crc32

from terrascope_lab.bench.samples import LETTERS, BenchSample
from terrascope_lab.bench.scoring import Interval, wilson

#: Parts of the file for the question-only baseline: each part is answered by what the others teach.
FOLDS = 5
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Baseline:
    """Blind baselines of one task.

    Attributes
    ----------
    constant_letter, letter
        Always the letter that is right most often.
    constant_text, text
        Always the option text that is right most often.
    random
        A fair draw among the options, expected value.
    question_only
        A naive Bayes classifier that sees the question's options and never the picture, five-fold; None for open
        questions.
    """

    constant_letter: Interval
    letter: str
    constant_text: Interval
    text: str
    random: float
    question_only: Interval | None = None


@dataclass(frozen=True)
class _Row:
    fold: int
    features: tuple[tuple[str, ...], ...]
    right: int


def blind_baselines(samples: Iterable[BenchSample]) -> dict[str, Baseline]:
    """Return the baselines of each task, computed on the samples themselves (the best that blindness can give).

    Pictures are let go at once; what is kept is a few words a sample.
    """
    letters: dict[str, Counter[str]] = defaultdict(Counter)
    texts: dict[str, Counter[str]] = defaultdict(Counter)
    chance: dict[str, list[float]] = defaultdict(list)
    rows: dict[str, list[_Row]] = defaultdict(list)
    for sample in samples:
        letters[sample.task][sample.truth] += 1
        texts[sample.task][", ".join(sample.truth_texts)] += 1
        chance[sample.task].append(1 / len(sample.options) if sample.options and len(sample.truth) == 1 else 0.0)
        if sample.options and len(sample.truth) == 1:
            fold = crc32(sample.sample_id.split("/")[0].encode()) % FOLDS  # questions about one picture stay together
            rows[sample.task].append(_Row(fold, _features(sample), LETTERS.index(sample.truth)))
    result = {}
    for task, counter in letters.items():
        count = sum(counter.values())
        letter, letter_hits = counter.most_common(1)[0]
        text, text_hits = texts[task].most_common(1)[0]
        result[task] = Baseline(
            wilson(letter_hits, count), letter, wilson(text_hits, count), text, fmean(chance[task]),
            wilson(_question_only(rows[task]), count) if rows[task] else None,
        )  # fmt: skip
    return result


def _features(sample: BenchSample) -> tuple[tuple[str, ...], ...]:
    """What can be seen of each option without the picture: letter, words, rank and distance of its number."""
    numbers = [float(found[0]) if (found := _NUMBER.search(text)) else None for text in sample.options]
    known = [number for number in numbers if number is not None]
    order = sorted(known)
    centre = math.prod(max(abs(n), 1e-9) ** (1 / len(known)) for n in known) if known else 0.0
    question = " ".join(sample.question.lower().split()[:3])
    features_of: list[tuple[str, ...]] = []
    for rank, (text, number) in enumerate(zip(sample.options, numbers)):
        features = [f"letter {rank}", f"text {text.casefold()}", f"asked {question} {text.casefold()}"]
        if number is not None and len(known) > 1:
            near = sorted(abs(math.log(max(abs(n), 1e-9) / max(centre, 1e-9))) for n in known)
            mine = abs(math.log(max(abs(number), 1e-9) / max(centre, 1e-9)))
            features += [f"rank {order.index(number)} of {len(known)}", f"centre {near.index(mine)}"]
        features_of.append(tuple(features))
    return tuple(features_of)


def _question_only(rows: list[_Row]) -> int:
    """Right answers of a naive Bayes classifier that was taught by the other folds."""
    hits = 0
    for fold in range(FOLDS):
        seen: Counter[str] = Counter()
        right: Counter[str] = Counter()
        options = answers = 0
        for row in rows:
            if row.fold == fold:
                continue
            answers += 1
            for rank, features in enumerate(row.features):
                options += 1
                seen.update(features)
                if rank == row.right:
                    right.update(features)
        prior = answers / options if options else 0.25
        for row in rows:
            if row.fold == fold:
                scores = [
                    sum(math.log((right[f] + 4 * prior) / (seen[f] + 4) / prior) for f in features)
                    for features in row.features
                ]
                hits += scores.index(max(scores)) == row.right
    return hits
