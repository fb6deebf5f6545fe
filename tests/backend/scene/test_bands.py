"""Bands are recognised from what is most certain, the reason is given, and the user's word wins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from terrascope.errors import SceneError
from terrascope.scene import LayerRequest, Role, Scale, describe, open_scene, sensors
from terrascope.scene.layer import Layer, inspect

from .awkward import UTM, Affine, write

T = Affine(10, 0, 500000, 0, -10, 5000000)
S2_13 = (
    "coastal",
    "blue",
    "green",
    "red",
    "rededge1",
    "rededge2",
    "rededge3",
    "nir",
    "nir08",
    "watervapour",
    "cirrus",
    "swir1",
    "swir2",
)


def layer(folder: Path, name: str, count: int, dtype: str = "uint16", value: float = 1500, **more: Any) -> Layer:
    request = more.pop("request", {})
    spread = np.linspace(0.8, 1.2, 400).reshape(20, 20)
    data = (np.full((count, 20, 20), value) * spread).astype(dtype)
    return inspect(LayerRequest(str(write(folder / name, data, crs=UTM, transform=T, **more)), **request))


@pytest.mark.parametrize(
    ("name", "count", "dtype", "sensor", "bands"),
    [
        ("S2A_MSIL1C_20230715T103031_N0509_R108_T32TQM_20230715T164602.tif", 13, "uint16", "Sentinel-2", S2_13),
        ("S2B_MSIL2A_20200715T103031.tif", 12, "uint16", "Sentinel-2", tuple(b for b in S2_13 if b != "cirrus")),
        ("unknown.tif", 13, "uint16", None, S2_13),
        ("spyndex_s2_B02B03B04B08.tif", 4, "uint16", "Sentinel-2", ("blue", "green", "red", "nir")),
        ("S2_B8A_B11_B12.tif", 3, "uint16", "Sentinel-2", ("nir", "swir1", "swir2")),
        ("T32TQM_20220130T103031_B04_10m.tif", 1, "uint16", "Sentinel-2", ("red",)),
        ("LC08_L2SP_224063_20190806_20200827_02_T1_SR_B5.tif", 1, "uint16", "Landsat 8", ("nir",)),
        ("LC09_L2SP_224063_20220806_02_T1_SR_B7.tif", 1, "uint16", "Landsat 9", ("swir2",)),
        ("LT05_L2SP_224063_19900806_02_T1_SR_B5.tif", 1, "uint16", "Landsat 5", ("swir1",)),
        ("L7_ETMs.tif", 6, "uint8", "Landsat 7", ("blue", "green", "red", "nir", "swir1", "swir2")),
        ("landsat8_stack.tif", 7, "uint16", "Landsat 8", ("coastal", "blue", "green", "red", "nir", "swir1", "swir2")),
        ("HLS.L30.T15RYN.2021245T165849.v2.0.B05.tif", 1, "int16", "HLS L30", ("nir",)),
        ("HLS.S30.T15RYN.2021245T165849.v2.0.B11.tif", 1, "int16", "HLS S30", ("swir1",)),
        (
            "subsetted_512x512_HLS.S30.T10SEH.2018245.v1.4_merged.tif",
            6,
            "int16",
            "HLS S30",
            ("blue", "green", "red", "nir", "swir1", "swir2"),
        ),
        ("m_4110023_ne_14_060_20200831.tif", 4, "uint8", "NAIP", ("red", "green", "blue", "nir")),
        ("20200307_142355_1054_3B_AnalyticMS_SR.tif", 4, "uint16", "Planet", ("blue", "green", "red", "nir")),
        (
            "20220307_142355_1054_3B_AnalyticMS_SR_8b.tif",
            8,
            "uint16",
            "Planet",
            ("coastal", "blue", "green1", "green", "yellow", "red", "rededge1", "nir"),
        ),
        ("drone.tif", 3, "uint8", None, ("red", "green", "blue")),
        ("ortho_RGBNIR.tif", 4, "uint8", None, ("red", "green", "blue", "nir")),
        ("ortho_nrg.tif", 3, "uint8", None, ("nir", "red", "green")),
        ("grey.tif", 1, "uint8", None, ("gray",)),
    ],
)
def test_names_and_counts(
    tmp_path: Path, name: str, count: int, dtype: str, sensor: str | None, bands: tuple[str, ...]
) -> None:
    found = layer(tmp_path, name, count, dtype, 100 if dtype == "uint8" else 1500, photometric="MINISBLACK").found
    assert (found.sensor, found.bands, found.role) == (sensor, bands, Role.OPTICAL)
    assert found.reason


@pytest.mark.parametrize(
    ("name", "count", "dtype", "value", "bands", "db"),
    [
        ("S1A_IW_GRDH_1SDV_20200229T053100_vv.tif", 1, "float32", 0.05, ("vv",), -13.0),
        ("Ghana_53713_S1Hand.tif", 2, "float32", -13.0, ("vv", "vh"), -13.0),
        ("s1_vh_vv.tif", 2, "float32", 0.05, ("vh", "vv"), -13.0),
        ("two_unnamed.tif", 2, "float32", -13.3, ("vv", "vh"), -13.3),
        ("s1_x100.tif", 2, "int16", -1300, ("vv", "vh"), -13.0),
        ("ALOS_palsar_HH_HV.tif", 2, "float32", 0.05, ("hh", "hv"), -13.0),
        ("TSX_scene.tif", 1, "float32", 0.05, ("sar",), -13.0),
    ],
)
def test_radar(
    tmp_path: Path, name: str, count: int, dtype: str, value: float, bands: tuple[str, ...], db: float
) -> None:
    found = layer(tmp_path, name, count, dtype, value)
    assert (found.role, found.found.bands, found.conversion.scale) == (Role.SAR, bands, Scale.DB)
    shown = found.conversion.apply(np.full((count, 1, 1), value, np.float32))
    assert np.allclose(shown, db, atol=0.05)


def test_descriptions_come_before_names(tmp_path: Path) -> None:
    found = layer(tmp_path, "rgb.tif", 3, descriptions=("NIR", "Red", "Green")).found
    assert found.bands == ("nir", "red", "green")
    assert found.reason.startswith("band descriptions")


def test_quality_layers_are_left_out(tmp_path: Path) -> None:
    found = layer(tmp_path, "stack.tif", 5, descriptions=("B02", "B03", "B04", "B08", "SCL")).found
    assert (found.bands, found.indexes) == (("blue", "green", "red", "nir"), (1, 2, 3, 4))


def test_codes_mean_what_the_sensor_says(tmp_path: Path) -> None:
    codes = ("SR_B4", "SR_B5", "SR_B6")
    assert layer(tmp_path, "LC08_a.tif", 3, descriptions=codes).found.bands == ("red", "nir", "swir1")
    assert layer(tmp_path, "LT05_a.tif", 3, descriptions=("SR_B3", "SR_B4", "SR_B5")).found.bands == (
        "red",
        "nir",
        "swir1",
    )


def test_wavelengths_in_metadata(tmp_path: Path) -> None:
    path = tmp_path / "cube.tif"
    write(path, np.full((5, 8, 8), 900, np.uint16), crs=UTM, transform=T)
    import rasterio

    with rasterio.open(path, "r+") as out:
        for i, um in enumerate((0.49, 0.56, 0.665, 0.842, 1.61), 1):
            out.update_tags(i, wavelength=str(um), wavelength_units="Micrometers")
    found = inspect(LayerRequest(str(path))).found
    assert found.bands == ("blue", "green", "red", "nir", "swir1")
    assert found.reason.startswith("wavelengths")


def test_stac_item_beside_the_file(tmp_path: Path) -> None:
    item = {
        "stac_version": "1.0.0",
        "properties": {
            "platform": "sentinel-2b",
            "datetime": "2023-02-01T10:00:00Z",
            "s2:processing_baseline": "05.09",
        },
        "assets": {"data": {"href": "./x.tif", "eo:bands": [{"name": "B8A", "common_name": "nir08"}, {"name": "B04"}]}},
    }
    (tmp_path / "x.json").write_text(json.dumps(item))
    found = layer(tmp_path, "x.tif", 2)
    assert found.found.bands == ("nir", "red")
    assert found.found.sensor == "Sentinel-2"
    assert str(found.date) == "2023-02-01"
    assert found.conversion.offsets == (-0.1, -0.1)


@pytest.mark.parametrize(
    ("name", "value", "reflectance"),
    [
        ("S2A_MSIL2A_20230715T103031_N0509_R108_T32TQM_20230715T164602.tif", 3000, 0.2),
        ("S2A_MSIL2A_20210715T103031_N0301_R108_T32TQM_20210715T164602.tif", 3000, 0.3),
        ("S2A_20230716.tif", 700, 0.07),
        ("LC08_L2SP_224063_20190806_20200827_02_T1_SR_B5.tif", 10000, 0.075),
        ("HLS.L30.T15RYN.2021245T165849.v2.0.B05.tif", 3000, 0.3),
        ("20200307_142355_1054_3B_AnalyticMS_SR.tif", 3000, 0.3),
    ],
)
def test_sensor_scales(tmp_path: Path, name: str, value: int, reflectance: float) -> None:
    found = layer(tmp_path, name, 4 if "_B" not in name and "B05" not in name else 1, "uint16", value)
    assert found.conversion.scale is Scale.REFLECTANCE
    n = len(found.found.bands)
    assert np.allclose(found.conversion.apply(np.full((n, 1, 1), value, np.float32)), reflectance, atol=1e-6)


def test_the_user_wins(tmp_path: Path) -> None:
    request = {"bands": {"red": 3, "nir": 1}, "scale": "reflectance", "date": "2020-01-02", "role": "optical"}
    found = layer(tmp_path, "S1A_vv_20190101.tif", 3, request=request)
    assert found.found.bands == ("red", "nir")
    assert found.found.indexes == (3, 1)
    assert (found.role, str(found.date), found.conversion.scale) == (Role.OPTICAL, "2020-01-02", Scale.REFLECTANCE)


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        ({"bands": {"red": 9}}, "3 band"),
        ({"role": "lidar"}, "lidar"),
        ({"date": "soon"}, "soon"),
        ({"scale": "odd"}, "odd"),
    ],
)
def test_impossible_wishes_are_named(tmp_path: Path, request_: dict[str, Any], word: str) -> None:
    with pytest.raises(SceneError, match=word) as caught:
        layer(tmp_path, "three.tif", 3, "uint8", 90, request=request_)
    assert caught.value.hint


def test_a_picture_of_swir_nir_red_is_not_taken_for_red_green_blue(images: Path) -> None:
    found = inspect(LayerRequest(str(images / "demo_scenes/pucallpa_landsat_2020.tif")))
    assert found.found.bands == ("swir1", "nir", "red", "green")
    assert not found.found.sure


@pytest.mark.parametrize(
    "names",
    [
        ("Rojo", "Verde", "Azul", "Infrarrojo cercano"),
        ("Rot", "Grün", "Blau", "nahes Infrarot"),
        ("Rouge", "Vert", "Bleu", "Proche infrarouge (PIR)"),
        ("Vermelho", "Verde", "Azul", "Infravermelho próximo"),
        ("Rosso", "Verde", "Blu", "Infrarosso vicino"),
        ("红", "绿", "蓝", "近红外"),
        ("Banda 4 - rojo", "Banda 3 - verde", "Banda 2 - azul", "Banda 8 - infrarrojo"),
    ],
)
def test_bands_are_named_in_the_languages_of_the_product(tmp_path: Path, names: tuple[str, ...]) -> None:
    found = layer(tmp_path, "scene.tif", 4, descriptions=names)
    assert found.found.bands == ("red", "green", "blue", "nir")
    assert found.found.sure
    assert "bands" not in {each.what for each in found.doubts}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Infrarrojo de onda corta 1", "swir1"),
        ("infrarouge moyen 2", "swir2"),
        ("Red Edge 1 (705 nm)", "rededge1"),
        ("short-wave infrared 2", "swir2"),
        ("cloud-free red", "red"),
        ("NDVI (nir, red)", ""),
        ("Slope", ""),
        ("Landbedeckung", ""),
    ],
)
def test_the_longest_name_in_a_description_counts(text: str, name: str) -> None:
    assert sensors.band_from_text(text, None) == name


def test_thirteen_bands_with_sentinel_codes_are_sentinel_2(tmp_path: Path) -> None:
    codes = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B10", "B11", "B12")
    found = layer(tmp_path, "patch.tif", 13, descriptions=codes).found
    assert (found.sensor, found.bands) == ("Sentinel-2", S2_13)
    four = layer(tmp_path, "four.tif", 4, descriptions=("B2", "B3", "B4", "B8")).found
    assert (four.sensor, four.bands) == ("Sentinel-2", ("blue", "green", "red", "nir"))


def test_codes_that_two_sensors_share_are_said_to_be_unsure(tmp_path: Path) -> None:
    found = layer(tmp_path, "stack.tif", 6, descriptions=("B2", "B3", "B4", "B5", "B6", "B7"))
    assert found.found.bands == ("blue", "green", "red", "nir", "swir1", "swir2")
    assert ("bands", "name") in [(each.what, each.by) for each in found.doubts]


def nir_behind_rgb(folder: Path, nir: np.ndarray, **more: Any) -> Layer:
    rng = np.random.default_rng(1)
    data = np.concatenate([rng.integers(30, 200, (3, 60, 60)), nir[None]]).astype(np.uint8)
    request = more.pop("request", {})
    return inspect(LayerRequest(str(write(folder / "ortho.tif", data, crs=UTM, transform=T, **more)), **request))


def test_a_fourth_band_that_is_described_is_not_transparency(tmp_path: Path) -> None:
    nir = np.random.default_rng(2).integers(0, 255, (60, 60))
    found = nir_behind_rgb(tmp_path, nir, descriptions=(None, None, None, "nir")).found
    assert (found.bands, found.alpha) == (("red", "green", "blue", "nir"), None)


def test_a_band_of_many_values_is_no_transparency(tmp_path: Path) -> None:
    nir = np.random.default_rng(2).integers(0, 255, (60, 60))
    found = nir_behind_rgb(tmp_path, nir)
    assert (found.found.bands, found.found.alpha) == (("red", "green", "blue", "nir"), None)
    assert [(each.what, each.choice, each.by) for each in found.doubts] == [("alpha", "no", "pixels")]
    assert nir_behind_rgb(tmp_path, nir, request={"alpha": "yes"}).found.alpha == 4


def test_soft_edges_stay_transparency_and_what_lies_between_is_asked(tmp_path: Path) -> None:
    soft = np.full((60, 60), 255)
    soft[:20], soft[20] = 0, np.linspace(1, 254, 60)
    assert nir_behind_rgb(tmp_path, soft).found.alpha == 4
    between = soft.copy()
    between[21:24] = np.linspace(1, 254, 180).reshape(3, 60)
    assert [each.what for each in nir_behind_rgb(tmp_path, between).doubts if each.open] == ["alpha"]


def test_the_order_of_four_unnamed_bands_is_asked(tmp_path: Path) -> None:
    data = np.random.default_rng(3).integers(300, 3000, (4, 60, 60)).astype(np.uint16)
    path = str(write(tmp_path / "a.tif", data, crs=UTM, transform=T))
    (doubt,) = [each for each in inspect(LayerRequest(path)).doubts if each.what == "bands"]
    assert doubt.open
    assert [each.key for each in doubt.readings] == ["blue,green,red,nir", "red,green,blue,nir"]
    settled = LayerRequest(path).with_setting("bands", "red,green,blue,nir")
    assert inspect(settled).found.bands == ("red", "green", "blue", "nir")
    assert open_scene([settled]).views[0].bands == ("red", "green", "blue", "nir")


@pytest.mark.parametrize(
    ("name", "count", "dtype", "value", "more", "word"),
    [
        ("series.tif", 3, "float32", 0.4, {"descriptions": ("2020-05-01", "2020-06-01", "2020-07-01")}, "a date"),
        ("series.tif", 3, "int16", 4000, {"descriptions": ("NDVI_2019", "NDVI_2020", "NDVI_2021")}, "an index"),
        ("ndvi_series_3dates.tif", 3, "float32", 0.4, {}, "an index"),
        ("srtm_30m.tif", 1, "int16", 300, {}, "heights"),
        ("dgm1_hoehe.tif", 1, "float32", 300, {}, "heights"),
        ("worldcover_2021.tif", 1, "uint8", 40, {}, "classes"),
        ("terrain.tif", 3, "float32", 20, {"descriptions": ("Höhe", "Hangneigung", "Aspect")}, "heights"),
        ("cloud_mask.tif", 1, "uint8", 1, {}, "quality"),
    ],
)
def test_what_is_no_picture_is_said_to_be_none(
    tmp_path: Path, name: str, count: int, dtype: str, value: float, more: dict[str, Any], word: str
) -> None:
    found = layer(tmp_path, name, count, dtype, value, **more)
    assert word in found.found.no_picture
    with pytest.raises(SceneError, match="no picture of the ground") as error:
        open_scene([LayerRequest(found.header.path)])
    assert "Untick this layer" in error.value.hint
    picture = layer(tmp_path, "S2_20200705.tif", 4)
    scene = open_scene([LayerRequest(picture.header.path), LayerRequest(found.header.path)])
    assert [view.name for view in scene.views] == ["S2_20200705"]
    assert any("is left out" in note for note in scene.notes)
    described = describe([LayerRequest(picture.header.path), LayerRequest(found.header.path)])
    assert "left out" in described.layers[1].treatment


def test_unnamed_numbers_on_both_sides_of_0_are_no_reflectance(tmp_path: Path) -> None:
    data = np.random.default_rng(4).uniform(-0.6, 0.9, (3, 40, 40)).astype(np.float32)
    found = inspect(LayerRequest(str(write(tmp_path / "x.tif", data, crs=UTM, transform=T))))
    assert "below 0" in found.found.no_picture
    named = {"bands": {"red": 1, "green": 2, "blue": 3}}
    assert not inspect(LayerRequest(found.header.path, **named)).found.no_picture


def test_one_band_of_few_whole_numbers_is_a_map_of_classes(tmp_path: Path) -> None:
    data = np.random.default_rng(4).integers(1, 8, (1, 40, 40)).astype(np.uint8)
    found = inspect(LayerRequest(str(write(tmp_path / "x.tif", data, crs=UTM, transform=T))))
    assert "as classes have" in found.found.no_picture
    (tmp_path / "LULC").mkdir()
    grey = np.random.default_rng(4).integers(1, 200, (1, 40, 40)).astype(np.uint8)
    assert not inspect(LayerRequest(str(write(tmp_path / "y.tif", grey, crs=UTM, transform=T)))).found.no_picture
    by_folder = inspect(LayerRequest(str(write(tmp_path / "LULC" / "y.tif", grey, crs=UTM, transform=T))))
    assert "folder 'LULC'" in by_folder.found.no_picture
