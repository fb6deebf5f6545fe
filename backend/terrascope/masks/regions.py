"""Plain raster facts of a mask: checks, outlines, parts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from terrascope.masks.errors import MaskError
from terrascope.masks.types import Mask
from terrascope.scene.types import Grid

_EIGHT = np.ones((3, 3), bool)
_STRIP = 1 << 25  # pixels of a strip


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


def outline_edges(mask: Mask, rows: slice) -> tuple[Mask, Mask]:
    """Pixel sides that bound a mask, in a strip of rows.

    Horizontal ones, bool [n, W], are the upper sides of the strip's rows (and the lower sides of the image's last row,
    with the last strip); vertical ones are bool [n, W + 1].
    """
    height, width = mask.shape
    last = rows.stop == height
    piece = mask[rows]
    horizontal = np.empty((len(piece) + last, width), bool)
    np.not_equal(piece[1:], piece[:-1], out=horizontal[1 : len(piece)])
    horizontal[0] = piece[0] if rows.start == 0 else piece[0] != mask[rows.start - 1]
    if last:
        horizontal[-1] = piece[-1]
    vertical = np.empty((len(piece), width + 1), bool)
    vertical[:, 0], vertical[:, -1] = piece[:, 0], piece[:, -1]
    np.not_equal(piece[:, 1:], piece[:, :-1], out=vertical[:, 1:-1])
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


def corners(mask: Mask) -> Mask:
    """Corners of the pixels of a mask, bool [H + 1, W + 1]."""
    found = np.zeros((mask.shape[0] + 1, mask.shape[1] + 1), bool)
    for rows in (slice(None, -1), slice(1, None)):
        for cols in (slice(None, -1), slice(1, None)):
            found[rows, cols] |= mask
    return found


def parts(mask: Mask) -> tuple[int, int]:
    """Number of 8-connected parts, and pixels of the largest one.

    Worked in strips of rows that are joined afterwards, so that memory stays bounded for any height.
    """
    sizes: list[NDArray[np.int64]] = []
    joins: list[NDArray[np.int64]] = []
    above: NDArray[np.int64] | None = None
    total = 0
    for rows in strips(mask.shape):
        labels, number = ndimage.label(mask[rows], structure=_EIGHT)
        sizes.append(np.bincount(labels.ravel(), minlength=number + 1)[1:])
        top = np.where(labels[0] > 0, labels[0].astype(np.int64) + total, 0)
        if above is not None:
            joins.extend(_neighbours(above, top))
        above = np.where(labels[-1] > 0, labels[-1].astype(np.int64) + total, 0)
        total += int(number)
    if total == 0:
        return 0, 0
    pixels = np.concatenate(sizes)
    if not joins:
        return total, int(pixels.max())
    one, two = np.concatenate(joins, axis=1) - 1
    graph = coo_array((np.ones(one.size, np.int8), (one, two)), shape=(total, total))
    number, group = connected_components(graph, directed=False)
    return int(number), int(np.bincount(group, weights=pixels).max())


def strips(shape: tuple[int, ...]) -> Iterator[slice]:
    """Cut an image into strips of rows of at most some megapixels."""
    step = max(1, _STRIP // max(shape[1], 1))
    for first in range(0, shape[0], step):
        yield slice(first, min(first + step, shape[0]))


def _neighbours(above: NDArray[np.int64], below: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Pairs of labels [2, n] that touch between two rows, by a side or a corner."""
    found = []
    for one, two in ((above, below), (above[1:], below[:-1]), (above[:-1], below[1:])):
        both = (one > 0) & (two > 0)
        found.append(np.stack([one[both], two[both]]))
    return found


def opened(mask: Mask) -> Mask:
    """Return the mask without what is narrower than three pixels (3 x 3 opening); beyond the image lies nothing."""
    return with_neighbours(with_neighbours(mask, np.logical_and), np.logical_or)


def with_neighbours(mask: Mask, join: np.ufunc) -> Mask:
    """Join every pixel with its eight neighbours; beyond the image lies nothing."""
    rows = np.pad(mask, 1)
    cols = join(join(rows[:-2], rows[1:-1]), rows[2:])
    return np.asarray(join(join(cols[:, :-2], cols[:, 1:-1]), cols[:, 2:]), bool)


def touching(one: Mask, two: Mask) -> bool:
    """Whether two masks overlap or have neighbouring pixels, diagonals included."""
    return bool((with_neighbours(one, np.logical_or) & two).any())
