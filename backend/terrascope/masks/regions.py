"""Plain raster facts of a mask: checks, outlines, parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from terrascope import large
from terrascope.masks.errors import MaskError
from terrascope.masks.fields import Quantity
from terrascope.masks.types import Mask
from terrascope.scene.types import Grid

#: Parts of predicted masks with fewer pixels are left out of distances, touching and common borders: specks that a
#: network sprinkles along borders would decide them.
SPECK_PIXELS = 9

_EIGHT = np.ones((3, 3), bool)
_STRIP = 1 << 25  # pixels of a strip
_LABELLED = 1 << 23  # of one whose parts are numbered


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


class Profile(NamedTuple):
    """What one pass over the rows of a mask [H, W] tells.

    `by_row` int64 [H, 3]: pixels of each row in the left, middle and right third (cut at `cuts(W)`); `by_col` int64
    [W]; `first`, `end` int64 [H]: first column of each row and the one behind its last, 0 where it is empty.
    """

    by_row: NDArray[np.int64]
    by_col: NDArray[np.int64]
    first: NDArray[np.int64]
    end: NDArray[np.int64]

    @property
    def pixels(self) -> int:
        """Pixels of the mask."""
        return int(self.by_col.sum())

    @property
    def bounds(self) -> tuple[int, int, int, int] | None:
        """As `bounds`."""
        rows, cols = np.flatnonzero(self.end), np.flatnonzero(self.by_col)
        if rows.size == 0:
            return None
        return int(rows[0]), int(cols[0]), int(rows[-1]) + 1, int(cols[-1]) + 1


def profile(mask: Mask) -> Profile:
    """Return the profile of a mask."""
    height, width = mask.shape
    by_row, by_col = np.zeros((height, 3), np.int64), np.zeros(width, np.int64)
    first, end = np.zeros(height, np.int64), np.zeros(height, np.int64)
    left, right = cuts(width)
    for rows in large.strips(mask.shape):
        piece = mask[rows]
        for third, cols in enumerate((slice(0, left), slice(left, right), slice(right, width))):
            by_row[rows, third] = np.count_nonzero(piece[:, cols], axis=1)
        by_col += np.count_nonzero(piece, axis=0)
        filled = by_row[rows].any(axis=1)
        first[rows] = np.where(filled, piece.argmax(axis=1), 0)
        end[rows] = np.where(filled, width - piece[:, ::-1].argmax(axis=1), 0)
        large.release(mask)
    return Profile(by_row, by_col, first, end)


def cuts(length: int) -> tuple[int, int]:
    """First pixel whose centre lies at or beyond one third and two thirds of the length."""
    return -((3 - 2 * length) // 6), -((3 - 4 * length) // 6)


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


def total(quantity: Quantity, mask: Mask) -> float:
    """Return the sum of a quantity over the pixels of a mask, in strips of rows."""
    found = 0.0
    for rows in strips(mask.shape):
        found += quantity.total(mask[rows], rows.start + 0.5)
        large.release(mask)
    return found


def rim(mask: Mask) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the pixels that have a 4-neighbour outside the mask (or lie on the image edge)."""
    found = []
    for rows in large.strips(mask.shape):
        padded, own = _padded(mask, rows), mask[rows]
        inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
        row, col = np.nonzero(own > inner)
        found.append((row + rows.start, col))
        large.release(mask)
    return np.concatenate([row for row, _ in found]), np.concatenate([col for _, col in found])


def grow(mask: Mask) -> Mask:
    """Dilation by 3x3."""
    return with_neighbours(mask, np.logical_or)


def corners(mask: Mask) -> Mask:
    """Corners of the pixels of a mask, bool [H + 1, W + 1]."""
    height, width = mask.shape
    found: Mask = large.empty((height + 1, width + 1), np.bool_)
    for rows in large.strips(found.shape):
        above, below = max(0, rows.start - 1), min(height, rows.stop)
        piece = np.pad(mask[above:below], ((above - rows.start + 1, rows.stop - below), (1, 1)))
        tall = piece[:-1] | piece[1:]
        np.logical_or(tall[:, :-1], tall[:, 1:], out=found[rows])
        large.release(mask, found)
    return found


