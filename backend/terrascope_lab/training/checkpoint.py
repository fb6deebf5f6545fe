"""Checkpoints of a run: trained weights and optimizer tensors as safetensors, everything else as JSON. No pickle.

The files hold whole tensors by parameter name, however the run was spread over processes; so a run may go on with
another number of them.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from terrascope_lab.training.errors import TrainingError

WEIGHTS, OPTIMIZER, STATE = "trained.safetensors", "optimizer.safetensors", "state.json"
_PREFIX = "step-"


class Snapshot(NamedTuple):
    """What a checkpoint holds.

    Attributes
    ----------
    step
        Optimizer steps done.
    weights
        Trained parameters by name.
    optimizer
        "NAME/exp_avg", "NAME/exp_avg_sq", "NAME/step".
    notes
        Of the run: recipe, stage, seed.
    """

    step: int
    weights: dict[str, Tensor]
    optimizer: dict[str, Tensor]
    notes: dict[str, Any]


def write_checkpoint(folder: Path, snapshot: Snapshot, keep: int) -> Path:
    """Write a checkpoint below `folder`; it has its name once it is whole. Older ones beyond `keep` are removed."""
    final = folder / f"{_PREFIX}{snapshot.step:07d}"
    work = final.with_name(final.name + ".partial")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    for name, tensors in ((WEIGHTS, snapshot.weights), (OPTIMIZER, snapshot.optimizer)):
        save_file({key: value.detach().cpu().contiguous() for key, value in tensors.items()}, work / name)
    state = {"step": snapshot.step, "notes": snapshot.notes}
    (work / STATE).write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(final, ignore_errors=True)
    work.rename(final)
    for old in checkpoints(folder)[:-keep]:
        shutil.rmtree(old, ignore_errors=True)
    return final


def checkpoints(folder: Path) -> list[Path]:
    """Whole checkpoints below a folder, oldest first."""
    return sorted(path for path in folder.glob(f"{_PREFIX}*") if path.suffix != ".partial" and (path / STATE).is_file())


def read_checkpoint(path: Path) -> Snapshot:
    """Read a checkpoint.

    Raises
    ------
    TrainingError
        If a file is missing or damaged.
    """
    try:
        state = json.loads((path / STATE).read_text(encoding="utf-8"))
        weights, optimizer = (load_file(path / name) for name in (WEIGHTS, OPTIMIZER))
    except (OSError, ValueError, SafetensorError) as error:
        raise TrainingError(
            f"The checkpoint {path.name!r} cannot be read: {error}.", "Remove it; the run goes on from the one before."
        ) from error
    return Snapshot(int(state["step"]), weights, optimizer, state["notes"])


def read_weights_of(path: Path) -> dict[str, Tensor]:
    """Trained weights of a checkpoint alone."""
    with safe_open(str(path / WEIGHTS), framework="pt") as stream:
        return {key: stream.get_tensor(key) for key in stream.keys()}  # noqa: SIM118 (no mapping)


def check_notes(found: Mapping[str, Any], wanted: Mapping[str, Any], where: str) -> None:
    """Refuse to go on with other settings than the run began with.

    Raises
    ------
    TrainingError
        Names the first setting that differs.
    """
    for key in sorted({*found, *wanted}):
        if found.get(key) != wanted.get(key):
            raise TrainingError(
                f"{where} was begun with {key} = {found.get(key)!r}, now it is {wanted.get(key)!r}.",
                "Set it back to go on with that run, or give another --out.",
            )
