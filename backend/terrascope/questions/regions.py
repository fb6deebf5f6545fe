"""Regions of a query as masks: which pixels each part of a query means.

`Ground` is the one source of what the networks and the layers show, by class and date; `RegionMasks` works out every
region from it, each at most once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatchmethod
from typing import Protocol

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from scipy import ndimage
from shapely.geometry.base import BaseGeometry as Geometry

from terrascope.errors import TerraScopeError
from terrascope.masks import regions as pixels
from terrascope.masks.geodesy import ground
from terrascope.masks.types import Mask
from terrascope.questions import query as q
from terrascope.scene.types import Grid

_EIGHT = np.ones((3, 3), bool)
_OPERATORS: dict[str, Callable[[NDArray[np.floating], float], NDArray[np.bool_]]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "=": np.equal,
    "!=": np.not_equal,
}


class RegionError(TerraScopeError):
    """A region that the scene cannot give; `reason` is one of `query.Reason`."""

    code = "region"

    def __init__(self, message: str, hint: str = "", reason: q.Reason = "layer missing") -> None:
        super().__init__(message, hint)
        self.reason = reason


class Ground(Protocol):
    """What a scene shows. Masks are bool [H, W] on `grid`, values float [H, W]."""

    @property
    def grid(self) -> Grid:
        """Of all masks."""

    @property
    def dates(self) -> Sequence[str]:
        """Of the images, ISO 8601, the earliest first; other names where dates are not known."""

    def observed(self, date: str) -> Mask:
        """Pixels that were seen on a date: inside the image, no nodata, no cloud."""

    def cover(self, name: str, date: str) -> Mask:
        """Pixels of a land-cover class; of clouds those that hide the ground, which `observed` leaves out. Raises
        RegionError where it is unknown or cannot be seen."""

    def values(self, name: str, date: str) -> tuple[NDArray[np.floating], Mask]:
        """A band, an index or a raster layer, and where it has values. Raises RegionError."""

    def features(self, layer: str, column: str | None, named: str | None) -> list[tuple[str, Geometry]]:
        """Name and geometry, in the grid's CRS, of features of a vector layer. Raises RegionError."""

    def zones(self, layer: str, column: str | None) -> list[tuple[str, NDArray[np.floating]]]:
        """Name of each feature (or value of a column) and the part of each pixel inside it. Raises RegionError."""

    def polygon(self, wkt: str, crs: str) -> Geometry:
        """A drawn polygon in the grid's CRS. Raises RegionError."""


