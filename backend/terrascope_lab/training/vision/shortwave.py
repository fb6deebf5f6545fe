"""Short-wave infrared for images that lack it, by what the ground is labelled as.

Settlements of the 30 m patches are few and small: a network that sees short-wave infrared only there knows no city.
The images of Europe have cities and no short-wave infrared. A guess from colours alone gives a city what meadows of
its colours have, and cities are then missed where the real thing is shown; so each class has a guess of its own, which
pixels of that class elsewhere have taught.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from terrascope_lab.data.pixel_tables import PixelTable
from terrascope_lab.data.sample import Sample
from terrascope_lab.training.vision.augment import smooth_field
from terrascope_lab.training.vision.sampling import SINGLES

Array = NDArray[np.float32]
PIXELS = 40_000  # of a class, at most
RIDGE = 1e-3
_FEWEST = 300  # pixels of a class that are enough for a guess of its own
_TAUGHT_BY = frozenset({"hls", "germany", "lithuania"})  #: no set that is left out as a tropical town


def _terms(bands: Array) -> Array:
    """Square roots of blue, green, red, NIR and their products, [n, 15], of reflectance [4, n]."""
    x = np.sqrt(np.clip(bands, 0, None)).T
    products = [x[:, i] * x[:, j] for i in range(4) for j in range(i, 4)]
    return np.column_stack([np.ones(len(x), np.float32), x, *products]).astype(np.float32)


def _solved(pixels: Array) -> tuple[Array, Array]:
    """Weights [15, 2] from colours and NIR to the roots of SWIR1 and SWIR2, and what is left unexplained [2]."""
    terms, wanted = _terms(pixels[:4]), np.sqrt(np.clip(pixels[4:], 0, None)).T
    weights = np.linalg.solve(terms.T @ terms + RIDGE * len(terms) * np.eye(15), terms.T @ wanted).astype(np.float32)
    return weights, np.asarray((wanted - terms @ weights).std(0), np.float32)


def fit(
    data: Sequence[Sample], tables: Sequence[PixelTable], rng: np.random.Generator
) -> dict[int, tuple[Array, Array]]:
    """The guess of each class by its bit, and of all of them by 0."""
    found: dict[int, list[Array]] = {int(single): [] for single in SINGLES}
    for sample in data:
        if sample.source in _TAUGHT_BY and sample.present.all() and not sample.display:
            bands, allowed = sample.bands.reshape(6, -1), sample.allowed.ravel()
            for single, parts in found.items():
                here = np.flatnonzero(allowed == single)
                parts.append(bands[:, rng.permutation(here)[:1000]].astype(np.float32))
    for table in tables:
        if table.source in _TAUGHT_BY:
            for single, parts in found.items():
                parts.append(table.spectra[table.allowed == single].T)
    pixels = {single: np.concatenate(parts, 1) for single, parts in found.items() if parts}
    pixels = {single: each[:, rng.permutation(each.shape[1])[:PIXELS]] for single, each in pixels.items()}
    guesses = {single: _solved(each) for single, each in pixels.items() if each.shape[1] >= _FEWEST}
    return guesses | {0: _solved(np.concatenate(list(pixels.values()), 1))}


def guessed(sample: Sample, guesses: dict[int, tuple[Array, Array]], rng: np.random.Generator) -> Sample:
    """Return a reflectance sample of four bands with six; what the guess leaves open is drawn as a soft field."""
    bands, allowed = sample.bands.astype(np.float32), sample.allowed.ravel()
    terms = _terms(bands[:4].reshape(4, -1))
    roots = np.empty((len(allowed), 2), np.float32)
    for single in np.unique(allowed):
        here = allowed == single
        weights, spread = guesses.get(int(single), guesses[0])
        roots[here] = terms[here] @ weights + rng.normal(0, 0.5, 2) * spread
    height, width = sample.allowed.shape
    spread = guesses[0][1][:, None, None]
    field = np.stack([smooth_field(max(height, width), rng)[:height, :width] for _ in range(2)])
    noise = 0.3 * spread * field + 0.15 * spread * rng.standard_normal(field.shape)
    bands[4:] = np.clip(roots.T.reshape(2, height, width) + noise, 0, 1.2) ** 2
    return replace(sample, bands=bands.astype(np.float16), present=np.ones(6, bool))


def complete(data: Sequence[Sample], tables: Sequence[PixelTable], share: float, seed: int) -> list[Sample]:
    """Return the samples, a share of those of Europe with guessed short-wave infrared."""
    rng = np.random.default_rng(seed)
    guesses = fit(data, tables, rng)
    return [
        guessed(sample, guesses, rng) if sample.source == "europe" and rng.random() < share else sample
        for sample in data
    ]
