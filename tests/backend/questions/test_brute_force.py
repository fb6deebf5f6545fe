"""The evaluator answers random queries about random scenes as loops over pixels do.

The scenes are in a UTM zone at its central meridian, where one pixel is as large as another: lengths and areas are held
to the same tolerance.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from terrascope.questions import query as q
from terrascope.questions.evaluate import Evaluator, Result
from terrascope.questions.regions import RegionError
from tests.backend.questions.brute_force import Answers, Generator, Made, Naive, random_scene

TOLERANCE = 1e-9
QUERIES, CHUNK, A_SCENE = 2_000, 100, 5

WATER, TREES = q.Cover(name="water"), q.Cover(name="trees")


def naive(scene: Made, query: q.Query) -> Answers | None:
    """Return what loops find; None where the query cannot be answered."""
    try:
        return Naive(scene).run(query)
    except RegionError:
        return None


def evaluated(scene: Made, query: q.Query) -> Result | None:
    """Return what the evaluator finds; None where it says that the query cannot be answered."""
    try:
        return Evaluator(scene).run(query)
    except RegionError:
        return None


def differences(query: q.Query, found: Result | None, right: Answers | None) -> list[str]:
    """Say where two results differ."""
    if found is None or right is None:
        return [] if found is right else [f"answered: {found is not None}, not {right is not None}"]
    said = []
    if [row.key for row in found.rows] != list(right.rows):
        return [f"rows {[row.key for row in found.rows]}, not {list(right.rows)}"]
    for row in found.rows:
        values = right.rows[row.key]
        if len(row.values) != len(values):
            said.append(f"{row.key!r}: {len(row.values)} values, not {len(values)}")
        for measure, value, answer in zip(query.measures, row.values, values, strict=False):
            where = f"{row.key!r} {type(measure).__name__}"
            if not _same(value.number, answer.number):
                said.append(f"{where}: number {value.number}, not {answer.number}")
            if value.yes is not answer.yes:
                said.append(f"{where}: yes {value.yes}, not {answer.yes}")
            equal = sum(_same(amount, answer.number) for _, amount in answer.parts) > 1
            if value.text != answer.text and not (equal and dict(value.parts).get(value.text) == value.number):
                said.append(f"{where}: text {value.text!r}, not {answer.text!r}")
            sizes = [size for _, size in value.parts]
            if sizes != sorted(sizes, reverse=True):
                said.append(f"{where}: parts {value.parts} are not the largest first")
            names = [name for name, _ in value.parts]
            held = dict(answer.parts)
            if sorted(names) != sorted(held) or not all(_same(size, held[name]) for name, size in value.parts):
                said.append(f"{where}: parts {value.parts}, not {answer.parts}")
    beside = [value.number for value in found.compared]
    if len(beside) != len(right.compared) or not all(map(_same, beside, right.compared)):
        said.append(f"compared with {beside}, not {right.compared}")
    if list(found.verdict) != right.verdict:
        said.append(f"verdict {found.verdict}, not {right.verdict}")
    # Rows that are level but for rounding may change places.
    places = zip(found.ranked, right.ranked, strict=False)
    level = all(_same(right.rows[a][0].number, right.rows[b][0].number) for a, b in places)
    if len(set(found.ranked)) != len(right.ranked) or not level:
        said.append(f"ranked {found.ranked}, not {right.ranked}")
    return said


def _same(a: float | None, b: float | None) -> bool:
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=1e-12)


def report(scene: Made, query: q.Query, said: list[str]) -> str:
    """Return all that is needed to look at a query again."""
    maps = "\n".join(f"{date}\n" + "\n".join(lines) for date, lines in scene.maps.items())
    return "\n".join([json.dumps(json.loads(q.encode(query)), indent=1), *said, maps])


@pytest.mark.parametrize("start", range(0, QUERIES, CHUNK))
def test_random_queries_give_what_loops_over_pixels_find(start: int) -> None:
    for seed in range(start, start + CHUNK):
        scene = random_scene(seed // A_SCENE)
        query = Generator(seed, scene).query()
        assert q.decode(q.encode(query)) == query
        said = differences(query, evaluated(scene, query), naive(scene, query))
        assert not said, f"query {seed}, scene {seed // A_SCENE}:\n{report(scene, query, said)}"


def test_random_queries_are_of_all_kinds_and_few_are_void() -> None:
    kinds: set[type] = set()
    answered = told = 0
    for seed in range(0, QUERIES, 4):
        scene = random_scene(seed // A_SCENE)
        query = Generator(seed, scene).query()
        kinds |= {type(node) for node in q.walk(query)}
        found = evaluated(scene, query)
        answered += found is not None
        values = [] if found is None else [value for row in found.rows for value in row.values]
        told += any(value.number or value.yes or any(size for _, size in value.parts) or value.text for value in values)
    nodes = (q.Region, q.AnyMeasure, q.By, q.Test)
    assert kinds == {each for union in nodes for each in union.__args__}
    assert answered > 0.7 * QUERIES / 4
    assert told > 0.6 * QUERIES / 4


def test_loops_find_what_one_counts_by_hand() -> None:
    clouded = small(y2000="wwww", y2010="twtw", y2020="t..w")
    halves = small(y2000="wwgt", y2020="tttw")
    apart = small(y2000="wggg wggg gggt")
    water_2000, kept = q.At(of=WATER, date="2000"), q.Change(of=WATER, how="kept", start="2000", end="2010")
    hand: list[tuple[Made, q.AnyMeasure, float]] = [
        (clouded, q.Area(of=water_2000), 400),
        (clouded, q.Area(of=kept), 200),
        (clouded, q.NetChange(of=WATER, start="2000", end="2010"), -200),
        (clouded, q.Count(of=kept), 2),
        (clouded, q.Rate(of=WATER, start="2000", end="2010"), -200 / (3653 / 365.2425)),
        (apart, q.Distance(of=WATER, to=TREES), 20),
        (apart, q.Perimeter(of=WATER), 60),
        (apart, q.Border(of=WATER, to=q.Cover(name="grass")), 30),
        (apart, q.Share(of=WATER, whole=q.Near(of=WATER, metres=10)), 2 / 5),
        (apart, q.Area(of=q.Near(of=WATER, metres=14.2)), 600),
        (apart, q.Area(of=q.Parts(of=WATER, near=TREES, metres=31)), 0),
        (apart, q.Area(of=q.Parts(of=WATER, near=TREES, metres=32)), 200),
    ]
    for scene, measure, number in hand:
        found = naive(scene, q.Query(measures=(measure,)))
        assert found is not None and found.rows[""][0].number == pytest.approx(number), measure
    by = q.ByFeatures(layer="plan")
    query = q.Query(measures=(q.Area(of=WATER),), by=by, test=q.Compared(to=q.Area(of=TREES), test=">="))
    found = naive(halves, query)
    assert found is not None and found.verdict == [False, True]
    west = naive(small(y2000="wwttttttw"), q.Query(measures=(q.Position(of=WATER),)))
    assert west is not None and west.rows[""][0].text == "west"


# --- what an earlier evaluator had otherwise than the docstrings ----------------------------------------------------
def small(**maps: str) -> Made:
    """Return a scene drawn with letters, one map a year ("y2000")."""
    scene = random_scene(0)
    drawn = {year[1:]: text.split() for year, text in maps.items()}
    lines = next(iter(drawn.values()))
    shape = len(lines), len(lines[0])
    grid = type(scene.grid)(shape[1], shape[0], scene.grid.transform, scene.grid.crs)
    west, east = np.zeros(shape), np.zeros(shape)
    west[:, : shape[1] // 2], east[:, shape[1] // 2 :] = 1, 1
    bands: dict[str, NDArray[np.floating[Any]]] = {date: np.zeros(shape) for date in drawn}
    seen = {date: np.ones(shape, np.bool_) for date in drawn}
    return Made(grid, drawn, bands, seen, [("west", west), ("east", east)], [])


def agree(scene: Made, query: q.Query) -> None:
    said = differences(query, evaluated(scene, query), naive(scene, query))
    assert not said, report(scene, query, said)


@pytest.mark.parametrize(
    "measure",
    [
        q.Area(of=q.At(of=WATER, date="2000")),
        q.Area(of=q.Change(of=WATER, how="kept", start="2000", end="2010")),
        q.NetChange(of=WATER, start="2000", end="2010"),
    ],
)
def test_clouds_of_another_date_do_not_hide_what_was_seen(measure: q.AnyMeasure) -> None:
    # Right: 400 m2 at 2000; 200 m2 kept; net -200 m2. The cloud of 2020 hides two of the pixels.
    agree(small(y2000="wwww", y2010="twtw", y2020="t..w"), q.Query(measures=(measure,)))


@pytest.mark.parametrize("by", [q.ByFeatures(layer="plan"), q.ByParts(parts="east-west"), q.ByDates()])
def test_each_row_is_compared_with_the_other_measure_of_its_own(by: q.By) -> None:
    # Right: as much water as trees in the east, more in 2000.
    scene = small(y2000="wwgt", y2020="tttw")
    query = q.Query(measures=(q.Area(of=WATER),), by=by, test=q.Compared(to=q.Area(of=TREES), test=">="))
    agree(scene, query)


def test_all_measures_are_answered_by_classes() -> None:
    query = q.Query(measures=(q.Area(of=q.Everything()), q.Count(of=q.Everything())), by=q.ByClasses())
    agree(small(y2000="wtgw"), query)


def test_position_is_where_most_of_the_region_lies() -> None:
    # Right: west. The middle of the three pixels of water is in the centre, where there is none.
    agree(small(y2000="wwttttttw"), q.Query(measures=(q.Position(of=WATER),)))


@pytest.mark.parametrize("parts", ["north-south", "east-west"])
def test_halves_are_the_whole(parts: str) -> None:
    scene = small(y2000="www www www")
    by = q.ByParts(parts=parts)  # type: ignore[arg-type]
    rows = Evaluator(scene).run(q.Query(measures=(q.Area(of=WATER),), by=by)).rows
    assert sum(row.values[0].number or 0 for row in rows) == 900
