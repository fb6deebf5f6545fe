"""Quantities that every cell of a grid has (area, edge length), summed over many cells without storing them all.

A position is (row, column) in pixels, counted from the outer corner of the first pixel: the centre of the first pixel
is (0.5, 0.5). Element (i, j) of a count array stands at (i + row0, j + col0).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Counts = NDArray[Any]
CellFunction = Callable[[Floats, Floats], Floats]

_BLOCK = 1 << 22  # cells that are held as float64 at one time: 32 MiB
_TOLERANCE = 1e-7


class Quantity(Protocol):
    """A value at every position of a grid."""

    def total(self, counts: Counts, row0: float = 0.5, col0: float = 0.5) -> float:
        """Sum of value times count; `counts` is bool or integer [H, W]."""

    def at(self, rows: Floats, cols: Floats) -> Floats:
        """Values at positions."""


@dataclass(frozen=True)
class Constant:
    """The same value everywhere."""

    value: float

    def total(self, counts: Counts, row0: float = 0.5, col0: float = 0.5) -> float:
        """See `Quantity.total`."""
        number = np.count_nonzero(counts) if counts.dtype == np.bool_ else int(counts.sum(dtype=np.int64))
        return float(number) * self.value

    def at(self, rows: Floats, cols: Floats) -> Floats:
        """See `Quantity.at`."""
        return np.full(np.broadcast(rows, cols).shape, self.value)


@dataclass(frozen=True)
class Rowwise:
    """A value that depends on the row only (cells between parallels)."""

    function: Callable[[Floats], Floats]

    def total(self, counts: Counts, row0: float = 0.5, col0: float = 0.5) -> float:
        """See `Quantity.total`."""
        rows = np.arange(counts.shape[0], dtype=np.float64) + row0
        return float(row_counts(counts) @ self.function(rows))

    def at(self, rows: Floats, cols: Floats) -> Floats:
        """See `Quantity.at`."""
        return np.broadcast_to(self.function(np.asarray(rows)), np.broadcast(rows, cols).shape)


@dataclass(frozen=True)
class Smooth:
    """A smooth value, interpolated in both directions between Chebyshev nodes (barycentric form)."""

    row_nodes: Floats
    col_nodes: Floats
    values: Floats

    def total(self, counts: Counts, row0: float = 0.5, col0: float = 0.5) -> float:
        """See `Quantity.total`."""
        height, width = counts.shape
        right = _basis(np.arange(width) + col0, self.col_nodes)
        result = 0.0
        step = max(1, _BLOCK // max(width, 1))
        for first in range(0, height, step):
            block = counts[first : first + step]
            left = _basis(np.arange(first, first + len(block)) + row0, self.row_nodes)
            result += float(np.sum((left.T @ (block.astype(np.float64) @ right)) * self.values))
        return result

    def at(self, rows: Floats, cols: Floats) -> Floats:
        """See `Quantity.at`."""
        rows, cols = np.broadcast_arrays(np.asarray(rows, np.float64), np.asarray(cols, np.float64))
        left = _basis(rows.ravel(), self.row_nodes)
        right = _basis(cols.ravel(), self.col_nodes)
        return np.einsum("ki,ij,kj->k", left, self.values, right).reshape(rows.shape)


@dataclass(frozen=True)
class Direct:
    """A value that is computed for each counted cell; cells where it is not finite (off the Earth) add nothing."""

    function: CellFunction

    def total(self, counts: Counts, row0: float = 0.5, col0: float = 0.5) -> float:
        """See `Quantity.total`."""
        result = 0.0
        step = max(1, _BLOCK // (4 * max(counts.shape[1], 1)))
        for first in range(0, counts.shape[0], step):
            block = counts[first : first + step]
            rows, cols = np.nonzero(block)
            if rows.size:
                values = self.at(rows + (first + row0), cols + col0)
                result += float(np.sum(values * block[rows, cols]))
        return result

    def at(self, rows: Floats, cols: Floats) -> Floats:
        """See `Quantity.at`."""
        values = self.function(np.asarray(rows, np.float64), np.asarray(cols, np.float64))
        return np.where(np.isfinite(values), values, 0.0)


def row_counts(counts: Counts) -> Floats:
    """Sum of each row, float64 [H]; quick for bool arrays."""
    if counts.dtype == np.bool_:
        return np.count_nonzero(counts, axis=1).astype(np.float64)
    return counts.sum(axis=1, dtype=np.float64)


def fit(function: CellFunction, height: int, width: int) -> Smooth | Direct:
    """Interpolate `function(rows, cols)` over a grid to a relative error of 1e-7, or else compute it directly."""
    rng = np.random.default_rng(16)
    rows, cols = rng.uniform(0, height, 64), rng.uniform(0, width, 64)
    truth = function(rows, cols)
    if np.all(np.isfinite(truth)):
        for order in (5, 9, 17, 33):
            row_nodes, col_nodes = _nodes(height, order), _nodes(width, order)
            grid_rows, grid_cols = np.meshgrid(row_nodes, col_nodes, indexing="ij")
            values = function(grid_rows, grid_cols)
            if not np.all(np.isfinite(values)):
                break
            candidate = Smooth(row_nodes, col_nodes, values)
            if np.max(np.abs(candidate.at(rows, cols) - truth)) <= _TOLERANCE * np.max(np.abs(truth)):
                return candidate
    return Direct(function)


def _nodes(length: int, order: int) -> Floats:
    angle = np.pi * np.arange(order) / (order - 1)
    return 0.5 * length * (1.0 - np.cos(angle))


def _basis(positions: Floats, nodes: Floats) -> Floats:
    """Lagrange basis in barycentric form for Chebyshev points of the second kind, float64 [positions, nodes]."""
    weights = np.where(np.arange(len(nodes)) % 2 == 0, 1.0, -1.0)
    weights[[0, -1]] *= 0.5
    difference = positions[:, None] - nodes[None, :]
    hit = difference == 0.0
    difference[hit] = 1.0
    basis = weights / difference
    basis /= basis.sum(axis=1, keepdims=True)
    exact = hit.any(axis=1)
    basis[exact] = hit[exact]
    return basis
