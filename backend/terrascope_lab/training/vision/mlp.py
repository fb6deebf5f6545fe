"""The baseline: a per-pixel perceptron on bands and indices, same folds, same labels, no context.

python -m terrascope_lab.training.vision.mlp --data ../shared/data --out .work/vision/mlp.npz
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from terrascope_lab.data import forms, landsat, places
from terrascope_lab.data.sample import Sample
from terrascope_lab.training.vision import metrics
from terrascope_lab.training.vision.models import FEATURES, optical_features, roots

log = logging.getLogger("terrascope_lab.training.vision")


def features(sample: Sample) -> torch.Tensor:
    """Bands and indices of every pixel, [pixels, 18]."""
    bands = torch.from_numpy(sample.bands.astype(np.float32))[None]
    present = torch.from_numpy(sample.present.astype(np.float32))[None]
    return torch.cat([roots(bands, present), optical_features(bands, present)], 1)[0].flatten(1).T


def fit(train: list[Sample], steps: int = 2500, seed: int = 0) -> nn.Module:
    """Train on every labelled pixel of the samples."""
    torch.manual_seed(seed)
    x = torch.cat([features(s) for s in train])
    y = torch.from_numpy(np.concatenate([metrics.truth(s.allowed, metrics.EIGHT).ravel() for s in train]))
    x, y = x[y >= 0], y[y >= 0]
    model = nn.Sequential(nn.Linear(6 + FEATURES, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 8))
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(steps):
        index = torch.randint(len(x), (4096,))
        loss = nn.functional.cross_entropy(model(x[index]), y[index])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 500 == 0:
            log.info("mlp step %d loss %.3f", step, loss.item())
    return model.eval()


def predict(model: nn.Module, sample: Sample) -> NDArray[np.int64]:
    """Class index of each pixel, [H, W]."""
    with torch.inference_mode():
        return model(features(sample)).argmax(1).reshape(sample.allowed.shape).numpy()


def main() -> None:
    """Command line: writes, for every HLS patch, what the perceptron says that was fitted without its fold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rgb", action="store_true", help="blue, green and red only")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(1)
    data = landsat.read_hls(arguments.data)
    if arguments.rgb:
        data = forms.shown(data, "RGB reflectance")
    own = [places.fold_of(s) for s in data]
    predictions: dict[str, NDArray[np.int8]] = {}
    for fold in range(places.FOLDS):
        log.info("fold %d", fold)
        model = fit([s for s, k in zip(data, own, strict=True) if k != fold])
        unseen = [s for s, k in zip(data, own, strict=True) if k == fold]
        predictions |= {f"{s.source}/{s.name}": predict(model, s).astype(np.int8) for s in unseen}
    np.savez_compressed(arguments.out, allow_pickle=False, **predictions)


if __name__ == "__main__":
    main()
