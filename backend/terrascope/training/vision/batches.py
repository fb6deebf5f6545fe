"""What the optical network is shown: settings, augmented batches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from terrascope.training.vision import augment
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
}  # fmt: skip


def build(expert: str) -> nn.Module:
    """Return the untrained network of an expert."""
    return {"optical": OpticalNet, "sar": SarNet, "aerial": AerialNet}[expert]()


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


def pick(masks: Tensor, points: int) -> Tensor:
    """Flat indices of labelled pixels drawn at random from each crop, [N, points]; labels are int [N, H, W]."""
    chance = (masks.flatten(1) > 0).float() + 1e-6
    return torch.multinomial(chance, points)
