"""Masks from run-length encodings, and their geometry, by other means than the rules that made the samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
NINTHS = ("upper left", "top", "upper right", "left", "centre", "right", "lower left", "bottom", "lower right")


class BadMask(ValueError):
    """A mask cannot be decoded."""


def decode(rle: Mapping[str, Any]) -> Mask:
    """Decode a COCO run-length encoding to bool [H, W].

    Raises
    ------
    BadMask
        If it is damaged.
    """
    height, width = rle["size"]
    counts = rle["counts"]
    runs = _numbers(counts) if isinstance(counts, str) else [int(value) for value in counts]
    if any(run < 0 for run in runs) or sum(runs) != height * width:
        raise BadMask(f"runs of a mask make {sum(runs)} pixels, not {height} x {width}")
    flat = np.zeros(height * width, bool)
    at = 0
    for index, run in enumerate(runs):
        if index % 2:
            flat[at : at + run] = True
        at += run
    return flat.reshape((height, width), order="F")


def _numbers(text: str) -> list[int]:
    """Runs from COCO's text: five bits a character, lowest first, from the third on as differences to two before."""
    runs: list[int] = []
    value = shift = 0
    for char in text:
        bits = ord(char) - 48
        if not 0 <= bits < 64:
            raise BadMask(f"a mask holds the character {char!r}")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        runs.append(value + runs[-2] if len(runs) > 2 else value)
        value = shift = 0
    if shift:
        raise BadMask("a mask breaks off")
    return runs


def size(mask: Mask) -> int:
    """Pixels of a mask."""
    return int(mask.sum())


def _shifts(mask: Mask) -> list[Mask]:
    wide = np.pad(mask, 1)
    height, width = mask.shape
    return [wide[row : row + height, col : col + width] for row in range(3) for col in range(3)]


def grown(mask: Mask) -> Mask:
    """Every pixel that is in the mask or touches it, corners included."""
    return np.asarray(np.logical_or.reduce(_shifts(mask)), bool)


def shrunk(mask: Mask) -> Mask:
    """Every pixel whose eight neighbours are all in the mask (none beyond the image is)."""
    return np.asarray(np.logical_and.reduce(_shifts(mask)), bool)


def cleaned(mask: Mask) -> Mask:
    """The mask without what no 3x3 square fits into."""
    return grown(shrunk(mask))


def meet(one: Mask, two: Mask) -> bool:
    """Whether two masks touch or overlap."""
    return bool((grown(one) & two).any())


def part_sizes(mask: Mask) -> list[int]:
    """Sizes of the 8-connected parts, largest first, from the graph of neighbouring pixels."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    total = size(mask)
    if total == 0:
        return []
    number = np.full(mask.shape, -1, np.int64)
    number[mask] = np.arange(total)
    pairs = [
        (number[:, :-1], number[:, 1:]),
        (number[:-1], number[1:]),
        (number[:-1, :-1], number[1:, 1:]),
        (number[:-1, 1:], number[1:, :-1]),
    ]
    ends = [(a[(a >= 0) & (b >= 0)], b[(a >= 0) & (b >= 0)]) for a, b in pairs]
    rows, cols = (np.concatenate([each[side] for each in ends]) for side in (0, 1))
    graph = coo_matrix((np.ones(len(rows), np.int8), (rows, cols)), shape=(total, total))
    _, found = connected_components(graph, directed=False)
    return sorted(np.bincount(found).tolist(), reverse=True)


def _rim(mask: Mask) -> NDArray[np.float64]:
    """Positions of the pixels that are not surrounded by the mask."""
    return np.argwhere(mask & ~shrunk(mask)).astype(np.float64)


def gap(one: Mask, two: Mask) -> float:
    """Least distance between pixel centres of two masks that do not overlap, in pixels."""
    from scipy.spatial import cKDTree

    if (one & two).any():
        return 0.0
    distances, _ = cKDTree(_rim(two)).query(_rim(one), k=1)
    return float(np.min(distances))


def within(mask: Mask, to: Mask, limit: float) -> int:
    """Pixels of a mask whose centres lie at most `limit` pixels from a centre of another."""
    return size(mask) - beyond(mask, to, limit)


def beyond(mask: Mask, to: Mask, limit: float, inclusive: bool = False) -> int:
    """Pixels of a mask that lie farther than `limit` pixels from another (or, inclusive, as far)."""
    from scipy.spatial import cKDTree

    if not to.any():
        return size(mask)
    apart = mask & ~to
    points = np.argwhere(apart).astype(np.float64)
    if not len(points):
        return 0
    distances, _ = cKDTree(_rim(to)).query(points, k=1)
    slack = -1e-6 if inclusive else 1e-6
    return int((distances > limit + slack).sum())


def ninth_shares(mask: Mask) -> dict[str, float]:
    """Part of the mask in each ninth of the image."""
    rows, cols = np.nonzero(mask)
    height, width = mask.shape
    down = np.minimum(((rows + 0.5) / height * 3).astype(int), 2)
    right = np.minimum(((cols + 0.5) / width * 3).astype(int), 2)
    return {name: float(((down == i // 3) & (right == i % 3)).mean()) for i, name in enumerate(NINTHS)}


def main_ninth(mask: Mask) -> str | None:
    """The ninth with at least 40 % of the mask and at least half as much again as any other."""
    if not mask.any():
        return None
    order = sorted(ninth_shares(mask).items(), key=lambda item: -item[1])
    return order[0][0] if order[0][1] >= 0.4 - 1e-9 and order[0][1] >= 1.5 * order[1][1] - 1e-9 else None
