"""The pair of pixels of two masks that lie nearest to each other on the ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from terrascope import large
from terrascope.masks import regions
from terrascope.masks.fields import Floats
from terrascope.masks.geodesy import Ground
from terrascope.masks.types import Mask, Method, PixelPoint

Indices = NDArray[np.intp]
Pair = tuple[PixelPoint, PixelPoint]
Box = tuple[int, int, int, int]

_REACH = 3  # pixels that are searched by shifting one mask over the other
_SAMPLE = 128
_SLACK = 1.02  # for what lies between the places where the metric is sampled, and for the bend of the Earth
_WIDE_M = 3_000_000.0
_EVERY_PAIR = 4096


def nearest_pair(place: Ground, one: Mask, two: Mask) -> Pair:
    """Return the nearest pixels of two masks that are not empty and have no pixel in common.

    Masks that nearly touch are found by trying short shifts in order of their length on the ground; for masks that lie
    farther apart, only rim pixels within an upper bound of the distance go into a k-d tree.
    """
    metric = _metric(place)
    found = None if metric is None else _by_shifts(place, metric, one, two)
    return found if found is not None else _by_tree(place, metric, one, two)


def _metric(place: Ground) -> Floats | None:
    """Ground vectors of one pixel right and one down at nine places of the grid, float64 [9, 2, k].

    None where pixel distances say nothing of ground distances: parts off the Earth, or so wide a grid that it may wrap
    around the globe or bend noticeably.
    """
    height, width = place.grid.height, place.grid.width
    rows, cols = (v.ravel() for v in np.meshgrid(np.linspace(0, height, 3), np.linspace(0, width, 3), indexing="ij"))
    right = place.positions(rows, cols + 0.5) - place.positions(rows, cols - 0.5)
    down = place.positions(rows + 0.5, cols) - place.positions(rows - 0.5, cols)
    metric = np.stack([right, down], axis=1)
    if not np.isfinite(metric).all():
        return None
    extent = float(np.linalg.norm(metric, axis=2).max(axis=0) @ np.array([width, height]))
    if place.method is Method.GEODESIC and extent > _WIDE_M:
        return None
    return metric


def _by_shifts(place: Ground, metric: Floats, one: Mask, two: Mask) -> Pair | None:
    """Try every shift up to `_REACH` pixels; None where no certain answer lies within it."""
    near = one
    for _ in range(_REACH):
        near = regions.grow(near)
    if not _meet_anywhere(near, two):
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
    """Pairs (row, column, row, column) of a pixel of each mask that lie a shift apart; of very many, one a row."""
    height, width = one.shape
    if down >= height or abs(right) >= width:
        return np.empty((0, 4), np.intp)
    upper = slice(0, height - down), slice(max(0, -right), width - max(0, right))
    lower = slice(down, height), slice(max(0, right), width - max(0, -right))
    pairs = []
    for first, second, order in ((one, two, (0, 1, 2, 3)), (two, one, (2, 3, 0, 1))):
        rows, cols = _common(first[upper], second[lower])
        cols = cols + max(0, -right)
        pairs.append(np.stack([rows, cols, rows + down, cols + right], axis=1)[:, order])
    return np.concatenate(pairs)


def _meet_anywhere(one: Mask, two: Mask) -> bool:
    for rows in large.strips(one.shape):
        meet = bool((one[rows] & two[rows]).any())
        large.release(one, two)
        if meet:
            return True
    return False


def _common(one: Mask, two: Mask) -> tuple[Indices, Indices]:
    """Rows and columns of the pixels that two masks have in common; of very many, one a row."""
    every: list[tuple[Indices, Indices]] = []
    first: list[tuple[Indices, Indices]] = []
    number = 0
    for strip in large.strips(one.shape):
        meet = one[strip] & two[strip]
        large.release(one, two)
        filled = np.flatnonzero(meet.any(axis=1))
        first.append((filled + strip.start, meet[filled].argmax(axis=1)))
        number += int(np.count_nonzero(meet[filled]))
        if number <= _EVERY_PAIR:
            rows, cols = np.nonzero(meet)
            every.append((rows + strip.start, cols))
    rows_of, cols_of = zip(*(every if number <= _EVERY_PAIR else first))
    return np.concatenate(rows_of), np.concatenate(cols_of)


def _by_tree(place: Ground, metric: Floats | None, one: Mask, two: Mask) -> Pair:
    pixels_a, pixels_b = _candidates(place, metric, one, two)
    pixels_a, points_a = _on_earth(place, pixels_a)
    pixels_b, points_b = _on_earth(place, pixels_b)
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


def _candidates(place: Ground, metric: Floats | None, one: Mask, two: Mask) -> tuple[Indices, Indices]:
    """Rim pixels of both masks that can be in the nearest pair.

    A few pairs give an upper bound of the distance; what lies farther from the other mask's bounding box is cut off.
    """
    window_a = window_b = (0, 0, place.grid.height, place.grid.width)
    stretch = 0.0 if metric is None else _least_stretch(metric)
    if stretch > 0:
        for _ in range(3):
            box_a, box_b = _box(one, window_a), _box(two, window_b)
            some_a, some_b = _outermost(one, box_a), _outermost(two, box_b)
            points_a, points_b = (place.positions(p[:, 0] + 0.5, p[:, 1] + 0.5) for p in (some_a, some_b))
            least = float(np.sqrt(np.sum((points_a[:, None] - points_b[None]) ** 2, axis=2).min()))
            radius = int(least / stretch * _SLACK) + 2
            before = box_a, box_b
            window_a, window_b = _meet(box_a, box_b, radius), _meet(box_b, box_a, radius)
            if (window_a, window_b) == before:
                break
    return _rim(one, window_a), _rim(two, window_b)


def _box(mask: Mask, window: Box) -> Box:
    """Bounding box of what a mask has in a window."""
    found = regions.bounds(mask[window[0] : window[2], window[1] : window[3]])
    assert found is not None, "a window always holds the nearest pixel"  # nosec B101
    return found[0] + window[0], found[1] + window[1], found[2] + window[0], found[3] + window[1]


def _meet(box: Box, other: Box, radius: int) -> Box:
    """The part of a box within `radius` pixels of another box."""
    return (
        max(box[0], other[0] - radius),
        max(box[1], other[1] - radius),
        min(box[2], other[2] + radius),
        min(box[3], other[3] + radius),
    )


def _outermost(mask: Mask, box: Box) -> Indices:
    """First and last pixel of some rows and columns of a mask in a box, int [n, 2]."""
    cut = mask[box[0] : box[2], box[1] : box[3]]
    rows = np.flatnonzero(cut.any(axis=1))
    rows = rows[:: max(1, len(rows) // _SAMPLE)]
    cols = np.flatnonzero(cut.any(axis=0))
    cols = cols[:: max(1, len(cols) // _SAMPLE)]
    across, down = cut[rows], cut[:, cols]
    found = [
        np.stack([rows, across.argmax(axis=1)], axis=1),
        np.stack([rows, cut.shape[1] - 1 - across[:, ::-1].argmax(axis=1)], axis=1),
        np.stack([down.argmax(axis=0), cols], axis=1),
        np.stack([cut.shape[0] - 1 - down[::-1].argmax(axis=0), cols], axis=1),
    ]
    return np.concatenate(found) + np.array(box[:2])


def _rim(mask: Mask, window: Box) -> Indices:
    found = regions.rim(mask[window[0] : window[2], window[1] : window[3]])
    return np.stack(found, axis=1) + np.array(window[:2])


def _on_earth(place: Ground, pixels: Indices) -> tuple[Indices, Floats]:
    """The pixels whose positions are finite, and these positions."""
    points = place.positions(pixels[:, 0] + 0.5, pixels[:, 1] + 0.5)
    good = np.isfinite(points).all(axis=1)
    return pixels[good], points[good]


def _least_stretch(metric: Floats) -> float:
    """Least ground length of a vector of one pixel in any direction."""
    return float(np.linalg.svd(np.swapaxes(metric, 1, 2), compute_uv=False)[:, -1].min())
