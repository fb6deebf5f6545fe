"""Whether numbers can be what they are said to be: checks of a reading over a few pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: Where medians of reflectance lie, and backscatter in decibel.
REFLECTANCE, DECIBEL = (1e-3, 1.5), (-40.0, 10.0)
ENOUGH = 32  # pixels below which a sample says nothing
#: Reflectance of the darkest pixels that atmospheric correction still leaves, and their share.
_DARKEST, _DARK_SHARE = -0.02, 1.0
#: Reflectance, the offset taken away, that the darkest band of a scene with some dark ground stays below.
_LIFTED = 0.05
_PLANTS, _PLANTS_SHARE, _WATER, _WATER_SHARE = 0.5, 0.03, 0.05, 0.02


def fits_reflectance(values: NDArray[np.float32]) -> bool:
    """Say whether scaled values [B, n] can be reflectance: medians of all bands below 1.5, that of them above 0.001.

    Not every band's: over water near and short-wave infrared reflect nothing. True where there are too few values.
    """
    if values.shape[-1] < ENOUGH:
        return True
    medians = np.median(values, axis=1)
    return bool(medians.max() <= REFLECTANCE[1] and np.median(medians) >= REFLECTANCE[0] and medians.min() > -0.1)


def band_fits_reflectance(values: NDArray[np.float32]) -> bool:
    """The same of one band [n], which may be that of water in the infrared."""
    return values.size < ENOUGH or -0.05 < float(np.median(values)) <= REFLECTANCE[1]


def offset_evidence(bands: Sequence[str], values: NDArray[np.float32]) -> bool | None:
    """Say whether reflectance x 10000, values [B, n], is lifted by the 1000 of newer Sentinel-2 products.

    False: with the 1000 taken away one of a hundred pixels of some band would lie below -0.02. True: no band has a dark
    pixel, and with the 1000 taken away there are plants or water, which every reading without the offset makes
    grey. None: neither, as over desert, snow and cloud; then nothing but the product's metadata tells.
    """
    if values.shape[-1] < ENOUGH:
        return None
    darkest = lowered_darkest(values)
    if darkest < _DARKEST:
        return False
    if darkest > _LIFTED:
        return None
    if not fits_reflectance(values / np.float32(1e4) - np.float32(0.1)):
        return None
    lowered = dict(zip(bands, values.astype(np.float64) / 1e4 - 0.1))
    red, nir = lowered.get("red"), lowered.get("nir")
    if red is not None and nir is not None:
        total = np.maximum(nir + red, 1e-3)
        if float(np.mean((nir - red) / total > _PLANTS)) > _PLANTS_SHARE:
            return True
    dark = [lowered[name] < _WATER for name in ("nir", "swir1", "swir2") if name in lowered]
    if dark and "green" in lowered:
        water = np.logical_and.reduce([*dark, lowered["green"] < 2 * _WATER])
        if float(np.mean(water)) > _WATER_SHARE:
            return True
    return None


def lowered_darkest(values: NDArray[np.float32]) -> float:
    """Reflectance of the darkest pixels of the darkest band of values [B, n] x 10000, with 1000 taken away."""
    return float(np.percentile(values, _DARK_SHARE, axis=1).min()) / 1e4 - 0.1


def may_be_lifted(values: NDArray[np.float32]) -> bool:
    """Say whether values [B, n] that do not tell by themselves look lifted: the darkest lie where dark ground would."""
    if values.shape[-1] < ENOUGH or float(np.ptp(values)) == 0:
        return False
    return _DARKEST <= lowered_darkest(values) <= _LIFTED


def ndvi_is_negative(bands: Sequence[str], values: NDArray[np.float32]) -> bool:
    """Say whether NDVI of scaled values [B, n] is below 0 where most pixels are neither water, snow nor cloud.

    Bands in the wrong order show it. Water is dark in near infrared, snow and cloud are bright in green.
    """
    of = dict(zip(bands, values.astype(np.float64)))
    if not {"green", "red", "nir"} <= set(of):
        return False
    top = max(float(np.percentile(values, 98)), 1e-9)
    ground = (of["nir"] > 0.15 * top) & (of["green"] < 0.8 * top)
    if np.count_nonzero(ground) < max(ENOUGH, 0.5 * ground.size):
        return False
    return bool(np.median((of["nir"] - of["red"])[ground]) < 0)
