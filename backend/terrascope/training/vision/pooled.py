"""Train the optical network from cached features: crops are augmented and described once, points drawn from
thousands of crops are mixed in every step.

    python -m terrascope.training.vision.pooled cache optical --data ../shared/data --out .work/vision --crops 3000
    python -m terrascope.training.vision.pooled fit optical --out .work/vision --run optical_v3 --steps 4000

A step on a few whole crops sees a few places and learns slowly; on two cores this is many times quicker.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from terrascope.training.vision import losses, samples
from terrascope.training.vision.batches import DEFAULTS, build, optical_batch, pick
from terrascope.training.vision.models import DescribedNet
from terrascope.training.vision.sampling import SINGLES, Crops

log = logging.getLogger("terrascope.training.vision")


def cache(expert: str, root: Path, out: Path, crops: int, points: int, fold: int, seed: int, raw: float) -> None:
    """Write described points: `<expert>_<fold>_<what>_<seed>.npy` and the held-out ids."""
    settings = replace(DEFAULTS[expert], raw_share=raw)
    data = samples.read_optical(root)
    source = Crops(data, settings.shares, settings.size, seed, settings.rare, settings.balance)
    model = build(expert).eval()
    parts: dict[str, list[np.ndarray]] = {"near": [], "around": [], "condition": [], "labels": []}
    start = time.monotonic()
    rounds = max(1, crops // settings.batch)
    for i in range(rounds):
        inputs, masks = optical_batch(source, settings)
        chosen = pick(masks, points)
        with torch.inference_mode():
            near, around, condition = model.describe(*inputs, points=chosen)
        parts["near"].append(near[..., 0].transpose(1, 2).flatten(0, 1).half().numpy())
        parts["around"].append(around[..., 0].transpose(1, 2).flatten(0, 1).half().numpy())
        parts["condition"].append(np.repeat(condition.half().numpy(), points, 0))
        parts["labels"].append(torch.gather(masks.flatten(1), 1, chosen).flatten().numpy().astype(np.uint16))
        if i % 20 == 19:
            log.info("%d of %d crops, %.0f s", (i + 1) * settings.batch, crops, time.monotonic() - start)
    for name, arrays in parts.items():
        np.save(out / f"{expert}_{fold}_{name}_{seed}.npy", np.concatenate(arrays))
    held = sorted(f"{s.source}/{s.name}" for s in data if s.part != "train")
    note = {"held_out": held, "settings": {**asdict(settings), "fold": fold, "crops": crops, "points": points}}
    (out / f"{expert}_{fold}.json").write_text(json.dumps(note))


def cached(out: Path, expert: str, fold: int, name: str) -> np.ndarray:
    """Every cached array of a kind, whatever its seed, one after the other."""
    return np.concatenate([np.load(path) for path in sorted(out.glob(f"{expert}_{fold}_{name}_*.npy"))])


def fit(
    expert: str, out: Path, fold: int, run: str, steps: int, power: float, iou: float, start_from: Path | None = None
) -> Path:
    """Fit the perceptrons on the cached points and write a checkpoint."""
    torch.manual_seed(0)
    note = json.loads((out / f"{expert}_{fold}.json").read_text())
    near, around, condition = (torch.from_numpy(cached(out, expert, fold, n)) for n in ("near", "around", "condition"))
    labels = cached(out, expert, fold, "labels")
    counts = torch.tensor([float((labels == single).sum()) for single in SINGLES])
    weights = losses.class_weights(counts, power)
    masks = torch.from_numpy(labels.astype(np.int32))
    model = build(expert).train()
    if not isinstance(model, DescribedNet):
        raise TypeError(f"{expert} cannot be trained from cached features")
    rate = 3e-3
    if start_from is None:
        model.standardise(near[:100_000].float(), around[:100_000].float())
    else:
        model.load_state_dict(torch.load(start_from, map_location="cpu", weights_only=True)["state"])
        rate = 1.5e-3
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, steps, pct_start=0.08)
    running, start = 0.0, time.monotonic()
    for step in range(steps):
        index = torch.randint(len(labels), (3072,))
        allowed = losses.unpack(masks[index].view(1, -1, 1))
        logits = model.judge(
            near[index].float().T[None, :, :, None], around[index].float().T[None, :, :, None],
            condition[index].float().T[None, :, :, None],
        )  # fmt: skip
        p = logits.softmax(1)
        loss = losses.marginal_nll(p, allowed, weights) + iou * losses.soft_iou(p, allowed)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
        running = loss.item() if step == 0 else 0.98 * running + 0.02 * loss.item()
        if step % 200 == 199:
            log.info("%s step %d, %.0f s, loss %.3f", run, step + 1, time.monotonic() - start, running)
    settings = {**note["settings"], "steps": steps, "weight_power": power, "iou_weight": iou}
    path = out / f"{run}.pt"
    torch.save({"state": model.state_dict(), "settings": settings, "held_out": note["held_out"], "steps": steps}, path)
    return path


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("cache", "fit"))
    parser.add_argument("expert", choices=("optical",))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--crops", type=int, default=3000)
    parser.add_argument("--points", type=int, default=320)
    parser.add_argument("--fold", type=int, default=-1)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--power", type=float, default=0.3)
    parser.add_argument("--iou", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1, help="of the crops; every seed adds to the cache")
    parser.add_argument("--raw-share", type=float, default=0.06, help="share of crops shown as digital numbers")
    parser.add_argument("--start-from", type=Path, help="checkpoint to go on from")
    parser.add_argument("--run", default="")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    if arguments.action == "cache":
        cache(
            arguments.expert,
            arguments.data,
            arguments.out,
            arguments.crops,
            arguments.points,
            arguments.fold,
            arguments.seed,
            arguments.raw_share,
        )
    else:
        fit(
            arguments.expert, arguments.out, arguments.fold, arguments.run or arguments.expert, arguments.steps,
            arguments.power, arguments.iou, arguments.start_from,
        )  # fmt: skip


if __name__ == "__main__":
    main()
