"""Find the temperature of the optical network on the calibration patches, which are neither trained on nor reported.

python -m terrascope.training.vision.calibrate --data ../shared/data --checkpoint .work/vision/optical_v3.pt
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from terrascope.training.vision import losses, samples
from terrascope.training.vision.evaluate import with_bands
from terrascope.training.vision.export import load


def negative_log_likelihood(logits: list[Tensor], allowed: list[Tensor], temperature: float) -> float:
    """Mean over the labelled pixels of -log P(allowed set)."""
    total, pixels = 0.0, 0
    for scores, sets in zip(logits, allowed, strict=True):
        known = sets.any(1)
        inside = (torch.softmax(scores / temperature, 1) * sets).sum(1)[known]
        total -= float(torch.log(inside.clamp(min=1e-6)).sum())
        pixels += int(known.sum())
    return total / max(pixels, 1)


def main() -> None:
    """Command line: prints the temperature."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model, _ = load(arguments.checkpoint)
    data = [s for s in samples.read_hls(arguments.data) if s.part == "calibration"]
    data = data + with_bands(data, (1, 1, 1, 0, 0, 0))
    context = torch.tensor([[0.0, float(np.log2(3.0) / 3)]])
    logits, allowed = [], []
    for sample in data:
        with torch.inference_mode():
            present = torch.from_numpy(sample.present.astype(np.float32))[None]
            logits.append(model(torch.from_numpy(sample.bands.astype(np.float32))[None], present, context))
        allowed.append(losses.unpack(torch.from_numpy(sample.allowed.astype(np.int32))[None]))
    grid = np.round(np.exp(np.linspace(np.log(0.7), np.log(2.5), 14)), 2)
    values = {float(t): negative_log_likelihood(logits, allowed, float(t)) for t in grid}
    for temperature, value in values.items():
        sys.stdout.write(f"{temperature:.2f} {value:.4f}\n")
    sys.stdout.write(f"best {min(values, key=lambda t: values[t]):.2f}\n")


if __name__ == "__main__":
    main()
