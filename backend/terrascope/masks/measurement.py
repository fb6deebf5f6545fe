"""Measure one mask on its grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.masks import regions, where
from terrascope.masks.errors import MaskError
from terrascope.masks.geodesy import Ground, ground
from terrascope.masks.indices import band_statistics
from terrascope.masks.types import Mask, Measurement
from terrascope.scene.types import Grid, View


def measure(
    mask: NDArray[np.generic],
    valid: NDArray[np.generic],
    grid: Grid,
    *,
    probability: NDArray[np.floating] | None = None,
    bands: View | None = None,
) -> Measurement:
    """Measure a mask.

    Parameters
    ----------
    mask, valid
        bool [H, W] on the grid; mask pixels that are not valid do not count.
    probability
        float [H, W] in [0, 1]; its mean inside the mask is reported.
    bands
        View on the same grid whose bands are averaged inside the mask.

    Raises
    ------
    MaskError
        If a shape does not fit the grid, or the CRS cannot be read.

    Examples
    --------
    >>> grid = Grid(4, 3, Affine6(10, 0, 500000, 0, -10, 0), "EPSG:32633")
    >>> measure(np.eye(3, 4, dtype=bool), np.ones((3, 4), bool), grid).area_m2
    300.0
    """
    valid_mask = regions.as_mask(valid, grid, "valid mask")
    inside = large.within(regions.as_mask(mask, grid), valid_mask)
    place = ground(grid)
    valid_pixels = large.count(valid_mask)
    found = regions.profile(inside)
    box, pixels = found.bounds, found.pixels
    area, valid_area = _area(place, inside), _area(place, valid_mask)
    components, largest = regions.parts(inside[_window(box)]) if box else (0, 0)
    perimeter_px, perimeter_m = _perimeter(place, inside)
    centre = _centroid(found) if box else None
    names = where.words(place)
    counts = where.ninths_of(found)
    means, indices = ({}, {}) if bands is None else band_statistics(inside, _fitting(bands, grid))
    return Measurement(
        pixels=pixels,
        valid_pixels=valid_pixels,
        share=pixels / valid_pixels if valid_pixels else 0.0,
        area_m2=area,
        valid_area_m2=valid_area,
        area_share=None if area is None or not valid_area else area / valid_area,
        area_method=place.method,
        area_note=place.note,
        components=components,
        largest_component_px=largest,
        perimeter_px=perimeter_px,
        perimeter_m=perimeter_m,
        where=names[where.ninth(*centre, grid.height, grid.width)] if centre else None,
        where_shares=_shares(names, counts, pixels),
        bbox=_map_bounds(grid, found) if box else None,
        bbox_px=box,
        centroid=place.point(*centre) if centre else None,
        centroid_lonlat=place.lonlat(*centre) if centre else None,
        band_means=means,
        indices=indices,
        probability=_mean_probability(probability, inside, grid),
    )


def _area(place: Ground, mask: Mask) -> float | None:
    return regions.total(place.area, mask) if place.has_metres else None


def _window(box: tuple[int, int, int, int]) -> tuple[slice, slice]:
    return slice(box[0], box[2]), slice(box[1], box[3])


def _perimeter(place: Ground, mask: Mask) -> tuple[int, float | None]:
    pixels, metres = 0, 0.0
    for rows in regions.strips(mask.shape):
        horizontal, vertical = regions.outline_edges(mask, rows)
        pixels += int(np.count_nonzero(horizontal)) + int(np.count_nonzero(vertical))
        if place.has_metres:
            metres += place.width.total(horizontal, float(rows.start), 0.5)
            metres += place.height.total(vertical, rows.start + 0.5, 0.0)
        large.release(mask)
    return pixels, metres if place.has_metres else None


def _centroid(found: regions.Profile) -> tuple[float, float]:
    """Mean row and column of the pixel centres."""
    by_row, by_col = found.by_row.sum(axis=1).astype(np.float64), found.by_col
    number = by_row.sum()
    row = float(by_row @ np.arange(len(by_row)) / number) + 0.5
    return row, float(by_col @ np.arange(len(by_col)) / number) + 0.5


def _map_bounds(grid: Grid, found: regions.Profile) -> tuple[float, float, float, float]:
    """Tight bounds of a mask's pixels, also where the grid is turned: of the ends of every row."""
    rows = np.flatnonzero(found.end)
    first, end = found.first[rows], found.end[rows]
    r, c = np.concatenate([rows, rows, rows + 1, rows + 1]), np.concatenate([first, end, first, end])
    t = grid.transform
    x, y = t.a * c + t.b * r + t.c, t.d * c + t.e * r + t.f
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _shares(names: dict[tuple[int, int], str], counts: NDArray[np.int64], pixels: int) -> dict[str, float]:
    if pixels == 0:
        return {}
    shares: dict[str, float] = {}
    for (row, col), name in names.items():  # two ninths can have one word in a strongly sheared image
        shares[name] = shares.get(name, 0.0) + float(counts[row + 1, col + 1]) / pixels
    return shares


def _fitting(view: View, grid: Grid) -> View:
    if view.pixels.shape[1:] != (grid.height, grid.width):
        raise MaskError(
            f"The view {view.name!r} has {view.pixels.shape[1:]} pixels, the grid {(grid.height, grid.width)}.",
            "Measure on the scene's own grid.",
        )
    return view


def _mean_probability(probability: NDArray[np.floating] | None, inside: Mask, grid: Grid) -> float | None:
    if probability is None:
        return None
    if probability.shape != (grid.height, grid.width):
        raise MaskError(f"The probability has the shape {probability.shape}, the grid {(grid.height, grid.width)}.")
    total, number = 0.0, 0
    for rows in regions.strips(inside.shape):
        total += float(np.sum(probability[rows], where=inside[rows], dtype=np.float64))
        number += int(np.count_nonzero(inside[rows]))
        large.release(probability, inside)
    return total / number if number else None
