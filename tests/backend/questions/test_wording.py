"""Queries and answers in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import terrascope.questions.wording as module
from terrascope.questions import query as q
from terrascope.questions.answers import answer_text
from terrascope.questions.evaluate import Result, Row, Value
from terrascope.questions.wording import LANGUAGES, Wording
from tests.backend.questions.brute_force import Generator, random_scene

TREES, WATER = q.Cover(name="trees"), q.Cover(name="water")
NORTH = q.Within(place="north")


def test_every_phrase_is_there_in_every_language_with_the_same_fields() -> None:
    import string

    table = json.loads((Path(module.__file__).parent / "wording.json").read_text(encoding="utf-8"))
    for key, row in table.items():
        assert set(row) == set(LANGUAGES), key
        fields = {
            language: {name for _, name, _, _ in string.Formatter().parse(text) if name}
            for language, text in row.items()
        }
        assert len({frozenset(each) for each in fields.values()}) == 1, (key, fields)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        (q.Query(measures=(q.Share(of=TREES),), inside=NORTH), "Share of trees, northern half"),
        (
            q.Query(
                measures=(q.Share(of=q.Parts(of=TREES, over_m2=20_000, near=WATER, metres=200)),),
                inside=NORTH, by=q.ByFeatures(layer="districts"), date="2010",
            ),
            "Share of patches of trees, over 2 ha, within 200 m of water, northern half, 2010,"
            " per feature of districts",
        ),
        (
            q.Query(measures=(q.Area(of=q.Minus(of=WATER, without=q.Near(of=TREES, metres=50))),), unit="acre"),
            "Area of water, more than 50 m from trees, acres",
        ),
        (
            q.Query(measures=(q.Share(of=TREES),), test=q.Threshold(test=">", value=0.3)),
            "Share of trees, > 30.0 %?",
        ),
        (q.Query(measures=(q.Area(of=q.Change(of=TREES, how="lost")),)), "Area of trees lost from 2010 to 2020"),
    ],
)  # fmt: skip
def test_a_query_says_all_that_it_holds(query: q.Query, text: str) -> None:
    assert Wording("en", ("2010", "2020")).query(query) == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_query_can_be_worded_in_every_language(language: str) -> None:
    for seed in range(200):
        text = Wording(language, ("2010", "2020")).query(Generator(seed, random_scene(seed // 20)).query())
        assert text and "{" not in text


def result(*values: Value) -> Result:
    return Result((Row("", values),))


def test_answers_begin_from_what_was_understood_and_say_yes_or_no() -> None:
    share = q.Query(measures=(q.Share(of=TREES),), inside=NORTH)
    assert answer_text(share, result(Value(0.2341))) == "Share of trees, northern half: 23.4 %."
    exists = q.Query(measures=(q.Exists(of=WATER),))
    assert answer_text(exists, result(Value(1234.0, yes=True))) == "Yes. Presence of water: 1,234 m²."
    assert answer_text(exists, result(Value(0.0, yes=False))) == "No. Presence of water: none found."
    test = q.Query(measures=(q.Share(of=TREES),), test=q.Threshold(test=">", value=0.3))
    found = Result((Row("", (Value(0.5),)),), (True,))
    assert answer_text(test, found) == "Yes. Share of trees: 50.0 % (> 30.0 %)."
    net = q.Query(measures=(q.NetChange(of=TREES),))
    assert answer_text(net, result(Value(-25_000.0)), ("2010", "2020")) == (
        "Net change of trees from 2010 to 2020: −2.5 ha."
    )


def test_answers_are_in_the_language_of_the_question() -> None:
    query = q.Query(measures=(q.Share(of=TREES),), inside=NORTH, language="de")
    assert answer_text(query, result(Value(0.2341))) == "Anteil von Bäume, nördliche Hälfte: 23,4 %."
    assert answer_text(
        q.Query(measures=(q.Exists(of=WATER),), language="fr"), result(Value(0.0, yes=False))
    ).startswith("Non")


def test_which_of_two_is_larger_is_said_first() -> None:
    query = q.Query(measures=(q.Area(of=TREES),), test=q.Compared(to=q.Area(of=WATER)))
    found = Result((Row("", (Value(10_000.0),)),), compared=(Value(40_000.0),))
    assert answer_text(query, found) == "Water. Area of trees: 1 ha; area of water: 4 ha; less by 3 ha (0.25 times)."
    more = q.Query(measures=(q.Area(of=TREES),), test=q.Compared(to=q.Area(of=WATER), test=">"))
    no = Result((Row("", (Value(10_000.0),)),), (False,), (Value(40_000.0),))
    assert answer_text(more, no).startswith("No. Area of trees: 1 ha; area of water: 4 ha;")


def test_several_measures_are_said_each() -> None:
    lost = q.Change(of=TREES, how="lost")
    query = q.Query(measures=(q.Area(of=lost), q.Position(of=lost)))
    text = answer_text(query, result(Value(10_000.0), Value(text="north")), ("2010", "2020"))
    assert text == (
        "Area of trees lost from 2010 to 2020: 1 ha; where most of trees lost from 2010 to 2020 lies: north."
    )


def test_rows_are_named() -> None:
    query = q.Query(measures=(q.Area(of=TREES),), by=q.ByParts(parts="north-south"))
    found = Result((Row("north", (Value(10_000.0),)), Row("south", (Value(30_000.0),))))
    assert answer_text(query, found) == "Area of trees, for each half: northern half 1 ha; southern half 3 ha."


def test_without_metres_numbers_are_pixels() -> None:
    query = q.Query(measures=(q.Area(of=TREES),))
    assert answer_text(query, result(Value(12.0)), has_metres=False) == "Area of trees: 12 px."
