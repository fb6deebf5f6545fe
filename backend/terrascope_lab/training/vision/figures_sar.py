"""Figures of the Sentinel-1 network: water of events that the network in question never saw."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from terrascope.landcover import ATOMS
from terrascope.networks.embedded.vision import VisionNetworks
from terrascope_lab.data import forms, places, radar
from terrascope_lab.data.sample import Sample
from terrascope_lab.training.vision import metrics
from terrascope_lab.training.vision.figures_optical import Row, Tables

CHANNELS = {"both channels": (0, 1), "VV alone": (0,), "VH alone": (1,)}


def counts(networks: VisionNetworks, sample: Sample, channels: tuple[int, ...]) -> NDArray[np.int64]:
    """Intersection, union, pixels wrongly called water, water pixels, labelled pixels of one chip."""
    view = forms.view_of(sample)
    if len(channels) < len(view.bands):
        kept = tuple(view.bands[c] for c in channels)
        view = dataclasses.replace(view, bands=kept, pixels=view.pixels[list(channels)])
    found = networks.probabilities(view, sample.gsd_m, "sar")[ATOMS.index("water")] > 0.5
    known = sample.allowed > 0
    true = (sample.allowed == 1) & known
    inside, union = metrics.binary_iou(found[known], true[known])
    return np.array([inside, union, (found & known & ~true).sum(), true.sum(), known.sum()], np.int64)


def row_of(sums: NDArray[np.int64]) -> Row:
    """Counts as shares; land that is called water is a share of the land."""
    inside, union, false, true, known = (int(v) for v in sums)
    return {
        "water IoU": inside / union if union else float("nan"),
        "share that is water": true / max(known, 1),
        "land called water": false / max(known - true, 1),
    }


def tables(folders: Sequence[Path], root: Path, threads: int) -> Tables:
    """One row for each chip, and the pixels of all, of all without Sri Lanka, and of each channel alone."""
    nets = [VisionNetworks(folder, threads) for folder in folders]
    chips = [s for s in radar.read_sar(root) if s.source == "sen1floods11"]
    rows: dict[str, Row] = {}
    for name, channels in CHANNELS.items():
        found = {s.name: counts(nets[places.fold_of(s) % len(nets)], s, channels) for s in chips}
        if len(channels) == 2:
            rows |= {chip: row_of(sums) for chip, sums in found.items()}
        rows[f"pooled, {name}"] = row_of(np.sum(list(found.values()), 0))
        others = [sums for chip, sums in found.items() if not chip.startswith("Sri-Lanka")]
        rows[f"pooled without Sri Lanka, {name}"] = row_of(np.sum(others, 0))
    return {"Sentinel-1 water, events left out": rows}
