"""One or several files become one scene on one grid, and whatever was done to them is said."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.warp import transform as warp_points

from terrascope import large
from terrascope.errors import SceneError
from terrascope.scene import Area, LayerRequest, Role, Scene, describe, open_scene, reading
from terrascope.scene.hashing import fingerprint

from .awkward import ORIGIN, UTM, ground_values, placed, write

NORTH_UP = Affine(10, 0, ORIGIN[0], 0, -10, ORIGIN[1])


def in_other_crs(path: Path, crs: str, transform: Affine, width: int, height: int, **more: object) -> Path:
    """A raster in another CRS whose values are still those of `ground_values` (in UTM 33)."""
    cols, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    x = transform.a * cols + transform.c
    y = transform.e * rows + transform.f
    east, north = warp_points(crs, UTM, x.ravel(), y.ravel())
    e, s = (np.array(east) - ORIGIN[0]) / 10, (ORIGIN[1] - np.array(north)) / 10
    data = np.stack([e + 20, s + 20, (e + s) / 2 + 20]).reshape(3, height, width).astype(np.float32) / 255
    return write(path, data, crs=crs, transform=transform, **more)


def error_in_pixels(scene: Scene, view: int) -> float:
    truth = ground_values(Affine(*scene.grid.transform), scene.grid.width, scene.grid.height)
    found = scene.views[view]
    assert found.valid.any()
    return float(np.abs(found.pixels * 255 - truth)[:, found.valid].max())


@pytest.mark.parametrize(
    ("crs", "pixel", "size"),
    [("EPSG:32632", 10.5, (90, 90)), ("EPSG:4326", 1.5e-4, (80, 60)), ("EPSG:3857", 16, (90, 90))],
)
def test_layers_of_another_crs_land_where_they_belong(
    tmp_path: Path, crs: str, pixel: float, size: tuple[int, int]
) -> None:
    one = placed(tmp_path / "one_20200101.tif", NORTH_UP)
    (west,), (north,) = warp_points(UTM, crs, [ORIGIN[0] - 100], [ORIGIN[1] + 100])
    transform = Affine(pixel, 0, west, 0, -pixel, north)
    two = in_other_crs(tmp_path / "two_20210101.tif", crs, transform, *size)
    scene = open_scene([LayerRequest(str(one)), LayerRequest(str(two))])
    assert scene.grid.crs == UTM
    assert error_in_pixels(scene, 0) <= 0.51
    assert error_in_pixels(scene, 1) <= 0.6
    assert scene.views[1].valid.mean() > 0.5
    assert any("warped" in n and "two" in n for n in scene.notes)
    assert any('Grid of "one_20200101"' in n for n in scene.notes)


def test_the_finest_optical_layer_gives_the_grid(tmp_path: Path) -> None:
    coarse = placed(tmp_path / "coarse.tif", NORTH_UP @ Affine.scale(3), 20, 20)
    fine = placed(tmp_path / "fine.tif", NORTH_UP, 60, 50)
    scene = open_scene([LayerRequest(str(coarse)), LayerRequest(str(fine))])
    assert scene.gsd_m == pytest.approx((10, 10))
    assert scene.native_gsd_m == pytest.approx((10, 10))
    assert error_in_pixels(scene, 0) <= 1.6
    assert any("smallest pixels" in n for n in scene.notes)


def test_clipped_to_what_all_share_and_said(tmp_path: Path) -> None:
    one = placed(tmp_path / "a.tif", NORTH_UP, 60, 50)
    two = placed(tmp_path / "b.tif", NORTH_UP @ Affine.translation(30, 10), 60, 50)
    scene = open_scene([LayerRequest(str(one)), LayerRequest(str(two))])
    assert (scene.grid.width, scene.grid.height) == (30, 40)
    assert max(error_in_pixels(scene, i) for i in (0, 1)) <= 0.51
    assert any("40%" in n for n in scene.notes)
    assert not any("warped" in n for n in scene.notes), "grids that agree need no warp"


def test_layers_that_do_not_overlap_are_named(tmp_path: Path) -> None:
    one = placed(tmp_path / "here.tif", NORTH_UP)
    two = placed(tmp_path / "there.tif", NORTH_UP @ Affine.translation(500, 0))
    with pytest.raises(SceneError, match='"there" and "here" do not overlap'):
        open_scene([LayerRequest(str(one)), LayerRequest(str(two))])


def test_layers_without_crs(tmp_path: Path) -> None:
    one = placed(tmp_path / "one.tif", NORTH_UP)
    data = np.full((3, 50, 60), 9, np.uint8)
    same = write(tmp_path / "same.png", data, driver="PNG")
    other = write(tmp_path / "other.png", data[:, :20], driver="PNG")
    scene = open_scene([LayerRequest(str(one)), LayerRequest(str(same))], Area(window=(5, 5, 20, 10)))
    assert scene.views[1].pixels == pytest.approx(9 / 255)
    assert any("pixel by pixel" in n for n in scene.notes)
    with pytest.raises(SceneError, match='"other"'):
        open_scene([LayerRequest(str(one)), LayerRequest(str(other))])
    with pytest.raises(SceneError, match="no CRS"):
        open_scene([LayerRequest(str(same))], Area(bbox=(0, 0, 1, 1), crs="EPSG:4326"))


def test_an_extent_snaps_outwards_to_pixels(tmp_path: Path) -> None:
    path = placed(tmp_path / "a.tif", NORTH_UP)
    box = (ORIGIN[0] + 103, ORIGIN[1] - 297, ORIGIN[0] + 251, ORIGIN[1] - 200)
    scene = open_scene([LayerRequest(str(path))], Area(bbox=box))
    assert (scene.grid.width, scene.grid.height) == (16, 10)
    assert (scene.grid.transform.c, scene.grid.transform.f) == (ORIGIN[0] + 100, ORIGIN[1] - 200)
    assert error_in_pixels(scene, 0) <= 0.51


def test_an_extent_in_another_crs(tmp_path: Path) -> None:
    path = placed(tmp_path / "a.tif", NORTH_UP)
    lon, lat = warp_points(UTM, "EPSG:4326", [ORIGIN[0] + 100, ORIGIN[0] + 300], [ORIGIN[1] - 300, ORIGIN[1] - 100])
    scene = open_scene([LayerRequest(str(path))], Area(bbox=(lon[0], lat[0], lon[1], lat[1]), crs="EPSG:4326"))
    assert abs(scene.grid.width - 20) <= 2
    assert abs(scene.grid.height - 20) <= 2
    assert scene.views[0].valid.all()
    assert error_in_pixels(scene, 0) <= 0.51


def test_a_polygon_decides_what_is_valid(tmp_path: Path) -> None:
    path = placed(tmp_path / "a.tif", NORTH_UP)
    x, y = ORIGIN
    wkt = f"POLYGON(({x} {y}, {x + 400} {y}, {x} {y - 400}, {x} {y}))"
    scene = open_scene([LayerRequest(str(path))], Area(wkt=wkt))
    assert (scene.grid.width, scene.grid.height) == (40, 40)
    cols, rows = np.meshgrid(np.arange(40) + 0.5, np.arange(40) + 0.5)
    inner = cols + rows < 39.9
    assert scene.views[0].valid[inner].all()
    assert not scene.views[0].valid[cols + rows > 40.1].any()
    assert not scene.views[0].pixels[:, ~scene.views[0].valid].any()
    assert any("centre is outside" in n for n in scene.notes)


def test_a_pixel_window_is_seen_from_the_north(tmp_path: Path) -> None:
    path = placed(tmp_path / "south.tif", Affine(10, 0, ORIGIN[0], 0, 10, ORIGIN[1] - 500))
    scene = open_scene([LayerRequest(str(path))], Area(window=(10, 5, 20, 10)))
    assert (scene.grid.transform.c, scene.grid.transform.f) == (ORIGIN[0] + 100, ORIGIN[1] - 50)
    assert error_in_pixels(scene, 0) <= 0.51


@pytest.mark.parametrize(
    ("area", "word"),
    [
        (Area(bbox=(0, 0, 1, 1)), "does not touch"),
        (Area(bbox=(5, 5, 1, 9)), "empty"),
        (Area(bbox=(float("nan"), 0, 1, 1)), "not finite"),
        (Area(window=(500, 0, 5, 5)), "does not touch"),
        (Area(window=(0, 0, 0, 5)), "empty"),
        (Area(wkt="POLYGON((0 0"), "not WKT"),
        (Area(wkt="POINT(1 1)"), "no surface"),
        (Area(), "area is empty"),
        (Area(bbox=(0, 0, 1, 1), crs="EPSG:0"), "not known"),
    ],
)
def test_impossible_areas_are_named(tmp_path: Path, area: Area, word: str) -> None:
    path = placed(tmp_path / "a.tif", NORTH_UP)
    with pytest.raises(SceneError, match=word) as caught:
        open_scene([LayerRequest(str(path))], area)
    assert caught.value.hint


@pytest.mark.parametrize(
    "box", [(179.9, -17.3, -179.8, -17.1), (-180.1, -17.3, -179.8, -17.1), (179.9, -17.3, 180.2, -17.1)]
)
def test_an_area_across_the_antimeridian(tmp_path: Path, box: tuple[float, float, float, float]) -> None:
    data = np.tile(np.arange(60, dtype=np.uint8), (3, 40, 1))
    path = write(
        tmp_path / "fiji.tif",
        data,
        crs="EPSG:4326",
        transform=Affine(0.01, 0, 179.75, 0, -0.01, -17),
        photometric="RGB",
    )
    scene = open_scene([LayerRequest(str(path))], Area(bbox=box, crs="EPSG:4326"))
    assert (scene.grid.width, scene.grid.height) == (30, 20)
    assert np.rint(scene.views[0].pixels[0, 0, [0, -1]] * 255).tolist() == [15, 44]


@pytest.mark.parametrize("degree", [0.0005, 0.002])
def test_layers_across_the_antimeridian_meet(tmp_path: Path, degree: float) -> None:
    n = round(0.04 / degree)
    cols = np.tile((np.arange(n, dtype=np.float32) + 0.5) * degree, (3, n, 1))
    degrees = write(
        tmp_path / "degrees.tif", cols, crs="EPSG:4326", transform=Affine(degree, 0, 179.98, 0, -degree, -17)
    )
    x, y = warp_points("EPSG:4326", "EPSG:32760", [179.98], [-17.0])
    east, north = np.meshgrid(np.arange(60) * 100 + 50 + x[0] - 500, y[0] + 500 - np.arange(55) * 100 - 50)
    lon, _ = warp_points("EPSG:32760", "EPSG:4326", east.ravel(), north.ravel())
    value = (np.mod(np.array(lon), 360) - 179.98).astype(np.float32).reshape(1, 55, 60)
    metres = write(
        tmp_path / "metres.tif",
        np.repeat(value, 3, 0),
        crs="EPSG:32760",
        transform=Affine(100, 0, x[0] - 500, 0, -100, y[0] + 500),
    )
    scene = open_scene([LayerRequest(str(p)) for p in (degrees, metres)])
    both = scene.views[0].valid & scene.views[1].valid
    assert both.mean() > 0.85
    assert np.abs(scene.views[0].pixels - scene.views[1].pixels)[:, both].max() < 0.002


def test_larger_than_the_view_is_averaged_and_said(tmp_path: Path) -> None:
    data = np.random.default_rng(0).integers(0, 256, (3, 400, 600)).astype(np.uint8)
    path = write(tmp_path / "big.tif", data, crs=UTM, transform=NORTH_UP, photometric="RGB")
    scene = open_scene([LayerRequest(str(path))], max_size=150)
    assert (scene.grid.width, scene.grid.height) == (150, 100)
    assert scene.gsd_m == pytest.approx((40, 40))
    truth = data.reshape(3, 100, 4, 150, 4).mean(axis=(2, 4)) / 255
    assert np.abs(scene.views[0].pixels - truth).max() < 0.5 / 255 + 1e-6, "rounded to whole digital numbers"
    assert any("4 x 4 pixels averaged to one" in n for n in scene.notes)
    assert any("40 m x 40 m" in n and "reduced from 600 x 400 pixels of 10 m x 10 m" in n for n in scene.notes)


def test_overviews_are_used_and_said(tmp_path: Path) -> None:
    data = np.full((3, 512, 512), 50, np.uint8)
    path = write(
        tmp_path / "ovr.tif",
        data,
        crs=UTM,
        transform=NORTH_UP,
        photometric="RGB",
        tiled=True,
        blockxsize=128,
        blockysize=128,
    )
    with rasterio.open(path, "r+") as out:
        out.build_overviews([2, 4, 8])
    scene = open_scene([LayerRequest(str(path))], max_size=128)
    assert any("overview 1:4" in n for n in scene.notes)
    assert scene.views[0].pixels == pytest.approx(50 / 255)


@pytest.mark.parametrize("in_file", [False, True])
def test_tiled_reads_every_pixel_as_it_is(tmp_path: Path, in_file: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    data = np.random.default_rng(0).integers(1, 256, (3, 700, 900)).astype(np.uint8)
    path = write(tmp_path / "big.tif", data, crs=UTM, transform=NORTH_UP, photometric="RGB")
    if in_file:
        monkeypatch.setattr(reading, "MEMORY_BYTES", 1000)
    scene = open_scene([LayerRequest(str(path))], max_size=256, tiled=True)
    assert scene.tiled
    assert scene.gsd_m == pytest.approx((10, 10))
    assert isinstance(scene.views[0].pixels, np.memmap) is in_file
    assert np.array_equal(np.rint(scene.views[0].pixels * 255), data)
    assert any("not resampled" in n for n in scene.notes)
    assert not open_scene([LayerRequest(str(path))], max_size=1024, tiled=True).tiled, "it fits the view untiled"


def test_no_room_for_the_pixels_is_said_before_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = placed(tmp_path / "a.tif", NORTH_UP)
    monkeypatch.setattr(reading, "MEMORY_BYTES", 1)
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr(large.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(SceneError, match="temporary folder"):
        open_scene([LayerRequest(str(path))])


def test_nodata_stays_nodata_through_a_warp(tmp_path: Path) -> None:
    one = placed(tmp_path / "one.tif", NORTH_UP)
    fine = Affine(10, 0, ORIGIN[0] + 3, 0, -10, ORIGIN[1] - 3)
    for name, fill, nodata in (("a", -9999.0, -9999.0), ("b", np.nan, None), ("c", -9999.0, None), ("d", 0.0, 0.0)):
        data = np.full((3, 50, 60), 0.25, np.float32)
        data[:, :, :30] = fill
        two = write(tmp_path / f"{name}.tif", data, crs=UTM, transform=fine, nodata=nodata)
        view = open_scene([LayerRequest(str(one)), LayerRequest(str(two))]).views[1]
        assert view.valid.mean() == pytest.approx(0.5, abs=0.03), name
        assert np.allclose(view.pixels[:, view.valid], 0.25, atol=1e-6), name


def test_alpha_stays_alpha_through_a_warp(tmp_path: Path) -> None:
    one = placed(tmp_path / "one.tif", NORTH_UP)
    data = np.full((4, 50, 60), 200, np.uint8)
    data[:, :, :30] = 0
    data[3, :, 30:] = 255
    two = write(
        tmp_path / "two.tif",
        data,
        crs=UTM,
        transform=NORTH_UP @ Affine.translation(0.4, 0.4),
        photometric="RGB",
        alpha="YES",
    )
    view = open_scene([LayerRequest(str(one)), LayerRequest(str(two))]).views[1]
    assert view.valid.mean() == pytest.approx(0.5, abs=0.03)
    assert np.allclose(view.pixels[:, view.valid], 200 / 255, atol=0.01)


def test_large_layers_are_averaged_before_the_warp(tmp_path: Path) -> None:
    one = placed(tmp_path / "one.tif", NORTH_UP @ Affine.scale(4), 30, 25)
    t = Affine(0.1, 0, ORIGIN[0] - 20, 0, -0.1, ORIGIN[1] + 20)
    data = np.repeat(np.repeat(ground_values(NORTH_UP @ Affine.translation(-2, -2), 64, 54), 50, 1), 50, 2)[
        :, :2700, :3200
    ]
    two = write(
        tmp_path / "two.tif",
        (data[:, :, :] / 255).astype(np.float32),
        crs=UTM,
        transform=NORTH_UP @ Affine.translation(-2, -2) @ Affine.scale(0.02),
        tiled=True,
    )
    request = [LayerRequest(str(one), role="optical"), LayerRequest(str(two))]
    scene = open_scene(request, max_size=60)
    assert t.determinant < 0
    assert error_in_pixels(scene, 1) <= 1.5


def test_single_band_files_of_one_product_become_one_view(tmp_path: Path) -> None:
    names = [f"T32TQM_20210130T103031_{b}_10m.tif" for b in ("B02", "B03", "B04", "B08")]
    for i, name in enumerate(names):
        write(tmp_path / name, np.full((1, 20, 20), 1000 + i, np.uint16), crs=UTM, transform=NORTH_UP)
    write(
        tmp_path / "T32TQM_20210130T103031_B11_20m.tif",
        np.full((1, 10, 10), 3000, np.uint16),
        crs=UTM,
        transform=NORTH_UP @ Affine.scale(2),
    )
    names.append("T32TQM_20210130T103031_B11_20m.tif")
    scene = open_scene([LayerRequest(str(tmp_path / n)) for n in names])
    assert len(scene.views) == 1
    assert scene.views[0].bands == ("blue", "green", "red", "nir", "swir1")
    assert np.allclose(scene.views[0].pixels.mean(axis=(1, 2)), [0.1, 0.1001, 0.1002, 0.1003, 0.3], atol=1e-5)


def test_optical_stands_before_radar_and_early_before_late(tmp_path: Path) -> None:
    sar = write(
        tmp_path / "s1_vv_vh_20200101.tif", np.full((2, 50, 60), -12.5, np.float32), crs=UTM, transform=NORTH_UP
    )
    late = placed(tmp_path / "o_20210101.tif", NORTH_UP)
    early = placed(tmp_path / "o_20190101.tif", NORTH_UP)
    scene = open_scene([LayerRequest(str(p)) for p in (sar, late, early)])
    assert [v.name for v in scene.views] == ["o_20190101", "o_20210101", "s1_vv_vh_20200101"]
    assert scene.views[2].role is Role.SAR
    assert any("Order of the views" in n for n in scene.notes)


def test_progress_rises_and_can_stop_the_reading(tmp_path: Path) -> None:
    path = placed(tmp_path / "a.tif", NORTH_UP)
    seen: list[float] = []
    open_scene([LayerRequest(str(path))] * 2, progress=lambda fraction, _: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)

    class Stopped(Exception):
        pass

    def stop(fraction: float, message: str) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        open_scene([LayerRequest(str(path))], progress=stop)


def test_describe_says_what_would_be_read(tmp_path: Path) -> None:
    data = np.full((4, 3000, 2000), 700, np.uint16)
    path = write(tmp_path / "S2_20200105.tif", data, crs=UTM, transform=NORTH_UP)
    told = describe([LayerRequest(str(path))])
    assert (told.width, told.height, told.native_width, told.native_height) == (683, 1024, 2000, 3000)
    assert told.would_tile
    assert told.layers[0].sensor == "Sentinel-2"
    assert told.layers[0].date == "2020-01-05"
    assert told.layers[0].dtype == "uint16"
    assert set(told.layers[0].reasons) == {"bands", "date", "scale", "place"}


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    path = placed(tmp_path / "a.tif", NORTH_UP)
    scene = open_scene([LayerRequest(str(path))])
    assert scene.views[0].source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_hash_of_a_large_file_is_a_stated_sample(tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(70 * 2**20)
    first = fingerprint(str(path))
    assert first.sampled
    assert "17 blocks" in first.note
    with path.open("r+b") as file:
        file.seek(70 * 2**20 - 5)
        file.write(b"x")
    assert fingerprint(str(path)).value != first.value


_MEMORY = """
import sys
from terrascope.scene import LayerRequest, open_scene
scene = open_scene([LayerRequest(p) for p in sys.argv[1:]])
from terrascope.process_memory import own_peak_mb  # the process's own peak, not that of the one that started it
print(scene.grid.width, round(own_peak_mb()))
"""


@pytest.mark.slow
def test_a_raster_of_20000_pixels_a_side_is_read_in_little_memory(tmp_path: Path) -> None:
    big = tmp_path / "big.tif"
    with rasterio.open(
        big,
        "w",
        driver="GTiff",
        width=20000,
        height=20000,
        count=4,
        dtype="uint16",
        crs=UTM,
        tiled=True,
        transform=NORTH_UP,
        blockxsize=512,
        blockysize=512,
        SPARSE_OK=True,
        compress="deflate",
    ) as out:
        out.write(np.full((4, 2048, 2048), 900, np.uint16), window=((0, 2048), (0, 2048)))
    run = subprocess.run(
        [sys.executable, "-c", _MEMORY, str(big)], capture_output=True, text=True, check=True, timeout=300
    )
    width, megabytes = (int(v) for v in run.stdout.split())
    assert width == 1024
    assert megabytes < 700


def test_tiles_that_cannot_fit_into_memory_are_refused_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large.tif"
    profile = {"driver": "GTiff", "width": 3000, "height": 2000, "count": 3, "dtype": "uint8", "sparse_ok": True}
    with rasterio.open(path, "w", crs="EPSG:32633", transform=Affine(10, 0, 5e5, 0, -10, 5e6), **profile):
        pass
    monkeypatch.setattr("terrascope.scene.build.free_mb", lambda: 400.0)
    with pytest.raises(SceneError, match="memory") as refused:
        open_scene([LayerRequest(str(path))], tiled=True)
    assert "at most 1800 pixels' width" in refused.value.hint
    monkeypatch.undo()
    monkeypatch.setattr(large.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 200_000_000}))
    with pytest.raises(SceneError, match=r"need 0\.2 GiB in the temporary folder .* 0\.2 GiB are free") as refused:
        open_scene([LayerRequest(str(path))], tiled=True)
    assert "TMPDIR" in refused.value.hint
    assert open_scene([LayerRequest(str(path))]).grid.width == 1024


def test_tiles_say_what_they_cost_before_they_begin(tmp_path: Path) -> None:
    path = tmp_path / "large.tif"
    profile = {"driver": "GTiff", "width": 30000, "height": 2000, "count": 3, "dtype": "uint8", "sparse_ok": True}
    with rasterio.open(path, "w", crs="EPSG:32633", transform=Affine(10, 0, 5e5, 0, -10, 5e6), **profile):
        pass
    cost = "60.0 megapixels, about 3 minutes of one processor core with the embedded model, and 2.5 GiB"
    assert any(cost in note for note in describe([LayerRequest(str(path))], tiled=True).notes)
    assert not any("megapixels" in note for note in describe([LayerRequest(str(path))]).notes)


def test_bands_in_files_of_their_own_are_stacked_the_same_where_they_live_in_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = np.random.default_rng(0).integers(1, 5000, (2, 50, 60)).astype(np.uint16)
    data[0, :9], data[1, :, :7] = 0, 0
    layers = []
    for name, band in zip(("B02", "B8A"), data, strict=True):
        path = write(tmp_path / f"T33TWM_20200101_{name}.tif", band[None], crs=UTM, transform=NORTH_UP, nodata=0)
        layers.append(LayerRequest(str(path)))
    whole = open_scene(layers).views
    monkeypatch.setattr(large, "KEEP_BYTES", 1000)
    monkeypatch.setattr(large, "STRIP", 600)
    cut = open_scene(layers).views
    assert len(whole) == len(cut) == 1
    assert large.in_file(cut[0].pixels)
    np.testing.assert_array_equal(whole[0].pixels, cut[0].pixels)
    np.testing.assert_array_equal(whole[0].valid, cut[0].valid)


def test_a_polygon_is_cut_out_the_same_where_its_mask_lives_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = placed(tmp_path / "a.tif", NORTH_UP)
    left, top = NORTH_UP.c, NORTH_UP.f
    ring = [(left + 20, top - 10), (left + 400, top - 100), (left + 200, top - 380), (left + 20, top - 10)]
    area = Area(wkt=f"POLYGON (({', '.join(f'{x} {y}' for x, y in ring)}))", crs=UTM)
    whole = open_scene([LayerRequest(str(path))], area).views[0].valid
    monkeypatch.setattr(large, "KEEP_BYTES", 100)
    monkeypatch.setattr(large, "STRIP", 64)
    np.testing.assert_array_equal(whole, open_scene([LayerRequest(str(path))], area).views[0].valid)
    assert 0 < np.count_nonzero(whole) < whole.size


def test_web_mercator_metres_are_no_metres_on_the_ground(tmp_path: Path) -> None:
    (west,), (north,) = warp_points("EPSG:4326", "EPSG:3857", [15.0], [60.0])
    path = placed(tmp_path / "web.tif", Affine(20, 0, west, 0, -20, north), crs="EPSG:3857")
    gsd = open_scene([LayerRequest(str(path))]).gsd_m
    assert gsd is not None
    assert gsd == pytest.approx((10.0, 10.0), rel=0.01)
