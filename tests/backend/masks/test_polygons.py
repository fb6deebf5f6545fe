"""Outlines are exact, valid, and share their borders; GDAL draws the same ones."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio import features
from scipy import ndimage

from terrascope.masks import MaskError, measure, polygonise, polygonise_labels
from terrascope.masks.polygons import polygons_of
from terrascope.masks.stitching import outlines
from terrascope.scene.types import Affine6, Grid
from tests.backend.masks.grids import bare, degrees, masks, utm


def gdal_polygons(image: np.ndarray) -> list[shapely.Polygon]:
    shapes = features.shapes(image.astype(np.int32), mask=image != 0, connectivity=4)
    return [shapely.geometry.shape(shape) for shape, _ in shapes]


@settings(max_examples=150, deadline=None)
@given(masks(2))
def test_outlines_are_valid_exact_and_those_of_gdal(pair: list[np.ndarray]) -> None:
    image = pair[0].astype(np.int32) * (1 + pair[1].astype(np.int32))
    height, width = image.shape
    parts = polygonise_labels(image, bare(width, height))
    polygons = [part.polygon for part in parts]
    assert all(p.is_valid for p in polygons)
    assert [p.area for p in polygons] == [part.pixels for part in parts]
    assert len(polygons) == len(gdal_polygons(image))
    for label in (1, 2):
        ours = shapely.union_all([part.polygon for part in parts if part.label == label])
        gdal = shapely.union_all([shapely.make_valid(p) for p in gdal_polygons(image * (image == label))])
        assert shapely.symmetric_difference(ours, gdal).area == 0.0
    if parts:
        assert shapely.coverage_is_valid(polygons)
        back = features.rasterize([(part.polygon, part.label) for part in parts], out_shape=image.shape)
        assert np.array_equal(back, image)


@settings(max_examples=80, deadline=None)
@given(masks(2), st.floats(0.1, 4.0))
def test_simplified_outlines_stay_valid_and_leave_no_gaps(pair: list[np.ndarray], tolerance: float) -> None:
    image = 1 + pair[0].astype(np.int32) + 2 * pair[1].astype(np.int32)  # every pixel has a class
    height, width = image.shape
    polygons = [part.polygon for part in polygonise_labels(image, bare(width, height), simplify=tolerance)]
    assert all(p.is_valid for p in polygons)
    assert shapely.coverage_is_valid(polygons)
    union = shapely.union_all(polygons)
    assert sum(p.area for p in polygons) == pytest.approx(union.area)  # no overlaps
    assert not shapely.get_num_interior_rings(union).any() if union.geom_type == "Polygon" else True  # no gaps


def test_simplifying_removes_points_but_keeps_size_and_holes() -> None:
    rows, cols = np.mgrid[:200, :200]
    radius = np.hypot(rows - 100, cols - 100)
    ring = (radius < 80) & (radius > 40)
    (exact,) = polygonise(ring, utm(200, 200))
    (simple,) = polygonise(ring, utm(200, 200), simplify=2.0)
    assert len(exact.interiors) == len(simple.interiors) == 1
    assert shapely.get_num_coordinates(simple) < shapely.get_num_coordinates(exact) / 4
    assert simple.area == pytest.approx(exact.area, rel=0.02)


def test_pixels_that_meet_at_a_corner_are_two_polygons() -> None:
    assert len(polygonise(np.eye(2, dtype=bool), bare(2, 2))) == 2


def test_a_loop_that_closes_at_a_corner_keeps_its_hole() -> None:
    mask = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 0]], bool)
    (polygon,) = polygonise(mask, bare(3, 3))
    assert polygon.is_valid
    assert (polygon.area, len(polygon.interiors)) == (7.0, 1)


@pytest.mark.parametrize(
    "grid",
    [
        utm(40, 30),
        degrees(40, 30),
        Grid(40, 30, Affine6(7, 3, 5e5, 3, -7, 5e6), "EPSG:32633"),
        Grid(40, 30, Affine6(10, 0, 5e5, 0, 10, 5e6), "EPSG:32633"),
        Grid(40, 30, Affine6(1e-7, 0, 179.9999, 0, -1e-7, 89.9999), "EPSG:4326"),
        Grid(40, 30, Affine6(1e-9, 0, 4e5, 0, -1e-9, 5e6), "EPSG:32633"),  # pixels near the limit of float64
    ],
)
def test_polygons_lie_where_the_grid_lies(grid: Grid) -> None:
    mask = np.random.default_rng(0).random((30, 40)) < 0.5
    polygons = polygonise(mask, grid)
    assert all(p.is_valid for p in polygons)
    assert all(p.exterior.is_ccw for p in polygons)
    found = measure(mask, np.ones_like(mask), grid)
    assert shapely.total_bounds(np.array(polygons)) == pytest.approx(found.bbox, abs=2e-9)
    if grid.transform.a > 1e-6:
        pixel = abs(grid.transform.a * grid.transform.e - grid.transform.b * grid.transform.d)
        assert sum(p.area for p in polygons) == pytest.approx(found.pixels * pixel, rel=1e-6)


def test_perimeter_of_the_measurement_is_that_of_the_polygons() -> None:
    mask = ndimage.gaussian_filter(np.random.default_rng(1).normal(size=(60, 80)), 3) > 0
    polygons = polygonise(mask, utm(80, 60))
    found = measure(mask, np.ones_like(mask), utm(80, 60))
    assert found.perimeter_m == pytest.approx(sum(p.length for p in polygons))
    assert found.area_m2 == pytest.approx(sum(p.area for p in polygons))


def test_tiny_parts_are_left_out_by_choice() -> None:
    mask = np.zeros((10, 10), bool)
    mask[0, 0] = mask[2:6, 2:6] = True
    assert len(polygonise(mask, bare(10, 10))) == 2
    (polygon,) = polygonise(mask, bare(10, 10), min_pixels=2)
    assert polygon.area == 16


def test_an_empty_mask_has_no_polygons() -> None:
    assert polygonise(np.zeros((5, 5), bool), bare(5, 5)) == []


def test_a_negative_tolerance_is_refused() -> None:
    with pytest.raises(MaskError, match="-1"):
        polygonise(np.ones((5, 5), bool), bare(5, 5), simplify=-1.0)


@settings(max_examples=300, deadline=None)
@given(masks(1, 14), st.integers(1, 60), st.integers(1, 100))
def test_outlines_stitched_from_strips_are_the_same(drawn: list[np.ndarray], strip: int, chunk: int) -> None:
    mask = drawn[0]
    grid = Grid(mask.shape[1], mask.shape[0], Affine6(1, 0, 0, 0, 1, 0), None)
    whole = polygonise(mask, grid)
    found = outlines(mask, lambda rows, cols: rows * 100 + cols, strip)
    wanted = np.argsort(-found.pixels, kind="stable")
    pieces = list(polygons_of(found.rings, wanted, grid, points=chunk))
    regions = [int(region) for numbers, _ in pieces for region in numbers]
    polygons = [polygon for _, some in pieces for polygon in some]
    assert regions == wanted.tolist()
    assert all(each.is_valid and each.geom_type == "Polygon" for each in polygons)
    plain = {shapely.normalize(each).wkt for each in polygons}
    assert plain == {shapely.normalize(each).wkt for each in whole}
    for region, polygon in zip(regions, polygons, strict=True):
        inside = rasterised(polygon, mask.shape)
        assert inside.sum() == found.pixels[region] == polygon.area
        rows, cols = np.nonzero(inside)
        assert found.weights is not None
        assert found.weights[region] == ((rows + 0.5) * 100 + cols + 0.5).sum()
    parts, number = ndimage.label(mask, np.ones((3, 3)))
    own = [int(parts[rasterised(polygon, mask.shape)][0]) for polygon in polygons]
    pairs = set(zip(own, found.part[regions].tolist(), strict=True))
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs}) == number


def rasterised(polygon: shapely.Polygon, shape: tuple[int, ...]) -> np.ndarray:
    return features.rasterize([polygon], shape, dtype="uint8").astype(bool)


def test_a_mask_with_one_winding_part_is_stitched_without_a_seam() -> None:
    rng = np.random.default_rng(3)
    mask = ndimage.gaussian_filter(rng.standard_normal((300, 400)), 3) > -0.03
    grid = Grid(400, 300, Affine6(10, 0, 500000, 0, -10, 5000000), "EPSG:32633")
    found = outlines(mask, strip=400 * 7)
    (stitched,) = [some for _, some in polygons_of(found.rings, np.arange(found.pixels.size), grid)]
    whole = {shapely.normalize(each).wkb for each in polygonise(mask, grid)}
    assert {shapely.normalize(each).wkb for each in stitched} == whole
