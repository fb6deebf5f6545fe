"""Pixel outlines as rings: every boundary of a label image, traced at once with arrays.

Regions are 4-connected. Where two pixels of one region meet at a corner only, and the other two pixels are not of it,
the outline runs from the side of one to the side of the other, so that every ring is simple and touches others at
points at most: the polygons are valid as they are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Ints = NDArray[np.integer[Any]]

# Outlines keep their region on the right. Directions are numbered east, south, west, north.


class Rings(NamedTuple):
    """Closed rings in pixel coordinates.

    `points` int64 [n, 2] (row, column), without the repeated last point; ring k is `points[starts[k]:starts[k + 1]]`;
    `region` is the region it bounds, `hole` whether it is an inner boundary.
    """

    points: Ints
    starts: Ints
    region: Ints
    hole: NDArray[np.bool_]


def regions_of(labels: Ints | NDArray[np.bool_]) -> Ints:
    """Number the 4-connected regions of equal, nonzero labels from 1 on, in order of label; int32 [H, W]."""
    if labels.dtype == np.bool_:
        return np.asarray(ndimage.label(labels)[0], np.int32)
    result = np.zeros(labels.shape, np.int32)
    offset = 0
    for value in np.unique(labels[labels != 0]):
        found, number = ndimage.label(labels == value)
        result[found > 0] = found[found > 0] + offset
        offset += number
    return result


def trace(regions: Ints) -> Rings:
    """Trace the outlines of all regions of an image of region numbers, int [H, W], 0 outside."""
    padded = np.pad(regions.astype(np.int32, copy=False), 1)
    corner_rows, corner_cols = np.nonzero(_corners(padded))
    owner = _owners(padded, corner_rows, corner_cols)
    following = _following(owner, corner_cols)
    order, starts = cycles(following, owner > 0)
    corner = order // 4
    rows, cols = corner_rows[corner].astype(np.int64), corner_cols[corner].astype(np.int64)
    turning = cross(rows, cols, starts)
    signed = np.add.reduceat(turning, starts[:-1]) if len(starts) > 1 else np.zeros(0)
    region = owner.reshape(-1)[order[starts[:-1]]].astype(np.int64)
    return Rings(np.stack([rows, cols], axis=1), starts, region, signed < 0)


def _corners(padded: Ints) -> NDArray[np.bool_]:
    """Vertices [H + 1, W + 1] where some outline turns or outlines meet; between them outlines run straight."""
    along_row = padded[:, :-1] == padded[:, 1:]
    along_col = padded[:-1] == padded[1:]
    straight = (along_row[:-1] & along_row[1:]) | (along_col[:, :-1] & along_col[:, 1:])
    return ~straight


def _owners(padded: Ints, rows: Ints, cols: Ints) -> Ints:
    """Region whose outline leaves each corner to the east, south, west, north, int [corners, 4]; 0 where none does."""
    nw, ne = padded[rows, cols], padded[rows, cols + 1]
    sw, se = padded[rows + 1, cols], padded[rows + 1, cols + 1]
    return np.stack(
        [np.where(inside != outside, inside, 0) for inside, outside in ((se, ne), (sw, se), (nw, sw), (ne, nw))], axis=1
    )


def _following(owner: Ints, cols: Ints) -> Ints:
    """For each run (4 * corner + direction) that exists: the run after it on its region's outline.

    A run ends at the next corner in its direction. Turning right hugs the own pixel; where the same region stands
    across that corner, too, turning left comes first, which keeps both loops simple.
    """
    number = len(owner)
    here = np.arange(number)
    by_column = np.argsort(cols, kind="stable")  # corners come row by row
    below, above = np.zeros(number, np.int64), np.zeros(number, np.int64)
    below[by_column[:-1]] = by_column[1:]
    above[by_column[1:]] = by_column[:-1]
    target = np.stack([np.minimum(here + 1, max(number - 1, 0)), below, np.maximum(here - 1, 0), above], axis=1)
    result = np.zeros((number, 4), np.int64)
    for direction in range(4):
        end, region = target[:, direction], owner[:, direction]
        for turn in (1, 0, 3):  # the later one wins
            leaving = (direction + turn) % 4
            fits = owner[end, leaving] == region
            result[fits, direction] = 4 * end[fits] + leaving
    return result


def cycles(following: Ints, exists: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Runs in order, cycle by cycle, and where each cycle starts (the end appended)."""
    after: list[int] = following.reshape(-1).tolist()
    waiting = bytearray(exists.reshape(-1).astype(np.uint8).tobytes())
    order: list[int] = []
    starts: list[int] = []
    for first in np.flatnonzero(exists).tolist():
        run = first
        if waiting[run]:
            starts.append(len(order))
        while waiting[run]:
            waiting[run] = 0
            order.append(run)
            run = after[run]
    return np.array(order, np.int64), np.array([*starts, len(order)], np.int64)


def cross(rows: Ints, cols: Ints, starts: Ints) -> NDArray[np.float64]:
    """Shoelace terms of every run, in order."""
    after = np.arange(1, rows.size + 1)
    after[starts[1:] - 1] = starts[:-1]
    return (cols * rows[after] - cols[after] * rows).astype(np.float64)
