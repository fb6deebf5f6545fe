"""Outlines of a mask of any size: traced strip by strip, and stitched where strips meet.

What is traced in a strip is bounded by the strip's first and last line, too. Pieces of outlines that lie there between
two pixels of the mask are no outlines and are cut away; the open chains that are left are joined, in time that grows
with their number alone, by the rule of `rings`: where two pixels of one region meet at a corner only, the outline runs
from the side of one to the side of the other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from terrascope import large
from terrascope.masks.rings import Ints, Rings, cross, cycles, regions_of, trace
from terrascope.masks.types import Mask

Floats = NDArray[np.float64]
#: Weight of pixels at (rows, columns), counted from the outer corner of the first pixel.
Weigh = Callable[[Floats, Floats], NDArray[Any]]
#: Pixels of a strip.
STRIP = 1 << 21


class Outlines(NamedTuple):
    """Outlines of the 4-connected regions of a mask, which are numbered from 0 on, in no certain order.

    Attributes
    ----------
    rings
        In pixel coordinates of the mask; `points` int32.
    pixels, weights
        Of each region; weights only where they were asked for.
    part
        The 8-connected part, from 0 on, that each region belongs to.
    """

    rings: Rings
    pixels: NDArray[np.int64]
    weights: Floats | None
    part: NDArray[np.int64]


class _Chains(NamedTuple):
    """Open pieces of outlines: points without the last, place and direction of both ends, region."""

    points: Ints
    lengths: Ints
    region: Ints
    first: Ints  # place of an end: row * (width + 1) + column
    last: Ints
    leaving: Ints  # east, south, west, north are 0 to 3
    arriving: Ints


def outlines(mask: Mask, weigh: Weigh | None = None, strip: int | None = None) -> Outlines:
    """Outline a mask, bool [H, W], in strips of about `strip` pixels."""
    pixels: list[Ints] = [np.zeros(0, np.int64)]
    weights: list[NDArray[Any]] = [np.zeros(0)]
    sides, corners = [np.zeros((2, 0), np.int64)], [np.zeros((2, 0), np.int64)]
    closed: list[Rings] = []
    chains: list[_Chains] = []
    before, total = np.zeros(mask.shape[1], np.int64), 0
    for rows in large.strips(mask.shape, STRIP if strip is None else strip):
        numbered = regions_of(mask[rows])
        number = int(numbered.max(initial=0))
        pixels.append(np.bincount(numbered.ravel(), minlength=number + 1)[1:])
        if weigh is not None:
            row, col = np.nonzero(numbered)
            values = weigh((row + (rows.start + 0.5)).astype(np.float64), (col + 0.5).astype(np.float64))
            weights.append(np.bincount(numbered[row, col], values, number + 1)[1:])
        top, bottom = (np.where(line > 0, line.astype(np.int64) + total, 0) for line in (numbered[0], numbered[-1]))
        sides.append(_meeting(before, top))
        corners.extend([_meeting(before[1:], top[:-1]), _meeting(before[:-1], top[1:])])
        touching = diagonal_pairs(numbered)
        corners.append(touching.pairs + total)
        whole, cut = _cut_open(trace(numbered), rows, mask, total, _undecided(numbered, touching, rows, mask.shape[0]))
        closed.append(whole)
        chains.append(cut)
        before, total = bottom, total + number
        large.release(mask)
    group = _groups(sides, total)
    stitched = _stitched(_Chains(*(np.concatenate(each) for each in zip(*chains))), group)
    rings = _together([*closed, stitched], group)
    count = int(group.max(initial=-1)) + 1
    part_of = _groups([*sides, *corners], total)
    part = np.zeros(count, np.int64)
    part[group] = part_of
    return Outlines(
        rings,
        np.bincount(group, weights=np.concatenate(pixels), minlength=count).astype(np.int64),
        None if weigh is None else np.bincount(group, np.concatenate(weights), count).astype(np.float64),
        part,
    )


class Touching(NamedTuple):
    """Places (row and column of corners, int64 [n, 2]) where two regions, int64 [2, n], meet at a corner only."""

    places: NDArray[np.int64]
    pairs: NDArray[np.int64]


def diagonal_pairs(numbered: Ints) -> Touching:
    """Return where 4-connected regions of an image of their numbers touch by a corner."""
    places, pairs = [], []
    for one, two in ((numbered[:-1, :-1], numbered[1:, 1:]), (numbered[:-1, 1:], numbered[1:, :-1])):
        rows, cols = np.nonzero((one > 0) & (two > 0) & (one != two))
        places.append(np.stack([rows + 1, cols + 1], axis=1))
        pairs.append(np.stack([one[rows, cols], two[rows, cols]]).astype(np.int64))
    return Touching(np.concatenate(places), np.concatenate(pairs, axis=1))


def _undecided(numbered: Ints, touching: Touching, rows: slice, height: int) -> NDArray[np.int64]:
    """Corners, of the whole mask, where two regions of a strip meet that may hang together in another strip."""
    reaches = np.zeros(int(numbered.max(initial=0)) + 1, bool)
    if rows.start > 0:
        reaches[numbered[0]] = True
    if rows.stop < height:
        reaches[numbered[-1]] = True
    return touching.places[reaches[touching.pairs].all(axis=0)] + np.array([rows.start, 0])


def _meeting(above: Ints, below: Ints) -> NDArray[np.int64]:
    meet = (above > 0) & (below > 0)
    return np.unique(np.stack([above[meet], below[meet]]), axis=1)


def _groups(pairs: list[NDArray[np.int64]], total: int) -> NDArray[np.int64]:
    """Number, from 0 on, of what each of `total` things (counted from 1 in the pairs) hangs together with."""
    one, two = np.concatenate(pairs, axis=1) - 1
    graph = coo_array((np.ones(one.size, np.int8), (one, two)), shape=(total, total))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def _cut_open(
    rings: Rings, rows: slice, mask: Mask, before: int, undecided: NDArray[np.int64]
) -> tuple[Rings, _Chains]:
    """Part the rings of a strip into those that stay as they are and chains that reach another strip."""
    height, width = mask.shape
    upper, lower = rows.start > 0, rows.stop < height
    points = rings.points + np.array([rows.start, 0])
    on_line = ((points[:, 0] == rows.start) & upper) | ((points[:, 0] == rows.stop) & lower)
    breaks = on_line | np.isin(_place(points, width), _place(undecided, width))
    reached = np.add.reduceat(breaks, rings.starts[:-1]) > 0 if len(rings.region) else np.zeros(0, bool)
    whole = _chosen(rings._replace(points=points, region=rings.region + (before - 1)), ~reached)
    if not reached.any():
        return whole, _Chains(np.zeros((0, 2), np.int32), *(np.zeros(0, np.int64) for _ in range(6)))
    # every ring is begun anew at a point where it is broken
    starts, lengths = rings.starts[:-1][reached], np.diff(rings.starts)[reached]
    broken = np.flatnonzero(breaks)
    shift = broken[np.searchsorted(broken, starts)] - starts
    heads = np.cumsum(lengths) - lengths
    place = np.arange(lengths.sum()) - np.repeat(heads, lengths)
    index = np.repeat(starts, lengths) + (place + np.repeat(shift, lengths)) % np.repeat(lengths, lengths)
    here, begins = points[index], breaks[index]
    after = _after(here, heads, lengths)
    region = np.repeat(rings.region[reached] + (before - 1), lengths)
    # pieces along a line are divided where the other strip's mask begins or ends
    flat = on_line[index] & (here[:, 0] == after[:, 0])
    low, high = np.minimum(here[:, 1], after[:, 1]), np.maximum(here[:, 1], after[:, 1])
    parts = np.ones(len(here), np.int64)
    sides = [(rows.start, mask[rows.start - 1] if upper else None), (rows.stop, mask[rows.stop] if lower else None)]
    found = []
    for at, line in sides:
        if line is None:
            continue
        edges = np.flatnonzero(line[1:] != line[:-1]) + 1
        own = np.flatnonzero(flat & (here[:, 0] == at))
        first, end = np.searchsorted(edges, low[own], "right"), np.searchsorted(edges, high[own], "left")
        parts[own] = end - first + 1
        found.append((own, first, end, edges, np.asarray(line)))
    offsets = np.cumsum(parts) - parts
    start_cols, is_real = np.repeat(here[:, 1], parts), np.ones(int(parts.sum()), bool)
    for own, first, end, edges, line in found:
        counts = parts[own]
        number = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        target = np.repeat(offsets[own], counts) + number
        east = np.repeat(here[own, 1] < after[own, 1], counts)
        inner = number > 0
        if edges.size:
            edge = np.where(east, np.repeat(first, counts) + number - 1, np.repeat(end, counts) - number)
            start_cols[target[inner]] = edges[edge[inner]]
        pixel = start_cols[target] - ~east
        is_real[target] = ~line[pixel]
    at_rows = np.repeat(here[:, 0], parts)
    sub = np.stack([at_rows, start_cols], axis=1)
    ring_lengths = np.add.reduceat(parts, heads)
    next_sub = _after(sub, np.cumsum(ring_lengths) - ring_lengths, ring_lengths)
    begin = np.repeat(begins, parts)
    begin |= np.arange(begin.size) != np.repeat(offsets, parts)
    first_of = np.flatnonzero(begin)
    kept = is_real[first_of]  # a piece along a line is a chain of its own
    sizes = np.diff(first_of, append=begin.size)
    last_of = first_of + sizes - 1
    direction = _direction(next_sub - sub)
    chosen = np.repeat(kept, sizes)
    first_kept, last_kept = first_of[kept], last_of[kept]
    return whole, _Chains(
        sub[chosen].astype(np.int32),
        sizes[kept],
        np.repeat(region, parts)[first_kept],
        _place(sub[first_kept], width),
        _place(next_sub[last_kept], width),
        direction[first_kept],
        direction[last_kept],
    )


def _place(points: Ints, width: int) -> NDArray[np.int64]:
    return points[:, 0].astype(np.int64) * (width + 1) + points[:, 1]


def _after(values: Ints, heads: Ints, lengths: Ints) -> Ints:
    """The following element in each of some cycles that lie one behind the other."""
    index = np.arange(len(values)) + 1
    index[heads + lengths - 1] = heads
    return values[index]


def _direction(step: Ints) -> Ints:
    down, right = step[:, 0], step[:, 1]
    return np.where(right > 0, 0, np.where(down > 0, 1, np.where(right < 0, 2, 3)))


def _stitched(chains: _Chains, group: NDArray[np.int64]) -> Rings:
    """Join chains to rings."""
    number = chains.first.size
    if number == 0:
        return Rings(np.zeros((0, 2), np.int32), np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0, bool))
    own = group[chains.region]
    order = np.argsort(chains.first, kind="stable")
    places = chains.first[order]
    candidate = np.searchsorted(places, chains.last)
    chosen = order[candidate]
    other = order[np.minimum(candidate + 1, number - 1)]
    two = (places[np.minimum(candidate + 1, number - 1)] == chains.last) & (candidate + 1 < number)
    chosen = np.where(two & (_rank(chains, own, other) > _rank(chains, own, chosen)), other, chosen)
    sequence, firsts = cycles(chosen, np.ones(len(chosen), np.bool_))
    straight = np.empty(number, bool)  # the end of a chain is no corner where the next one goes straight on
    straight[chosen] = chains.leaving[chosen] == chains.arriving
    offsets = np.cumsum(chains.lengths) - chains.lengths
    skipped = straight[sequence].astype(np.int64)
    lengths = chains.lengths[sequence] - skipped
    ends = np.cumsum(lengths)
    index = np.arange(int(ends[-1])) - np.repeat(ends - lengths, lengths)
    points = chains.points[np.repeat(offsets[sequence] + skipped, lengths) + index]
    starts = np.concatenate([[0], ends])[firsts]
    signed = np.add.reduceat(cross(points[:, 0].astype(np.int64), points[:, 1].astype(np.int64), starts), starts[:-1])
    return Rings(points, starts, chains.region[sequence[firsts[:-1]]], signed < 0)


def _rank(chains: _Chains, own: NDArray[np.int64], onward: Ints) -> Ints:
    """How well a chain goes on as another: left before straight before right, and only in one region."""
    turn = (chains.leaving[onward] - chains.arriving) % 4
    return np.where(own[onward] == own, np.array([2, 1, 0, 3])[turn], -1)


def _chosen(rings: Rings, keep: NDArray[np.bool_]) -> Rings:
    lengths = np.diff(rings.starts)
    points = rings.points[np.repeat(keep, lengths)].astype(np.int32)
    return Rings(points, np.append(0, np.cumsum(lengths[keep])), rings.region[keep], rings.hole[keep])


def _together(rings: list[Rings], group: NDArray[np.int64]) -> Rings:
    """All rings in one, their regions as groups."""
    lengths = np.concatenate([np.diff(each.starts) for each in rings])
    region = group[np.concatenate([each.region for each in rings]).astype(np.int64)]
    hole = np.concatenate([each.hole for each in rings])
    points = np.concatenate([each.points for each in rings])
    return Rings(points, np.append(0, np.cumsum(lengths)), region, hole)
