"""A naive evaluator of queries, to judge the real one by, and random queries and scenes to try both on.

It follows the docstrings of `terrascope.questions.query` and nothing else: regions are sets of (row, column),
everything is a loop over pixels, nothing is kept. It holds for a north-up image in a projected CRS whose plane is
accepted for areas: pixels are rectangles, all of one size.

Where the docstrings leave room, these readings were taken; they are the evaluator's, found by comparing answers:

- A region holds observed pixels only: those seen at its date, for a change those seen at both of its dates. A change
  between a date and itself is an error.
- A pixel is inside a polygon or a part of the image if its centre is. A centre on the line between two halves is in
  neither. A half or third towards a corner is what is towards both of its sides; of the centre, any part is the ninth.
- Of parts of one size, the one that comes first by rows is taken before the others; `largest` before `smallest`. Clouds
  and nodata are no edge of the image.
- `Query.inside` is of the date of the query (of the row, by dates) and cuts what is measured, all regions of a measure;
  `Parts`, `Near` and the like are worked out on the whole image before. It does not move with the dates of a change.
- The class of a row, at the date of the measure, cuts the first region of a measure of two and not the second.
- Amounts (area, share, mean, net change) weigh a pixel with its part inside the zone; what needs whole pixels (parts,
  outlines, distances) takes those of which at least half is inside.
- The border of regions that overlap is that of the pixels that only the one has with those that only the other has.
- A date of which the month or the year is known is its middle, 15.2 or 182.6 days in; a year has 365.2425 days.
- Without a number no limit holds, and a row without one is not ranked.
"""

from __future__ import annotations

import datetime
import math
import operator
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely import from_wkt
from shapely.geometry.base import BaseGeometry

from terrascope.masks.geodesy import ground
from terrascope.questions import query as q
from terrascope.questions.regions import RegionError
from terrascope.scene.types import Affine6, Grid

Pixel = tuple[int, int]
Pixels = set[Pixel]

CLASSES = ("water", "trees", "grass")
DAYS_A_YEAR = 365.2425
#: Where the evaluator is not what the docstrings say. Given to `Naive`, it does the same.
PLACES: dict[tuple[int, int], q.Place] = {
    (-1, -1): "north-west",
    (-1, 0): "north",
    (-1, 1): "north-east",
    (0, -1): "west",
    (0, 0): "centre",
    (0, 1): "east",
    (1, -1): "south-west",
    (1, 0): "south",
    (1, 1): "south-east",
}
SIDES = {place: side for side, place in PLACES.items()}
HOLDS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
}


# --- a random scene -------------------------------------------------------------------------------------------------
@dataclass
class Made:
    """A scene of random patches: class maps (a dot was not observed, x is of no class), one band, two zones."""

    grid: Grid
    maps: dict[str, list[str]]
    bands: dict[str, NDArray[np.floating[Any]]]
    seen: dict[str, NDArray[np.bool_]]
    weights: list[tuple[str, NDArray[np.floating[Any]]]]
    shapes: list[tuple[str, BaseGeometry]]
    letters: dict[str, str] = field(default_factory=lambda: {name: name[0] for name in CLASSES})

    @property
    def dates(self) -> Sequence[str]:
        return tuple(self.maps)

    def _where(self, date: str, letters: str) -> NDArray[np.bool_]:
        return np.array([[letter in letters for letter in line] for line in self.maps[date]])

    def observed(self, date: str) -> NDArray[np.bool_]:
        return self._where(date, "wtgx")

    def cover(self, name: str, date: str) -> NDArray[np.bool_]:
        if name not in self.letters:
            raise RegionError(f"{name} cannot be seen.", "", "not visible at this pixel size")
        return self._where(date, self.letters[name])

    def values(self, name: str, date: str) -> tuple[NDArray[np.floating[Any]], NDArray[np.bool_]]:
        if name != "band":
            raise RegionError(f"There is no {name}.", "", "band missing")
        return self.bands[date], self.seen[date]

    def features(self, layer: str, column: str | None, named: str | None) -> list[tuple[str, BaseGeometry]]:
        return [(name, shape) for name, shape in self.shapes if named is None or name == named]

    def zones(self, layer: str, column: str | None) -> list[tuple[str, NDArray[np.floating[Any]]]]:
        return self.weights

    def polygon(self, wkt: str, crs: str) -> BaseGeometry:
        return from_wkt(wkt)