class RegionMasks:
    """The masks of a query's regions, each worked out once a date."""

    def __init__(self, scene: Ground) -> None:
        self.scene = scene
        self.grid = scene.grid
        self._found: dict[tuple[q.Region, str], Mask] = {}

    def date_of(self, text: str | None) -> str:
        """Return the scene's date that a text of a query means: "first", "last", or the beginning of one.

        Raises
        ------
        RegionError
            If no image has that date.
        """
        dates = self.scene.dates
        if text is None or text == "last":
            return dates[-1]
        if text == "first":
            return dates[0]
        found = [date for date in dates if date.startswith(text) or (date and text.startswith(date))]
        if not found:
            raise RegionError(
                f"There is no image of {text}; there are {', '.join(date or 'one without a date' for date in dates)}.",
                "Ask for one of these, or add an image.",
                "one date only" if len(dates) == 1 else "layer missing",
            )
        return found[-1]

    def mask(self, region: q.Region, date: str) -> Mask:
        """Return the pixels of a region as it was on a date of the scene; only pixels that were observed.

        Raises
        ------
        RegionError
            If the scene cannot give it.
        """
        key = (region, date)
        if key not in self._found:
            self._found[key] = np.asarray(self._mask(region, date))
        return self._found[key]

    def two_dates(self, start: str, end: str) -> tuple[str, str]:
        """Return the dates between which a change lies.

        Raises
        ------
        RegionError
            If they are one and the same.
        """
        before, after = self.date_of(start), self.date_of(end)
        if before == after:
            raise RegionError(
                f"A change needs two dates; the images are of {before or 'one date that is not known'} only.",
                "Add an image of another date.",
                "one date only",
            )
        return before, after

    @singledispatchmethod
    def _mask(self, region: object, date: str) -> Mask:
        raise TypeError(f"{type(region).__name__} is no region")

    @_mask.register
    def _(self, region: q.Everything, date: str) -> Mask:
        return self.scene.observed(date)

    @_mask.register
    def _(self, region: q.Cover, date: str) -> Mask:
        found = self.scene.cover(region.name, date)
        return found if region.name in q.SKY else found & self.scene.observed(date)

    @_mask.register
    def _(self, region: q.AnyOf, date: str) -> Mask:
        return np.logical_or.reduce([self.mask(each, date) for each in region.of])

    @_mask.register
    def _(self, region: q.AllOf, date: str) -> Mask:
        return np.logical_and.reduce([self.mask(each, date) for each in region.of])

    @_mask.register
    def _(self, region: q.Not, date: str) -> Mask:
        return self.scene.observed(date) & ~self.mask(region.of, date)

    @_mask.register
    def _(self, region: q.Minus, date: str) -> Mask:
        return self.mask(region.of, date) & ~self.mask(region.without, date)

    @_mask.register
    def _(self, region: q.Limit, date: str) -> Mask:
        values, known = self.scene.values(region.value_of, date)
        with np.errstate(invalid="ignore"):
            inside = _OPERATORS[region.test](values, region.value)
        return np.asarray(inside & known & self.scene.observed(date))

    @_mask.register
    def _(self, region: q.Features, date: str) -> Mask:
        shapes = [shape for _, shape in self.scene.features(region.layer, region.column, region.named)]
        return self._drawn(shapes) & self.scene.observed(date)

    @_mask.register
    def _(self, region: q.Polygon, date: str) -> Mask:
        return self._drawn([self.scene.polygon(region.wkt, region.crs)]) & self.scene.observed(date)

    @_mask.register
    def _(self, region: q.Within, date: str) -> Mask:
        return towards(self.grid, region.place, region.part) & self.scene.observed(date)

    @_mask.register
    def _(self, region: q.Near, date: str) -> Mask:
        return self._near(self.mask(region.of, date), region.metres) & self.scene.observed(date)

    @_mask.register
    def _(self, region: q.At, date: str) -> Mask:
        return self.mask(region.of, self.date_of(region.date))

    @_mask.register
    def _(self, region: q.Change, date: str) -> Mask:
        before, after, both = self._at_both(region.of, region.of, region.start, region.end)
        found = {"gained": after & ~before, "lost": before & ~after, "kept": before & after}[region.how]
        return found & both

    @_mask.register
    def _(self, region: q.Turned, date: str) -> Mask:
        before, after, both = self._at_both(region.of, region.into, region.start, region.end)
        return before & after & both

    @_mask.register
    def _(self, region: q.Parts, date: str) -> Mask:
        labels, number = ndimage.label(self.mask(region.of, date), structure=_EIGHT)
        kept = np.ones(number + 1, bool)
        kept[0] = False
        areas = part_areas(labels, number, self.grid)
        if region.over_m2 is not None:
            kept[1:] &= areas > region.over_m2
        if region.under_m2 is not None:
            kept[1:] &= areas < region.under_m2
        if region.whole:
            edge = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
            kept[np.unique(edge)] = False
        if region.touching is not None:
            kept &= _met(labels, number, pixels.grow(self.mask(region.touching, date)))
        if region.near is not None:
            kept &= _met(labels, number, self._near(self.mask(region.near, date), region.metres or 0.0))
        for count, sign in ((region.largest, -1), (region.smallest, 1)):
            if count is not None:
                left = np.flatnonzero(kept)
                order = left[np.argsort(sign * areas[left - 1], kind="stable")]
                kept[order[count:]] = False
        return np.asarray(kept[labels])

    def _at_both(self, one: q.Region, two: q.Region, start: str, end: str) -> tuple[Mask, Mask, Mask]:
        before, after = self.two_dates(start, end)
        both = self.scene.observed(before) & self.scene.observed(after)
        return self.mask(one, before), self.mask(two, after), both

    def _drawn(self, shapes: Sequence[Geometry]) -> Mask:
        """Pixels whose centre lies in one of some geometries."""
        shape = (self.grid.height, self.grid.width)
        if not shapes:
            return np.zeros(shape, bool)
        return np.asarray(geometry_mask(shapes, shape, Affine(*self.grid.transform), invert=True))

    def _near(self, mask: Mask, metres: float) -> Mask:
        return near(mask, metres, self.grid)


