"""Masks and pooled cells of a view's class probabilities, in one pass over strips of rows each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.networks.embedded.certainty import Spread, spread
from terrascope.networks.embedded.class_map import Group, parted, strongest
from terrascope.networks.embedded.scores import Scores
from terrascope.networks.embedded.visual_tokens import FINE, pooled
from terrascope.networks.interface import MaskPrediction

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
_LEAST = np.float32(1e-6)  # margin of a pixel that is in the mask by a hair


def predicted(
    scores: Scores, asked: Bools, valid: Bools, groups: Sequence[Group]
) -> tuple[MaskPrediction, Spread]:
    """Return the mask of the classes asked for, bool [classes], and how small and large it could be.

    Each pixel belongs to one of the groups that share the ground out (`class_map`), and to the mask if all of that
    group is asked for: masks of one image exclude each other, and that of several classes is the sum of theirs. A group
    of which a part is asked for is cut in two. The confidence is the mean over the mask of the probabilities asked for,
    added up, or, for an empty mask, the mean of its complement over the valid pixels. `valid` is bool [H, W].
    """
    inside, outside = parted(asked, groups)
    probability = large.empty(valid.shape, np.float32)
    masks = Spread(*(large.empty(valid.shape, np.bool_) for _ in range(3)))
    within, number, everywhere = 0.0, 0, 0.0
    for rows, found in scores.strips():
        here = valid[rows]
        one = np.clip(found[asked].sum(0), 0, 1).astype(np.float32) * here
        best, other = strongest(found, inside), strongest(found, outside)
        margin = np.where(best > other, np.maximum(one - other, _LEAST), np.minimum(one - other, 0))
        probability[rows] = one
        for whole, part in zip(masks, spread(margin, here)):
            whole[rows] = part
        chosen = masks.mask[rows]
        number += int(np.count_nonzero(chosen))
        within += float(one.sum(where=chosen, dtype=np.float64))
        everywhere += float(one.sum(dtype=np.float64))
        large.release(probability, *masks, valid)
    if number:
        sure = within / number
    else:
        seen = large.count(valid)
        sure = 1 - everywhere / seen if seen else 0.0
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
