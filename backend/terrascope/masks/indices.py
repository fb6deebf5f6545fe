"""Mean band values and spectral indices inside a mask.

The formulas are those of the Awesome Spectral Indices catalogue (and of `spyndex`, which the tests hold them to):
NDVI = (nir - red) / (nir + red); NDWI (McFeeters) = (green - nir) / (green + nir); NBR = (nir - swir2) / (nir + swir2).
"""

from __future__ import annotations

import numpy as np

from terrascope.masks.types import Mask
from terrascope.scene.types import Scale, View

INDICES: dict[str, tuple[str, str]] = {
    "NDVI": ("nir", "red"),
    "NDWI": ("green", "nir"),
    "NBR": ("nir", "swir2"),
}


def band_statistics(mask: Mask, view: View) -> tuple[dict[str, float], dict[str, float]]:
    """Mean of every band, and mean of the pixelwise indices, over the valid pixels of a mask.

    Indices are given for reflectance and for raw numbers (a common scale cancels out), never for display values or SAR.
    """
    inside = mask & view.valid
    if not inside.any():
        return {}, {}
    samples = {name: view.pixels[i][inside].astype(np.float64) for i, name in enumerate(view.bands)}
    means = {name: float(values.mean()) for name, values in samples.items()}
    indices: dict[str, float] = {}
    if view.scale in (Scale.REFLECTANCE, Scale.RAW):
        for name, (one, two) in INDICES.items():
            if one in samples and two in samples:
                total = samples[one] + samples[two]
                good = total > 0
                if good.any():
                    ratio = (samples[one][good] - samples[two][good]) / total[good]
                    indices[name] = float(np.clip(ratio, -1.0, 1.0).mean())
    return means, indices
