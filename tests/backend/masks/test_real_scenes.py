"""On real scenes, measures agree with GDAL's polygonise and proximity, and with geodesic polygon areas."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import CRS, Geod, Transformer
from rasterio import features
from scipy import ndimage

from terrascope.masks import adjacency, change, distance, measure, polygonise
from terrascope.scene.types import Affine6, Grid


class Scene:
    """A raster's pixels, valid mask and grid."""

    def __init__(self, path: Path) -> None:
        with rasterio.open(path) as file:
            self.pixels = file.read().astype(np.float64)
            self.valid = file.dataset_mask() > 0
            self.affine = file.transform
            crs = file.crs.to_wkt() if file.crs else None
            self.grid = Grid(file.width, file.height, Affine6(*tuple(file.transform)[:6]), crs)

    def ratio(self, one: int, two: int) -> np.ndarray:
        a, b = self.pixels[one - 1], self.pixels[two - 1]
        return np.divide(a - b, a + b, out=np.zeros_like(a), where=(a + b) > 0)


@pytest.fixture(scope="module", params=["olinda", "pucallpa", "sentinel-1", "naip", "no crs"])
def case(request: pytest.FixtureRequest, images: Path) -> tuple[Scene, np.ndarray, np.ndarray]:
    """A scene and two masks that are disjoint: water-like and vegetation-like."""
    demo = images / "demo_scenes"
    if request.param == "olinda":
        scene = Scene(demo / "L7_ETMs.tif")
        index = scene.ratio(4, 3)
        return scene, (index < -0.2) & scene.valid, (index > 0.2) & scene.valid
    if request.param == "pucallpa":
        scene = Scene(demo / "pucallpa_landsat_2020.tif")
        bright = scene.pixels[:3].mean(axis=0)
        return (
            scene,
            (bright < np.percentile(bright, 10)) & scene.valid,
            (bright > np.percentile(bright, 95)) & scene.valid,
        )
    if request.param == "sentinel-1":
        scene = Scene(sorted((images / "sen1floods11" / "S1").glob("*.tif"))[0])
        smooth = ndimage.uniform_filter(scene.pixels[0], 5)
        low, high = np.percentile(smooth[scene.valid], [10, 90])
        return scene, (smooth < low) & scene.valid, (smooth > high) & scene.valid
    if request.param == "naip":
        scene = Scene(demo / "naip_20200831.tif")
        index = scene.ratio(4, 1)
        return scene, (index < -0.2) & scene.valid, (index > 0.25) & scene.valid
    scene = Scene(demo / "spyndex_s2_B02B03B04B08_nocrs.tif")
    index = scene.ratio(4, 3)
    return scene, (index < 0.0) & scene.valid, (index > 0.4) & scene.valid


def gdal_shapes(scene: Scene, mask: np.ndarray) -> list[shapely.Polygon]:
    shapes = features.shapes(mask.astype(np.uint8), mask=mask, connectivity=4, transform=scene.affine)
    return [shapely.geometry.shape(shape) for shape, _ in shapes]


def test_areas_are_those_of_gdals_polygons_on_the_ellipsoid(case: tuple[Scene, np.ndarray, np.ndarray]) -> None:
    scene, water, _ = case
    found = measure(water, scene.valid, scene.grid)
    polygons = gdal_shapes(scene, water)
    assert found.pixels == int(water.sum())
    if scene.grid.crs is None:
        assert found.area_m2 is None
        assert sum(p.area for p in polygons) == pytest.approx(found.pixels)
        return
    crs = CRS(scene.grid.crs)
    to_degrees = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    geod: Geod = crs.get_geod()
    side = abs(scene.affine.a)
    truth = 0.0
    for polygon in polygons:
        dense = shapely.segmentize(polygon, side)
        truth += abs(geod.geometry_area_perimeter(shapely.orient_polygons(shapely.transform(
            dense, lambda xy: np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1]))
        )))[0])  # fmt: skip
    assert found.area_m2 == pytest.approx(truth, rel=1e-3)
    if found.area_method.value == "geodesic":
        assert found.area_m2 == pytest.approx(truth, rel=1e-6)


