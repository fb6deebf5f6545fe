"""Pixels brought onto another grid by GDAL's warper, with bounded memory."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from terrascope.scene import blocks
from terrascope.scene.blocks import PixelWindow, Strip
from terrascope.scene.layer import Layer, unseen_pixels
from terrascope.scene.placement import Frame, footprint, proj_crs, same_crs
from terrascope.scene.raster import opened, read_failure

_WARP_MB = 96
_STRIP_PIXELS = 2**21
_SMALL = 2**23  # source pixels that are warped as they are, however much they shrink
_COPIED = 2**26  # pixels of a source up to which colours that mean "nothing" are masked before it is warped
_TURN_SLACK = 1e-9  # degrees
_STAND_IN = CRS.from_epsg(3857)  # both sides without a CRS: any one, the same on both sides


def strips(layer: Layer, grid: Frame, span: tuple[float, float]) -> Iterator[Strip]:
    """Read a layer on another grid, strip by strip.

    Parameters
    ----------
    span
        Source pixels that a grid pixel spans along the source's columns and rows. Large sources that shrink by two or
        more are averaged first (or read from an overview), then warped bilinearly.

    Raises
    ------
    SceneError
        If the pixels cannot be read or there is no way from one CRS to the other.
    """
    factor = math.sqrt(span[0] * span[1])
    header = layer.header
    try:
        with ExitStack() as stack:
            if _wants_copy(layer, factor):
                source = stack.enter_context(_reduced(layer, grid, factor))
                k = _reduction(factor)
                yield from _warped(source, layer, grid, (span[0] / k, span[1] / k), reduced=True)
            else:
                levels = [i for i, o in enumerate(header.overviews) if o <= factor * 1.01]
                options: dict[str, Any] = {"overview_level": levels[-1]} if levels and not layer.found.palette else {}
                source = stack.enter_context(blocks.source(layer, **options))
                own = span[0] * source.width / header.width, span[1] * source.height / header.height
                yield from _warped(source, layer, grid, own, reduced=False)
    except (RasterioError, CPLE_BaseError) as error:
        raise read_failure(header.path, error) from error


def _wants_copy(layer: Layer, factor: float) -> bool:
    header = layer.header
    if header.complex or (layer.unseen and header.width * header.height <= _COPIED):
        return True
    if blocks.averages_itself(layer) and factor >= 2:
        return True
    if layer.found.palette or any(2 <= o <= factor * 1.01 for o in header.overviews):
        return False
    return factor >= 2 and header.width * header.height > _SMALL


def _reduction(factor: float) -> int:
    return max(1, int(factor))


def _warped(source: Any, layer: Layer, grid: Frame, span: tuple[float, float], *, reduced: bool) -> Iterator[Strip]:
    found, header = layer.found, layer.header
    nodata = None if reduced else layer.nodata
    if nodata is None and not reduced and any("float" in header.dtypes[i - 1] for i in found.indexes):
        nodata = float("nan")
    has_alpha = source.count > len(found.indexes) if reduced else header.alpha is not None
    last_is_alpha = reduced or header.alpha is None
    crs = grid.crs or _STAND_IN
    common: dict[str, Any] = {
        "resampling": Resampling.nearest if found.palette else Resampling.bilinear,
        "warp_mem_limit": _WARP_MB,
        "UNIFIED_SRC_NODATA": "NO" if layer.any_band and not np.isnan(nodata or 0.0) else "YES",
    }
    if nodata is not None:
        common |= {"src_nodata": nodata, "nodata": nodata}
    with ExitStack() as stack:
        colours = source.colormap(1) if found.palette else None
        if layer.placement.placed_by == "gcps":
            # With a transform of its own a WarpedVRT forgets the control points: one VRT places, the next one cuts.
            unscaled = {"crs": header.gcp_crs, "add_alpha": not has_alpha, "XSCALE": "1", "YSCALE": "1"}
            source = stack.enter_context(WarpedVRT(source, **unscaled, **common))
            has_alpha = True
        placed = {"crs": crs, "transform": grid.transform, "width": grid.width, "height": grid.height}
        if source.crs is None:
            placed["src_crs"] = crs
        elif (wrapped := _wrapped(layer.placement.frame, crs)) is not None:
            placed["src_crs"] = wrapped
        # GDAL guesses its kernel's width from a chunk's bounding box, wrong for rotated and narrow ones: say it.
        scale = {f"{axis}SCALE": f"{1 / max(1.0, s):.9g}" for axis, s in zip("XY", span)}
        vrt = stack.enter_context(WarpedVRT(source, add_alpha=not has_alpha, **placed, **scale, **common))
        indexes = list(range(1, len(found.indexes) + 1)) if reduced else list(found.indexes)
        alpha = vrt.count if last_is_alpha else header.alpha
        extra = [] if reduced or found.alpha in (None, header.alpha) else [found.alpha]
        step = max(1, min(grid.height, _STRIP_PIXELS // max(1, grid.width)))
        for row in range(0, grid.height, step):
            n = min(step, grid.height - row)
            data = vrt.read([*indexes, *extra, alpha], window=Window(0, row, grid.width, n), out_dtype="float32")
            valid = data[-1] > 0
            if extra:
                valid &= data[-2] >= 0.5 * np.iinfo(header.dtypes[extra[0] - 1]).max
            values = data[: len(indexes)]
            valid &= ~_nothing(layer, values, nodata)
            if colours is not None:
                values, opaque = blocks.expand_palette(colours, values[0])
                valid &= opaque
            yield Strip(row, values, valid)


def _wrapped(frame: Frame, target: CRS) -> CRS | None:
    """A geographic CRS that counts longitudes around the raster's middle, where the raster leaves -180..180."""
    if frame.crs is None or not frame.crs.is_geographic or same_crs(frame.crs, target):
        return None
    ends = [(frame.transform @ (c, r))[0] for c in (0, frame.width) for r in (0, frame.height)]
    known = proj_crs(frame.crs)
    if known is None or (min(ends) >= -180.0 - _TURN_SLACK and max(ends) <= 180.0 + _TURN_SLACK):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a PROJ string is the only form that holds lon_wrap
        text = known.to_proj4()
    return CRS.from_string(f"{text} +lon_wrap={(min(ends) + max(ends)) / 2:.9g}")


