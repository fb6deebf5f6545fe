"""Plain raster facts of a mask: checks, outlines, parts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from terrascope.masks.errors import MaskError
from terrascope.masks.types import Mask
from terrascope.scene.types import Grid

_EIGHT = np.ones((3, 3), bool)


def as_mask(array: NDArray[np.generic], grid: Grid, name: str = "mask") -> Mask:
    """Return the array as bool [H, W]; nonzero is inside.

    Raises
    ------
    MaskError
        If its shape is not that of the grid.
    """
    array = np.asarray(array)
    if array.shape != (grid.height, grid.width):
        raise MaskError(
            f"The {name} has the shape {array.shape}, the grid has {(grid.height, grid.width)} (rows, columns).",
            "Resample it to the scene's grid first.",
        )
    return np.asarray(array, dtype=np.bool_)


def bounds(mask: Mask) -> tuple[int, int, int, int] | None:
    """First row, first column, end row, end column of a mask; None if it is empty."""
    rows = np.flatnonzero(mask.any(axis=1))
    if rows.size == 0:
        return None
    cols = np.flatnonzero(mask[rows[0] : rows[-1] + 1].any(axis=0))
    return int(rows[0]), int(cols[0]), int(rows[-1]) + 1, int(cols[-1]) + 1


def outline_edges(mask: Mask) -> tuple[Mask, Mask]:
    """Pixel sides that bound a mask: horizontal ones bool [H + 1, W] and vertical ones bool [H, W + 1]."""
    height, width = mask.shape
    horizontal = np.empty((height + 1, width), bool)
    horizontal[0], horizontal[-1] = mask[0], mask[-1]
    np.not_equal(mask[1:], mask[:-1], out=horizontal[1:-1])
    vertical = np.empty((height, width + 1), bool)
    vertical[:, 0], vertical[:, -1] = mask[:, 0], mask[:, -1]
    np.not_equal(mask[:, 1:], mask[:, :-1], out=vertical[:, 1:-1])
    return horizontal, vertical


def rim(mask: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the pixels that have a 4-neighbour outside the mask (or lie on the image edge)."""
    inner = mask.copy()
    inner[1:] &= mask[:-1]
    inner[:-1] &= mask[1:]
    inner[:, 1:] &= mask[:, :-1]
    inner[:, :-1] &= mask[:, 1:]
    inner[[0, -1]] = False
    inner[:, [0, -1]] = False
    rows, cols = np.nonzero(mask & ~inner)
    return rows, cols


def grow(mask: Mask) -> Mask:
    """Dilation by 3x3."""
    tall = mask.copy()
    tall[1:] |= mask[:-1]
    tall[:-1] |= mask[1:]
    wide = tall.copy()
    wide[:, 1:] |= tall[:, :-1]
    wide[:, :-1] |= tall[:, 1:]
    return wide


def parts(mask: Mask) -> tuple[int, int]:
    """Number of 8-connected parts, and pixels of the largest one."""
    labels, number = ndimage.label(mask, structure=_EIGHT)
    if number == 0:
        return 0, 0
    return int(number), int(np.bincount(labels.ravel())[1:].max())
