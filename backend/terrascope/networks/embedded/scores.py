"""Class probabilities of every pixel of a view, in memory or, where that would be much, in a temporary file."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.networks import stopping

Floats = NDArray[np.float32]

_TOP = 65535  # a file holds whole numbers of 1 / 65535
#: Bytes of a pixel and class in a file.
FILE_BYTES = 2


class Rows(Protocol):
    """Takes rows of class probabilities, from the first row on."""

    def put(self, row: int, values: Floats) -> None:
        """Store rows, float32 [classes, n, W], from `row` on."""


class Scores:
    """Class probabilities, [classes, H, W].

    What is put is rounded to 1 / 65535, in memory as in the file that they live in beyond `large.KEEP_BYTES`: the same
    view has the same masks either way.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.shape = shape
        wide = 4 * math.prod(shape) > large.KEEP_BYTES
        self._values = large.empty(shape, np.uint16 if wide else np.float32)
        self.kept: dict[str, NDArray[np.float64]] = {}  #: what was worked out of them

    @classmethod
    def of(cls, values: Floats) -> Scores:
        """Wrap probabilities that are in memory."""
        found = cls.__new__(cls)
        found.shape = (values.shape[0], values.shape[1], values.shape[2])
        found._values, found.kept = values, {}
        return found

    def put(self, row: int, values: Floats) -> None:
        """See `Rows`."""
        rows = slice(row, row + values.shape[1])
        if self._values.dtype == np.uint16:
            for plane, value in zip(self._values, values):
                plane[rows] = np.rint(value * np.float32(_TOP)).astype(np.uint16)
            large.release(self._values)
        else:
            for plane, value in zip(self._values, values):
                plane[rows] = np.rint(value * np.float32(_TOP)) * np.float32(1 / _TOP)

    def rows(self, rows: slice) -> Floats:
        """Return the rows of a slice, float32 [classes, n, W]."""
        found = self._values[:, rows]
        if self._values.dtype == np.uint16:
            found = found.astype(np.float32)
            found *= np.float32(1 / _TOP)
            large.release(self._values)
        return np.asarray(found, np.float32)

    def strips(self) -> Iterator[tuple[slice, Floats]]:
        """Yield slices of rows and their probabilities, top to bottom.

        Raises
        ------
        Interrupted
            If the job of this thread was stopped.
        """
        for rows in large.strips(self.shape[1:], large.STRIP // 4 if self._values.dtype == np.uint16 else 1 << 62):
            stopping.check()
            yield rows, self.rows(rows)

    @property
    def in_file(self) -> bool:
        """True where they are not in memory."""
        return self._values.dtype == np.uint16

    def whole(self) -> Floats:
        """Return all, float32 [classes, H, W]."""
        return self.rows(slice(None))
