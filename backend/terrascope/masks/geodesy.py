"""A grid on the ground: true cell areas, edge lengths, directions and positions for any CRS and any geotransform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from terrascope.masks import fields
from terrascope.masks.ellipsoid import Ellipsoid
from terrascope.masks.errors import MaskError
from terrascope.masks.fields import Constant, Direct, Floats, Quantity, Rowwise, Smooth
from terrascope.masks.types import Method, Point
from terrascope.scene.types import Grid

#: Largest relative error of planar areas that is accepted before areas are computed on the ellipsoid.
EQUAL_AREA_TOLERANCE = 1e-3
#: Largest relative error of planar lengths that is accepted (equal-area maps may stretch one way and press the other).
LENGTH_TOLERANCE = 5e-3

Number = TypeVar("Number", float, Floats)

_PROBE_M = 30.0  # side of the patch whose planar and true areas are compared; smaller cells are enlarged to it
_WGS84 = Ellipsoid(6378137.0, 0.0066943799901413165, "WGS 84")


@dataclass(frozen=True)
class Ground:
    """Measures of one grid.

    Attributes
    ----------
    method, note
        How areas come about, and a sentence that says why.
    area, width, height
        Square metres of a cell; metres of a cell's side along a row and along a column. Pixels without a CRS.
    """

    grid: Grid
    method: Method
    note: str
    area: Quantity
    width: Quantity
    height: Quantity
    unit_m: float | None
    frame: Frame | None

    @property
    def has_metres(self) -> bool:
        """True where lengths are in metres."""
        return self.method is not Method.NONE

    def point(self, row: float, col: float) -> Point:
        """Map coordinates of a pixel position (0.5, 0.5 is the centre of the first pixel)."""
        return _map_xy(self.grid, row, col)

    def lonlat(self, row: float, col: float) -> Point | None:
        """Degrees on the datum of the CRS; None where there is no CRS tied to the Earth or the position is off it."""
        if self.frame is None:
            return None
        lon, lat = self.frame.radians(np.array([row], np.float64), np.array([col], np.float64))
        if not (np.isfinite(lon[0]) and np.isfinite(lat[0])):
            return None
        return (float(np.degrees(lon[0])) + 180.0) % 360.0 - 180.0, float(np.degrees(lat[0]))

    def positions(self, rows: Floats, cols: Floats) -> Floats:
        """Coordinates whose Euclidean distance is the one to use, float64 [n, 2] planar or [n, 3] Earth-centred."""
        if self.method is Method.GEODESIC and self.frame is not None:
            lon, lat = self.frame.radians(rows, cols)
            return self.frame.ellipsoid.cartesian(lon, lat)
        if self.method is Method.NONE:
            return np.column_stack([cols, rows])
        t, unit = self.grid.transform, self.unit_m or 1.0
        return np.column_stack([(t.a * cols + t.b * rows) * unit, (t.d * cols + t.e * rows) * unit])

    def directions(self) -> NDArray[np.float64] | None:
        """Unit (east, north) vectors of the image's right and down at its centre, float64 [2, 2].

        None where there is no CRS that is tied to the Earth. Grid convergence, rotation and flips are all in them.
        """
        if self.frame is None:
            return None
        row, col = self.grid.height / 2, self.grid.width / 2
        rows, cols = np.array([row, row, row + 0.01]), np.array([col, col + 0.01, col])
        lon, lat = self.frame.radians(rows, cols)
        if not (np.all(np.isfinite(lon)) and np.all(np.isfinite(lat))):
            return None
        p = self.frame.ellipsoid.cartesian(lon, lat)
        sl, cl, sp, cp = np.sin(lon[0]), np.cos(lon[0]), np.sin(lat[0]), np.cos(lat[0])
        axes = np.array([[-sl, cl, 0.0], [-sp * cl, -sp * sl, cp]])
        vectors = (p[1:] - p[0]) @ axes.T
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / length if np.all(length > 0) else None


@dataclass(frozen=True)
class Frame:
    """How pixel positions become geodetic coordinates on the CRS's own datum (no datum shift)."""

    grid: Grid
    ellipsoid: Ellipsoid
    degrees_unit: float | None  #: radians for each map unit of a geographic CRS, None for others
    meridian: float  #: radians from Greenwich to the zero of a geographic CRS
    transformer: Transformer | None

    def radians(self, rows: Floats, cols: Floats) -> tuple[Floats, Floats]:
        """Longitude and latitude in radians of pixel positions; nan where the position is off the Earth."""
        x, y = _map_xy(self.grid, rows, cols)
        if self.degrees_unit is not None:
            return x * self.degrees_unit + self.meridian, np.clip(y * self.degrees_unit, -np.pi / 2, np.pi / 2)
        assert self.transformer is not None  # nosec B101
        lon, lat = (np.radians(value) for value in self.transformer.transform(x, y))
        off = ~(np.isfinite(lon) & np.isfinite(lat))
        return np.where(off, np.nan, lon), np.where(off, np.nan, lat)

    def edge(self, rows: Floats, cols: Floats, down: float, right: float) -> Floats:
        """Metres of a step of one cell (down, right) about the positions, measured in four chords."""
        total = np.zeros(np.broadcast(rows, cols).shape)
        marks = np.linspace(-0.5, 0.5, 5)
        before: Floats | None = None
        for mark in marks:
            here = self.ellipsoid.cartesian(*self.radians(rows + mark * down, cols + mark * right))
            if before is not None:
                total += np.linalg.norm(here - before, axis=-1)
            before = here
        return total

    def cell_area(self, rows: Floats, cols: Floats, scale: float = 1.0) -> Floats:
        """Square metres of a cell whose middle is at the positions, measured on a patch of `scale` cells a side.

        The patch is a fan of eight triangles in space; its error grows with the square of the patch and is below 1e-4
        for patches of one degree. No pole and no antimeridian can disturb it.
        """
        half = 0.5 * scale
        ring = [(-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)]
        middle = self.ellipsoid.cartesian(*self.radians(rows, cols))
        spokes = [self.ellipsoid.cartesian(*self.radians(rows + half * r, cols + half * c)) - middle for r, c in ring]
        area = np.zeros(middle.shape[:-1])
        for one, two in zip(spokes, spokes[1:] + spokes[:1]):
            area += np.linalg.norm(np.cross(one, two), axis=-1)
        return area * (0.5 / (scale * scale))

    def parallels(self) -> Callable[[Floats], Floats] | None:
        """Latitude in radians of a row position, if rows are parallels and columns evenly spaced meridians."""
        t, unit = self.grid.transform, self.degrees_unit
        if t.b != 0.0 or t.d != 0.0:
            return None
        if unit is not None:
            return lambda rows: np.clip((t.e * rows + t.f) * unit, -np.pi / 2, np.pi / 2)
        rows, cols = np.meshgrid(np.linspace(0, self.grid.height, 4), np.linspace(0, self.grid.width, 5), indexing="ij")
        lon, lat = self.radians(rows, cols)
        if not (np.all(np.isfinite(lon)) and np.all(np.isfinite(lat))):
            return None
        steps = np.diff(lon, axis=1)
        if max(np.ptp(lat, axis=1).max(), np.ptp(lon, axis=0).max(), np.ptp(steps)) > 1e-10:
            return None
        return lambda rows: self.radians(rows, np.full_like(rows, self.grid.width / 2))[1]

    def meridian_step(self) -> float:
        """Radians of longitude from one column to the next; only where `parallels` is not None."""
        if self.degrees_unit is not None:
            return abs(self.grid.transform.a) * self.degrees_unit
        lon, _ = self.radians(np.zeros(2), np.array([0.0, float(self.grid.width)]))
        return abs(float(lon[1] - lon[0])) / self.grid.width


