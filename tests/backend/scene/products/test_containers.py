"""Folders and archives that are no known product, or several."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import numpy as np
import pytest

from terrascope.errors import SceneError
from terrascope.scene import LayerRequest, open_scene
from tests.backend.scene.products.made import write

PICTURE = np.full((3, 8, 8), 100, "uint8")


def test_a_zip_of_one_raster_is_that_raster(tmp_path: Path) -> None:
    file = write(tmp_path / "orthophoto.tif", PICTURE)
    path = tmp_path / "delivery.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(file, "inside/orthophoto.tif")
    (view,) = open_scene([LayerRequest(str(path))]).views
    assert view.bands == ("red", "green", "blue")
    assert view.name == "delivery"
    assert view.source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_folder_of_other_rasters_lists_them(tmp_path: Path) -> None:
    write(tmp_path / "one.tif", PICTURE)
    write(tmp_path / "two.tif", PICTURE)
    with pytest.raises(
        SceneError, match=r"not a raster, and holds 2 rasters of no product that is known: one.tif, two.tif"
    ):
        open_scene([LayerRequest(str(tmp_path))])


def test_an_empty_or_damaged_archive_is_named(tmp_path: Path) -> None:
    path = tmp_path / "empty.zip"
    with zipfile.ZipFile(path, "w"):
        pass
    with pytest.raises(SceneError, match="holds no raster"):
        open_scene([LayerRequest(str(path))])
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK not a zip")
    with pytest.raises(SceneError, match="cannot be read"):
        open_scene([LayerRequest(str(broken))])
