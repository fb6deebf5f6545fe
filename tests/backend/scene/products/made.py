"""Small trees in the layout of real products, with known reflectance in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.transform import from_origin

SIZE = 32
#: Reflectance of land and of the water in the west half, by band.
LAND = {"coastal": 0.03, "blue": 0.04, "green": 0.07, "red": 0.05, "rededge1": 0.12, "rededge2": 0.25, "rededge3": 0.3,
        "nir": 0.38, "nir08": 0.39, "swir1": 0.19, "swir2": 0.09, "nir1240": 0.4, "green1": 0.06,
        "yellow": 0.06}  # fmt: skip
WATER = 0.01


def reflectance(band: str, size: int = SIZE) -> NDArray[np.float64]:
    """Water in the west half, land in the east half, [size, size]."""
    values = np.full((size, size), LAND[band])
    values[:, : size // 2] = WATER
    return values


def write(path: Path, data: Any, pixel: float = 10.0, **profile: Any) -> Path:
    """Write a raster, [H, W] or [B, H, W]; `names` are band descriptions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = np.asarray(data)
    data = data[None] if data.ndim == 2 else data
    names = profile.pop("names", None)
    scales = profile.pop("scales", None)
    colours = profile.pop("colours", None)
    driver = {".jp2": "JP2OpenJPEG"}.get(path.suffix, "GTiff")
    if driver == "JP2OpenJPEG":
        profile |= {"QUALITY": 100, "REVERSIBLE": "YES"}
    place = from_origin(500000, 5100000, pixel, pixel)
    meta = {"driver": driver, "count": len(data), "height": data.shape[1], "width": data.shape[2],
            "dtype": data.dtype, "crs": "EPSG:32633", "transform": place}  # fmt: skip
    with rasterio.open(path, "w", **{**meta, **profile}) as file:
        file.write(data)
        if names:
            file.descriptions = tuple(names)
        if scales:
            file.scales = tuple(scales)
        if colours:
            file.colorinterp = colours
    return path
