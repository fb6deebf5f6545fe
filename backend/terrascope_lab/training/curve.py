"""The loss curve of a run as a picture."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

from terrascope_lab.training.errors import TrainingError
from terrascope_lab.training.metrics import FILE, read_metrics

_LEFT_OUT = ("step", "rate", "seconds", "predicted", "iou", "norm")


def draw_curve(folder: Path, path: Path | None = None) -> Path:
    """Draw losses, mask IoU and learning rate of a run's `metrics.jsonl`; return the PNG's path.

    Raises
    ------
    TrainingError
        If there is nothing to draw, or matplotlib is missing.
    """
    lines = read_metrics(folder)
    if not lines:
        raise TrainingError(f"There is no {FILE} in {str(folder)!r}.", "Give the folder of a stage that was trained.")
    if importlib.util.find_spec("matplotlib") is None:
        raise TrainingError("The curve needs matplotlib, which is not installed.", "Install it, or use TensorBoard.")
    from matplotlib.figure import Figure

    steps = np.array([line["step"] for line in lines])
    figure = Figure(figsize=(9, 6), layout="constrained")
    losses, quality = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    for name in [key for key in lines[-1] if key not in _LEFT_OUT]:
        values = np.array([line.get(name, np.nan) for line in lines], dtype=float)
        if np.nanmax(np.abs(values), initial=0.0) > 0:
            losses.plot(steps, values, label=name, linewidth=2 if name == "loss" else 1, marker=".", markersize=3)
    losses.set_ylabel("loss")
    losses.grid(alpha=0.3)
    losses.legend()
    for name in ("iou", "predicted"):
        if name in lines[-1]:
            quality.plot(steps, [line.get(name, np.nan) for line in lines], label=name, marker=".", markersize=3)
    rate = np.array([line.get("rate", np.nan) for line in lines], dtype=float)
    quality.plot(steps, rate / max(np.nanmax(rate), 1e-30), label="rate / highest", color="0.6", linewidth=1)
    quality.set_ylim(-0.02, 1.05)
    quality.set_xlabel("step")
    quality.grid(alpha=0.3)
    quality.legend()
    path = path or folder / "loss.png"
    figure.savefig(path, dpi=120)
    return path
