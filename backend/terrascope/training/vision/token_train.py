"""Train the optical network with Galileo tokens: crops are augmented and described once, whatever their fold; every
fold's network is then fitted on the points of the other folds in minutes.

    python -m terrascope.training.vision.token_train cache --data ../shared/data --out .work/vision/tokens --seed 1
    python -m terrascope.training.vision.token_train fit --data ../shared/data --out .work/vision/tokens --fold 0
    python -m terrascope.training.vision.token_train fit --data ../shared/data --out .work/vision/tokens
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from terrascope.networks.embedded import context
from terrascope.training.vision import augment, folds, losses
from terrascope.training.vision.batches import DEFAULTS, pick
from terrascope.training.vision.crop_training import Average, write_run
from terrascope.training.vision.galileo import GalileoTokens
from terrascope.training.vision.sampling import SINGLES, Crops
from terrascope.training.vision.token_net import TokenNet

log = logging.getLogger("terrascope.training.vision")
PARTS = ("near", "around", "condition", "labels", "sample")
SPACING_SHARES = (0.55, 0.3, 0.15)  # of 4, 8 and 16 pixels


@dataclass(frozen=True)
class Recipe:
    """Settings of a fit."""

    steps: int = 1500
    points: int = 2048
    rate: float = 2.5e-3
    decay: float = 0.05
    power: float = 0.3  # of the class weights
    iou: float = 0.3  # weight of the soft IoU
    average: float = 0.995
    tokens: bool = True
    seed: int = 0


def encoder(weights: Path) -> context.Encode:
    """Return the frozen encoder as a function of arrays."""
    model = GalileoTokens().eval()
    model.load_published(weights)

    def encode(image: context.Array, groups: NDArray[np.int64], gsd_m: float) -> context.Array:
        with torch.inference_mode():
            out = model(torch.from_numpy(image), torch.from_numpy(groups), torch.tensor([gsd_m], dtype=torch.float32))
        return np.asarray(out.numpy(), np.float32)

    return encode


def cache(root: Path, weights: Path, out: Path, crops: int, points: int, seed: int) -> None:
    """Write described points of augmented crops, `<what>_<seed>.npy`, each with the number of its sample."""
    settings = DEFAULTS["optical"]
    size = 128
    data = folds.read(root)
    number = {(s.source, s.name): i for i, s in enumerate(data)}
    source = Crops(data, settings.shares, size, seed, settings.rare, settings.balance)
    rng, encode = source.rng, encoder(weights)
    model = TokenNet().eval()
    parts: dict[str, list[NDArray[np.generic]]] = {name: [] for name in PARTS}
    start = time.monotonic()
    for i in range(crops):
        sample, x, y, factor = source.crop(settings.scales)
        if x.shape[1:] != (size, size):
            continue
        if not sample.display and rng.random() < 0.07:
            x, y = augment.clouds(x, y, rng)
        x, flags, display = augment.optical(x, sample.present, sample.display, rng, settings.raw_share)
        if np.count_nonzero(y) < points:
            continue
        gsd = sample.gsd_m * factor
        known = rng.random() > 0.15
        present = flags.astype(np.float32)
        spacing = int(rng.choice(context.SPACINGS, p=SPACING_SHARES))
        x = np.ascontiguousarray(x, dtype=np.float32)
        tokens = context.tokens(encode, x, present, gsd if known else 10.0, spacing)
        masks = torch.from_numpy(np.ascontiguousarray(y).astype(np.int32))[None]
        chosen = pick(masks, points)
        given = torch.tensor([[float(display), np.log2(gsd / 10) / 3 if known else 0.0]], dtype=torch.float32)
        with torch.inference_mode():
            near, around, condition = model.describe(
                torch.from_numpy(x)[None], torch.from_numpy(present)[None], given,
                torch.from_numpy(tokens)[None], points=chosen,
            )  # fmt: skip
        parts["near"].append(near[0, :, :, 0].T.half().numpy())
        parts["around"].append(around[0, :, :, 0].T.half().numpy())
        parts["condition"].append(np.repeat(condition.half().numpy(), points, 0))
        parts["labels"].append(torch.gather(masks.flatten(1), 1, chosen).flatten().numpy().astype(np.uint16))
        parts["sample"].append(np.full(points, number[sample.source, sample.name], np.int16))
        if i % 100 == 99:
            log.info("%d of %d crops, %.0f s", i + 1, crops, time.monotonic() - start)
        if i % 500 == 499 or i == crops - 1:
            for name, arrays in parts.items():
                np.save(out / f"{name}_{seed}.npy", np.concatenate(arrays))
    note = {"seed": seed, "crops": crops, "points": points, "size": size, "settings": asdict(settings)}
    (out / f"cache_{seed}.json").write_text(json.dumps(note, indent=1))


def load(out: Path, name: str, left_out: NDArray[np.bool_]) -> NDArray[np.generic]:
    """Return the cached arrays of a kind for every seed, without the points of the samples left out."""
    arrays = []
    for path in sorted(out.glob(f"{name}_*.npy")):
        numbers = np.load(out / path.name.replace(f"{name}_", "sample_"))
        arrays.append(np.load(path)[~left_out[numbers]])
    return np.concatenate(arrays)


def fit(root: Path, out: Path, run: str, fold: int, recipe: Recipe) -> Path:
    """Fit the perceptrons without the points of a fold (-1: on everything) and write `<run>.safetensors`."""
    torch.manual_seed(recipe.seed)
    data = folds.read(root)
    left_out = (np.array(folds.folds_of(root, data)) == fold) & (fold >= 0)
    near, around, condition = (torch.from_numpy(load(out, name, left_out)) for name in PARTS[:3])
    labels = load(out, "labels", left_out)
    counts = torch.tensor([float((labels == single).sum()) for single in SINGLES])
    weights = losses.class_weights(counts, recipe.power)
    masks = torch.from_numpy(labels.astype(np.int32))
    model = TokenNet().train()
    model.standardise(near[:200_000].float(), around[:200_000].float())
    if not recipe.tokens:
        model.around_scale[84:] = 0
    parameters = list(model.parameters())
    optimiser = torch.optim.AdamW(parameters, weight_decay=recipe.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, recipe.steps, pct_start=0.08)
    average = Average(model, recipe.average)
    running, start = 0.0, time.monotonic()
    for step in range(recipe.steps):
        index = torch.randint(len(labels), (recipe.points,))
        allowed = losses.unpack(masks[index].view(1, -1, 1))
        p = model.judge(*(column(part, index) for part in (near, around, condition))).softmax(1)
        loss = losses.marginal_nll(p, allowed, weights) + recipe.iou * losses.soft_iou(p, allowed)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
        average.update(model, step)
        running = loss.item() if step == 0 else 0.98 * running + 0.02 * loss.item()
        if step % 200 == 199:
            log.info("%s step %d, %.0f s, loss %.3f", run, step + 1, time.monotonic() - start, running)
    settings = {"expert": "optical", "network": "tokens", "fold": fold, "points_seen": len(labels), **asdict(recipe)}
    held = sorted(f"{s.source}/{s.name}" for s, out_of_it in zip(data, left_out, strict=True) if out_of_it)
    return write_run(out, run, average.state, settings, held, recipe.steps)


def column(values: Tensor, index: Tensor) -> Tensor:
    """Rows of [P, C] as [1, C, rows, 1]."""
    return values[index].float().T[None, :, :, None]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("cache", "fit"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, help="encoder.safetensors of Galileo-nano")
    parser.add_argument("--crops", type=int, default=3000)
    parser.add_argument("--points", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fold", type=int, default=-1)
    parser.add_argument("--run")
    parser.add_argument("--steps", type=int, default=Recipe.steps)
    parser.add_argument("--power", type=float, default=Recipe.power)
    parser.add_argument("--iou", type=float, default=Recipe.iou)
    parser.add_argument("--without-tokens", action="store_true")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.action == "cache":
        weights = arguments.weights or arguments.data / "weights" / "galileo_nano" / "encoder.safetensors"
        cache(arguments.data, weights, arguments.out, arguments.crops, arguments.points, arguments.seed)
    else:
        recipe = Recipe(
            steps=arguments.steps, power=arguments.power, iou=arguments.iou, seed=arguments.seed,
            tokens=not arguments.without_tokens,
        )  # fmt: skip
        run = arguments.run or (f"fold_{arguments.fold}" if arguments.fold >= 0 else "all")
        fit(arguments.data, arguments.out, run, arguments.fold, recipe)


if __name__ == "__main__":
    main()
