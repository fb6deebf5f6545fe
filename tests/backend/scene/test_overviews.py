"""Overviews are used where they show the pixels, and not where they show what the file held before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.enums import Resampling

from terrascope.scene import LayerRequest, describe, open_scene

from .awkward import ORIGIN, UTM, Affine, write

NORTH_UP = Affine(10, 0, ORIGIN[0], 0, -10, ORIGIN[1])
METHODS = ("nearest", "average", "bilinear", "cubic", "cubic_spline", "lanczos", "gauss", "mode", "rms")


def noisy(seed: int, size: int = 1200) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = np.kron(rng.uniform(200, 4000, (4, size // 60, size // 60)), np.ones((60, 60)))
    return np.clip(coarse * rng.gamma(20, 0.05, coarse.shape), 1, None).astype(np.uint16)


def made(folder: Path, method: str = "average", *, external: bool = False, seed: int = 1) -> Path:
    path = write(folder / "S2_20200705.tif", noisy(seed), crs=UTM, transform=NORTH_UP, tiled=True, compress="deflate",
                 descriptions=("B02", "B03", "B04", "B08"))  # fmt: skip
    with rasterio.Env(TIFF_USE_OVR=external), rasterio.open(path, "r+") as out:
        out.build_overviews([2, 4, 8], Resampling[method])
    return path


@pytest.mark.parametrize("method", METHODS)
def test_fresh_overviews_are_used_however_they_were_made(tmp_path: Path, method: str) -> None:
    path = made(tmp_path, method)
    layer = describe([LayerRequest(str(path))], max_size=300).layers[0]
    assert "from the overview 1:4" in layer.treatment
    assert not any("overviews" in warning for warning in layer.warnings)


@pytest.mark.parametrize("external", [False, True])
@pytest.mark.parametrize("method", ["nearest", "average"])
def test_overviews_of_an_older_picture_are_not_used_and_it_is_said(tmp_path: Path, method: str, external: bool) -> None:
    path = made(tmp_path, method, external=external)
    with rasterio.open(path, "r+") as out:
        out.write(noisy(2))
    scene = open_scene([LayerRequest(str(path))], max_size=300)
    truth = noisy(2).reshape(4, 300, 4, 300, 4).mean((2, 4)) / 10000
    assert np.abs(scene.views[0].pixels - truth).max() < 1e-4
    assert any("overviews show another picture" in note for note in scene.notes)


def test_a_part_that_was_edited_is_enough(tmp_path: Path) -> None:
    path = made(tmp_path)
    data = noisy(1)
    data[:, 500:800, 500:800] = noisy(2)[:, 500:800, 500:800] + 6000
    with rasterio.open(path, "r+") as out:
        out.write(data)
    layer = describe([LayerRequest(str(path))], max_size=300).layers[0]
    assert any("overviews show another picture" in warning for warning in layer.warnings)
