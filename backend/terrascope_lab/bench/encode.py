"""Encode bands as a GeoTIFF in memory, for benchmark files."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def geotiff(
    bands: NDArray[np.generic],
    names: Sequence[str],
    gsd_m: float | None = None,
    *,
    scale: float | None = None,
    nodata: float | None = None,
) -> bytes:
    """Return [B, H, W] as a deflated GeoTIFF with band names.

    Parameters
    ----------
    gsd_m
        Pixel size in metres; the picture is put on UTM zone 31 at the equator. None: no georeference.
    scale
        File value times scale is the physical value.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning
    from rasterio.io import MemoryFile
    from rasterio.transform import from_origin

    count, height, width = bands.shape
    place = {} if gsd_m is None else {"crs": "EPSG:32631", "transform": from_origin(500_000, 10_000, gsd_m, gsd_m)}
    predictor = 3 if bands.dtype.kind == "f" else 2
    with warnings.catch_warnings(), rasterio.Env(GDAL_NUM_THREADS=1), MemoryFile() as memory:
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with memory.open(
            driver="GTiff", width=width, height=height, count=count, dtype=bands.dtype, nodata=nodata,
            compress="deflate", zlevel=9, predictor=predictor, interleave="band", **place,
        ) as file:  # fmt: skip
            file.write(bands)
            file.descriptions = tuple(names)
            if scale is not None:
                file.scales = (scale,) * count
        return bytes(memory.read())
