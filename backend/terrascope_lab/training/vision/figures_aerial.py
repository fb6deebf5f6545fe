"""Figures of the aerial network on towns and tiles that the network in question never saw."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from terrascope.landcover import ATOMS
from terrascope.networks.embedded.vision import VisionNetworks
from terrascope_lab.data import aerial, forms, turns
from terrascope_lab.data.legends import bits
from terrascope_lab.data.sample import Sample
from terrascope_lab.training.vision import metrics
from terrascope_lab.training.vision.figures_optical import Row, Tables

CLASSES = (*metrics.FIVE, "built")


def grouped(found: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities of `CLASSES`, [6, H, W]; settlement as a whole apart from buildings and roads."""
    return np.concatenate([metrics.grouped(found, metrics.FIVE), found[ATOMS.index("built")][None]])


def count(found: NDArray[np.float32], allowed: NDArray[np.uint16]) -> NDArray[np.int64]:
    """Hit, labelled, wrongly said, by class: [6, 3]. Labels are sets, see `figures_optical.SetCounts`."""
    best, sums = found.argmax(0), []
    for i, name in enumerate(CLASSES):
        members = np.uint16(bits(*(("built",) if name == "built" else metrics.members(name))))
        inside = (allowed > 0) & ((allowed & ~members) == 0)
        outside = (allowed > 0) & ((allowed & members) == 0)
        sums.append([((best == i) & inside).sum(), inside.sum(), ((best == i) & outside).sum()])
    return np.array(sums, np.int64)


def row_of(sums: NDArray[np.int64]) -> Row:
    """IoU of the classes that are labelled."""
    return {
        name: float(hit / (true + false))
        for name, (hit, true, false) in zip(CLASSES, sums.tolist(), strict=True)
        if true
    }


def tables(folders: Sequence[Path], root: Path, threads: int, step: int) -> Tables:
    """One row for each set of each turn, by folders of the turns or one folder for all."""
    data = aerial.read_aerial(root)
    sums: dict[str, NDArray[np.int64]] = {}
    pooled: dict[str, Any] = {}
    for turn in range(turns.TURNS):
        networks = VisionNetworks(folders[turn % len(folders)], threads)
        by_source: dict[str, list[Sample]] = {}
        for sample in turns.left_out(data, turn):
            by_source.setdefault(sample.source, []).append(sample)
        for source, some in by_source.items():
            for sample in some[:: step if len(some) > step else 1]:
                gsd = None if source == "dubai" else sample.gsd_m
                found = grouped(networks.probabilities(forms.view_of(sample), gsd, "aerial"))
                name = f"{source}, turn {turn}"
                sums[name] = sums.get(name, 0) + count(found, sample.allowed)
                if source == "massachusetts" or (source == "dubai" and turn > 0):
                    whole = f"{source}, tiles left out, pooled"
                    pooled[whole] = pooled.get(whole, 0) + count(found, sample.allowed)
    rows = {name: row_of(one) for name, one in (sums | pooled).items()}
    towns = [rows[f"{town}, turn {turn}"]["building"] for turn, town in enumerate(("dubai", "mumbai", "nepal"))]
    rows["towns left out, mean"] = {"building": float(np.mean(towns)), "worst": float(min(towns))}
    return {"Aerial RGB, towns and tiles left out (IoU)": rows}
