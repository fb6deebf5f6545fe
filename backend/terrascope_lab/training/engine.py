"""The training loop, one for all networks: Hugging Face Accelerate from a CPU core to many GPUs.

Order, dropout and sampled points are functions of (seed, step, process); the learning rate is one of the step. So a
checkpoint needs nothing but tensors and a number, and a resumed run takes the same steps bit for bit.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from terrascope_lab.training.checkpoint import Snapshot, check_notes, checkpoints, read_checkpoint, write_checkpoint
from terrascope_lab.training.errors import TrainingError
from terrascope_lab.training.metrics import Metrics
from terrascope_lab.training.order import Order
from terrascope_lab.training.recipe import Optimisation
from terrascope_lab.training.schedule import Schedule
from terrascope_lab.training.sharding import gathered, scattered, whole

log = logging.getLogger(__name__)


class Task(Protocol):
    """What is trained. `module(batch, **arguments)` gives scalars, `loss` among them; the others are reported.

    A task with a true attribute `made` has samples that are made by their number: they are read in order.
    """

    module: nn.Module

    @property
    def data(self) -> Dataset[Any]:
        """Samples by number; it has a length."""

    def collate(self, samples: list[Any]) -> Any:
        """Make a batch of samples."""

    def arguments(self, done: float) -> Mapping[str, Any]:
        """Further arguments of the module when a share `done` of the run is over."""


@dataclass
class Progress:
    """Where a run stands. `finished` is False if it was stopped before its last step."""

    step: int
    steps: int
    values: dict[str, float] = field(default_factory=dict)
    finished: bool = False
    checkpoint: Path | None = None


class _Batches:
    """A batch sampler: the micro-batches of one process, from a step on."""

    def __init__(self, order: Order, process: int, first_step: int, steps: int) -> None:
        self._order, self._process, self._first, self._steps = order, process, first_step, steps

    def __iter__(self) -> Any:
        return self._order.micro_batches(self._process, self._first, self._steps)

    def __len__(self) -> int:
        return (self._steps - self._first) * self._order.accumulation


def accelerator_for(optim: Optimisation, *, cpu: bool = False) -> Any:
    """Accelerate's object for a run; where the processes come from is told by `accelerate launch` and its file."""
    from accelerate import Accelerator, DistributedDataParallelKwargs

    precision = {"fp32": "no"}.get(optim.precision, optim.precision)
    # some trained parameters have no say in any loss (SAM 2's object score)
    unused = DistributedDataParallelKwargs(find_unused_parameters=True)
    return Accelerator(cpu=cpu, mixed_precision=precision, kwargs_handlers=[unused])


def train(
    task: Task,
    optim: Optimisation,
    out: Path,
    *,
    accelerator: Any | None = None,
    notes: Mapping[str, Any] | None = None,
    stopped: Callable[[], bool] = lambda: False,
    report: Callable[[Progress], None] | None = None,
) -> Progress:
    """Train a task, going on from the newest checkpoint in `out` if there is one.

    Parameters
    ----------
    task
        Network, data and losses. Only parameters that require a gradient are trained and stored.
    optim
        How.
    out
        Folder of checkpoints and metrics.
    accelerator
        As `accelerator_for` makes it.
    notes
        Settings of the run; a checkpoint with other notes is refused.
    stopped
        Asked after every step; True writes a checkpoint and ends the run.
    report
        Called on the main process after every logged step.

    Raises
    ------
    TrainingError
        If the loss is no number, or the checkpoint is of another run.
    """
    accelerator = accelerator or accelerator_for(optim)
    out.mkdir(parents=True, exist_ok=True)
    count = len(task.data)  # type: ignore[arg-type]
    order = Order(
        count, optim.batch, optim.micro_batch, accelerator.num_processes, optim.seed, not getattr(task, "made", False)
    )
    steps = optim.steps or max(1, math.ceil(order.steps_an_epoch * optim.epochs))
    schedule = Schedule(optim.rate, steps, optim.schedule, optim.warmup, optim.warmup_from)
    module, optimizer = _prepared(accelerator, task.module, optim, order)
    notes = dict(notes or {})
    first = _resumed(accelerator, module, optimizer, out, notes)
    loader: Iterable[Any] = DataLoader(
        task.data,
        batch_sampler=_Batches(order, accelerator.process_index, first, steps),  # type: ignore[arg-type]
        collate_fn=task.collate,
        num_workers=optim.workers,
        pin_memory=accelerator.device.type == "cuda",
        persistent_workers=False,
    )
    metrics = Metrics(out, first) if accelerator.is_main_process else None
    progress = Progress(first, steps, finished=first >= steps)
    began, batches = time.monotonic(), iter(loader)
    for step in range(first, steps):
        rate = schedule.at(step)
        for group in optimizer.param_groups:
            group["lr"] = rate
        values = _step(accelerator, module, optimizer, batches, task.arguments(step / steps), optim, order, step)
        progress.step = step + 1
        ending = _any(accelerator, stopped())
        last = step + 1 == steps
        if last or ending or (step + 1) % optim.log_every == 0 or step == first:
            progress.values = {**_mean(accelerator, values), "rate": rate, "seconds": time.monotonic() - began}
            if metrics is not None:
                metrics.add(step + 1, progress.values)
                if report is not None:
                    report(progress)
        if last or ending or (step + 1) % optim.save_every == 0:
            progress.checkpoint = _saved(accelerator, module, optimizer, out, step + 1, notes, optim.keep)
        progress.finished = last
        if ending:
            break
    if metrics is not None:
        metrics.close()
    progress.checkpoint = progress.checkpoint or next(iter(checkpoints(out)[::-1]), None)
    return progress


