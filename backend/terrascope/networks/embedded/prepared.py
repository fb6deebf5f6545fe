"""Bands of a view as a vision network takes them, given row by row, so that a large view is never in memory as a
whole."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.networks import stopping
from terrascope.networks.embedded.scores import Rows
from terrascope.scene.types import Role, View

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
#: Brings bands [C, n, W] of valid pixels [n, W] to the network's units.
Units = Callable[[Floats, Bools], Floats]


_AT_ONCE = 1 << 20  # pixels that are worked on at one time


class Bands(NamedTuple):
    """Rows of an image: bands float32 [C, n, W] and which pixels are valid, bool [n, W]."""

    stack: Floats
    valid: Bools


class Image(Protocol):
    """An image that gives its rows."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""

    def rows(self, first: int, end: int) -> Bands:
        """Return rows `first` to `end`, without `end`."""


class Whole:
    """An image that is in memory."""

    def __init__(self, stack: Floats, valid: Bools) -> None:
        self._stack, self._valid = stack, valid

    @property
    def shape(self) -> tuple[int, int]:
        """See `Image`."""
        return self._valid.shape[0], self._valid.shape[1]

    def rows(self, first: int, end: int) -> Bands:
        """See `Image`."""
        return Bands(self._stack[:, first:end], self._valid[first:end])


class Streamed:
    """A view whose bands are brought to a network's units as they are asked for.

    Parameters
    ----------
    view
        The view; its pixels may live in a file.
    places
        Index of each band in the view's pixels, None for a band that it lacks.
    units
        What is done to bands.
    """

    def __init__(self, view: View, places: tuple[int | None, ...], units: Units) -> None:
        self._view, self._places, self._units = view, places, units
        self._mean = None if view.role is Role.SAR else self._mean_of_valid()
        self._room = Bands(np.empty((len(places), 0, 0), np.float32), np.empty((0, 0), np.bool_))

    @property
    def shape(self) -> tuple[int, int]:
        """See `Image`."""
        height, width = self._view.valid.shape
        return height, width

    def rows(self, first: int, end: int) -> Bands:
        """See `Image`. Where a pixel is not valid stands the mean of the valid ones of the whole view; 0 for radar.

        What is returned is overwritten by the next call: rows of a large view are not in memory twice.
        """
        shape = end - first, self.shape[1]
        if self._room.valid.shape != shape:
            self._room = Bands(np.empty((len(self._places), *shape), np.float32), np.empty(shape, np.bool_))
        stack, valid = self._room
        for some in large.strips(valid.shape, _AT_ONCE):
            bands, inside = self._bare(slice(first + some.start, first + some.stop))
            if self._mean is not None and not inside.all():
                bands = np.where(inside, bands, self._mean[:, None, None])
            stack[:, some], valid[some] = bands, inside
        return self._room

    def _bare(self, rows: slice) -> Bands:
        view = self._view
        pixels = view.pixels[:, rows]
        valid = view.valid[rows] & np.isfinite(pixels).all(0)
        stack = np.zeros((len(self._places), *valid.shape), np.float32)
        for band, place in enumerate(self._places):
            if place is not None:
                stack[band] = np.where(valid, pixels[place], 0)
        large.release(view.pixels, view.valid)
        return Bands(self._units(stack, valid), valid)

    def _mean_of_valid(self) -> NDArray[np.float32] | None:
        """Mean of each band over the valid pixels; None where all are valid, or none is."""
        if large.count(self._view.valid) == self._view.valid.size:
            return None
        sums, number = np.zeros(len(self._places)), 0
        for rows in large.strips(self.shape):
            stopping.check()
            stack, valid = self._bare(rows)
            number += int(np.count_nonzero(valid))
            sums += stack.sum((1, 2), where=valid, dtype=np.float64)
        return (sums / number).astype(np.float32) if number else None


class Shrunk:
    """An image of which `factor` x `factor` pixels are averaged to one, edges repeated, every pixel valid."""

    def __init__(self, image: Image, factor: int) -> None:
        self._image, self._factor = image, factor

    @property
    def shape(self) -> tuple[int, int]:
        """See `Image`."""
        height, width = self._image.shape
        return math.ceil(height / self._factor), math.ceil(width / self._factor)

    def rows(self, first: int, end: int) -> Bands:
        """See `Image`."""
        factor, height = self._factor, self._image.shape[0]
        stack, _ = self._image.rows(first * factor, min(end * factor, height))
        rows, cols = end - first, self.shape[1]
        missing = (0, rows * factor - stack.shape[1]), (0, cols * factor - stack.shape[2])
        padded = np.pad(stack, ((0, 0), *missing), mode="edge")
        means = padded.reshape(len(stack), rows, factor, cols, factor).mean((2, 4)).astype(np.float32)
        return Bands(means, np.ones((rows, cols), bool))


class Grown:
    """Passes rows on with every pixel repeated `factor` times down and across, 0 where not valid, bool [H, W]."""

    def __init__(self, below: Rows, valid: Bools, factor: int) -> None:
        self._below, self._valid, self._factor = below, valid, factor

    def put(self, row: int, values: Floats) -> None:
        """See `Rows`."""
        height, width = self._valid.shape
        for number in range(values.shape[1]):  # one coarse row at a time: all of them would be much
            top = (row + number) * self._factor
            valid = self._valid[top : min(top + self._factor, height)]
            fine = np.repeat(values[:, number], self._factor, 1)[:, None, :width]
            self._below.put(top, (fine * valid).astype(np.float32))


def _doubled(x: Floats, axis: int) -> Floats:
    """Twice as long along an axis, bilinear between pixel centres, edges repeated."""
    last = x.shape[axis] - 1
    before = x.take(np.maximum(np.arange(last + 1) - 1, 0), axis)
    after = x.take(np.minimum(np.arange(last + 1) + 1, last), axis)
    both = np.stack([0.75 * x + 0.25 * before, 0.75 * x + 0.25 * after], axis + 1)
    shape = list(x.shape)
    shape[axis] *= 2
    return np.asarray(both.reshape(shape), np.float32)


class Doubled:
    """An image whose pixels are made four, bilinear."""

    def __init__(self, image: Image) -> None:
        self._image = image

    @property
    def shape(self) -> tuple[int, int]:
        """See `Image`."""
        height, width = self._image.shape
        return 2 * height, 2 * width

    def rows(self, first: int, end: int) -> Bands:
        """See `Image`."""
        top, bottom = max(first // 2 - 1, 0), min((end + 1) // 2 + 1, self._image.shape[0])
        stack, valid = self._image.rows(top, bottom)
        here = slice(first - 2 * top, end - 2 * top)
        fine = _doubled(_doubled(stack, 1)[:, here], 2)
        return Bands(fine, np.repeat(np.repeat(valid, 2, 0)[here], 2, 1))


class Halved:
    """Passes rows on with 2 x 2 pixels averaged to one; there is an even number of rows in all."""

    def __init__(self, below: Rows) -> None:
        self._below = below
        self._odd: Floats | None = None  # a row that waits for its neighbour

    def put(self, row: int, values: Floats) -> None:
        """See `Rows`."""
        if self._odd is not None:
            values, row, self._odd = np.concatenate([self._odd, values], 1), row - 1, None
        if values.shape[1] % 2:
            self._odd, values = values[:, -1:].copy(), values[:, :-1]
        classes, rows, cols = values.shape
        if rows:
            means = values.reshape(classes, rows // 2, 2, cols // 2, 2).mean((2, 4))
            self._below.put(row // 2, means.astype(np.float32))
