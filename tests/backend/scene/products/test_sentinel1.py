"""Sentinel-1 products: what the numbers are is read from the product's name."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

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
