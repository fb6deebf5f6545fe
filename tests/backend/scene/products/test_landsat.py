"""Landsat products of all levels and collections: scale by level, clouds by the quality band, the rest left out."""

from __future__ import annotations

import datetime as dt
import json
import math
import tarfile
from pathlib import Path

import numpy as np
import pytest

from terrascope.scene import LayerRequest, Scale, Scene, describe, open_scene
from tests.backend.scene.products.made import LAND, SIZE, WATER, reflectance, write

OLI = {1: "coastal", 2: "blue", 3: "green", 4: "red", 5: "nir", 6: "swir1", 7: "swir2"}
TM = {1: "blue", 2: "green", 3: "red", 4: "nir", 5: "swir1", 7: "swir2"}
SUN = 40.0


def is_right(scene: Scene, bands: dict[int, str], tolerance: float = 3e-5) -> None:
    (view,) = scene.views
    assert set(view.bands) == set(bands.values())
    assert (view.scale, view.date) == (Scale.REFLECTANCE, dt.date(2020, 7, 5))
    for name in ("blue", "red", "nir", "swir2"):
        pixels = view.band(name)
        assert pixels is not None
        assert pixels[10, 4] == pytest.approx(WATER, abs=tolerance)
        assert pixels[10, 28] == pytest.approx(LAND[name], abs=tolerance)


def mtl(groups: dict[str, dict[str, object]]) -> str:
    lines = {
        name: "".join(f"    {key} = {value}\n" for key, value in values.items()) for name, values in groups.items()
    }
    body = "".join(f"  GROUP = {name}\n{text}  END_GROUP = {name}\n" for name, text in lines.items())
    return f"GROUP = LANDSAT_METADATA_FILE\n{body}END_GROUP = LANDSAT_METADATA_FILE\nEND\n"


def coefficients(bands: dict[int, str], gain: float, offset: float) -> dict[str, object]:
    return {f"REFLECTANCE_MULT_BAND_{n}": gain for n in bands} | {f"REFLECTANCE_ADD_BAND_{n}": offset for n in bands}


def level2(folder: Path, sensor: str = "LC08", bands: dict[int, str] | None = None, with_mtl: bool = True) -> Path:
    """Collection 2 Level 2 with its side files; row 0 cloud, row 1 shadow, row 2 dilated, row 3 fill, row 4 snow."""
    bands = bands or OLI
    name = f"{sensor}_L2SP_190028_20200705_20200913_02_T1"
    for number, band in bands.items():
        numbers = np.round((reflectance(band) + 0.2) / 2.75e-5).astype("uint16")
        numbers[3] = 0
        write(folder / f"{name}_SR_B{number}.TIF", numbers, 30, nodata=0)
    qa = np.full((SIZE, SIZE), 21824, "uint16")
    for row, value in enumerate((22280, 23888, 21762, 1, 30048)):
        qa[row] = value
    write(folder / f"{name}_QA_PIXEL.TIF", qa, 30, nodata=1)
    one = np.ones((SIZE, SIZE))
    write(folder / f"{name}_QA_RADSAT.TIF", (one * 0).astype("uint16"), 30)
    write(folder / f"{name}_SR_QA_AEROSOL.TIF", (one * 96).astype("uint8"), 30, nodata=1)
    for kind in ("ST_B10", "ST_QA", "ST_EMIS", "ST_TRAD"):
        write(folder / f"{name}_{kind}.TIF", (one * 43000).astype("uint16"), 30, nodata=0)
    if with_mtl:
        groups = {
            "IMAGE_ATTRIBUTES": {"DATE_ACQUIRED": "2020-07-05", "SUN_ELEVATION": SUN},
            "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS": coefficients(bands, 2.75e-5, -0.2),
            "LEVEL1_RADIOMETRIC_RESCALING": coefficients(bands, 2e-5, -0.1),
        }
        (folder / f"{name}_MTL.txt").write_text(mtl(groups))
    return folder


