"""Distances, borders and comparisons agree with brute force and with other people's implementations."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer
from scipy import ndimage

from terrascope.masks import Method, adjacency, compare, distance, polygonise
from terrascope.scene.types import Affine6, Grid
from tests.backend.masks.grids import bare, degrees, masks, utm

GRIDS = {
    "UTM": ("EPSG:32633", Affine6(10, 0, 5e5, 0, -10, 5e6)),
    "oblong pixels": ("EPSG:32633", Affine6(30, 0, 5e5, 0, -7, 5e6)),
    "very flat pixels": ("EPSG:32633", Affine6(90, 0, 5e5, 0, -3, 5e6)),
    "turned": ("EPSG:32633", Affine6(8, 6, 5e5, 6, -8, 5e6)),
    "sheared": ("EPSG:32633", Affine6(10, 7, 5e5, 0, -10, 5e6)),
    "no CRS": (None, Affine6(1, 0, 0, 0, 1, 0)),
    "degrees": ("EPSG:4326", Affine6(0.001, 0, 15, 0, -0.001, 47)),
    "degrees, far north": ("EPSG:4326", Affine6(0.5, 0, 15, 0, -0.5, 80)),
    "degrees, over the pole": ("EPSG:4326", Affine6(20, 0, -180, 0, -1, 90)),
    "Web Mercator": ("EPSG:3857", Affine6(500, 0, 1.1e6, 0, -500, 8e6)),
    "polar": ("EPSG:3413", Affine6(25000, 0, -150000, 0, -25000, 150000)),
}


def brute_force(a: np.ndarray, b: np.ndarray, grid: Grid) -> float:
    pairs = list(itertools.product(np.argwhere(a), np.argwhere(b)))
    one, two = (np.array([p[k] for p in pairs]) + 0.5 for k in (0, 1))
    if grid.crs is None:
        return float(np.hypot(*(one - two).T).min())
    t = grid.transform
    xy = [(t.a * p[:, 1] + t.b * p[:, 0] + t.c, t.d * p[:, 1] + t.e * p[:, 0] + t.f) for p in (one, two)]
    crs = CRS(grid.crs)
    if grid.crs == "EPSG:32633":
        return float(np.hypot(xy[0][0] - xy[1][0], xy[0][1] - xy[1][1]).min())
    to_degrees = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    lonlat = [to_degrees.transform(*v) for v in xy]
    return float(np.min(Geod(ellps="WGS84").inv(*lonlat[0], *lonlat[1])[2]))


@pytest.mark.parametrize("name", GRIDS)
def test_distance_is_the_least_of_all_pairs(name: str) -> None:
    crs, transform = GRIDS[name]

    @settings(max_examples=40, deadline=None)
    @given(masks(2, 12))
    def check(pair: list[np.ndarray]) -> None:
        a, b = pair
        b = b & ~a
        assume(a.any() and b.any())
        grid = Grid(a.shape[1], a.shape[0], transform, crs)
        found = distance(a, b, grid, between="centres")
        length = found.distance_px if crs is None else found.distance_m
        assert length == pytest.approx(brute_force(a, b, grid), rel=2e-5)
        assert a[found.pixel_a] and b[found.pixel_b]
        assert (found.distance_m is None) == (crs is None)

    check()


@settings(max_examples=100, deadline=None)
@given(masks(2), st.floats(0.1, 60))
def test_distance_is_the_minimum_of_the_euclidean_transform(pair: list[np.ndarray], size: float) -> None:
    a, b = pair
    assume(a.any() and b.any())
    transform = ndimage.distance_transform_edt(~a, sampling=size)
    found = distance(a, b, utm(a.shape[1], a.shape[0], size), between="centres")
    assert found.distance_m == pytest.approx(transform[b].min(), rel=1e-9)


def test_distance_to_nothing_is_unknown() -> None:
    empty = np.zeros((4, 4), bool)
    found = distance(empty, ~empty, utm(4, 4))
    assert (found.distance_m, found.point_a, found.pixel_b) == (None, None, None)


def test_the_two_points_are_map_coordinates_of_the_pixel_centres() -> None:
    a, b = np.zeros((2, 10), bool), np.zeros((2, 10), bool)
    a[0, :2], b[0, 7:] = True, True
    found = distance(a, b, utm(10, 2), between="centres")
    assert (found.distance_m, found.distance_px, found.gap_px) == (60.0, 6.0, 5)
    assert (found.point_a, found.point_b) == ((500015.0, 4999995.0), (500075.0, 4999995.0))


def test_distance_is_measured_from_edge_to_edge() -> None:
    a, b = np.zeros((2, 10), bool), np.zeros((2, 10), bool)
    a[0, :2], b[0, 7:] = True, True
    found = distance(a, b, utm(10, 2))
    assert (found.distance_m, found.distance_px, found.gap_px) == (50.0, 5.0, 5)
    assert found.point_a is not None and found.point_b is not None
    assert (found.point_a[0], found.point_b[0]) == (500020.0, 500070.0)
    assert (found.pixel_a, found.pixel_b) == ((0, 1), (0, 7))


@pytest.mark.parametrize("at", [(0, 1), (1, 0), (1, 1)])
def test_masks_that_touch_are_no_distance_apart(at: tuple[int, int]) -> None:
    a, b = np.zeros((2, 2), bool), np.zeros((2, 2), bool)
    a[0, 0], b[at] = True, True
    assert (distance(a, b, utm(2, 2)).distance_m, distance(a, b, utm(2, 2)).gap_px) == (0.0, 0)


RECTANGULAR = {name: GRIDS[name] for name in ("UTM", "oblong pixels", "very flat pixels", "turned", "no CRS")}


@pytest.mark.parametrize("name", RECTANGULAR)
def test_distance_between_edges_is_that_of_the_polygons(name: str) -> None:
    crs, transform = RECTANGULAR[name]

    @settings(max_examples=40, deadline=None)
    @given(masks(2, 12))
    def check(pair: list[np.ndarray]) -> None:
        a, b = pair
        assume(a.any() and b.any())
        grid = Grid(a.shape[1], a.shape[0], transform, crs)
        found = distance(a, b, grid)
        one, two = (shapely.union_all(polygonise(mask, grid)) for mask in (a, b))
        length = found.distance_px if crs is None else found.distance_m
        assert length == pytest.approx(one.distance(two), rel=1e-9, abs=1e-9)
        assert a[found.pixel_a] and b[found.pixel_b]
        assert (length == 0) == adjacency(a, b, grid).touches

    check()


def test_distance_goes_the_short_way_over_the_antimeridian() -> None:
    grid = Grid(360, 10, Affine6(1, 0, -180, 0, -1, 5), "EPSG:4326")
    a, b = np.zeros((10, 360), bool), np.zeros((10, 360), bool)
    a[5, 0], b[5, 358] = True, True
    found = distance(a, b, grid)
    assert found.method is Method.GEODESIC
    assert found.distance_m == pytest.approx(111_319.49, rel=1e-3)
    assert distance(a, b, grid, between="centres").distance_m == pytest.approx(2 * 111_319.49, rel=1e-3)


@settings(max_examples=200, deadline=None)
@given(masks(2))
def test_adjacency_follows_both_rules(pair: list[np.ndarray]) -> None:
    a, b = pair
    found = adjacency(a, b, utm(a.shape[1], a.shape[0]))
    cross = ndimage.generate_binary_structure(2, 1)
    assert found.touches == bool((ndimage.binary_dilation(a, np.ones((3, 3))) & b).any())
    assert found.borders == bool((ndimage.binary_dilation(a, cross) & b).any())
    assert found.overlap_px == int((a & b).sum())
    only_a, only_b = a & ~b, b & ~a
    sides = sum(
        int(only_b[r + dr, c + dc])
        for r, c in np.argwhere(only_a)
        for dr, dc in ((0, 1), (0, -1), (1, 0), (-1, 0))
        if 0 <= r + dr < a.shape[0] and 0 <= c + dc < a.shape[1]
    )
    assert found.border_px == sides
    assert found.border_m == pytest.approx(10.0 * sides)
    assert adjacency(b, a, utm(a.shape[1], a.shape[0])) == found


def test_a_corner_touches_but_is_no_border() -> None:
    a = np.eye(2, dtype=bool)
    found = adjacency(a, ~a & np.array([[False, True], [False, False]]), bare(2, 2))
    assert found.borders
    one, two = np.zeros((2, 2), bool), np.zeros((2, 2), bool)
    one[0, 0], two[1, 1] = True, True
    found = adjacency(one, two, bare(2, 2))
    assert (found.touches, found.borders, found.border_px, found.border_m) == (True, False, 0, None)


@settings(max_examples=100, deadline=None)
@given(masks(2))
def test_comparison_counts_overlap_and_sizes(pair: list[np.ndarray]) -> None:
    a, b = pair
    found = compare(a, b, degrees(a.shape[1], a.shape[0]))
    union = int((a | b).sum())
    assert found.iou == pytest.approx((a & b).sum() / union if union else 1.0)
    assert compare(a, b).larger == ("equal" if a.sum() == b.sum() else "a" if a.sum() > b.sum() else "b")
    assert 0.0 <= found.difference <= 1.0


@pytest.mark.parametrize("crs", ["EPSG:32633", "EPSG:4326"])
@pytest.mark.parametrize("kind", ["smooth", "noisy", "apart"])
def test_distance_on_a_megapixel_is_quick(crs: str, kind: str) -> None:
    rng = np.random.default_rng(0)
    field = (
        ndimage.gaussian_filter(rng.normal(size=(1024, 1024)), 8) if kind == "smooth" else rng.normal(size=(1024, 1024))
    )
    a, b = field > 0.0, field < -0.03
    if kind == "apart":
        a[:, 400:] = False
        b[:, :700] = False
    grid = utm(1024, 1024) if crs == "EPSG:32633" else degrees(1024, 1024, 1e-4)
    times = []
    for _ in range(4):
        start = time.process_time()
        distance(a, b, grid)
        times.append(time.process_time() - start)
    assert min(times) < 0.15
