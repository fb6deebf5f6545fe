"""Masks and pooled cells of a view's class probabilities, in one pass over strips of rows each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.networks.embedded.certainty import Spread, spread
from terrascope.networks.embedded.scores import Scores
from terrascope.networks.embedded.visual_tokens import FINE, pooled
from terrascope.networks.interface import MaskPrediction

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


def predicted(scores: Scores, asked: Bools, valid: Bools) -> tuple[MaskPrediction, Spread]:
    """Return the mask of the classes asked for, bool [classes], and how small and large it could be.

    A pixel is in the mask if the probabilities of these classes add up to more than that of the best other one. The
    confidence is the mean of that sum over the mask, or, for an empty mask, the mean of its complement over the valid
    pixels. `valid` is bool [H, W].
    """
    probability = large.empty(valid.shape, np.float32)
    masks = Spread(*(large.empty(valid.shape, np.bool_) for _ in range(3)))
    inside, within, everywhere = 0.0, 0, 0.0
    for rows, found in scores.strips():
        here = valid[rows]
        one = np.clip(found[asked].sum(0), 0, 1).astype(np.float32) * here
        rest = found[~asked].max(0) if not asked.all() else np.zeros_like(one)
        probability[rows] = one
        for whole, part in zip(masks, spread(one - rest, here)):
            whole[rows] = part
        chosen = masks.mask[rows]
        within += int(np.count_nonzero(chosen))
        inside += float(one.sum(where=chosen, dtype=np.float64))
        everywhere += float(one.sum(dtype=np.float64))
        large.release(probability, *masks, valid)
    if within:
        sure = inside / within
    else:
        number = large.count(valid)
        sure = 1 - everywhere / number if number else 0.0
    return MaskPrediction(masks.mask, probability, float(sure)), masks


def cells_of(scores: Scores, valid: Bools, side: int) -> Floats:
    """Return what `visual_tokens.pooled` does; of probabilities in a file by one pass for all sides that divide
    `FINE`."""
    if not scores.in_file:
        return pooled(scores.whole(), valid, side)
    fine = scores.kept.get("cells")
    if fine is None:
        fine = scores.kept["cells"] = _sums(scores, valid)
    height, width = valid.shape
    sums = fine.reshape(len(fine), side, FINE // side, side, FINE // side).sum((2, 4))
    rows, cols = ((np.arange(side + 1) * size) // side for size in (height, width))
    means = sums / np.outer(np.diff(rows), np.diff(cols))
    means[:-1] /= np.maximum(means[-1], 1e-6)
    return np.asarray(means.reshape(len(means), -1).T, np.float32)


def _sums(scores: Scores, valid: Bools) -> NDArray[np.float64]:
    """Sums of probabilities and of valid pixels over `FINE` x `FINE` cells, float64 [classes + 1, FINE, FINE]."""
    height, width = valid.shape
    rows_of, cols_of = ((np.arange(FINE + 1) * size) // FINE for size in (height, width))
    sums = np.zeros((scores.shape[0] + 1, FINE, FINE))
    for strip, found in scores.strips():
        for cell in range(FINE):
            first, end = max(strip.start, int(rows_of[cell])), min(strip.stop, int(rows_of[cell + 1]))
            if first >= end:
                continue
            inside = valid[first:end]
            values = found[:, first - strip.start : end - strip.start]
            sums[:-1, cell] += np.add.reduceat((values * inside).sum(1, dtype=np.float64), cols_of[:-1], axis=1)
            sums[-1, cell] += np.add.reduceat(inside.sum(0), cols_of[:-1])
        large.release(valid)
    return sums
