"""The parts of a mask as polygons: what one row of the table `masks` holds."""

from __future__ import annotations

from itertools import chain
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
    from scipy import ndimage

    labels, count = ndimage.label(mask, structure=np.ones((3, 3), dtype=bool))
    labels = labels.astype(np.int32, copy=False)
    geometries = _outlines(labels, mask, drawing_transform(grid))
    pixels = np.bincount(labels.ravel(), minlength=count + 1)
    areas = _areas(labels, count, grid, area_m2)
    order = 1 + np.argsort(-pixels[1:], kind="stable")
    return [
        Part(geometries[each - 1], None if areas is None else float(areas[each]), int(pixels[each])) for each in order
    ]


def _outlines(labels: NDArray[np.int32], mask: NDArray[np.bool_], transform: Affine6) -> list[MultiPolygon]:
    """One valid MultiPolygon for each label 1, 2, ...: exact pixel outlines. Built in bulk, masks have thousands."""
    from affine import Affine
    from rasterio.features import shapes

    rings: list[list[tuple[float, float]]] = []
    ring_owner: list[int] = []
    owner: list[int] = []
    for number, (geometry, value) in enumerate(shapes(labels, mask=mask, connectivity=4, transform=Affine(*transform))):
        rings.extend(geometry["coordinates"])
        ring_owner.extend([number] * len(geometry["coordinates"]))
        owner.append(int(value))
    points = np.array(list(chain.from_iterable(rings)), dtype=np.float64)
    lines = shapely.linearrings(points, indices=np.repeat(np.arange(len(rings)), [len(each) for each in rings]))
    polygons = shapely.polygons(lines, indices=np.array(ring_owner))
    by_label = np.argsort(owner, kind="stable")
    found = shapely.multipolygons(polygons[by_label], indices=np.array(owner)[by_label] - 1)
    return [each if good else _repaired(each) for each, good in zip(found, shapely.is_valid(found))]


def _areas(labels: NDArray[np.int32], count: int, grid: Grid, area_m2: float | None) -> NDArray[np.float64] | None:
    if area_m2 is None:
        return None
    from terrascope.masks import ground
    from terrascope.masks.fields import Constant

    cell = ground(grid).area
    if isinstance(cell, Constant):
        weights, inside = None, labels.ravel()
    else:
        rows, cols = np.nonzero(labels)
        weights, inside = cell.at(rows + 0.5, cols + 0.5), labels[rows, cols]
    sums = np.bincount(inside, weights=weights, minlength=count + 1).astype(np.float64)
    sums[0] = 0.0
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
