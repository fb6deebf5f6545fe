"""Measure exported networks on the regions, tiles or chips that each of them has never seen.

    python -m terrascope_lab.training.vision.fold_figures optical --data ../shared/data \
        --folds .work/vision/folds_optical --baseline .work/vision/mlp.npz --baseline-rgb .work/vision/mlp_rgb.npz
    python -m terrascope_lab.training.vision.fold_figures aerial --data ../shared/data --folds .work/vision/folds_aerial
    python -m terrascope_lab.training.vision.fold_figures sar --data ../shared/data --folds .work/vision/folds_sar

A fold is a folder with `vision.json` and the network it names, written by `export.py`; what it may be measured on
stands there as `held_out`. The pictures go through the code that the plugin runs (`networks/embedded/vision.py`).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from terrascope.landcover import ATOMS
from terrascope.networks.embedded.vision import VisionNetworks
from terrascope_lab.training.vision import metrics, optical_figures, samples
from terrascope_lab.training.vision.evaluate import table, view_of

Row = dict[str, Any]


def five(
    networks: VisionNetworks, data: list[samples.Sample], step: int, reliability: metrics.Reliability
) -> NDArray[np.int64]:
    """Confusion of the five aerial classes over every `step`-th picture, [5, 5]; confidences go to `reliability`."""
    total = np.zeros((5, 5), np.int64)
    for sample in data[::step]:
        p = networks.probabilities(view_of(sample), None, "aerial")
        classes, true = metrics.grouped(p, metrics.FIVE), metrics.truth(sample.allowed, metrics.FIVE)
        best, known = classes.argmax(0), true >= 0
        total += metrics.confusion(best, true, 5)
        reliability.add(classes.max(0)[known], (best == true)[known])
    return total


def aerial(folders: list[Path], root: Path, threads: int, step: int = 1) -> dict[str, Row]:
    """One row for each fold, their mean and spread (standard deviation), and all pixels pooled."""
    data = samples.read_dubai(root)
    rows: dict[str, Row] = {}
    pooled = np.zeros((5, 5), np.int64)
    for folder in folders:
        networks = VisionNetworks(folder, threads)
        held = set(networks.manifest["experts"]["aerial"]["held_out"])
        unseen = [s for s in data if f"dubai/{s.name}" in held]
        reliability = metrics.Reliability()
        matrix = five(networks, unseen, step, reliability)
        name = f"without {', '.join(sorted({s.group for s in unseen}))}"
        rows[name] = optical_figures.row_of(matrix, metrics.FIVE) | {"ece": reliability.error}
        pooled += matrix
    columns = list(next(iter(rows.values())))
    values = {c: np.array([row[c] for row in rows.values()]) for c in columns}
    rows["mean"] = {c: float(np.nanmean(v)) for c, v in values.items()}
    rows["spread"] = {c: float(np.nanstd(v)) for c, v in values.items()}
    rows["pooled"] = optical_figures.row_of(pooled, metrics.FIVE)
    return rows


def water(networks: VisionNetworks, sample: samples.Sample, channels: tuple[int, ...]) -> NDArray[np.int64]:
    """Intersection, union, pixels wrongly called water, water pixels, labelled pixels of one chip."""
    view = view_of(sample)
    if len(channels) < len(view.bands):
        kept = tuple(view.bands[c] for c in channels)
        view = dataclasses.replace(view, bands=kept, pixels=view.pixels[list(channels)])
    found = networks.probabilities(view, sample.gsd_m, "sar")[ATOMS.index("water")] > 0.5
    known = sample.allowed > 0
    true = (sample.allowed == 1) & known
    inside, union = metrics.binary_iou(found[known], true[known])
    return np.array([inside, union, (found & known & ~true).sum(), true.sum(), known.sum()], np.int64)


def sar(folders: list[Path], root: Path, threads: int) -> dict[str, Row]:
    """One row for each chip that was left out, and all chips pooled, with both channels and with one."""
    data = samples.read_sar(root)
    rows: dict[str, Row] = {}
    totals = {"both channels": (0, 1), "VV alone": (0,), "VH alone": (1,)}
    pooled = {name: np.zeros(5, np.int64) for name in totals}
    for folder in folders:
        networks = VisionNetworks(folder, threads)
        held = set(networks.manifest["experts"]["sar"]["held_out"])
        for sample in (s for s in data if f"{s.source}/{s.name}" in held):
            for name, channels in totals.items():
                counts = water(networks, sample, channels)
                pooled[name] += counts
                if len(channels) == 2:
                    rows[sample.name] = water_row(counts)
    return rows | {f"pooled, {name}": water_row(counts) for name, counts in pooled.items()}


def water_row(counts: NDArray[np.int64]) -> Row:
    """Counts of `water` as shares of the labelled pixels."""
    inside, union, false, true, known = (int(v) for v in counts)
    return {
        "water IoU": inside / union if union else float("nan"),
        "share that is water": true / max(known, 1),
        "wrongly called water": false / max(known, 1),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("expert", choices=("optical", "aerial", "sar"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--folds", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--step", type=int, default=1, help="measure every so many aerial pictures only")
    parser.add_argument("--baseline", type=Path, help="what mlp.py wrote, for optical")
    parser.add_argument("--baseline-rgb", type=Path, help="what mlp.py --rgb wrote")
    parser.add_argument("--brief", action="store_true", help="print no rows of single folds")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    folders = sorted(path.parent for path in arguments.folds.glob("*/vision.json"))
    if arguments.expert == "optical":
        given = {"MLP, all bands": arguments.baseline, "MLP, RGB": arguments.baseline_rgb}
        baselines = {title: path for title, path in given.items() if path}
        results = optical_figures.tables(folders, arguments.data, arguments.threads, baselines)
    elif arguments.expert == "aerial":
        rows = aerial(folders, arguments.data, arguments.threads, arguments.step)
        results = {"Aerial RGB, Dubai tiles left out": rows}
    else:
        rows = sar(folders, arguments.data, arguments.threads)
        results = {"Sentinel-1 water, two chips left out at a time": rows}
    for title, rows in results.items():
        if arguments.brief:
            rows = {name: row for name, row in rows.items() if ", fold " not in name}
        sys.stdout.write(table(title, rows) + "\n")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