@lru_cache(maxsize=32)
def ground(grid: Grid) -> Ground:
    """Work out how a grid lies on the ground; cached, since a scene has one grid.

    Raises
    ------
    MaskError
        If the CRS cannot be read, or the geotransform is singular.
    """
    t = grid.transform
    determinant = abs(t.a * t.e - t.b * t.d)
    if not np.isfinite(determinant) or determinant == 0.0:
        raise MaskError(f"The geotransform {tuple(t)} gives pixels without an area.", "Georeference the layer again.")
    if grid.crs is None or not grid.crs.strip():
        return _without_crs(grid, "There is no CRS: sizes are given in pixels and shares only.")
    crs = _parse(grid.crs)
    if crs.is_geocentric or crs.is_vertical or not crs.axis_info:
        return _without_crs(grid, f"The CRS {crs.name!r} has no map plane: sizes are given in pixels and shares only.")
    if crs.is_geographic and not _is_derived(crs):
        unit = crs.axis_info[0].unit_conversion_factor
        zero = crs.prime_meridian
        meridian = zero.longitude * zero.unit_conversion_factor if zero is not None else 0.0
        return _geodesic(Frame(grid, _ellipsoid(crs), unit, meridian, None), f"{crs.name!r} is geographic", None)
    unit = 1.0 if crs.is_geographic else float(crs.axis_info[0].unit_conversion_factor)
    frame = _frame(grid, crs)
    planar = _planar(grid, crs, unit, frame)
    if frame is None or crs.is_geographic:
        return planar if frame is None else _geodesic(frame, f"{crs.name!r} is geographic", None)
    low, high = _area_scale(frame, determinant * unit * unit)
    if max(abs(low - 1.0), abs(high - 1.0)) > EQUAL_AREA_TOLERANCE:
        return _geodesic(frame, f"{crs.name!r} shows areas at {low:.4g} to {high:.4g} times their size here", unit)
    low, high = _length_scale(frame, unit)
    if max(abs(low - 1.0), abs(high - 1.0)) > LENGTH_TOLERANCE:
        return _geodesic(frame, f"{crs.name!r} shows lengths at {low:.4g} to {high:.4g} times their size here", unit)
    return planar


