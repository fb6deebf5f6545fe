"""The parts of a mask as polygons: what one row of the table `masks` holds."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon

from terrascope.scene.types import Affine6, Grid


class Part(NamedTuple):
    """One 8-connected part: exact pixel outlines with holes, its area (None without a CRS) and its pixel count."""

    geometry: MultiPolygon
    area_m2: float | None
    pixels: int


def drawing_transform(grid: Grid) -> Affine6:
    """Return the transform that puts pixels where a GIS draws them.

    A raster without any georeference is drawn by GDAL and QGIS with y upwards, from 0 at the top edge to -height: the
    identity of rasterio is turned round, so that masks lie on their picture.
    """
    if grid.crs is None and tuple(grid.transform) == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0):
        return Affine6(1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
    return grid.transform


def parts_of(mask: NDArray[np.bool_], grid: Grid, area_m2: float | None) -> list[Part]:
    """Return the parts of a mask, the largest first.

    Parameters
    ----------
    mask
        bool [H, W] on `grid`.
    area_m2
        Measured area of the whole mask. It is shared out over the parts by true pixel areas, so that the parts add up
        to the measurement; None where there is no CRS.
    """
    return list(stream_parts(mask, grid, area_m2))


def stream_parts(mask: NDArray[np.bool_], grid: Grid, area_m2: float | None) -> Iterator[Part]:
    """Yield the same parts, so that memory need not hold the polygons of all parts of a large mask."""
    if is_streamed(mask):
        yield from _streamed(mask, grid, area_m2)
    elif mask.any():
        yield from _at_once(mask, grid, area_m2)


def is_streamed(mask: NDArray[np.bool_]) -> bool:
    """Say whether a mask is so large that its parts are made one after the other."""
    from terrascope.masks.polygons import AT_ONCE

    return mask.size > AT_ONCE


def _at_once(mask: NDArray[np.bool_], grid: Grid, area_m2: float | None) -> Iterator[Part]:
    from terrascope.masks.polygons import joined_at_corners, outlined

    numbered, polygons = outlined(np.asarray(mask, bool), replace(grid, transform=drawing_transform(grid)))
    group = joined_at_corners(numbered)
    order = np.argsort(group, kind="stable")
    geometries = shapely.multipolygons(polygons[order], indices=group[order])
    pixels = np.asarray(np.bincount(group, weights=np.bincount(numbered.ravel())[1:]), np.int64)
    areas = _areas(numbered, group, pixels, grid, area_m2)
    largest = np.argsort(-pixels, kind="stable")
    yield from _as_parts(geometries[largest], pixels[largest], None if areas is None else areas[largest])


def _streamed(mask: NDArray[np.bool_], grid: Grid, area_m2: float | None) -> Iterator[Part]:
    from terrascope.masks import ground
    from terrascope.masks.fields import Constant
    from terrascope.masks.polygons import polygons_of
    from terrascope.masks.stitching import outlines

    cell = None if area_m2 is None else ground(grid).area
    found = outlines(mask, None if cell is None or isinstance(cell, Constant) else cell.at)
    pixels = np.bincount(found.part, weights=found.pixels).astype(np.int64)
    rank = np.empty(pixels.size, np.int64)
    rank[np.argsort(-pixels, kind="stable")] = np.arange(pixels.size)
    pixels = np.sort(pixels)[::-1]
    areas: NDArray[np.float64] | None = None
    if area_m2 is not None:
        weights = found.pixels if found.weights is None else found.weights
        areas = _shared_out(np.bincount(rank[found.part], weights).astype(np.float64), area_m2)
    of_region = rank[found.part]
    regions = np.argsort(of_region, kind="stable")
    waiting: list[tuple[NDArray[np.int64], NDArray[np.object_]]] = []
    done = 0
    for numbers, polygons in polygons_of(found.rings, regions, replace(grid, transform=drawing_transform(grid))):
        waiting.append((of_region[numbers], polygons))
        last = int(of_region[numbers[-1]])
        complete = pixels.size if numbers[-1] == regions[-1] else last  # the last part may go on
        if complete > done:
            part, polygon = (np.concatenate(each) for each in zip(*waiting))
            now = part < complete
            geometries = shapely.multipolygons(polygon[now], indices=part[now] - done)
            some = slice(done, complete)
            yield from _as_parts(geometries, pixels[some], None if areas is None else areas[some])
            waiting, done = [(part[~now], polygon[~now])], complete


def _as_parts(
    geometries: NDArray[np.object_], pixels: NDArray[np.int64], areas: NDArray[np.float64] | None
) -> Iterator[Part]:
    valid = shapely.is_valid(geometries)
    for number, geometry in enumerate(geometries):
        yield Part(
            geometry if valid[number] else _repaired(geometry),
            None if areas is None else float(areas[number]),
            int(pixels[number]),
        )


def _areas(
    numbered: NDArray[Any],
    group: NDArray[Any],
    pixels: NDArray[np.int64],
    grid: Grid,
    area_m2: float | None,
) -> NDArray[np.float64] | None:
    """The measured area, shared out over the groups by true pixel areas."""
    if area_m2 is None:
        return None
    from terrascope.masks import ground
    from terrascope.masks.fields import Constant

    cell = ground(grid).area
    sums = np.asarray(pixels, np.float64)
    if not isinstance(cell, Constant):
        rows, cols = np.nonzero(numbered)
        weights = cell.at(rows + 0.5, cols + 0.5)
        sums = np.asarray(np.bincount(group[numbered[rows, cols] - 1], weights=weights), np.float64)
    return _shared_out(sums, area_m2)


def _shared_out(weights: NDArray[np.float64], area_m2: float) -> NDArray[np.float64]:
    total = float(weights.sum())
    return weights * (area_m2 / total) if total > 0 else weights


def _repaired(geometry: MultiPolygon) -> MultiPolygon:
    parts = shapely.get_parts(shapely.make_valid(geometry))
    return MultiPolygon([each for each in parts if each.geom_type == "Polygon"])


def geometry_blobs(geometries: Sequence[MultiPolygon], bounds: NDArray[np.float64], srs_id: int) -> Iterator[bytes]:
    """GeoPackage binary: header with an envelope (x, x, y, y), then WKB, all little-endian."""
    for (low_x, low_y, high_x, high_y), wkb in zip(bounds, shapely.to_wkb(geometries, byte_order=1)):
        yield struct.pack("<2sBBi4d", b"GP", 0, 0b00000011, srs_id, low_x, high_x, low_y, high_y) + wkb


def drawn_within(grid: Grid) -> float:
    """How far an outline for a first look may be from the true one, in map units: three quarters of a pixel."""
    transform = drawing_transform(grid)
    return float(0.75 * abs(transform.a * transform.e - transform.b * transform.d) ** 0.5)


class Outline:
    """What of a mask's parts is shown at once: their bounds, and as much of their outlines as fits into a message.

    Parameters
    ----------
    tolerance
        Largest distance, in map units, between the true outline and the simplified one.
    limit
        Characters of the outlines as text.
    """

    def __init__(self, tolerance: float, limit: int = 200_000) -> None:
        self.number = 0
        self._tolerance, self._limit = tolerance, limit
        self._shown: list[MultiPolygon] = []
        self._points = 0
        self._boxes: list[NDArray[np.float64]] = []

    def add(self, geometries: Sequence[MultiPolygon], bounds: NDArray[np.float64]) -> None:
        """Add the next parts, the largest first, and their bounds, float64 [n, 4]."""
        self.number += len(geometries)
        self._boxes.append(np.concatenate([bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)]))
        for geometry in geometries:
            if self._points * _POINT_CHARACTERS >= self._limit:
                break
            simple = shapely.simplify(geometry, self._tolerance)
            self._points += int(shapely.get_num_coordinates(simple))
            self._shown.append(simple)

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """Least and greatest x and y (x, y, x, y) of all parts; None without any."""
        if not self._boxes:
            return None
        boxes = np.stack(self._boxes)
        (low_x, low_y), (high_x, high_y) = boxes[:, :2].min(axis=0).tolist(), boxes[:, 2:].max(axis=0).tolist()
        return low_x, low_y, high_x, high_y

    def wkt(self) -> str | None:
        """Return the outlines as one WKT MultiPolygon: coarser, and without the smallest parts, where they would be
        longer than the limit; None without any."""
        tolerance = self._tolerance
        polygons = shapely.get_parts(self._shown) if self._shown else np.zeros(0, object)
        for _ in range(_COARSER):
            polygons = polygons[~shapely.is_empty(polygons)]
            polygons = polygons[shapely.get_type_id(polygons) == shapely.GeometryType.POLYGON]
            points = int(shapely.get_num_coordinates(polygons).sum()) if polygons.size else 0
            if points * _POINT_CHARACTERS <= 2 * self._limit:
                break
            tolerance *= 2
            polygons = shapely.simplify(polygons, tolerance)
        while polygons.size:
            text = str(shapely.to_wkt(shapely.multipolygons(polygons), rounding_precision=6))
            if len(text) <= self._limit:
                return text
            polygons = polygons[: int(polygons.size * 0.8 * self._limit / len(text))]  # the largest parts come first
        return None


#: Characters that a point takes in WKT, about; and how often a tolerance is doubled.
_POINT_CHARACTERS, _COARSER = 30, 8
