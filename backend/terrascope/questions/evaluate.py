"""The numbers of a query: measures of its regions, split and compared as it says.

Regions are worked out on the whole image and then confined to `inside` and to the zone of a row: a patch that crosses
the border of a zone counts there with its part inside. Zones of features weigh pixels that their border cuts by the
part inside (areas, shares, means); everything else takes the pixels whose centre lies inside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from terrascope.landcover import CLASSES
from terrascope.masks import regions as pixels
from terrascope.masks.geodesy import ground
from terrascope.masks.measurement import measure
from terrascope.masks.relations import adjacency, distance
from terrascope.masks.types import Mask
from terrascope.questions import query as q
from terrascope.questions.regions import Ground, RegionError, RegionMasks, part_areas, towards

_EIGHT = np.ones((3, 3), bool)
_DAYS_A_YEAR = 365.2425
_OPPOSITE: dict[str, tuple[q.Place, ...]] = {
    "north-south": ("north", "south"),
    "east-west": ("east", "west"),
    "ninths": (
        "north-west", "north", "north-east", "west", "centre", "east", "south-west", "south", "south-east",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Value:
    """One measured value.

    Attributes
    ----------
    number
        m2, m, share 0 to 1, count or mean; None where there is none (an empty region has no mean, no distance).
    text
        A name: class, place; empty else.
    yes
        Of questions for yes or no.
    parts
        Areas of parts, the largest first (of `ListParts`); areas of classes by name (of `Classes`).
    """

    number: float | None = None
    text: str = ""
    yes: bool | None = None
    parts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Row:
    """The values of one zone, date, class or place (`key`; empty for the whole), one for each measure."""

    key: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Result:
    """What a query gives.

    Attributes
    ----------
    rows
        One for the whole, or one a zone, date, class or place.
    verdict
        What the test says of each row's first measure; empty without a test.
    compared
        The value beside which each row's first measure is held (`query.Compared`); empty without one.
    ranked
        Keys of the rows that a ranking picks.
    """

    rows: tuple[Row, ...]
    verdict: tuple[bool, ...] = ()
    compared: tuple[Value, ...] = ()
    ranked: tuple[str, ...] = ()


@dataclass(frozen=True)
class Zone:
    """Where a row is measured: pixels, and how much of each counts (float [H, W]; None: all of each)."""

    pixels: Mask
    weight: NDArray[np.floating] | None = None


class Place(NamedTuple):
    """What a row is of: its key, its date, where it is measured, and what of it."""

    key: str
    date: str
    zone: Zone
    measures: tuple[q.AnyMeasure, ...]


@dataclass
class Evaluator:
    """Evaluates queries on one scene; masks and areas are kept between queries."""

    scene: Ground
    masks: RegionMasks = field(init=False)
    _cells: NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        self.masks = RegionMasks(self.scene)
        grid = self.scene.grid
        place = ground(grid)
        rows, cols = np.arange(grid.height)[:, None] + 0.5, np.arange(grid.width)[None] + 0.5
        self._cells = np.broadcast_to(place.area.at(rows, cols), (grid.height, grid.width))

    def run(self, query: q.Query) -> Result:
        """Return the values of a query.

        Raises
        ------
        RegionError
            If the scene cannot give what it asks for; `reason` says why.
        """
        places = self._places(query)
        rows = tuple(
            Row(each.key, tuple(self._value(wanted, each.date, each.zone) for wanted in each.measures))
            for each in places
        )
        compared: tuple[Value, ...] = ()
        if isinstance(query.test, q.Compared):
            compared = tuple(self._value(query.test.to, each.date, each.zone) for each in places)
        return Result(rows, _verdict(query.test, rows, compared), compared, _ranked(query.test, rows))

    def _places(self, query: q.Query) -> list[Place]:
        date, wanted = self.masks.date_of(query.date), query.measures
        whole = self._zone(query, date)
        if query.by is None:
            return [Place("", date, whole, wanted)]
        if isinstance(query.by, q.ByDates):
            return [Place(each, each, self._zone(query, each), wanted) for each in self.scene.dates]
        if isinstance(query.by, q.ByClasses):
            return [
                Place(name, date, whole, tuple(_of_class(each, name) for each in wanted)) for name in self.classes(date)
            ]
        if isinstance(query.by, q.ByParts):
            part = "ninth" if query.by.parts == "ninths" else "half"
            return [
                Place(each, date, Zone(whole.pixels & towards(self.scene.grid, each, part)), wanted)
                for each in _OPPOSITE[query.by.parts]
            ]
        return [
            Place(name, date, Zone(whole.pixels & (weight > 0), weight), wanted)
            for name, weight in self.scene.zones(query.by.layer, query.by.column)
        ]

    def _zone(self, query: q.Query, date: str) -> Zone:
        """Where a query looks. What was seen is a matter of each region and its dates, not of the zone."""
        if query.inside is None:
            return Zone(np.ones((self.scene.grid.height, self.scene.grid.width), bool))
        return Zone(self.masks.mask(query.inside, date))

    def classes(self, date: str) -> list[str]:
        """Return the classes that can be seen, none of which holds another: those with atoms of their own."""
        found = []
        for name in CLASSES:
            try:
                self.masks.mask(q.Cover(name=name), date)
            except RegionError:
                continue
            found.append(name)
        return [name for name in found if not any(CLASSES[each].atoms < CLASSES[name].atoms for each in found)]

    def _inside(self, region: q.Region, date: str, zone: Zone) -> Mask:
        found = self.masks.mask(region, date) & zone.pixels
        return found if zone.weight is None else found & (zone.weight >= 0.5)

    def _area(self, region: q.Region, date: str, zone: Zone) -> float:
        """Area of a region in a zone: m2, pixels without a CRS."""
        found = self.masks.mask(region, date) & zone.pixels
        cells = self._cells[found]
        return float(cells.sum() if zone.weight is None else (cells * zone.weight[found]).sum())

    @singledispatchmethod
    def _value(self, wanted: object, date: str, zone: Zone) -> Value:
        raise TypeError(f"{type(wanted).__name__} is no measure")

    @_value.register
    def _(self, wanted: q.Area, date: str, zone: Zone) -> Value:
        return Value(self._area(wanted.of, date, zone))

    @_value.register
    def _(self, wanted: q.Share, date: str, zone: Zone) -> Value:
        of_all = wanted.whole
        if of_all == q.Everything() and any(
            isinstance(each, q.Cover) and each.name in q.SKY for each in (wanted.of, *q.walk(wanted.of))
        ):
            of_all = q.AnyOf(of=(of_all, *(q.Cover(name=name) for name in sorted(q.SKY))))
        whole = self._area(of_all, date, zone)
        common = self._area(q.AllOf(of=(wanted.of, of_all)), date, zone)
        return Value(common / whole if whole else None)

    @_value.register
    def _(self, wanted: q.Count, date: str, zone: Zone) -> Value:
        return Value(pixels.parts(self._inside(wanted.of, date, zone))[0])

    @_value.register
    def _(self, wanted: q.ListParts, date: str, zone: Zone) -> Value:
        labels, number = ndimage.label(self._inside(wanted.of, date, zone), structure=_EIGHT)
        areas = np.sort(part_areas(labels, number, self.scene.grid))[::-1]
        return Value(number, parts=tuple((str(rank), float(area)) for rank, area in enumerate(areas, 1)))

    @_value.register
    def _(self, wanted: q.Perimeter, date: str, zone: Zone) -> Value:
        found = measure(self._inside(wanted.of, date, zone), zone.pixels, self.scene.grid)
        return Value(found.perimeter_px if found.perimeter_m is None else found.perimeter_m)

    @_value.register
    def _(self, wanted: q.Distance, date: str, zone: Zone) -> Value:
        one, two = self._inside(wanted.of, date, zone), self._inside(wanted.to, date, zone)
        found = distance(one, two, self.scene.grid)
        return Value(found.distance_px if found.distance_m is None else found.distance_m)

    @_value.register
    def _(self, wanted: q.Border, date: str, zone: Zone) -> Value:
        one, two = self._inside(wanted.of, date, zone), self._inside(wanted.to, date, zone)
        found = adjacency(one, two, self.scene.grid)
        return Value(found.border_px if found.border_m is None else found.border_m)

    @_value.register
    def _(self, wanted: q.Touches, date: str, zone: Zone) -> Value:
        one, two = self._inside(wanted.of, date, zone), self._inside(wanted.to, date, zone)
        return Value(yes=bool(adjacency(one, two, self.scene.grid).touches))

    @_value.register
    def _(self, wanted: q.Position, date: str, zone: Zone) -> Value:
        found = measure(self._inside(wanted.of, date, zone), zone.pixels, self.scene.grid).where_shares
        return Value(text=max(found, key=lambda word: found[word]) if found else "")

    @_value.register
    def _(self, wanted: q.Exists, date: str, zone: Zone) -> Value:
        area = self._area(wanted.of, date, zone)
        return Value(area, yes=area > 0)

    @_value.register
    def _(self, wanted: q.Mean, date: str, zone: Zone) -> Value:
        values, known = self.scene.values(wanted.value_of, date)
        inside = self.masks.mask(wanted.of, date) & zone.pixels & known
        weights = self._cells[inside] * (1.0 if zone.weight is None else zone.weight[inside])
        return Value(float(np.average(values[inside], weights=weights)) if weights.sum() > 0 else None)

    @_value.register
    def _(self, wanted: q.Classes, date: str, zone: Zone) -> Value:
        names = self.classes(date)
        areas = {name: self._area(q.AllOf(of=(q.Cover(name=name), wanted.of)), date, zone) for name in names}
        return Value(parts=tuple(sorted(areas.items(), key=lambda pair: -pair[1])))

    @_value.register
    def _(self, wanted: q.Dominant, date: str, zone: Zone) -> Value:
        parts = self._value(q.Classes(of=wanted.of), date, zone).parts
        name, area = parts[0] if parts else ("", 0.0)
        return Value(area, text=name if area > 0 else "", parts=parts)

    @_value.register
    def _(self, wanted: q.NetChange, date: str, zone: Zone) -> Value:
        before, after = self.masks.two_dates(wanted.start, wanted.end)
        both = Zone(zone.pixels & self.scene.observed(before) & self.scene.observed(after), zone.weight)
        return Value(self._area(wanted.of, after, both) - self._area(wanted.of, before, both))

    @_value.register
    def _(self, wanted: q.Rate, date: str, zone: Zone) -> Value:
        before, after = self.masks.two_dates(wanted.start, wanted.end)
        net = self._value(q.NetChange(of=wanted.of, start=wanted.start, end=wanted.end), date, zone).number
        years = (_day(after) - _day(before)) / _DAYS_A_YEAR
        return Value(None if net is None else net / years)


def _verdict(test: q.Test | None, rows: tuple[Row, ...], compared: tuple[Value, ...]) -> tuple[bool, ...]:
    numbers = [row.values[0].number for row in rows]
    if isinstance(test, q.Threshold):
        return tuple(_holds(number, test.test, test.value) for number in numbers)
    if isinstance(test, q.Compared) and test.test is not None:
        limits = [None if value.number is None else test.times * value.number for value in compared]
        return tuple(limit is not None and _holds(number, test.test, limit) for number, limit in zip(numbers, limits))
    return ()


def _ranked(test: q.Test | None, rows: tuple[Row, ...]) -> tuple[str, ...]:
    if not isinstance(test, q.Ranked):
        return ()
    known = [row for row in rows if row.values[0].number is not None]
    known.sort(key=lambda row: row.values[0].number or 0.0, reverse=test.order == "largest")
    return tuple(row.key for row in known[: test.count])


def _of_class(wanted: q.AnyMeasure, name: str) -> q.AnyMeasure:
    """The same measure of one class, inside the region that it was of."""
    cover: q.Region = q.Cover(name=name)
    of = getattr(wanted, "of", q.Everything())
    return msgspec.structs.replace(wanted, of=cover if of == q.Everything() else q.AllOf(of=(cover, of)))


def _holds(number: float | None, test: q.Comparison, value: float) -> bool:
    if number is None:
        return False
    return {
        ">": number > value,
        ">=": number >= value,
        "<": number < value,
        "<=": number <= value,
        "=": number == value,
        "!=": number != value,
    }[test]


def _day(date: str) -> float:
    """Days since 1970 of an ISO date of which the year, the month or the day is known: the middle of what is known."""
    text, half = {4: (f"{date}-01-01", 182.6), 7: (f"{date}-01", 15.2)}.get(len(date), (date[:10], 0.0))
    return float(np.datetime64(text, "D").astype(int)) + half