def _parse(text: str) -> CRS:
    try:
        crs = CRS.from_user_input(text)
    except CRSError as error:
        raise MaskError(f"The CRS {text[:80]!r} cannot be read.", "Set the layer's CRS and try again.") from error
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    if crs.is_compound and crs.sub_crs_list:
        crs = crs.sub_crs_list[0]
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    return crs


def _is_derived(crs: CRS) -> bool:
    return bool(getattr(crs, "is_derived", False))


def _ellipsoid(crs: CRS) -> Ellipsoid:
    shape = crs.ellipsoid
    if shape is None:
        return _WGS84
    flattening = 1.0 / shape.inverse_flattening if shape.inverse_flattening else 0.0
    return Ellipsoid(shape.semi_major_metre, flattening * (2.0 - flattening), shape.name)


def _frame(grid: Grid, crs: CRS) -> Frame | None:
    if crs.geodetic_crs is None:
        return None  # an engineering CRS: a plane with units, tied to nothing
    # To degrees on the same ellipsoid: no datum shift, no other prime meridian, no grads, and derived CRSs undone.
    shape = _ellipsoid(crs)
    degrees = CRS.from_dict({"proj": "longlat", "a": shape.a, "b": shape.a * float(np.sqrt(1.0 - shape.e2))})
    try:
        transformer = Transformer.from_crs(crs, degrees, always_xy=True)
    except ProjError as error:
        raise MaskError(f"PROJ cannot turn {crs.name!r} into coordinates on its datum: {error}") from error
    return Frame(grid, shape, None, 0.0, transformer)


def _without_crs(grid: Grid, note: str) -> Ground:
    one = Constant(1.0)
    return Ground(grid, Method.NONE, note, one, one, one, None, None)