def part_areas(labels: NDArray[np.integer], number: int, grid: Grid) -> NDArray[np.float64]:
    """Return the area of parts 1..number in m2 (in pixels without a CRS), float64 [number]."""
    place = ground(grid)
    rows = np.arange(grid.height) + 0.5
    cells = place.area.at(rows[:, None], np.arange(grid.width)[None] + 0.5)
    weights = np.broadcast_to(cells, labels.shape).ravel()
    areas: NDArray[np.float64] = np.bincount(labels.ravel(), weights=weights, minlength=number + 1)[1:].astype(
        np.float64
    )
    return areas


def near(mask: Mask, metres: float, grid: Grid) -> Mask:
    """Return the pixels whose centre lies at most so many metres from the centre of one of a mask.

    The pixel's size on the ground is that of the middle of the image: over a scene of a hundred kilometres in degrees
    it changes by about one part in a hundred.

    Raises
    ------
    RegionError
        If the grid has no CRS: there are no metres.
    """
    place = ground(grid)
    if not place.has_metres:
        raise RegionError(
            f"{metres:g} m cannot be told: the image has no CRS.", "Set its CRS in Layer > Properties > Source."
        )
    if not mask.any():
        return np.zeros_like(mask)
    middle = np.array([grid.height / 2]), np.array([grid.width / 2])
    steps = float(place.height.at(*middle)[0]), float(place.width.at(*middle)[0])
    away = ndimage.distance_transform_edt(~mask, sampling=steps)
    return np.asarray(away <= metres * (1 + 1e-9))


def towards(grid: Grid, place: q.Place, part: str) -> Mask:
    """Return the pixels of the half, third or ninth of an image that lies towards a side.

    A pixel belongs where its centre lies; the middle row of an odd number belongs to the northern half, the middle
    column to the western one, so that halves make up the whole. An image that is turned is cut along its own sides,
    each named by the compass point that is nearest; without directions on the ground, north is the top.
    """
    axes = ground(grid).directions()
    right_down = np.eye(2) * (1, -1) if axes is None else axes  # (east, north) of the image's right and down
    x = np.broadcast_to((np.arange(grid.width) + 0.5) / grid.width * 2 - 1, (grid.height, grid.width))
    y = np.broadcast_to(((np.arange(grid.height) + 0.5) / grid.height * 2 - 1)[:, None], x.shape)
    turned = abs(right_down[0, 1]) > abs(right_down[0, 0])
    east = np.sign(right_down[int(turned), 0]) * (y if turned else x)
    north = np.sign(right_down[1 - int(turned), 1]) * (x if turned else y)
    middle = np.abs(east) < 1 / 3, np.abs(north) < 1 / 3
    if place == "centre":
        return np.asarray(middle[0] & middle[1])
    third = 1 / 3
    sides = {
        "north": north >= 0 if part == "half" else north > third,
        "south": north < 0 if part == "half" else north < -third,
        "east": east > 0 if part == "half" else east > third,
        "west": east <= 0 if part == "half" else east < -third,
    }
    wanted = np.logical_and.reduce([sides[word] for word in place.split("-")])
    if part == "ninth" and "-" not in place:
        wanted &= middle[0 if place in ("north", "south") else 1]
    return np.asarray(wanted)


def _met(labels: NDArray[np.integer], number: int, other: Mask) -> NDArray[np.bool_]:
    found = np.zeros(number + 1, bool)
    found[np.unique(labels[other])] = True
    found[0] = False
    return found
