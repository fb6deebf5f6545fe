"""Reflectance of water by what is in it, how deep it is and what lies over it, in blue, green, red, NIR, SWIR1, SWIR2.

The usual model of ocean colour: water, pigment, sediment and dissolved matter absorb and scatter (Gordon et al. 1988),
a bottom shines through as far as the light reaches (Lee et al. 1998), the surface mirrors the sun and the sky, and the
correction of the air leaves something over. All numbers are round figures of the published curves at 490, 560, 660,
860, 1610 and 2200 nm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def _by_band(*values: float) -> Array:
    return np.array(values, np.float32)


WATER_ABSORBS = _by_band(0.015, 0.062, 0.41, 4.6, 670.0, 2000.0)  # 1/m; Pope and Fry 1997, Kou et al. 1993
WATER_SCATTERS = _by_band(0.0016, 0.0009, 0.0004, 0.0001, 0.0, 0.0)  # back, 1/m
PIGMENT_ABSORBS = _by_band(0.030, 0.009, 0.015, 0.0, 0.0, 0.0)  # 1/m at 1 mg/m3, times its 0.65th power
SEDIMENT_ABSORBS = _by_band(0.024, 0.011, 0.004, 0.001, 0.0, 0.0)  # m2/g
SEDIMENT_SCATTERS = _by_band(0.0129, 0.0119, 0.0108, 0.0092, 0.0063, 0.0053)  # back, m2/g
DISSOLVED_ABSORBS = _by_band(0.47, 0.165, 0.037, 0.002, 0.0, 0.0)  # of what it absorbs at 440 nm
#: Reflectance of bottoms: sand, mud, plants.
BOTTOMS = np.array(
    [[0.22, 0.31, 0.38, 0.45, 0.48, 0.40], [0.07, 0.10, 0.13, 0.18, 0.20, 0.17], [0.03, 0.06, 0.04, 0.28, 0.14, 0.06]],
    np.float32,
)
#: What the surface mirrors falls with the refractive index towards the short-wave infrared.
MIRRORED = _by_band(1.0, 0.98, 0.97, 0.95, 0.90, 0.84)
#: What a wrong amount of dust or haze leaves over or takes away falls with the wavelength.
LEFT_OVER = _by_band(1.0, 0.72, 0.5, 0.27, 0.1, 0.06)


def reflectance(
    chlorophyll: Array, sediment: Array, dissolved: Array, depth: Array, bottom: Array
) -> NDArray[np.float32]:
    """Reflectance of the water itself, float32 [6, ...].

    Parameters
    ----------
    chlorophyll, sediment, dissolved, depth
        mg/m3, g/m3, 1/m at 440 nm, m; arrays of one shape [...].
    bottom
        Reflectance of the bottom, [6].
    """
    axes = (6,) + (1,) * np.ndim(depth)

    def of(values: Array) -> Array:
        return values.reshape(axes)

    absorbs = of(WATER_ABSORBS) + of(PIGMENT_ABSORBS) * chlorophyll**0.65
    absorbs = absorbs + of(SEDIMENT_ABSORBS) * sediment + of(DISSOLVED_ABSORBS) * dissolved
    scatters = of(WATER_SCATTERS) + of(SEDIMENT_SCATTERS) * (sediment + 0.3 * chlorophyll**0.65)
    share = scatters / (absorbs + scatters)
    deep = 0.089 * share + 0.1245 * share**2
    reaches = np.exp(-2.2 * np.minimum((absorbs + scatters) * depth, 40.0))
    below = deep * (1 - reaches) + of(bottom) / np.pi * reaches
    return np.asarray(np.pi * 0.52 * below / (1 - 1.7 * np.minimum(below, 0.4)), np.float32)


def draw(level: Array, other: Array, rng: np.random.Generator, glint: float = 0.02) -> NDArray[np.float32]:
    """One water and what lies over it, float32 [6, N, N].

    Parameters
    ----------
    level, other
        Soft fields [N, N] of about unit variance: the first moves depth, the second what is in the water.
    glint
        Mean reflectance that the surface mirrors, where it mirrors any.
    """
    kind = rng.random()
    chlorophyll = 10 ** rng.uniform(-1.5, 1.8)
    sediment = 10 ** (rng.uniform(-1.0, 1.0) if kind < 0.5 else rng.uniform(0.7, 3.0))
    dissolved = 10 ** rng.uniform(-2.0, 0.8)
    depth = 10 ** rng.uniform(1.0, 2.0) if rng.random() < 0.6 else 10 ** rng.uniform(-0.7, 1.2)
    bottom = rng.dirichlet(np.full(len(BOTTOMS), 0.4)).astype(np.float32) @ BOTTOMS
    moves = np.exp(abs(rng.normal(0, 0.4)) * other)
    water = reflectance(
        np.asarray(chlorophyll * moves, np.float32),
        np.asarray(sediment * moves, np.float32),
        np.asarray(dissolved / moves, np.float32),
        np.asarray(np.maximum(depth * np.exp(abs(rng.normal(0, 0.5)) * level), 0.15), np.float32),
        bottom,
    )
    mirrored = rng.exponential(glint) if rng.random() < 0.6 else 0.0
    waves = 1 + abs(rng.normal(0, 0.08)) * rng.standard_normal(level.shape) + 0.15 * rng.random() * other
    over = mirrored * MIRRORED[:, None, None] * waves
    taken = 0.9 * mirrored * rng.random() if rng.random() < 0.4 else 0.0  # glint that was corrected as if it were haze
    left = (rng.normal(0, 0.01) - taken) * LEFT_OVER + rng.normal(0, 0.002, 6)
    noise = rng.normal(0, rng.uniform(0.0005, 0.003), water.shape)
    return np.asarray(np.clip(water + over + left[:, None, None] + noise, 0, 1.6), np.float32)
