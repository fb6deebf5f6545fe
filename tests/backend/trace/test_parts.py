"""Parts of a mask: the same ones whether they are made at once or one after the other, and shown as far as they fit."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from terrascope.masks import polygons, stitching
from terrascope.scene.types import Affine6, Grid
from terrascope.trace.parts import Outline, Part, parts_of

UTM = Grid(60, 45, Affine6(10, 0, 500000, 0, -10, 5000000), "EPSG:32633")
DEGREES = Grid(60, 45, Affine6(0.01, 0, 10, 0, -0.01, 60), "EPSG:4326")
BARE = Grid(60, 45, Affine6(1, 0, 0, 0, 1, 0), None)


def plain(parts: list[Part]) -> list[tuple[int, float | None, str]]:
    return sorted((p.pixels, None if p.area_m2 is None else round(p.area_m2, 6), shapely.normalize(p.geometry).wkt)
                  for p in parts)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([UTM, DEGREES, BARE]), st.integers(60, 900), st.integers(1, 400))
def test_parts_made_one_after_the_other_are_those_made_at_once(seed: int, grid: Grid, strip: int, chunk: int) -> None:
    rng = np.random.default_rng(seed)
    mask = ndimage.gaussian_filter(rng.standard_normal((45, 60)), rng.uniform(0, 2)) > rng.uniform(-0.2, 0.3)
    area = None if grid.crs is None else 1e6
    whole = parts_of(mask, grid, area)
    before = polygons.AT_ONCE, stitching.STRIP, polygons.polygons_of.__defaults__
    polygons.AT_ONCE, stitching.STRIP, polygons.polygons_of.__defaults__ = 0, strip, (None, chunk)
    try:
        streamed = parts_of(mask, grid, area)
    finally:
        polygons.AT_ONCE, stitching.STRIP, polygons.polygons_of.__defaults__ = before
    assert [part.pixels for part in streamed] == [part.pixels for part in whole]
    assert plain(streamed) == plain(whole)


def add(outline: Outline, parts: list[Part]) -> None:
    geometries = [part.geometry for part in parts]
    outline.add(geometries, shapely.bounds(geometries))


def squares(number: int, spacing: int = 4) -> list[Part]:
    side = int(np.ceil(number**0.5))
    places = [(10.0 * spacing * (i % side), 10.0 * spacing * (i // side)) for i in range(number)]
    return [Part(shapely.MultiPolygon([shapely.box(x, y, x + 20, y + 20)]), 400.0, 4) for x, y in places]


def test_the_bounds_are_those_of_all_parts_also_of_those_that_are_not_shown() -> None:
    outline = Outline(7.5, limit=2_000)
    parts = squares(900)
    add(outline, parts[:500])
    add(outline, parts[500:])
    assert outline.number == 900
    assert outline.bounds == tuple(shapely.total_bounds([part.geometry for part in parts]).tolist())
    text = outline.wkt()
    assert text is not None
    assert len(text) <= 2_000
    shown = shapely.from_wkt(text)
    assert 10 <= len(shown.geoms) < 900
    assert shown.is_valid


def test_a_mask_of_thousands_of_parts_is_outlined_by_its_largest_ones() -> None:
    rng = np.random.default_rng(0)
    mask = rng.random((400, 400)) > 0.7
    mask[100:200, 100:300] = True
    outline = Outline(7.5)
    parts = parts_of(mask, Grid(400, 400, UTM.transform, UTM.crs), None)
    add(outline, parts)
    text = outline.wkt()
    assert text is not None
    assert len(text) <= 200_000
    middle = shapely.Point(500000 + 2000, 5000000 - 1500)
    assert shapely.from_wkt(text).buffer(0).contains(middle)


def test_an_empty_mask_has_no_outline() -> None:
    outline = Outline(1.0)
    assert outline.bounds is None
    assert outline.wkt() is None


@pytest.mark.parametrize("size", [10, 300])
def test_a_simple_mask_is_outlined_as_it_is(size: int) -> None:
    outline = Outline(7.5)
    add(outline, squares(size))
    found = shapely.from_wkt(outline.wkt())
    assert len(found.geoms) == size
    assert found.area == pytest.approx(400.0 * size)
