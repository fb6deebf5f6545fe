"""The pair of pixels of two masks that lie nearest to each other on the ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from terrascope.masks import regions
from terrascope.masks.fields import Floats
from terrascope.masks.geodesy import Ground
from terrascope.masks.types import Mask, PixelPoint

Indices = NDArray[np.intp]
Pair = tuple[PixelPoint, PixelPoint]

_REACH = 3  # pixels that are searched by shifting one mask over the other
_SAMPLE = 256
_SLACK = 1.001  # for what lies between the places where the metric is sampled


def nearest_pair(place: Ground, one: Mask, two: Mask) -> Pair:
    """Return the nearest pixels of two masks that are not empty and have no pixel in common.

    Masks that nearly touch are found by trying short shifts in order of their length on the ground; for masks that lie
    farther apart, only rim pixels within an upper bound of the distance go into a k-d tree.
    """
    metric = _metric(place)
    found = _by_shifts(place, metric, one, two)
    return found if found is not None else _by_tree(place, metric, one, two)


def _metric(place: Ground) -> Floats:
    """Ground vectors of one pixel right and one down at nine places of the grid, float64 [9, 2, k]."""
    height, width = place.grid.height, place.grid.width
    rows, cols = (v.ravel() for v in np.meshgrid(np.linspace(0, height, 3), np.linspace(0, width, 3), indexing="ij"))
    right = place.positions(rows, cols + 0.5) - place.positions(rows, cols - 0.5)
    down = place.positions(rows + 0.5, cols) - place.positions(rows - 0.5, cols)
    metric = np.stack([right, down], axis=1)
    return metric[np.isfinite(metric).all(axis=(1, 2))]


def _by_shifts(place: Ground, metric: Floats, one: Mask, two: Mask) -> Pair | None:
    """Try every shift up to `_REACH` pixels; None where no certain answer lies within it."""
    if len(metric) < 9:
        return None
    shifts = [(r, c) for r in range(_REACH + 1) for c in range(-_REACH, _REACH + 1) if r > 0 or c > 0]
    lengths = np.linalg.norm(np.einsum("sk,nkd->snd", np.array(shifts, np.float64), metric[:, ::-1]), axis=2)
    shortest = lengths.min(axis=1) / _SLACK
    beyond = (_REACH + 1) * _least_stretch(metric) / _SLACK  # no shift outside the window is shorter
    best, answer = np.inf, None
    for index in np.argsort(shortest, kind="stable"):
        if shortest[index] >= min(best, beyond):
            break
        pairs = _meeting(one, two, *shifts[index])
        if len(pairs):
            middle = pairs + 0.5
            gaps = place.positions(middle[:, 0], middle[:, 1]) - place.positions(middle[:, 2], middle[:, 3])
            length = np.linalg.norm(gaps, axis=1)
            if length.min() < best:
                best = float(length.min())
                r1, c1, r2, c2 = (int(v) for v in pairs[int(length.argmin())])
                answer = PixelPoint(r1, c1), PixelPoint(r2, c2)
    return answer if best <= beyond else None


def _meeting(one: Mask, two: Mask, down: int, right: int) -> Indices:
    """Pairs (row, column, row, column) of a pixel of each mask that lie a shift apart; one pair of each row."""
    height, width = one.shape
    if down >= height or abs(right) >= width:
        return np.empty((0, 4), np.intp)
    upper = slice(0, height - down), slice(max(0, -right), width - max(0, right))
    lower = slice(down, height), slice(max(0, right), width - max(0, -right))
    pairs = []
    for first, second, order in ((one, two, (0, 1, 2, 3)), (two, one, (2, 3, 0, 1))):
        meet = first[upper] & second[lower]
        rows = np.flatnonzero(meet.any(axis=1))
        cols = meet[rows].argmax(axis=1) + max(0, -right)
        pairs.append(np.stack([rows, cols, rows + down, cols + right], axis=1)[:, order])
    return np.concatenate(pairs)


def _by_tree(place: Ground, metric: Floats, one: Mask, two: Mask) -> Pair:
    pixels_a, pixels_b = (np.stack(regions.rim(mask), axis=1) for mask in (one, two))
    pixels_a, points_a, pixels_b, points_b = _prune(place, metric, pixels_a, pixels_b)
    if len(points_a) == 0 or len(points_b) == 0:  # off the Earth: any pair, its distance is not finite
        first, second = np.argwhere(one)[0], np.argwhere(two)[0]
        return PixelPoint(*map(int, first)), PixelPoint(*map(int, second))
    swapped = len(points_a) < len(points_b)
    seekers, targets = (points_b, points_a) if swapped else (points_a, points_b)
    tree = cKDTree(targets, balanced_tree=False, compact_nodes=False)
    sample, _ = tree.query(seekers[:: max(1, len(seekers) // _SAMPLE)])
    bound = float(np.nextafter(sample.min() * (1 + 1e-12), np.inf))
    reach, index = tree.query(seekers, distance_upper_bound=bound)
    seeker = int(np.argmin(reach))
    i, j = (int(index[seeker]), seeker) if swapped else (seeker, int(index[seeker]))
    return PixelPoint(*map(int, pixels_a[i])), PixelPoint(*map(int, pixels_b[j]))


def _prune(place: Ground, metric: Floats, a: Indices, b: Indices) -> tuple[Indices, Floats, Indices, Floats]:
    """Keep the rim pixels that can be in the nearest pair, with their positions.

    A few pairs give an upper bound of the distance; what lies farther from the other mask's bounding box is out.
    """
    if len(metric) == 9:
        stretch = _least_stretch(metric)
        for _ in range(2):
            some_a, some_b = a[:: max(1, len(a) // _SAMPLE)], b[:: max(1, len(b) // _SAMPLE)]
            points_a, points_b = (place.positions(p[:, 0] + 0.5, p[:, 1] + 0.5) for p in (some_a, some_b))
            squares = np.sum((points_a[:, None] - points_b[None]) ** 2, axis=2)
            if not np.isfinite(squares).all() or stretch <= 0:
                break
            radius = np.sqrt(squares.min()) / stretch * _SLACK + 1.0
            keep_a = ((a >= b.min(axis=0) - radius) & (a <= b.max(axis=0) + radius)).all(axis=1)
            keep_b = ((b >= a.min(axis=0) - radius) & (b <= a.max(axis=0) + radius)).all(axis=1)
            a, b = a[keep_a], b[keep_b]
    points_a, points_b = (place.positions(p[:, 0] + 0.5, p[:, 1] + 0.5) for p in (a, b))
    good_a, good_b = np.isfinite(points_a).all(axis=1), np.isfinite(points_b).all(axis=1)
    return a[good_a], points_a[good_a], b[good_b], points_b[good_b]


def _least_stretch(metric: Floats) -> float:
    """Least ground length of a vector of one pixel in any direction."""
    return float(np.linalg.svd(np.swapaxes(metric, 1, 2), compute_uv=False)[:, -1].min())
