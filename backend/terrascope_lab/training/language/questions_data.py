"""Batches of questions for the encoder: token ids, kind, classes, unit, time points."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from terrascope.landcover import LABELS
from terrascope.landcover.words import WORDS, mentions
from terrascope.networks.embedded.purposes import NAMED
from terrascope.networks.embedded.question import question_text, read_question
from terrascope.networks.embedded.reading import ONE_OR_TWO, TWO_OR_MORE
from terrascope.networks.embedded.wordpiece import WordPieces
from terrascope_lab.cot.questions import (
    FIXED_LABELS,
    KINDS,
    TWO_CLASSES,
    TWO_DATES,
    WEIGHTS,
    Question,
    dressed,
    make_question,
    noun,
)
from terrascope_lab.training.language.free_wording import Free, free_questions, unanswerable

LABEL_LIST: tuple[str, ...] = tuple(LABELS)
UNIT_LIST: tuple[str, ...] = ("auto", "%", "m2", "ha", "km2", "acres", "m", "km")


class QuestionBatch(NamedTuple):
    """ids int64 [B, Q], known int64 [B, Q] (known class words), keep bool [B, Q], kind int64 [B],
    labels float [B, 2 x labels] (first, others), unit int64 [B], early float [B] (the first date is meant)."""

    ids: Tensor
    known: Tensor
    keep: Tensor
    kind: Tensor
    labels: Tensor
    unit: Tensor
    early: Tensor


def with_options(question: Question, rng: random.Random) -> Question:
    """Sometimes give a question numeric or yes/no options, as the benchmarks do; its meaning stays the same."""
    if question.options or rng.random() > 0.08:
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


def question_batch(tokenizer: WordPieces, items: Sequence[Question]) -> QuestionBatch:
    """Return questions as tensors, padded on the right."""
    rows = [read_question(tokenizer, question_text(q.text, q.options)) for q in items]
    longest = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    keep = torch.zeros(len(rows), longest, dtype=torch.bool)
    labels = torch.zeros(len(rows), 2 * len(LABEL_LIST))
    known = torch.zeros_like(ids)
    for at, row in enumerate(rows):
        ids[at, : len(row.ids)] = torch.tensor(row.ids)
        known[at, : len(row.ids)] = torch.tensor(row.known)
        keep[at, : len(row.ids)] = True
        for rank, label in enumerate(items[at].labels):
            labels[at, LABEL_LIST.index(label) + (len(LABEL_LIST) if rank else 0)] = 1
    return QuestionBatch(
        ids, known, keep,
        torch.tensor([KINDS.index(q.kind) for q in items]), labels,
        torch.tensor([UNIT_LIST.index(q.unit) for q in items]), torch.tensor([float(q.early) for q in items]),
    )  # fmt: skip


def summary_of(question: Question) -> NDArray[np.float32]:
    """Return what the encoder should find: kind, first class, other classes, unit, first date; ones and zeros."""
    found = np.zeros(len(KINDS) + 2 * len(LABEL_LIST) + len(UNIT_LIST) + 1, np.float32)
    found[KINDS.index(question.kind)] = 1
    for rank, label in enumerate(question.labels):
        found[len(KINDS) + LABEL_LIST.index(label) + (len(LABEL_LIST) if rank else 0)] = 1
    found[len(KINDS) + 2 * len(LABEL_LIST) + UNIT_LIST.index(question.unit)] = 1
    found[-1] = question.early
    return found


def classes_of(kind: str) -> int | list[str]:
    """Return how many classes a kind of question needs (see `reading`), or the ones that it always has."""
    if kind in FIXED_LABELS:
        return list(FIXED_LABELS[kind])
    if kind.startswith("refuse") or kind in ("dominant", "least", "describe"):
        return 0
    if kind in NAMED:
        return ONE_OR_TWO
    return TWO_OR_MORE if kind == "among" else 2 if kind in TWO_CLASSES else 1


def manifest_part() -> dict[str, Any]:
    """Return what `reading_of` needs of the manifest."""
    return {
        "kinds": list(KINDS), "labels": list(LABEL_LIST), "units": list(UNIT_LIST),
        "classes": {kind: classes_of(kind) for kind in KINDS},
    }  # fmt: skip


#: Kinds that rules find in what is read: a second date that is not there, a limit.
UNREAD = frozenset({"refuse_dates", "limit"})
#: Part of the encoder's questions that are hand-written ones.
_BY_HAND = 0.14


def read_any(rng: random.Random) -> Question:
    """Return a question for the encoder, which is not told how many time points there are."""
    if rng.random() < _BY_HAND:
        return _by_hand(rng)
    kind = rng.choices(KINDS, [0.0 if kind in UNREAD else WEIGHTS[kind] for kind in KINDS])[0]
    return with_options(make_question(rng, 2 if kind in TWO_DATES or rng.random() < 0.25 else 1, [], kind), rng)


def _by_hand(rng: random.Random) -> Question:
    if rng.random() < 0.2:
        return Question(dressed(rng.choice(_refused()), rng), "refuse_unseen", ())
    item = rng.choice(_free())
    unit = next((unit for word, unit in _UNIT_WORDS.items() if word in item.text.split()), "auto")
    text, labels = swapped(item, rng) if rng.random() < 0.5 else (item.text, item.labels)
    return Question(dressed(text, rng), item.kind, labels, unit)


def swapped(item: Free, rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """Return a hand-written question with other classes in place of its own, as it is if a class is not named there."""
    places = mentions(item.text)
    names = dict.fromkeys(label for _, _, label in places)
    if not item.labels or set(names) != set(item.labels) or len(places) != len(names) or item.kind not in _ANY_CLASS:
        return item.text, item.labels
    new = dict(zip(names, rng.sample(_COUNTABLE, len(names))))
    text = item.text
    for start, end, label in reversed(places):
        many = " ".join(text[start:end].lower().split()) in WORDS[label][1]
        text = text[:start] + noun(new[label], rng, "plural" if many else "single") + text[end:]
    return text, tuple(new[label] for label in item.labels)


#: Kinds that may be asked of any class.
_ANY_CLASS = frozenset({"share", "area", "where", "exists", "count", "segment", "change", "gain", "loss"} | TWO_CLASSES)
_COUNTABLE = [label for label in LABELS if label not in ("open land", "clouds", "snow")]


@lru_cache(maxsize=1)
def _free() -> list[Free]:
    return free_questions()


@lru_cache(maxsize=1)
def _refused() -> list[str]:
    return unanswerable()


_UNIT_WORDS = {"hectares": "ha", "ha": "ha", "m2": "m2", "acres": "acres"}
