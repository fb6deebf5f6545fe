"""What is recognised in every real raster at hand: those of the data folder and of packages, where they are there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from terrascope.errors import SceneError
from terrascope.scene import LayerRequest, describe

S2_12 = ("coastal", "blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir08", "watervapour", "swir1",
         "swir2")  # fmt: skip
SIX = ("blue", "green", "red", "nir", "swir1", "swir2")
RGB, RGBN, SWIR = ("red", "green", "blue"), ("red", "green", "blue", "nir"), ("swir1", "nir", "red", "green")


class Truth(NamedTuple):
    """What is right of the files of a pattern, as a person sees them. No bands: no picture, and said to be none."""

    pattern: str
    bands: tuple[str, ...] = ()
    scale: str = ""
    sensor: str | None = None


#: Rasters of the data folder.
DATA: tuple[Truth, ...] = (
    Truth("demo_scenes/L7_ETMs.tif", SIX, "display", "Landsat 7"),
    Truth("demo_scenes/naip_*.tif", RGBN, "display", "NAIP"),
    Truth("demo_scenes/pucallpa_landsat_????.tif", SWIR, "display", "Landsat"),
    Truth("demo_scenes/spyndex_s2_*.tif", SIX[:4], "reflectance", "Sentinel-2"),
    Truth("amazon_forest/images/*.tif", RGB, "display"),
    Truth("amazon_forest/masks/*"),
    Truth("california_burn/dnbr/*.tif"),
    Truth("california_burn/masks/*.tif"),
    Truth("california_burn/post_fire/*.tif", ("band1", "band2", "band3", "band4", "band5"), "raw"),
    Truth("sen1floods11/S1/*.tif", ("vv", "vh"), "db", "Sentinel-1"),
    Truth("sen1floods11/Labels/*.tif"),
    Truth("terramesh_s1s2/S2L2A/*.tif", S2_12, "reflectance", "Sentinel-2"),
    Truth("terramesh_s1s2/S1RTC/*.tif", ("vv", "vh"), "db", "Sentinel-1"),
    Truth("terramesh_s1s2/DEM/*.tif"),
    Truth("terramesh_s1s2/LULC/*.tif"),
)
#: Rasters of packages: Debian's r-cran-stars and r-cran-terra, rasterio's source (its folder in RASTERIO_SOURCE).
PACKAGES: tuple[tuple[str, Truth], ...] = (
    ("/usr/lib/R/site-library/stars", Truth("tif/L7_ETMs.tif", SIX, "display", "Landsat 7")),
    ("/usr/lib/R/site-library/terra", Truth("ex/logo.tif", RGB, "display")),
    ("/usr/lib/R/site-library/terra", Truth("ex/elev.tif")),
    (os.environ.get("RASTERIO_SOURCE", "/usr/share/rasterio"), Truth("tests/data/RGB.byte.tif", RGB, "display")),
    (os.environ.get("RASTERIO_SOURCE", "/usr/share/rasterio"), Truth("tests/data/RGBA.byte.tif", RGB, "display")),
)


def check(files: list[Path], truth: Truth) -> None:
    for file in files:
        if not truth.bands:
            with pytest.raises(SceneError, match="no picture of the ground"):
                describe([LayerRequest(str(file))])
            continue
        (found,) = describe([LayerRequest(str(file))]).layers
        assert (found.bands, found.scale, found.sensor) == (truth.bands, truth.scale, truth.sensor), file.name
        assert not [doubt for doubt in found.doubts if doubt.open], file.name


@pytest.mark.parametrize("truth", DATA, ids=[each.pattern for each in DATA])
def test_files_of_the_data_folder(shared: Path, truth: Truth) -> None:
    files = [file for file in sorted((shared / "data").glob(truth.pattern)) if file.suffix != ".xml"]
    assert files
    check(files, truth)


@pytest.mark.parametrize(("folder", "truth"), PACKAGES, ids=[each.pattern for _, each in PACKAGES])
def test_files_of_packages(folder: str, truth: Truth) -> None:
    files = sorted(Path(folder).glob(truth.pattern))
    if not files:
        pytest.skip(f"{truth.pattern} is not here")
    check(files, truth)


def test_every_raster_of_the_data_folder_is_in_the_list(shared: Path) -> None:
    listed = {file for each in DATA for file in (shared / "data").glob(each.pattern)}
    rasters = {file for ending in ("tif", "tiff", "jp2") for file in (shared / "data").rglob(f"*.{ending}")}
    assert not sorted(file.name for file in rasters - listed)
