"""What was not observed is not counted: declared by band, undeclared, in any colour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from terrascope.scene import LayerRequest, Scene, open_scene
from terrascope.scene.doubts import UnsettledError

from .awkward import ORIGIN, UTM, Affine, write

NORTH_UP = Affine(10, 0, ORIGIN[0], 0, -10, ORIGIN[1])
SIX = ("blue", "green", "red", "nir", "swir1", "swir2")
SIZE = 240


def land(bands: int = 6, low: float = 200, high: float = 3000) -> np.ndarray:
    return np.random.default_rng(1).uniform(low, high, (bands, SIZE, SIZE))


def collar() -> np.ndarray:
    y, x = np.mgrid[:SIZE, :SIZE]
    return (x + y < 120) | (x + y > 370)


def opened(path: Path, max_size: int = 1024, **request: Any) -> Scene:
    return open_scene([LayerRequest(str(path), **request)], max_size=max_size)


@pytest.mark.parametrize("max_size", [1024, 120])
@pytest.mark.parametrize(
    ("dtype", "scale", "value"),
    [("float32", 1e-4, 0), ("uint16", 1, 0), ("uint16", 1, 65535), ("int16", 1, 0), ("int16", 1, 32767),
     ("float32", 1, -3.4e38), ("uint16", 1, 9)],
)  # fmt: skip
def test_one_constant_colour_out_to_the_border_is_not_observed(
    tmp_path: Path, dtype: str, scale: float, value: float, max_size: int
) -> None:
    data = land() * scale
    data[:, collar()] = value
    scene = opened(
        write(tmp_path / "s.tif", data.astype(dtype), crs=UTM, transform=NORTH_UP, descriptions=SIX), max_size
    )
    view = scene.views[0]
    assert np.mean(view.valid) == pytest.approx(1 - collar().mean(), abs=0.012 if max_size == 120 else 1e-6)
    unit = 1.0 if view.scale.value == "raw" else 1e-4
    assert view.pixels[:, view.valid].min() > 150 * unit


@pytest.mark.parametrize("max_size", [1024, 120])
def test_a_fill_of_another_value_in_each_band_touches_no_ground_that_has_one_of_them(
    tmp_path: Path, max_size: int
) -> None:
    data = land(3).round()
    data[:, 100:104, 100:104] = np.array([12, 900, 800])[:, None, None]  # ground that shares one value with the fill
    data[:, collar()] = np.array([12, 30, 7])[:, None]
    path = write(tmp_path / "s.tif", data.astype("uint16"), crs=UTM, transform=NORTH_UP, descriptions=SIX[:3])
    view = opened(path, max_size).views[0]
    assert view.valid[view.valid.shape[0] * 102 // SIZE, view.valid.shape[1] * 102 // SIZE]
    assert np.mean(view.valid) == pytest.approx(1 - collar().mean(), abs=0.012 if max_size == 120 else 1e-6)


def test_fill_beside_a_declared_nodata(tmp_path: Path) -> None:
    data = land() * 1e-4
    data[:, collar()] = 0
    data[:, 100:140, 100:140] = -9999
    path = write(
        tmp_path / "s.tif", data.astype("float32"), crs=UTM, transform=NORTH_UP, descriptions=SIX, nodata=-9999
    )
    for max_size in (1024, 120):
        view = opened(path, max_size).views[0]
        hole = 1600 / SIZE**2
        assert np.mean(view.valid) == pytest.approx(1 - collar().mean() - hole, abs=0.012)


def test_nodata_declared_by_band(tmp_path: Path) -> None:
    data = land(3)
    for band, value in enumerate((-9999, -32768, -1)):
        data[band, :, 200:] = value
    write(tmp_path / "s.tif", data.astype("int16"), crs=UTM, transform=NORTH_UP)
    bands = "".join(
        f'<VRTRasterBand dataType="Int16" band="{n}"><Description>{name}</Description>'
        f"<NoDataValue>{value}</NoDataValue>"
        f'<SimpleSource><SourceFilename relativeToVRT="1">s.tif</SourceFilename><SourceBand>{n}</SourceBand>'
        "</SimpleSource></VRTRasterBand>"
        for n, (name, value) in enumerate(zip(("red", "green", "blue"), (-9999, -32768, -1)), 1)
    )
    (tmp_path / "s.vrt").write_text(
        f'<VRTDataset rasterXSize="{SIZE}" rasterYSize="{SIZE}"><SRS>{UTM}</SRS>'
        f"<GeoTransform>{ORIGIN[0]},10,0,{ORIGIN[1]},0,-10</GeoTransform>{bands}</VRTDataset>"
    )
    for max_size in (1024, 120):
        view = opened(tmp_path / "s.vrt", max_size).views[0]
        assert view.valid[:, : view.valid.shape[1] * 5 // 6].all()
        assert not view.valid[:, view.valid.shape[1] * 5 // 6 :].any()
        assert view.pixels.min() >= 0


def rgb(dark: np.ndarray, **more: Any) -> dict[str, Any]:
    data = land(3, 40, 220)
    data[:, dark] = 0
    return {"data": data.astype("uint8"), "crs": UTM, "transform": NORTH_UP, "photometric": "RGB", **more}


def test_black_of_an_8_bit_picture_is_fill_where_nothing_fades_into_it_and_asked_where_dark_ground_does(
    tmp_path: Path,
) -> None:
    view = opened(write(tmp_path / "a.tif", **rgb(collar()))).views[0]
    assert np.mean(view.valid) == pytest.approx(1 - collar().mean())
    fading = rgb(collar())
    near = np.roll(collar(), 8, axis=1) & ~collar()
    fading["data"][:, near] = np.random.default_rng(2).integers(1, 3, (3, int(near.sum())))
    path = write(tmp_path / "b.tif", **fading)
    with pytest.raises(UnsettledError, match="nodata=0"):
        opened(path)
    assert opened(path, nodata="none").views[0].valid.all()
    assert np.mean(opened(path, nodata="0").views[0].valid) == pytest.approx(1 - collar().mean())


def test_flat_colours_and_dark_ground_inside_are_no_fill(tmp_path: Path) -> None:
    inside = np.zeros((SIZE, SIZE), bool)
    inside[80:160, 80:160] = True
    assert opened(write(tmp_path / "a.tif", **rgb(inside))).views[0].valid.all()
    flat = np.zeros((3, SIZE, SIZE), np.uint16)
    flat[:, :, :80], flat[:, :, 80:] = np.array([300, 200, 100])[:, None, None], np.array([30, 20, 10])[:, None, None]
    assert opened(write(tmp_path / "b.tif", flat, crs=UTM, transform=NORTH_UP)).views[0].valid.all()


def test_fill_stays_fill_through_a_warp(tmp_path: Path) -> None:
    base = write(tmp_path / "base.tif", land().astype("uint16"), crs=UTM, transform=NORTH_UP, descriptions=SIX)
    data = land()
    data[:, collar()] = np.array([12, 30, 7, 9, 14, 3])[:, None]
    path = write(tmp_path / "o.tif", data.astype("uint16"), crs=UTM, descriptions=SIX,
                 transform=NORTH_UP @ Affine.translation(0.5, 0.5))  # fmt: skip
    view = open_scene([LayerRequest(str(base)), LayerRequest(str(path))]).views[1]
    assert np.mean(view.valid) == pytest.approx(1 - collar().mean(), abs=0.02)
    assert view.pixels[:, view.valid].min() > 0.018


@pytest.mark.parametrize("name", ["S1_db.tif", "S1_amp.tif"])
def test_radar_is_averaged_as_power(tmp_path: Path, name: str) -> None:
    power = 0.05 * np.random.default_rng(3).gamma(
        1, 1, (2, 400, 400)
    )  # single look: the mean of decibels is 2.5 dB low
    data = 10 * np.log10(power) if "db" in name else np.sqrt(power)
    path = write(tmp_path / name, data.astype("float32"), crs=UTM, transform=NORTH_UP, descriptions=("VV", "VH"))
    view = opened(path, 40).views[0]
    truth = 10 * np.log10(power.reshape(2, 40, 10, 40, 10).mean((2, 4)))
    assert np.abs(view.pixels - truth).max() < 0.01
    assert any("averaged to one, as power" in note for note in view.source.notes)
