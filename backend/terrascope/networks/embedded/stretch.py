"""Picture values on the scale that the vision networks know, whatever stretch the picture was given."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Bright ground in a picture (its 99th percentile) is put at this "reflectance", as in a Sentinel-2 true-colour image.
BRIGHT = 0.28
DARK = 0.02
_NARROWEST = 0.12  # a picture of open water alone is not blown up to full contrast
#: Nor are digital numbers: their range is taken to be at least this share of their level.
_NARROWEST_RAW = 0.25
_SAMPLES = 65_536


class Stretch(NamedTuple):
    """(value - low) * gain + DARK, clipped to 0..1; `low` float32 [B or 1, 1, 1]. Everything is 0 without a gain."""

    low: NDArray[np.float32]
    gain: np.float32 | None

    def __call__(self, stack: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Stretch bands, float32 [B, H, W]; 0 where not valid, bool [H, W]."""
        if self.gain is None:
            return np.zeros_like(stack)
        out = (stack - self.low) * self.gain + np.float32(DARK)
        return np.where(valid, np.clip(out, 0.0, 1.0), 0.0).astype(np.float32)


def sample_step(pixels: int) -> int:
    """Return how many rows and columns lie between the pixels that a stretch of so many pixels is taken from."""
    return max(1, int(np.sqrt(pixels / _SAMPLES)))


def stretch_of(
    sampled: NDArray[np.float32], inside: NDArray[np.bool_], rgb: slice | list[int], per_band: bool = False
) -> Stretch:
    """Return the stretch of sampled bands, float32 [B, h, w], valid where `inside`, bool [h, w]. See
    `stretch_display`."""
    if not inside.any():
        return Stretch(np.zeros((1, 1, 1), np.float32), None)
    sample = sampled[:, inside]
    if per_band:
        low = np.percentile(sample, 1, axis=1)[:, None, None].astype(np.float32)
        high = float(np.percentile(sample[rgb] - low[rgb][:, 0], 99))
        high = max(high, _NARROWEST_RAW * float(low[rgb].mean()))
        return Stretch(low, np.float32(BRIGHT / max(high, 1e-6)))
    low_all, high_all = np.percentile(sample[rgb], (1, 99))
    gain = (BRIGHT - DARK) / max(float(high_all - low_all), _NARROWEST)
    return Stretch(np.full((1, 1, 1), low_all, np.float32), np.float32(gain))


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
    step = sample_step(valid.size)
    return stretch_of(stack[:, ::step, ::step], valid[::step, ::step], rgb, per_band)(stack, valid)