def level1(folder: Path, name: str, bands: dict[int, str], gain: float, offset: float, form: str = "txt") -> Path:
    """Level 1 with an MTL of one form; 8-bit where the numbers of the instrument are."""
    eight_bit = name.startswith(("LT05", "LE07"))
    for number, band in bands.items():
        numbers = np.round((reflectance(band) * math.sin(math.radians(SUN)) - offset) / gain)
        write(folder / f"{name}_B{number}.TIF", numbers.astype("uint8" if eight_bit else "uint16"), 30)
    groups: dict[str, dict[str, object]] = {
        "IMAGE_ATTRIBUTES": {"DATE_ACQUIRED": "2020-07-05", "SUN_ELEVATION": SUN},
        "LEVEL1_RADIOMETRIC_RESCALING": coefficients(bands, gain, offset),
    }
    if form == "txt":
        (folder / f"{name}_MTL.txt").write_text(mtl(groups))
    elif form == "json":
        (folder / f"{name}_MTL.json").write_text(json.dumps({"LANDSAT_METADATA_FILE": groups}))
    elif form == "xml":
        body = "".join(
            f"<{g}>" + "".join(f"<{k}>{v}</{k}>" for k, v in values.items()) + f"</{g}>" for g, values in groups.items()
        )
        (folder / f"{name}_MTL.xml").write_text(f"<LANDSAT_METADATA_FILE>{body}</LANDSAT_METADATA_FILE>")
    return folder


@pytest.mark.parametrize(("sensor", "bands"), [("LC08", OLI), ("LC09", OLI), ("LE07", TM), ("LT05", TM)])
@pytest.mark.parametrize("with_mtl", [True, False])
def test_collection_2_level_2(tmp_path: Path, sensor: str, bands: dict[int, str], with_mtl: bool) -> None:
    scene = open_scene([LayerRequest(str(level2(tmp_path, sensor, bands, with_mtl)))])
    is_right(scene, bands)
    valid = scene.views[0].valid
    assert not valid[:4].any()
    assert valid[4:].all()  # snow is ground
    said = " ".join(scene.notes)
    assert f"Landsat {int(sensor[2:])} Collection 2 Level 2, surface reflectance" in said
    assert "aerosol quality" in said and "surface temperature" in said
    assert f"{2 / 32:.1%} cloud" in said


def test_all_files_ticked_at_once_is_the_folder(tmp_path: Path) -> None:
    files = sorted(level2(tmp_path).glob("*.TIF"))
    requests = [LayerRequest(str(file)) for file in files]
    is_right(open_scene(requests), OLI)
    layers = describe(requests).layers
    assert len(layers) == len(files)
    assert {Path(each.path).stem.split("_T1_")[1] for each in layers if not each.bands} == {
        "QA_PIXEL", "QA_RADSAT", "SR_QA_AEROSOL", "ST_B10", "ST_QA", "ST_EMIS", "ST_TRAD",
    }  # fmt: skip


@pytest.mark.parametrize("ending", [".tar", ".tar.gz"])
def test_tar(tmp_path: Path, ending: str) -> None:
    folder = level2(tmp_path / "in")
    path = tmp_path / f"LC08_L2SP_190028_20200705_20200913_02_T1{ending}"
    with tarfile.open(path, "w:gz" if ending.endswith("gz") else "w") as tar:
        for file in sorted(folder.iterdir()):
            tar.add(file, file.name)
    is_right(open_scene([LayerRequest(str(path))]), OLI)


def test_the_mtl_file_stands_for_the_product(tmp_path: Path) -> None:
    level2(tmp_path)
    is_right(open_scene([LayerRequest(str(next(tmp_path.glob("*_MTL.txt"))))]), OLI)


@pytest.mark.parametrize("form", ["txt", "json", "xml"])
@pytest.mark.parametrize(
    ("name", "bands", "gain", "offset"),
    [
        ("LC08_L1TP_190028_20200705_20200913_02_T1", OLI, 2e-5, -0.1),
        ("LC09_L1GT_190028_20200705_20200913_02_T2", OLI, 2e-5, -0.1),
        ("LC08_L1TP_190028_20200705_20200705_01_RT", OLI, 2e-5, -0.1),
        ("LE07_L1TP_190028_20200705_20200913_02_T1", TM, 1.7e-3, -0.01),
        ("LC81900282020187LGN00", OLI, 2e-5, -0.1),
    ],
)
def test_level_1_is_top_of_atmosphere(
    tmp_path: Path, name: str, bands: dict[int, str], gain: float, offset: float, form: str
) -> None:
    scene = open_scene([LayerRequest(str(level1(tmp_path, name, bands, gain, offset, form)))])
    is_right(scene, bands, tolerance=gain)
    assert "top of the atmosphere by the MTL's coefficients and the sun's elevation" in " ".join(
        layer.reasons["scale"] for layer in describe([LayerRequest(str(tmp_path))]).layers
    )
    assert "haze is in it" in " ".join(scene.notes)


