"""Mean band values and spectral indices inside a mask.

The formulas are those of the Awesome Spectral Indices catalogue (and of `spyndex`, which the tests hold them to):
NDVI = (nir - red) / (nir + red); NDWI (McFeeters) = (green - nir) / (green + nir); NBR = (nir - swir2) / (nir + swir2).
"""

from __future__ import annotations

import numpy as np

from terrascope import large
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
    sums, index_sums = np.zeros(len(view.bands)), dict.fromkeys(INDICES, 0.0)
    number, good_numbers = 0, dict.fromkeys(INDICES, 0)
    wanted = [name for name, pair in INDICES.items() if set(pair) <= set(view.bands)]
    for rows in large.strips(mask.shape):
        inside = mask[rows] & view.valid[rows]
        found = int(np.count_nonzero(inside))
        number += found
        if not found:
            continue
        samples = [band[rows][inside].astype(np.float64) for band in view.pixels]
        sums += [values.sum() for values in samples]
        for name in wanted:
            one, two = (samples[view.bands.index(band)] for band in INDICES[name])
            total = one + two
            good = total > 0
            ratio = (one[good] - two[good]) / total[good]
            index_sums[name] += float(np.clip(ratio, -1.0, 1.0).sum())
            good_numbers[name] += ratio.size
        large.release(mask, view.valid, view.pixels)
    if not number:
        return {}, {}
    means = {name: float(value / number) for name, value in zip(view.bands, sums)}
    if view.scale not in (Scale.REFLECTANCE, Scale.RAW):
        return means, {}
    return means, {name: index_sums[name] / good_numbers[name] for name in wanted if good_numbers[name]}
