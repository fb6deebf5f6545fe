"""Water of many kinds, painted on crops, and the light that lies over dark ground.

79 regions show few waters, and a network that learns from them takes a turquoise sea for meadow. Here a part of the
waters of a crop, and now and then a blob or a bay of a crop without any, gets the reflectance of another water: clear,
shallow, green, brown, milky, black, and what lies between.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from terrascope_lab.data.legends import bits
from terrascope_lab.training.vision import seas
from terrascope_lab.training.vision.augment import smooth_field

Array = NDArray[np.float32]

#: Typical reflectance in blue, green, red, NIR, SWIR1, SWIR2 of clear deep, shallow over sand, green, brown, milky
#: brown, black and greenish water; round figures of the usual shapes of such spectra.
WATERS = np.array(
    [
        [0.055, 0.040, 0.012, 0.004, 0.002, 0.001],
        [0.090, 0.100, 0.040, 0.010, 0.004, 0.002],
        [0.035, 0.060, 0.035, 0.020, 0.006, 0.003],
        [0.060, 0.090, 0.120, 0.070, 0.012, 0.006],
        [0.080, 0.110, 0.150, 0.110, 0.030, 0.012],
        [0.018, 0.016, 0.014, 0.010, 0.005, 0.003],
        [0.050, 0.075, 0.055, 0.025, 0.006, 0.003],
    ],
    np.float32,
)
REPAINTED = 0.45  # share of crops with water whose water is painted
INVENTED = 0.12  # share of crops without water that get some
OPEN = 0.04  # share of crops that become open water from edge to edge, or all but a shore
BY_CONTENT = 0.6  # share of painted water that is worked out of what is in it
GLINT = np.array([1, 1, 1, 1, 1, 0.9], np.float32)


def _spectra(size: int, rng: np.random.Generator) -> Array:
    """One kind of water that changes softly over a crop, float32 [6, size, size]."""
    if rng.random() < BY_CONTENT:
        return seas.draw(smooth_field(size, rng), smooth_field(size, rng), rng)
    one = rng.dirichlet(np.full(len(WATERS), 0.5)).astype(np.float32) @ WATERS
    one = one * np.exp(rng.normal(0, 0.25) + rng.normal(0, 0.12, 6)).astype(np.float32)
    other = one * np.exp(rng.normal(0, 0.2, 6)).astype(np.float32)
    share = 1 / (1 + np.exp(-2 * smooth_field(size, rng)))
    water = one[:, None, None] * share + other[:, None, None] * (1 - share)
    waves = 1 + rng.normal(0, abs(rng.normal(0, 0.06)), (1, size, size))
    return np.asarray(water * waves + rng.normal(0, 0.0015, (6, size, size)), np.float32)


def _blob(size: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """A lake or a bay, bool [size, size]."""
    field = smooth_field(size, rng)
    if rng.random() < 0.4:
        ramp = np.linspace(-1, 1, size)
        field = field * 0.3 + 2 * np.add.outer(ramp * rng.normal(), ramp * rng.normal()).astype(np.float32)
    return np.asarray(field > np.quantile(field, rng.uniform(0.3, 0.9)))


def repaint(bands: Array, allowed: NDArray[np.uint16], rng: np.random.Generator) -> tuple[Array, NDArray[np.uint16]]:
    """Paint other water over some; reflectance [6, N, N] and labels [N, N] in and out."""
    water, size = bits("water"), allowed.shape[0]
    if rng.random() < OPEN:
        return open_water(bands, allowed, rng)
    where = allowed == water
    if where.mean() < 0.01:
        if rng.random() > INVENTED:
            return bands, allowed
        where = _blob(size, rng)
    elif rng.random() > REPAINTED:
        return bands, allowed
    alpha = where.astype(np.float32)
    if rng.random() < 0.7:
        alpha = uniform_filter(alpha, 3)
    alpha = np.where(where, np.maximum(alpha, 0.6), alpha * 0.7)[None]
    allowed = allowed.copy()
    allowed[where] = water
    return np.asarray(bands * (1 - alpha) + _spectra(size, rng) * alpha, np.float32), allowed


def open_water(
    bands: Array, allowed: NDArray[np.uint16], rng: np.random.Generator
) -> tuple[Array, NDArray[np.uint16]]:
    """Make a crop open water, with nothing else in it or with what it was along an edge; as `repaint`."""
    size = allowed.shape[0]
    shore = np.zeros((size, size), bool)
    if rng.random() < 0.4:
        shore[: int(rng.integers(1, max(2, size // 6)))] = True
        shore = np.rot90(shore, int(rng.integers(4)))
    level, other = smooth_field(size, rng), smooth_field(size, rng)
    sea = seas.draw(level, other, rng, glint=0.04)
    found = np.where(shore[None], bands, sea).astype(np.float32)
    return found, np.where(shore, allowed, bits("water")).astype(np.uint16)


def haze(bands: Array, rng: np.random.Generator) -> Array:
    """Sun glint, the same in every band, and what the correction of the air left in each; reflectance [6, N, N]."""
    if rng.random() > 0.5:
        return bands
    glint = abs(rng.normal(0, 0.015)) if rng.random() < 0.5 else 0.0
    offset = glint * GLINT + rng.normal(0, 0.006, 6).astype(np.float32)
    return np.asarray(np.clip(bands + offset[:, None, None], 0, 1.6), np.float32)
