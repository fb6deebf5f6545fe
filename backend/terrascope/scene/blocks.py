"""Pixels read straight from the file, strip by strip, averaged where the target is coarser. Nothing is warped here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from xml.sax.saxutils import escape  # nosec B406

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.windows import Window

from terrascope.errors import SceneError
from terrascope.scene import sources
from terrascope.scene.layer import Layer, unseen_pixels
from terrascope.scene.raster import opened, read_failure
from terrascope.scene.scaling import Kind
from terrascope.scene.types import Scale

AVERAGED_AT_ONCE = 2**27  # pixels that are averaged from the full resolution even where there are overviews
STRIP_BYTES = 48 * 2**20  #: source bytes that a strip may need at once
SAMPLE_LIMIT = 1e10  #: source samples that one read may go through without overviews
_DTYPE_NAMES = {"uint8": "Byte", "int8": "Int8", "uint16": "UInt16", "int16": "Int16", "uint32": "UInt32",
                "int32": "Int32", "float32": "Float32", "float64": "Float64"}  # fmt: skip


class PixelWindow(NamedTuple):
    """A window in a layer's upright pixel frame; may be fractional."""

    col: float
    row: float
    width: float
    height: float


class Strip(NamedTuple):
    """Rows from `row`: `values` float32 [B, n, W] in file units (power for complex files), `valid` bool [n, W]."""

    row: int
    values: NDArray[np.float32]
    valid: NDArray[np.bool_]


def refuse_if_endless(layer: Layer, window: PixelWindow, width: int, height: int) -> None:
    """Refuse a read that would go through more pixels than anyone waits for, where no overview shortens it.

    Raises
    ------
    SceneError
        If it would.
    """
    header = layer.header
    samples = window.width * window.height * len(layer.found.indexes)
    if samples <= SAMPLE_LIMIT:
        return
    factor = min(window.width / width, window.height / height)
    usable = [o for o in header.overviews if o <= factor * 1.01]
    if usable and not header.complex and samples / max(usable) ** 2 <= SAMPLE_LIMIT:
        return
    raise SceneError(
        f"{header.path!r} has {header.width} x {header.height} pixels and no overviews; reading this area means going "
        f"through {samples / 1e9:.0f} thousand million numbers.",
        "Build overviews (Layer > Properties > Pyramids, or gdaladdo), or choose a smaller area.",
    )


def strips(layer: Layer, window: PixelWindow, width: int, height: int) -> Iterator[Strip]:
    """Read a window of a layer as height x width pixels, top to bottom.

    Raises
    ------
    SceneError
        If the pixels cannot be read.
    """
    path = layer.header.path
    reduced = window.width / width > 1.0 + 1e-9 or window.height / height > 1.0 + 1e-9
    try:
        if layer.header.complex or (reduced and averages_itself(layer)):
            with _coarse_enough(layer, window, width, height) as (dataset, part):
                yield from _flipped(layer, _averaged(dataset, layer, part, width, height), height)
            return
        with source(layer) as dataset:
            yield from _flipped(layer, _plain(dataset, layer, _in_file(layer, window), width, height), height)
    except RasterioError as error:
        raise read_failure(path, error) from error


def averages_itself(layer: Layer) -> bool:
    """Say whether pixels are to be averaged here, not by GDAL: radar as power, and colours that mean "nothing"."""
    radar = layer.conversion.scale is Scale.DB and layer.conversion.kind is not Kind.POWER
    return layer.header.complex or bool(layer.unseen) or (radar and not layer.found.palette)


@contextmanager
def _coarse_enough(layer: Layer, window: PixelWindow, width: int, height: int) -> Iterator[tuple[Any, PixelWindow]]:
    """The file and the window in it; of a large one its finest overview that is not too large, if it has any."""
    header = layer.header
    inner = _in_file(layer, window)
    factor = min(inner.width / width, inner.height / height)
    usable = [i for i, o in enumerate(header.overviews) if o <= factor * 1.01]
    levels = [i for i in usable if inner.width * inner.height / header.overviews[i] ** 2 <= AVERAGED_AT_ONCE]
    if header.complex or not usable or inner.width * inner.height <= AVERAGED_AT_ONCE:
        with opened(header.path, **header.open_options) as dataset:
            yield dataset, inner
        return
    with opened(header.path, overview_level=(levels or usable[-1:])[0]) as dataset:
        x, y = dataset.width / header.width, dataset.height / header.height
        yield dataset, PixelWindow(inner.col * x, inner.row * y, inner.width * x, inner.height * y)