def random_scene(seed: int) -> Made:
    """Return a scene of about 14 x 11 pixels of 10 m; sizes odd and even, and such as three does or does not divide."""
    draw = random.Random(f"scene {seed}")
    width, height = draw.randint(12, 15), draw.randint(9, 12)
    grid = Grid(width, height, Affine6(10, 0, 500_000, 0, -10, 5_100_000), "EPSG:32633")
    dates = draw.choice((("2001-05-14", "2010"), ("2001", "2004-02-29", "2019-07"), ("1999-12-31", "2000-01-01")))
    maps, bands, seen = {}, {}, {}
    letters = [[draw.choice("wtg") for _ in range(width)] for _ in range(height)]
    patches = draw.randint(8, 20)
    for date in dates:
        for _ in range(patches):
            _paint(letters, draw, draw.choice("wtgwtgwtgx"), 4)
        shown = [list(line) for line in letters]
        for _ in range(draw.randint(0, 3)):
            _paint(shown, draw, ".", 2)
        maps[date] = ["".join(line) for line in shown]
        bands[date] = np.array([[round(draw.uniform(-1, 1), 1) for _ in range(width)] for _ in range(height)])
        seen[date] = np.array([[draw.random() < 0.95 for _ in range(width)] for _ in range(height)])
    slope, middle = draw.uniform(0.1, 0.4), draw.uniform(4, width - 4)
    part = np.array([[round(min(max((middle - c) * slope + 0.03 * r, 0), 1), 3) for c in range(width)]
                     for r in range(height)])  # fmt: skip
    weights: list[tuple[str, NDArray[np.floating[Any]]]] = [("left", part), ("right", 1.0 - part)]
    shapes = [(name, from_wkt(random_polygon(draw, width, height))) for name in ("park", "farm")]
    return Made(grid, maps, bands, seen, weights, shapes)


def _paint(letters: list[list[str]], draw: random.Random, letter: str, size: int) -> None:
    top, left = draw.randrange(len(letters)), draw.randrange(len(letters[0]))
    for row in range(top, min(top + draw.randint(1, size), len(letters))):
        for col in range(left, min(left + draw.randint(1, size), len(letters[0]))):
            letters[row][col] = letter


def random_polygon(draw: random.Random, width: int, height: int) -> str:
    """Return WKT of a triangle whose corners lie off the pixels' centres, maybe beyond the image."""
    corners = [
        (500_000 + 10 * (draw.randint(-2, width + 1) + draw.uniform(0.05, 0.45)),
         5_100_000 - 10 * (draw.randint(-2, height + 1) + draw.uniform(0.05, 0.45)))
        for _ in range(3)
    ]  # fmt: skip
    text = ", ".join(f"{x:.3f} {y:.3f}" for x, y in [*corners, corners[0]])
    return f"POLYGON (({text}))"


