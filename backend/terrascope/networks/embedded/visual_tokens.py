"""Visual tokens of the embedded model: class probabilities pooled over cells of a view, with place, date and pixel
size.

A feature vector, float32 [FEATURES]: 12 class probabilities, part of the cell that is valid, row and column 0..1,
whole-view flag, log10 of the pixel size in m (0 if unknown), SAR flag, date as one of four, brought-back flag.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from terrascope.classes import ATOMS

Floats = NDArray[np.float32]

MAX_DATES = 4
FEATURES = len(ATOMS) + 11 - 4 + MAX_DATES
#: Cells a side of the coarse tokens of the prompt, and of the grid from which masked tokens are taken.
COARSE, FINE = 4, 16


def pooled(probabilities: Floats, valid: NDArray[np.bool_], side: int) -> Floats:
    """Return the mean probabilities and the valid part of side x side cells, float32 [side * side, atoms + 1]."""
    rows, columns = (_means(size, side) for size in valid.shape)
    seen = valid.astype(np.float32)
    shown = probabilities if valid.all() else probabilities * seen
    sums = rows @ (shown @ columns.T)
    part = (rows @ seen @ columns.T).reshape(-1, 1)
    cells = sums.reshape(len(sums), -1).T / np.maximum(part, 1e-6)
    return np.concatenate((cells, part), 1).astype(np.float32)


@lru_cache(maxsize=16)
def _means(size: int, side: int) -> Floats:
    """Weights [side, size] of the mean over each of `side` parts of a line; a short line is stretched first."""
    stretch = max(1, math.ceil(side / size))
    edges = (np.arange(side + 1) * size * stretch) // side
    weights = np.zeros((side, size * stretch), np.float32)
    for rank, (begin, end) in enumerate(itertools.pairwise(edges)):
        weights[rank, begin:end] = 1 / (end - begin)
    found: Floats = weights.reshape(side, size, stretch).sum(2)
    return found


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
