"""Answers of a built benchmark, worked out again from the masks in the file by other means than the builder's.

The builder counts arrays and uses morphology and distance transforms; here runs of the RLE are added up and point sets
are searched with a k-d tree, so that one mistake cannot be in both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from terrascope.masks.rle import area, decode
from terrascope_lab.bench.samples import LETTERS

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
#: A printed value may be off by half of its last digit.
_ROUNDING = {"%": 0.05, "ha": 0.05, "m²": 0.5, "m": 0.5}


def check(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (sample id, what is wrong); an empty text where the answer is right."""
    import pyarrow.parquet as pq

    names = ["id", "candidates", "answer", "task_type", "masks", "valid_px", "gsd_m", "value"]
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=64, columns=names):
            for row in batch.to_pylist():
                yield str(row["id"]), _wrong(row)


def _wrong(row: Mapping[str, Any]) -> str:
    options = list(json.loads(row["candidates"]).values())
    said = options[LETTERS.index(row["answer"])]
    masks: dict[str, Mapping[str, Any]] = json.loads(row["masks"])
    if len({option.casefold() for option in options}) != len(options):
        return f"options are not distinct: {options}"
    task = row["task_type"]
    if task == "CR":
        sizes = {name: area(rle) for name, rle in masks.items()}
        larger = max(sizes, key=lambda name: sizes[name])
        return "" if said == larger else f"{larger} is larger, not {said}"
    if task == "BRD":
        one, two = (_points(rle) for rle in masks.values())
        touching = _nearest(one, two, p=np.inf) <= 1
        return "" if said == ("Yes" if touching else "No") else f"touching is {touching}, the answer is {said}"
    value = row["value"] if task == "BCE" else _value(task, masks, row)
    return _nearest_option(value, options, said)


def _value(task: str, masks: Mapping[str, Mapping[str, Any]], row: Mapping[str, Any]) -> float:
    """True value in %, m2 or m."""
    rles = list(masks.values())
    if task == "CA":
        return 100 * area(rles[0]) / row["valid_px"]
    if task == "AQ":
        return float(area(rles[0]) * row["gsd_m"] ** 2)
    if task == "DM":
        one, two = (_opened(decode(rle)) for rle in rles)
        return _nearest(np.argwhere(one), np.argwhere(two)) * float(row["gsd_m"])
    before, after = (set(map(tuple, _points(rle).tolist())) for rle in rles)
    lost, gained = 100 * len(before - after) / row["valid_px"], 100 * len(after - before) / row["valid_px"]
    if task == "FL" or abs(gained - row["value"]) <= abs(lost - row["value"]):
        return gained
    return lost


def _nearest_option(value: float, options: list[str], said: str) -> str:
    wrong = []
    for option in options:
        number = _NUMBER.search(option)
        unit = option.rsplit(" ", 1)[-1]
        if number is None or unit not in _ROUNDING:
            return f"option {option!r} has no number with a unit"
        scale = 1e-4 if unit == "ha" else 1.0
        wrong.append(abs(float(number[0]) - value * scale))
    best = min(range(len(options)), key=lambda i: wrong[i])
    if options[best] != said:
        return f"the value is {value:.3f}, nearest to {options[best]}, the answer is {said}"
    limit = _ROUNDING[said.rsplit(" ", 1)[-1]] + 1e-6
    return "" if wrong[best] <= limit else f"the value is {value:.3f}, the answer {said} is off by {wrong[best]:.3f}"


def _points(rle: Mapping[str, Any]) -> NDArray[np.int64]:
    return np.argwhere(decode(rle)).astype(np.int64)


def _opened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Opening by a 3x3 square, by shifted minima and maxima (outside is empty)."""

    def shifted(array: NDArray[np.bool_], join: Any) -> NDArray[np.bool_]:
        wide = np.pad(array, 1)
        height, width = array.shape
        result = wide[1 : height + 1, 1 : width + 1]
        for row in range(3):
            for col in range(3):
                result = join(result, wide[row : row + height, col : col + width])
        return result

    return shifted(shifted(mask, np.logical_and), np.logical_or)


def _nearest(one: NDArray[np.int64], two: NDArray[np.int64], p: float = 2.0) -> float:
    from scipy.spatial import cKDTree

    return float(cKDTree(one).query(two, p=p)[0].min())
