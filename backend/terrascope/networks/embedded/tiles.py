"""Cutting an array into overlapping windows and blending what comes back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Window(NamedTuple):
    """Square-free window: first row, first column, rows and columns (may reach beyond a small image)."""

    row: int
    col: int
    rows: int
    cols: int


def starts(length: int, largest: int, overlap: int, multiple: int) -> tuple[list[int], int]:
    """Return the first index of each window along an axis and the window length, a multiple of `multiple`."""
    if length <= largest:
        return [0], math.ceil(length / multiple) * multiple
    count = math.ceil((length - overlap) / (largest - overlap))
    size = math.ceil((length + (count - 1) * overlap) / count / multiple) * multiple
    return [round(i * (length - size) / (count - 1)) for i in range(count)], size


def windows(height: int, width: int, largest: int, overlap: int, multiple: int) -> Iterator[Window]:
    """Yield windows that cover a height x width image, row by row, all of one size."""
    rows, tall = starts(height, largest, overlap, multiple)
    cols, wide = starts(width, largest, overlap, multiple)
    for row in rows:
        for col in cols:
            yield Window(row, col, tall, wide)


def ramp(length: int, overlap: int) -> NDArray[np.float32]:
    """Blending weight along an axis: rises over `overlap` pixels at both ends, never 0. float32 [length]."""
    distance = np.minimum(np.arange(length), np.arange(length)[::-1]) + 1.0
    return np.minimum(distance / max(overlap, 1), 1.0).astype(np.float32)


def cut(stack: NDArray[np.float32], window: Window) -> NDArray[np.float32]:
    """Return a window of [C, H, W] as [C, rows, cols], mirrored at the edge where the image is smaller."""
    part = stack[:, window.row : window.row + window.rows, window.col : window.col + window.cols]
    below, right = window.rows - part.shape[1], window.cols - part.shape[2]
    if below or right:
        part = np.pad(part, ((0, 0), (0, below), (0, right)), mode="symmetric")
    return np.ascontiguousarray(part, dtype=np.float32)
