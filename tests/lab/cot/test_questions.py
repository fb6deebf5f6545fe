"""Questions: every phrase can be said, the same seed asks the same, and every answer follows from the masks."""

from __future__ import annotations

import random

import numpy as np
import pytest

from terrascope.landcover import LABELS
from terrascope.landcover.words import WORDS, labels_in
from terrascope_lab.cot.chains import answer_words, plan
from terrascope_lab.cot.grammar import count, expand
from terrascope_lab.cot.questions import KINDS, PATTERNS, TWO_CLASSES, make_question
from terrascope_lab.cot.unanswerable import IMPOSSIBLE


def test_a_pattern_is_read_in_every_way() -> None:
    rng = random.Random(1)
    found = {expand("[a|b [c|d]] e", rng) for _ in range(200)}
    assert found == {"a e", "b c e", "b d e"}
    assert count("[a|b [c|d]] e") == 3


@pytest.mark.parametrize("kind", [kind for kind in KINDS if PATTERNS[kind]])
def test_every_kind_has_hundreds_of_phrasings(kind: str) -> None:
    assert sum(count(pattern) for pattern in PATTERNS[kind]) * len(WORDS) >= 300


def test_no_bracket_or_placeholder_is_left_in_a_question() -> None:
    rng = random.Random(2)
    for _ in range(3000):
        text = make_question(rng, rng.choice((1, 2, 3)), ["water", "trees"]).text
        assert not set("[]{}|") & set(text), text
    for pattern in IMPOSSIBLE:
        assert not set("[]{}|") & set(expand(pattern, rng))


def test_the_same_seed_asks_the_same_questions() -> None:
    ask = lambda: [make_question(random.Random(seed), 2, []).text for seed in range(50)]  # noqa: E731
    assert ask() == ask()


def test_classes_that_are_compared_are_two_different_ones() -> None:
    rng = random.Random(3)
    for _ in range(2000):
        question = make_question(rng, 1, [])
        if question.kind in TWO_CLASSES:
            assert len(set(question.labels)) == 2
        assert set(question.labels) <= set(LABELS)


def test_a_change_cannot_be_asked_of_one_date() -> None:
    rng = random.Random(4)
    kinds = {make_question(rng, 1, [], kind).kind for kind in ("change", "gain", "loss", "change_any", "flooded_class")}
    assert kinds == {"refuse_dates"}


def test_everyday_words_name_their_class() -> None:
    assert labels_in("Is there more woods than ponds near the rooftops?") == ("trees", "water", "buildings")
    assert labels_in("wie viel wald und wasser") == ("trees", "water")
    assert labels_in("how is the president") == ()


def test_answers_point_at_measurements_and_never_spell_a_number() -> None:
    from terrascope_lab.training.language.samples import make_sample
    from terrascope_lab.training.language.scenes import make_scene

    rng = random.Random(5)
    scenes = [make_scene(np.random.default_rng(seed), [], dates) for seed in range(4) for dates in (1, 2)]
    seen = set()
    for _ in range(350):
        sample = make_sample(rng, rng.choice(scenes))
        seen.add(sample.question.kind)
        for entry in sample.entries:
            if entry.chosen and entry.token[:1] not in "{<":
                assert not any(char.isdigit() for char in entry.token), entry.token
    assert len(seen) >= 25


def test_a_plan_takes_the_date_that_is_asked_for() -> None:
    rng = random.Random(6)
    for _ in range(300):
        question = make_question(rng, 3, [], "share")
        if question.kind == "share":
            assert plan(question, 3, [{}, {}, {}]).steps == ((question.labels[0], 1 if question.early else 3),)


def test_refusals_say_that_they_cannot_tell() -> None:
    from terrascope.reasoning.answers import is_abstention
    from terrascope_lab.cot.questions import Question

    for kind in ("refuse_unseen", "refuse_class", "refuse_dates"):
        assert is_abstention(" ".join(answer_words(Question("", kind, ()), (), ())))