@contextmanager
def source(layer: Layer, **options: Any) -> Iterator[Any]:
    """The file; or the file seen through a VRT that declares the nodata value that was assumed, and no band as alpha
    that is a measurement. `options`: how the file is opened."""
    header = layer.header
    options |= header.open_options
    assumed = layer.nodata if layer.nodata_assumed else None
    if assumed is None and not header.measured_alpha:
        with opened(header.path, **options) as dataset:
            yield dataset
        return
    name = escape(sources.gdal_name(header.path))
    declared = [assumed if assumed is not None else value for value in header.nodata]
    given = "".join(f'<OOI key="{key.upper()}">{value}</OOI>' for key, value in options.items())
    with opened(header.path, **options) as dataset:
        width, height, place = dataset.width, dataset.height, _place_in_vrt(dataset)
    bands = "".join(
        f'<VRTRasterBand dataType="{_DTYPE_NAMES[header.dtypes[i]]}" band="{i + 1}">'
        + (f"<NoDataValue>{declared[i]!r}</NoDataValue>" if declared[i] is not None else "")
        + f'<SimpleSource><SourceFilename relativeToVRT="0">{name}</SourceFilename>'
        + (f"<OpenOptions>{given}</OpenOptions>" if given else "")
        + f"<SourceBand>{i + 1}</SourceBand></SimpleSource></VRTRasterBand>"
        for i in range(header.count)
    )
    text = f'<VRTDataset rasterXSize="{width}" rasterYSize="{height}">{place}{bands}</VRTDataset>'
    with rasterio.Env(**sources.options_for(header.path)), rasterio.open(text) as dataset:
        yield dataset


def _place_in_vrt(dataset: Any) -> str:
    """Elements of a VRT that place it as the dataset is placed."""
    points, crs = dataset.gcps
    if points and crs and dataset.transform.is_identity:
        gcps = "".join(
            f'<GCP Id="{n}" Pixel="{p.col!r}" Line="{p.row!r}" X="{p.x!r}" Y="{p.y!r}" Z="{p.z or 0.0!r}"/>'
            for n, p in enumerate(points)
        )
        return f'<GCPList Projection="{escape(crs.to_wkt(), _QUOTED)}">{gcps}</GCPList>'
    a, b, c, d, e, f = (float(v) for v in dataset.transform[:6])
    place = "" if dataset.transform.is_identity else f"<GeoTransform>{c!r},{a!r},{b!r},{f!r},{d!r},{e!r}</GeoTransform>"
    return (f"<SRS>{escape(dataset.crs.to_wkt())}</SRS>" if dataset.crs else "") + place


_QUOTED = {'"': "&quot;"}


def _in_file(layer: Layer, window: PixelWindow) -> PixelWindow:
    """The window in the file's own rows and columns."""
    header, place = layer.header, layer.placement
    col, row, w, h = window
    w, h = min(w, header.width), min(h, header.height)
    if place.flip_columns:
        col = header.width - col - w
    if place.flip_rows:
        row = header.height - row - h
    return PixelWindow(min(max(col, 0.0), header.width - w), min(max(row, 0.0), header.height - h), w, h)


def _flipped(layer: Layer, source: Iterator[Strip], height: int) -> Iterator[Strip]:
    place = layer.placement
    for row, values, valid in source:
        if place.flip_columns:
            values, valid = values[:, :, ::-1], valid[:, ::-1]
        if place.flip_rows:
            row, values, valid = height - row - valid.shape[0], values[:, ::-1], valid[::-1]
        yield Strip(row, values, valid)


def _rows_at_once(layer: Layer, window: PixelWindow, height: int, item: int) -> int:
    block = layer.header.block[0]
    source_rows = max(1.0, STRIP_BYTES / (max(window.width, 1.0) * max(1, layer.header.count) * item))
    if source_rows > block:
        source_rows -= source_rows % block
    return max(1, min(height, int(source_rows * height / window.height)))


def _plain(dataset: Any, layer: Layer, window: PixelWindow, width: int, height: int) -> Iterator[Strip]:
    fy = window.height / height
    reduced = window.width / width > 1.0 + 1e-9 or fy > 1.0 + 1e-9
    resampling = Resampling.average if reduced and not layer.found.palette else Resampling.nearest
    indexes = list(layer.found.indexes)
    if layer.found.alpha:
        indexes.append(layer.found.alpha)
    colours = dataset.colormap(1) if layer.found.palette else None
    item = np.dtype("f4").itemsize if layer.header.dtypes[0] != "float64" else 8
    step = _rows_at_once(layer, window, height, item)
    for row in range(0, height, step):
        n = min(step, height - row)
        part = Window(window.col, window.row + row * fy, window.width, n * fy)
        # GDAL averages in the type of the file: whole numbers stay whole, half a digital number is the error.
        data = dataset.read(indexes, window=part, out_shape=(len(indexes), n, width), resampling=resampling,
                            out_dtype="float32")  # fmt: skip
        valid = np.ones((n, width), dtype=bool)
        if layer.found.alpha:
            top = layer.found.opaque or _top(layer.header.dtypes[layer.found.alpha - 1])
            valid &= data[-1] >= top / 2 if reduced else data[-1] > 0
            data = data[:-1]
        elif layer.header.internal_mask:
            mask = dataset.read_masks(indexes[0], window=part, out_shape=(n, width), resampling=resampling)
            valid &= mask >= 128
        if colours is not None:
            data, opaque = expand_palette(colours, data[0])
            valid &= opaque & ~_is_nodata(layer, dataset.read(1, window=part, out_shape=(n, width))[None])
        else:
            valid &= ~_is_nodata(layer, data)
        yield Strip(row, data, valid)