def _prepared(accelerator: Any, module: nn.Module, optim: Optimisation, order: Order) -> tuple[nn.Module, Any]:
    accelerator.gradient_accumulation_steps = order.accumulation
    plugin = getattr(accelerator.state, "deepspeed_plugin", None)
    if plugin is not None:  # it asks a data loader for these, and ours is not one that it knows
        plugin.deepspeed_config["train_micro_batch_size_per_gpu"] = optim.micro_batch
        plugin.deepspeed_config["gradient_accumulation_steps"] = order.accumulation
        plugin.deepspeed_config["gradient_clipping"] = optim.clip
    return tuple(accelerator.prepare(module, _adamw(module, optim)))


def _adamw(module: nn.Module, optim: Optimisation) -> torch.optim.Optimizer:
    return torch.optim.AdamW(
        [parameter for parameter in module.parameters() if parameter.requires_grad],
        lr=optim.rate,
        betas=(optim.beta1, optim.beta2),
        weight_decay=optim.weight_decay,
    )


def _resumed(accelerator: Any, module: nn.Module, optimizer: Any, out: Path, notes: Mapping[str, Any]) -> int:
    """Load the newest checkpoint; return the steps that are done."""
    found = checkpoints(out)
    if not found:
        return 0
    snapshot = read_checkpoint(found[-1])
    check_notes(snapshot.notes, notes, f"The run in {out.name!r}")
    scattered(accelerator, module, optimizer, snapshot.weights, snapshot.optimizer)
    log.info("Goes on after step %d of %s.", snapshot.step, out.name)
    return snapshot.step


def _step(
    accelerator: Any,
    module: nn.Module,
    optimizer: Any,
    batches: Any,
    arguments: Mapping[str, Any],
    optim: Optimisation,
    order: Order,
    step: int,
) -> list[dict[str, Tensor]]:
    """One optimizer step: all micro-batches of this process."""
    found = []
    for micro in range(order.accumulation):
        batch = next(batches)
        place = (step * order.accumulation + micro) * accelerator.num_processes + accelerator.process_index
        torch.manual_seed((optim.seed * 1_000_003 + place) % 2**63)
        with accelerator.accumulate(module):
            with accelerator.autocast():
                losses = module(batch, **arguments)
            loss = losses["loss"]
            if not torch.isfinite(loss):
                names = ", ".join(str(getattr(each, "where", "")) for each in batch) if isinstance(batch, list) else ""
                raise TrainingError(
                    f"The loss is {float(loss)} at step {step + 1} ({names}).",
                    "Lower rate, use precision bf16 or fp32, or look at these samples. The last checkpoint is good.",
                )
            accelerator.backward(loss)
            if optim.clip and accelerator.sync_gradients:
                norm = accelerator.clip_grad_norm_(module.parameters(), optim.clip)
                if norm is not None:
                    losses["norm"] = whole(norm) if isinstance(norm, Tensor) else torch.tensor(float(norm))
            optimizer.step()
            optimizer.zero_grad()
        found.append({name: value.detach() for name, value in losses.items()})
    return found


def _any(accelerator: Any, wish: bool) -> bool:
    """Whether any process wants to stop; all must agree on the step."""
    if accelerator.num_processes == 1:
        return wish
    wishes = torch.tensor([int(wish)], device=accelerator.device)
    return bool(accelerator.gather(wishes).max())


def _mean(accelerator: Any, values: Sequence[Mapping[str, Tensor]]) -> dict[str, float]:
    """Mean of each value over micro-batches and processes; what is no number counts nowhere."""
    found = {}
    for name in values[-1]:
        own = torch.stack([each[name].float().to(accelerator.device) for each in values if name in each])
        everywhere = accelerator.gather(own.nanmean().reshape(1))
        found[name] = float(everywhere.nanmean())
    return {name: value for name, value in found.items() if not math.isnan(value)}


def _saved(
    accelerator: Any, module: nn.Module, optimizer: Any, out: Path, step: int, notes: Mapping[str, Any], keep: int
) -> Path | None:
    weights, state = gathered(accelerator, module, optimizer)
    path = None
    if accelerator.is_main_process:
        path = write_checkpoint(out, Snapshot(step, weights, state, dict(notes)), keep)
    accelerator.wait_for_everyone()
    return path
