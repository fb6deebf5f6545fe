"""How much of each pixel a polygon covers, exactly."""

from __future__ import annotations

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from shapely.geometry.base import BaseGeometry

from terrascope.scene.types import Grid


def coverage(geometry: BaseGeometry, grid: Grid) -> NDArray[np.float32]:
    """Return the part 0 to 1 of every pixel that lies inside a polygon, float32 [H, W].

    Parameters
    ----------
    geometry
        Polygon or multipolygon in the grid's CRS.

    Notes
    -----
    Pixels that the outline does not touch are whole or nothing; the others are intersected with the polygon.
    """
    shape, affine = (grid.height, grid.width), Affine(*grid.transform)
    found = np.zeros(shape, np.float32)
    if geometry.is_empty:
        return found
    found[geometry_mask([geometry], shape, affine, invert=True)] = 1
    cut = geometry_mask([geometry.boundary], shape, affine, invert=True, all_touched=True)
    rows, cols = np.nonzero(cut)
    if rows.size == 0:
        return found
    c, r = np.stack([cols, cols + 1, cols + 1, cols]), np.stack([rows, rows, rows + 1, rows + 1])
    t = grid.transform
    x, y = t.a * c + t.b * r + t.c, t.d * c + t.e * r + t.f
    pixels = shapely.polygons(np.stack([x, y], axis=-1).transpose(1, 0, 2))
    shapely.prepare(geometry)
    parts = shapely.area(shapely.intersection(pixels, geometry))
    found[rows, cols] = np.clip(parts / abs(affine.determinant), 0, 1)
    return found
