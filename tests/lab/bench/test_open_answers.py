"""Open answers in words are held against the truth's form."""

from __future__ import annotations

import pytest

from terrascope_lab.bench.open_answers import said


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        ("Yes, there is a road.", "yes"),
        ("No. Presence of water: none found.", "no"),
        ("Number of patches of trees: 4.", "4"),
        ("Number of patches of trees: 4.", "9"),  # one range: 1 to 10
        ("Number of patches of trees: 0.", "0"),
        ("Area of buildings: 1.2 ha.", "9196m2"),
        ("Area of buildings: none found.", "0m2"),
        ("It is a rural area.", "rural"),
    ],
)
def test_what_says_the_same_is_right(answer: str, truth: str) -> None:
    assert said(answer, truth) == truth


@pytest.mark.parametrize(
    ("answer", "truth"),
    [
        ("No, there is none.", "yes"),
        ("There is nothing to say.", "yes"),
        ("Number of patches of trees: 14.", "4"),
        ("Share of trees: 4.0 %.", "4"),
        ("Area of buildings: 12 m².", "0m2"),
        ("An urban area.", "rural"),
    ],
)
def test_what_says_something_else_is_wrong(answer: str, truth: str) -> None:
    assert said(answer, truth) != truth
