"""What has one normal form asks the same; the evaluator is the judge."""

from __future__ import annotations

import pytest

from terrascope.questions import query as q
from terrascope.questions.evaluate import Evaluator, Result
from terrascope.questions.normal_form import normal_form
from terrascope.questions.regions import RegionError
from tests.backend.questions.brute_force import Generator, Made, random_scene

WATER, TREES, GRASS = q.Cover(name="water"), q.Cover(name="trees"), q.Cover(name="grass")
NORTH = q.Within(place="north")


def evaluated(scene: Made, query: q.Query) -> Result | None:
    try:
        return Evaluator(scene).run(query)
    except RegionError:
        return None


def same(one: Result | None, two: Result | None) -> bool:
    if one is None or two is None:
        return one is two
    keys = [row.key for row in one.rows] == [row.key for row in two.rows]
    pairs = [(a, b) for x, y in zip(one.rows, two.rows) for a, b in zip(x.values, y.values)]
    return keys and all(
        (a.number is None) == (b.number is None)
        and (a.number is None or a.number == pytest.approx(b.number, rel=1e-9, abs=1e-9))
        and (a.yes, a.text) == (b.yes, b.text)
        for a, b in pairs
    ) and one.verdict == two.verdict  # fmt: skip


@pytest.mark.parametrize("start", range(0, 600, 100))
def test_the_normal_form_asks_the_same(start: int) -> None:
    for seed in range(start, start + 100):
        scene = random_scene(seed // 5)
        query = Generator(seed, scene).query()
        found = normal_form(query)
        assert normal_form(found) == found, q.encode(query)
        assert same(evaluated(scene, query), evaluated(scene, found)), (q.encode(query), q.encode(found))


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (q.Area(of=q.AnyOf(of=(WATER, q.AnyOf(of=(TREES, GRASS))))), q.Area(of=q.AnyOf(of=(GRASS, TREES, WATER)))),
        (q.Area(of=q.Minus(of=TREES, without=WATER)), q.Area(of=q.AllOf(of=(q.Not(of=WATER), TREES)))),
        (q.Area(of=q.AllOf(of=(q.Not(of=TREES), q.Not(of=WATER)))), q.Area(of=q.Not(of=q.AnyOf(of=(WATER, TREES))))),
        (q.Distance(of=TREES, to=WATER), q.Distance(of=WATER, to=TREES)),
        (q.Share(of=q.AllOf(of=(TREES, NORTH)), whole=NORTH), q.Share(of=TREES, whole=NORTH)),
        (q.Area(of=q.Parts(of=q.Parts(of=TREES, over_m2=5.0), touching=WATER)),
         q.Area(of=q.Parts(of=TREES, over_m2=5.0, touching=WATER))),
    ],
)  # fmt: skip
def test_the_same_said_otherwise_has_one_form(one: q.AnyMeasure, two: q.AnyMeasure) -> None:
    assert normal_form(q.Query(measures=(one,))) == normal_form(q.Query(measures=(two,)))


def test_a_place_said_once_is_one_said_of_the_region() -> None:
    once = q.Query(measures=(q.Area(of=TREES),), inside=NORTH)
    assert normal_form(once) == normal_form(q.Query(measures=(q.Area(of=q.AllOf(of=(NORTH, TREES))),)))
    assert normal_form(once) != normal_form(q.Query(measures=(q.Area(of=TREES),)))
