"""Going round in circles is told from honest repetition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terrascope.reasoning.degenerate import LEAST_IDS, LONGEST_PATTERN, repeats

from .scripted import ids_of


@given(st.lists(st.integers(0, 400), min_size=1, max_size=LONGEST_PATTERN), st.lists(st.integers(0, 400), max_size=50))
def test_any_pattern_again_and_again_is_found(pattern: list[int], before: list[int]) -> None:
    assert repeats(before + pattern * max(5, LEAST_IDS // len(pattern) + 2))


@given(st.lists(st.integers(0, 10**9), max_size=300, unique=True))
def test_text_without_repetition_is_none(ids: list[int]) -> None:
    assert not repeats(ids)


@pytest.mark.parametrize(
    "text",
    [
        "the water is 12 % and the trees are 12 % and the grass is 12 % and the roads are 12 %",
        "0000000000000000000000000",
        "Image: t1, water [SEG] 12 ha. Image: t2, water [SEG] 13 ha. Image: t3, water [SEG] 14 ha. "
        "Image: t4, water [SEG] 15 ha. Image: t5, water [SEG] 16 ha. Image: t6, water [SEG] 17 ha.",
        "",
    ],
)
def test_chains_that_repeat_by_right_are_left_alone(text: str) -> None:
    assert not any(repeats(ids_of(text)[:end]) for end in range(len(ids_of(text)) + 1))
