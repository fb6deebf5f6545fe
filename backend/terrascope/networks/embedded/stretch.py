"""Picture values on the scale that the vision networks know, whatever stretch the picture was given."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Bright ground in a picture (its 99th percentile) is put at this "reflectance", as in a Sentinel-2 true-colour image.
BRIGHT = 0.28
DARK = 0.02
_NARROWEST = 0.12  # a picture of open water alone is not blown up to full contrast
_SAMPLES = 65_536


def stretch_display(
    stack: NDArray[np.float32], valid: NDArray[np.bool_], rgb: slice | list[int], per_band: bool = False
) -> NDArray[np.float32]:
    """Map picture values to a reflectance-like scale.

    One gain and one offset for all bands, taken from the 1st and 99th percentile of the colour bands together, so that
    the hue is kept. With `per_band` the dark offset is taken band by band (raw digital numbers, whose haze differs).

    Parameters
    ----------
    stack
        float32 [B, H, W], 0..1 for pictures; any unit with `per_band`.
    valid
        bool [H, W].
    rgb
        Which bands set the range.
    per_band
        Dark-object subtraction by band, for raw digital numbers.

    Returns
    -------
    ndarray
        float32 [B, H, W], 0 where not valid, clipped to 0..1.
    """
    step = max(1, int(np.sqrt(valid.size / _SAMPLES)))
    inside = valid[::step, ::step]
    if not inside.any():
        return np.zeros_like(stack)
    sample = stack[:, ::step, ::step][:, inside]
    if per_band:
        low = np.percentile(sample, 1, axis=1)[:, None, None].astype(np.float32)
        high = float(np.percentile(sample[rgb] - low[rgb][:, 0], 99))
        gain = BRIGHT / max(high, 1e-6)
    else:
        colours = sample[rgb]
        low_all, high_all = np.percentile(colours, (1, 99))
        low = np.full((1, 1, 1), low_all, np.float32)
        gain = (BRIGHT - DARK) / max(float(high_all - low_all), _NARROWEST)
    out = (stack - low) * np.float32(gain) + np.float32(DARK)
    return np.where(valid, np.clip(out, 0.0, 1.0), 0.0).astype(np.float32)
