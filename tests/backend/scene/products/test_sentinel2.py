"""Sentinel-2 products in their real layout: offset and quantification once a product, from its own metadata."""

from __future__ import annotations

import datetime as dt
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from terrascope.errors import SceneError
from terrascope.scene import LayerRequest, Role, Scale, Scene, describe, open_scene
from tests.backend.scene.products.made import LAND, SIZE, WATER, reflectance, write

BANDS = {"B02": "blue", "B03": "green", "B04": "red", "B08": "nir", "B05": "rededge1", "B11": "swir1", "B12": "swir2"}
SIZES = {"B02": 10, "B03": 10, "B04": 10, "B08": 10}


def metadata(level: str, baseline: str, offset: int | None, quantification: int = 10000) -> str:
    kind, quant = ("RADIO", "QUANTIFICATION_VALUE") if level == "L1C" else ("BOA", "BOA_QUANTIFICATION_VALUE")
    offsets = "" if offset is None else "".join(
        f'<{kind}_ADD_OFFSET band_id="{i}">{offset}</{kind}_ADD_OFFSET>' for i in range(13)
    )  # fmt: skip
    return (
        f'<n1:Level-{level[1:]}_User_Product xmlns:n1="https://psd"><n1:General_Info><Product_Info>'
        f"<PRODUCT_START_TIME>2023-07-05T10:00:39.024Z</PRODUCT_START_TIME><PROCESSING_BASELINE>{baseline}"
        f"</PROCESSING_BASELINE><SPACECRAFT_NAME>Sentinel-2B</SPACECRAFT_NAME></Product_Info>"
        f'<{quant} unit="none">{quantification}</{quant}>{offsets}</n1:General_Info>'
        f"</n1:Level-{level[1:]}_User_Product>"
    )