def _nothing(layer: Layer, values: NDArray[np.float32], nodata: float | None) -> NDArray[np.bool_]:
    out: NDArray[np.bool_] = np.logical_not(np.isfinite(values).all(axis=0))
    known = None if nodata is None or np.isnan(nodata) else nodata
    return out | unseen_pixels(values, known, layer.any_band, layer.unseen)


@contextmanager
def _reduced(layer: Layer, grid: Frame, factor: float) -> Iterator[Any]:
    """A float32 copy in memory of the part under the grid, averaged to about a pixel a grid pixel.

    Where something is not valid, an alpha band comes last.
    """
    header, place = layer.header, layer.placement
    by_gcps = place.placed_by == "gcps"
    k = _reduction(factor)
    if by_gcps:
        box: tuple[float, float, float, float] = (0, 0, header.width, header.height)
    else:
        box = footprint(grid, place.frame) or (0, 0, header.width, header.height)
    pad = 4 * k
    c0, r0 = max(0, int(box[0]) - pad), max(0, int(box[1]) - pad)
    c1, r1 = min(header.width, int(box[2]) + pad + 1), min(header.height, int(box[3]) + pad + 1)
    if c1 <= c0 or r1 <= r0:
        c0, r0, c1, r1 = 0, 0, min(header.width, k), min(header.height, k)
    w, h = max(1, (c1 - c0) // k), max(1, (r1 - r0) // k)
    bands = len(layer.found.indexes)
    sx, sy = (c1 - c0) / w, (r1 - r0) / h
    transform = place.frame.transform @ Affine.translation(c0, r0) @ Affine.scale(sx, sy)
    copied = np.zeros((bands + 1, h, w), np.float32)
    for row, values, valid in blocks.strips(layer, PixelWindow(c0, r0, c1 - c0, r1 - r0), w, h):
        rows = slice(row, row + valid.shape[0])
        np.multiply(valid, np.float32(255), out=copied[-1, rows])
        copied[:-1, rows] = np.where(valid, values, 0)
    if copied[-1].all():  # GDAL's kernels are far quicker without an alpha band
        copied = copied[:-1]
    profile: dict[str, Any] = {"driver": "GTiff", "dtype": "float32", "count": len(copied), "width": w, "height": h,
                               "interleave": "band", "BIGTIFF": "IF_SAFER"}  # fmt: skip
    with MemoryFile() as memory:
        with memory.open(**profile) as copy:
            if by_gcps:
                with opened(header.path) as dataset:
                    points, crs = dataset.gcps
                copy.gcps = ([GroundControlPoint(p.row / sy, p.col / sx, p.x, p.y, p.z or 0.0) for p in points], crs)
            else:
                copy.transform = transform
                if place.frame.crs is not None:
                    copy.crs = place.frame.crs
            last = ColorInterp.alpha if len(copied) > bands else ColorInterp.undefined
            copy.colorinterp = [ColorInterp.gray, *[ColorInterp.undefined] * (len(copied) - 2), last][: len(copied)]
            copy.write(copied)
        del copied
        with memory.open() as copy:
            yield copy


__all__ = ["strips"]
