"""What numbers mean is read from metadata and names, and checked with the pixels: what contradicts them is not used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from terrascope.scene import LayerRequest, Scale, open_scene
from terrascope.scene.layer import Layer, inspect

from .awkward import UTM, Affine, write

T = Affine(10, 0, 500000, 0, -10, 5000000)
SIX = ("blue", "green", "red", "nir", "swir1", "swir2")
S2 = ("B02", "B03", "B04", "B08", "B11", "B12")
PLANTS = (0.035, 0.065, 0.040, 0.38, 0.19, 0.09)
SOIL = (0.07, 0.10, 0.14, 0.24, 0.31, 0.24)
WATER = (0.045, 0.040, 0.030, 0.015, 0.008, 0.005)
DESERT = (0.16, 0.22, 0.32, 0.40, 0.48, 0.44)


def ground(*spectra: tuple[float, ...]) -> np.ndarray:
    """Reflectance [6, 60, 60] of stripes of spectra, with a little noise."""
    rng = np.random.default_rng(1)
    rows = np.arange(60) * len(spectra) // 60
    return np.stack([np.array(spectra)[rows, b] for b in range(6)])[:, :, None] * rng.gamma(200, 1 / 200, (6, 60, 60))


def layer(folder: Path, name: str, data: np.ndarray, names: tuple[str, ...] = SIX, **more: Any) -> Layer:
    scales, offsets, request = more.pop("scales", None), more.pop("offsets", None), more.pop("request", {})
    path = write(folder / name, data, crs=UTM, transform=T, descriptions=names, **more)
    if scales or offsets:
        with rasterio.open(path, "r+") as out:
            out.scales = scales or (1.0,) * out.count
            out.offsets = offsets or (0.0,) * out.count
    return inspect(LayerRequest(str(path), **request))


def reflectance(found: Layer, data: np.ndarray) -> np.ndarray:
    return found.conversion.apply(np.asarray(data, np.float32).copy())


def asked(found: Layer) -> list[str]:
    return [each.what for each in found.doubts if each.open]


LAND = ground(PLANTS, SOIL, WATER)


def test_a_declared_scale_that_was_applied_already_is_left_out(tmp_path: Path) -> None:
    found = layer(tmp_path, "s2.tif", LAND.astype(np.float32), scales=(1e-4,) * 6)
    assert np.allclose(reflectance(found, LAND), LAND, atol=1e-6)
    assert [(each.what, each.by) for each in found.doubts] == [("scale", "pixels")]


def test_a_declared_scale_that_divides_is_turned_round(tmp_path: Path) -> None:
    data = np.round(LAND * 10000).astype(np.int32)
    found = layer(tmp_path, "x.tif", data, scales=(10000.0,) * 6)
    assert np.allclose(reflectance(found, data), LAND, atol=1e-4)


def test_a_scale_declared_for_some_bands_is_that_of_all(tmp_path: Path) -> None:
    data = np.round(LAND * 10000).astype(np.uint16)
    found = layer(tmp_path, "x.tif", data, scales=(1e-4, 1.0, 1e-4, 1e-4, 1.0, 1e-4))
    assert np.allclose(reflectance(found, data), LAND, atol=1e-4)
    assert [(each.what, each.by) for each in found.doubts] == [("scale", "siblings")]


def test_the_offset_of_landsat_collection_2_belongs_to_its_scale(tmp_path: Path) -> None:
    data = np.round((LAND + 0.2) / 2.75e-5).astype(np.uint16)
    found = layer(tmp_path, "x.tif", data, scales=(2.75e-5,) * 6)
    assert np.allclose(reflectance(found, data), LAND, atol=1e-4)


def test_a_scale_that_gives_no_reflectance_either_way_is_asked(tmp_path: Path) -> None:
    data = np.round(LAND * 1e6).astype(np.int32)
    assert asked(layer(tmp_path, "x.tif", data, scales=(1e-4,) * 6)) == ["scale"]
    by_hand = layer(tmp_path, "x.tif", data, scales=(1e-4,) * 6, request={"scale": "1e-6"})
    assert np.allclose(reflectance(by_hand, data), LAND, atol=1e-5)


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
@pytest.mark.parametrize(
    ("name", "lift", "water", "right"),
    [
        ("S2_20230705.tif", 1000, WATER, True),
        ("S2_20230705.tif", 1000, (0.02, 0.012, 0.004, -0.006, -0.008, -0.008), True),
        ("S2_20230705.tif", 0, WATER, True),  # harmonised
        ("S2_20200705.tif", 0, WATER, True),
        ("S2_20200705.tif", 1000, WATER, True),  # of the reprocessed collection
        ("S2_scene.tif", 1000, WATER, True),
        ("S2_scene.tif", 0, WATER, True),
    ],
)
def test_the_offset_of_sentinel_2_is_seen_where_the_baseline_is_not_known(
    tmp_path: Path, name: str, lift: int, water: tuple[float, ...], right: bool, dtype: str
) -> None:
    truth = ground(PLANTS, SOIL, water)
    data = np.clip(np.round(truth * 10000) + lift, 1, None).astype(dtype)
    found = layer(tmp_path, name, data, S2)
    assert not asked(found)
    assert np.abs(reflectance(found, data) - truth).max() < 0.01


@pytest.mark.parametrize("lift", [0, 1000])
def test_over_bright_ground_the_offset_is_asked_and_a_word_settles_it(tmp_path: Path, lift: int) -> None:
    truth = ground(DESERT)
    data = (np.round(truth * 10000) + lift).astype(np.uint16)
    assert asked(layer(tmp_path, "S2_20230705.tif", data, S2)) == ["offset"]
    by_hand = layer(tmp_path, "S2_20230705.tif", data, S2, request={"offset": str(-lift)})
    assert np.allclose(reflectance(by_hand, data), truth, atol=1e-4)
    assert asked(layer(tmp_path, "S2_20190705.tif", data, S2)) == ["offset"]


def test_a_baseline_whose_offset_was_taken_away_already_is_asked(tmp_path: Path) -> None:
    data = np.round(LAND * 10000).astype(np.uint16)
    name = "S2A_MSIL2A_20230715T103031_N0509_R108_T32TQM_20230715T164602_stack.tif"
    assert asked(layer(tmp_path, name, data, S2)) == ["offset"]


def test_an_offset_without_a_sensor_and_without_a_date_is_seen(tmp_path: Path) -> None:
    data = (np.round(LAND * 10000) + 1000).astype(np.uint16)
    found = layer(tmp_path, "patch.tif", data)
    assert np.allclose(reflectance(found, data), LAND, atol=1e-4)
    assert [(each.what, each.by) for each in found.doubts] == [("offset", "pixels")]


@pytest.mark.parametrize(
    ("law", "open_"),
    [((2.75e-5, -0.2), False), ((1e-4, 0.0), False), ((2e-5, -0.1), True)],
    ids=["collection 2", "collection 1", "level 1"],
)
def test_landsat_of_an_unknown_level(tmp_path: Path, law: tuple[float, float], open_: bool) -> None:
    data = np.round((LAND - law[1]) / law[0]).astype(np.uint16)
    found = layer(tmp_path, "landsat8_scene.tif", data)
    assert asked(found) == (["scale"] if open_ else [])
    if not open_:
        assert np.allclose(reflectance(found, data), LAND, atol=1e-4)


def test_per_cent_with_infrared_bands(tmp_path: Path) -> None:
    found = layer(tmp_path, "x.tif", (LAND * 100).astype(np.float32))
    assert np.allclose(reflectance(found, LAND * 100), LAND, atol=1e-5)
    assert found.doubts[0].by == "pixels"


def radar(vv: float, vh: float, noise: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.stack([level * rng.gamma(4.4, 1 / 4.4, (60, 60)) - less for level, less in zip((vv, vh), noise)])


def test_power_that_noise_removal_took_below_0_is_power(tmp_path: Path) -> None:
    data = np.concatenate([radar(0.003, 0.0006, (0.0004, 0.0009)), radar(0.08, 0.018)], axis=1).astype(np.float32)
    found = layer(tmp_path, "S1A_sigma0.tif", data, ("VV", "VH"))
    assert found.conversion.scale is Scale.DB
    shown = reflectance(found, np.array([[[0.1, -0.0005]], [[0.01, 0.0]]], np.float32))
    assert np.allclose(shown, [[[-10, -40]], [[-20, -40]]], atol=1e-3)
    sea = layer(tmp_path, "S1A_sea.tif", radar(0.003, 0.0006, (0.0004, 0.0009)).astype(np.float32), ("VV", "VH"))
    assert np.allclose(reflectance(sea, np.full((2, 1, 1), 0.1)), -10, atol=1e-3)


def test_amplitudes_without_a_name_are_asked(tmp_path: Path) -> None:
    data = np.sqrt(radar(0.08, 0.018)).astype(np.float32)
    assert asked(layer(tmp_path, "S1A_scene.tif", data, ("VV", "VH"))) == ["scale"]
    named = layer(tmp_path, "S1A_scene_amp.tif", data, ("VV", "VH"))
    assert np.allclose(reflectance(named, np.full((2, 1, 1), 0.1)), -20, atol=1e-3)
    by_hand = layer(tmp_path, "S1A_scene.tif", data, ("VV", "VH"), request={"scale": "amplitude"})
    assert np.allclose(reflectance(by_hand, np.full((2, 1, 1), 0.1)), -20, atol=1e-3)


def test_radar_numbers_that_are_neither_decibels_nor_power_are_asked(tmp_path: Path) -> None:
    data = np.random.default_rng(5).normal(0, 40, (2, 60, 60)).astype(np.float32)
    assert asked(layer(tmp_path, "S1A_scene.tif", data, ("VV", "VH"))) == ["scale"]


def test_the_files_of_one_image_share_what_one_of_them_shows(tmp_path: Path) -> None:
    codes = [code for code in S2 if code != "B02"]
    bright = ground(PLANTS, SOIL, DESERT)[1:]
    bright[2] = np.maximum(bright[2], 0.09)  # a band without dark ground
    paths = [
        write(
            tmp_path / f"S2_20230705_{code}.tif", np.round(band * 10000)[None].astype(np.uint16), crs=UTM, transform=T
        )
        for code, band in zip(codes, bright)
    ]
    assert any(asked(inspect(LayerRequest(str(path)))) for path in paths)
    scene = open_scene([LayerRequest(str(path)) for path in paths])
    (view,) = scene.views
    assert np.abs(view.pixels - bright).max() < 1e-4
