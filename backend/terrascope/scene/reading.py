"""From a layer to a view on the scene's grid: straight where the grids agree, warped where they do not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from terrascope import large
from terrascope.scene import blocks, warp
from terrascope.scene.blocks import PixelWindow, Strip
from terrascope.scene.layer import Layer
from terrascope.scene.placement import Frame, same_crs, spans
from terrascope.scene.raster import environment
from terrascope.scene.types import Scale

Progress = Callable[[float, str], None]
#: Changes rows of physical values, float32 [B, n, W], from a row of the grid on.
Adjust = Callable[[int, NDArray[np.float32]], NDArray[np.float32]]

MEMORY_BYTES = 384 * 2**20  #: pixels of one view beyond which they live in a temporary file instead of memory
_ALIGNED = 0.02  # pixels


@dataclass(frozen=True)
class Plan:
    """How a layer gets onto the grid. `window` is None where it is warped; `factor`: source pixels a grid pixel.

    `span`: the same along the source's columns and rows.
    """

    window: PixelWindow | None
    factor: float
    note: str
    grid: Frame
    span: tuple[float, float] = (1.0, 1.0)


def plan(layer: Layer, grid: Frame) -> Plan:
    """Decide between a straight read and a warp, and say so in a sentence (empty for an untouched 1:1 read)."""
    frame = layer.placement.frame
    grid = _same_turn(grid, frame)
    comparable = same_crs(frame.crs, grid.crs) or frame.crs is None or grid.crs is None
    if comparable and layer.placement.placed_by != "gcps":
        m = ~frame.transform @ grid.transform
        w, h = m.a * grid.width, m.e * grid.height
        skew = max(abs(m.b) * grid.height, abs(m.d) * grid.width)
        inside = (m.c > -_ALIGNED and m.f > -_ALIGNED and m.c + w < frame.width + _ALIGNED
                  and m.f + h < frame.height + _ALIGNED)  # fmt: skip
        whole = abs(m.a - 1) * grid.width < _ALIGNED and abs(m.e - 1) * grid.height < _ALIGNED
        on_pixels = abs(m.c - round(m.c)) < _ALIGNED and abs(m.f - round(m.f)) < _ALIGNED
        if skew < _ALIGNED and inside and whole and on_pixels:
            return Plan(PixelWindow(round(m.c), round(m.f), grid.width, grid.height), 1.0, "", grid)
        if skew < _ALIGNED and inside and m.a > 0 and m.e > 0 and min(w / grid.width, h / grid.height) >= 1 - 1e-9:
            window = PixelWindow(max(0.0, m.c), max(0.0, m.f), w, h)
            blocks.refuse_if_endless(layer, window, grid.width, grid.height)
            return Plan(window, max(m.a, m.e), _reduction(layer, window, grid), grid)
    span = spans(frame, grid)
    factor = math.sqrt(span[0] * span[1])
    if factor > 1:
        under = PixelWindow(0, 0, min(frame.width, factor * grid.width), min(frame.height, factor * grid.height))
        blocks.refuse_if_endless(layer, under, grid.width, grid.height)
    return Plan(None, factor, _warp_note(layer, factor), grid, span)


def _reduction(layer: Layer, window: PixelWindow, grid: Frame) -> str:
    fx, fy = window.width / grid.width, window.height / grid.height
    times = f"{fx:.4g} x {fy:.4g}" if abs(fx - fy) > 0.005 * fx else f"{fx:.4g} x {fx:.4g}"
    if layer.found.palette:
        return f"one of {times} pixels stands for each (colour table)"
    levels = [o for o in layer.header.overviews if o <= min(fx, fy) * 1.01]
    in_db = ", as power" if layer.conversion.scale is Scale.DB else ""
    if blocks.averages_itself(layer) and window.width * window.height <= blocks.AVERAGED_AT_ONCE:
        levels = []
    via = f", from the overview 1:{max(levels)}" if levels and not layer.header.complex else ""
    return f"{times} pixels averaged to one{in_db}{via}"


def _warp_note(layer: Layer, factor: float) -> str:
    how = "nearest neighbour" if layer.found.palette else "bilinear"
    if layer.placement.placed_by == "gcps":
        return f"warped by its ground control points ({how})"
    if factor < 0.95:
        return f"warped to the common grid ({how}), its pixels are {1 / factor:.3g} times larger than the grid's"
    if factor >= 2:
        return f"warped to the common grid ({how}), about {factor:.3g} x {factor:.3g} of its pixels to one"
    return f"warped to the common grid ({how})"


def _same_turn(grid: Frame, frame: Frame) -> Frame:
    """Shift a geographic grid by whole turns to where the layer counts its longitudes."""
    if grid.crs is None or not grid.crs.is_geographic or not same_crs(grid.crs, frame.crs):
        return grid
    centre = (grid.transform @ (grid.width / 2, grid.height / 2))[0]
    target = (frame.transform @ (frame.width / 2, frame.height / 2))[0]
    shift = 360.0 * round((target - centre) / 360.0)
    return grid.moved(Affine.translation(shift, 0) @ grid.transform, grid.width, grid.height) if shift else grid


def read(
    layer: Layer,
    grid: Frame,
    progress: Progress | None = None,
    inside: NDArray[np.bool_] | None = None,
    adjust: Adjust | None = None,
) -> tuple[NDArray[np.float32], NDArray[np.bool_], Plan]:
    """Read a layer on the grid.

    Parameters
    ----------
    inside
        bool [H, W] of the pixels that are asked about; None for all.
    adjust
        What is done to the physical values, where that depends on the place (calibration of radar).

    Returns
    -------
    pixels
        float32 [B, H, W] in physical units (see `Conversion`), 0 where not valid. Beyond `MEMORY_BYTES` a read-only
        memory map of a temporary file, which is gone with the array.
    valid
        bool [H, W].
    plan
        What was done.

    Raises
    ------
    SceneError
        If the pixels cannot be read, or there is no room for them.
    """
    how = plan(layer, grid)
    shape = (len(layer.found.bands), grid.height, grid.width)
    sink = _Sink(shape)
    with environment():
        for strip in _strips(layer, how):
            values = layer.conversion.apply(np.ascontiguousarray(strip.values, dtype=np.float32))
            valid = strip.valid
            if adjust is not None:
                values = adjust(strip.row, values)
                valid = valid & np.isfinite(values).all(axis=0)
            if inside is not None:
                valid = valid & inside[strip.row : strip.row + valid.shape[0]]
            if layer.may_be_nan:
                valid = valid & np.isfinite(values).all(axis=0)
            if not valid.all():
                values[:, ~valid] = 0
            sink.put(strip.row, values, valid)
            if progress is not None:
                progress(sink.rows_done / grid.height, f"Reading {layer.name}")
    pixels, valid = sink.result()
    return pixels, valid, how


def _strips(layer: Layer, how: Plan) -> Iterator[Strip]:
    if how.window is not None:
        return blocks.strips(layer, how.window, how.grid.width, how.grid.height)
    return warp.strips(layer, how.grid, how.span)


class _Sink:
    """Collects strips in memory, or in a temporary file that is mapped read-only at the end."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.shape = shape
        self.rows_done = 0
        size = 4 * math.prod(shape)
        self._valid: NDArray[np.bool_] = large.empty(shape[1:], np.bool_)
        self._pixels: NDArray[np.float32] | None = None
        self._file: IO[bytes] | None = None
        if size <= MEMORY_BYTES:
            return
        large.refuse_without_room(size)
        self._file = large.temporary_file(size)

    def put(self, row: int, values: NDArray[np.float32], valid: NDArray[np.bool_]) -> None:
        """Store rows from `row` on."""
        n = valid.shape[0]
        self.rows_done += n
        if self._file is None and n == self.shape[1] and values.flags.c_contiguous and valid.flags.writeable:
            self._pixels, self._valid = values, valid  # the whole view at once needs no copy
            return
        self._valid[row : row + n] = valid
        large.release(self._valid)
        if self._file is None:
            if self._pixels is None:
                self._pixels = np.zeros(self.shape, dtype=np.float32)
            self._pixels[:, row : row + n] = values
            return
        _, height, width = self.shape
        for band, data in enumerate(values):
            self._file.seek(4 * width * (band * height + row))
            self._file.write(np.ascontiguousarray(data).data)

    def result(self) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return pixels and validity."""
        if self._file is None:
            return self._pixels if self._pixels is not None else np.zeros(self.shape, np.float32), self._valid
        self._file.flush()
        with self._file:
            return np.memmap(self._file, dtype=np.float32, mode="r", shape=self.shape), self._valid
