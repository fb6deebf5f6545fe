"""Make the table of model intervals: how the true share of a class lies about the found one on places left out.

    python -m terrascope_lab.training.vision.intervals --data ../shared/data --folds .work/train/folds/optical \
        --out resources/models/intervals.json

Every labelled patch of HLS (30 m) and Europe (10 m) is looked at by the network that has not seen its place; a place
weighs one, however many patches and dates it has. Bounds are quantiles of (true - found) / `model_interval.spread` over
the places, widened for their number as split conformal prediction does. Printed beside them, with the place in question
left out of the table: how often the interval holds, its width, the error of the share.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from terrascope.landcover import CLASSES
from terrascope.networks.embedded.class_map import class_map, groups_of
from terrascope.networks.embedded.model_interval import form_of, spread
from terrascope.networks.embedded.scores import Scores
from terrascope.networks.embedded.vision import VisionNetworks
from terrascope_lab.data import forms, landsat, places, sentinel2
from terrascope_lab.data.legends import bits
from terrascope_lab.data.sample import Sample

LEVEL = 0.9
FLOOR = 0.1
NOTABLE = 0.01  # smaller shares, found and true, say nothing of an interval
LABELS = ("water", "trees", "grass", "cropland", "shrubs", "bare land", "built-up area", "vegetation", "open land")
_FEWEST = 10  # places where a class is found or is, below which it gets the bounds of all classes


class Found(NamedTuple):
    """Shares of a class in one patch."""

    place: str
    label: str
    found: float
    true: float


def shares(network: VisionNetworks, sample: Sample, place: str) -> list[Found]:
    """Shares of each class over the labelled pixels of a patch."""
    view = forms.view_of(sample)
    known = view.valid & np.isin(sample.allowed, [bits(atom) for label in CLASSES.values() for atom in label.atoms])
    if known.mean() < 0.5:
        return []
    groups = groups_of(sample.gsd_m, view.role.value, view.bands)
    classes = class_map(Scores.of(network.probabilities(view, sample.gsd_m, "optical")), view.valid, groups)[known]
    single = sample.allowed[known]
    out = []
    for label in LABELS:
        atoms = CLASSES[label].atoms
        inside = [i for i, group in enumerate(groups) if group.atoms <= atoms]
        true = np.isin(single, [bits(atom) for atom in atoms])
        out.append(Found(place, label, float(np.isin(classes, inside).mean()), float(true.mean())))
    return out


def quantile(values: NDArray[np.float64], weights: NDArray[np.float64], level: float) -> float:
    """Weighted quantile; beyond the last value: that one."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(reached, level)), len(values) - 1)])


def bounds(found: Sequence[Found]) -> tuple[float, float]:
    """Bounds of (true - found) / spread that hold at LEVEL of the places, each weighing one."""
    names, counts = np.unique([f.place for f in found], return_counts=True)
    weight = dict(zip(names, 1 / counts, strict=True))
    scaled = np.array([(f.true - f.found) / spread(f.found, FLOOR) for f in found])
    weights = np.array([weight[f.place] for f in found])
    tail = max((1 - LEVEL) / 2 - 0.5 / (len(names) + 1), 0.0)
    return quantile(scaled, weights, tail), -quantile(-scaled, weights, tail)


def table_of(found: Sequence[Found]) -> dict[str, tuple[float, float]]:
    """Bounds of each class; a class of few places has those of all."""
    notable = [f for f in found if max(f.found, f.true) >= NOTABLE]
    everything = bounds(notable)
    out = {}
    for label in LABELS:
        own = [f for f in notable if f.label == label]
        out[label] = bounds(own) if len({f.place for f in own}) >= _FEWEST else everything
    return out


def judged(found: Sequence[Found]) -> str:
    """Whether the intervals hold on places that the table was not made of; each place weighs one."""
    names = sorted({f.place for f in found})
    held, widths, errors, weights = [], [], [], []
    for part in range(10):
        left = set(names[part::10])
        table = table_of([f for f in found if f.place not in left])
        here = [f for f in found if f.place in left and max(f.found, f.true) >= NOTABLE]
        count = {name: sum(f.place == name for f in here) for name in left}
        for f in here:
            unit = spread(f.found, FLOOR)
            low, high = (f.found + bound * unit for bound in table[f.label])
            low, high = float(np.clip(low, 0, f.found)), float(np.clip(high, f.found, 1))
            held.append(low <= f.true <= high)
            widths.append(high - low)
            errors.append(abs(f.true - f.found))
            weights.append(1 / count[f.place])
    w = np.array(weights)
    coverage = float(np.average(held, weights=w))
    error = np.sqrt(coverage * (1 - coverage) / len(names))
    return (
        f"{len(names)} places; holds {coverage:.3f} +- {error:.3f};"
        f" median width {quantile(np.array(widths), w, 0.5):.3f}, error {quantile(np.array(errors), w, 0.5):.3f}"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--folds", type=Path, required=True, help="folder with a folder of networks for each fold")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--forms", nargs="*", choices=tuple(forms.FORMS), default=tuple(forms.FORMS))
    arguments = parser.parse_args()
    networks = [VisionNetworks(arguments.folds / str(fold), 1) for fold in range(places.FOLDS)]
    known = places.table()
    data = landsat.read_hls(arguments.data) + sentinel2.read_europe(arguments.data)
    by_form: dict[str, list[Found]] = {}
    for form in arguments.forms:
        show = forms.FORMS[form]
        for sample in data:
            if form == "six bands" and not sample.present.all():
                continue
            place = known[sample.source, sample.name]
            shown = show(sample)
            own = form_of(forms.view_of(shown)) or ""
            by_form.setdefault(own, []).extend(shares(networks[place.fold], shown, place.place))
    out = {
        form: {"places": len({f.place for f in found}), "classes": {n: [*b] for n, b in table_of(found).items()}}
        for form, found in by_form.items()
    }
    for form, found in by_form.items():
        sys.stdout.write(f"{form}: {judged(found)}\n")
        for label in LABELS:
            sys.stdout.write(f"    {label}: {judged([f for f in found if f.label == label])}\n")
    if arguments.out:
        rounded = json.loads(json.dumps(out), parse_float=lambda text: round(float(text), 3))
        table = {"format": 1, "level": LEVEL, "floor": FLOOR, "forms": rounded}
        arguments.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
