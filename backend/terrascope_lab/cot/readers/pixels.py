"""Pixels from files, and 8-bit pictures from reflectance, display values and backscatter."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from terrascope.scene.render import VH_RANGE, VV_RANGE
from terrascope_lab.cot.scenes import DataError, Mask, Picture

_STRETCH = (2.0, 98.0)


@contextmanager
def _quiet() -> Iterator[None]:
    from rasterio.errors import NotGeoreferencedWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        yield


def read_raster(path: Path, bands: Sequence[int] | None = None) -> NDArray[np.generic]:
    """Read bands (counted from 1; all by default) of any raster, [B, H, W] in the file's type.

    Raises
    ------
    DataError
        If the file is missing, damaged, or has fewer bands.
    """
    import rasterio
    from rasterio.errors import RasterioError

    with _quiet():
        try:
            with rasterio.open(path) as file:
                return np.asarray(file.read(None if bands is None else list(bands)))
        except (RasterioError, IndexError, OSError) as error:
            raise DataError(f"{path.name} cannot be read: {error}.", "Copy it again, or remove it.") from error


def raster_size(path: Path) -> tuple[int, int]:
    """Height and width of a raster, from its header.

    Raises
    ------
    DataError
        If the file cannot be opened.
    """
    import rasterio
    from rasterio.errors import RasterioError

    with _quiet():
        try:
            with rasterio.open(path) as file:
                return int(file.height), int(file.width)
        except (RasterioError, OSError) as error:
            raise DataError(f"{path.name} cannot be read: {error}.", "Copy it again, or remove it.") from error


@lru_cache(maxsize=2)
def read_picture(path: Path, mode: str = "RGB") -> NDArray[np.uint8]:
    """Read a PNG, JPEG or 8-bit TIFF as uint8 [H, W, 3] (mode "RGB") or [H, W] (mode "L"); read-only.

    The last two are kept: large images are read window by window.

    Raises
    ------
    DataError
        If the file is missing or no picture.
    """
    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert(mode), np.uint8)
    except (OSError, UnidentifiedImageError, SyntaxError) as error:
        raise DataError(f"{path.name} cannot be read: {error}.", "Copy it again, or remove it.") from error
    pixels.flags.writeable = False
    return pixels


def stretched(bands: NDArray[np.generic], valid: Mask) -> Picture:
    """Stretch three bands [3, H, W] (red, green, blue) from their 2nd to their 98th percentile, each by itself."""
    out = np.zeros((*valid.shape, 3), np.uint8)
    inside = valid if valid.any() else np.ones_like(valid)
    for channel, band in enumerate(bands):
        values = band.astype(np.float32)
        low, high = np.percentile(values[inside], _STRETCH)
        gain = 255.0 / max(float(high - low), 1e-6)
        out[..., channel] = np.clip(np.rint((np.nan_to_num(values) - low) * gain), 0, 255)
    out[~valid] = 0
    return out


def sar_picture(vv_db: NDArray[np.generic], vh_db: NDArray[np.generic], valid: Mask) -> Picture:
    """Make the radar picture that the model is trained on, VH, VV and their mean (truncated), from dB [H, W]."""
    return sar_bytes(_byte(vv_db, VV_RANGE, valid), _byte(vh_db, VH_RANGE, valid))


def sar_bytes(vv: NDArray[np.uint8], vh: NDArray[np.uint8]) -> Picture:
    """Make the radar picture from 8-bit backscatter [H, W]: VH, VV and their mean, truncated."""
    mean = ((vh.astype(np.float32) + vv.astype(np.float32)) / 2).astype(np.uint8)
    return np.stack([vh, vv, mean], axis=-1)


def _byte(band: NDArray[np.generic], limits: tuple[float, float], valid: Mask) -> NDArray[np.uint8]:
    low, high = limits
    values = np.nan_to_num(band.astype(np.float32), nan=low)
    out = np.clip(np.rint((values - low) * (255.0 / (high - low))), 0, 255).astype(np.uint8)
    out[~valid] = 0
    return out


def by_colour(picture: Picture, colours: dict[tuple[int, int, int], int], slack: int = 24) -> NDArray[np.uint8]:
    """Turn a colour-coded label picture into values; 0 where no colour is within `slack` (sum over the channels).

    `slack` allows for pictures that were compressed with loss.
    """
    packed = (picture.astype(np.uint32) * np.array([65536, 256, 1], np.uint32)).sum(-1, dtype=np.uint32)
    found, where = np.unique(packed, return_inverse=True)
    shown = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=-1).astype(np.int16)
    values = np.zeros(len(found), np.uint8)
    for colour, value in colours.items():
        values[np.abs(shown - np.array(colour, np.int16)).sum(-1) <= slack] = value
    return values[where].reshape(picture.shape[:2])


def need_folder(path: Path, layout: str) -> Path:
    """Return a folder that has to be there.

    Raises
    ------
    DataError
        Says what layout is expected.
    """
    if not path.is_dir():
        raise DataError(f"There is no folder {str(path)!r}.", f"Expected layout: {layout}")
    return path
