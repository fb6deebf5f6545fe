"""What the aerial network is shown: crops of any pixel size, rare classes more often, strongly changed in colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from terrascope_lab.training.vision import augment, metrics
from terrascope_lab.training.vision.aerial_net import CLASSES
from terrascope_lab.training.vision.samples import Sample

Array = NDArray[np.float32]
Labels = NDArray[np.int8]
SCALES = (0.45, 2.0)  #: pixels of the picture to a pixel of the crop


def manners(pictures: Sequence[NDArray[np.float16]]) -> Array:
    """Mean and spread of each colour of every picture, [pictures, 2, 3]."""
    seen = (p[:, ::3, ::3].astype(np.float32) for p in pictures)
    return np.stack([np.stack([p.mean((1, 2)), p.std((1, 2))]) for p in seen])


def restyle(rgb: Array, manner: Array, part: float) -> Array:
    """Move mean and spread of each colour some part of the way to another picture's (Reinhard et al. 2001, in RGB)."""
    mean, spread = rgb.mean((1, 2)), rgb.std((1, 2)) + 1e-3
    to_mean = mean + part * (manner[0] - mean)
    to_spread = spread * np.clip(manner[1] / spread, 0.4, 2.5) ** part
    out = (rgb - mean[:, None, None]) * (to_spread / spread)[:, None, None] + to_mean[:, None, None]
    return np.asarray(np.clip(out, 0, 1), np.float32)


def mixed(rgb: Array, rng: np.random.Generator) -> Array:
    """A small random mixing of the three colours: hue and sensor response."""
    matrix = np.eye(3) + rng.normal(0, 0.04, (3, 3))
    matrix /= matrix.sum(1, keepdims=True)
    return np.asarray(np.clip(np.einsum("ij,jhw->ihw", matrix, rgb), 0, 1), np.float32)


def resized(rgb: Array, labels: Labels, size: int) -> tuple[Array, Labels]:
    """Bring a square crop to `size` pixels, averaging where it shrinks; labels nearest."""
    old = labels.shape[0]
    if old == size:
        return rgb, labels
    grown = functional.interpolate(
        torch.from_numpy(np.ascontiguousarray(rgb))[None], (size, size), mode="bilinear", antialias=old > size
    )
    index = ((np.arange(size) + 0.5) * old / size).astype(int)
    return np.clip(grown[0].numpy(), 0, 1), labels[np.ix_(index, index)]


class AerialCrops:
    """An endless source of augmented crops, [3, size, size] with class indices [size, size], -1 unknown."""

    def __init__(self, samples: Sequence[Sample], size: int, seed: int, rare: float = 0.55) -> None:
        self.size, self.rare = size, rare
        self.rng = np.random.default_rng(seed)
        self.pictures = [s.bands for s in samples]  # float16
        self.labels = [metrics.truth(s.allowed, metrics.FIVE).astype(np.int8) for s in samples]
        self.manners = manners(self.pictures)
        counts = np.array([[(labels == i).sum() for i in range(len(CLASSES))] for labels in self.labels], np.float64)
        area = np.sqrt(counts.sum(1))
        self.p = area / area.sum()
        self.places = [
            [np.flatnonzero(labels.ravel() == i).astype(np.int32) for i in range(len(CLASSES))]
            for labels in self.labels
        ]
        held = np.minimum(counts, 0.08 * counts.sum(1, keepdims=True)) ** 0.5
        self.by_class = held / np.maximum(held.sum(0), 1e-9)
        self.wanted = [i for i, name in enumerate(CLASSES) if name != "bare" and held[:, i].sum() > 0]

    def crop(self) -> tuple[Array, Labels]:
        """Return one crop and its labels."""
        rng = self.rng
        kind = int(rng.choice(self.wanted)) if rng.random() < self.rare else None
        which = int(rng.choice(len(self.pictures), p=self.p if kind is None else self.by_class[:, kind]))
        picture, labels = self.pictures[which], self.labels[which]
        height, width = labels.shape
        factor = float(np.exp(rng.uniform(*np.log(SCALES))))
        window = min(round(self.size * factor), height, width)
        if kind is None:
            row, col = int(rng.integers(height - window + 1)), int(rng.integers(width - window + 1))
        else:
            place = self.places[which][kind]
            row, col = divmod(int(place[rng.integers(len(place))]), width)
            row = int(np.clip(row - rng.integers(window), 0, height - window))
            col = int(np.clip(col - rng.integers(window), 0, width - window))
        area = np.s_[row : row + window, col : col + window]
        rgb, labels = resized(picture[:, area[0], area[1]].astype(np.float32), labels[area], self.size)
        turned, labels16 = augment.turn(rgb, (labels + 1).astype(np.uint16), rng)
        return self.coloured(np.ascontiguousarray(turned)), np.ascontiguousarray(labels16).astype(np.int8) - np.int8(1)

    def coloured(self, rgb: Array) -> Array:
        """Another picture's colours, other hues, brightness, gamma, contrast, noise."""
        rng = self.rng
        if rng.random() < 0.35:
            rgb = restyle(rgb, self.manners[int(rng.integers(len(self.manners)))], float(rng.uniform(0.3, 1.0)))
        if rng.random() < 0.5:
            rgb = mixed(rgb, rng)
        if rng.random() < 0.4:  # exposure, with what is too bright cut off
            rgb = np.clip(rgb * np.float32(np.exp(rng.normal(0.05, 0.35))), 0, 1)
        rgb = augment.aerial(rgb, rng)
        if rng.random() < 0.15:
            small = functional.avg_pool2d(torch.from_numpy(rgb)[None], 3, 1, 1, count_include_pad=False)
            rgb = small[0].numpy()
        return rgb

    def batch(self, count: int) -> tuple[Tensor, Tensor]:
        """Return crops [count, 3, size, size] and labels [count, size, size]."""
        pairs = [self.crop() for _ in range(count)]
        labels = np.stack([p[1] for p in pairs]).astype(np.int64)
        return torch.from_numpy(np.stack([p[0] for p in pairs])), torch.from_numpy(labels)