def test_level_1_without_mtl_says_what_is_missing(tmp_path: Path) -> None:
    folder = level1(tmp_path, "LC08_L1TP_190028_20200705_20200913_02_T1", OLI, 2e-5, -0.1, "none")
    scene = open_scene([LayerRequest(str(folder))])
    assert "no MTL file" in " ".join(scene.notes)


def test_collection_1_quality_band(tmp_path: Path) -> None:
    name = "LC08_L1TP_190028_20200705_20200705_01_T1"
    level1(tmp_path, name, OLI, 2e-5, -0.1)
    qa = np.full((SIZE, SIZE), 2720, "uint16")  # clear
    for row, value in enumerate((2800, 2976, 3744, 1)):  # cloud, high shadow confidence, snow, fill
        qa[row] = value
    write(tmp_path / f"{name}_BQA.TIF", qa, 30)
    valid = open_scene([LayerRequest(str(tmp_path))]).views[0].valid
    assert [bool(valid[row].all()) for row in range(5)] == [False, False, True, False, True]


def test_collection_1_surface_reflectance(tmp_path: Path) -> None:
    name = "LC08_L1TP_190028_20200705_20200718_01_T1"
    for number, band in OLI.items():
        numbers = np.round(reflectance(band) * 10000).astype("int16")
        numbers[0] = -9999
        write(tmp_path / f"{name}_sr_band{number}.tif", numbers, 30, nodata=-9999)
        write(tmp_path / f"{name}_toa_band{number}.tif", numbers + 5, 30, nodata=-9999)
    qa = np.full((SIZE, SIZE), 322, "uint16")
    qa[1], qa[2], qa[3] = 352, 328, 336  # cloud, shadow, snow
    write(tmp_path / f"{name}_pixel_qa.tif", qa, 30, nodata=1)
    write(tmp_path / f"{name}_sr_aerosol.tif", np.ones((SIZE, SIZE), "uint8"), 30)
    scene = open_scene([LayerRequest(str(tmp_path))])
    is_right(scene, OLI, 5e-5)
    valid = scene.views[0].valid
    assert [bool(valid[row].all()) for row in range(5)] == [False, False, False, True, True]


def test_ard_tile(tmp_path: Path) -> None:
    for number, band in OLI.items():
        numbers = np.round((reflectance(band) + 0.2) / 2.75e-5).astype("uint16")
        write(tmp_path / f"LC08_CU_003004_20200705_20210502_02_SR_B{number}.TIF", numbers, 30, nodata=0)
    is_right(open_scene([LayerRequest(str(tmp_path))]), OLI)


def test_a_rewritten_file_in_reflectance_is_not_scaled_again(tmp_path: Path) -> None:
    for number, band in OLI.items():
        name = f"LC08_L2SP_190028_20200705_20200913_02_T1_SR_B{number}.TIF"
        write(tmp_path / name, reflectance(band).astype("float32"), 30)
    is_right(open_scene([LayerRequest(str(tmp_path))]), OLI)


@pytest.mark.parametrize("ending", ["B4", "B4_60m", "SR_B4"])
def test_names_of_catalogues_and_resampled_copies(tmp_path: Path, ending: str) -> None:
    numbers = np.round((reflectance("red") + 0.2) / 2.75e-5).astype("uint16")
    file = write(tmp_path / f"LC08_L2SP_190028_20200705_02_T1_{ending}.tif", numbers, 60, nodata=0)
    (view,) = open_scene([LayerRequest(str(file))]).views
    assert view.bands == ("red",)
    assert view.pixels[0, 10, 28] == pytest.approx(LAND["red"], abs=3e-5)
