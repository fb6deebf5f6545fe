"""HLS, MODIS, AppEEARS, PlanetScope and NAIP as they are delivered."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from rasterio.enums import ColorInterp

from terrascope.scene import LayerRequest, Scale, View, open_scene
from tests.backend.scene.products.made import LAND, SIZE, WATER, reflectance, write

SEVEN = ("red", "nir", "blue", "green", "nir1240", "swir1", "swir2")  # MODIS bands 1 to 7


def only(path: Path) -> View:
    (view,) = open_scene([LayerRequest(str(path))]).views
    return view


def is_right(view: View, names: tuple[str, ...], date: dt.date, tolerance: float = 6e-5) -> None:
    assert set(view.bands) == set(names)
    assert (view.scale, view.date) == (Scale.REFLECTANCE, date)
    for name in names:
        pixels = view.band(name)
        assert pixels is not None
        assert pixels[10, 4] == pytest.approx(WATER, abs=tolerance), name
        assert pixels[10, 28] == pytest.approx(LAND[name], abs=tolerance), name


def numbers(name: str, kind: str = "int16", gain: float = 1e4) -> np.ndarray:
    return np.round(reflectance(name) * gain).astype(kind)


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("L30", {"B02": "blue", "B03": "green", "B04": "red", "B05": "nir", "B06": "swir1", "B07": "swir2"}),
        ("S30", {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "B8A": "nir08", "B11": "swir1",
                 "B12": "swir2"}),
    ],
)  # fmt: skip
def test_hls(tmp_path: Path, kind: str, codes: dict[str, str]) -> None:
    name = f"HLS.{kind}.T33UXP.2020187T100039.v2.0"
    for code, band in codes.items():
        values = numbers(band)
        values[0] = -9999
        write(tmp_path / f"{name}.{code}.tif", values, 30, nodata=-9999, scales=(0.0001,))
    mask = np.full((SIZE, SIZE), 224, "uint8")  # high aerosol alone is no cloud
    for row, value in enumerate((255, 2, 4, 8, 16, 32)):
        mask[row] = value
    write(tmp_path / f"{name}.Fmask.tif", mask, 30, nodata=255)
    for angle in ("SAA", "SZA", "VAA", "VZA"):
        write(tmp_path / f"{name}.{angle}.tif", np.full((SIZE, SIZE), 3000, "uint16"), 30)
    view = only(tmp_path)
    is_right(view, tuple(codes.values()), dt.date(2020, 7, 5))
    assert [bool(view.valid[row].all()) for row in range(7)] == [False, False, False, False, True, True, True]


@pytest.mark.parametrize("scale", [10000.0, 0.0001, 1.0])
@pytest.mark.parametrize("product", ["MOD09A1", "MYD09A1"])
def test_modis_with_all_bands(tmp_path: Path, product: str, scale: float) -> None:
    data = np.stack([numbers(name) for name in SEVEN] + [np.zeros((SIZE, SIZE), "int16")])
    names = [f"sur_refl_b0{i}" for i in range(1, 8)] + ["sur_refl_szen"]
    file = write(tmp_path / f"{product}.A2020185.h18v04.061.tif", data, 500, names=names, scales=(scale,) * 8,
                 nodata=-28672)  # fmt: skip
    view = only(file)
    is_right(view, SEVEN, dt.date(2020, 7, 3))
    assert view.source.sensor == "MODIS"


def test_modis_without_descriptions(tmp_path: Path) -> None:
    data = np.stack([numbers(name) for name in SEVEN])
    file = write(tmp_path / "MOD09A1.A2020185.h18v04.061.2020200123456.tif", data, 500)
    is_right(only(file), SEVEN, dt.date(2020, 7, 3))


def test_mcd43a4(tmp_path: Path) -> None:
    data = np.stack([numbers(name) for name in SEVEN])
    data[:, 0] = 32767
    names = [f"Nadir_Reflectance_Band{i}" for i in range(1, 8)]
    view = only(write(tmp_path / "MCD43A4.A2020185.h18v04.061.tif", data, 500, names=names))
    is_right(view, SEVEN, dt.date(2020, 7, 3))
    assert not view.valid[0].any() and view.valid[1:].all()


def test_mod13_leaves_the_indices_out(tmp_path: Path) -> None:
    bands = ("red", "nir", "blue", "swir2")
    data = np.stack([np.full((SIZE, SIZE), 6000, "int16")] * 2 + [numbers(name) for name in bands])
    words = ("NDVI", "EVI", "red reflectance", "NIR reflectance", "blue reflectance", "MIR reflectance")
    names = [f"250m 16 days {word}" for word in words]
    is_right(only(write(tmp_path / "MOD13Q1.A2020177.h18v04.061.tif", data, 250, names=names)), bands,
             dt.date(2020, 6, 25))  # fmt: skip


@pytest.mark.parametrize("as_files", [True, False])
def test_appeears(tmp_path: Path, as_files: bool) -> None:
    for i, name in enumerate(SEVEN, 1):
        file = tmp_path / f"MOD09A1.061_sur_refl_b0{i}_doy2020185_aid0001.tif"
        write(file, numbers(name), 500, nodata=-28672, scales=(0.0001,))
    state = np.full((SIZE, SIZE), 72, "uint16")
    state[0], state[1], state[2] = 65535, 1, 4 + 72
    write(tmp_path / "MOD09A1.061_sur_refl_state_500m_doy2020185_aid0001.tif", state, 500, nodata=65535)
    write(tmp_path / "MOD09A1.061_sur_refl_qc_500m_doy2020185_aid0001.tif", np.ones((SIZE, SIZE), "uint32"), 500)
    if as_files:
        requests = [LayerRequest(str(each)) for each in sorted(tmp_path.iterdir())]
        (view,) = open_scene(requests).views
    else:
        view = only(tmp_path)
    is_right(view, SEVEN, dt.date(2020, 7, 3))
    assert [bool(view.valid[row].all()) for row in range(4)] == [False, False, False, True]


PLANET = {
    4: ("blue", "green", "red", "nir"),
    8: ("coastal", "blue", "green1", "green", "yellow", "red", "rededge1", "nir"),
}
COEFFICIENT = 2.1e-5


def planet_xml(count: int) -> str:
    bands = "".join(
        f"<ps:bandSpecificMetadata><ps:bandNumber>{i}</ps:bandNumber><ps:radiometricScaleFactor>0.01"
        f"</ps:radiometricScaleFactor><ps:reflectanceCoefficient>{COEFFICIENT * i}</ps:reflectanceCoefficient>"
        f"</ps:bandSpecificMetadata>"
        for i in range(1, count + 1)
    )
    return (
        '<ps:EarthObservation xmlns:ps="a" xmlns:eop="b"><eop:acquisitionDate>2020-07-05T09:45:12+00:00'
        f"</eop:acquisitionDate>{bands}</ps:EarthObservation>"
    )


@pytest.mark.parametrize("count", [4, 8])
@pytest.mark.parametrize("level", ["SR", "SR harmonized clip", "TOA"])
def test_planetscope(tmp_path: Path, count: int, level: str) -> None:
    name, eight = "20200705_094512_1035", "_8b" if count == 8 else ""
    clip = "_clip" if "clip" in level else ""
    if level == "TOA":
        gains = [1 / (COEFFICIENT * i) for i in range(1, count + 1)]
        (tmp_path / f"{name}_3B_AnalyticMS{eight}_metadata.xml").write_text(planet_xml(count))
        what = f"AnalyticMS{eight}"
    else:
        gains = [1e4] * count
        what = f"AnalyticMS_SR{eight}" + ("_harmonized" if clip else "")
    data = np.stack([numbers(band, "uint16", gain) for band, gain in zip(PLANET[count], gains)])
    data[:, 0] = 0
    colours = [ColorInterp.blue, ColorInterp.green, ColorInterp.red, ColorInterp.alpha] if count == 4 else None
    write(tmp_path / f"{name}_3B_{what}{clip}.tif", data, 3, colours=colours)
    udm2 = np.zeros((8, SIZE, SIZE), "uint8")
    udm2[0] = 1
    for row, band in ((1, 6), (2, 3), (3, 2), (4, 4)):  # cloud, shadow, snow, light haze
        udm2[band - 1, row] = 1
    write(tmp_path / f"{name}_3B_udm2{clip}.tif", udm2, 3)
    view = only(tmp_path)
    is_right(view, PLANET[count], dt.date(2020, 7, 5), 2e-4)
    assert [bool(view.valid[row].all()) for row in range(6)] == [False, False, False, True, True, True]


def test_naip_has_near_infrared_whatever_is_flagged(tmp_path: Path) -> None:
    data = np.stack([np.round(reflectance(n) * 255) for n in ("red", "green", "blue", "nir")]).astype("uint8")
    colours = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
    view = only(write(tmp_path / "m_4207141_ne_19_060_20211019.tif", data, 0.6, colours=colours))
    assert view.bands == ("red", "green", "blue", "nir")
    assert (view.scale, view.date, view.source.sensor) == (Scale.DISPLAY, dt.date(2021, 10, 19), "NAIP")
    assert view.valid.all()
    assert view.pixels[3, 10, 28] == pytest.approx(LAND["nir"], abs=0.002)
