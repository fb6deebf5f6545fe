"""Train the optical networks from cached features: crops are augmented and described once, points drawn from
thousands of crops are mixed in every step.

    python -m terrascope_lab.training.vision.pooled cache optical --data ../shared/data --out .work/vision --seed 1
    python -m terrascope_lab.training.vision.pooled fit optical --out .work/vision --fold 0
    python -m terrascope_lab.training.vision.pooled fit optical --out .work/vision

The cache holds every sample; a fold is left out when the network is fitted, and without `--fold` nothing is. `colour`
or `picture` in place of `optical` makes a network for blue, green and red alone. A step on a few whole crops sees a few
places and learns slowly; on two cores this is many times quicker.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import nn
from torch.optim.swa_utils import AveragedModel

from terrascope_lab.data import landsat, optical, pixel_tables, places
from terrascope_lab.training.vision import losses, shortwave
from terrascope_lab.training.vision.batches import DEFAULTS, Settings, build, optical_batch, pick, shares_of
from terrascope_lab.training.vision.models import DescribedNet
from terrascope_lab.training.vision.sampling import SINGLES, Crops
from terrascope_lab.training.vision.spectra import Spectra

log = logging.getLogger("terrascope_lab.training.vision")
DESCRIBED = ("own", "near", "around")
KINDS = (*DESCRIBED, "condition", "labels", "sample", "folds")


_WARM = 0.08  # part of the steps in which the rate rises
_LOWEST_AVERAGED = 0.2  # of the highest rate, at the end, where weights are averaged


def _rate(part: float, lowest: float) -> float:
    """Share of the highest rate at a part (0..1) of the steps."""
    if part < _WARM:
        return 0.04 + 0.96 * 0.5 * (1 - math.cos(math.pi * part / _WARM))
    return lowest + (1 - lowest) * 0.5 * (1 + math.cos(math.pi * (part - _WARM) / (1 - _WARM)))


def described(expert: str) -> DescribedNet:
    """Return the untrained network of an expert.

    Raises
    ------
    TypeError
        If the expert is not trained from descriptions.
    """
    model = build(expert)
    if not isinstance(model, DescribedNet):
        raise TypeError(f"{expert} cannot be trained from cached features")
    return model


def changed(settings: Settings, given: Sequence[str]) -> Settings:
    """Return settings with some numbers replaced, each given as "name=value".

    Raises
    ------
    ValueError
        If there is no such number.
    """
    for item in given:
        name, _, value = item.partition("=")
        if name not in {field.name for field in fields(Settings) if field.type == "float"}:
            raise ValueError(f"no number of the settings is called {name!r}")
        number: dict[str, Any] = {name: float(value)}
        settings = replace(settings, **number)
    return settings


def cache(settings: Settings, root: Path, out: Path, crops: int, points: int, seed: int) -> None:
    """Write points as `<expert>_<kind>_<seed>.npy`, and the samples and their folds as `<expert>_points.json`."""
    out.mkdir(parents=True, exist_ok=True)
    expert = settings.expert
    data = landsat.without_doubtful(optical.read_optical(root))
    tables = pixel_tables.read_tables(root)
    spectra = Spectra(tables)
    if expert == "optical" and settings.shortwave:
        data = shortwave.complete(data, tables, settings.shortwave, seed)
    source = Crops(data, shares_of(settings), settings.size, seed, settings.rare, settings.balance, settings.coarser)
    model = described(expert).eval()
    parts: dict[str, list[NDArray[np.generic]]] = {name: [] for name in KINDS}
    start = time.monotonic()
    for i in range(max(1, crops // settings.batch)):
        (inputs, masks), cut, shown = optical_batch(source, settings, spectra)
        chosen = pick(masks, points)
        with torch.inference_mode():
            found = model.describe(*inputs, points=chosen)
        for name in DESCRIBED:
            parts[name].append(found[name][..., 0].transpose(1, 2).flatten(0, 1).half().numpy())
        parts["condition"].append(np.repeat(found["condition"].half().numpy(), points, 0))
        parts["folds"].append(np.repeat(np.array(shown, np.uint8), points))
        parts["labels"].append(torch.gather(masks.flatten(1), 1, chosen).flatten().numpy().astype(np.uint16))
        parts["sample"].append(np.repeat(np.array(cut, np.int16), points))
        if i % 20 == 19:
            log.info("%d of %d crops, %.0f s", (i + 1) * settings.batch, crops, time.monotonic() - start)
    for name, arrays in parts.items():
        np.save(out / f"{expert}_{name}_{seed}.npy", np.concatenate(arrays))
    note = {
        "samples": [f"{s.source}/{s.name}" for s in source.samples],
        "folds": [places.fold_of(s) for s in source.samples],
        "settings": {**asdict(settings), "crops": crops, "points": points},
    }
    (out / f"{expert}_points.json").write_text(json.dumps(note), encoding="utf-8")


def cached(out: Path, expert: str, kind: str) -> tuple[NDArray[np.generic], list[int]]:
    """Every cached array of a kind, seed after seed, and the seeds."""
    seeds = sorted(int(path.stem.rpartition("_")[2]) for path in out.glob(f"{expert}_{kind}_*.npy"))
    return np.concatenate([np.load(out / f"{expert}_{kind}_{seed}.npy") for seed in seeds]), seeds


def fit(
    expert: str,
    out: Path,
    fold: int | None,
    run: str,
    steps: int,
    power: float = 0.3,
    iou: float = 0.3,
    averaged: float = 0.0,
) -> Path:
    """Fit the perceptrons on the cached points outside a fold; return the written `<run>.safetensors`.

    `averaged` is the last part of the steps whose weights are averaged (0..1), at a rate that stays high for it.
    """
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    note = json.loads((out / f"{expert}_points.json").read_text(encoding="utf-8"))
    fold_of = np.array(note["folds"])
    arrays = {kind: cached(out, expert, kind)[0] for kind in KINDS}
    usable = np.flatnonzero(arrays["folds"].astype(int) & (0 if fold is None else 1 << fold) == 0)
    labels = arrays["labels"].astype(np.int32)
    counts = torch.tensor([float((labels[usable] == single).sum()) for single in SINGLES])
    weights = losses.class_weights(counts, power)
    points = {kind: torch.from_numpy(arrays[kind]) for kind in (*DESCRIBED, "condition")}
    model = described(expert).train()
    some = torch.from_numpy(np.sort(rng.choice(usable, min(len(usable), 100_000), replace=False)))
    model.standardise(**{kind: points[kind][some].float() for kind in DESCRIBED})
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=3e-3, weight_decay=0.02)
    lowest = _LOWEST_AVERAGED if averaged else 0.0
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step / steps, lowest))
    mean = AveragedModel(model)
    running, start = 0.0, time.monotonic()
    for step in range(steps):
        index = torch.from_numpy(usable[rng.integers(len(usable), size=3072)])
        allowed = losses.unpack(torch.from_numpy(labels[index.numpy()]).view(1, -1, 1))
        logits = model.judge(*(values[index].float().T[None, :, :, None] for values in points.values()))
        p = logits.softmax(1)
        loss = losses.marginal_nll(p, allowed, weights) + iou * losses.soft_iou(p, allowed)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
        if step >= steps * (1 - averaged):
            mean.update_parameters(model)
        running = loss.item() if step == 0 else 0.98 * running + 0.02 * loss.item()
        if step % 200 == 199:
            log.info("%s step %d, %.0f s, loss %.3f", run, step + 1, time.monotonic() - start, running)
    held_out = sorted(name for name, own in zip(note["samples"], fold_of, strict=True) if own == fold)
    settings = {**note["settings"], "seeds": cached(out, expert, "sample")[1], "weight_power": power, "iou_weight": iou}
    settings["averaged"] = averaged
    about = {"settings": {**settings, "fold": fold}, "held_out": held_out, "steps": steps, "loss": round(running, 4)}
    path = out / f"{run}.safetensors"
    save_file((mean.module if averaged else model).state_dict(), path)
    path.with_suffix(".json").write_text(json.dumps(about), encoding="utf-8")
    return path


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("cache", "fit"))
    parser.add_argument("expert", choices=tuple(DEFAULTS))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--crops", type=int, default=3600)
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="numbers of the settings to change")
    parser.add_argument("--points", type=int, default=288)
    parser.add_argument("--seed", type=int, default=1, help="of the crops; every seed adds to the cache")
    parser.add_argument("--fold", type=int, choices=range(places.FOLDS), help="left out; nothing by default")
    parser.add_argument("--steps", type=int, default=1800)
    parser.add_argument("--averaged", type=float, default=0.5, help="last part of the steps whose weights are averaged")
    parser.add_argument("--run", help="name of the checkpoint; EXPERT or EXPERT_FOLD by default")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    expert, fold = arguments.expert, arguments.fold
    if arguments.action == "cache":
        if arguments.data is None:
            parser.error("cache reads the data sets: name their folder with --data")
        try:
            settings = changed(DEFAULTS[expert], arguments.set)
        except ValueError as error:
            parser.error(f"--set: {error}")
        cache(settings, arguments.data, arguments.out, arguments.crops, arguments.points, arguments.seed)
    else:
        run = arguments.run or (expert if fold is None else f"{expert}_{fold}")
        fit(expert, arguments.out, fold, run, arguments.steps, averaged=arguments.averaged)


if __name__ == "__main__":
    main()
