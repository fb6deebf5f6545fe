"""The parts of a mask as polygons: what one row of the table `masks` holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon

from terrascope.scene.types import Affine6, Grid


class Part(NamedTuple):
    """One 8-connected part: exact pixel outlines with holes, its area (None without a CRS) and its pixel count."""

    geometry: MultiPolygon
    area_m2: float | None
    pixels: int


def drawing_transform(grid: Grid) -> Affine6:
    """Return the transform that puts pixels where a GIS draws them.

    A raster without any georeference is drawn by GDAL and QGIS with y upwards, from 0 at the top edge to -height: the
    identity of rasterio is turned round, so that masks lie on their picture.
    """
    if grid.crs is None and tuple(grid.transform) == (1.0, 0.0, 0.0, 0.0, 1.0, 0.0):
        return Affine6(1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
    return grid.transform


def parts_of(mask: NDArray[np.bool_], grid: Grid, area_m2: float | None) -> list[Part]:
    """Return the parts of a mask, the largest first.

    Parameters
    ----------
    mask
        bool [H, W] on `grid`.
    area_m2
        Measured area of the whole mask. It is shared out over the parts by true pixel areas, so that the parts add up
        to the measurement; None where there is no CRS.
    """
    if not mask.any():
        return []
    from terrascope.masks.polygons import joined_at_corners, outlined

    numbered, polygons = outlined(np.asarray(mask, bool), replace(grid, transform=drawing_transform(grid)))
    group = joined_at_corners(numbered)
    order = np.argsort(group, kind="stable")
    geometries = shapely.multipolygons(polygons[order], indices=group[order])
    pixels = np.asarray(np.bincount(group, weights=np.bincount(numbered.ravel())[1:]), np.int64)
    areas = _areas(numbered, group, pixels, grid, area_m2)
    valid = shapely.is_valid(geometries)
    return [
        Part(
            geometries[each] if valid[each] else _repaired(geometries[each]),
            None if areas is None else float(areas[each]),
            int(pixels[each]),
        )
        for each in np.argsort(-pixels, kind="stable")
    ]


def _areas(
    numbered: NDArray[Any],
    group: NDArray[Any],
    pixels: NDArray[np.int64],
    grid: Grid,
    area_m2: float | None,
) -> NDArray[np.float64] | None:
    """The measured area, shared out over the groups by true pixel areas."""
    if area_m2 is None:
        return None
    from terrascope.masks import ground
    from terrascope.masks.fields import Constant

    cell = ground(grid).area
    sums = np.asarray(pixels, np.float64)
    if not isinstance(cell, Constant):
        rows, cols = np.nonzero(numbered)
        weights = cell.at(rows + 0.5, cols + 0.5)
        sums = np.asarray(np.bincount(group[numbered[rows, cols] - 1], weights=weights), np.float64)
    total = float(sums.sum())
    return sums * (area_m2 / total) if total > 0 else sums


def _repaired(geometry: MultiPolygon) -> MultiPolygon:
    parts = shapely.get_parts(shapely.make_valid(geometry))
    return MultiPolygon([each for each in parts if each.geom_type == "Polygon"])


def display_geometry(parts: list[Part], tolerance: float, limit: int = 200_000) -> str | None:
    """Return the parts as one WKT MultiPolygon, simplified for a first look; None where it would be longer than limit.

    Parameters
    ----------
    tolerance
        Largest distance, in map units, between the true outline and the simplified one.
    """
    if len(parts) * 60 > limit:
        return None
    polygons = shapely.get_parts([part.geometry for part in parts])
    simple = shapely.simplify(polygons, tolerance)
    simple = simple[~shapely.is_empty(simple) & (shapely.get_type_id(simple) == shapely.GeometryType.POLYGON)]
    text = str(shapely.to_wkt(shapely.multipolygons(simple), rounding_precision=6))
    return text if len(text) <= limit else None