def test_outlines_cover_exactly_what_gdal_outlines(case: tuple[Scene, np.ndarray, np.ndarray]) -> None:
    scene, water, _ = case
    ours, gdal = polygonise(water, scene.grid), gdal_shapes(scene, water)
    assert len(ours) == len(gdal)
    assert all(p.is_valid for p in ours)
    pixel = abs(scene.affine.a * scene.affine.e)
    assert sum(p.area for p in ours) == pytest.approx(sum(p.area for p in gdal), rel=1e-9)
    back = features.rasterize(ours, out_shape=water.shape, transform=scene.affine)
    assert np.array_equal(back.astype(bool), water)
    assert sum(p.area for p in ours) / pixel == pytest.approx(water.sum(), rel=1e-6)


def test_distance_is_the_minimum_of_gdals_proximity(case: tuple[Scene, np.ndarray, np.ndarray], tmp_path: Path) -> None:
    scene, water, green = case
    apart = water & (np.arange(water.shape[1]) < water.shape[1] // 3)
    target = green & (np.arange(water.shape[1]) > water.shape[1] // 2)
    if not apart.any() or not target.any():
        pytest.skip("one of the masks has nothing on its side of the scene")
    script = (
        "import sys, numpy as np\n"
        "from osgeo import gdal, gdal_array\n"
        "gdal.UseExceptions()\n"
        "data = np.load(sys.argv[1])\n"
        "source = gdal_array.OpenArray(data['target'].astype(np.uint8))\n"
        "out = gdal.GetDriverByName('MEM').Create('', source.RasterXSize, source.RasterYSize, 1, gdal.GDT_Float32)\n"
        "gdal.ComputeProximity(source.GetRasterBand(1), out.GetRasterBand(1), ['VALUES=1', 'DISTUNITS=PIXEL'])\n"
        "print(out.ReadAsArray()[data['apart']].min())\n"
    )
    np.savez(tmp_path / "masks.npz", apart=apart, target=target)
    python = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable
    run = subprocess.run(
        [python, "-c", script, str(tmp_path / "masks.npz")], capture_output=True, text=True, check=False
    )
    if run.returncode != 0:
        pytest.skip("this machine has no Python with GDAL's own bindings")
    found = distance(
        apart, target, Grid(scene.grid.width, scene.grid.height, Affine6(1, 0, 0, 0, 1, 0), None), between="centres"
    )
    assert found.distance_px == pytest.approx(float(run.stdout), rel=1e-5)
    if scene.grid.crs is None or abs(scene.affine.a) > 1:
        on_ground = distance(apart, target, scene.grid, between="centres")
        assert on_ground.distance_px == pytest.approx(found.distance_px)


def test_border_is_the_common_line_of_the_polygons(case: tuple[Scene, np.ndarray, np.ndarray]) -> None:
    scene, water, _ = case
    beside = ndimage.binary_dilation(water, np.ones((3, 3)), iterations=3) & ~water
    found = adjacency(water, beside, scene.grid)
    assert found.touches and found.borders
    pixels = Grid(scene.grid.width, scene.grid.height, Affine6(1, 0, 0, 0, 1, 0), None)
    one, two = (shapely.union_all(polygonise(mask, pixels)) for mask in (water, beside))
    assert shapely.intersection(one.boundary, two.boundary).length == pytest.approx(found.border_px)


def test_change_over_the_years_adds_up(images: Path) -> None:
    scenes = [Scene(images / "demo_scenes" / f"pucallpa_landsat_{year}.tif") for year in (1985, 2020)]
    masks = [scene.pixels[0] > 90 for scene in scenes]
    valid = scenes[0].valid & scenes[1].valid
    found = change(*masks, valid, scenes[0].grid)
    assert found.before.area_m2 + found.net_area_m2 == pytest.approx(found.after.area_m2)
    assert found.persistent.area_m2 + found.loss.area_m2 == pytest.approx(found.before.area_m2)
    assert found.after.area_method.value == "geodesic"
