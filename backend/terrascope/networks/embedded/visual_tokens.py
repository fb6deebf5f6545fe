"""Visual tokens of the embedded model: class probabilities pooled over cells of a view, with place, date and pixel
size.

A feature vector, float32 [FEATURES]: 12 class probabilities, part of the cell that is valid, row and column 0..1,
whole-view flag, log10 of the pixel size in m (0 if unknown), SAR flag, date as one of four, brought-back flag.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from terrascope.landcover import ATOMS

Floats = NDArray[np.float32]

MAX_DATES = 4
FEATURES = len(ATOMS) + 11 - 4 + MAX_DATES
#: Cells a side of the coarse tokens of the prompt, and of the grid from which masked tokens are taken.
COARSE, FINE = 4, 16
_STRIP = 64  # rows


def pooled(probabilities: Floats, valid: NDArray[np.bool_], side: int) -> Floats:
    """Return the mean probabilities and the valid part of side x side cells, float32 [side * side, atoms + 1].

    Worked in strips of rows, so that a large view is not copied.
    """
    for axis, size in enumerate(valid.shape):
        if size < side:
            times = math.ceil(side / size)
            probabilities, valid = np.repeat(probabilities, times, axis + 1), np.repeat(valid, times, axis)
    height, width = valid.shape
    rows, cols = ((np.arange(side + 1) * size) // side for size in (height, width))
    sums = np.zeros((len(probabilities) + 1, side, side))
    for cell in range(side):
        for row in range(rows[cell], rows[cell + 1], _STRIP):
            strip = slice(row, min(row + _STRIP, rows[cell + 1]))
            inside = valid[strip]
            sums[:-1, cell] += np.add.reduceat((probabilities[:, strip] * inside).sum(1), cols[:-1], axis=1)
            sums[-1, cell] += np.add.reduceat(inside.sum(0), cols[:-1])
    means = sums / np.outer(np.diff(rows), np.diff(cols))
    means[:-1] /= np.maximum(means[-1], 1e-6)
    return means.reshape(len(means), -1).T.astype(np.float32)


def features(cells: Floats, side: int, date: int, gsd: float | None, sar: bool, back: bool = False) -> Floats:
    """Return the feature vectors of pooled cells, float32 [n, FEATURES]; `date` counts from 0. side 1 is a whole
    view."""
    count = len(cells)
    found = np.zeros((count, FEATURES), np.float32)
    width = cells.shape[1]
    found[:, :width] = cells
    index = np.arange(count)
    found[:, width] = (index // side + 0.5) / side
    found[:, width + 1] = (index % side + 0.5) / side
    found[:, width + 2] = side == 1
    found[:, width + 3] = math.log10(max(gsd, 0.05)) if gsd else 0.0
    found[:, width + 4] = sar
    found[:, width + 5 + min(date, MAX_DATES - 1)] = 1.0
    found[:, -1] = back
    return found
