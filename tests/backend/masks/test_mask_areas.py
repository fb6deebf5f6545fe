"""Areas and perimeters are those on the ground, in any CRS and at any latitude."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer

from terrascope.masks import MaskError, Method, distance, measure, polygonise
from terrascope.scene.types import Affine6, Grid

GEOD = Geod(ellps="WGS84")


def full(grid: Grid) -> np.ndarray:
    return np.ones((grid.height, grid.width), bool)


def blob(grid: Grid, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.random((grid.height, grid.width)) < 0.4


def geodesic_truth(grid: Grid, mask: np.ndarray) -> tuple[float, float]:
    """Area and perimeter of the mask's own outline, each pixel side cut in eight, by pyproj's geodesic polygons."""
    crs = CRS(grid.crs)
    geod = crs.get_geod()
    ellipsoid = CRS.from_dict({"proj": "longlat", "a": geod.a, "b": geod.b})
    to_degrees = Transformer.from_crs(crs, ellipsoid, always_xy=True)
    side = np.sqrt(abs(grid.transform.a * grid.transform.e - grid.transform.b * grid.transform.d))
    area = perimeter = 0.0
    for polygon in polygonise(mask, grid):
        for k, ring in enumerate([polygon.exterior, *polygon.interiors]):
            x, y = to_degrees.transform(*shapely.segmentize(ring, side / 8).coords.xy)
            ring_area, ring_length = geod.polygon_area_perimeter(x, y)
            area += abs(ring_area) if k == 0 else -abs(ring_area)
            perimeter += ring_length
    return area, perimeter


@pytest.mark.parametrize("latitude", [0.0, 5.0, 23.5, 37.0, 45.0, 52.5, 60.0, 66.6, 72.0, 80.0, 85.0])
@pytest.mark.parametrize("south", [False, True])
def test_area_in_degrees_is_within_a_millionth_of_the_geodesic_truth(latitude: float, south: bool) -> None:
    top = -latitude if south else latitude + 0.02
    grid = Grid(32, 24, Affine6(0.0009, 0, 14.0, 0, -0.0009, top), "EPSG:4326")
    mask = blob(grid)
    area, perimeter = geodesic_truth(grid, mask)
    found = measure(mask, full(grid), grid)
    assert found.area_method is Method.GEODESIC
    assert found.area_m2 == pytest.approx(area, rel=1e-6)
    assert found.perimeter_m == pytest.approx(perimeter, rel=1e-6)


CASES = {
    "UTM, middle of the zone": ("EPSG:32633", Affine6(10, 0, 500000, 0, -10, 5000000), Method.PROJECTED),
    "UTM, three degrees off": ("EPSG:32633", Affine6(10, 0, 830000, 0, -10, 300000), Method.GEODESIC),
    "UTM, south, rotated": ("EPSG:31985", Affine6(28, 3, 288776, 3, -28, 9120760), Method.PROJECTED),
    "Web Mercator, equator": ("EPSG:3857", Affine6(30, 0, 100000, 0, -30, 0), Method.GEODESIC),
    "Web Mercator, Oslo": ("EPSG:3857", Affine6(30, 0, 1190000, 0, -30, 8380000), Method.GEODESIC),
    "Web Mercator, rotated": ("EPSG:3857", Affine6(30, 9, 1190000, 9, -30, 8380000), Method.GEODESIC),
    "US survey feet": ("EPSG:2264", Affine6(30, 0, 2000000, 0, -30, 700000), Method.PROJECTED),
    "equal area, Europe": ("EPSG:3035", Affine6(100, 0, 4321000, 0, -100, 3210000), Method.PROJECTED),
    "polar, far out": ("EPSG:3413", Affine6(1000, 0, -2000000, 0, -1000, 500000), Method.GEODESIC),
    "polar, over the pole": ("EPSG:3413", Affine6(1000, 0, -12000, 0, -1000, 12000), Method.GEODESIC),
    "degrees, rotated": ("EPSG:4326", Affine6(0.001, 0.0004, 10, 0.0004, -0.001, 63), Method.GEODESIC),
    "degrees, another ellipsoid": ("EPSG:4267", Affine6(0.001, 0, -100, 0, -0.001, 40), Method.GEODESIC),
    "grads, Paris meridian": ("EPSG:4807", Affine6(0.001, 0, 2, 0, -0.001, 52), Method.GEODESIC),
    "across the antimeridian": ("EPSG:4326", Affine6(0.01, 0, 179.85, 0, -0.01, -16), Method.GEODESIC),
    "Fiji, across the antimeridian": ("EPSG:3460", Affine6(100, 0, 2100000, 0, -100, 4100000), Method.PROJECTED),
    "Lambert cone over gons": ("EPSG:27572", Affine6(100, 0, 700000, 0, -100, 2200000), Method.PROJECTED),
    "Lambert cone over gons, far off": ("EPSG:27572", Affine6(100, 0, 700000, 0, -100, 2900000), Method.GEODESIC),
    "equal area, but stretched": ("EPSG:6933", Affine6(1000, 0, 500000, 0, -1000, 6300000), Method.GEODESIC),
    "sinusoidal, off its meridian": (
        "+proj=sinu +R=6371007.181 +units=m",
        Affine6(463.3127, 0, 3000000, 0, -463.3127, 5559752),
        Method.GEODESIC,
    ),
    "rotated pole": (
        "+proj=ob_tran +o_proj=longlat +o_lon_p=-162 +o_lat_p=39.25 +lon_0=180 +to_meter=0.0174532925199433",
        Affine6(0.05, 0, -1, 0, -0.05, 1),
        Method.GEODESIC,
    ),
    "oblique Mercator": ("EPSG:2056", Affine6(10, 0, 2600000, 0, -10, 1200000), Method.PROJECTED),
    "south-up": ("EPSG:32633", Affine6(10, 0, 500000, 0, 10, 5000000), Method.PROJECTED),
}


@pytest.mark.parametrize("name", CASES)
def test_area_holds_to_a_thousandth_in_every_kind_of_crs(name: str) -> None:
    crs, transform, method = CASES[name]
    grid = Grid(24, 20, transform, crs)
    mask = blob(grid, 1)
    area, perimeter = geodesic_truth(grid, mask) if "grads" not in name else grads_truth(grid, mask)
    found = measure(mask, full(grid), grid)
    assert found.area_method is method
    assert found.area_m2 == pytest.approx(area, rel=1e-5 if method is Method.GEODESIC else 1e-3)
    assert found.perimeter_m == pytest.approx(perimeter, rel=1e-5 if method is Method.GEODESIC else 1e-3)
    assert found.area_note


def grads_truth(grid: Grid, mask: np.ndarray) -> tuple[float, float]:
    """Geodesic truth in degrees: a grad is 0.9 degrees, and areas do not mind the prime meridian."""
    t = Affine6(*(v * 0.9 for v in grid.transform))
    degrees = Grid(grid.width, grid.height, t, "+proj=longlat +ellps=clrk80ign +no_defs")
    return geodesic_truth(degrees, mask)


def test_the_whole_earth_has_the_area_of_the_ellipsoid() -> None:
    grid = Grid(360, 180, Affine6(1, 0, -180, 0, -1, 90), "EPSG:4326")
    assert measure(full(grid), full(grid), grid).area_m2 == pytest.approx(510_065_621_724_078, rel=1e-9)


def test_pixels_beyond_the_pole_have_no_area() -> None:
    grid = Grid(360, 182, Affine6(1, 0, -180, 0, -1, 91), "EPSG:4326")
    assert measure(full(grid), full(grid), grid).area_m2 == pytest.approx(510_065_621_724_078, rel=1e-9)


def test_the_polar_cap_is_whole_in_a_polar_projection() -> None:
    grid = Grid(200, 200, Affine6(1000, 0, -100000, 0, -1000, 100000), "EPSG:3413")
    rows, cols = np.mgrid[:200, :200] + 0.5
    cap = np.hypot(rows - 100, cols - 100) < 80
    area, _ = geodesic_truth(grid, cap)
    assert measure(cap, full(grid), grid).area_m2 == pytest.approx(area, rel=1e-6)


def test_off_earth_corners_of_a_full_disk_picture_add_nothing() -> None:
    crs = "+proj=geos +h=35785831 +lon_0=0 +sweep=y +ellps=WGS84"
    grid = Grid(64, 64, Affine6(180000, 0, -5760000, 0, -180000, 5760000), crs)
    found = measure(full(grid), full(grid), grid)
    assert found.area_m2 is not None
    assert 1.5e14 < found.area_m2 < 2.3e14  # a little less than half of the Earth


def test_what_lies_off_the_earth_has_no_distance_on_it() -> None:
    crs = "+proj=ortho +lat_0=40 +lon_0=10 +ellps=WGS84"
    grid = Grid(50, 50, Affine6(300000, 0, -7500000, 0, -300000, 7500000), crs)
    first, last = np.zeros((50, 50), bool), np.zeros((50, 50), bool)
    first[0, 0], last[-1, -1] = True, True
    assert distance(first, last, grid).distance_m is None


def test_a_blank_crs_is_no_crs() -> None:
    grid = Grid(2, 2, Affine6(1, 0, 0, 0, 1, 0), " ")
    assert measure(full(grid), full(grid), grid).area_method is Method.NONE


def test_degrees_are_counted_from_greenwich() -> None:
    paris = Grid(2, 2, Affine6(0.01, 0, 0, 0, -0.01, 52), "EPSG:4807")
    lon, _ = measure(full(paris), full(paris), paris).centroid_lonlat
    assert lon == pytest.approx(2.3372291667 + 0.009, abs=1e-6)


def test_feet_become_square_metres() -> None:
    grid = Grid(10, 10, Affine6(1, 0, 2000000, 0, -1, 700000), "EPSG:2264")
    found = measure(full(grid), full(grid), grid)
    assert found.area_m2 == pytest.approx(100 * (1200 / 3937) ** 2, rel=1e-12)
    assert found.perimeter_m == pytest.approx(40 * 1200 / 3937, rel=1e-12)


def test_a_local_plane_with_units_has_areas_but_no_place_on_earth() -> None:
    crs = 'ENGCRS["Site grid",EDATUM["Peg"],CS[Cartesian,2],AXIS["x",east],AXIS["y",north],LENGTHUNIT["foot",0.3048]]'
    grid = Grid(10, 10, Affine6(2, 0, 0, 0, -2, 0), crs)
    found = measure(full(grid), full(grid), grid)
    assert found.area_m2 == pytest.approx(400 * 0.3048**2)
    assert found.centroid_lonlat is None
    assert found.where == "centre"


def test_without_crs_there_are_pixels_and_shares_only() -> None:
    grid = Grid(10, 10, Affine6(1, 0, 0, 0, 1, 0), None)
    mask = np.zeros((10, 10), bool)
    mask[:2, :3] = True
    found = measure(mask, full(grid), grid)
    assert (found.pixels, found.share, found.perimeter_px) == (6, 0.06, 10)
    assert (found.area_m2, found.perimeter_m, found.area_method) == (None, None, Method.NONE)
    assert "no CRS" in found.area_note


def test_a_vertical_part_of_the_crs_does_not_matter() -> None:
    flat = Grid(10, 10, Affine6(10, 0, 500000, 0, -10, 5000000), "EPSG:32633")
    tall = Grid(10, 10, flat.transform, "EPSG:32633+5773")
    assert measure(full(tall), full(tall), tall).area_m2 == measure(full(flat), full(flat), flat).area_m2


def test_an_unreadable_crs_says_what_to_do() -> None:
    grid = Grid(2, 2, Affine6(1, 0, 0, 0, -1, 0), "EPSG:abc")
    with pytest.raises(MaskError, match=r"EPSG:abc.*Set the layer's CRS"):
        measure(full(grid), full(grid), grid)


def test_a_singular_geotransform_is_refused() -> None:
    grid = Grid(2, 2, Affine6(1, 1, 0, 1, 1, 0), "EPSG:32633")
    with pytest.raises(MaskError, match="geotransform"):
        measure(full(grid), full(grid), grid)


@settings(max_examples=60, deadline=None)
@given(
    lon=st.floats(-180, 179),
    lat=st.floats(-84, 84),
    size=st.floats(1e-6, 0.05),
    turn=st.floats(-3.2, 3.2),
    seed=st.integers(0, 1000),
)
def test_any_turned_grid_in_degrees_holds(lon: float, lat: float, size: float, turn: float, seed: int) -> None:
    c, s = size * np.cos(turn), size * np.sin(turn)
    grid = Grid(7, 5, Affine6(c, s, lon, s, -c, lat), "EPSG:4326")
    mask = np.random.default_rng(seed).random((5, 7)) < 0.5
    area, perimeter = geodesic_truth(grid, mask)
    found = measure(mask, full(grid), grid)
    assert found.area_m2 == pytest.approx(area, rel=2e-5, abs=1e-3)
    assert found.perimeter_m == pytest.approx(perimeter, rel=2e-5, abs=1e-6)
