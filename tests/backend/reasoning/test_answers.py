"""One reader of answers: what a person would understand is what is understood."""

from __future__ import annotations

import csv
import json
from ast import literal_eval
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terrascope.reasoning.answers import (
    answer_text,
    choose_option,
    first_letter,
    is_abstention,
    letter_of,
    yes_no,
)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>x</think><answer>A</answer><|im_end|>", "A"),
        ("<answer> 12.5 % </answer>", "12.5 %"),
        ("<answer>a</answer><answer>b</answer>", "a"),
        ("<ANSWER>yes</ANSWER>", "yes"),
        ("<answer>two\nlines</answer>", "two\nlines"),
        ("<think>hm</think><answer>12 ha<|im_end|>", "12 ha"),
        ("<answer></answer>", None),
        ("<answer>  <|im_end|>", None),
        ("no tags at all", None),
        ("", None),
    ],
)
def test_the_answer_stands_between_its_tags(text: str, answer: str | None) -> None:
    assert answer_text(text) == answer


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"),
        ("(c)", "C"),
        ("B.", "B"),
        ("B) 45%", "B"),
        ("D: 12 ha", "D"),
        ("**C**", "C"),
        ("**C. 12 ha**", "C"),
        ('"A"', "A"),
        ("The answer is D", "D"),
        ("the correct option is (B).", "B"),
        ("Answer: A", "A"),
        ("answer: option c", None),  # a small letter in running text may be any word
        ("Option E", "E"),
        ("a", "A"),
        ("A lake", None),
        ("a lake", None),
        ("the answer is a lake", None),
        ("I think it is 45%", None),
        ("F", None),
        ("", None),
        ("AB", None),
        ("D'accord", None),
        ("B-52 bombers", None),
    ],
)
def test_letters(text: str, letter: str | None) -> None:
    assert letter_of(text) == letter


@pytest.mark.parametrize(
    ("text", "letters", "letter"),
    [
        ("The answer is B, not C", "ABCD", "B"),
        ("A lake", "ABCD", "A"),  # the paper's rule, not a reader's
        ("a lake", "ABCD", None),
        ("E", "ABCD", None),
        ("E", "ABCDE", "E"),
        ("ABCD", "ABCD", None),
        ("45%", "ABCD", None),
        ("B", "", None),
    ],
)
def test_the_benchmarks_first_letter(text: str, letters: str, letter: str | None) -> None:
    assert first_letter(text, letters) == letter


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yes", True),
        ("Yes, there is.", True),
        ("YES", True),
        ("No", False),
        ("no: none visible", False),
        ("There is no water.", False),
        ("There are buildings", True),
        ("There isn't", False),
        ("It does not touch the road", False),
        ("They do", True),
        ("Nein", False),
        ("oui", True),
        ("sí", True),
        ("não", False),
        ("true", True),
        ("None", False),
        ("northern part", None),
        ("nothing", None),
        ("yesterday", None),
        ("45 %", None),
        ("", None),
    ],
)
def test_yes_and_no(text: str, said: bool | None) -> None:
    assert yes_no(text) is said


@pytest.mark.parametrize(
    "text",
    [
        "I cannot tell from this image.",
        "This cannot be determined.",
        "I can't see that in the image",
        "I can’t answer that",
        "It is not possible to say",
        "unable to determine",
        "Insufficient information",
        "I don't know",
        "unknown",
        "It cannot be measured here.",
    ],
)
def test_abstentions(text: str) -> None:
    assert is_abstention(text)


@pytest.mark.parametrize("text", ["12 %", "the water cannot flow uphill", "no", "B", "a known lake", "not visible"])
def test_answers_that_are_no_abstentions(text: str) -> None:
    assert not is_abstention(text)


SHARES = ("58%", "80%", "12%", "33%")
AREAS = ("1,200 m2", "12 ha", "1.2 km2", "500 m²")
BORDER = ("Yes", "No")
LANDSAT = ("Yes: Railway track present", "No: no Railway track visible")
LAND = ("Urban fabric", "Bare ground", "Cultivated terrestrial vegetation", "Water bodies")


