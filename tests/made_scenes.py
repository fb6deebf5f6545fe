"""Images for tests where no data folder stands beside the project, in the layout of one.

A real Landsat scene (out of a package that anyone can install, `scripts/fetch_scene.sh`) is taken as it is, and the
pixels of its six bands make the others: a stack of four dates in which a lake grows, an image without georeference, a
radar image of the same sea, and aerial pairs.

    python tests/made_scenes.py SCENE FOLDER
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import from_bounds, from_origin

YEARS = (1985, 1995, 2010, 2020)
SIDE = 240  # pixels of the crops: enough for a coast, little to reason about
UTM = "EPSG:32633"


def make(scene: Path, folder: Path) -> None:
    """Write every image below `folder`."""
    demo = folder / "demo_scenes"
    demo.mkdir(parents=True, exist_ok=True)
    shutil.copy(scene, demo / "L7_ETMs.tif")
    with rasterio.open(scene) as file:
        six = file.read()[:6]
    sea = sea_of(six)
    crop = densest(sea)
    six, sea = six[:, crop[0], crop[1]], sea[crop]
    write_stack(demo, six)
    write_without_crs(demo, six)
    write_pairs(folder, six, sea)
    write_aerial(demo)


def sea_of(six: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Water by eye: darker in the near infrared than in red. Bool [H, W] of blue, green, red, nir, swir1, swir2."""
    return (six[3] < six[2]) & (six[4] < 60)


def densest(sea: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return rows and columns of the SIDE x SIDE window whose share of sea is nearest to a quarter."""
    tops = range(0, sea.shape[0] - SIDE + 1, 20)
    windows = [(r, c) for r in tops for c in range(0, sea.shape[1] - SIDE + 1, 20)]
    r, c = min(windows, key=lambda at: abs(float(sea[at[0] : at[0] + SIDE, at[1] : at[1] + SIDE].mean()) - 0.25))
    return slice(r, r + SIDE), slice(c, c + SIDE)


def disk(radius: float, row: float = SIDE / 3, column: float = SIDE / 3) -> NDArray[np.bool_]:
    """A round lake, bool [SIDE, SIDE]."""
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.asarray(np.hypot(y - row, x - column) < radius)


def write(path: Path, pixels: NDArray[np.generic], names: tuple[str, ...] = (), **profile: object) -> None:
    """Write [bands, H, W] as a GeoTIFF."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = {"driver": "GTiff", "count": len(pixels), "height": pixels.shape[1], "width": pixels.shape[2]}
    with rasterio.open(path, "w", **kind, dtype=pixels.dtype, **profile) as file:
        file.write(pixels)
        if names:
            file.descriptions = names


def write_stack(folder: Path, six: NDArray[np.uint8]) -> None:
    """Four dates of short-wave infrared, near infrared, red and green, in degrees, without a name to any band.

    A rain forest in which a lake grows: ground without plants gets the pixels of ground with them, haze is taken off.
    """
    place = from_bounds(-74.7, -8.5, -74.6, -8.4, SIDE, SIDE)
    rng = np.random.default_rng(0)
    plants = six[3] > 1.7 * six[2]
    water = six[:, sea_of(six)]
    forest = six.copy()
    forest[:, ~plants] = six[:, plants][:, rng.integers(0, int(plants.sum()), int((~plants).sum()))]
    haze = np.array([50, 33, 22, 2, 2, 2])[:, None, None]
    gain = np.array([1, 1.5, 1.2, 2.4, 1.5, 1.5])[:, None, None]
    for number, year in enumerate(YEARS):
        lake = disk(12 + 8 * number)
        pixels = forest.astype(np.float64)
        pixels[:, lake] = water[:, rng.integers(0, water.shape[1], int(lake.sum()))]
        pixels = (pixels - haze) * gain + rng.normal(0, 1, six.shape)
        stack = np.rint(np.clip(pixels[[4, 3, 2, 1]], 1, 255)).astype(np.uint8)
        profile = {"crs": "EPSG:4326", "transform": place, "photometric": "MINISBLACK", "alpha": "NO"}
        write(folder / f"pucallpa_landsat_{year}.tif", stack, **profile)


def reflectance(six: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the digital numbers would be as surface reflectance, roughly: haze off the visible bands, 0 to 1."""
    dark = np.percentile(six, 1, axis=(1, 2))[:, None, None]
    return np.asarray(np.clip(six - dark, 0, None) / 300 + 0.012, np.float32)


def write_without_crs(folder: Path, six: NDArray[np.uint8]) -> None:
    """Four bands of reflectance and no georeference."""
    names = ("B02", "B03", "B04", "B08")
    write(folder / "spyndex_s2_B02B03B04B08_nocrs.tif", reflectance(six)[:4], names)


def decibels(sea: NDArray[np.bool_]) -> NDArray[np.float32]:
    """VV and VH of a calm sea and land under speckle of four looks, [2, H, W]."""
    rng = np.random.default_rng(1)
    means = np.where(sea, np.array([-20.0, -27.0])[:, None, None], np.array([-9.0, -15.5])[:, None, None])
    return np.asarray(means + 10 * np.log10(rng.gamma(4, 1 / 4, means.shape)), np.float32)


def write_pairs(folder: Path, six: NDArray[np.uint8], sea: NDArray[np.bool_]) -> None:
    """A radar chip alone, and one place seen by both."""
    place = from_origin(500_000, 5_100_000, 10, 10)
    radar = decibels(sea)
    chip = np.rint(radar * 100).astype(np.int16)
    path = folder / "sen1floods11" / "S1" / "Made_1_S1Hand.tif"
    degrees = from_bounds(14.9, 46.0, 14.93, 46.02, SIDE, SIDE)
    write(path, chip, ("VV", "VH"), crs="EPSG:4326", transform=degrees, nodata=-32768)
    with rasterio.open(path, "r+") as file:
        file.scales = (0.01, 0.01)
    names = ("B02", "B03", "B04", "B08", "B11", "B12")
    optical = np.rint(reflectance(six) * 10_000).astype(np.uint16)
    both = folder / "terramesh_s1s2"
    write(both / "S2L2A" / "made.tif", optical, names, crs=UTM, transform=place)
    write(both / "S1RTC" / "made.tif", radar, ("VV", "VH"), crs=UTM, transform=place)


def write_aerial(folder: Path) -> None:
    """Two dates of red, green, blue and near infrared at 5 m: smooth ground, as a resampler is judged on."""
    place = from_origin(500_000, 5_200_000, 5, 5)
    for number, name in enumerate(("naip_20090818", "naip_20200831")):
        rng = np.random.default_rng(number)
        knots, at = np.linspace(0, 639, 21), np.arange(640)
        rows = np.array([[np.interp(at, knots, line) for line in band] for band in rng.uniform(30, 220, (4, 21, 21))])
        columns = np.array([[np.interp(at, knots, line) for line in band.T] for band in rows])
        pixels = columns.transpose(0, 2, 1)[:, :500] + rng.normal(0, 0.5, (4, 500, 640))
        smooth = np.clip(np.rint(pixels), 1, 255).astype(np.uint8)
        profile = {"crs": "EPSG:26914", "transform": place, "photometric": "MINISBLACK", "alpha": "NO"}
        write(folder / f"{name}.tif", smooth, **profile)


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(sys.argv[2]))
