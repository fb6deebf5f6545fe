"""Whether the overviews (pyramids) of a raster still show its pixels."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from terrascope.scene.raster import Header, opened

log = logging.getLogger(__name__)

STALE = (
    "its overviews show another picture than its pixels and are not used: the file was edited after they were built. "
    "Build them again (Layer > Properties > Pyramids, or gdaladdo)"
)
#: Drivers whose overviews are levels of the pixels' own code, which cannot be older than the pixels.
_OF_THE_PIXELS = ("JP2", "JPEG", "ECW", "MrSID")
_PLACES = 4  # blocks along each side that are compared
_WINDOW = 256  # pixels along a side of what is compared
_LEAST_PIXELS = 16  # pixels of the full resolution below which a window says nothing
_SLACK = 0.25  # of the values' range: what cubic and Lanczos resampling overshoot
#: Share of compared pixels that may lie outside their neighbourhood: of all, and of one window (a part was edited).
_WRONG, _WRONG_THERE = 0.2, 0.5


def agree(dataset: Any, header: Header) -> bool:
    """Compare a few blocks of full resolution with every overview level.

    Whatever the resampling, a pixel of an overview lies between the least and the greatest pixel that it stands for and
    of those around it, but for what sharpening kernels overshoot. True where there is no overview to compare.
    """
    if not header.overviews or header.driver.startswith(_OF_THE_PIXELS):
        return True
    band = header.count // 2 + 1
    size = min(_WINDOW, header.width, header.height)
    windows = _windows(header, size)
    try:
        blocks = [dataset.read(band, window=window) for window in windows]
        spread = float(np.ptp(np.concatenate([each.ravel() for each in blocks]).astype(np.float64)))
        usable = [level for level, factor in enumerate(header.overviews) if factor * 2 <= size]
        for level in sorted({usable[0], usable[-1]} if usable else ()):  # those between were made with them
            with opened(header.path, overview_level=level) as coarse:
                tested = [_compare(coarse, band, header, w, full, spread) for w, full in zip(windows, blocks)]
            wrong, total = (sum(each) for each in zip(*tested))
            if total and wrong > _WRONG * total:
                return False
            if any(bad > _WRONG_THERE * number for bad, number in tested if number >= _LEAST_PIXELS):
                return False
    except RasterioError:
        log.info("the overviews of %s cannot be compared", header.path, exc_info=True)
    return True


def _windows(header: Header, size: int) -> list[Window]:
    """Windows of one block each, spread over the raster."""
    columns, rows = (
        sorted({int(p // block * block) for p in np.linspace(0, max(0, length - size), _PLACES)})
        for length, block in ((header.width, header.block[1]), (header.height, header.block[0]))
    )
    if header.block[1] >= header.width:  # strips: a wide window costs no more than a narrow one
        columns = [0]
        return [Window(0, r, header.width, min(size, header.height - r)) for r in rows]
    return [Window(c, r, min(size, header.width - c), min(size, header.height - r)) for r in rows for c in columns]


def _compare(coarse: Any, band: int, header: Header, window: Window, full: NDArray, spread: float) -> tuple[int, int]:
    """Return (pixels of the overview outside their neighbourhood, pixels compared)."""
    fx, fy = header.width / coarse.width, header.height / coarse.height
    # Overview pixels whose neighbourhood, one of them around, lies in the window.
    c0, r0 = int(np.ceil(window.col_off / fx)) + 1, int(np.ceil(window.row_off / fy)) + 1
    if window.col_off == 0:
        c0 -= 1
    if window.row_off == 0:
        r0 -= 1
    c1 = int((window.col_off + window.width) // fx) - 1
    r1 = int((window.row_off + window.height) // fy) - 1
    if c1 <= c0 or r1 <= r0 or full.size < _LEAST_PIXELS:
        return 0, 0
    seen = coarse.read(band, window=Window(c0, r0, c1 - c0, r1 - r0)).astype(np.float64)
    values = full.astype(np.float64)
    rows = _reach(np.arange(r0, r1), fy, window.row_off, values.shape[0])
    cols = _reach(np.arange(c0, c1), fx, window.col_off, values.shape[1])
    padded = np.pad(values, ((0, 1), (0, 1)), mode="edge")  # an end of the last range is an index too
    low, high = (
        reduce.reduceat(reduce.reduceat(padded, rows, axis=0)[::2], cols, axis=1)[:, ::2]
        for reduce in (np.minimum, np.maximum)
    )
    known = np.isfinite(seen) & np.isfinite(low) & np.isfinite(high)
    slack = _SLACK * (high - low) + 0.01 * spread + 1e-12
    outside = known & ((seen < low - slack) | (seen > high + slack))
    return int(np.count_nonzero(outside)), int(np.count_nonzero(known))


def _reach(pixels: NDArray[np.intp], factor: float, offset: float, length: int) -> NDArray[np.intp]:
    """First and last + 1 of the full pixels under each pixel of an overview and one around it, one after the other."""
    first = np.maximum(0, ((pixels - 1) * factor - offset).astype(np.intp))
    last = np.minimum(length, np.ceil((pixels + 2) * factor - offset).astype(np.intp))
    return np.column_stack([first, last]).ravel()
