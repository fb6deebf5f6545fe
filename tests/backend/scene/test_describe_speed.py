"""Describing a layer takes little more than loading rasterio, its checks included, however large the file is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.enums import Resampling

from terrascope.scene import LayerRequest, describe

from .awkward import ORIGIN, UTM, Affine

pytestmark = pytest.mark.slow
NORTH_UP = Affine(10, 0, ORIGIN[0], 0, -10, ORIGIN[1])


def large_file(path: Path, *, overviews: bool) -> Path:
    """A raster of 20,000 pixels a side, little of which is written."""
    profile = {"driver": "GTiff", "width": 20000, "height": 20000, "count": 4, "dtype": "uint16", "crs": UTM,
               "transform": NORTH_UP, "tiled": True, "blockxsize": 512, "blockysize": 512, "SPARSE_OK": True,
               "compress": "deflate", "BIGTIFF": "YES"}  # fmt: skip
    with rasterio.open(path, "w", **profile) as out:
        data = np.random.default_rng(1).integers(200, 4000, (4, 2048, 2048)).astype(np.uint16)
        for corner in (0, 8192, 16384):
            out.write(data, window=((corner, corner + 2048), (corner, corner + 2048)))
        out.descriptions = ("blue", "green", "red", "nir")
        if overviews:
            out.build_overviews([8, 32, 64], Resampling.average)
    return path


def seconds(codes: list[str], folder: Path, rounds: int = 6) -> list[float]:
    """The least time of programs that start cold, by turns, their modules compiled as an installation has them."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(folder / "compiled"), "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    found: list[list[float]] = [[] for _ in codes]
    for _ in range(rounds):
        for code, times in zip(codes, found):
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True, env=environment)
            times.append(time.perf_counter() - begun)
    return [min(times[1:]) for times in found]


@pytest.mark.parametrize("overviews", [False, True])
def test_a_layer_is_described_in_no_time(tmp_path: Path, overviews: bool) -> None:
    path = large_file(tmp_path / "S2_20200705.tif", overviews=overviews)
    code = f"from terrascope.scene import LayerRequest, describe; describe([LayerRequest({str(path)!r})])"
    least, described = seconds(["import rasterio", code], tmp_path)
    assert described <= 2 * least + 0.2
    warm = []
    for _ in range(5):
        begun = time.perf_counter()
        describe([LayerRequest(str(path))])
        warm.append(time.perf_counter() - begun)
    assert min(warm[1:]) <= 0.15
