"""Opening rasters: one place that turns GDAL's failures into errors with a way out, and headers into plain data."""

from __future__ import annotations

import json
import logging
import stat
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError, RasterioIOError
from rasterio.windows import Window

from terrascope import gdal_limits, temporary
from terrascope.errors import SceneError
from terrascope.scene import sources

log = logging.getLogger(__name__)

#: A truncated JPEG is an error, remote files do not hang, the block cache stays small, files reach no network.
GDAL_OPTIONS: dict[str, Any] = {
    **gdal_limits.OPTIONS,
    "GDAL_CACHEMAX": 192 * 2**20,  # rasterio hands this on as bytes
    "GDAL_ERROR_ON_LIBJPEG_WARNING": "TRUE",
    "GDAL_HTTP_TIMEOUT": "60",
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_MAX_RETRY": "1",
    "GDAL_MAX_DATASET_POOL_SIZE": "64",
}
PEEK = 96
_PEEK_BLOCK = 16 * 2**20  # a block larger than this (one-block PNG, JPEG) is not decoded just to look at it
_PEEK_WHOLE = 4 * 2**20  # pixels up to which the whole file is sampled
_PEEK_TILE = 16
_MAX_SIDECAR = 4 * 2**20


@dataclass(frozen=True)
class Header:
    """What is known of a raster without reading its pixels. Tuples have one entry a band."""

    path: str
    driver: str
    width: int
    height: int
    count: int
    dtypes: tuple[str, ...]
    crs: CRS | None
    transform: Affine | None
    gcp_crs: CRS | None
    descriptions: tuple[str | None, ...]
    tags: Mapping[str, str]
    band_tags: tuple[Mapping[str, str], ...]
    colours: tuple[str, ...]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    nodata: tuple[float | None, ...]
    palette: bool
    alpha: int | None
    internal_mask: bool
    overviews: tuple[int, ...]  # factors; none where they are not to be used
    block: tuple[int, int]
    stac: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    stale_overviews: bool = False
    measured_alpha: bool = False  # a band is flagged as alpha, but is a measurement

    @property
    def open_options(self) -> dict[str, str]:
        """What the file has to be opened with: overviews that show another picture are not used."""
        return {"OVERVIEW_LEVEL": "NONE"} if self.stale_overviews else {}

    @property
    def stem(self) -> str:
        """File name without folder and last extension."""
        return Path(self.path.replace("\\", "/")).stem

    @property
    def complex(self) -> bool:
        """True where the numbers are complex (single-look SAR)."""
        return any("complex" in d or d == "cint16" for d in self.dtypes)


@contextmanager
def environment() -> Iterator[None]:
    """GDAL settings under which this package reads."""
    with rasterio.Env(**GDAL_OPTIONS, CPL_TMPDIR=str(temporary.folder())), warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def _check_path(path: str) -> None:
    if path.startswith(("/vsi", "http:", "https:", "s3:", "gs:", "zip+", "zip:")) or ":" in path[2:]:
        return
    try:
        info = Path(path).stat()
    except OSError as error:
        raise SceneError(f"{path!r} cannot be found ({error.strerror}).", "Check the layer's source.") from None
    except ValueError as error:
        raise SceneError(f"{path!r} is not a file name ({error}).", "Check the layer's source.") from None
    if stat.S_ISREG(info.st_mode):
        if info.st_size == 0:
            raise SceneError(f"{path!r} is empty (0 bytes).", "Export or download it again.")
    elif not stat.S_ISDIR(info.st_mode):
        raise SceneError(f"{path!r} is not a file.", "Save the layer as a GeoTIFF and use that.")


class _Shelf(NamedTuple):
    """Datasets that stay open for a while, by path, and what closes them."""

    datasets: dict[str, Any]
    stack: ExitStack


_SHELF: ContextVar[_Shelf | None] = ContextVar("terrascope_open_rasters", default=None)
_SHELF_ROOM = 64


@contextmanager
def kept_open() -> Iterator[None]:
    """Keep every raster open that is opened inside, so that blocks decoded for a first look need no second decoding."""
    with ExitStack() as stack:
        token = _SHELF.set(_Shelf({}, stack))
        try:
            yield
        finally:
            _SHELF.reset(token)


