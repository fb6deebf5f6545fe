"""One timed job of `terrascope bench scene`, in a process of its own so that its peak memory is its own.

``python -m terrascope_lab.bench.scene_jobs JOB FOLDER SIZE`` prints one JSON line: seconds, CPU seconds,
peak MiB and a checksum.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT

from terrascope.process_memory import peak_mb_with_children
from terrascope.scene import LayerRequest, open_scene
from terrascope.scene.hashing import forget_fingerprints
from terrascope.scene.types import Affine6, Grid

Work = Callable[[], float]

#: A job is run so often in its process, or until it has taken so long; a long one is run once.
MOST_RUNS, ENOUGH_SECONDS, LONG_SECONDS = 7, 3.0, 20.0

VIEW = 1024
CRS = "EPSG:32633"
TRANSFORM = Affine(10, 0, 500000, 0, -10, 5000000)
_BANDS = {"blue": 1, "green": 2, "red": 3, "nir": 4}
_CACHE = {"GDAL_CACHEMAX": 192 * 2**20}  # what the scene allows itself


def source(folder: Path, size: int) -> Path:
    """The raster of a size: 4 bands, uint16, tiled, LZW."""
    return folder / f"S2_bench_{size}.tif"


def reference(folder: Path, size: int) -> Path:
    """A small optical layer in the neighbouring UTM zone that gives the grid for the warp."""
    return folder / f"S2_reference_{size}.tif"


def make(folder: Path, size: int) -> None:
    """Write the rasters of a size unless they are there."""
    ground = source(folder, size)
    if not ground.is_file():
        part = ground.with_suffix(".part")
        profile: dict[str, Any] = {
            "driver": "GTiff", "width": size, "height": size, "count": 4, "dtype": "uint16", "crs": CRS, "tiled": True,
            "transform": TRANSFORM, "blockxsize": 512, "blockysize": 512, "compress": "lzw", "BIGTIFF": "IF_SAFER",
        }  # fmt: skip
        pattern = np.random.default_rng(0).integers(0, 8, (512, size)).astype(np.uint16)
        pattern += (np.add.outer(np.arange(512), np.arange(size)) // 16 % 2500 + 300).astype(np.uint16)
        with rasterio.open(part, "w", **profile) as out:
            for row in range(0, size, 512):
                n = min(512, size - row)
                data = np.stack([pattern[:n] + np.uint16(100 * band + row // 64) for band in range(4)])
                out.write(data, window=((row, row + n), (0, size)))
        part.rename(ground)
    small = reference(folder, size)
    if not small.is_file():
        side = min(VIEW, size)
        crs = "EPSG:32632"
        with rasterio.open(ground) as opened, WarpedVRT(opened, crs=crs) as vrt:
            left, bottom, right, top = vrt.bounds
        t = Affine((right - left) / side, 0, left, 0, (bottom - top) / side, top)
        profile = {"driver": "GTiff", "width": side, "height": side, "count": 4, "dtype": "uint16", "crs": crs}
        with rasterio.open(small, "w", transform=t, **profile) as out:
            out.write(np.full((4, side, side), 900, np.uint16))


def mask_of(size: int) -> NDArray[np.bool_]:
    """Blobs of a few hundred pixels, bool [size, size]."""
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(np.random.default_rng(1).standard_normal((VIEW, VIEW)).astype(np.float32), 6)
    times = -(-size // VIEW)
    return np.tile(noise > 0.02, (times, times))[:size, :size]


def _grid(size: int) -> Grid:
    return Grid(size, size, Affine6(*TRANSFORM[:6]), CRS)


def read_ours(folder: Path, size: int) -> Work:
    layer = LayerRequest(str(source(folder, size)), scale="reflectance")

    def work() -> float:
        forget_fingerprints()
        return float(open_scene([layer], max_size=VIEW).views[0].pixels.mean())

    return work


def read_rasterio(folder: Path, size: int) -> Work:
    side = min(VIEW, size)

    def work() -> float:
        with rasterio.Env(**_CACHE), rasterio.open(source(folder, size)) as opened:
            data = opened.read(out_shape=(4, side, side), resampling=Resampling.average, out_dtype="float32")
        return float((data * np.float32(1e-4)).mean())

    return work


def read_gdal(folder: Path, size: int) -> Work:
    side = min(VIEW, size)

    def work() -> float:
        options = ["-r", "average", "-outsize", str(side), str(side), "-ot", "Float32", "--config", "GDAL_CACHEMAX"]
        _command("gdal_translate", "-q", *options, "192", str(source(folder, size)), str(folder / "read_gdal.tif"))
        return _mean(folder / "read_gdal.tif")

    return work


def warp_ours(folder: Path, size: int) -> Work:
    layers = [LayerRequest(str(p(folder, size)), scale="reflectance") for p in (reference, source)]
    layers = [replace(layers[0], bands=_BANDS), replace(layers[1], role="sar", bands=_BANDS)]

    def work() -> float:
        forget_fingerprints()
        scene = open_scene(layers, max_size=VIEW)
        view = next(v for v in scene.views if v.source.path == layers[1].path)
        return float(view.pixels[:, view.valid].mean())

    return work


def warp_rasterio(folder: Path, size: int) -> Work:
    small, large = reference(folder, size), source(folder, size)

    def work() -> float:
        with rasterio.Env(**_CACHE), rasterio.open(small) as grid, rasterio.open(large) as opened:
            grid.read(out_dtype="float32")  # the scene has both layers
            options = {"crs": grid.crs, "transform": grid.transform, "width": grid.width, "height": grid.height}
            with WarpedVRT(opened, resampling=Resampling.bilinear, add_alpha=True, **options) as vrt:
                data = vrt.read(out_dtype="float32")
        return float(data[:4, data[4] > 0].mean()) * 1e-4

    return work


def warp_gdal(folder: Path, size: int) -> Work:
    with rasterio.open(reference(folder, size)) as grid:
        box, width, height = grid.bounds, grid.width, grid.height
    extent = [repr(float(v)) for v in box]

    def work() -> float:
        _command("gdalwarp", "-q", "-overwrite", "-r", "bilinear", "-t_srs", "EPSG:32632", "-te", *extent, "-ts",
                 str(width), str(height), "-ot", "Float32", "-dstalpha", "-wm", "96", "--config", "GDAL_CACHEMAX",
                 "192", str(source(folder, size)), str(folder / "warp_gdal.tif"))  # fmt: skip
        return _mean(folder / "warp_gdal.tif")

    return work


def measure_ours(folder: Path, size: int) -> Work:
    from terrascope.masks.measurement import measure

    mask, grid = mask_of(size), _grid(size)
    valid = np.ones_like(mask)
    return lambda: float(measure(mask, valid, grid).area_m2 or 0.0)


def measure_scipy(folder: Path, size: int) -> Work:
    from scipy import ndimage

    mask = mask_of(size)
    valid = np.ones_like(mask)

    def work() -> float:
        inside = mask & valid
        labels, count = ndimage.label(inside, np.ones((3, 3)))
        largest = np.bincount(labels.ravel())[1:].max()
        edges = np.count_nonzero(inside[1:] != inside[:-1]) + np.count_nonzero(inside[:, 1:] != inside[:, :-1])
        ndimage.center_of_mass(inside)
        ndimage.find_objects(inside.view(np.uint8))
        if not (count and largest and edges and valid.sum()):
            raise ValueError("the mask is empty")
        return float(inside.sum()) * 100.0

    return work


def polygonise_ours(folder: Path, size: int) -> Work:
    from terrascope.masks.polygons import polygonise

    mask, grid = mask_of(size), _grid(size)
    return lambda: float(len(polygonise(mask, grid)))


def polygonise_rasterio(folder: Path, size: int) -> Work:
    mask = mask_of(size)
    return lambda: float(len(_shapes(mask)))


def write_ours(folder: Path, size: int) -> Work:
    from terrascope.trace.geopackage import GeoPackageWriter
    from terrascope.trace.types import GridRecord, MaskRle, NetworkRecord, Step, Trace

    mask, out = mask_of(size), folder / "write_ours.gpkg"
    trace = Trace("", GridRecord(size, size, TRANSFORM[:6], CRS), (), NetworkRecord("", "", "", ""))
    area = float(mask.sum()) * 100.0

    def work() -> float:
        with GeoPackageWriter(out, trace) as writer:
            step = Step(1, label="water", mask=MaskRle.encode(mask), measurements={"area_m2": area, "share": 0.5})
            return float(writer.put_step(step).number)

    return work


def write_rasterio(folder: Path, size: int) -> Work:
    import geopandas

    mask, out = mask_of(size), folder / "write_rasterio.gpkg"

    def work() -> float:
        found = _shapes(mask)
        frame = geopandas.GeoDataFrame({"label": "water", "area_m2": [s.area for s in found]}, geometry=found, crs=CRS)
        frame.to_file(out, layer="masks", driver="GPKG")
        return float(len(frame))

    return work


def _shapes(mask: NDArray[np.bool_]) -> list[Any]:
    from rasterio.features import shapes
    from shapely.geometry import shape

    found = shapes(mask.view(np.uint8), mask=mask, connectivity=4, transform=TRANSFORM)
    return [shape(geometry) for geometry, _ in found]


def _mean(path: Path) -> float:
    with rasterio.open(path) as opened:
        data = opened.read()
    valid = data[-1] > 0 if opened.count == 5 else np.ones(data.shape[1:], bool)
    return float(data[:4, valid].mean()) * 1e-4


def _command(name: str, *arguments: str) -> None:
    program = shutil.which(name)
    if program is None:
        raise FileNotFoundError(name)
    subprocess.run([program, *arguments], check=True, capture_output=True)


JOBS: dict[str, Callable[[Path, int], Work]] = {
    "read.ours": read_ours,
    "read.rasterio": read_rasterio,
    "read.gdal": read_gdal,
    "warp.ours": warp_ours,
    "warp.rasterio": warp_rasterio,
    "warp.gdal": warp_gdal,
    "measure.ours": measure_ours,
    "measure.scipy": measure_scipy,
    "polygonise.ours": polygonise_ours,
    "polygonise.rasterio": polygonise_rasterio,
    "write.ours": write_ours,
    "write.rasterio": write_rasterio,
}


def _cpu_seconds() -> float:
    """CPU time of this process and its children: steadier than the clock on a machine that others use too."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def main(arguments: list[str]) -> int:
    """Run one job and print what it took: the quickest of some runs, once the file and the libraries are warm."""
    job, folder, size = arguments
    best, value, spent = (float("inf"), float("inf")), 0.0, 0.0
    try:
        work = JOBS[job](Path(folder), int(size))
        for run in range(MOST_RUNS):
            started, cpu = time.perf_counter(), _cpu_seconds()
            value = work()
            seconds, cpu = time.perf_counter() - started, _cpu_seconds() - cpu
            best, spent = min(best, (cpu, seconds)), spent + seconds
            if run > 0 and spent > ENOUGH_SECONDS:
                break
            if spent > LONG_SECONDS:
                break
    except FileNotFoundError as error:
        sys.stdout.write(json.dumps({"missing": str(error)}) + "\n")
        return 0
    facts = {"seconds": best[1], "cpu": best[0], "peak_mb": peak_mb_with_children(), "value": value}
    sys.stdout.write(json.dumps(facts) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
