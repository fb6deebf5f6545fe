"""The forms in which users bring a satellite image: fewer bands, digital numbers, pictures in common stretches."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from terrascope.scene.types import Role, Scale, Source, View
from terrascope_lab.data.sample import BANDS, Sample

Bands = NDArray[np.float32]
COLOURS = np.array([1, 1, 1, 0, 0, 0], bool)
#: What a calibrated picture shows as white, in reflectance.
_WHITE, _WHITE_ROOT = 0.3, 0.4


def with_bands(sample: Sample, present: tuple[int, ...]) -> Sample:
    """Return a sample reduced to some of the six bands."""
    flags = sample.present & np.array(present, bool)
    return dataclasses.replace(sample, present=flags, bands=sample.bands * flags[:, None, None])


def _eight_bits(sample: Sample, low: Bands, high: Bands, root: float = 1.0) -> Sample:
    """Blue, green and red as a picture, black at `low` and white at `high` [3]."""
    shown = (sample.bands[:3].astype(np.float32) - low[:, None, None]) / np.maximum(high - low, 1e-4)[:, None, None]
    bands = np.zeros_like(sample.bands)
    bands[:3] = np.round(np.clip(shown, 0, 1) ** root * 255) / 255
    return dataclasses.replace(sample, present=COLOURS, bands=bands, display=True)


def _seen(sample: Sample) -> Bands:
    return sample.bands[:3].reshape(3, -1).astype(np.float32)


def cut(sample: Sample) -> Sample:
    """QGIS's default: each band from its 2nd to its 98th percentile."""
    low, high = np.percentile(_seen(sample), (2, 98), axis=1).astype(np.float32)
    return _eight_bits(sample, low, high)


def deviation(sample: Sample) -> Sample:
    """Each band from two standard deviations below its mean to two above."""
    mean, spread = _seen(sample).mean(1), _seen(sample).std(1)
    return _eight_bits(sample, mean - 2 * spread, mean + 2 * spread)


def true_colour(sample: Sample) -> Sample:
    """One calibrated stretch for every image: reflectance 0 to 0.3."""
    return _eight_bits(sample, np.zeros(3, np.float32), np.full(3, _WHITE, np.float32))


def rooted(sample: Sample) -> Sample:
    """One calibrated stretch with a gamma of 2: reflectance 0 to 0.4."""
    return _eight_bits(sample, np.zeros(3, np.float32), np.full(3, _WHITE_ROOT, np.float32), 0.5)


def digital_numbers(sample: Sample) -> Sample:
    """Digital numbers of 8 bits: haze and a gain for each band, which nobody states; one draw for each image."""
    rng = np.random.default_rng(abs(hash_of(sample.name)))
    haze = (abs(rng.normal(0.06, 0.03)) * np.array([1.0, 0.75, 0.55, 0.2, 0.08, 0.04])).astype(np.float32)
    gains = np.exp(rng.normal(0, 0.3, len(BANDS))).astype(np.float32)
    numbers = np.round((sample.bands.astype(np.float32) + haze[:, None, None]) * gains[:, None, None] * 300)
    bands = (np.clip(numbers, 0, 255) / 255).astype(np.float16) * sample.present[:, None, None]
    return dataclasses.replace(sample, bands=bands, display=True, raw=True)


def hash_of(name: str) -> int:
    """Return a number that a name always gives."""
    return int.from_bytes(name.encode()[-6:], "big")


PICTURES: dict[str, Callable[[Sample], Sample]] = {
    "picture 2-98 %": cut,
    "picture mean +- 2 sd": deviation,
    "picture 0-0.3": true_colour,
    "picture root 0-0.4": rooted,
}
FORMS: dict[str, Callable[[Sample], Sample]] = {
    "six bands": lambda s: s,
    "RGB+NIR": lambda s: with_bands(s, (1, 1, 1, 1, 0, 0)),
    "RGB reflectance": lambda s: with_bands(s, (1, 1, 1, 0, 0, 0)),
    "digital numbers": digital_numbers,
    **PICTURES,
}


def shown(data: Iterable[Sample], form: str) -> list[Sample]:
    """Return reflectance samples in a form of `FORMS`."""
    return [FORMS[form](sample) for sample in data]


def view_of(sample: Sample, scale: Scale | None = None) -> View:
    """Return a sample as the view that a user's layer would become."""
    bands: tuple[str, ...]
    if len(sample.bands) == 2:
        bands, role, scale = ("vv", "vh"), Role.SAR, Scale.DB
    elif len(sample.bands) == 3:
        bands, role, scale = ("red", "green", "blue"), Role.OPTICAL, Scale.DISPLAY
    else:
        own = Scale.RAW if sample.raw else Scale.DISPLAY if sample.display else Scale.REFLECTANCE
        bands, role, scale = tuple(np.array(BANDS)[sample.present]), Role.OPTICAL, scale or own
    pixels = sample.bands.astype(np.float32)
    if len(sample.present) == 6:
        pixels = pixels[sample.present]
    valid = np.asarray(np.isfinite(pixels).all(0))
    return View(sample.name, role, None, bands, scale, np.where(valid, pixels, 0), valid, Source(sample.name))