def _top(dtype: str) -> float:
    return float(np.iinfo(dtype).max) if "int" in dtype else 1.0


def _is_nodata(layer: Layer, values: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Bool [h, w]: not a number in any band, or the nodata value in any (all) bands."""
    out: NDArray[np.bool_] = np.zeros(values.shape[1:], dtype=bool)
    if layer.may_be_nan:
        for band in values:
            out |= ~np.isfinite(band)
    if layer.unseen or (layer.nodata is not None and not np.isnan(layer.nodata)):
        out |= unseen_pixels(values, layer.nodata, layer.any_band, layer.unseen)
    return out


def expand_palette(
    colours: dict[int, tuple[int, ...]], index: NDArray
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Turn colour indexes [h, w] into red, green, blue float32 [3, h, w] (0..255), and opacity bool [h, w]."""
    size = max(colours, default=0) + 1
    table = np.zeros((size, 4), dtype=np.float32)
    table[:, 3] = 255
    for key, value in colours.items():
        table[key, : len(value)] = value
    inside = np.clip(index.astype(np.int64), 0, size - 1)
    rgba = table[inside]
    opaque = (rgba[..., 3] > 0) & (index >= 0) & (index < size)
    return np.ascontiguousarray(np.moveaxis(rgba[..., :3], -1, 0)), opaque


def _averaged(dataset: Any, layer: Layer, window: PixelWindow, width: int, height: int) -> Iterator[Strip]:
    """Averages of what was observed, radar as power; a mean of complex numbers would cancel itself, one of decibels is
    too low. In the file's numbers; power for complex ones."""
    indexes, alpha, header = list(layer.found.indexes), layer.found.alpha, layer.header
    col0, row0 = int(window.col), int(window.row)
    w, h = max(1, round(window.width)), max(1, round(window.height))
    w, h = min(w, dataset.width - col0), min(h, dataset.height - row0)
    width, height = max(1, width), max(1, height)
    col_edges = np.minimum((np.arange(width) * w) // width, w - 1)
    step = max(1, int(STRIP_BYTES / (w * 16 * len(indexes)) * height / h))
    for row in range(0, height, step):
        n = min(step, height - row)
        top, bottom = (row * h) // height, max((row * h) // height + 1, ((row + n) * h) // height)
        part = Window(col0, row0 + top, w, bottom - top)
        data = dataset.read([*indexes, *([alpha] if alpha else [])], window=part)
        if header.complex:
            values = np.square(data.real.astype(np.float32)) + np.square(data.imag.astype(np.float32))
            good = np.isfinite(values).all(axis=0) & (values > 0).any(axis=0)
            if layer.nodata is not None:
                good &= ~(data == layer.nodata).all(axis=0)
        else:
            values = data[: len(indexes)].astype(np.float32)
            good = np.isfinite(values).all(axis=0) & ~_is_nodata(layer, values)
            if alpha:
                good &= data[-1] > 0
            if header.internal_mask:
                good &= dataset.read_masks(indexes[0], window=part) >= 128
            values = layer.conversion.to_mean(values)
        values[:, ~good] = 0
        row_edges = np.minimum((np.arange(row, row + n) * h) // height - top, bottom - top - 1)
        count = _sum_blocks(good[None].astype(np.float32), row_edges, col_edges)[0]
        mean = _sum_blocks(values, row_edges, col_edges) / np.maximum(count, 1)
        yield Strip(row, mean if header.complex else layer.conversion.from_mean(mean), count > 0)


def _sum_blocks(values: NDArray[np.float32], rows: NDArray, cols: NDArray) -> NDArray[np.float32]:
    return np.add.reduceat(np.add.reduceat(values, rows, axis=1), cols, axis=2)


def output_size(width: float, height: float, max_size: int) -> tuple[int, int]:
    """Size (columns, rows) of a window read at no more than `max_size` pixels on its long side, aspect kept."""
    factor = max(1.0, max(width, height) / max_size)
    return max(1, math.floor(width / factor + 0.5)), max(1, math.floor(height / factor + 0.5))
