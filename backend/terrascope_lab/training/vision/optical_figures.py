"""Figures of the optical networks, each on the fold that it has never seen, through the code that the plugin runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from terrascope.landcover import ATOMS
from terrascope.networks.embedded.vision import VisionNetworks
from terrascope_lab.training.vision import folds, metrics, samples, split
from terrascope_lab.training.vision.evaluate import as_pictures, view_of, with_bands

Row = dict[str, Any]
Grid = NDArray[np.float32]
SUBSETS: dict[str, tuple[int, ...]] = {
    "all bands": (1, 1, 1, 1, 1, 1),
    "blue green red NIR": (1, 1, 1, 1, 0, 0),
    "RGB reflectance": (1, 1, 1, 0, 0, 0),
}
FLOODED = f"region{split.FLOOD_REGION}"


@dataclass
class Counts:
    """What is counted of one way of showing the patches."""

    matrix: NDArray[np.int64] = field(default_factory=lambda: np.zeros((split.FOLDS, 8, 8), np.int64))
    reliability: metrics.Reliability = field(default_factory=metrics.Reliability)

    def add(self, fold: int, classes: Grid, allowed: NDArray[np.uint16]) -> None:
        """Add a patch; `classes` [8, H, W] are probabilities."""
        true, best = metrics.truth(allowed, metrics.EIGHT), classes.argmax(0)
        known = true >= 0
        self.reliability.add(classes.max(0)[known], (best == true)[known])
        self.matrix[fold] += metrics.confusion(best, true, 8)

    def rows(self, name: str) -> dict[str, Row]:
        """One row for each fold, their mean and spread, and the pixels of all."""
        each = [row_of(matrix) for matrix in self.matrix]
        mean = {c: float(np.nanmean([row.get(c, np.nan) for row in each])) for c in each[0]}
        spread = {c: float(np.nanstd([row.get(c, np.nan) for row in each])) for c in each[0]}
        rows = {f"{name}, fold {k}": row for k, row in enumerate(each)}
        pooled = row_of(self.matrix.sum(0)) | {"ece": self.reliability.error}
        return rows | {f"{name}, mean": mean, f"{name}, spread": spread, f"{name}, pooled": pooled}


def row_of(matrix: NDArray[np.int64], classes: tuple[str, ...] = metrics.EIGHT) -> Row:
    """Mean IoU over the classes present, accuracy, IoU by class (NaN where absent)."""
    iou, mean, accuracy = metrics.scores(matrix)
    return {"miou": mean, "accuracy": accuracy, **dict(zip(classes, map(float, iou), strict=True))}


def one_hot(guess: NDArray[np.int8]) -> Grid:
    """Class indices as probabilities, [8, H, W]."""
    return np.asarray(guess[None] == np.arange(8).reshape(-1, 1, 1), np.float32)


def hls(root: Path, classes_of: Callable[[str, int], Grid], title: str, water: float) -> dict[str, dict[str, Row]]:
    """Tables of whole unseen regions, unseen places of the flood region, and floods between two dates.

    Where a label of water is `samples.doubtful`, a second table leaves the pixel out.

    Parameters
    ----------
    classes_of
        Probabilities [8, H, W] of a patch, by its name and its fold.
    water
        Probability from which a pixel is water where two dates are compared.
    """
    data = samples.read_hls(root)
    sure = samples.without_doubtful(data)
    places = "unseen places of the flood region"
    parts = {"unseen regions": Counts(), places: Counts(), f"{places}, no water on dry ground": Counts()}
    wet: dict[str, NDArray[np.bool_]] = {}
    for sample, kept, fold in zip(data, sure, folds.folds_of(root, data), strict=True):
        classes = classes_of(sample.name, fold)
        if sample.group == FLOODED:
            parts[places].add(fold, classes, sample.allowed)
            parts[f"{places}, no water on dry ground"].add(fold, classes, kept.allowed)
        else:
            parts["unseen regions"].add(fold, classes, sample.allowed)
        wet[sample.name] = classes[0] > water
    tables = {f"HLS 30 m, {part}": counts.rows(title) for part, counts in parts.items()}
    return tables | {
        "Floods, water gain and loss between two dates": {title: floods(root, data, wet)},
        "Floods, no water on dry ground": {title: floods(root, sure, wet)},
    }


def floods(root: Path, data: list[samples.Sample], wet: dict[str, NDArray[np.bool_]]) -> Row:
    """Gain and loss of water, pooled over the pairs with at least 2 % change."""
    pairs = json.loads((root / "hls_worldcover" / "same_location_pairs.json").read_text())
    allowed = {s.name: s.allowed for s in data}
    sums, used = np.zeros((2, 2)), 0
    for pair in pairs:
        a, b = str(pair["a"]), str(pair["b"])
        if pair["changed"] < 0.02:
            continue
        used += 1
        known = (allowed[a] > 0) & (allowed[b] > 0)
        for row, (one, two) in enumerate(((a, b), (b, a))):
            true = (allowed[two] == 1) & (allowed[one] != 1)
            sums[row] += metrics.binary_iou((wet[two] & ~wet[one])[known], true[known])
    gain, loss = sums[:, 0] / np.maximum(sums[:, 1], 1)
    change = float(sums[:, 0].sum() / max(sums[:, 1].sum(), 1))
    return {"pairs": used, "gain": float(gain), "loss": float(loss), "change": change}


def networks_hls(folders: list[Path], root: Path, threads: int) -> dict[str, dict[str, Row]]:
    """The tables of `hls` for the networks of four folds and every way of showing the patches."""
    nets = {fold: VisionNetworks(folder, threads) for fold, folder in enumerate(folders)}
    data = samples.read_hls(root)
    shown = {name: with_bands(data, present) for name, present in SUBSETS.items()} | {"RGB picture": as_pictures(data)}
    out: dict[str, dict[str, Row]] = {}
    for name, some in shown.items():
        by_name = {s.name: s for s in some}

        def classes_of(patch: str, fold: int, known: dict[str, samples.Sample] = by_name) -> Grid:
            sample = known[patch]
            found = nets[fold].probabilities(view_of(sample), sample.gsd_m, "optical")
            return metrics.grouped(found, metrics.EIGHT)

        for title, rows in hls(root, classes_of, f"network, {name}", 0.5).items():
            out.setdefault(title, {}).update(rows)
    return out


def baseline_hls(path: Path, root: Path, title: str) -> dict[str, dict[str, Row]]:
    """The tables of `hls` for what `mlp.py` wrote."""
    with np.load(path) as stored:
        guesses = {name: stored[name] for name in stored.files}
    return hls(root, lambda patch, _: one_hot(guesses[f"hls/{patch}"]), title, 0.5)


def elsewhere(folders: list[Path], root: Path, threads: int) -> dict[str, dict[str, Row]]:
    """The sets at 10 m: eight classes of Europe and Slovenia, forest of the Amazon, water of Indian coasts."""
    nets = {fold: VisionNetworks(folder, threads) for fold, folder in enumerate(folders)}
    data = samples.read_optical(root)
    wanted = {"europe": Counts(), "europe, RGB reflectance": Counts(), "slovenia": Counts()}
    singles = {"amazon": ("tree", 2, np.zeros(2)), "india": ("water", 1, np.zeros(2))}
    for sample, fold in zip(data, folds.folds_of(root, data), strict=True):
        if fold < 0 or sample.source == "hls":
            continue
        found = nets[fold].probabilities(view_of(sample), sample.gsd_m, "optical")
        if sample.source in singles:
            atom, bit, sums = singles[sample.source]
            known = sample.allowed > 0
            guess = found.argmax(0) == ATOMS.index(atom)
            sums += metrics.binary_iou(guess[known], (sample.allowed == bit)[known])
            continue
        wanted[sample.source].add(fold, metrics.grouped(found, metrics.EIGHT), sample.allowed)
        if sample.source == "europe":
            bare = with_bands([sample], SUBSETS["RGB reflectance"])[0]
            found = nets[fold].probabilities(view_of(bare), bare.gsd_m, "optical")
            wanted["europe, RGB reflectance"].add(fold, metrics.grouped(found, metrics.EIGHT), sample.allowed)
    rows = {name: row for source, counts in wanted.items() for name, row in counts.rows(source).items()}
    return {
        "Sentinel-2, 10 m": {name: row for name, row in rows.items() if "fold" not in name},
        "Sentinel-2 pictures, single classes (IoU)": {
            source: {atom: float(sums[0] / max(sums[1], 1))} for source, (atom, _, sums) in singles.items()
        },
    }


def tables(
    folders: list[Path], root: Path, threads: int, baselines: dict[str, Path]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Every table of the optical networks, with baselines by title."""
    out: dict[str, dict[str, Row]] = {}
    for title, path in baselines.items():
        for name, rows in baseline_hls(path, root, title).items():
            out.setdefault(name, {}).update(rows)
    for name, rows in networks_hls(folders, root, threads).items():
        out.setdefault(name, {}).update(rows)
    return out | elsewhere(folders, root, threads)