# --- random queries -------------------------------------------------------------------------------------------------
class Generator:
    """Random valid queries; `dates` are those of the scene they are for."""

    def __init__(self, seed: int, scene: Made) -> None:
        self.draw = random.Random(f"query {seed}")
        self.scene = scene

    def date(self) -> str:
        return self.draw.choice(("first", "last", *self.scene.dates))

    def dates(self) -> dict[str, str]:
        """Two dates in any order, seldom one twice."""
        start, end = self.draw.sample(self.scene.dates, 2)
        if self.draw.random() < 0.03:
            return {"start": start, "end": start}
        if self.draw.random() < 0.5:
            return {}
        return {"start": start, "end": self.draw.choice((end, end, "first", "last"))}

    def region(self, depth: int) -> q.Region:
        draw = self.draw
        if depth <= 1:
            return self._leaf()

        def one() -> q.Region:
            return self.region(draw.randint(1, depth - 1))

        kind = draw.randrange(10)
        if kind == 0:
            return self._leaf()
        if kind == 1:
            return q.AnyOf(of=tuple(one() for _ in range(draw.randint(1, 3))))
        if kind == 2:
            return q.AllOf(of=tuple(one() for _ in range(draw.randint(1, 3))))
        if kind == 3:
            return q.Not(of=one())
        if kind == 4:
            return q.Minus(of=one(), without=one())
        if kind == 5:
            return q.Near(of=one(), metres=draw.choice((0, 5, 10, 14, 15, 20, 22.4, 30, 45)))
        if kind == 6:
            return q.At(of=one(), date=self.date())
        if kind == 7:
            return q.Change(of=one(), how=draw.choice(("gained", "lost", "kept")), **self.dates())
        if kind == 8:
            return q.Turned(of=one(), into=one(), **self.dates())
        return self._parts(one)

    def _leaf(self) -> q.Region:
        draw = self.draw
        kind = draw.randrange(8)
        if kind == 0:
            return q.Everything()
        if kind == 1:
            return q.Limit(value_of="band", test=draw.choice(tuple(HOLDS)), value=round(draw.uniform(-1, 1), 1))  # type: ignore[arg-type]
        if kind == 2:
            return q.Features(layer="plan", column="name", named=draw.choice((None, "park", "farm")))
        if kind == 3:
            return q.Within(place=draw.choice(tuple(SIDES)), part=draw.choice(("half", "third", "ninth")))
        if kind == 4:
            return q.Polygon(wkt=random_polygon(draw, self.scene.grid.width, self.scene.grid.height), crs="EPSG:32633")
        return q.Cover(name=draw.choice(CLASSES))

    def _parts(self, one: Callable[[], q.Region]) -> q.Parts:
        draw = self.draw

        def maybe(value: Any) -> Any:
            return value if draw.random() < 0.3 else None

        near = maybe(one())
        return q.Parts(
            of=one(),
            over_m2=maybe(draw.choice((0, 100, 200, 350))),
            under_m2=maybe(draw.choice((200, 400, 1000, 2550))),
            largest=maybe(draw.randint(1, 3)),
            smallest=maybe(draw.randint(1, 3)),
            touching=maybe(one()),
            near=near,
            metres=None if near is None else draw.choice((0, 10, 15, 20, 30)),
            whole=draw.random() < 0.3,
        )

    def measure(self) -> q.AnyMeasure:
        draw = self.draw
        of, to = self.region(draw.randint(1, 4)), self.region(draw.randint(1, 3))
        dates = self.dates()
        choices: tuple[Callable[[], q.AnyMeasure], ...] = (
            lambda: q.Area(of=of),
            lambda: q.Share(of=of) if draw.random() < 0.3 else q.Share(of=of, whole=to),
            lambda: q.Count(of=of),
            lambda: q.ListParts(of=of),
            lambda: q.Perimeter(of=of),
            lambda: q.Distance(of=of, to=to),
            lambda: q.Border(of=of, to=to),
            lambda: q.Position(of=of),
            lambda: q.Mean(value_of="band", of=of),
            lambda: q.Exists(of=of),
            lambda: q.Touches(of=of, to=to),
            lambda: q.Classes(of=of),
            lambda: q.Dominant(of=of),
            lambda: q.NetChange(of=of, **dates),
            lambda: q.Rate(of=of, **dates),
        )
        return draw.choice(choices)()

    def query(self) -> q.Query:
        draw = self.draw
        by: q.By | None = draw.choice((
            None, None, None, q.ByFeatures(layer="plan"), q.ByDates(), q.ByClasses(),
            q.ByParts(parts=draw.choice(("north-south", "east-west", "ninths"))),
        ))  # fmt: skip
        compare, times = draw.choice(tuple(HOLDS)), draw.choice((1.0, 1.0, 2.0, 0.5))
        tests: tuple[q.Test | None, ...] = (
            None,
            None,
            q.Threshold(test=compare, value=draw.choice((0, 0.25, 1, 2, 100, 500, 3000))),  # type: ignore[arg-type]
            q.Compared(to=self.measure(), test=draw.choice((None, compare)), times=times),  # type: ignore[arg-type]
            q.Ranked(order=draw.choice(("largest", "smallest")), count=draw.randint(1, 3)),
        )
        return q.Query(
            measures=tuple(self.measure() for _ in range(draw.choice((1, 1, 2)))),
            by=by,
            test=draw.choice(tests),
            inside=self.region(draw.randint(1, 3)) if draw.random() < 0.25 else None,
            date=self.date() if draw.random() < 0.3 else None,
        )


