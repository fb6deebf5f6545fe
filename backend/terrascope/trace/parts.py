"""The parts of a mask as polygons: what one row of the table `masks` holds."""

from __future__ import annotations

from typing import NamedTuple

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
    from affine import Affine
    from rasterio.features import shapes
    from scipy import ndimage

    labels, count = ndimage.label(mask, structure=np.ones((3, 3), dtype=bool))
    labels = labels.astype(np.int32, copy=False)
    pieces: list[list[shapely.Polygon]] = [[] for _ in range(count + 1)]
    for geometry, value in shapes(labels, mask=mask, connectivity=4, transform=Affine(*drawing_transform(grid))):
        shell, *holes = geometry["coordinates"]
        pieces[int(value)].append(shapely.Polygon(shell, holes))
    pixels = np.bincount(labels.ravel(), minlength=count + 1)
    areas = _areas(labels, count, grid, area_m2)
    order = sorted(range(1, count + 1), key=lambda each: (-int(pixels[each]), each))
    return [
        Part(_valid(pieces[each]), None if areas is None else float(areas[each]), int(pixels[each])) for each in order
    ]


def _areas(labels: NDArray[np.int32], count: int, grid: Grid, area_m2: float | None) -> NDArray[np.float64] | None:
    if area_m2 is None:
        return None
    from terrascope.masks import ground
    from terrascope.masks.fields import Constant

    cell = ground(grid).area
    if isinstance(cell, Constant):
        sums = np.bincount(labels.ravel(), minlength=count + 1).astype(np.float64)
    else:
        rows, cols = np.nonzero(labels)
        sums = np.bincount(labels[rows, cols], weights=cell.at(rows + 0.5, cols + 0.5), minlength=count + 1)
    sums[0] = 0.0
    total = float(sums.sum())
    return sums * (area_m2 / total) if total > 0 else sums


def _valid(pieces: list[shapely.Polygon]) -> MultiPolygon:
    geometry = MultiPolygon(pieces)
    if geometry.is_valid:
        return geometry
    repaired = shapely.make_valid(geometry)
    polygons = [each for each in shapely.get_parts(repaired, return_index=False) if each.geom_type == "Polygon"]
    return MultiPolygon(polygons)


def display_geometry(parts: list[Part], tolerance: float, limit: int = 200_000) -> str | None:
    """Return the parts as one WKT MultiPolygon, simplified for a first look; None where it would be longer than limit.

    Parameters
    ----------
    tolerance
        Largest distance, in map units, between the true outline and the simplified one.
    """
    polygons = [piece for part in parts for piece in part.geometry.geoms]
    if len(polygons) * 60 > limit:
        return None
    simple = [each for each in (piece.simplify(tolerance) for piece in polygons) if not each.is_empty]
    text = shapely.to_wkt(MultiPolygon([each for each in simple if each.geom_type == "Polygon"]), rounding_precision=6)
    return text if len(text) <= limit else None