def safe(
    folder: Path, level: str = "L2A", baseline: str = "05.09", offset: int | None = -1000, quantification: int = 10000
) -> Path:
    """A SAFE folder of a few bands; rows 0, 1 and 2 of the classification of Level 2A are cloud, shadow, snow."""
    number = baseline.replace(".", "")
    root = folder / f"S2B_MSI{level}_20230705T100039_N{number}_R122_T33UXP_20230705T120000.SAFE"
    images = root / f"GRANULE/{level}_T33UXP_A033000_20230705T100040/IMG_DATA"
    root.mkdir(parents=True)
    (root / f"MTD_MSI{level}.xml").write_text(metadata(level, baseline, offset, quantification))
    for code, band in BANDS.items():
        pixel = SIZES.get(code, 20)
        numbers = np.round(reflectance(band, SIZE * 10 // pixel) * quantification) - (offset or 0)
        numbers[-1, -1] = 0
        where = images / f"R{pixel}m" if level == "L2A" else images
        ending = f"_{pixel}m" if level == "L2A" else ""
        write(where / f"T33UXP_20230705T100039_{code}{ending}.jp2", numbers.astype("uint16"), pixel)
    if level == "L2A":
        scl = np.full((SIZE // 2, SIZE // 2), 5, "uint8")
        scl[0], scl[1], scl[2] = 9, 3, 11
        write(images / "R20m/T33UXP_20230705T100039_SCL_20m.jp2", scl, 20)
        coarse = np.full((SIZE // 2, SIZE // 2), 5000, "uint16")
        write(images / "R20m/T33UXP_20230705T100039_B02_20m.jp2", coarse, 20)  # another number: not to be read
        write(images / "R10m/T33UXP_20230705T100039_TCI_10m.jp2", np.zeros((3, SIZE, SIZE), "uint8"), 10)
        write(images / "R10m/T33UXP_20230705T100039_AOT_10m.jp2", np.full((SIZE, SIZE), 100, "uint16"), 10)
    else:
        write(images / "T33UXP_20230705T100039_TCI.jp2", np.zeros((3, SIZE, SIZE), "uint8"), 10)
    return root


def is_right(scene: Scene, bands: set[str]) -> None:
    (view,) = scene.views
    assert set(view.bands) == bands
    assert (view.role, view.scale, view.date) == (Role.OPTICAL, Scale.REFLECTANCE, dt.date(2023, 7, 5))
    assert scene.grid.transform.a == 10
    for name in ("blue", "red", "nir"):
        pixels = view.band(name)
        assert pixels is not None
        assert pixels[10, 4] == pytest.approx(WATER, abs=2e-5)
        assert pixels[10, 28] == pytest.approx(LAND[name], abs=2e-5)


@pytest.mark.parametrize(
    ("level", "baseline", "offset", "quantification"),
    [
        ("L2A", "05.09", -1000, 10000),
        ("L2A", "04.00", -1000, 10000),
        ("L2A", "03.01", None, 10000),
        ("L2A", "02.12", None, 10000),
        ("L2A", "99.99", 0, 20000),
        ("L1C", "05.10", -1000, 10000),
        ("L1C", "02.09", None, 10000),
    ],
)
def test_folder(tmp_path: Path, level: str, baseline: str, offset: int | None, quantification: int) -> None:
    root = safe(tmp_path, level, baseline, offset, quantification)
    scene = open_scene([LayerRequest(str(root))])
    is_right(scene, set(BANDS.values()))
    said = " ".join(scene.notes)
    assert f"Sentinel-2 {level}" in said
    assert ("offset removed" in said) is bool(offset)
    assert "from the product's metadata" in said
    assert ("top of the atmosphere" in said) is (level == "L1C")


def test_cloud_shadow_and_nodata_are_not_observed(tmp_path: Path) -> None:
    scene = open_scene([LayerRequest(str(safe(tmp_path)))])
    valid = scene.views[0].valid
    assert not valid[:4].any()  # cloud and shadow, 20 m rows
    assert valid[4:6].all()  # snow is ground
    assert not valid[-1, -1]
    assert valid[6:, :-2].all()
    assert any("6.2% cloud, 6.2% cloud shadow; 6.2% snow" in note for note in scene.notes)


@pytest.mark.parametrize("form", ["zip", "metadata file", "outer folder", "relative"])
def test_other_ways_to_name_it(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    root = safe(tmp_path / "in")
    path = root
    if form == "zip":
        path = tmp_path / f"{root.stem}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(root.rglob("*")):
                archive.write(file, file.relative_to(root.parent))
    elif form == "metadata file":
        path = root / "MTD_MSIL2A.xml"
    elif form == "outer folder":
        path = root.parent
    elif form == "relative":
        monkeypatch.chdir(root.parent)
        path = Path(root.name)
    is_right(open_scene([LayerRequest(str(path))]), set(BANDS.values()))


def test_two_products_in_a_folder_are_not_one_image(tmp_path: Path) -> None:
    safe(tmp_path)
    safe(tmp_path, "L1C")
    with pytest.raises(SceneError, match="holds 2 images"):
        open_scene([LayerRequest(str(tmp_path))])


def band_files(root: Path, *codes: str) -> list[Path]:
    return [next(root.rglob(f"*_{code}_{SIZES.get(code, 20)}m.jp2")) for code in codes]


@pytest.mark.parametrize("where", ["in the product", "with the metadata", "in a folder named so", "alone"])
def test_single_band_files_take_it_from_their_siblings(tmp_path: Path, where: str) -> None:
    root = safe(tmp_path / "product")
    files = band_files(root, "B02", "B04", "B08", "B11")
    if where != "in the product":
        folder = tmp_path / (root.stem if where == "in a folder named so" else "mine")
        folder.mkdir()
        files = [Path(shutil.copy(file, folder)) for file in files]
        if where == "with the metadata":
            shutil.copy(root / "MTD_MSIL2A.xml", folder)
        shutil.rmtree(root)
    scene = open_scene([LayerRequest(str(file)) for file in files])
    is_right(scene, {"blue", "red", "nir", "swir1"})
    assert "offset removed" in " ".join(scene.notes)


def test_a_band_before_2022_without_metadata_says_its_doubt(tmp_path: Path) -> None:
    numbers = np.round(reflectance("red") * 10000).astype("uint16")
    file = write(tmp_path / "T33UXP_20190705T100039_B04_10m.jp2", numbers)
    scene = open_scene([LayerRequest(str(file))])
    assert scene.views[0].pixels[0, 10, 28] == pytest.approx(LAND["red"])
    assert "baseline 05.00" in " ".join(scene.notes)


def test_files_of_all_sizes_at_once(tmp_path: Path) -> None:
    root = safe(tmp_path)
    files = sorted(root.rglob("*.jp2"))
    scene = open_scene([LayerRequest(str(file)) for file in files])
    is_right(scene, set(BANDS.values()))
    described = describe([LayerRequest(str(file)) for file in files])
    assert len(described.layers) == len(files)
    left = {Path(each.path).name[23:26] for each in described.layers if not each.bands}
    assert left == {"SCL", "TCI", "AOT", "B02"}  # B02: the one of 20 m


def test_a_folder_is_described_as_one_layer(tmp_path: Path) -> None:
    root = safe(tmp_path)
    (layer,) = describe([LayerRequest(str(root))]).layers
    assert layer.path == str(root)
    assert set(layer.bands) == set(BANDS.values())
    assert layer.name == root.stem
    assert (layer.date, layer.scale, layer.pixel_size) == ("2023-07-05", "reflectance", (10, 10))
    assert "(value - 1000) / 10000, from the product's metadata" in layer.reasons["scale"]


def test_damaged_metadata_is_named(tmp_path: Path) -> None:
    root = safe(tmp_path)
    (root / "MTD_MSIL2A.xml").write_text("<broken")
    with pytest.raises(SceneError, match="MTD_MSIL2A.xml"):
        open_scene([LayerRequest(str(root))])


def test_no_entities_are_read(tmp_path: Path) -> None:
    root = safe(tmp_path)
    (root / "MTD_MSIL2A.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    with pytest.raises(SceneError, match="document type"):
        open_scene([LayerRequest(str(root))])


def test_dark_pixels_that_were_cut_off_at_0_are_ground(tmp_path: Path) -> None:
    """Before baseline 04.00 there was no offset: over clear water short-wave infrared ends at 0."""
    root = safe(tmp_path, "L2A", "03.01", None)
    for code in ("B11", "B12"):
        file = next(root.rglob(f"*_{code}_20m.jp2"))
        numbers = np.round(reflectance(BANDS[code], SIZE // 2) * 10000)
        numbers[:, : SIZE // 4] = 0
        write(file, numbers.astype("uint16"), 20)
    valid = open_scene([LayerRequest(str(root))]).views[0].valid
    assert valid[6:, :-2].all()


def test_a_quality_band_alone_is_no_picture(tmp_path: Path) -> None:
    root = safe(tmp_path)
    with pytest.raises(SceneError, match=r"no picture of the ground: scene classification.*Untick"):
        open_scene([LayerRequest(str(next(root.rglob("*_SCL_20m.jp2"))))])
    scene = open_scene([LayerRequest(str(next(root.rglob("*_TCI_10m.jp2"))))])
    assert scene.views[0].bands == ("red", "green", "blue")