@pytest.mark.parametrize(
    ("answer", "options", "letter"),
    [
        ("A", SHARES, "A"),
        ("B. 80%", SHARES, "B"),
        ("<answer>C</answer>", SHARES, "C"),
        ("57.6 %", SHARES, "A"),
        ("about 35 percent", SHARES, "D"),
        ("0.8", ("0.2", "0.8"), "B"),
        ("45", ("45%", "54%"), "A"),
        ("one third", SHARES, "D"),
        ("69%", ("58%", "80%"), None),  # as near to one as to the other
        ("120000 m2", AREAS, "B"),
        ("120 ha", AREAS, "C"),
        ("0.12 ha", AREAS, "A"),
        ("about 11.4 hectares", AREAS, "B"),
        ("55 %", AREAS, None),
        ("yes", BORDER, "A"),
        ("No, they do not touch.", BORDER, "B"),
        ("no", LANDSAT, "B"),
        ("There is a railway track: yes", LANDSAT, "A"),
        ("water body", LAND, "D"),
        ("bare ground", LAND, "B"),
        ("The dominant cover is water bodies", LAND, "D"),
        ("cultivated vegetation", LAND, "C"),
        ("a volcano", LAND, None),
        ("two", ("One", "Two", "Three", "None"), "B"),
        ("2", ("One", "Two", "Three", "None"), "B"),
        ("0", ("One", "Two", "Three", "None"), "D"),
        ("None", ("One", "Two", "Three", "None"), "D"),
        ("7", ("5-10", "10-20", "0-5"), "A"),
        ("between 11 and 13", ("5-10", "10-20"), "B"),
        ("350 m", ("0.3 km", "3 km"), "A"),
        ("trees", ("A. Tree", "B. Water"), "A"),
        ("north-west", ("north", "north-west", "west"), "B"),
        ("north", ("north", "north-west", "west"), "A"),
        ("water is larger", ("water", "forest"), "A"),
        ("water is larger than forest", ("water", "forest"), None),
        ("anything", (), None),
        ("", SHARES, None),
        ("E", SHARES, None),
    ],
)
def test_options(answer: str, options: tuple[str, ...], letter: str | None) -> None:
    assert choose_option(answer, options) == letter


@given(st.text(max_size=200))
@settings(max_examples=300)
def test_no_text_is_too_odd(text: str) -> None:
    assert letter_of(text) in (None, *"ABCDE")
    assert first_letter(text) in (None, *"ABCD")
    assert yes_no(text) in (None, True, False)
    assert answer_text(text) is None or answer_text(text)
    assert is_abstention(text) in (True, False)


@given(st.text(max_size=60), st.lists(st.text(max_size=40), max_size=8))
@settings(max_examples=300)
def test_a_choice_is_one_of_the_letters_that_there_are(answer: str, options: list[str]) -> None:
    assert choose_option(answer, options) in (None, *"ABCDEFGH"[: len(options)])


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=5, unique=True), st.data())
@settings(max_examples=200)
def test_an_options_own_text_chooses_it(numbers: list[int], data: st.DataObject) -> None:
    unit = data.draw(st.sampled_from(["%", " m2", " ha", " km2", " m", ""]))
    options = [f"{number:,}{unit}" for number in numbers]
    rank = data.draw(st.integers(0, len(options) - 1))
    assert choose_option(options[rank], options) == "ABCDE"[rank]
    assert choose_option(f"It is {numbers[rank]}{unit}.", options) == "ABCDE"[rank]


def test_the_real_answers_of_landsat30au_choose_themselves(shared: Path) -> None:
    path = shared / "data" / "landsat30au_vqa" / "Landsat30-AU-VQA-test.csv"
    if not path.is_file():
        pytest.skip("the Landsat30-AU question file is not in the data folder")
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    missed = []
    for row in rows:
        options = literal_eval(row["options"])
        if len(set(options)) < len(options) or row["answer"] not in options:
            continue
        for said in (row["answer"], row["answer"].upper(), f"<answer>{row['answer']}.</answer>"):
            if choose_option(said, options) != "ABCDEFGH"[options.index(row["answer"])]:
                missed.append((said, options))
    assert len(rows) > 2600
    assert not missed


def test_the_real_answers_of_rsvqa_are_read(shared: Path) -> None:
    folder = shared / "data" / "rsvqa_sample"
    if not folder.is_dir():
        pytest.skip("the RSVQA sample is not in the data folder")
    from terrascope.units.read import Kind, quantities

    for path in folder.glob("*_qa.json"):
        for row in json.loads(path.read_text()):
            answer = row["answer"]
            if answer in ("yes", "no"):
                assert yes_no(answer) is (answer == "yes")
            elif answer.endswith("m2"):
                (found,) = quantities(answer)
                assert (found.kind, found.base) == (Kind.AREA, float(answer[:-2]))
            elif answer.isdigit():
                (found,) = quantities(answer)
                assert (found.kind, found.base) == (Kind.COUNT, float(answer))
