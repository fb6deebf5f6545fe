"""COCO run-length encoding in plain numpy, byte for byte that of `pycocotools` (maskApi.c).

Runs go down the columns (Fortran order), beginning with a run of zeros. The compressed form writes each run, from the
third on as the difference to the run two before, in groups of five bits, lowest first, with 48 added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict, Union

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.masks.errors import MaskError
from terrascope.masks.types import Mask


class Rle(TypedDict):
    """COCO RLE: `size` is [height, width]; `counts` a list of runs, or their compressed form as ASCII text."""

    size: list[int]
    counts: Union[list[int], str]


def encode(mask: NDArray[np.generic], *, compress: bool = True) -> Rle:
    """Encode a mask, [H, W], nonzero is inside. `compress` chooses text instead of a list of runs."""
    array = np.asarray(mask)
    if array.ndim != 2:
        raise MaskError(f"A mask must have two dimensions to be encoded, this one has the shape {array.shape}.")
    runs = _runs(array)
    counts: list[int] | str = _compress(runs).decode("ascii") if compress else runs.tolist()
    return Rle(size=[int(array.shape[0]), int(array.shape[1])], counts=counts)


def decode(rle: Mapping[str, Any]) -> Mask:
    """Decode a mask to bool [H, W]; `counts` may be a list, text or bytes.

    Raises
    ------
    MaskError
        If the runs do not add up to the size, or the text is not a compressed RLE.
    """
    height, width = _size(rle)
    runs = runs_of(rle)
    if int(runs.sum()) != height * width:
        raise MaskError(
            f"The runs of an RLE mask add up to {int(runs.sum())}, its size {height}x{width} needs {height * width}.",
            "Give it the size of the image that it was made on.",
        )
    values = np.zeros(len(runs), bool)
    values[1::2] = True
    if height * width <= large.KEEP_BYTES:
        return np.repeat(values, runs).reshape(width, height).T
    return _decoded_by_columns(values, runs, height, width)


def _decoded_by_columns(values: Mask, runs: NDArray[np.int64], height: int, width: int) -> Mask:
    """A mask of many pixels, some columns at a time, as an array that memory need not hold."""
    packed = np.zeros((height, -(-width // 8)), np.uint8)
    ends = np.cumsum(runs)
    for columns in _panels(height, width):
        start, stop = columns.start * height, columns.stop * height
        first, last = np.searchsorted(ends, (start, stop - 1), side="right")
        lengths = np.diff(np.minimum(ends[first : last + 1], stop), prepend=start)
        panel = np.repeat(values[first : last + 1], lengths).reshape(-1, height).T
        packed[:, columns.start // 8 : -(-columns.stop // 8)] = np.packbits(panel, axis=1)
    mask: Mask = large.empty((height, width), np.bool_)
    for rows in large.strips(mask.shape):
        mask[rows] = np.unpackbits(packed[rows], axis=1, count=width)
        large.release(mask)
    return mask


def _panels(height: int, width: int) -> Iterator[slice]:
    """Cut an image into panels of columns, a multiple of eight but for the last."""
    step = max(8, large.STRIP // max(height, 1) // 8 * 8)
    for first in range(0, width, step):
        yield slice(first, min(first + step, width))


def _columns(mask: NDArray[np.generic]) -> Iterator[tuple[int, Mask]]:
    """First column and columns, bool [H, n], of each panel. A mask that lives in a file is gone through by rows, once,
    and held as bits: its columns lie far apart."""
    height, width = mask.shape
    packed = None
    if large.in_file(mask):
        packed = np.empty((height, -(-width // 8)), np.uint8)
        for rows in large.strips(mask.shape):
            packed[rows] = np.packbits(np.asarray(mask[rows], np.bool_), axis=1)
            large.release(mask)
    for columns in _panels(height, width):
        if packed is None:
            yield columns.start, np.asarray(mask[:, columns], np.bool_)
        else:
            bits = packed[:, columns.start // 8 : -(-columns.stop // 8)]
            yield columns.start, np.unpackbits(bits, axis=1, count=columns.stop - columns.start).view(np.bool_)


def area(rle: Mapping[str, Any]) -> int:
    """Pixels inside, without decoding."""
    return int(runs_of(rle)[1::2].sum())


def iou(one: Mapping[str, Any], two: Mapping[str, Any]) -> float:
    """Intersection over union of two encoded masks of one size, without decoding; 1 for two empty masks.

    Raises
    ------
    MaskError
        If the sizes differ.
    """
    if _size(one) != _size(two):
        raise MaskError(
            f"Masks of the sizes {_size(one)} and {_size(two)} cannot be compared.", "Resample one of them."
        )
    ends_one, ends_two = np.cumsum(runs_of(one)), np.cumsum(runs_of(two))
    ends = np.union1d(ends_one, ends_two)
    lengths = np.diff(ends, prepend=0)
    starts = ends - lengths
    inside_one = np.searchsorted(ends_one, starts, side="right") % 2 == 1
    inside_two = np.searchsorted(ends_two, starts, side="right") % 2 == 1
    union = int(lengths[inside_one | inside_two].sum())
    return int(lengths[inside_one & inside_two].sum()) / union if union else 1.0


def runs_of(rle: Mapping[str, Any]) -> NDArray[np.int64]:
    """Runs of an RLE, compressed or not, int64.

    Raises
    ------
    MaskError
        If a run is negative or the text is damaged.
    """
    counts = rle.get("counts")
    if isinstance(counts, (str, bytes)):
        runs = _decompress(counts)
    elif isinstance(counts, (Sequence, np.ndarray)):
        runs = np.asarray(counts, dtype=np.int64).reshape(-1)
    else:
        raise MaskError(f"An RLE mask needs 'counts' as a list or text, not {type(counts).__name__}.")
    if runs.size and int(runs.min()) < 0:
        raise MaskError(f"An RLE mask has the negative run {int(runs.min())}: it is damaged.")
    return runs


def _size(rle: Mapping[str, Any]) -> tuple[int, int]:
    size = rle.get("size")
    if not isinstance(size, (Sequence, np.ndarray)) or len(size) != 2 or min(int(v) for v in size) < 0:
        raise MaskError(f"An RLE mask needs 'size' as [height, width], not {size!r}.")
    return int(size[0]), int(size[1])


def _runs(mask: NDArray[np.generic]) -> NDArray[np.int64]:
    height, width = mask.shape
    if height * width == 0:
        return np.zeros(1, np.int64)  # one run of nothing, as pycocotools has it
    inside = False
    edges: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
    for first, columns in _columns(mask):
        flat = np.ascontiguousarray(columns.T).reshape(-1)
        start = first * height
        if bool(flat[0]) != inside:
            edges.append(np.array([start], np.int64))
        edges.append(np.flatnonzero(flat[1:] != flat[:-1]) + (start + 1))
        inside = bool(flat[-1])
    edges.append(np.array([height * width], np.int64))
    ends: NDArray[np.int64] = np.concatenate(edges)
    return ends[1:] - ends[:-1]


def _compress(runs: NDArray[np.int64]) -> bytes:
    values = runs.copy()
    values[3:] -= runs[1:-2]
    groups = []
    active = np.ones(len(values), bool)
    while active.any():
        bits = values & 0x1F
        values >>= 5
        more = np.where(bits & 0x10, values != -1, values != 0)
        groups.append(np.where(active, np.where(more, bits | 0x20, bits) + 48, 0))
        active &= more
    if not groups:
        return b""
    table = np.stack(groups, axis=1).astype(np.uint8)
    return table[table > 0].tobytes()


def _decompress(text: str | bytes) -> NDArray[np.int64]:
    data = text.encode("ascii", "replace") if isinstance(text, str) else bytes(text)
    codes = np.frombuffer(data, np.uint8).astype(np.int64) - 48
    if codes.size == 0:
        return np.zeros(0, np.int64)
    last = (codes & 0x20) == 0
    if codes.min() < 0 or codes.max() > 63 or not last[-1]:
        raise MaskError("The text of a compressed RLE mask is damaged.", "Check that it was copied whole.")
    ends = np.flatnonzero(last)
    starts = np.concatenate([[0], ends[:-1] + 1])
    place = np.arange(codes.size) - np.repeat(starts, ends - starts + 1)
    if int(place.max()) > 11:
        raise MaskError("The text of a compressed RLE mask holds a number of more than 60 bits: it is damaged.")
    values = np.add.reduceat((codes & 0x1F) << (5 * place), starts)
    negative = (codes[ends] & 0x10) != 0
    values -= np.where(negative, np.int64(1) << np.minimum(5 * (place[ends] + 1), 62), 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values
