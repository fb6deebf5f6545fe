"""Confusion matrices, IoU, accuracy, calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from terrascope.landcover import ATOMS
from terrascope_lab.data.legends import bits

EIGHT: tuple[str, ...] = ("water", "tree", "shrub", "grass", "crop", "built", "bare", "wetland")
FIVE: tuple[str, ...] = ("building", "bare", "road", "vegetation", "water")
_MEMBERS = {"vegetation": ("tree", "grass", "crop", "shrub", "wetland"), "built": ("built", "building", "road")}


def members(name: str) -> tuple[str, ...]:
    """Return the atoms of a class."""
    return _MEMBERS.get(name, (name,))


def grouped(probabilities: NDArray[np.float32], classes: tuple[str, ...]) -> NDArray[np.float32]:
    """Add up atoms into classes, [len(classes), ...]; "built" takes buildings and roads unless they are classes too."""
    out = []
    for name in classes:
        own = members(name)
        own = tuple(m for m in own if m == name or m not in classes)
        out.append(sum(probabilities[ATOMS.index(m)] for m in own))
    return np.stack(out)


def truth(allowed: NDArray[np.uint16], classes: tuple[str, ...]) -> NDArray[np.int64]:
    """Return class indices; -1 where the label is none of the classes, or several."""
    out = np.full(allowed.shape, -1, np.int64)
    for i, name in enumerate(classes):
        hit = (allowed > 0) & ((allowed & ~np.uint16(bits(*members(name)))) == 0)
        if name == "built":
            hit = allowed == bits("built")
        out[hit] = i
    return out


def confusion(predicted: NDArray[np.int64], true: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """Rows true, columns predicted; true -1 left out."""
    known = true >= 0
    return np.bincount(true[known] * classes + predicted[known], minlength=classes**2).reshape(classes, classes)


def scores(matrix: NDArray[np.int64]) -> tuple[NDArray[np.float64], float, float]:
    """Return IoU by class (NaN where absent), mean over the classes present, accuracy."""
    true, predicted, hit = matrix.sum(1), matrix.sum(0), np.diag(matrix)
    union = true + predicted - hit
    iou = np.where(true > 0, hit / np.maximum(union, 1), np.nan)
    return iou, float(np.nanmean(iou)), float(hit.sum() / max(matrix.sum(), 1))


def binary_iou(predicted: NDArray[np.bool_], true: NDArray[np.bool_]) -> tuple[int, int]:
    """Return intersection and union in pixels."""
    return int((predicted & true).sum()), int((predicted | true).sum())


class Reliability:
    """Expected calibration error of the top class, 15 bins."""

    def __init__(self) -> None:
        self.sums = np.zeros((15, 3))

    def add(self, confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> None:
        """Add pixels."""
        place = np.clip((confidence * 15).astype(int), 0, 14)
        for column, values in enumerate((np.ones(place.size), confidence, right)):
            self.sums[:, column] += np.bincount(place.ravel(), weights=np.ravel(values), minlength=15)

    @property
    def error(self) -> float:
        """Mean gap between confidence and accuracy."""
        count = np.maximum(self.sums[:, 0], 1)
        gap = np.abs(self.sums[:, 1] - self.sums[:, 2]) / count
        return float((gap * self.sums[:, 0]).sum() / max(self.sums[:, 0].sum(), 1))
