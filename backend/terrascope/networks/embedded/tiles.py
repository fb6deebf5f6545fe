"""Cutting an array into overlapping windows and blending what comes back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from terrascope.networks.embedded.scores import Rows


class Window(NamedTuple):
    """Square-free window: first row, first column, rows and columns (may reach beyond a small image)."""

    row: int
    col: int
    rows: int
    cols: int


def starts(length: int, largest: int, overlap: int, multiple: int) -> tuple[list[int], int]:
    """Return the first index of each window along an axis and the window length, a multiple of `multiple`."""
    if length <= largest:
        return [0], math.ceil(length / multiple) * multiple
    count = math.ceil((length - overlap) / (largest - overlap))
    size = math.ceil((length + (count - 1) * overlap) / count / multiple) * multiple
    return [round(i * (length - size) / (count - 1)) for i in range(count)], size


def windows(height: int, width: int, largest: int, overlap: int, multiple: int) -> Iterator[Window]:
    """Yield windows that cover a height x width image, row by row, all of one size."""
    rows, tall = starts(height, largest, overlap, multiple)
    cols, wide = starts(width, largest, overlap, multiple)
    for row in rows:
        for col in cols:
            yield Window(row, col, tall, wide)


def ramp(length: int, overlap: int) -> NDArray[np.float32]:
    """Blending weight along an axis: rises over `overlap` pixels at both ends, never 0. float32 [length]."""
    distance = np.minimum(np.arange(length), np.arange(length)[::-1]) + 1.0
    return np.minimum(distance / max(overlap, 1), 1.0).astype(np.float32)


def cut(stack: NDArray[np.float32], window: Window) -> NDArray[np.float32]:
    """Return a window of [C, H, W] as [C, rows, cols], mirrored at the edge where the image is smaller."""
    part = stack[:, window.row : window.row + window.rows, window.col : window.col + window.cols]
    below, right = window.rows - part.shape[1], window.cols - part.shape[2]
    if below or right:
        part = np.pad(part, ((0, 0), (0, below), (0, right)), mode="symmetric")
    return np.ascontiguousarray(part, dtype=np.float32)


_PASSED_ON = 32  # rows that are passed on at a time


class Blend:
    """Windows of an image, blended where they overlap, and passed on by rows once no further window can add to them.

    Parameters
    ----------
    classes, height, width
        Shape of what is blended.
    overlap
        Pixels over which the weight of a window rises at its edges.
    into
        Takes the finished rows.
    """

    def __init__(self, classes: int, height: int, width: int, overlap: int, into: Rows) -> None:
        self._classes, self._height, self._width = classes, height, width
        self._overlap, self._into = overlap, into
        self._first, self._rows = 0, 0
        self._total = np.zeros((classes, 0, width), np.float32)
        self._weight = np.zeros((0, width), np.float32)
        self._valid = np.zeros((0, width), np.bool_)

    def begin(self, row: int, rows: int, valid: NDArray[np.bool_]) -> None:
        """Begin a row of windows, `rows` high from `row` on; `valid`, bool [n, W], are its pixels inside the image."""
        if rows > self._total.shape[1]:
            if self._rows:
                raise ValueError("All windows have one height.")
            self._total = np.zeros((self._classes, min(rows, self._height), self._width), np.float32)
            self._weight = np.zeros(self._total.shape[1:], np.float32)
            self._valid = np.zeros(self._total.shape[1:], np.bool_)
        done = row - self._first
        if done > 0:
            self._pass_on(done)
        self._rows = valid.shape[0]
        self._valid[: self._rows] = valid

    def add(self, place: Window, found: NDArray[np.float32]) -> None:
        """Add what was found in a window of the row that was begun, float32 [classes, rows, cols]."""
        rows, cols = self._rows, min(place.cols, self._width - place.col)
        blend = np.outer(ramp(place.rows, self._overlap), ramp(place.cols, self._overlap))[:rows, :cols]
        here = np.s_[:rows, place.col : place.col + cols]
        self._total[:, here[0], here[1]] += found[:, :rows, :cols] * blend
        self._weight[here] += blend

    def finish(self) -> None:
        """Pass on what is left."""
        self._pass_on(self._rows)

    def _pass_on(self, rows: int) -> None:
        for first in range(0, rows, _PASSED_ON):
            some = slice(first, min(first + _PASSED_ON, rows))
            scale = (self._valid[some] / np.maximum(self._weight[some], 1e-12)).astype(np.float32)
            self._into.put(self._first + first, self._total[:, some] * scale)
        kept = self._rows - rows
        for array in (self._weight, self._valid, *self._total):
            array[:kept] = array[rows : rows + kept].copy()
            array[kept:] = 0
        self._first, self._rows = self._first + rows, kept
