"""Train the Sentinel-1 network, with chips left out or on all of them.

python -m terrascope_lab.training.vision.sar_net_train --data ../shared/data --out .work/vision --run sar_f0 --fold 0
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from terrascope.landcover import ATOMS
from terrascope_lab.data import places, radar
from terrascope_lab.data.legends import bits
from terrascope_lab.data.sample import Sample
from terrascope_lab.training.vision import augment, losses
from terrascope_lab.training.vision.crop_training import add_options, descend, parse, write_run
from terrascope_lab.training.vision.sar_net import SarNet

Bands = NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """Settings of a run; `steps` 0 means by the clock."""

    size: int = 128
    batch: int = 6
    minutes: float = 4.0
    steps: int = 0
    rate: float = 3e-3
    decay: float = 0.02
    average: float = 0.99
    seed: int = 0


#: How often both channels, VV alone and VH alone are shown.
CHANNELS = (0.6, 0.22, 0.18)
#: How often chips of each set are shown.
SHARES = {"sen1floods11": 0.6, "terramesh": 0.1, "ombria": 0.3}


def shares(data: list[Sample]) -> NDArray[np.float64]:
    """Probability of each sample: by set, then equal."""
    sources = [s.source for s in data]
    weight = np.array([SHARES.get(source, 1.0) / sources.count(source) for source in sources])
    return np.asarray(weight / weight.sum())


class SarCrops:
    """An endless source of augmented crops. Chips are shown equally often, their water and its banks more."""

    def __init__(self, data: list[Sample], size: int, seed: int) -> None:
        self.data, self.size = data, size
        self.rng = np.random.default_rng(seed)
        self.p = shares(data)
        self.water = [np.flatnonzero(s.allowed.ravel() == bits("water")) for s in data]

    def crop(self) -> tuple[Bands, NDArray[np.float32], NDArray[np.uint16]]:
        """Return bands [2, size, size] in dB, flags [2], and atom sets [size, size]."""
        rng = self.rng
        which = int(rng.choice(len(self.data), p=self.p))
        sample, water = self.data[which], self.water[which]
        height, width = sample.allowed.shape
        window = min(round(self.size * float(np.exp(rng.uniform(np.log(0.7), np.log(1.5))))), height, width)
        if len(water) and rng.random() < 0.5:
            row, col = divmod(int(water[rng.integers(len(water))]), width)
            row = int(np.clip(row - rng.integers(window), 0, height - window))
            col = int(np.clip(col - rng.integers(window), 0, width - window))
        else:
            row, col = int(rng.integers(height - window + 1)), int(rng.integers(width - window + 1))
        area = np.s_[row : row + window, col : col + window]
        bands = sample.bands[:, area[0], area[1]].astype(np.float32)
        missing = ~np.isfinite(bands[sample.present]).all(0)
        allowed = np.where(missing, 0, sample.allowed[area]).astype(np.uint16)
        bands = np.where(missing, 0.0, np.nan_to_num(bands)).astype(np.float32)  # 0 dB is what the runtime puts there
        bands, allowed = augment.resize(bands, allowed, self.size)
        bands, allowed = augment.turn(bands, allowed, rng)
        flags = np.array([(1, 1), (1, 0), (0, 1)][int(rng.choice(3, p=CHANNELS))], np.float32)
        if sample.raw:
            flags = sample.present.astype(np.float32)
            return self.restretched(bands) * flags[:, None, None], flags, np.ascontiguousarray(allowed)
        return self.changed(self.windy(bands, allowed)) * flags[:, None, None], flags, np.ascontiguousarray(allowed)

    def windy(self, bands: Bands, allowed: NDArray[np.uint16]) -> Bands:
        """Roughen the water in half of the crops: wind raises VV by up to 10 dB, VH hardly."""
        if self.rng.random() < 0.5:
            raised = np.array([self.rng.uniform(0, 10), self.rng.uniform(0, 2)], np.float32)
            bands = bands + raised[:, None, None] * (allowed == bits("water"))
        return np.asarray(bands, np.float32)

    def restretched(self, bands: Bands) -> Bands:
        """Levels of a picture of unknown stretch: land is put at -13 to -6 dB, the contrast is anybody's."""
        contrast = self.rng.uniform(0.6, 1.5)
        middle = np.percentile(bands[0], 75)
        return ((bands - middle) * np.float32(contrast) + np.float32(self.rng.uniform(-13, -6))).astype(np.float32)

    def changed(self, bands: Bands) -> Bands:
        """Shift and stretch of the levels (incidence, wind, calibration), more or less speckle."""
        rng = self.rng
        bands = augment.speckle(bands, rng)
        bands = bands + np.float32(rng.normal(0, 0.6))
        if rng.random() < 0.3:
            middle = bands.mean((1, 2), keepdims=True)
            bands = middle + (bands - middle) * np.float32(rng.uniform(0.8, 1.2))
        return np.ascontiguousarray(bands, dtype=np.float32)

    def batch(self, count: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return bands [count, 2, size, size], flags [count, 2], atom sets [count, size, size]."""
        bands, flags, allowed = zip(*[self.crop() for _ in range(count)], strict=True)
        sets = torch.from_numpy(np.stack(allowed).astype(np.int32))
        return torch.from_numpy(np.stack(bands)), torch.from_numpy(np.stack(flags)), sets


def loss_of(p: Tensor, allowed: Tensor) -> Tensor:
    """Marginal likelihood of the sets, plus one minus the soft Dice of water."""
    water = ATOMS.index("water")
    counts = allowed.sum(1)
    known = counts > 0
    is_water = allowed[:, water] & (counts == 1)
    no_water = known & ~allowed[:, water]
    hit, false = (p[:, water] * is_water).sum(), (p[:, water] * no_water).sum()
    dice = (2 * hit + 50) / (hit + false + is_water.sum() + 50)
    return losses.marginal_nll(p, allowed) + 0.5 * (1 - dice)


def train(root: Path, out: Path, run: str, fold: int, recipe: Recipe) -> Path:
    """Train and write `<run>.safetensors` with its note `<run>.json`; fold -1 leaves nothing out."""
    torch.manual_seed(recipe.seed)
    data = radar.read_sar(root) + radar.read_ombria(root)
    held = sorted(f"{s.source}/{s.name}" for s in data if places.fold_of(s) == fold)
    crops = SarCrops([s for s in data if places.fold_of(s) != fold], recipe.size, recipe.seed)
    model = SarNet().train()
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def loss_of_next() -> Tensor:
        bands, flags, sets = crops.batch(recipe.batch)
        p = model(bands.contiguous(memory_format=torch.channels_last), flags).softmax(1)
        return loss_of(p, losses.unpack(sets))

    groups = [(list(model.parameters()), recipe.rate)]
    state, steps = descend(run, model, groups, loss_of_next, recipe, warmup=0.05)
    settings = {"expert": "sar", **asdict(recipe), "steps": steps, "fold": fold}
    return write_run(out, run, state, settings, held, steps)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, Recipe.minutes)
    parser.add_argument("--fold", type=int, default=-1, help="fold that is left out; -1 leaves nothing out")
    arguments = parse(parser)
    recipe = Recipe(minutes=arguments.minutes, steps=arguments.steps, seed=arguments.seed)
    train(arguments.data, arguments.out, arguments.run, arguments.fold, recipe)


if __name__ == "__main__":
    main()
