"""Pixels that an outline cuts count by the part inside."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from terrascope.masks.coverage import coverage
from terrascope.scene.types import Affine6, Grid

GRID = Grid(20, 15, Affine6(10, 0, 1000, 0, -10, 2000), "EPSG:32633")
TURNED = Grid(20, 15, Affine6(8, 6, 1000, 6, -8, 2000), "EPSG:32633")


@pytest.mark.parametrize("grid", [GRID, TURNED])
def test_areas_are_those_of_the_polygons(grid: Grid) -> None:
    t = grid.transform
    x, y = t.a * 10 + t.b * 7 + t.c, t.d * 10 + t.e * 7 + t.f
    shapes = [
        shapely.Point(x, y).buffer(33),
        shapely.Point(x, y).buffer(3),
        shapely.box(x - 41, y - 12.5, x + 17, y + 30),
        shapely.Point(x, y).buffer(40).difference(shapely.Point(x, y).buffer(17)),
        shapely.MultiPolygon([shapely.box(x - 30, y - 30, x - 25, y), shapely.box(x, y, x + 1, y + 1)]),
    ]
    for shape in shapes:
        found = coverage(shape, grid)
        assert found.dtype == np.float32 and 0 <= found.min() and found.max() <= 1
        assert float(found.sum(dtype=np.float64)) * 100 == pytest.approx(shape.area, rel=1e-5)


def test_neighbours_share_their_border_out() -> None:
    whole = shapely.box(1013, 1877, 1171, 1964)
    left, right = (part for part in shapely.ops.split(whole, shapely.LineString([(1101, 1800), (1077, 2000)])).geoms)
    np.testing.assert_allclose(coverage(left, GRID) + coverage(right, GRID), coverage(whole, GRID), atol=1e-6)


def test_nothing_inside_is_nothing() -> None:
    assert not coverage(shapely.Polygon(), GRID).any()
    assert not coverage(shapely.box(0, 0, 10, 10), GRID).any()
