"""What the optical and SAR networks are shown: settings, parts, augmented batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from terrascope.training.vision import augment, samples, split
from terrascope.training.vision.aerial_net import AerialNet
from terrascope.training.vision.models import OpticalNet
from terrascope.training.vision.sampling import Crops
from terrascope.training.vision.sar_net import SarNet

Batch = tuple[tuple[Tensor, ...], Tensor]


@dataclass(frozen=True)
class Settings:
    """What a run was trained with."""

    expert: str
    size: int
    batch: int
    scales: tuple[float, float]
    shares: dict[str, float]
    rare: float = 0.4
    balance: float = 0.25
    raw_share: float = 0.06
    fold: int = -1


DEFAULTS = {
    "optical": Settings(
        "optical", 96, 12, (0.6, 1.5),
        {
            "hls": 0.58, "europe": 0.17, "india": 0.06, "amazon": 0.05, "slovenia": 0.05, "eolearn": 0.04,
            "terramesh": 0.05,
        },
    ),
    "sar": Settings("sar", 96, 12, (0.7, 1.4), {"sen1floods11": 0.8, "terramesh": 0.2}, rare=0.3, fold=3),
}  # fmt: skip


def build(expert: str) -> nn.Module:
    """Return the untrained network of an expert."""
    return {"optical": OpticalNet, "sar": SarNet, "aerial": AerialNet}[expert]()


def read(expert: str, root: Path, fold: int) -> list[samples.Sample]:
    """Read the samples of an expert with their parts set for a fold (`fold` -1: nothing held out beyond `split`)."""
    if expert == "optical":
        return samples.read_optical(root)
    out = samples.read_dubai(root) if expert == "aerial" else samples.read_sar(root)
    if fold >= 0:
        for sample in out:
            if expert == "aerial":
                held = int(sample.group.removeprefix("tile")) in split.DUBAI_FOLDS[fold]
            else:
                held = sample.name in split.SAR_FOLDS[fold]
            sample.part = "held_out" if held else "train"
    return out


def optical_batch(crops: Crops, settings: Settings) -> Batch:
    """Crops for the optical network."""
    rng = crops.rng
    bands, present, context, allowed = [], [], [], []
    for _ in range(settings.batch):
        sample, x, y, factor = crops.crop(settings.scales)
        if not sample.display and rng.random() < 0.07:
            x, y = augment.clouds(x, y, rng)
        x, flags, display = augment.optical(x, sample.present, sample.display, rng, settings.raw_share)
        bands.append(x)
        present.append(flags)
        gsd = 0.0 if rng.random() < 0.15 else np.log2(sample.gsd_m * factor / 10) / 3
        context.append((float(display), gsd))
        allowed.append(np.ascontiguousarray(y))
    tensors = (
        torch.from_numpy(np.stack(bands)),
        torch.from_numpy(np.stack(present).astype(np.float32)),
        torch.tensor(context, dtype=torch.float32),
    )
    return tensors, torch.from_numpy(np.stack(allowed).astype(np.int32))


def sar_batch(crops: Crops, settings: Settings) -> Batch:
    """Crops for the SAR network."""
    rng = crops.rng
    bands, present, allowed = [], [], []
    for _ in range(settings.batch):
        _, x, y, _ = crops.crop(settings.scales)
        missing = ~np.isfinite(x).all(0)
        x = augment.speckle(np.where(missing, -30.0, x).astype(np.float32), rng)
        y = np.where(missing, 0, y)
        flags = np.array([(1, 1), (1, 0), (0, 1)][int(rng.choice(3, p=(0.8, 0.12, 0.08)))], np.float32)
        bands.append(x)
        present.append(flags)
        allowed.append(np.ascontiguousarray(y))
    tensors = torch.from_numpy(np.stack(bands)), torch.from_numpy(np.stack(present))
    return tensors, torch.from_numpy(np.stack(allowed).astype(np.int32))


BATCHES: dict[str, Callable[[Crops, Settings], Batch]] = {
    "optical": optical_batch,
    "sar": sar_batch,
}


def pick(masks: Tensor, points: int) -> Tensor:
    """Flat indices of labelled pixels drawn at random from each crop, [N, points]; labels are int [N, H, W]."""
    chance = (masks.flatten(1) > 0).float() + 1e-6
    return torch.multinomial(chance, points)
