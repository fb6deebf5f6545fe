"""What the networks that are trained on whole crops share: the loop, the averaged weights, the files, the options."""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

log = logging.getLogger("terrascope_lab.training.vision")

_CLIP = 2.0


class Recipe(Protocol):
    """Settings of a run that the loop reads; `steps` 0 means by the clock."""

    @property
    def minutes(self) -> float:
        """Length by the clock."""

    @property
    def steps(self) -> int:
        """Length in steps."""

    @property
    def decay(self) -> float:
        """Weight decay."""

    @property
    def average(self) -> float:
        """How much of the averaged weights a step keeps."""


class Average:
    """Exponential moving average of a network's weights and buffers; it moves faster in the beginning."""

    def __init__(self, model: nn.Module, keep: float) -> None:
        self._keep = keep
        self.state = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Move towards the present weights."""
        keep = min(self._keep, step / (step + 10))
        for name, value in model.state_dict().items():
            self.state[name].lerp_(value, 1 - keep)


def descend(
    run: str,
    model: nn.Module,
    groups: Sequence[tuple[Sequence[nn.Parameter], float]],
    loss_of_next: Callable[[], Tensor],
    recipe: Recipe,
    warmup: float,
) -> tuple[dict[str, Tensor], int]:
    """Train and return the averaged weights and the number of steps.

    Parameters
    ----------
    groups
        Parameters, and the learning rate that they have after the warm-up.
    loss_of_next
        Draws a batch and returns its loss.
    warmup
        Share of the run in which the rates rise; then they fall along a cosine.
    """
    optimiser = torch.optim.AdamW(
        [{"params": list(parameters), "peak": peak} for parameters, peak in groups], weight_decay=recipe.decay
    )
    average = Average(model, recipe.average)
    start, step, running, done = time.monotonic(), 0, 0.0, 0.0
    while done < 1:
        rate = min(done / warmup, 1.0) * (0.5 + 0.5 * np.cos(np.pi * done)) + 0.01
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * rate
        loss = loss_of_next()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), _CLIP)
        optimiser.step()
        step += 1
        average.update(model, step)
        running = loss.item() if step == 1 else 0.97 * running + 0.03 * loss.item()
        elapsed = time.monotonic() - start
        done = step / recipe.steps if recipe.steps else elapsed / (60 * recipe.minutes)
        if step % 50 == 0:
            log.info("%s step %d, %.0f s, %.0f %%, loss %.3f", run, step, elapsed, 100 * done, running)
    return average.state, step


def write_run(
    out: Path, run: str, state: Mapping[str, Tensor], settings: Mapping[str, Any], held: Sequence[str], steps: int
) -> Path:
    """Write `<run>.safetensors` and what was done in `<run>.json`; returns the first."""
    path = out / f"{run}.safetensors"
    save_file({name: value.contiguous() for name, value in state.items()}, path)
    note = {"settings": dict(settings), "held_out": list(held), "steps": steps}
    path.with_suffix(".json").write_text(json.dumps(note, indent=1))
    return path


def add_options(parser: argparse.ArgumentParser, minutes: float) -> None:
    """Options that every such training has."""
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--minutes", type=float, default=minutes)
    parser.add_argument("--steps", type=int, default=0, help="train for so many steps, whatever the clock says")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the command line; set up logging, one thread and the output folder."""
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    return arguments
