"""Figures of the optical networks by place and input form, each on places that the network in question never saw."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from terrascope.networks.embedded.vision import VisionNetworks
from terrascope_lab.data import forms, landsat, pixel_tables, places, sentinel2, split
from terrascope_lab.data.legends import bits
from terrascope_lab.data.sample import Sample
from terrascope_lab.training.vision import metrics

Row = dict[str, Any]
Grid = NDArray[np.float32]
Tables = dict[str, dict[str, Row]]
FLOODED = f"region{split.FLOOD_REGION}"
_CHANGED = 0.02  # share of a pair that changes, below which it says nothing of floods
_POINTS = 400  # pixels of a table that are looked at
_SIDE = 32  # pixels a side of the even ground that a single pixel is shown as


@dataclass
class Counts:
    """What is counted of one form."""

    matrix: NDArray[np.int64] = field(default_factory=lambda: np.zeros((places.FOLDS, 8, 8), np.int64))
    reliability: metrics.Reliability = field(default_factory=metrics.Reliability)

    def add(self, fold: int, classes: Grid, allowed: NDArray[np.uint16]) -> None:
        """Add a picture; `classes` [8, H, W] are probabilities."""
        true, best = metrics.truth(allowed, metrics.EIGHT), classes.argmax(0)
        known = true >= 0
        self.reliability.add(classes.max(0)[known], (best == true)[known])
        self.matrix[fold] += metrics.confusion(best, true, 8)

    def rows(self, name: str) -> dict[str, Row]:
        """Mean over the folds, spread over them, and the pixels of all."""
        each = [row_of(matrix) for matrix in self.matrix if matrix.any()]
        columns = list(each[0])
        mean = {c: _over(np.nanmean, [row[c] for row in each]) for c in columns}
        spread = {c: _over(np.nanstd, [row[c] for row in each]) for c in columns}
        pooled = row_of(self.matrix.sum(0)) | {"ece": self.reliability.error}
        return {f"{name}, mean": mean, f"{name}, spread": spread, f"{name}, pooled": pooled}


def _over(how: Callable[[list[float]], Any], values: list[float]) -> float:
    return float("nan") if np.isnan(values).all() else float(how(values))


def row_of(matrix: NDArray[np.int64], classes: tuple[str, ...] = metrics.EIGHT) -> Row:
    """Mean IoU over the classes present, accuracy, IoU by class (NaN where absent)."""
    iou, mean, accuracy = metrics.scores(matrix)
    return {"miou": mean, "accuracy": accuracy, **dict(zip(classes, map(float, iou), strict=True))}


class SetCounts:
    """IoU by class where labels are sets: a pixel counts for a class if its set is within it, or has nothing of it."""

    def __init__(self, classes: tuple[str, ...] = metrics.EIGHT) -> None:
        self.classes = classes
        self.sums = np.zeros((len(classes), 3), np.int64)  # hit, labelled, wrongly said

    def add(self, classes: Grid, allowed: NDArray[np.uint16]) -> None:
        """Add a picture; `classes` are probabilities of `self.classes`."""
        best = classes.argmax(0)
        for i, name in enumerate(self.classes):
            members = np.uint16(bits(*metrics.members(name)))
            inside = (allowed > 0) & ((allowed & ~members) == 0)
            outside = (allowed > 0) & ((allowed & members) == 0)
            said = best == i
            self.sums[i] += [(said & inside).sum(), inside.sum(), (said & outside).sum()]

    def row(self) -> Row:
        """IoU of the classes that some pixel is labelled as."""
        return {
            name: float(hit / (true + false))
            for name, (hit, true, false) in zip(self.classes, self.sums.tolist(), strict=True)
            if true
        }


class Networks:
    """The network of each fold, or one for all of them (which may have seen what it is asked about)."""

    def __init__(self, folders: Sequence[Path], threads: int) -> None:
        self._nets = [VisionNetworks(folder, threads) for folder in folders]

    def classes(self, sample: Sample, fold: int) -> Grid:
        """Probabilities of `metrics.EIGHT`, [8, H, W]."""
        net = self._nets[fold % len(self._nets)]
        found = net.probabilities(forms.view_of(sample), sample.gsd_m, "optical")
        return metrics.grouped(found, metrics.EIGHT)


def hls(root: Path, classes_of: Callable[[Sample, int], Grid], form: str, water: float = 0.5) -> Tables:
    """Whole unseen regions, unseen places of the flood region, floods between two dates; in one form."""
    data = landsat.read_hls(root)
    sure = landsat.without_doubtful(data)
    flooded = "HLS 30 m, unseen places of the flood region, no water on dry ground"
    parts = {"HLS 30 m, unseen regions": Counts(), flooded: Counts()}
    wet: dict[str, NDArray[np.bool_]] = {}
    for sample, kept in zip(data, sure, strict=True):
        fold = places.fold_of(sample)
        classes = classes_of(forms.FORMS[form](sample), fold)
        if sample.group == FLOODED:
            parts[flooded].add(fold, classes, kept.allowed)
        else:
            parts["HLS 30 m, unseen regions"].add(fold, classes, sample.allowed)
        wet[sample.name] = classes[0] > water
    tables = {part: counts.rows(form) for part, counts in parts.items()}
    return tables | {
        "Floods, water gain and loss between two dates": {form: floods(root, data, wet)},
        "Floods, no water on dry ground": {form: floods(root, sure, wet)},
    }


def floods(root: Path, data: list[Sample], wet: dict[str, NDArray[np.bool_]]) -> Row:
    """Gain and loss of water, pooled over the pairs with at least 2 % change."""
    pairs = json.loads((root / "hls_worldcover" / "same_location_pairs.json").read_text())
    allowed = {s.name: s.allowed for s in data}
    sums, used = np.zeros((2, 2)), 0
    for pair in pairs:
        a, b = str(pair["a"]), str(pair["b"])
        if pair["changed"] < _CHANGED:
            continue
        used += 1
        known = (allowed[a] > 0) & (allowed[b] > 0)
        for row, (one, two) in enumerate(((a, b), (b, a))):
            true = (allowed[two] == 1) & (allowed[one] != 1)
            sums[row] += metrics.binary_iou((wet[two] & ~wet[one])[known], true[known])
    gain, loss = sums[:, 0] / np.maximum(sums[:, 1], 1)
    change = float(sums[:, 0].sum() / max(sums[:, 1].sum(), 1))
    return {"pairs": used, "gain": float(gain), "loss": float(loss), "change": change}


def europe(root: Path, networks: Networks) -> Tables:
    """Central Europe at 10 m."""
    data = sentinel2.read_europe(root)
    rows: dict[str, Row] = {}
    for form in ("RGB+NIR", "RGB reflectance", *forms.PICTURES):
        counts = Counts()
        for sample in data:
            fold = places.fold_of(sample)
            counts.add(fold, networks.classes(forms.FORMS[form](sample), fold), sample.allowed)
        rows |= counts.rows(form)
    return {"Europe, Sentinel-2, 10 m": rows}


def partly(root: Path, networks: Networks) -> Tables:
    """Sets whose labels are sets of classes: IoU by class."""
    forms_of: dict[str, tuple[str, ...]] = {
        "portovelho": tuple(forms.FORMS),
        "gewata": ("six bands", "RGB+NIR", "digital numbers"),
        "rivertown": ("six bands", "RGB+NIR", "RGB reflectance"),
    }
    data = landsat.read_porto_velho(root) + landsat.read_gewata(root) + landsat.read_para(root)
    data += sentinel2.read_river_town(root) + sentinel2.read_terramesh(root) + sentinel2.read_india(root)
    data += sentinel2.read_amazon(root) + sentinel2.read_slovenia(root)
    rows: dict[str, Row] = {}
    counts: dict[str, SetCounts] = {}
    for sample in data:
        for form in forms_of.get(sample.source, ("",)):
            shown = forms.FORMS[form](sample) if form else sample
            name = f"{sample.source}, {form or 'as it is'}"
            fold = places.fold_of(sample)
            counts.setdefault(name, SetCounts()).add(networks.classes(shown, fold), sample.allowed)
    rows = {name: one.row() for name, one in counts.items()}
    return {"Labels that are sets (IoU)": rows}


def tables_of_pixels(root: Path, networks: Networks) -> Tables:
    """Pixels without surroundings, shown as even ground: IoU by class."""
    rows: dict[str, Row] = {}
    rng = np.random.default_rng(0)
    known = places.table()
    for table in pixel_tables.read_tables(root):
        counts = SetCounts()
        for i in rng.permutation(len(table.allowed))[:_POINTS]:
            bands = np.broadcast_to(table.spectra[i][:, None, None], (6, _SIDE, _SIDE)).astype(np.float16)
            allowed = np.full((1, 1), table.allowed[i], np.uint16)
            sample = Sample(table.source, "", bands, np.ones(6, bool), allowed, 10.0, False, "")
            fold = known[table.source, str(table.group[i])].fold
            counts.add(networks.classes(sample, fold)[:, 16:17, 16:17], allowed)
        rows[table.source] = counts.row()
    return {"Pixels without surroundings, six bands (IoU)": rows}


#: Reflectance of open seas and of what lies over them; blue to SWIR2. Glint and haze are added to each.
SEAS = {
    "deep": (0.030, 0.018, 0.008, 0.005, 0.003, 0.002),
    "coastal": (0.045, 0.050, 0.025, 0.008, 0.004, 0.003),
    "turbid": (0.070, 0.095, 0.090, 0.035, 0.010, 0.006),
    "over-corrected": (0.012, 0.006, 0.002, 0.004, 0.010, 0.008),
    "infrared above green": (0.022, 0.014, 0.010, 0.012, 0.024, 0.022),
}
OVER = {
    "clear": (0.0,) * 6,
    "glint": (0.035, 0.035, 0.036, 0.037, 0.038, 0.033),
    "haze": (0.05, 0.03, 0.02, 0.01, 0.006, 0.004),
}


def seas(networks: Networks) -> Tables:
    """Open sea made of spectra, a tenth of it land-free noise: shares that are called water and cropland."""
    rows: dict[str, Row] = {}
    rng = np.random.default_rng(0)
    water, crop = metrics.EIGHT.index("water"), metrics.EIGHT.index("crop")
    for form in forms.FORMS:
        found = []
        for sea in SEAS.values():
            for over in OVER.values():
                level = (np.array(sea) + np.array(over))[:, None, None]
                waves = level * (1 + rng.normal(0, 0.05, (1, 96, 96))) + rng.normal(0, 0.0015, (6, 96, 96))
                bands = np.clip(waves, 0, 1).astype(np.float16)
                allowed = np.full((96, 96), bits("water"), np.uint16)
                sample = Sample("sea", "", bands, np.ones(6, bool), allowed, 30.0, False, "")
                for fold in range(places.FOLDS):
                    best = networks.classes(forms.FORMS[form](sample), fold).argmax(0)
                    found.append([(best == water).mean(), (best == crop).mean()])
        rows[form] = {
            "water": float(np.mean(found, 0)[0]), "worst": float(np.min(found, 0)[0]),
            "crop": float(np.mean(found, 0)[1]),
        }  # fmt: skip
    return {"Open sea (share)": rows}


def tables(folders: Sequence[Path], root: Path, threads: int, parts: Sequence[str], some: Sequence[str]) -> Tables:
    """Every table that is asked for; `some` are the forms of the HLS tables."""
    networks = Networks(folders, threads)
    out: Tables = {}
    if "hls" in parts:
        for form in some:
            for title, rows in hls(root, networks.classes, form).items():
                out.setdefault(title, {}).update(rows)
    if "europe" in parts:
        out |= europe(root, networks)
    if "sets" in parts:
        out |= partly(root, networks)
    if "pixels" in parts:
        out |= tables_of_pixels(root, networks)
    if "seas" in parts:
        out |= seas(networks)
    return out
