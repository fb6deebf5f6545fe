"""Batches of questions for the encoder: token ids, kind, classes, unit, time points."""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from terrascope.class_words import LABELS
from terrascope.networks.embedded.bpe import QuestionTokenizer
from terrascope.networks.embedded.question import question_text, read_question
from terrascope.terra_cot.questions import KINDS, Question, make_question

LABEL_LIST: tuple[str, ...] = tuple(LABELS)
UNIT_LIST: tuple[str, ...] = ("auto", "%", "m2", "ha", "km2", "acres", "m", "km")


class QuestionBatch(NamedTuple):
    """ids int64 [B, Q], known int64 [B, Q] (known class words), keep bool [B, Q], dates int64 [B], kind int64 [B],
    labels float [B, 2 x labels] (first, others), unit int64 [B],
    early float [B] (the first date is meant)."""

    ids: Tensor
    known: Tensor
    keep: Tensor
    dates: Tensor
    kind: Tensor
    labels: Tensor
    unit: Tensor
    early: Tensor


def with_options(question: Question, rng: random.Random) -> Question:
    """Sometimes give a question numeric or yes/no options, as the benchmarks do; its meaning stays the same."""
    if question.options or rng.random() > 0.12:
        return question
    if question.kind in ("share", "flood", "change", "gain", "loss"):
        options = tuple(f"{rng.uniform(0, 100):.{rng.choice((0, 1, 2))}f}{rng.choice(('%', ' %'))}" for _ in range(4))
    elif question.kind in ("area", "difference", "total"):
        unit = rng.choice(("m2", "m²", "ha", "hectares", "km²"))
        options = tuple(f"{rng.uniform(1, 90000):,.{rng.choice((0, 1, 2))}f} {unit}" for _ in range(4))
    elif question.kind == "distance":
        options = tuple(f"{rng.uniform(10, 3000):.0f} {rng.choice(('m', 'metres', 'meters'))}" for _ in range(4))
    elif question.kind in ("touch", "exists", "more_yn", "less_yn"):
        options = rng.choice((("Yes", "No"), ("No", "Yes"), ("adjacent", "not adjacent"), ("They share a boundary", "They do not share a boundary"),  # noqa: E501
                              ("Yes, they touch", "No, they are separate")) if question.kind == "touch" else (("Yes", "No"), ("No", "Yes")))  # fmt: skip  # noqa: E501
    elif question.kind in ("larger", "smaller"):
        names = list(question.labels)
        rng.shuffle(names)
        options = tuple(name.capitalize() if rng.random() < 0.5 else name for name in names)
    elif question.kind == "count":
        options = tuple(str(value) for value in rng.sample(range(0, 30), 4))
    else:
        return question
    return Question(question.text, question.kind, question.labels, question.unit, question.early, options)


def draw(rng: random.Random, dates: int, present: list[str]) -> Question:
    """Return a training question, its wording free of any mix-up with another question's meaning."""
    return with_options(make_question(rng, dates, present), rng)


def question_batch(tokenizer: QuestionTokenizer, items: list[tuple[Question, int]]) -> QuestionBatch:
    """Return questions (with their scenes' time points) as tensors, padded on the right."""
    rows = [read_question(tokenizer, question_text(q.text, q.options)) for q, _ in items]
    longest = max(len(values) for values, _ in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    keep = torch.zeros(len(rows), longest, dtype=torch.bool)
    labels = torch.zeros(len(rows), 2 * len(LABEL_LIST))
    known = torch.zeros_like(ids)
    for row, (values, names) in enumerate(rows):
        ids[row, : len(values)] = torch.tensor(values)
        known[row, : len(values)] = torch.tensor(names)
        keep[row, : len(values)] = True
        for rank, label in enumerate(items[row][0].labels):
            labels[row, LABEL_LIST.index(label) + (len(LABEL_LIST) if rank else 0)] = 1
    return QuestionBatch(
        ids,
        known,
        keep,
        torch.tensor([dates for _, dates in items]),
        torch.tensor([KINDS.index(q.kind) for q, _ in items]),
        labels,
        torch.tensor([UNIT_LIST.index(q.unit) for q, _ in items]),
        torch.tensor([float(q.early) for q, _ in items]),
    )


def summary_of(question: Question) -> NDArray[np.float32]:
    """Return what the encoder should find: kind, first class, other classes, unit, first date; ones and zeros."""
    found = np.zeros(len(KINDS) + 2 * len(LABEL_LIST) + len(UNIT_LIST) + 1, np.float32)
    found[KINDS.index(question.kind)] = 1
    for rank, label in enumerate(question.labels):
        found[len(KINDS) + LABEL_LIST.index(label) + (len(LABEL_LIST) if rank else 0)] = 1
    found[len(KINDS) + 2 * len(LABEL_LIST) + UNIT_LIST.index(question.unit)] = 1
    found[-1] = question.early
    return found