def _planar(grid: Grid, crs: CRS, unit: float, frame: Frame | None) -> Ground:
    t = grid.transform
    name = crs.axis_info[0].unit_name
    return Ground(
        grid,
        Method.PROJECTED,
        f"In the plane of {crs.name!r} ({name}).",
        Constant(abs(t.a * t.e - t.b * t.d) * unit * unit),
        Constant(float(np.hypot(t.a, t.d)) * unit),
        Constant(float(np.hypot(t.b, t.e)) * unit),
        unit,
        frame,
    )


def _geodesic(frame: Frame, reason: str, unit: float | None) -> Ground:
    grid, shape = frame.grid, frame.ellipsoid
    latitude = frame.parallels()
    area: Quantity
    width: Quantity
    height: Quantity
    if latitude is not None:
        step = frame.meridian_step()
        area = Rowwise(lambda rows: shape.zone(latitude(rows - 0.5), latitude(rows + 0.5)) * step)
        width = Rowwise(lambda rows: shape.parallel(latitude(rows)) * step)
        height = Rowwise(
            lambda rows: shape.meridian(latitude(rows)) * np.abs(latitude(rows + 0.5) - latitude(rows - 0.5))
        )
    else:
        scale = _patch(frame)
        area = _fit(grid, lambda rows, cols: frame.cell_area(rows, cols, scale))
        width = _fit(grid, lambda rows, cols: frame.edge(rows, cols, 0.0, 1.0))
        height = _fit(grid, lambda rows, cols: frame.edge(rows, cols, 1.0, 0.0))
    note = f"On the ellipsoid {shape.name}: {reason}."
    return Ground(grid, Method.GEODESIC, note, area, width, height, unit, frame)


def _fit(grid: Grid, function: fields.CellFunction) -> Smooth | Direct:
    return fields.fit(function, grid.height, grid.width)


def _patch(frame: Frame) -> float:
    """Cells a side of a patch that is large enough to be measured precisely."""
    middle = np.array([frame.grid.height / 2]), np.array([frame.grid.width / 2])
    side = float(np.sqrt(frame.cell_area(*middle)[0]))
    return max(1.0, _PROBE_M / side) if np.isfinite(side) and side > 0 else 1.0


def _area_scale(frame: Frame, planar: float) -> tuple[float, float]:
    """Least and largest ratio of planar to true area over the grid (inf where a part of it is off the Earth)."""
    rows, cols = np.meshgrid(np.linspace(0, frame.grid.height, 5), np.linspace(0, frame.grid.width, 5), indexing="ij")
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = planar / frame.cell_area(rows, cols, _patch(frame))
    return _ends(ratio)


def _length_scale(frame: Frame, unit: float) -> tuple[float, float]:
    """Least and largest ratio of planar to true length over the grid, along rows, columns and both diagonals."""
    rows, cols = np.meshgrid(np.linspace(0, frame.grid.height, 5), np.linspace(0, frame.grid.width, 5), indexing="ij")
    t, scale = frame.grid.transform, _patch(frame)
    ratios = []
    for down, right in ((0.0, scale), (scale, 0.0), (scale, scale), (scale, -scale)):
        planar = np.hypot(t.a * right + t.b * down, t.d * right + t.e * down) * unit
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios.append(planar / frame.edge(rows, cols, down, right))
    return _ends(np.stack(ratios))


def _ends(ratio: Floats) -> tuple[float, float]:
    finite = ratio[np.isfinite(ratio)]
    if finite.size == 0:
        return np.inf, np.inf
    return float(finite.min()), float(finite.max()) if finite.size == ratio.size else np.inf


def _map_xy(grid: Grid, rows: Number, cols: Number) -> tuple[Number, Number]:
    t = grid.transform
    return t.a * cols + t.b * rows + t.c, t.d * cols + t.e * rows + t.f
