"""What the frozen encoder of surroundings is shown: completed band groups, as finely as the image's size allows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
WIDTH = 128
#: pixels of the image for each token; the encoder sees patches of 8 px of the image enlarged, as it is, or halved
SPACINGS = (4, 8, 16)
#: largest image, in pixels, that is looked at with each spacing but the last
LIMITS = (256 * 256, 640 * 640)
_UNIT = 64  # the encoder takes multiples of this many pixels

Encode = Callable[[Array, NDArray[np.int64], float], Array]


def spacing_for(pixels: int) -> int:
    """Return the token spacing for an image of so many pixels: fine for small images, coarse for large ones."""
    for spacing, limit in zip(SPACINGS, LIMITS, strict=False):
        if pixels <= limit:
            return spacing
    return SPACINGS[-1]


def groups_of(present: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return which band groups (colours, NIR, SWIR) have at least one of their bands, int64 [G]."""
    there = (present[:3].any(), present[3] > 0, present[4:].any())
    return np.flatnonzero(np.array(there)).astype(np.int64)


def completed(stack: Array, present: NDArray[np.float32]) -> Array:
    """Return the six bands with gaps in a group filled by the mean of the group's other bands."""
    out = stack.copy()
    for members in ((0, 1, 2), (4, 5)):
        here = [i for i in members if present[i] > 0]
        for i in members:
            if here and i not in here:
                out[i] = stack[here].mean(0)
    return out


def _doubled(stack: Array) -> Array:
    """Twice the size, bilinear (pixel centres at 1/4 and 3/4)."""
    for axis in (1, 2):
        first = np.concatenate([np.take(stack, [0], axis), np.delete(stack, -1, axis)], axis)
        last = np.concatenate([np.delete(stack, 0, axis), np.take(stack, [-1], axis)], axis)
        pair = np.stack([0.75 * stack + 0.25 * first, 0.75 * stack + 0.25 * last], axis + 1)
        shape = list(stack.shape)
        shape[axis] *= 2
        stack = pair.reshape(shape)
    return stack.astype(np.float32)


def tokens(encode: Encode, stack: Array, present: NDArray[np.float32], gsd_m: float, spacing: int) -> Array:
    """Return tokens float32 [128, H / spacing, W / spacing] of the bands [6, H, W]; H, W multiples of 16.

    `encode` takes bands [1, 6, h, w] (h, w multiples of 64), the groups int64 [G] and the pixel size, and returns
    [1, 128, h / 8, w / 8].
    """
    image = completed(stack, present)
    factor = 8 / spacing
    if spacing == 4:
        image = _doubled(image)
    elif spacing == 16:
        shape = (len(image), image.shape[1] // 2, 2, image.shape[2] // 2, 2)
        image = image.reshape(shape).mean((2, 4)).astype(np.float32)
    rows, cols = image.shape[1] // 8, image.shape[2] // 8
    below, right = -image.shape[1] % _UNIT, -image.shape[2] % _UNIT
    if below or right:
        image = np.pad(image, ((0, 0), (0, below), (0, right)), mode="symmetric")
    out = encode(np.ascontiguousarray(image[None]), groups_of(present), gsd_m / factor)
    return np.ascontiguousarray(out[0, :, :rows, :cols], dtype=np.float32)
