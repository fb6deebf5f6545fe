"""From the amplitudes of a Sentinel-1 GRD product to sigma0, by its own calibration and noise tables.

Facts (ESA): "Radiometric Calibration of S-1 Level-1 Products", "Thermal Denoising of Products by the S-1 IPF":
sigma0 = (DN^2 - noise) / sigmaNought^2; noise is the range table times the azimuth table, in older products one table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element  # nosec B405

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint
from rasterio.enums import Resampling
from rasterio.warp import reproject

from terrascope.errors import SceneError
from terrascope.scene.placement import Frame
from terrascope.scene.products.tree import Tree, local
from terrascope.scene.raster import opened

_NODES = 256  # the tables are smooth: so many samples along a side of the image
#: What is left where noise is taken from a signal that is no stronger: 10 dB below the noise.
_LEFT_OF_NOISE = 0.1


@dataclass(frozen=True)
class Tables:
    """Names of the calibration and noise files of one measurement in a product; noise is "" where there is none."""

    tree: Tree
    calibration: str
    noise: str = ""


@dataclass(frozen=True)
class Field:
    """sigmaNought and noise power on a coarse grid over the image, [h, w], placed by the image's control points."""

    sigma: NDArray[np.float32]
    noise: NDArray[np.float32]
    points: tuple[GroundControlPoint, ...]
    crs: Any

    def sigma0(self, row: int, decibels: NDArray[np.float32], grid: Frame) -> NDArray[np.float32]:
        """Return sigma0 in dB of rows from `row` of a grid, from uncalibrated dB (20 log10 DN), float32 [1, n, W]."""
        _, height, width = decibels.shape
        place = grid.transform @ Affine.translation(0, row)
        sigma, noise = (self._on(each, place, height, width, grid.crs) for each in (self.sigma, self.noise))
        power = np.power(np.float32(10), decibels / np.float32(10))
        floor = np.where(noise > 0, np.float32(_LEFT_OF_NOISE) * noise, np.float32(1e-6))
        np.maximum(power - noise, floor, out=power)
        with np.errstate(divide="ignore", invalid="ignore"):
            power /= np.square(sigma)
            found: NDArray[np.float32] = np.float32(10) * np.log10(power)
        return found

    def _on(self, values: NDArray[np.float32], place: Affine, height: int, width: int, crs: Any) -> NDArray[np.float32]:
        out = np.full((height, width), np.nan, dtype=np.float32)
        reproject(values, out, gcps=list(self.points), src_crs=self.crs, dst_transform=place, dst_crs=crs,
                  dst_nodata=np.nan, resampling=Resampling.bilinear)  # fmt: skip
        return out


def field_of(path: str, tables: Tables) -> Field | None:
    """Read the tables of a measurement; None where the image is not placed by control points (it was geocoded since).

    Raises
    ------
    SceneError
        If a table is damaged.
    """
    with opened(path) as dataset:
        points, crs = dataset.gcps
        height, width = dataset.height, dataset.width
    if len(points) < 3 or crs is None:
        return None
    h, w = min(height, _NODES), min(width, _NODES)
    rows, cols = (np.arange(h) + 0.5) * height / h - 0.5, (np.arange(w) + 0.5) * width / w - 0.5
    sigma = _table(tables.tree.xml(tables.calibration), "calibrationVector", "sigmaNought", rows, cols)
    if sigma is None:
        raise SceneError(f"{tables.calibration!r} has no sigmaNought table.", "Download the product again.")
    noise = _noise(tables, rows, cols) if tables.noise else np.zeros((h, w), np.float32)
    near = tuple(GroundControlPoint(p.row * h / height, p.col * w / width, p.x, p.y, p.z or 0.0) for p in points)
    return Field(sigma, noise, near, crs)


def _noise(tables: Tables, rows: NDArray[np.float64], cols: NDArray[np.float64]) -> NDArray[np.float32]:
    root = tables.tree.xml(tables.noise)
    found = _table(root, "noiseRangeVector", "noiseRangeLut", rows, cols)
    if found is None:
        found = _table(root, "noiseVector", "noiseLut", rows, cols)
    if found is None:
        return np.zeros((len(rows), len(cols)), np.float32)
    for vector in (each for each in root.iter() if local(each) == "noiseAzimuthVector"):
        lines, values = _numbers(vector, "line"), _numbers(vector, "noiseAzimuthLut")
        box = [_numbers(vector, k) for k in ("firstAzimuthLine", "lastAzimuthLine", "firstRangeSample",
                                             "lastRangeSample")]  # fmt: skip
        if len(lines) != len(values) or not len(lines) or not all(len(each) for each in box):
            continue
        top, bottom, left, right = (float(each[0]) for each in box)
        inside = ((rows >= top - 0.5) & (rows <= bottom + 0.5))[:, None] & (
            (cols >= left - 0.5) & (cols <= right + 0.5)
        )
        found = np.where(inside, found * np.interp(rows, lines, values)[:, None], found).astype(np.float32)
    return found


def _table(
    root: Element, vector: str, value: str, rows: NDArray[np.float64], cols: NDArray[np.float64]
) -> NDArray[np.float32] | None:
    """A table of vectors along range, interpolated onto rows and columns, [h, w]; None without such vectors."""
    lines: list[float] = []
    along: list[NDArray[np.float64]] = []
    for each in (element for element in root.iter() if local(element) == vector):
        line, pixels, values = _numbers(each, "line"), _numbers(each, "pixel"), _numbers(each, value)
        if len(line) == 1 and len(pixels) == len(values) > 0:
            lines.append(float(line[0]))
            along.append(np.interp(cols, pixels, values))
    if not lines:
        return None
    order = np.argsort(lines)
    at, stack = np.asarray(lines)[order], np.stack(along)[order]
    return np.stack([np.interp(rows, at, column) for column in stack.T], axis=1).astype(np.float32)


def _numbers(element: Element, name: str) -> NDArray[np.float64]:
    text: Sequence[str] = next(((each.text or "").split() for each in element if local(each) == name), [])
    try:
        return np.array([float(each) for each in text])
    except ValueError:
        return np.zeros(0)
