"""The text says on which image a mask is drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terrascope.reasoning.dates import view_of
from terrascope.scene.time_points import time_points
from terrascope.scene.types import Role

from .scripted import scene, view

THREE = scene(view(date="2019-07-14"), view(date="2020-07-02"), view(date="2021-03-30"))
PRE_POST = scene(view(date="2021-08-01"), view(date="2021-08-20"))
UNDATED = scene(view(), view())
PAIR = scene(view(date="2021-06-01"), view(Role.SAR, "2021-06-03"))
TWO_PAIRS = scene(
    view(date="2020-06-01"), view(date="2021-06-01"), view(Role.SAR, "2021-06-03"), view(Role.SAR, "2020-06-02")
)
OPTICAL_THEN_SAR = scene(view(date="2021-06-01"), view(Role.SAR, "2021-07-20"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Image: t1, water ", 0),
        ("Image: t2, water ", 1),
        ("Image: t3. Water ", 2),
        ("<think>Image: t_2 the river ", 1),
        ("In image 3 the river ", 2),
        ("in Image: 2, the river ", 1),
        ("(t3) river ", 2),
        ("At T2 the water ", 1),
        ("In the second image, water ", 1),
        ("the 3rd date shows water ", 2),
        ("On 2020-07-02 the lake ", 1),
        ("On 14 July 2019 the lake ", 0),
        ("On July 14, 2019 the lake ", 0),
        ("On 30/03/2021 the lake ", 2),
        ("in March 2021 the lake ", 2),
        ("in 2019 the lake ", 0),
        ("the lake (2020) ", 1),
        ("the lake in the earliest image ", 0),
        ("the latest image shows a lake ", 2),
        ("Compared with t1, in t3 the lake ", 2),
        ("the water of 2019-07 ", 0),
        ("The 2021 image shows water ", 2),
    ],
)
def test_a_named_image_is_taken(text: str, expected: int) -> None:
    for turn in (0, 1, 2):
        choice = view_of(text, THREE, turn)
        assert (choice.view, choice.named) == (expected, True), choice


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In the pre-disaster image, buildings ", 0),
        ("In the post-disaster image, buildings ", 1),
        ("The post-flood water ", 1),
        ("Before the flood the river ", 0),
        ("after the earthquake, destroyed buildings ", 1),
        ("the buildings in the before image ", 0),
        ("the buildings in the post image ", 1),
        ("pre-event buildings ", 0),
        ("In the later image the water ", 1),
    ],
)
@pytest.mark.parametrize("where", [PRE_POST, UNDATED])
def test_before_and_after(text: str, expected: int, where: object) -> None:
    assert view_of(text, where, 0).view == view_of(text, where, 1).view == expected  # type: ignore[arg-type]


def test_before_is_the_earlier_date_whatever_the_order_of_the_layers() -> None:
    turned = scene(view(date="2021-08-20"), view(date="2021-08-01"))
    assert view_of("In the pre-disaster image the town ", turned, 0).view == 1


@pytest.mark.parametrize(
    "text",
    [
        "the water ",
        "about 2000 m2 of water ",
        "t5 ",
        "12.5 % of the image is water ",
        "tree ",
        "the first water body ",
        "in 1984 the water ",
        "road number 2 ",
        "",
    ],
)
def test_where_nothing_is_named_images_take_turns(text: str) -> None:
    assert [view_of(text, THREE, turn).view for turn in range(4)] == [0, 1, 2, 0]
    assert not view_of(text, THREE, 0).named


def test_a_name_holds_to_the_end_of_its_sentence() -> None:
    text = "In the post-disaster image, the water [SEG] and the buildings "
    assert view_of(text, PRE_POST, 0).view == 1
    assert view_of(text + "[SEG]. The water ", PRE_POST, 2).view == 0


def test_what_stands_since_the_last_mask_comes_first() -> None:
    assert view_of("Image: t2, water [SEG], in t1 the water ", PRE_POST, 0).view == 0


def test_the_text_can_be_left_unread() -> None:
    assert view_of("Image: t2 ", PRE_POST, 0, read_text=False).view == 0


def test_an_optical_and_a_sar_view_of_one_week_are_one_time_point() -> None:
    assert time_points(PAIR.views) == [[0, 1]]
    assert time_points(TWO_PAIRS.views) == [[0, 3], [1, 2]]
    assert time_points(OPTICAL_THEN_SAR.views) == [[0], [1]]
    assert time_points(scene(view(), view(Role.SAR)).views) == [[0, 1]]
    assert time_points(scene(view(Role.SAR), view(Role.SAR)).views) == [[0], [1]]
    assert time_points(THREE.views) == [[0], [1], [2]]


def test_the_sensor_and_the_date_may_both_be_named() -> None:
    assert view_of("Image: t1, the SAR image, water ", TWO_PAIRS, 0).view == 3
    assert view_of("In the SAR image of t2, water ", TWO_PAIRS, 0).view == 2
    assert view_of("in the optical image, 2021-06-01, water ", TWO_PAIRS, 0).view == 1
    assert view_of("The radar shows water ", PAIR, 0).view == 1
    assert view_of("Image: t2, water ", OPTICAL_THEN_SAR, 0).view == 1
    assert view_of("The SAR image shows water ", THREE, 1).view == 1  # there is none


def test_a_pair_takes_its_turns_on_the_optical() -> None:
    assert [view_of("water ", PAIR, turn).view for turn in range(3)] == [0, 0, 0]


@given(st.text(max_size=300), st.integers(0, 30), st.sampled_from([THREE, PRE_POST, UNDATED, PAIR, TWO_PAIRS]))
def test_any_text_gives_a_view_of_the_scene(text: str, turn: int, where: object) -> None:
    choice = view_of(text, where, turn)  # type: ignore[arg-type]
    assert 0 <= choice.view < len(where.views)  # type: ignore[attr-defined]
    assert choice.reason


@given(st.from_regex(r"(image|t|[0-9]|[-/.: ]|may|pre|post|flood|first|2021){1,30}", fullmatch=True))
def test_texts_that_nearly_name_a_view_give_one_too(text: str) -> None:
    assert 0 <= view_of(text, TWO_PAIRS, 0).view < 4


@pytest.mark.parametrize(("text", "expected"), [("in 1999", 0), ("on 2020-03-05", 1), ("in August 1999", 0)])
def test_a_view_of_which_only_the_year_is_known_is_meant_by_any_day_of_it(text: str, expected: int) -> None:
    two = scene(replace(view(date="1999-07-01"), date_precision="year"), view(date="2020-03-05"))
    assert view_of(f"The water {text} ", two, 1 - expected).view == expected
