"""Small pictures for people: views as JPEG, masks as transparent PNG. No more than NumPy and rasterio is needed."""

from __future__ import annotations

import struct
import warnings
import zlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.scene.types import Role, View
from terrascope.trace.geopackage import Picture

#: Longest side, in pixels, of the picture of a view that a result file keeps.
PREVIEW_PX = 1024


def view_picture(view: View, max_px: int = PREVIEW_PX) -> Picture:
    """Return a view as the network saw it, at most `max_px` on the long side, as JPEG."""
    step = -(-max(view.valid.shape) // (2 * max_px))
    if step > 1:  # views of a tiled scene may be larger than memory: every n-th pixel is enough for a small picture
        view = replace(view, pixels=large.sampled(view.pixels, step), valid=large.sampled(view.valid, step))
    return Picture(jpeg(shrink(_render(view), max_px)), "image/jpeg")


def _render(view: View) -> NDArray[np.uint8]:
    from terrascope.scene import render_rgb, render_sar

    rgb = render_sar(view) if view.role is Role.SAR else render_rgb(view)
    return np.where(view.valid[..., None], rgb, 255).astype(np.uint8)


def shrink(image: NDArray[np.uint8], max_px: int) -> NDArray[np.uint8]:
    """Return uint8 [H, W, 3] with at most `max_px` on its long side, by block means."""
    factor = -(-max(image.shape[:2]) // max_px)
    if factor <= 1:
        return image
    height, width = (max(1, size // factor) for size in image.shape[:2])
    cut = image[: height * factor, : width * factor]
    if cut.shape[:2] != (height * factor, width * factor):  # one side is shorter than a block
        return image[::factor, ::factor]
    means = cut.reshape(height, factor, width, factor, 3).mean(axis=(1, 3))
    return np.rint(means).astype(np.uint8)


def jpeg(image: NDArray[np.uint8], quality: int = 85) -> bytes:
    """Encode uint8 [H, W, 3] as JPEG."""
    from rasterio.errors import NotGeoreferencedWarning
    from rasterio.io import MemoryFile

    height, width = image.shape[:2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with MemoryFile() as memory:
            with memory.open(
                driver="JPEG", width=width, height=height, count=3, dtype="uint8", quality=quality, photometric="YCBCR"
            ) as file:
                file.write(np.moveaxis(image, 2, 0))
            return bytes(memory.read())


def mask_png(mask: NDArray[np.bool_], colour: str, fill_alpha: int = 110) -> bytes:
    """Encode a mask [H, W] as a transparent PNG in `colour`: a translucent fill, an opaque outline of one pixel."""
    inside = np.pad(mask, 1)
    core = mask & inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
    indices = mask.astype(np.uint8) + (mask & ~core)
    rgb = bytes(int(colour[i : i + 2], 16) for i in (1, 3, 5))
    dark = bytes(int(each * 0.75) for each in rgb)
    return palette_png(indices.astype(np.uint8), [bytes(3), rgb, dark], [0, fill_alpha, 255])


def palette_png(indices: NDArray[np.uint8], palette: list[bytes], alpha: list[int]) -> bytes:
    """Encode indices uint8 [H, W] (< 4) as a palette PNG of two bits a pixel (PNG 1.2, colour type 3)."""
    height, width = indices.shape
    wide = np.zeros((height, -(-width // 4) * 4), dtype=np.uint8)
    wide[:, :width] = indices
    packed = wide[:, 0::4] << 6 | wide[:, 1::4] << 4 | wide[:, 2::4] << 2 | wide[:, 3::4]
    rows = np.concatenate([np.zeros((height, 1), np.uint8), packed], axis=1)  # filter 0 before each row
    header = struct.pack(">IIBBBBB", width, height, 2, 3, 0, 0, 0)
    chunks = [
        (b"IHDR", header),
        (b"PLTE", b"".join(palette)),
        (b"tRNS", bytes(alpha)),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