@contextmanager
def opened(path: str, **options: Any) -> Iterator[Any]:
    """Open a raster for reading (a rasterio dataset); inside `kept_open` one that is open already.

    Raises
    ------
    SceneError
        If there is no such file, it is empty, no raster, or holds several rasters of which one must be chosen.
    """
    shelf = _SHELF.get()
    key = path if not options else f"{path}|{sorted(options.items())}"
    if shelf is None or (key not in shelf.datasets and len(shelf.datasets) >= _SHELF_ROOM):
        with _opened(path, **options) as dataset:
            yield dataset
        return
    if key not in shelf.datasets:
        shelf.datasets[key] = shelf.stack.enter_context(_opened(path, **options))
    yield shelf.datasets[key]


@contextmanager
def _opened(path: str, **options: Any) -> Iterator[Any]:
    _check_path(path)
    sources.check(path)
    try:
        with rasterio.Env(**sources.options_for(path)):
            dataset = rasterio.open(sources.gdal_name(path), **options)
    except (RasterioError, CRSError, ValueError, TypeError) as error:
        raise SceneError(f"{path!r} is not a raster that GDAL can read: {_first_line(error)}.", _OPEN_HINT) from error
    with dataset:
        if dataset.count == 0:
            inside = ", ".join(dataset.subdatasets[:6])
            if inside:
                raise SceneError(f"{path!r} holds several rasters: {inside}.", "Choose one of them as the layer.")
            raise SceneError(f"{path!r} has no bands.", _OPEN_HINT)
        yield dataset


_OPEN_HINT = "Check that the file is complete, or save the layer as a GeoTIFF."


def read_failure(path: str, error: Exception) -> SceneError:
    """Make the error for pixels that cannot be read (truncated or damaged file)."""
    return SceneError(
        f"The pixels of {path!r} cannot be read: {_first_line(error)}.",
        "The file is damaged or incomplete: download or export it again.",
    )


def _first_line(error: BaseException) -> str:
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and len(chain) < 5:
        chain.append(cause)
    texts = [str(e).strip().splitlines()[0] for e in chain if str(e).strip()]
    best = next((t for t in reversed(texts) if "See previous" not in t), texts[0] if texts else type(error).__name__)
    return best.rstrip(".")


def header_of(dataset: Any, path: str) -> Header:
    """Read everything that the header says of an open dataset."""
    notes: list[str] = []
    crs = _crs(dataset, notes)
    transform: Affine | None = dataset.transform
    if transform == Affine.identity():
        transform = None
    if transform is not None and (not np.isfinite(transform[:6]).all() or abs(transform.determinant) < 1e-300):
        notes.append("its geotransform cannot be inverted and is ignored")
        transform = None
    gcps, gcp_crs = dataset.gcps
    colours = tuple(c.name for c in dataset.colorinterp)
    flags = dataset.mask_flag_enums
    alpha = colours.index("alpha") + 1 if "alpha" in colours and dataset.count > 1 else None
    return Header(
        path=path,
        driver=dataset.driver,
        width=dataset.width,
        height=dataset.height,
        count=dataset.count,
        dtypes=tuple(str(d) for d in dataset.dtypes),
        crs=crs,
        transform=transform,
        gcp_crs=gcp_crs if len(gcps) >= 3 and gcp_crs and transform is None else None,
        descriptions=tuple(dataset.descriptions),
        tags=_tags(dataset),
        band_tags=tuple(_band_tags(dataset, i) for i in dataset.indexes),
        colours=colours,
        scales=tuple(float(s) if s else 1.0 for s in dataset.scales),
        offsets=tuple(float(o or 0.0) for o in dataset.offsets),
        nodata=tuple(_usable_nodata(n, d, notes) for n, d in zip(dataset.nodatavals, dataset.dtypes)),
        palette=dataset.count <= 2 and dataset.colorinterp[0] == ColorInterp.palette,
        alpha=alpha,
        internal_mask=any(MaskFlags.per_dataset in f and MaskFlags.alpha not in f for f in flags),
        overviews=tuple(dataset.overviews(1)),
        block=dataset.block_shapes[0],
        stac=_stac_sidecar(path, notes),
        warnings=tuple(dict.fromkeys(notes)),
    )


def _crs(dataset: Any, notes: list[str]) -> CRS | None:
    try:
        crs = dataset.crs
        if not crs:
            return None
        crs.to_wkt()
        return crs
    except CRSError as error:
        notes.append(f"its CRS cannot be understood ({_first_line(error)}) and is ignored")
        return None


