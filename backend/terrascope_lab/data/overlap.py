"""Which patches of a set show, in part, the same ground: their numbers do not tell.

python -m terrascope_lab.data.overlap --data ../shared/data
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_DEM, _REFL = 24, 12  # pixels of a row that are compared
_DISTINCT = 9  # heights in such a row; flat ground says nothing
_SEEN = 4  # matching rows that agree on the offset
_SMALLEST = 400  # pixels


def links(dem: NDArray[np.int16], refl: NDArray[np.int16]) -> list[tuple[int, int]]:
    """Return the pairs of patches that overlap: dem [N, H, W] in m and one band of reflectance [N, H, W].

    Rows of equal heights or equal reflectance vote for an offset; the pair counts where the heights of the whole
    overlap are then the same.
    """
    count, size = dem.shape[0], dem.shape[1]
    places: defaultdict[bytes, list[tuple[int, int, int]]] = defaultdict(list)
    for i in range(count):
        for row in range(0, size, 2):
            for col in range(0, size - _DEM, 8):
                if len(np.unique(dem[i, row, col : col + _DEM])) >= _DISTINCT:
                    places[b"d" + dem[i, row, col : col + _DEM].tobytes()].append((i, row, col))
                places[b"r" + refl[i, row, col : col + _REFL].tobytes()].append((i, row, col))
    votes: defaultdict[tuple[int, int], Counter[tuple[int, int]]] = defaultdict(Counter)
    for i in range(count):
        for row in range(0, size, 3):
            for col in range(size - _DEM + 1):
                keys = (
                    b"d" + dem[i, row, col : col + _DEM].tobytes(),
                    b"r" + refl[i, row, col : col + _REFL].tobytes(),
                )
                for key in keys:
                    for j, there_row, there_col in places.get(key, ()):
                        if j != i:
                            votes[i, j][row - there_row, col - there_col] += 1
    out = set()
    for (a, b), offsets in votes.items():
        (down, right), seen = offsets.most_common(1)[0]
        rows, cols = size - abs(down), size - abs(right)
        if seen < _SEEN or rows * cols < _SMALLEST:
            continue
        first = dem[a, max(down, 0) :, max(right, 0) :][:rows, :cols]
        second = dem[b, max(-down, 0) :, max(-right, 0) :][:rows, :cols]
        if (first == second).mean() > 0.98 and len(np.unique(first)) > 3:
            out.add((min(a, b), max(a, b)))
    return sorted(out)


def read(root: Path) -> list[tuple[int, int]]:
    """Return `links` of the HLS patches under a data folder."""
    with np.load(root / "hls_worldcover" / "hls_worldcover_train.npz") as stored:
        return links(stored["dem"], np.ascontiguousarray(stored["refl"][:, 4]))


_RUN = 6  # pixels of a row that are compared in every band
_FLAT = 2.0  # spread of such a run below which it says nothing
_AGREE = 3  # matching runs that agree on the offset


def same_pixels(patches: NDArray[np.uint8]) -> list[tuple[int, int]]:
    """Return the pairs of patches [N, B, H, W] that hold the same pixels, bit for bit, at some offset."""
    count, bands, size, _ = patches.shape
    pixels = np.ascontiguousarray(patches.transpose(0, 2, 3, 1))
    places: defaultdict[bytes, list[tuple[int, int, int]]] = defaultdict(list)
    for i in range(count):
        for row in range(0, size, 4):
            for col in range(0, size - _RUN, 8):
                run = pixels[i, row, col : col + _RUN]
                if run.std() > _FLAT:
                    places[run.tobytes()].append((i, row, col))
    votes: defaultdict[tuple[int, int], Counter[tuple[int, int]]] = defaultdict(Counter)
    for i in range(count):
        for row in range(0, size, 3):
            line = pixels[i, row].tobytes()
            for col in range(size - _RUN + 1):
                for j, there_row, there_col in places.get(line[bands * col : bands * (col + _RUN)], ()):
                    if j != i:
                        votes[i, j][row - there_row, col - there_col] += 1
    out = set()
    for (a, b), offsets in votes.items():
        (down, right), seen = offsets.most_common(1)[0]
        rows, cols = size - abs(down), size - abs(right)
        if seen < _AGREE:
            continue
        first = patches[a, :, max(down, 0) :, max(right, 0) :][:, :rows, :cols]
        second = patches[b, :, max(-down, 0) :, max(-right, 0) :][:, :rows, :cols]
        if (first == second).all():
            out.add((min(a, b), max(a, b)))
    return sorted(out)


def connected(count: int, pairs: list[tuple[int, int]]) -> list[int]:
    """Return for each of `count` patches the lowest number of those that pairs tie it to."""
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for a, b in pairs:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    return [root(i) for i in range(count)]


def main() -> None:
    """Command line: prints the overlapping pairs whose regions differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    root = parser.parse_args().data
    with np.load(root / "hls_worldcover" / "hls_worldcover_train.npz") as stored:
        region = stored["region"]
    pairs = [(a, b) for a, b in read(root) if region[a] != region[b]]
    for a, b in pairs:
        sys.stdout.write(f"patch {a} of region {region[a]} overlaps patch {b} of region {region[b]}\n")
    regions = {(min(region[a], region[b]), max(region[a], region[b])) for a, b in pairs}
    sys.stdout.write(f"{len(pairs)} pairs of patches, {len(regions)} pairs of regions\n")
    with np.load(root / "europe_s2" / "europe_s2_train.npz") as stored:
        patches = stored["refl_sqrt"]
    tied = connected(len(patches), same_pixels(patches))
    sizes = Counter(tied)
    shared = sum(size for size in sizes.values() if size > 1)
    sys.stdout.write(f"Europe: {shared} of {len(patches)} patches share ground with others, {len(sizes)} places\n")


if __name__ == "__main__":
    main()
