"""Sentinel-1 products: what the numbers are is read from the product's name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.control import GroundControlPoint

from terrascope.scene import LayerRequest, Role, Scale, View, open_scene
from tests.backend.scene.products.made import SIZE, write

VV, VH = 0.08, 0.018  # power


def power(level: float) -> np.ndarray:
    values = np.full((SIZE, SIZE), level)
    values[:, : SIZE // 2] = 0.003
    values[:2] = -0.0004  # noise was taken away, and a little more
    values[-1] = 0
    return values


def is_right(view: View) -> None:
    assert view.bands == ("vv", "vh")
    assert (view.role, view.scale, view.date) == (Role.SAR, Scale.DB, dt.date(2020, 7, 5))
    assert view.pixels[0, 10, 28] == pytest.approx(10 * np.log10(VV), abs=0.02)
    assert view.pixels[1, 10, 28] == pytest.approx(10 * np.log10(VH), abs=0.02)
    assert view.pixels[0, 10, 4] == pytest.approx(10 * np.log10(0.003), abs=0.02)


@pytest.mark.parametrize("kind", ["p", "a", "d"])
def test_hyp3(tmp_path: Path, kind: str) -> None:
    name = f"S1A_IW_20200705T165111_DVP_RTC30_G_g{kind}uned_FD6A"
    for band, level in (("VV", VV), ("VH", VH)):
        values = power(level)
        if kind == "a":
            values = np.sqrt(np.maximum(values, 0))
        elif kind == "d":
            values = 10 * np.log10(np.maximum(values, 1e-4))
        write(tmp_path / f"{name}_{band}.tif", values.astype("float32"), 30, nodata=0)
    write(tmp_path / f"{name}_ls_map.tif", np.ones((SIZE, SIZE), "uint8"), 30)
    scene = open_scene([LayerRequest(str(tmp_path))])
    is_right(scene.views[0])
    assert "gamma0" in " ".join(scene.notes)


@pytest.mark.parametrize("layout", ["opera", "planetary computer"])
def test_gamma0_as_power(tmp_path: Path, layout: str) -> None:
    opera = "OPERA_L2_RTC-S1_T069-147170-IW1_20200705T165111Z_20230912T010203Z_S1A_30_v1.0"
    rtc = "S1A_IW_GRDH_1SDV_20200705T165111_20200705T165136_033322_03DC5B_rtc"
    for band, level in (("VV", VV), ("VH", VH)):
        name = f"{opera}/{opera}_{band}.tif" if layout == "opera" else f"{rtc}/measurement/iw-{band.lower()}.rtc.tiff"
        write(tmp_path / name, power(level).astype("float32"), 30)
    if layout == "opera":
        mask = np.zeros((SIZE, SIZE), "uint8")
        mask[5] = 1
        write(tmp_path / opera / f"{opera}_mask.tif", mask, 30, nodata=255)
    view = open_scene([LayerRequest(str(next(tmp_path.iterdir())))]).views[0]
    is_right(view)
    assert not view.valid[-1].any()
    assert view.valid[5].all() is np.bool_(layout != "opera")


def grd(folder: Path, *, tables: bool = True) -> Path:
    """A GRD product: amplitudes in radar geometry under control points, tables that change along range and azimuth."""
    root = folder / "S1A_IW_GRDH_1SDV_20200705T165111_20200705T165136_033322_03DC5B_1A2B.SAFE"
    (root / "annotation/calibration").mkdir(parents=True)
    (root / "manifest.safe").write_text("<xfdu/>")
    rows = cols = 64
    row, col = np.mgrid[:rows, :cols]
    sigma = 4000 + 20.0 * col
    noise = (30000 - 100.0 * col) * (1 + row / 128)
    corners = [(r, c) for r in (0, 32, 64) for c in (0, 32, 64)]
    points = [GroundControlPoint(r, c, 15 + c * 1e-3, 46 - r * 1e-3) for r, c in corners]
    pixels = " ".join(map(str, range(0, 65, 16)))
    for number, (band, level) in enumerate((("vv", VV), ("vh", VH)), 1):
        power = np.full((rows, cols), level)
        power[:, :32] = 0.003
        numbers = np.sqrt(power * sigma**2 + noise)
        numbers[:, :2] = 0
        stem = f"s1a-iw-grd-{band}-20200705t165111-20200705t165136-033322-03dc5b-00{number}"
        path = root / f"measurement/{stem}.tiff"
        path.parent.mkdir(exist_ok=True)
        with rasterio.open(path, "w", driver="GTiff", count=1, height=rows, width=cols, dtype="uint16",
                           gcps=points, crs="EPSG:4326") as file:  # fmt: skip
            file.write(np.round(numbers).astype("uint16"), 1)
        if not tables:
            continue
        table = " ".join(f"{4000 + 20.0 * p}" for p in range(0, 65, 16))
        vectors = "".join(
            f"<calibrationVector><line>{line}</line><pixel>{pixels}</pixel><sigmaNought>{table}</sigmaNought>"
            "</calibrationVector>"
            for line in (0, 63)
        )
        calibration = f"<calibration><calibrationVectorList>{vectors}</calibrationVectorList></calibration>"
        (root / f"annotation/calibration/calibration-{stem}.xml").write_text(calibration)
        table = " ".join(f"{30000 - 100.0 * p}" for p in range(0, 65, 16))
        vectors = "".join(
            f"<noiseRangeVector><line>{line}</line><pixel>{pixels}</pixel><noiseRangeLut>{table}</noiseRangeLut>"
            "</noiseRangeVector>"
            for line in (0, 63)
        )
        azimuth = (
            "<noiseAzimuthVector><swath>IW1</swath><firstAzimuthLine>0</firstAzimuthLine><firstRangeSample>0"
            "</firstRangeSample><lastAzimuthLine>63</lastAzimuthLine><lastRangeSample>63</lastRangeSample>"
            f"<line>0 63</line><noiseAzimuthLut>1 {1 + 63 / 128}</noiseAzimuthLut></noiseAzimuthVector>"
        )
        noises = f"<noise>{vectors}{azimuth}</noise>"
        (root / f"annotation/calibration/noise-{stem}.xml").write_text(noises)
    return root


def test_grd_is_calibrated_by_its_own_tables(tmp_path: Path) -> None:
    scene = open_scene([LayerRequest(str(grd(tmp_path)))])
    (view,) = scene.views
    assert view.bands == ("vv", "vh")
    assert (view.role, view.scale, view.date) == (Role.SAR, Scale.DB, dt.date(2020, 7, 5))
    height, width = view.valid.shape
    east = np.s_[height // 8 : -height // 8, width * 5 // 8 : width * 7 // 8]
    west = np.s_[height // 8 : -height // 8, width // 8 : width * 3 // 8]
    for pixels, place, level in ((view.pixels[0], east, VV), (view.pixels[1], east, VH), (view.pixels[0], west, 0.003)):
        rows = np.median(pixels[place], axis=1)  # of whole numbers the mean of a row is right, a pixel is rounded
        assert rows == pytest.approx(10 * np.log10(level), abs=0.1)
    assert not view.valid[height // 2, 0]
    said = " ".join(scene.notes)
    assert "sigma0 by its calibration and noise tables, from the product's metadata" in said
    assert "positions are unsure" in said


def test_one_measurement_takes_the_tables_of_its_product(tmp_path: Path) -> None:
    file = next(grd(tmp_path).glob("measurement/*-vv-*"))
    scene = open_scene([LayerRequest(str(file))])
    assert "calibration and noise tables" in " ".join(scene.notes)


def test_grd_without_tables_says_that_it_is_not_calibrated(tmp_path: Path) -> None:
    scene = open_scene([LayerRequest(str(grd(tmp_path, tables=False)))])
    assert "without calibration" in " ".join(scene.notes)
