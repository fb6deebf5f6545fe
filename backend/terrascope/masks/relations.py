"""Two masks of one grid: distance, adjacency, comparison."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from terrascope import large
from terrascope.masks import regions
from terrascope.masks.geodesy import Ground, ground
from terrascope.masks.nearest import nearest_pair
from terrascope.masks.types import Adjacency, Comparison, Distance, Mask, Method, PixelPoint
from terrascope.scene.types import Grid


def distance(
    a: NDArray[np.generic], b: NDArray[np.generic], grid: Grid, *, between: Literal["edges", "centres"] = "edges"
) -> Distance:
    """Least distance of two masks, and where they are nearest to each other.

    Parameters
    ----------
    between
        "edges": from pixel edge to pixel edge, as a ruler on the map would have it; 0 where the masks touch, be it by a
        corner. The least distance of two sets of rectangular pixels is that of two of their corners. "centres": from
        pixel centre to pixel centre, the minimum of the Euclidean distance transform of one mask inside the other, as
        the paper's benchmark defines it; 0 where the masks overlap, one pixel where they touch.

    Notes
    -----
    In the plane of the CRS where its areas hold, else along the ellipsoid.
    """
    one, two = regions.as_mask(a, grid, "first mask"), regions.as_mask(b, grid, "second mask")
    place = ground(grid)
    if not one.any() or not two.any():
        return Distance(None, None, None, place.method, None, None, None, None, between)
    if between == "centres":
        return _least(place, one, two, between)
    t = grid.transform
    shifted = t._replace(c=t.c - (t.a + t.b) / 2, f=t.f - (t.d + t.e) / 2)
    corners = ground(Grid(grid.width + 1, grid.height + 1, shifted, grid.crs))
    found = _least(corners, regions.corners(one), regions.corners(two), between)
    assert found.pixel_a is not None  # nosec B101
    assert found.pixel_b is not None  # nosec B101
    return replace(found, pixel_a=_pixel_at(one, found.pixel_a), pixel_b=_pixel_at(two, found.pixel_b))


def _least(place: Ground, one: Mask, two: Mask, between: str) -> Distance:
    """Least distance between the centres of the cells of two masks that are not empty."""
    common = _first_common(one, two)
    if common is not None:
        row, col = common
        here, pixel = place.point(row + 0.5, col + 0.5), PixelPoint(row, col)
        return Distance(0.0 if place.has_metres else None, 0.0, 0, place.method, here, here, pixel, pixel, between)
    pixel_a, pixel_b = nearest_pair(place, one, two)
    rows, cols = abs(pixel_a.row - pixel_b.row), abs(pixel_a.col - pixel_b.col)
    return Distance(
        distance_m=_metres(place, pixel_a, pixel_b),
        distance_px=float(np.hypot(rows, cols)),
        gap_px=max(rows, cols) - (between == "centres"),
        method=place.method,
        point_a=place.point(pixel_a.row + 0.5, pixel_a.col + 0.5),
        point_b=place.point(pixel_b.row + 0.5, pixel_b.col + 0.5),
        pixel_a=pixel_a,
        pixel_b=pixel_b,
        between=between,
    )


def _first_common(one: Mask, two: Mask) -> tuple[int, int] | None:
    """Row and column of the first pixel that two masks have in common."""
    for rows in large.strips(one.shape):
        both = one[rows] & two[rows]
        large.release(one, two)
        if both.any():
            row, col = np.unravel_index(int(np.argmax(both)), both.shape)
            return rows.start + int(row), int(col)
    return None


def _pixel_at(mask: Mask, corner: PixelPoint) -> PixelPoint:
    """A pixel of a mask that has the corner."""
    top, left = max(corner.row - 1, 0), max(corner.col - 1, 0)
    rows, cols = np.nonzero(mask[top : corner.row + 1, left : corner.col + 1])
    return PixelPoint(top + int(rows[0]), left + int(cols[0]))


def adjacency(a: NDArray[np.generic], b: NDArray[np.generic], grid: Grid) -> Adjacency:
    """Whether two masks touch, by the paper's 3x3 rule and by the rule of common sides, and their common border."""
    one, two = regions.as_mask(a, grid, "first mask"), regions.as_mask(b, grid, "second mask")
    place = ground(grid)
    overlap, border, metres = 0, 0, 0.0
    for rows in regions.strips(one.shape):
        upper = max(0, rows.start - 1)
        first, second = one[upper : rows.stop], two[upper : rows.stop]
        both = first & second
        only_a, only_b = first > both, second > both
        own = slice(rows.start - upper, None)
        overlap += int(np.count_nonzero(both[own]))
        horizontal = (only_a[1:] & only_b[:-1]) | (only_a[:-1] & only_b[1:])
        only_a, only_b = only_a[own], only_b[own]
        vertical = np.zeros((rows.stop - rows.start, grid.width + 1), bool)
        vertical[:, 1:-1] = (only_a[:, 1:] & only_b[:, :-1]) | (only_a[:, :-1] & only_b[:, 1:])
        border += int(np.count_nonzero(horizontal)) + int(np.count_nonzero(vertical))
        if place.has_metres:
            metres += place.width.total(horizontal, float(upper + 1), 0.5)
            metres += place.height.total(vertical, rows.start + 0.5, 0.0)
        large.release(one, two)
    return Adjacency(
        touches=bool(overlap or border or regions.touching(one, two)),
        borders=bool(overlap or border),
        border_px=border,
        border_m=metres if place.has_metres else None,
        overlap_px=overlap,
    )


def compare(a: NDArray[np.generic], b: NDArray[np.generic], grid: Grid | None = None) -> Comparison:
    """Overlap and sizes of two masks; sizes are areas where the grid has a CRS, else pixels."""
    one, two = np.asarray(a, bool), np.asarray(b, bool)
    if grid is not None:
        one, two = regions.as_mask(one, grid, "first mask"), regions.as_mask(two, grid, "second mask")
    pixels_a, pixels_b = large.count(one), large.count(two)
    intersection = large.count(large.joined(np.logical_and, one, two))
    union = pixels_a + pixels_b - intersection
    size_a, size_b, metres = float(pixels_a), float(pixels_b), False
    if grid is not None and ground(grid).has_metres:
        area = ground(grid).area
        size_a, size_b, metres = regions.total(area, one), regions.total(area, two), True
    more, less = max(size_a, size_b), min(size_a, size_b)
    return Comparison(
        pixels_a=pixels_a,
        pixels_b=pixels_b,
        intersection=intersection,
        union=union,
        iou=intersection / union if union else 1.0,
        dice=2 * intersection / (pixels_a + pixels_b) if union else 1.0,
        larger="equal" if size_a == size_b else "a" if size_a > size_b else "b",
        ratio=more / less if less else None,
        difference=(more - less) / more if more else 0.0,
        difference_m2=size_a - size_b if metres else None,
    )


def _metres(place: Ground, one: PixelPoint, two: PixelPoint) -> float | None:
    if place.method is Method.NONE:
        return None
    frame = place.frame
    if place.method is Method.GEODESIC and frame is not None:
        lon, lat = frame.radians(np.array([one.row, two.row]) + 0.5, np.array([one.col, two.col]) + 0.5)
        geod = Geod(a=frame.ellipsoid.a, es=frame.ellipsoid.e2)
        if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
            return None
        return float(geod.inv(lon[0], lat[0], lon[1], lat[1], radians=True)[2])
    points = place.positions(np.array([one.row, two.row], np.float64), np.array([one.col, two.col], np.float64))
    return float(np.linalg.norm(points[0] - points[1]))
