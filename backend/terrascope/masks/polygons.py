"""Masks as polygons: exact pixel outlines, or simplified ones that still share their borders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from terrascope.masks import regions
from terrascope.masks.errors import MaskError
from terrascope.masks.rings import Ints, Rings, regions_of, trace
from terrascope.masks.stitching import diagonal_pairs, outlines
from terrascope.masks.types import Mask
from terrascope.scene.types import Affine6, Grid

#: Pixels of a mask that is outlined at once; a larger one is outlined strip by strip.
AT_ONCE = 1 << 21
#: Points of outlines that become polygons at a time.
CHUNK = 1 << 21


class Part(NamedTuple):
    """One 4-connected part of one class: its label number, its pixels, its polygon in map coordinates."""

    label: int
    pixels: int
    polygon: shapely.Polygon


def polygonise(
    mask: NDArray[np.generic], grid: Grid, *, simplify: float | None = None, min_pixels: int = 0
) -> list[shapely.Polygon]:
    """Outline a mask, bool [H, W].

    Parameters
    ----------
    simplify
        Tolerance in pixels (Visvalingam-Whyatt on the coverage); None keeps the exact pixel outlines.
    min_pixels
        Parts with fewer pixels are left out.

    Returns
    -------
    list of shapely.Polygon
        One valid polygon, holes kept, for each part whose pixels touch by their sides, in map coordinates. Parts that
        touch by a corner only are two polygons (`measure` counts them as one).
    """
    inside = regions.as_mask(mask, grid)
    if inside.size > AT_ONCE:
        found = outlines(inside)
        return [
            polygon
            for _, polygons in polygons_of(found.rings, np.flatnonzero(found.pixels >= min_pixels), grid, simplify)
            for polygon in polygons
            if not polygon.is_empty
        ]
    return [part.polygon for part in polygonise_labels(inside, grid, simplify=simplify, min_pixels=min_pixels)]


def polygonise_labels(
    labels: NDArray[np.generic], grid: Grid, *, simplify: float | None = None, min_pixels: int = 0
) -> list[Part]:
    """Outline every class of an integer image [H, W], 0 being outside.

    Neighbours share their borders exactly, also after simplification (no gaps, no overlaps). See `polygonise`.

    Raises
    ------
    MaskError
        If the shape is not that of the grid or the tolerance is negative.
    """
    image = np.asarray(labels)
    if image.shape != (grid.height, grid.width):
        regions.as_mask(image, grid, "label image")
    if simplify is not None and not simplify >= 0:
        raise MaskError(f"The tolerance of the simplification is {simplify}.", "Give a number of pixels, 0 or more.")
    image = image.astype(np.int32)
    box = regions.bounds(image != 0)
    if box is None:
        return []
    image = image[box[0] : box[2], box[1] : box[3]]
    numbered = regions_of(image)
    pixels = np.bincount(numbered.ravel())
    if min_pixels > 1:
        numbered = np.where(pixels[numbered] >= min_pixels, numbered, 0)
    rings = trace(numbered)
    numbers, polygons = _polygons(rings, (box[0], box[1]))
    polygons = _finished(polygons, grid, simplify)
    label_of = np.zeros(len(pixels), np.int64)
    label_of[numbered.ravel()] = image.ravel()
    return [Part(int(label_of[k]), int(pixels[k]), p) for k, p in zip(numbers, polygons) if not p.is_empty]


def _finished(polygons: NDArray[np.object_], grid: Grid, simplify: float | None) -> NDArray[np.object_]:
    """From pixel to map coordinates, simplified if that is wanted, valid, shells anticlockwise."""
    if simplify:
        polygons = np.asarray(shapely.coverage_simplify(polygons, simplify), dtype=object)
    polygons = shapely.transform(polygons, lambda xy: _to_map(xy, grid.transform))
    polygons = shapely.orient_polygons(polygons)
    if simplify or not _precise(grid):  # exact outlines are valid by construction
        polygons = _mended(polygons)
    return polygons


def outlined(mask: Mask, grid: Grid) -> tuple[Ints, NDArray[np.object_]]:
    """Number the 4-connected regions of a mask, int32 [H, W], and outline them: polygon k - 1 is that of region k."""
    numbered = regions_of(mask)
    return numbered, _finished(_polygons(trace(numbered), (0, 0))[1], grid, None)


def joined_at_corners(numbered: Ints) -> Ints:
    """Group of each 4-connected region of `outlined`, from 0 on: regions that touch by a corner belong together."""
    one, two = diagonal_pairs(numbered).pairs - 1
    total = int(numbered.max(initial=0))
    graph = coo_array((np.ones(one.size, np.int8), (one, two)), shape=(total, total))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def polygons_of(
    rings: Rings, wanted: Ints, grid: Grid, simplify: float | None = None, points: int = CHUNK
) -> Iterator[tuple[Ints, NDArray[np.object_]]]:
    """Yield regions and their polygons in map coordinates, about so many points at a time.

    `wanted` are regions of the rings, numbered from 0 on, in the order in which they come. Memory holds one chunk.
    """
    rank = np.full(int(rings.region.max(initial=-1)) + 1, -1, np.int64)
    rank[wanted] = np.arange(wanted.size)
    ring_rank = rank[rings.region]
    order = np.argsort(ring_rank, kind="stable")
    order = order[np.searchsorted(ring_rank[order], 0) :]
    lengths = np.diff(rings.starts)[order]
    chunk = (np.cumsum(lengths) - lengths) // points
    last = np.flatnonzero(np.diff(ring_rank[order], append=wanted.size))  # the last ring of each region
    cuts = last[np.flatnonzero(np.diff(chunk[last], append=chunk[-1:] + 1))] + 1
    begin = 0
    for end in cuts.tolist():
        some = order[begin:end]
        counts = lengths[begin:end]
        starts = np.append(0, np.cumsum(counts))
        index = np.repeat(rings.starts[some] - starts[:-1], counts) + np.arange(starts[-1])
        piece = Rings(rings.points[index], starts, ring_rank[some], rings.hole[some])
        numbers, polygons = _polygons(piece, (0, 0))
        yield wanted[numbers], _finished(polygons, grid, simplify)
        begin = end


def _polygons(rings: Rings, origin: tuple[int, int]) -> tuple[Ints, NDArray[np.object_]]:
    """Assemble rings to polygons in pixel coordinates (x = column, y = row), in order of region number."""
    order = np.lexsort((rings.hole, rings.region))  # each region: its shell, then its holes
    counts = np.diff(rings.starts)[order]
    first = rings.starts[:-1][order]
    # every ring is closed by its first point
    ends = np.cumsum(counts + 1)
    index = np.arange(ends[-1]) - np.repeat(ends - (counts + 1), counts + 1)
    source = np.repeat(first, counts + 1) + np.where(index == np.repeat(counts, counts + 1), 0, index)
    points = rings.points[source] + np.asarray(origin)
    coordinates = points[:, ::-1].astype(np.float64)
    ring_offsets = np.concatenate([[0], ends])
    region = rings.region[order]
    heads = np.flatnonzero(np.diff(region, prepend=-1))
    polygon_offsets = np.concatenate([heads, [region.size]])
    polygons = shapely.from_ragged_array(shapely.GeometryType.POLYGON, coordinates, (ring_offsets, polygon_offsets))
    return region[heads], np.array(polygons, dtype=object)


def _to_map(xy: NDArray[np.float64], t: Affine6) -> NDArray[np.float64]:
    x, y = xy[:, 0], xy[:, 1]
    return np.column_stack([t.a * x + t.b * y + t.c, t.d * x + t.e * y + t.f])


def _precise(grid: Grid) -> bool:
    """True where rounding of map coordinates is far below a pixel and so cannot make an outline cross itself."""
    t = grid.transform
    far = max(abs(t.c), abs(t.f)) + max(abs(v) for v in t[:2] + t[3:5]) * (grid.width + grid.height)
    side = abs(t.a * t.e - t.b * t.d) / max(np.hypot(t.a, t.d), np.hypot(t.b, t.e))
    return bool(side > 1e-10 * far)


def _mended(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    """Make invalid polygons valid, keeping the largest piece of each."""
    result = np.array(polygons, dtype=object)
    for k in np.flatnonzero(~shapely.is_valid(result)):
        pieces = shapely.get_parts(shapely.make_valid(result[k], method="structure", keep_collapsed=False))
        result[k] = max(pieces, key=lambda piece: piece.area, default=shapely.Polygon())
    return result
