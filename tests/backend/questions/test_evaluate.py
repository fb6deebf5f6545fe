"""Queries give the numbers that one counts by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray
from shapely import from_wkt
from shapely.geometry.base import BaseGeometry

from terrascope.questions.evaluate import Evaluator, Value
from terrascope.questions.query import (
    AllOf,
    AnyOf,
    Area,
    ByClasses,
    ByDates,
    ByFeatures,
    ByParts,
    Change,
    Compared,
    Count,
    Cover,
    Distance,
    Dominant,
    Exists,
    Limit,
    ListParts,
    Mean,
    Minus,
    Near,
    NetChange,
    Not,
    Parts,
    Query,
    QueryError,
    Ranked,
    Rate,
    Region,
    Share,
    Threshold,
    Turned,
    Within,
    decode,
    encode,
    schema,
    walk,
)
from terrascope.questions.regions import RegionError
from terrascope.scene.types import Affine6, Grid

WATER, TREES, GRASS = Cover(name="water"), Cover(name="trees"), Cover(name="grass")
LETTERS = {"w": "water", "t": "trees", "g": "grass"}
#: Pixels of 10 m: 100 m2 each.
FIRST = """
ttttgggg
ttttgggg
ggggggww
tggtggww
tggggggg
ggggggg.
"""
LAST = """
ttgggggg
ttgggggg
ggggwwww
tggtggww
tggggggg
ggggggg.
"""


@dataclass
class Drawn:
    """A scene drawn with letters: its classes at two dates; a dot was not observed."""

    maps: dict[str, NDArray[np.str_]] = field(
        default_factory=lambda: {
            date: np.array([list(line) for line in text.split()]) for date, text in (("2000", FIRST), ("2010", LAST))
        }
    )
    grid: Grid = Grid(8, 6, Affine6(10, 0, 500_000, 0, -10, 5_100_000), "EPSG:32633")

    @property
    def dates(self) -> tuple[str, ...]:
        return tuple(self.maps)

    def observed(self, date: str) -> NDArray[np.bool_]:
        return self.maps[date] != "."

    def cover(self, name: str, date: str) -> NDArray[np.bool_]:
        if name == "vegetation":
            return np.isin(self.maps[date], ["t", "g"])
        letter = next((key for key, value in LETTERS.items() if value == name), None)
        if letter is None:
            raise RegionError(f"{name} cannot be seen.", "", "not visible at this pixel size")
        return self.maps[date] == letter

    def values(self, name: str, date: str) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        values = np.tile(np.arange(8.0), (6, 1))
        return values, values > 0

    def features(self, layer: str, column: str | None, named: str | None) -> list[tuple[str, BaseGeometry]]:
        box = from_wkt("POLYGON ((500000 5100000, 500040 5100000, 500040 5099940, 500000 5099940, 500000 5100000))")
        return [("west", box)]

    def zones(self, layer: str, column: str | None) -> list[tuple[str, NDArray[np.float64]]]:
        west, east = np.zeros((6, 8)), np.zeros((6, 8))
        west[:, :4], east[:, 4:] = 1, 1
        west[:, 4], east[:, 4] = 0.25, 0.75
        return [("west", west), ("east", east)]

    def polygon(self, wkt: str, crs: str) -> BaseGeometry:
        return from_wkt(wkt)


@pytest.fixture
def scene() -> Evaluator:
    return Evaluator(Drawn())


def number(scene: Evaluator, measure: object, **more: object) -> float | None:
    return scene.run(Query(measures=(measure,), **more)).rows[0].values[0].number  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("region", "count"),
    [
        (WATER, 6),
        (TREES, 7),
        (AnyOf(of=(WATER, TREES)), 13),
        (Not(of=WATER), 41),
        (Minus(of=Cover(name="vegetation"), without=TREES), 34),
        (Parts(of=TREES, over_m2=150), 6),
        (Parts(of=TREES, under_m2=150), 1),
        (Parts(of=TREES, largest=1), 4),
        (Parts(of=TREES, largest=2), 6),
        (Parts(of=TREES, smallest=1), 1),
        (Parts(of=TREES, whole=True), 1),
        (Parts(of=TREES, near=WATER, metres=15), 1),
        (Parts(of=TREES, touching=Parts(of=WATER)), 1),
        (Near(of=WATER, metres=10), 6 + 4 + 1 + 2 + 2),
        (AllOf(of=(TREES, Near(of=WATER, metres=15))), 1),
        (AllOf(of=(TREES, Within(place="north"))), 4),
        (Within(place="north-west", part="ninth"), 2 * 3),
        (Limit(value_of="column", test=">=", value=6), 11),
        (Change(of=TREES, how="lost"), 4),
        (Change(of=TREES, how="gained"), 0),
        (Change(of=TREES, how="kept"), 7),
        (Turned(of=TREES, into=GRASS), 4),
    ],
)
def test_areas_are_those_of_counted_pixels(scene: Evaluator, region: Region, count: int) -> None:
    assert number(scene, Area(of=region)) == pytest.approx(100 * count, rel=1e-3)


def test_measures(scene: Evaluator) -> None:
    assert number(scene, Share(of=TREES)) == pytest.approx(7 / 47)
    assert number(scene, Share(of=TREES), date="2000") == pytest.approx(11 / 47)
    assert number(scene, Share(of=TREES, whole=Cover(name="vegetation"))) == pytest.approx(7 / 41)
    assert number(scene, Count(of=TREES)) == 3
    assert number(scene, Distance(of=TREES, to=WATER)) == pytest.approx(0, abs=1e-6)
    assert number(scene, Mean(value_of="column", of=WATER)) == pytest.approx((4 + 5 + 6 + 7 + 6 + 7) / 6)
    assert number(scene, NetChange(of=TREES)) == pytest.approx(-400, rel=1e-3)
    assert number(scene, Rate(of=TREES)) == pytest.approx(-40, rel=1e-2)
    parts = scene.run(Query(measures=(ListParts(of=TREES),))).rows[0].values[0].parts
    assert [round(area) for _, area in parts] == pytest.approx([400, 200, 100], abs=1)
    assert scene.run(Query(measures=(Dominant(),))).rows[0].values[0].text == "grass"
    assert scene.run(Query(measures=(Exists(of=Parts(of=TREES, over_m2=1e6)),))).rows[0].values[0] == Value(
        0.0, yes=False
    )


def test_the_whole_question_is_confined(scene: Evaluator) -> None:
    assert number(scene, Share(of=WATER), inside=Within(place="east")) == pytest.approx(6 / 23)
    assert number(scene, Count(of=TREES), inside=Within(place="north")) == 1


def test_rows(scene: Evaluator) -> None:
    by_date = scene.run(Query(measures=(Area(of=TREES),), by=ByDates()))
    assert [(row.key, round(row.values[0].number or 0, -2)) for row in by_date.rows] == [("2000", 1100), ("2010", 700)]
    by_zone = scene.run(
        Query(measures=(Area(of=WATER),), by=ByFeatures(layer="districts"), test=Ranked(order="largest"))
    )
    assert [row.values[0].number for row in by_zone.rows] == pytest.approx([25, 575], rel=1e-3)
    assert by_zone.ranked == ("east",)
    halves = scene.run(Query(measures=(Area(of=TREES),), by=ByParts(parts="north-south")))
    assert [round(row.values[0].number or 0, -2) for row in halves.rows] == [400, 300]
    classes = scene.run(Query(measures=(Area(of=TREES),), by=ByClasses()))
    assert {row.key for row in classes.rows} == {"water", "trees", "grass"}


def test_tests(scene: Evaluator) -> None:
    assert scene.run(Query(measures=(Area(of=WATER),), test=Threshold(test=">", value=500))).verdict == (True,)
    assert scene.run(Query(measures=(Area(of=WATER),), test=Threshold(test=">", value=2e6))).verdict == (False,)
    twice = Compared(to=Area(of=WATER), test=">", times=2)
    assert scene.run(Query(measures=(Area(of=GRASS),), test=twice)).verdict == (True,)


def test_what_cannot_be_told_says_why(scene: Evaluator) -> None:
    with pytest.raises(RegionError) as caught:
        number(scene, Area(of=Cover(name="roads")))
    assert caught.value.reason == "not visible at this pixel size"
    with pytest.raises(RegionError, match="There is no image of 1990"):
        number(scene, Area(of=TREES), date="1990")
    with pytest.raises(RegionError, match="A change needs two dates"):
        number(scene, NetChange(of=TREES, start="2010"))


def test_a_query_is_json_and_back() -> None:
    patches = Parts(of=TREES, over_m2=2e4, near=WATER, metres=200)
    query = Query(
        measures=(Share(of=patches),), by=ByFeatures(layer="districts"), inside=Within(place="north"), date="2010"
    )
    assert decode(encode(query)) == query
    assert [type(each).__name__ for each in walk(query)].count("Cover") == 2
    assert "Parts" in schema()["$defs"]
    for text in ("", "[]", '{"measures": 3}', '{"measures":[{"is":"area","of":{"is":"class","name":1}}]}', "[" * 5000):
        with pytest.raises(QueryError):
            decode(text)
