"""Which crops are shown, and how often: sources by share, regions by the root of their size, rare classes more."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from terrascope.landcover import ATOMS
from terrascope_lab.data.legends import bits
from terrascope_lab.data.sample import Sample
from terrascope_lab.training.vision import augment

FINE_M = 12.0  #: samples with smaller pixels are also shown as coarse as their size allows (`Crops.coarser`)
SINGLES = np.array([bits(name) for name in ATOMS], np.uint16)


def class_counts(samples: list[Sample]) -> NDArray[np.float64]:
    """Pixels that are exactly one atom, [samples, atoms]."""
    return np.array([[np.count_nonzero(s.allowed == single) for single in SINGLES] for s in samples], np.float64)


class Crops:
    """An endless source of augmented crops for one network."""

    def __init__(
        self,
        samples: list[Sample],
        shares: dict[str, float],
        size: int,
        seed: int,
        rare: float = 0.4,
        balance: float = 0.5,
        coarser: float = 0.0,
    ) -> None:
        self.samples = [s for s in samples if (s.allowed > 0).any()]
        self.size, self.rare, self.coarser = size, rare, coarser
        self.rng = np.random.default_rng(seed)
        groups = Counter((s.source, s.group) for s in self.samples)
        weight = np.array([groups[s.source, s.group] ** -balance for s in self.samples])
        for source, share in shares.items():
            here = np.array([s.source == source for s in self.samples])
            if here.any():
                weight[here] *= share / weight[here].sum()
        self.p = weight / weight.sum()
        self.counts = class_counts(self.samples)
        pixels = np.array([s.allowed.size for s in self.samples], np.float64)
        share_of_class = np.minimum(self.counts / pixels[:, None], 0.1) * weight[:, None]
        self.frequency = (self.counts / pixels[:, None] * self.p[:, None]).sum(0)
        self.classes = [i for i in range(len(ATOMS)) if self.counts[:, i].sum() > 200]
        self.by_class = {i: share_of_class[:, i] / share_of_class[:, i].sum() for i in self.classes}

    def corner(self, sample: Sample, window: int, atom: int | None) -> tuple[int, int]:
        """Top-left corner of a crop; around a pixel of `atom` where one is asked for."""
        height, width = sample.allowed.shape
        if atom is None:
            row, col = self.rng.integers(height - window + 1), self.rng.integers(width - window + 1)
            return int(row), int(col)
        flat = np.flatnonzero(sample.allowed.ravel() == SINGLES[atom])
        row, col = divmod(int(flat[self.rng.integers(len(flat))]), width)
        row = np.clip(row - self.rng.integers(window), 0, height - window)
        col = np.clip(col - self.rng.integers(window), 0, width - window)
        return int(row), int(col)

    def crop(self, scales: tuple[float, float]) -> tuple[int, NDArray[np.float32], NDArray[np.uint16], float]:
        """Return which of `samples`, its cropped bands and labels at `size` px, the resizing factor (window / size)."""
        atom = int(self.rng.choice(self.classes)) if self.rng.random() < self.rare else None
        p = self.p if atom is None else self.by_class[atom]
        place = int(self.rng.choice(len(self.samples), p=p))
        sample = self.samples[place]
        if sample.gsd_m <= FINE_M and self.rng.random() < self.coarser:
            scales = scales[1], max(min(sample.allowed.shape) / self.size, scales[1])
        factor = float(np.exp(self.rng.uniform(np.log(scales[0]), np.log(scales[1]))))
        window = min(round(self.size * factor), *sample.allowed.shape)
        row, col = self.corner(sample, window, atom)
        area = np.s_[row : row + window, col : col + window]
        bands = sample.bands[:, area[0], area[1]].astype(np.float32)
        bands, allowed = augment.resize(bands, sample.allowed[area], self.size)
        bands, allowed = augment.turn(bands, allowed, self.rng)
        return place, bands, allowed, window / self.size
