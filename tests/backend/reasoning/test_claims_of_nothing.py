"""That there is none of something is a claim like any other: true of an empty mask, and of no other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from terrascope.masks import measure
from terrascope.reasoning.claims import Claim, StepEvidence, Verdict, check_claims
from terrascope.scene.types import Affine6, Grid

GRID = Grid(100, 100, Affine6(10, 0, 5e5, 0, -10, 5e6), "EPSG:32633")
VALID = np.ones((100, 100), bool)
NONE, SOME = np.zeros((100, 100), bool), np.zeros((100, 100), bool)
SOME[:20] = True
WORDS = (("water", "lake", "lakes"), ("trees", "forest", "trees"), ("buildings", "building", "houses"))
HOW_MUCH, IS_THERE = "How much of the area is {0}?", "Is there any {0}?"


def evidence(step: int, label: str, mask: np.ndarray) -> StepEvidence:
    return StepEvidence(step, label, mask, measure(mask, VALID, GRID), GRID, 0, None, VALID)


def claims(answer: str, mask: np.ndarray, words: tuple[str, str, str], question: str = HOW_MUCH) -> list[Claim]:
    text = f"<think>I look for {words[0]}. {words[0]} [SEG]</think><answer>{answer.format(*words)}</answer>"
    return check_claims(text, [evidence(1, words[0], mask)], question=question.format(*words))


SAYINGS = (
    "0.00 %: there is no {0} here.", "0 %", "0.00 % of the area is {0}.", "There is no {0}.", "No {0} was found.",
    "None of the image is {0}.", "{0} covers 0 %.", "{0} covers nothing.", "The area has no {0} at all.", "Zero {0}.",
    "0 ha of {0}.", "There are no {2}.", "There are 0 {2}.", "0 patches of {0}.", "None.", "There is none.",
    "none found", "Nothing of it is {0}.", "{0}: 0 m².", "The scene contains no {0}, 0.00 % of it.", "{0} is absent.",
    "{0} is not present.", "There isn't any {0}.", "I found no {0}: 0 ha.", "Not a single {1} is seen.",
    "The image shows no visible {0}.", "There is no {0} here (0.0 %).", "0.0 % (0 ha); no {0} was found.",
)  # fmt: skip


@pytest.mark.parametrize("words", WORDS, ids=lambda words: words[0])
@pytest.mark.parametrize("saying", SAYINGS)
def test_nothing_is_supported_by_an_empty_mask_and_by_no_other(saying: str, words: tuple[str, str, str]) -> None:
    for mask, verdict in ((NONE, Verdict.SUPPORTED), (SOME, Verdict.CONTRADICTED)):
        found = claims(saying, mask, words)
        assert found, f"{saying!r} claims something"
        assert {claim.verdict for claim in found} == {verdict}


@pytest.mark.parametrize(
    ("answer", "empty"), [("No.", True), ("No, there is no {0}.", True), ("Yes.", False), ("Yes", False)]
)
def test_a_bare_yes_or_no_is_about_the_question(answer: str, empty: bool) -> None:
    for mask in (NONE, SOME):
        found = claims(answer, mask, WORDS[0], IS_THERE)
        right = empty == (not mask.any())
        assert {claim.verdict for claim in found} == {Verdict.SUPPORTED if right else Verdict.CONTRADICTED}


def test_neither_is_said_of_both() -> None:
    steps = [evidence(1, "water", NONE), evidence(2, "forest", SOME)]
    found = check_claims("The image shows neither water nor forest.", steps)
    assert [claim.verdict for claim in found] == [Verdict.SUPPORTED, Verdict.CONTRADICTED]


def test_what_is_neither_is_not_said_to_be_absent() -> None:
    steps = [evidence(1, "water", SOME), evidence(2, "forest", SOME[::-1])]
    found = check_claims("60 % of the image is neither water nor forest.", steps)
    assert [(claim.kind.value, claim.verdict) for claim in found] == [("share", Verdict.SUPPORTED)]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 10_000),
    st.integers(0, 3),
    st.sampled_from(("{0} covers {1} %.", "{1} % of the area is {0}.", "{1} %")),
)
def test_a_measured_share_holds_however_it_is_rounded(pixels: int, digits: int, form: str) -> None:
    mask = np.zeros(10_000, bool)
    mask[:pixels] = True
    value = f"{pixels / 100:.{digits}f}"
    found = claims(form.replace("{1}", value), mask.reshape(100, 100), WORDS[0])
    assert [claim.verdict for claim in found] == [Verdict.SUPPORTED]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000), st.booleans())
def test_another_share_never_holds(pixels: int, said: int, absent: bool) -> None:
    assume(abs(pixels - said) > 1.01 and (not absent or said == 0))
    mask = np.zeros(10_000, bool)
    mask[:pixels] = True
    tail = ": there is no {0} here." if absent else " of the area is {0}."
    found = claims(f"{said / 100:.2f} %{tail}", mask.reshape(100, 100), WORDS[0])
    assert {claim.verdict for claim in found} == {Verdict.CONTRADICTED}


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from((*SAYINGS, "and", "but", ",", ":", "50 %", "12 ha", "there", "no", "nor", "not")), max_size=8
    )
)
def test_no_mixture_of_sayings_is_an_error(pieces: list[str]) -> None:
    for claim in claims(" ".join(pieces).replace("{", "").replace("}", ""), SOME, WORDS[0]):
        assert claim.verdict in set(Verdict)
