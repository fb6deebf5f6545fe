"""What the aerial network is shown: crops of any pixel size, rare classes more often, strongly changed in colour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from terrascope_lab.data.legends import bits
from terrascope_lab.data.sample import Sample
from terrascope_lab.training.vision import augment
from terrascope_lab.training.vision.aerial_net import CLASSES, members

Array = NDArray[np.float32]
Labels = NDArray[np.uint8]
#: Pixel sizes of crops in metres, and the least number of picture pixels to one of a crop.
FINEST_M, COARSEST_M, FINEST_FACTOR = 0.25, 1.2, 0.45
#: How often each data set is shown; what a set lacks is shared by the others.
SHARES = {"dubai": 0.34, "mumbai": 0.28, "nepal": 0.18, "massachusetts": 0.2}
_TILE = re.compile(r"(\d+)-(\d+)-\d+$")  # column and row of a tile in its name


def class_sets(allowed: NDArray[np.uint16]) -> Labels:
    """Sets of atoms as sets of `CLASSES`: bit `i` where class `i` may be it, 0 unknown."""
    out = np.zeros(allowed.shape, np.uint8)
    for i, name in enumerate(CLASSES):
        out |= ((allowed & bits(*members(name))) > 0).astype(np.uint8) << np.uint8(i)
    return out


def mosaics(data: Sequence[Sample]) -> list[Sample]:
    """Join tiles of one place whose names end in COLUMN-ROW-ZOOM; other pictures stay as they are."""
    out = [s for s in data if not _TILE.search(s.name)]
    parts: dict[tuple[str, str], list[tuple[int, int, Sample]]] = {}
    for sample in data:
        if found := _TILE.search(sample.name):
            parts.setdefault((sample.source, sample.group), []).append((int(found[2]), int(found[1]), sample))
    for (_, group), tiles in parts.items():
        rows, cols = sorted({t[0] for t in tiles}), sorted({t[1] for t in tiles})
        side = tiles[0][2].allowed.shape[0]
        height, width = (rows[-1] - rows[0] + 1) * side, (cols[-1] - cols[0] + 1) * side
        bands, allowed = np.zeros((3, height, width), np.float16), np.zeros((height, width), np.uint16)
        for row, col, tile in tiles:
            place = np.s_[(row - rows[0]) * side :, (col - cols[0]) * side :]
            bands[:, place[0], place[1]][:, :side, :side] = tile.bands
            allowed[place][:side, :side] = tile.allowed
        out.append(replace(tiles[0][2], name=group, bands=bands, allowed=allowed))
    return out


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
    """An endless source of augmented crops, [3, size, size] with sets of classes [size, size], 0 unknown."""

    def __init__(self, samples: Sequence[Sample], size: int, seed: int, rare: float = 0.55) -> None:
        self.size, self.rare = size, rare
        self.rng = np.random.default_rng(seed)
        samples = mosaics(samples)
        self.pictures = [s.bands for s in samples]  # float16
        self.labels = [class_sets(s.allowed) for s in samples]
        self.gsd_m = [s.gsd_m for s in samples]
        self.manners = manners(self.pictures)
        single = 1 << np.arange(len(CLASSES))
        counts = np.array([[(labels == one).sum() for one in single] for labels in self.labels], np.float64)
        area = np.sqrt([float((labels > 0).sum()) for labels in self.labels])
        share = np.array([SHARES.get(s.source, 1.0) for s in samples])
        for source in {s.source for s in samples}:
            here = np.array([s.source == source for s in samples])
            area[here] *= share[here] / area[here].sum()
        self.p = area / area.sum()
        self.counts = counts.sum(0)
        self.places = [
            [np.flatnonzero(labels.ravel() == one).astype(np.int32) for one in single] for labels in self.labels
        ]
        pixels = np.array([labels.size for labels in self.labels])[:, None]
        held = np.minimum(counts / pixels, 0.08) ** 0.5 * self.p[:, None]
        self.by_class = held / np.maximum(held.sum(0), 1e-9)
        self.wanted = [i for i, name in enumerate(CLASSES) if name != "bare" and held[:, i].sum() > 0]

    def crop(self) -> tuple[Array, Labels]:
        """Return one crop and its labels."""
        rng = self.rng
        kind = int(rng.choice(self.wanted)) if rng.random() < self.rare else None
        which = int(rng.choice(len(self.pictures), p=self.p if kind is None else self.by_class[:, kind]))
        picture, labels = self.pictures[which], self.labels[which]
        height, width = labels.shape
        finest = max(FINEST_FACTOR, FINEST_M / self.gsd_m[which])
        factor = float(np.exp(rng.uniform(np.log(finest), np.log(COARSEST_M / self.gsd_m[which]))))
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
        turned, sets = augment.turn(rgb, labels.astype(np.uint16), rng)
        return self.coloured(np.ascontiguousarray(turned)), np.ascontiguousarray(sets).astype(np.uint8)

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
        labels = np.stack([p[1] for p in pairs])
        return torch.from_numpy(np.stack([p[0] for p in pairs])), torch.from_numpy(labels)
