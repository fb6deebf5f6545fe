"""Times and memory of the mask algebra beside scipy and GDAL: `python scripts/bench_masks.py [1024 4096 20000]`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import shapely
from rasterio import features
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "backend"))

from terrascope.masks import adjacency, distance, measure, polygonise
from terrascope.masks.rle import decode, encode
from terrascope.process_memory import own_peak_mb
from terrascope.scene.types import Affine6, Grid

BLOCK = 1024
LARGE = 8192


def land(size: int, seed: int) -> np.ndarray:
    """A mask with soft shapes; large ones repeat a block, so that making it costs nothing."""
    rng = np.random.default_rng(seed)
    side = min(size, BLOCK)
    block = ndimage.gaussian_filter(rng.normal(size=(side, side)).astype(np.float32), 8, mode="wrap") > 0.01
    repeat = -(-size // side)
    return np.tile(block, (repeat, repeat))[:size, :size]


def clock(work: Callable[[], object], repeat: int) -> float:
    """Least CPU milliseconds of some runs."""
    times = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return 1000 * min(times)


def run(size: int) -> None:
    """Print one table."""
    repeat = 3 if size <= 1024 else 1
    one = land(size, 1)
    if size > LARGE:
        only_measure(one)
        return
    two = land(size, 2) & ~one
    apart = one & (np.arange(size) < size // 3)
    far = two & (np.arange(size) > size // 2)
    valid = np.ones((size, size), bool)
    metres = Grid(size, size, Affine6(10, 0, 5e5, 0, -10, 5e6), "EPSG:32633")
    degrees = Grid(size, size, Affine6(1e-4, 0, 15, 0, -1e-4, 47), "EPSG:4326")
    print(f"\n{size} x {size} px, CPU milliseconds; peak memory of the process so far in MiB")
    rows: list[tuple[str, Callable[[], object]]] = [
        ("measure, UTM", lambda: measure(one, valid, metres)),
        ("measure, degrees", lambda: measure(one, valid, degrees)),
        ("distance, masks that touch", lambda: distance(one, two, metres)),
        ("distance, masks apart", lambda: distance(apart, far, metres)),
        ("distance, masks apart, degrees", lambda: distance(apart, far, degrees)),
        ("adjacency", lambda: adjacency(one, two, metres)),
        ("RLE, there and back", lambda: decode(encode(one))),
        ("polygonise", lambda: polygonise(one, metres)),
    ]
    rows += [
        ("polygonise, simplified", lambda: polygonise(one, metres, simplify=2.0)),
        ("  rasterio.features.shapes + shapely", lambda: gdal(one)),
        ("  scipy distance_transform_edt, min", lambda: ndimage.distance_transform_edt(~apart)[far].min()),
    ]
    for name, work in rows:
        show(name, clock(work, repeat))


def only_measure(mask: np.ndarray) -> None:
    """A mask of hundreds of megapixels: time and memory of its measurement, the masks themselves included."""
    size = len(mask)
    print(f"\n{size} x {size} px, CPU milliseconds; peak memory of the process in MiB")
    degrees = Grid(size, size, Affine6(1e-5, 0, 15, 0, -1e-5, 47), "EPSG:4326")
    valid = np.ones((size, size), bool)
    show("measure, degrees", clock(lambda: measure(mask, valid, degrees), 1))


def show(name: str, taken: float) -> None:
    """Print one line."""
    print(f"  {name:40} {taken:9.0f} {own_peak_mb() or 0:8.0f}")


def gdal(mask: np.ndarray) -> list[object]:
    """What people do without this library."""
    found = features.shapes(mask.astype(np.uint8), mask=mask, connectivity=4)
    return [shapely.geometry.shape(shape) for shape, _ in found]


if __name__ == "__main__":
    for argument in sys.argv[1:] or ["1024", "4096"]:
        run(int(argument))
