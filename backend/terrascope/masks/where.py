"""Where in the image a mask lies: ninths of the image, as compass words or image words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from terrascope.masks.geodesy import Ground
from terrascope.masks.regions import Profile, cuts, profile
from terrascope.masks.types import Mask

COMPASS: tuple[str, ...] = (
    "north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west",
)  # fmt: skip
CENTRE = "centre"
IMAGE_WORDS: dict[tuple[int, int], str] = {
    (-1, -1): "upper left", (-1, 0): "top", (-1, 1): "upper right",
    (0, -1): "left", (0, 0): CENTRE, (0, 1): "right",
    (1, -1): "lower left", (1, 0): "bottom", (1, 1): "lower right",
}  # fmt: skip


def words(ground: Ground) -> dict[tuple[int, int], str]:
    """Word for each ninth of the image, keyed by (row, column) in -1, 0, 1.

    With a CRS that is tied to the Earth they are compass words, whatever way the image is turned: each ninth has the
    compass point (in steps of 45 degrees) that is nearest to its bearing from the image's centre.
    """
    axes = ground.directions()
    if axes is None:
        return dict(IMAGE_WORDS)
    result = {}
    for row, col in IMAGE_WORDS:
        if (row, col) == (0, 0):
            result[row, col] = CENTRE
            continue
        east, north = col * axes[0] + row * axes[1]
        bearing = np.degrees(np.arctan2(east, north))
        result[row, col] = COMPASS[int(np.rint(bearing / 45.0)) % 8]
    return result


def ninth(row: float, col: float, height: int, width: int) -> tuple[int, int]:
    """Ninth of the image that a position (pixel centres at halves) lies in, each of row and column -1, 0 or 1."""
    return int(np.clip(row * 3 // height, 0, 2)) - 1, int(np.clip(col * 3 // width, 0, 2)) - 1


def ninth_counts(mask: Mask) -> NDArray[np.int64]:
    """Mask pixels in each ninth, int64 [3, 3]; a pixel belongs to the ninth that holds its centre."""
    return ninths_of(profile(mask))


def ninths_of(found: Profile) -> NDArray[np.int64]:
    """The same, from a mask's profile."""
    upper, lower = cuts(len(found.by_row))
    thirds = found.by_row[:upper], found.by_row[upper:lower], found.by_row[lower:]
    return np.stack([third.sum(axis=0) for third in thirds])
