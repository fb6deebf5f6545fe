"""What `measure` and `change` say of a mask is what counting by hand says."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from scipy import ndimage

from terrascope.masks import MaskError, change, measure, regions
from terrascope.scene.types import Affine6, Grid, Role, Scale, Source, View
from tests.backend.masks.grids import bare, degrees, masks, utm


@settings(max_examples=150, deadline=None)
@given(masks(2))
def test_counts_agree_with_loops_over_pixels(pair: list[np.ndarray]) -> None:
    mask, valid = pair
    height, width = mask.shape
    inside = mask & valid
    found = measure(mask, valid, utm(width, height))
    sides = 0
    for r in range(height):
        for c in range(width):
            if inside[r, c]:
                for dr, dc in ((0, 1), (0, -1), (1, 0), (-1, 0)):
                    rr, cc = r + dr, c + dc
                    sides += not (0 <= rr < height and 0 <= cc < width and inside[rr, cc])
    assert found.pixels == sum(1 for v in inside.flat if v)
    assert found.valid_pixels == sum(1 for v in valid.flat if v)
    assert found.share == pytest.approx(inside.sum() / valid.sum() if valid.any() else 0.0)
    assert found.area_m2 == pytest.approx(100.0 * inside.sum())
    assert found.perimeter_px == sides
    assert found.perimeter_m == pytest.approx(10.0 * sides)
    assert found.components == flood_fill(inside)
    assert found.empty == (not inside.any())
    assert sum(found.where_shares.values()) == pytest.approx(1.0 if inside.any() else 0.0)
    if inside.any():
        rows, cols = np.nonzero(inside)
        assert found.bbox_px == (rows.min(), cols.min(), rows.max() + 1, cols.max() + 1)
        assert found.centroid == pytest.approx(
            (500000 + 10 * (cols.mean() + 0.5), 5000000 - 10 * (rows.mean() + 0.5)), rel=1e-12
        )
    else:
        assert (found.bbox, found.centroid, found.where) == (None, None, None)
    json.dumps(found.to_dict(), allow_nan=False)


def flood_fill(mask: np.ndarray) -> int:
    left = {(int(r), int(c)) for r, c in zip(*np.nonzero(mask))}
    number = 0
    while left:
        number += 1
        edge = [left.pop()]
        while edge:
            r, c = edge.pop()
            for near in [(r + i, c + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]:
                if near in left:
                    left.remove(near)
                    edge.append(near)
    return number


@settings(max_examples=100, deadline=None)
@given(masks(1, 30), st.integers(1, 90))
def test_work_in_strips_changes_nothing(one: list[np.ndarray], strip: int) -> None:
    mask = one[0]
    valid, grid = np.ones_like(mask), degrees(mask.shape[1], mask.shape[0])
    whole = measure(mask, valid, grid)
    before, regions._STRIP = regions._STRIP, strip
    try:
        cut = measure(mask, valid, grid)
    finally:
        regions._STRIP = before
    sums = ("area_m2", "valid_area_m2", "area_share", "perimeter_m")  # added up in another order
    assert [getattr(cut, name) for name in sums] == pytest.approx([getattr(whole, name) for name in sums], rel=1e-12)
    assert replace(cut, **{name: getattr(whole, name) for name in sums}) == whole


WORDS = [
    ["north-west", "north", "north-east"],
    ["west", "centre", "east"],
    ["south-west", "south", "south-east"],
]


@pytest.mark.parametrize("row", range(3))
@pytest.mark.parametrize("col", range(3))
@pytest.mark.parametrize("size", [3, 9, 10, 100])
def test_ninths_have_compass_words(row: int, col: int, size: int) -> None:
    mask = np.zeros((size, size), bool)
    mask[int((row + 0.5) * size / 3), int((col + 0.5) * size / 3)] = True
    found = measure(mask, np.ones_like(mask), degrees(size, size))
    assert found.where == WORDS[row][col]
    assert found.where_shares[WORDS[row][col]] == 1.0


def corner(size: int = 9) -> np.ndarray:
    mask = np.zeros((size, size), bool)
    mask[:2, :2] = True  # the picture's upper left
    return mask


@pytest.mark.parametrize(
    ("crs", "transform", "word"),
    [
        ("EPSG:32633", Affine6(10, 0, 5e5, 0, -10, 5e6), "north-west"),
        ("EPSG:32633", Affine6(10, 0, 5e5, 0, 10, 5e6), "south-west"),  # south-up
        ("EPSG:32633", Affine6(-10, 0, 5e5, 0, -10, 5e6), "north-east"),  # mirrored
        ("EPSG:32633", Affine6(0, 10, 5e5, 10, 0, 5e6), "south-west"),  # rows run east, columns north
        ("EPSG:32633", Affine6(7, 7, 5e5, 7, -7, 5e6), "west"),  # turned by 45 degrees
        ("EPSG:3413", Affine6(1000, 0, 1.5e6, 0, -1000, 1.5e6), "east"),  # at 90 E north points to the lower left
        ("EPSG:3413", Affine6(1000, 0, -4500, 0, -1000, -1.5e6), "north-west"),  # 45 W: up is north there
        ("EPSG:3413", Affine6(1000, 0, -4500, 0, -1000, 1.5e6), "south-east"),  # 135 E: up is south there
        (None, Affine6(1, 0, 0, 0, 1, 0), "upper left"),
    ],
)
def test_compass_words_mind_rotation_and_grid_convergence(crs: str | None, transform: Affine6, word: str) -> None:
    grid = Grid(9, 9, transform, crs)
    assert measure(corner(), np.ones((9, 9), bool), grid).where == word


def test_centroid_in_degrees_is_where_proj_says() -> None:
    found = measure(corner(), np.ones((9, 9), bool), utm(9, 9))
    to_degrees = Transformer.from_crs("EPSG:32633", "EPSG:4326", always_xy=True)
    assert found.centroid_lonlat == pytest.approx(to_degrees.transform(500010.0, 4999990.0), abs=1e-9)


def view(bands: tuple[str, ...], pixels: np.ndarray, scale: Scale = Scale.REFLECTANCE) -> View:
    valid = np.ones(pixels.shape[1:], bool)
    return View("scene", Role.OPTICAL, None, bands, scale, pixels.astype(np.float32), valid, Source("scene.tif"))


def test_indices_are_those_of_spyndex() -> None:
    spyndex = pytest.importorskip("spyndex")
    rng = np.random.default_rng(0)
    pixels = rng.uniform(0.01, 0.6, (4, 8, 8)).astype(np.float32)
    mask = rng.random((8, 8)) < 0.5
    found = measure(mask, np.ones((8, 8), bool), utm(8, 8), bands=view(("green", "red", "nir", "swir2"), pixels))
    params = dict(zip(("G", "R", "N", "S2"), pixels.astype(np.float64)))
    for name in ("NDVI", "NDWI", "NBR"):
        assert found.indices[name] == pytest.approx(spyndex.computeIndex(name, params=params)[mask].mean(), abs=1e-9)
    assert found.band_means["nir"] == pytest.approx(pixels[2][mask].mean(), rel=1e-6)


def test_display_values_get_no_indices() -> None:
    pixels = np.full((2, 4, 4), 0.5)
    found = measure(np.ones((4, 4)), np.ones((4, 4)), bare(4, 4), bands=view(("red", "nir"), pixels, Scale.DISPLAY))
    assert found.indices == {}
    assert found.band_means == {"red": 0.5, "nir": 0.5}


def test_mean_probability_is_taken_inside_the_mask() -> None:
    probability = np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4)
    mask = probability > 0.5
    found = measure(mask, np.ones((4, 4), bool), bare(4, 4), probability=probability)
    assert found.probability == pytest.approx(probability[mask].mean())


def test_a_mask_of_another_shape_is_refused_with_both_shapes() -> None:
    with pytest.raises(MaskError, match=r"\(3, 4\).*\(4, 4\)"):
        measure(np.ones((3, 4), bool), np.ones((4, 4), bool), bare(4, 4))


@settings(max_examples=100, deadline=None)
@given(masks(3))
def test_change_is_gain_loss_and_what_stays(three: list[np.ndarray]) -> None:
    before, after, valid = three
    height, width = before.shape
    found = change(before, after, valid, degrees(width, height))
    assert not (found.gain_mask & found.loss_mask).any()
    assert np.array_equal(found.gain_mask | found.persistent_mask, after & valid)
    assert np.array_equal(found.loss_mask | found.persistent_mask, before & valid)
    assert found.net_pixels == found.gain.pixels - found.loss.pixels == found.after.pixels - found.before.pixels
    assert found.net_area_m2 == pytest.approx(found.gain.area_m2 - found.loss.area_m2, abs=1e-3)
    assert found.relative is None or found.relative >= -1.0
    json.dumps(found.to_dict(), allow_nan=False)


def test_measuring_a_megapixel_takes_a_blink() -> None:
    rng = np.random.default_rng(0)
    mask = ndimage.gaussian_filter(rng.normal(size=(1024, 1024)), 8) > 0
    valid, grid = np.ones((1024, 1024), bool), degrees(1024, 1024, 1e-4)
    times = []
    for _ in range(5):
        start = time.process_time()
        measure(mask, valid, grid)
        times.append(time.process_time() - start)
    assert min(times) < 0.06
