"""Metrics of a run: one JSON line a logged step, and TensorBoard where it is installed."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

FILE = "metrics.jsonl"
BOARD = "tensorboard"


class Metrics:
    """Writes metrics into a run's folder.

    Parameters
    ----------
    folder
        Of the run.
    from_step
        The run goes on after this step: later lines of an interrupted run are dropped.
    """

    def __init__(self, folder: Path, from_step: int) -> None:
        self._path = folder / FILE
        kept = [line for line in read_metrics(folder) if line["step"] <= from_step]
        self._path.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        self._board = _board(folder / BOARD, from_step)

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Write the values of a step."""
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"step": step, **values}) + "\n")
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(f"train/{name}", value, step)

    def close(self) -> None:
        """Write what is held back."""
        if self._board is not None:
            self._board.close()


def _board(folder: Path, from_step: int) -> Any | None:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        log.warning("TensorBoard is not installed; metrics go to %s alone.", FILE)
        return None
    return SummaryWriter(str(folder), purge_step=from_step + 1 if from_step else None)


def read_metrics(folder: Path) -> list[dict[str, float]]:
    """Lines of a run, in order; a last line that was cut off is left out."""
    path = folder / FILE
    if not path.is_file():
        return []
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            log.warning("A damaged line of %s is left out.", path.name)
    return found
