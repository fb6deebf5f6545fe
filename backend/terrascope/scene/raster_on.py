"""One raster of numbers (height, slope, a class map) brought onto the grid of a scene."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import CRSError, RasterioError
from rasterio.vrt import WarpedVRT

from terrascope.errors import SceneError
from terrascope.scene.raster import opened
from terrascope.scene.types import Grid

#: Source pixels along a side of a grid pixel from which on they are averaged.
_FINER = 1.5


def raster_on(path: Path, grid: Grid) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the first band of a raster on a grid, scaled as its tags say, and where it has values.

    Numbers of measurements are interpolated, and averaged where the raster is finer than the grid; codes (a palette, or
    whole numbers of one byte) are taken from the nearest pixel.

    Parameters
    ----------
    path
        A raster with a CRS, or without one where it has as many pixels as the grid.

    Returns
    -------
    float32 [H, W] (0 where there is no value) and bool [H, W].

    Raises
    ------
    SceneError
        If it cannot be read, or does not say where it lies.
    """
    size = (grid.height, grid.width)
    with opened(str(path)) as source:
        codes = source.colorinterp[0] == ColorInterp.palette or source.dtypes[0] in ("uint8", "int8")
        gain, offset = source.scales[0], source.offsets[0]
        try:
            if source.crs is None or grid.crs is None:
                if (source.height, source.width) != size:
                    raise SceneError(
                        f"{path.name} cannot be laid on the image: one of the two has no CRS, and they differ in size.",
                        "Set the CRS in Layer > Properties > Source.",
                    )
                values, mask = source.read(1), source.read_masks(1)
            else:
                target, transform = CRS.from_user_input(grid.crs), Affine(*grid.transform)
                with WarpedVRT(
                    source, crs=target, transform=transform, width=grid.width, height=grid.height,
                    resampling=_resampling(source, codes, target, grid),
                ) as vrt:  # fmt: skip
                    values, mask = vrt.read(1), vrt.dataset_mask()
        except (RasterioError, CRSError) as error:
            raise SceneError(f"{path.name} cannot be laid on the image: {error}.", "Check the layer.") from error
    known = (mask != 0) & np.isfinite(values)
    found = np.where(known, values.astype(np.float64) * gain + offset, 0.0).astype(np.float32)
    return found, known


def _resampling(source: object, codes: bool, target: CRS, grid: Grid) -> Resampling:
    if codes:
        return Resampling.nearest
    with WarpedVRT(source, crs=target) as as_is:  # its own pixel size in the CRS of the grid
        width = abs(as_is.transform.a)
    finer = abs(grid.transform[0]) > _FINER * width
    return Resampling.average if finer else Resampling.bilinear
