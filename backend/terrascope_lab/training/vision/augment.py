"""Augmentation on numpy crops: geometry, illumination, haze, band dropout, picture stretches, clouds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter, zoom

from terrascope.networks.embedded.stretch import stretch_display
from terrascope_lab.data.legends import bits

Array = NDArray[np.float32]
_HAZE = np.array([1.0, 0.75, 0.55, 0.2, 0.08, 0.04], np.float32)


def turn(bands: Array, allowed: NDArray[np.uint16], rng: np.random.Generator) -> tuple[Array, NDArray[np.uint16]]:
    """One of the eight symmetries of the square."""
    k = int(rng.integers(4))
    bands, allowed = np.rot90(bands, k, (1, 2)), np.rot90(allowed, k)
    if rng.random() < 0.5:
        bands, allowed = bands[:, :, ::-1], allowed[:, ::-1]
    return bands, allowed


def resize(bands: Array, allowed: NDArray[np.uint16], size: int) -> tuple[Array, NDArray[np.uint16]]:
    """Bring a square crop to `size` pixels: bands bilinear (averaged when shrinking), labels nearest."""
    old = bands.shape[-1]
    if old == size:
        return bands, allowed
    f = old // size
    if old % size == 0:
        bands = bands.reshape(bands.shape[0], size, f, size, f).mean((2, 4))
    else:
        if f > 1:  # averaged first: what lies between the pixels that are kept would be lost
            bands = uniform_filter(bands, (0, f, f), mode="nearest")
        bands = zoom(bands, (1, size / old, size / old), order=1, mode="nearest", grid_mode=True)
    index = ((np.arange(size) + 0.5) * old / size).astype(int)
    return bands, allowed[np.ix_(index, index)]


def smooth_field(size: int, rng: np.random.Generator) -> Array:
    """A soft random field of roughly unit variance, [size, size]."""
    field = np.zeros((size, size), np.float32)
    for cells, amplitude in ((3, 1.0), (7, 0.6), (17, 0.35)):
        coarse = rng.standard_normal((cells, cells)).astype(np.float32)
        field += amplitude * zoom(coarse, size / cells, order=1, mode="nearest", grid_mode=True)[:size, :size]
    return field


def clouds(bands: Array, allowed: NDArray[np.uint16], rng: np.random.Generator) -> tuple[Array, NDArray[np.uint16]]:
    """Lay a synthetic cloud over a crop; thick parts become the atom `cloud`, thin parts are left out."""
    field = smooth_field(bands.shape[-1], rng) - rng.uniform(0.2, 1.2)
    alpha = np.clip(field * rng.uniform(0.5, 1.5), 0, 1) * rng.uniform(0.85, 1.0)
    top = rng.uniform(0.35, 0.8) * np.array([1.0, 0.97, 0.96, 1.0, rng.uniform(0.5, 0.9), rng.uniform(0.35, 0.75)])
    texture = 1 + 0.08 * smooth_field(bands.shape[-1], rng)
    bands = bands * (1 - alpha) + top[:, None, None].astype(np.float32) * texture * alpha
    allowed = allowed.copy()
    allowed[alpha > 0.1] = 0
    allowed[alpha > 0.55] = bits("cloud")
    return bands.astype(np.float32), allowed


def illuminate(bands: Array, rng: np.random.Generator) -> Array:
    """Gain of all bands, gain of each band, haze that falls off with wavelength, noise."""
    gains = np.exp(rng.normal(0, 0.15) + rng.normal(0, 0.07, len(bands))).astype(np.float32)
    bands = bands * gains[:, None, None]
    if rng.random() < 0.5:
        bands = bands + np.float32(rng.normal(0.01, 0.02)) * _HAZE[: len(bands), None, None]
    noise = rng.standard_normal(bands.shape).astype(np.float32) * np.float32(abs(rng.normal(0, 0.004)))
    return np.clip(bands + noise, 0, 1.6)


def picture(bands: Array, rng: np.random.Generator, keep: int) -> Array:
    """Reflectance as the 8-bit picture that somebody made of it, read back by `stretch_display`; `keep` bands of 6.

    A third each: one calibrated stretch for all bands (with a gamma or without), percentiles of each band or of all,
    mean and spread of each band; these are what programs do when nobody chooses.
    """
    out = np.zeros_like(bands)
    layers = bands[:keep]
    some = layers[:, ::2, ::2].reshape(keep, -1)
    style, gamma = rng.random(), rng.uniform(0.48, 1.15) if rng.random() < 0.4 else 1.0
    if style < 0.36:
        low = np.full(keep, rng.uniform(0, 0.02) if rng.random() < 0.4 else 0.0)
        high = np.full(keep, rng.uniform(0.2, 0.45))
        gamma = rng.uniform(0.45, 0.8) if rng.random() < 0.4 else gamma
    elif style < 0.7:
        low, high = np.percentile(some, (rng.uniform(0, 3), rng.uniform(97, 100)), axis=1)
    else:
        times = rng.uniform(1.5, 2.8)
        low, high = some.mean(1) - times * some.std(1), some.mean(1) + times * some.std(1)
    if style >= 0.36 and rng.random() < 0.3:  # from one stretch for each band to one for all
        mix = rng.uniform(0, 1)
        low, high = low * mix + low[:3].mean() * (1 - mix), high * mix + high[:3].mean() * (1 - mix)
    shown = (layers - low[:, None, None]) / np.maximum(high - low, 0.01)[:, None, None]
    shown = np.round(np.clip(shown, 0, 1) ** gamma * 255) / 255
    if rng.random() < 0.9:
        shown = stretch_display(shown.astype(np.float32), np.ones(shown.shape[1:], bool), slice(0, 3))
    else:
        shown = shown * 0.28
    out[:keep] = shown
    return out


def raw(bands: Array, rng: np.random.Generator) -> Array:
    """Reflectance as uncalibrated digital numbers (a gain and a haze for each band), read back by `stretch_display`."""
    offset = abs(rng.normal(0.06, 0.04)) * _HAZE
    gains = np.exp(rng.normal(0, 0.3, len(bands))).astype(np.float32)
    numbers = np.round((bands + offset[:, None, None]) * gains[:, None, None] * 400) / 400
    shown = stretch_display(numbers.astype(np.float32), np.ones(bands.shape[1:], bool), slice(0, 3), per_band=True)
    return np.asarray(shown, np.float32)


def recolour(bands: Array, rng: np.random.Generator) -> Array:
    """Colour jitter of a picture on the scale of `stretch_display`."""
    gains = np.exp(rng.normal(0, 0.12) + rng.normal(0, 0.06, len(bands))).astype(np.float32)
    bands = bands * gains[:, None, None]
    bands = 0.28 * np.clip(bands / 0.28, 0, 4) ** np.float32(np.exp(rng.normal(0, 0.18)))
    grey = bands[:3].mean(0, keepdims=True)
    bands[:3] = np.clip(grey + (bands[:3] - grey) * np.float32(rng.uniform(0.6, 1.4)), 0, 1)
    return bands


#: subsets of blue, green, red, nir, swir1, swir2 and how often reflectance samples are reduced to them
SUBSETS = (
    ((1, 1, 1, 1, 1, 1), 0.62),
    ((1, 1, 1, 1, 0, 0), 0.22),
    ((0, 1, 1, 1, 0, 0), 0.04),
    ((0, 1, 1, 1, 1, 0), 0.04),
    ((0, 0, 1, 1, 1, 0), 0.04),
    ((0, 0, 1, 1, 0, 0), 0.04),
)
_COLOURS = np.array([1, 1, 1, 0, 0, 0], bool)
TO_NEAR_INFRARED = np.array([1, 1, 1, 1, 0, 0], bool)


def optical(
    bands: Array,
    present: NDArray[np.bool_],
    display: bool,
    rng: np.random.Generator,
    raw_share: float = 0.0,
    is_raw: bool = False,
) -> tuple[Array, NDArray[np.bool_], bool]:
    """Illumination, then possibly a picture or fewer bands, near infrared always among them. Bands [6, H, W]."""
    if is_raw:
        gains = np.exp(rng.normal(0, 0.2, len(bands))).astype(np.float32)[:, None, None]
        whole = np.ones(bands.shape[1:], bool)
        bands = stretch_display(bands * gains, whole, slice(0, 3), per_band=True)
        if rng.random() < 0.3:
            present = present & TO_NEAR_INFRARED
        return np.asarray(bands * present[:, None, None], np.float32), present, True
    if display:
        bands = recolour(bands, rng) if rng.random() < 0.8 else bands
        return bands * present[:, None, None], present, True
    bands = illuminate(bands, rng) if rng.random() < 0.5 else bands
    pick = SUBSETS[int(rng.choice(len(SUBSETS), p=[share for _, share in SUBSETS]))][0]
    present = present & np.array(pick, bool)
    if present[:4].all() and rng.random() < raw_share:
        return raw(bands, rng) * present[:, None, None], present, True
    if present[:4].all() and not present[4:].any() and rng.random() < 0.15:
        bands, display = picture(bands, rng, 4), True
        bands = recolour(bands, rng) if rng.random() < 0.5 else bands
    return bands * present[:, None, None], present, display


def colour(
    bands: Array, display: bool, as_picture: bool, rng: np.random.Generator
) -> tuple[Array, NDArray[np.bool_], bool]:
    """Blue, green and red alone, as reflectance or as the picture that it is or becomes. Bands [6, H, W]."""
    if display:
        bands = recolour(bands, rng) if rng.random() < 0.8 else bands
        return bands * _COLOURS[:, None, None], _COLOURS, True
    bands = illuminate(bands, rng) if rng.random() < 0.3 else bands
    if as_picture:
        bands, display = picture(bands, rng, 3), True
        bands = recolour(bands, rng) if rng.random() < 0.5 else bands
    return bands * _COLOURS[:, None, None], _COLOURS, display


def aerial(rgb: Array, rng: np.random.Generator) -> Array:
    """Strong colour jitter for aerial pictures, [3, H, W] in 0..1."""
    if rng.random() < 0.1:
        return rgb
    gains = np.exp(rng.normal(0, 0.15) + rng.normal(0, 0.08, 3)).astype(np.float32)
    rgb = rgb * gains[:, None, None] + np.float32(rng.normal(0, 0.05))
    rgb = np.clip(rgb, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.25)))
    grey = rgb.mean(0, keepdims=True)
    rgb = grey + (rgb - grey) * np.float32(rng.uniform(0.3, 1.5))
    mean = rgb.mean()
    rgb = mean + (rgb - mean) * np.float32(rng.uniform(0.7, 1.3))
    if rng.random() < 0.3:
        rgb = rgb + rng.standard_normal(rgb.shape).astype(np.float32) * np.float32(rng.uniform(0.005, 0.03))
    return np.clip(rgb, 0, 1).astype(np.float32)


def speckle(db: Array, rng: np.random.Generator) -> Array:
    """Shift of both channels, of each channel, and extra multiplicative noise, in dB."""
    shift = rng.normal(0, 0.8) + rng.normal(0, 0.4, (len(db), 1, 1))
    noise = rng.standard_normal(db.shape) * abs(rng.normal(0, 0.7))
    return (db + shift + noise).astype(np.float32)
