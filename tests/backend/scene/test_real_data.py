"""Real scenes: what is recognised, and that ours and GDAL's own warper agree."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import rasterio

from terrascope.scene import Area, LayerRequest, Role, Scale, describe, open_scene, render_rgb, render_sar


def demo(images: Path, name: str) -> LayerRequest:
    return LayerRequest(str(images / "demo_scenes" / name))


def test_the_olinda_scene(images: Path) -> None:
    scene = open_scene([demo(images, "L7_ETMs.tif")])
    view = scene.views[0]
    assert (view.source.sensor, view.scale) == ("Landsat 7", Scale.DISPLAY)
    assert view.bands == ("blue", "green", "red", "nir", "swir1", "swir2")
    assert scene.grid.crs == "EPSG:31985"
    assert scene.gsd_m == pytest.approx((28.5, 28.5))
    with rasterio.open(view.source.path) as file:
        truth = file.read()
    assert np.array_equal(np.rint(view.pixels * 255), truth)
    assert np.array_equal(render_rgb(view), np.moveaxis(truth[[2, 1, 0]], 0, -1))


def test_the_pucallpa_stack_is_in_order_and_not_resampled(images: Path) -> None:
    years = (2020, 1985, 2010, 1995)
    scene = open_scene([demo(images, f"pucallpa_landsat_{y}.tif") for y in years])
    assert [v.date.year for v in scene.views if v.date] == sorted(years)
    assert not any("warped" in n or "averaged" in n for n in scene.notes)
    for view in scene.views:
        nir, red = view.band("nir"), view.band("red")
        assert nir is not None
        assert red is not None
        plants = (nir - red) / np.maximum(nir + red, 1e-3)
        assert np.median(plants[view.valid]) > 0.4, "a rain forest is green"


def test_the_scene_without_crs_says_so(images: Path) -> None:
    told = describe([demo(images, "spyndex_s2_B02B03B04B08_nocrs.tif")])
    assert told.gsd_m is None
    assert told.layers[0].scale == "reflectance"
    assert any("no georeference" in w for w in told.warnings)


def test_a_sentinel_1_chip_is_in_decibel(images: Path) -> None:
    chips = sorted((images / "sen1floods11/S1").glob("*.tif"))
    for chip in chips:
        scene = open_scene([LayerRequest(str(chip))])
        view = scene.views[0]
        assert (view.role, view.scale, view.bands) == (Role.SAR, Scale.DB, ("vv", "vh"))
        vv, vh = (np.median(b[view.valid]) for b in view.pixels)
        assert -32 < vh < vv < -3
        assert render_sar(view)[view.valid].std() > 10, "the picture has contrast"


def test_optical_and_radar_of_one_place(images: Path) -> None:
    for optical in sorted((images / "terramesh_s1s2/S2L2A").glob("*.tif")):
        radar = optical.parents[1] / "S1RTC" / optical.name
        scene = open_scene([LayerRequest(str(radar)), LayerRequest(str(optical))])
        assert [v.role for v in scene.views] == [Role.OPTICAL, Role.SAR]
        assert scene.views[0].scale is Scale.REFLECTANCE
        assert scene.gsd_m == pytest.approx((10, 10))


@pytest.mark.skipif(shutil.which("gdalwarp") is None, reason="no gdalwarp")
def test_the_warp_is_gdals(images: Path, tmp_path: Path) -> None:
    one, two = demo(images, "naip_20090818.tif"), demo(images, "naip_20200831.tif")
    moved = tmp_path / "moved_20200831.tif"
    subprocess.run(["gdalwarp", "-q", "-t_srs", "EPSG:4326", two.path, str(moved)], check=True)
    bands = {"red": 1, "green": 2, "blue": 3, "nir": 4}
    scene = open_scene([one, LayerRequest(str(moved), bands=bands)], Area(window=(100, 100, 400, 300)))
    t = scene.grid.transform
    box = [t.c, t.f + t.e * 300, t.c + t.a * 400, t.f]
    out = tmp_path / "truth.tif"
    command = ["gdalwarp", "-q", "-t_srs", "EPSG:26914", "-te", *map(repr, box), "-ts", "400", "300", "-r", "bilinear"]
    subprocess.run([*command, "-et", "0.125", str(moved), str(out)], check=True)
    with rasterio.open(out) as file:
        truth = file.read()
    error = np.abs(np.rint(scene.views[1].pixels * 255) - truth)
    assert (scene.grid.width, scene.grid.height) == (400, 300)
    assert np.percentile(error, 99.5) <= 1
    assert error.mean() < 0.05
