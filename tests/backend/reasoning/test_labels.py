"""A mask bears the name that stands before its [SEG]."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terrascope.reasoning.labels import LONGEST, UNNAMED, label_of


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("<think> First I mark the water ", "water"),
        ("<think> the mask of area", "area"),
        ("the water bodies ", "water bodies"),
        ("Image: t2, the flooded area ", "flooded area"),
        ("the buildings in the post-disaster image ", "buildings"),
        ("In the post-disaster image, damaged buildings ", "damaged buildings"),
        ("the forest (t1) ", "forest"),
        ("water: ", "water"),
        ("There is water here: ", "water"),
        ("The water is ", "water"),
        ("the lake, which is ", "lake"),
        ("I segment <p> tree cover </p> ", "tree cover"),
        ("Area of developed land ", "developed land"),
        (" covers 12.4 % of the scene. trees ", "trees"),
        (" {water: 3.2 ha, 12 %} Next, bare land ", "bare land"),
        ("built-up area ", "built-up area"),
        ("the water in 2021 ", "water"),
        ("the water on 2021-03-04 ", "water"),
        ("Wasserfläche ", "wasserfläche"),
        ("farmers' fields ", "farmers' fields"),
        ("the water mask ", "water"),
        ("water [SEG] and trees ", "trees"),
        ("the very large old brick storage buildings ", "old brick storage buildings"),
        ("", UNNAMED),
        ("12 ", UNNAMED),
        ("<REGION><REGION> and ", UNNAMED),
        ("...", UNNAMED),
    ],
)
def test_labels(text: str, label: str) -> None:
    assert label_of(text) == label


@given(st.text(max_size=200))
def test_any_text_gives_a_label(text: str) -> None:
    label = label_of(text)
    assert label and len(label.split()) <= max(LONGEST, 1) and label == label.lower()