def _usable_nodata(value: float | None, dtype: str, notes: list[str]) -> float | None:
    if value is None:
        return None
    if dtype in ("uint8", "int8", "uint16", "int16", "uint32", "int32"):
        info = np.iinfo(dtype)
        if np.isnan(value) or not info.min <= value <= info.max or value != int(value):
            notes.append(f"nodata {value:g} cannot occur in {dtype} and is ignored")
            return None
    return float(value)


def _tags(dataset: Any) -> dict[str, str]:
    merged: dict[str, str] = {}
    for namespace in dataset.tag_namespaces():
        if namespace not in ("xml:XMP", "xml:ESRI", "DERIVED_SUBDATASETS", "SUBDATASETS", "xml:SENTINEL2"):
            merged.update(dataset.tags(ns=namespace))
    merged.update(dataset.tags())
    return merged


def _band_tags(dataset: Any, index: int) -> dict[str, str]:
    merged: dict[str, str] = {}
    for namespace in dataset.tag_namespaces(index):
        merged.update(dataset.tags(index, ns=namespace))
    merged.update(dataset.tags(index))
    return {k.lower(): v for k, v in merged.items()}


def _stac_sidecar(path: str, notes: list[str]) -> Mapping[str, Any]:
    """Read a STAC item that lies beside the file under the same stem: of it, what has the form that STAC gives it."""
    file = Path(path).with_suffix(".json") if not path.startswith("/vsi") and ":" not in path[2:] else None
    try:
        if file is None or not file.is_file() or file.stat().st_size > _MAX_SIDECAR:
            return {}
        item = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(item, dict) or "stac_version" not in item:
        return {}
    properties, assets = item.get("properties", {}), item.get("assets", {})
    found = {
        "properties": {k: v for k, v in properties.items() if v is not None} if isinstance(properties, dict) else {},
        "assets": {k: _asset(v) for k, v in assets.items() if isinstance(v, dict)} if isinstance(assets, dict) else {},
    }
    if not isinstance(properties, dict) or not isinstance(assets, dict) or len(found["assets"]) < len(assets):
        notes.append("its STAC sidecar is malformed; what cannot be read of it is ignored")
    return found


def _asset(asset: Mapping[str, Any]) -> dict[str, Any]:
    """An asset with lists where STAC has lists."""
    lists = {key: asset[key] for key in ("bands", "eo:bands", "sar:polarizations") if isinstance(asset.get(key), list)}
    return {"href": str(asset.get("href", "")), **lists}


def peek(dataset: Any, header: Header) -> NDArray[np.float32] | None:
    """Read a sparse sample of all bands, float32 [B, h, w] with h, w <= 96, unscaled; complex numbers as magnitudes.

    Large files without overviews are sampled in a few small windows. None where even that would mean decoding very
    large blocks, or where the pixels cannot be read.
    """
    bytes_a_block = header.block[0] * header.block[1] * np.dtype("f8").itemsize
    if bytes_a_block > _PEEK_BLOCK and not header.overviews:
        return None
    try:
        if header.overviews or header.width * header.height <= _PEEK_WHOLE:
            sample = dataset.read(out_shape=(header.count, min(header.height, PEEK), min(header.width, PEEK)))
        else:
            sample = _windows(dataset, header)
    except RasterioIOError:
        log.info("no sample of %s can be read", header.path)
        return None
    if np.iscomplexobj(sample):
        sample = np.abs(sample)
    return np.asarray(sample, dtype=np.float32)


def _positions(length: int, tile: int, block: int) -> list[int]:
    """Where windows begin along one side: 5, or 3 where there are few blocks, each in one block only."""
    spread = np.linspace(0, length - tile, 5 if length > 20 * block else 3).astype(int)
    return [int(p) if p // block == (p + tile - 1) // block else int(p // block * block) for p in spread]


def _windows(dataset: Any, header: Header) -> NDArray:
    h, w = min(_PEEK_TILE, header.height), min(_PEEK_TILE, header.width)
    rows = _positions(header.height, h, header.block[0])
    cols = _positions(header.width, w, header.block[1])
    return np.concatenate(
        [np.concatenate([dataset.read(window=Window(c, r, w, h)) for c in cols], axis=2) for r in rows], axis=1
    )