def parts(mask: Mask) -> tuple[int, int]:
    """Number of 8-connected parts, and pixels of the largest one."""
    group, pixels = _grouped(mask)
    if group.size == 0:
        return 0, 0
    return int(group.max()) + 1, int(np.bincount(group, weights=pixels).max())


def without_specks(mask: Mask, least: int) -> tuple[Mask, int]:
    """Return a mask without its 8-connected parts of fewer than `least` pixels, and how many these are.

    The mask itself, and 0, where nothing else would be left.
    """
    group, pixels = _grouped(mask)
    sizes = np.bincount(group, weights=pixels) if group.size else np.zeros(0)
    small = int(np.count_nonzero(sizes < least))
    if small in (0, sizes.size):
        return mask, 0
    kept = sizes[group] >= least
    found: Mask = large.empty(mask.shape, np.bool_)
    before = 0
    for rows in _labelled_strips(mask):
        labels, number = ndimage.label(mask[rows], structure=_EIGHT)
        found[rows] = np.append(False, kept[before : before + number])[labels]
        before += number
        large.release(mask, found)
    return found, small


def _labelled_strips(mask: Mask) -> Iterator[slice]:
    return large.strips(mask.shape, min(_LABELLED, _STRIP))


def _grouped(mask: Mask) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The part, from 0 on, that each part of each strip of rows belongs to, and its pixels.

    Worked in strips that are joined afterwards, so that memory stays bounded for any height.
    """
    sizes: list[NDArray[np.int64]] = []
    joins: list[NDArray[np.int64]] = []
    above: NDArray[np.int64] | None = None
    total = 0
    for rows in _labelled_strips(mask):
        labels, number = ndimage.label(mask[rows], structure=_EIGHT)
        sizes.append(np.bincount(labels.ravel(), minlength=number + 1)[1:])
        top = np.where(labels[0] > 0, labels[0].astype(np.int64) + total, 0)
        if above is not None:
            joins.extend(_neighbours(above, top))
        above = np.where(labels[-1] > 0, labels[-1].astype(np.int64) + total, 0)
        total += int(number)
        large.release(mask)
    pixels = np.concatenate([np.zeros(0, np.int64), *sizes])
    if not joins:
        return np.arange(total), pixels
    one, two = np.concatenate(joins, axis=1) - 1
    graph = coo_array((np.ones(one.size, np.int8), (one, two)), shape=(total, total))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64), pixels


def strips(shape: tuple[int, ...]) -> Iterator[slice]:
    """Cut an image into strips of rows of at most some megapixels."""
    return large.strips(shape, _STRIP)


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
    found: Mask = large.empty(mask.shape, np.bool_)
    for rows in large.strips(mask.shape):
        found[rows] = _joined(mask, rows, join)
        large.release(mask, found)
    return found


def _joined(mask: Mask, rows: slice, join: np.ufunc) -> Mask:
    tall = _padded(mask, rows)
    wide = join(join(tall[:-2], tall[1:-1]), tall[2:])
    return np.asarray(join(join(wide[:, :-2], wide[:, 1:-1]), wide[:, 2:]), bool)


def _padded(mask: Mask, rows: slice) -> Mask:
    """Rows with those above and below them and a column on each side; beyond the image lies nothing."""
    above, below = max(0, rows.start - 1), min(mask.shape[0], rows.stop + 1)
    return np.pad(mask[above:below], ((above - rows.start + 1, rows.stop + 1 - below), (1, 1)))


def touching(one: Mask, two: Mask) -> bool:
    """Whether two masks overlap or have neighbouring pixels, diagonals included."""
    for rows in large.strips(one.shape):
        meet = bool((_joined(one, rows, np.logical_or) & two[rows]).any())
        large.release(one, two)
        if meet:
            return True
    return False