# --- the naive evaluator --------------------------------------------------------------------------------------------
@dataclass
class Answer:
    """What `Value` holds; parts of classes in any order, of classes or places that are level the first."""

    number: float | None = None
    text: str = ""
    yes: bool | None = None
    parts: tuple[tuple[str, float], ...] = ()


@dataclass
class Answers:
    """What `Result` holds."""

    rows: dict[str, list[Answer]]
    verdict: list[bool]
    ranked: list[str]
    compared: list[float | None]


@dataclass(frozen=True)
class Domain:
    """What one row is confined to."""

    date: str
    inside: frozenset[Pixel] | None = None
    cover: str | None = None
    weights: tuple[tuple[float, ...], ...] | None = None


class Naive:
    """Evaluates queries by loops over pixels."""

    def __init__(self, scene: Made) -> None:
        self.scene = scene
        self.height, self.width = scene.grid.height, scene.grid.width
        self.all = [(row, col) for row in range(self.height) for col in range(self.width)]
        earth = ground(scene.grid)
        rows = np.array([row + 0.5 for row, _ in self.all])
        cols = np.array([col + 0.5 for _, col in self.all])
        self.area = dict(zip(self.all, (float(each) for each in earth.area.at(rows, cols)), strict=True))
        middle = np.array([self.height / 2]), np.array([self.width / 2])
        self.across, self.down = float(earth.width.at(*middle)[0]), float(earth.height.at(*middle)[0])

    # regions
    def _pixels(self, mask: NDArray[np.bool_]) -> Pixels:
        return {(row, col) for row, col in self.all if mask[row, col]}

    def observed(self, date: str) -> Pixels:
        return self._pixels(self.scene.observed(date))

    def date(self, name: str) -> str:
        dates = self.scene.dates
        return {"first": dates[0], "last": dates[-1]}.get(name, name)

    def region(self, node: q.Region, date: str) -> Pixels:
        """Pixels of a region at a date."""
        seen = self.observed(date)
        if isinstance(node, q.Cover):
            return self._pixels(self.scene.cover(node.name, date)) & seen
        if isinstance(node, q.Everything):
            return seen
        if isinstance(node, q.AnyOf):
            return set().union(*(self.region(each, date) for each in node.of))
        if isinstance(node, q.AllOf):
            return set.intersection(*(self.region(each, date) for each in node.of))
        if isinstance(node, q.Not):
            return seen - self.region(node.of, date)
        if isinstance(node, q.Minus):
            return self.region(node.of, date) - self.region(node.without, date)
        if isinstance(node, q.Limit):
            values, valid = self.scene.values(node.value_of, date)
            return {p for p in seen if valid[p] and HOLDS[node.test](float(values[p]), node.value)}
        if isinstance(node, q.Features):
            shapes = [shape for _, shape in self.scene.features(node.layer, node.column, node.named)]
            return {p for p in seen if any(self._inside(p, shape) for shape in shapes)}
        if isinstance(node, q.Within):
            return {p for p in seen if self._within(p, node.place, node.part)}
        if isinstance(node, q.Polygon):
            shape = self.scene.polygon(node.wkt, node.crs)
            return {p for p in seen if self._inside(p, shape)}
        if isinstance(node, q.Near):
            found = self.region(node.of, date)
            return {p for p in seen if any(self._apart(p, each) <= node.metres for each in found)} | found
        if isinstance(node, q.Parts):
            return set().union(*self._chosen(node, date))
        if isinstance(node, q.At):
            return self.region(node.of, self.date(node.date))
        start, end = self._two_dates(node)
        both = self.observed(start) & self.observed(end)
        if isinstance(node, q.Turned):
            return self.region(node.of, start) & self.region(node.into, end) & both
        before, after = self.region(node.of, start), self.region(node.of, end)
        return {"gained": after - before, "lost": before - after, "kept": before & after}[node.how] & both

    def _two_dates(self, node: q.Change | q.Turned | q.NetChange | q.Rate) -> tuple[str, str]:
        start, end = self.date(node.start), self.date(node.end)
        if start == end:
            raise RegionError("A change needs two dates.", "", "one date only")
        return start, end

    def _inside(self, pixel: Pixel, shape: BaseGeometry) -> bool:
        """Whether a pixel's centre is in a polygon without holes: a ray crosses its sides an odd number of times."""
        t = self.scene.grid.transform
        x, y = t.c + t.a * (pixel[1] + 0.5), t.f + t.e * (pixel[0] + 0.5)
        corners = list(shape.exterior.coords)
        inside = False
        for (x1, y1), (x2, y2) in zip(corners[:-1], corners[1:], strict=True):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
                inside = not inside
        return inside

    def _ninth(self, row: float, col: float) -> tuple[int, int]:
        def third(position: float, size: int) -> int:
            return -1 if 3 * position < size else 1 if 3 * position >= 2 * size else 0

        return third(row + 0.5, self.height), third(col + 0.5, self.width)

    def _within(self, pixel: Pixel, place: str, part: str) -> bool:
        """A third or a half towards a corner is towards both of its sides; the centre is the ninth in the middle."""
        down, right = SIDES[place]  # type: ignore[index]
        ninth = self._ninth(*pixel)
        if part == "ninth" or place == "centre":
            return ninth == (down, right)
        for side, position, size, third in (
            (down, pixel[0] + 0.5, self.height, ninth[0]),
            (right, pixel[1] + 0.5, self.width, ninth[1]),
        ):
            if side == 0:
                continue
            if part == "third" and third != side:
                return False
            off = 2 * position - size  # the middle row is northern, the middle column western
            if part == "half" and not (off > 0 if side > 0 else off <= 0):
                return False
        return True

    def _apart(self, a: Pixel, b: Pixel) -> float:
        return math.hypot((a[0] - b[0]) * self.down, (a[1] - b[1]) * self.across)

    def parts(self, pixels: Iterable[Pixel]) -> list[Pixels]:
        """8-connected parts, the one with the first pixel by rows first."""
        left, found = set(pixels), []
        while left:
            part, todo = set(), [min(left)]
            while todo:
                pixel = todo.pop()
                if pixel in left:
                    left.remove(pixel)
                    part.add(pixel)
                    todo.extend(_around(pixel))
            found.append(part)
        return found

    def _chosen(self, node: q.Parts, date: str) -> list[Pixels]:
        found = self.parts(self.region(node.of, date))
        if node.over_m2 is not None:
            found = [part for part in found if self._size(part) > node.over_m2]
        if node.under_m2 is not None:
            found = [part for part in found if self._size(part) < node.under_m2]
        if node.touching is not None:
            other = self.region(node.touching, date)
            found = [part for part in found if _touch(part, other)]
        if node.near is not None and node.metres is not None:
            metres, other = node.metres, self.region(node.near, date)
            found = [part for part in found if any(self._apart(a, b) <= metres for a in part for b in other)]
        if node.whole:
            found = [part for part in found if not any(self._at_edge(pixel) for pixel in part)]
        if node.largest is not None:
            found = sorted(found, key=lambda part: -self._size(part))[: node.largest]
        if node.smallest is not None:
            found = sorted(found, key=self._size)[: node.smallest]
        return found

    def _at_edge(self, pixel: Pixel) -> bool:
        return pixel[0] in (0, self.height - 1) or pixel[1] in (0, self.width - 1)

    def _size(self, pixels: Iterable[Pixel]) -> float:
        return math.fsum(self.area[pixel] for pixel in pixels)

    # measures
    def _cut(self, node: q.Region, at: Domain) -> Pixels:
        pixels = self.region(node, at.date)
        if at.inside is not None:
            pixels = pixels & at.inside
        if at.cover is not None:
            pixels = pixels & self.region(q.Cover(name=at.cover), at.date)
        return pixels

    def _whole_pixels(self, node: q.Region, at: Domain) -> Pixels:
        return {pixel for pixel in self._cut(node, at) if _weight(pixel, at) >= 0.5}

    def _amount(self, pixels: Iterable[Pixel], at: Domain) -> float:
        return math.fsum(self.area[pixel] * _weight(pixel, at) for pixel in pixels)

    def measure(self, node: q.AnyMeasure, at: Domain) -> Answer:
        if isinstance(node, q.Area):
            return Answer(self._amount(self._cut(node.of, at), at))
        if isinstance(node, q.Exists):
            amount = self._amount(self._cut(node.of, at), at)
            return Answer(amount, yes=amount > 0)
        if isinstance(node, q.Share):
            region, whole = self._cut(node.of, at), self._cut(node.whole, replace(at, cover=None))
            under = self._amount(whole, at)
            return Answer(self._amount(region & whole, at) / under if under else None)
        if isinstance(node, q.Count):
            return Answer(len(self.parts(self._whole_pixels(node.of, at))))
        if isinstance(node, q.ListParts):
            sizes = sorted((self._size(part) for part in self.parts(self._whole_pixels(node.of, at))), reverse=True)
            return Answer(len(sizes), parts=tuple((str(n), size) for n, size in enumerate(sizes, 1)))
        if isinstance(node, q.Perimeter):
            pixels = self._whole_pixels(node.of, at)
            return Answer(math.fsum(self._side(a, b) for a in pixels for b in _beside(a) if b not in pixels))
        if isinstance(node, (q.Distance, q.Border, q.Touches)):
            a, b = self._whole_pixels(node.of, at), self._whole_pixels(node.to, replace(at, cover=None))
            if isinstance(node, q.Touches):
                return Answer(yes=_touch(a, b))
            if isinstance(node, q.Border):
                return Answer(self._border(a, b))
            return Answer(min((self._gap(one, other) for one in a for other in b), default=None))
        if isinstance(node, q.Position):
            return self._position(self._whole_pixels(node.of, at))
        if isinstance(node, q.Mean):
            values, valid = self.scene.values(node.value_of, at.date)
            pixels = {pixel for pixel in self._cut(node.of, at) if valid[pixel]}
            under = self._amount(pixels, at)
            total = math.fsum(float(values[p]) * self.area[p] * _weight(p, at) for p in pixels)
            return Answer(total / under if under else None)
        if isinstance(node, (q.Classes, q.Dominant)):
            pixels = self._cut(node.of, at)
            parts = tuple(
                (name, self._amount(pixels & self.region(q.Cover(name=name), at.date), at)) for name in CLASSES
            )
            if isinstance(node, q.Classes):
                return Answer(parts=parts)
            size = max(amount for _, amount in parts)
            return Answer(size, next((name for name, amount in parts if amount == size and size > 0), ""), parts=parts)
        return self._net(node, at)

    def _net(self, node: q.NetChange | q.Rate, at: Domain) -> Answer:
        start, end = self._two_dates(node)
        both = self.observed(start) & self.observed(end)
        before = self._amount(self._cut(node.of, replace(at, date=start)) & both, at)
        after = self._amount(self._cut(node.of, replace(at, date=end)) & both, at)
        if isinstance(node, q.NetChange):
            return Answer(after - before)
        years = (_day(end) - _day(start)) / DAYS_A_YEAR
        return Answer((after - before) / years if years else None)

    def _side(self, a: Pixel, b: Pixel) -> float:
        """Length of the side that two pixels have in common."""
        return self.across if a[1] == b[1] else self.down

    def _border(self, a: Pixels, b: Pixels) -> float:
        sides = {frozenset((one, other)) for one in a for other in _beside(one) if other in b - a and one not in b}
        return math.fsum(self._side(*sorted(side)) for side in sides)

    def _gap(self, a: Pixel, b: Pixel) -> float:
        rows, cols = max(abs(a[0] - b[0]) - 1, 0), max(abs(a[1] - b[1]) - 1, 0)
        return math.hypot(rows * self.down, cols * self.across)

    def _position(self, pixels: Pixels) -> Answer:
        if not pixels:
            return Answer()
        held = [self._ninth(*pixel) for pixel in pixels]
        return Answer(text=PLACES[max(SIDES.values(), key=held.count)])

    # queries
    def rows(self, query: q.Query) -> list[tuple[str, Domain]]:
        """Keys of the rows and what each is confined to."""
        date = self.date(query.date or "last")

        def inside(date: str) -> frozenset[Pixel] | None:
            return None if query.inside is None else frozenset(self.region(query.inside, date))

        whole = Domain(date, inside(date))
        by = query.by
        if by is None:
            return [("", whole)]
        if isinstance(by, q.ByDates):
            return [(date, Domain(date, inside(date))) for date in self.scene.dates]
        if isinstance(by, q.ByClasses):
            return [(name, replace(whole, cover=name)) for name in CLASSES]
        if isinstance(by, q.ByFeatures):
            zones = self.scene.zones(by.layer, by.column)
            return [(name, replace(whole, weights=tuple(map(tuple, zone.tolist())))) for name, zone in zones]
        part = "ninth" if by.parts == "ninths" else "half"
        places = tuple(SIDES) if by.parts == "ninths" else by.parts.split("-")
        rows = []
        for place in places:
            held = [[float(self._within((row, col), place, part)) for col in range(self.width)]
                    for row in range(self.height)]  # fmt: skip
            rows.append((place, replace(whole, weights=tuple(map(tuple, held)))))
        return rows

    def run(self, query: q.Query) -> Answers:
        """Return the rows by key, what a limit says of each, and the keys that a ranking picks."""
        rows: dict[str, list[Answer]] = {}
        verdict: list[bool] = []
        compared: list[float | None] = []
        for key, at in self.rows(query):
            rows[key] = [self.measure(each, at) for each in query.measures]
            number = rows[key][0].number
            if isinstance(query.test, q.Threshold):
                verdict.append(number is not None and HOLDS[query.test.test](number, query.test.value))
            elif isinstance(query.test, q.Compared):
                other = self.measure(query.test.to, replace(at, cover=None)).number
                compared.append(other)
                if query.test.test is None:
                    continue
                if number is None or other is None:
                    verdict.append(False)
                else:
                    verdict.append(HOLDS[query.test.test](number, other * query.test.times))
        ranked: list[str] = []
        if isinstance(query.test, q.Ranked):
            sign = -1 if query.test.order == "largest" else 1
            numbers = {key: values[0].number for key, values in rows.items() if values[0].number is not None}
            ranked = sorted(numbers, key=lambda key: sign * numbers[key])[: query.test.count]  # type: ignore[operator]
        return Answers(rows, verdict, ranked, compared)


def _weight(pixel: Pixel, at: Domain) -> float:
    return 1.0 if at.weights is None else at.weights[pixel[0]][pixel[1]]


def _around(pixel: Pixel) -> list[Pixel]:
    return [(pixel[0] + down, pixel[1] + right) for down in (-1, 0, 1) for right in (-1, 0, 1)]


def _beside(pixel: Pixel) -> list[Pixel]:
    row, col = pixel
    return [(row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)]


def _touch(a: Pixels, b: Pixels) -> bool:
    return any(near in b for pixel in a for near in _around(pixel))


def _day(date: str) -> float:
    """Days from some day to a date, to the middle of a month or year of which no more is known."""
    known = [int(each) for each in date.split("-")]
    first = datetime.date(*(known + [1, 1])[:3]).toordinal()
    return first + {1: 182.6, 2: 15.2, 3: 0.0}[len(known)]
