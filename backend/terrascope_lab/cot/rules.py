"""What is true of masks, by the rules of TerraScope-Bench: thresholds, and measures on the pixel grid.

All masks are bool [H, W] and lie within the valid pixels. Regions are 8-connected, "touching" is the 3x3 dilation of
one meeting the other, distances are between pixel centres, in pixels.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from terrascope.masks.regions import opened as opened
from terrascope.masks.regions import touching as touching
from terrascope.masks.where import ninth_counts

Mask = NDArray[np.bool_]

EIGHT = np.ones((3, 3), bool)
#: Least share of the valid pixels for a class whose cover, area or rank is asked.
MIN_SHARE = 0.05
#: Areas are ranked if they differ by more than this part of the larger one.
MIN_GAP = 0.10
#: Least share, and most regions, of classes whose boundary is asked.
BOUNDARY_SHARE, BOUNDARY_REGIONS = 0.03, 5
#: A distance is asked if the opened masks lie more than so many pixels apart, and each holds this share.
MIN_DISTANCE_PX, DISTANCE_SHARE = 10.0, 0.01
#: A class that is said to be present covers at least this share.
PRESENT_SHARE = 0.01
#: Regions smaller than this are not counted; more regions than MAX_COUNT are not asked for.
REGION_PX, MAX_COUNT = 9, 12
#: A class is said to lie in the ninth that holds this part of it, and this many times what any other holds.
PLACE_PART, PLACE_LEAD = 0.40, 1.5
#: Building damage: least number of buildings, and of destroyed ones.
DAMAGE_TOTAL, DAMAGE_DESTROYED = 10, 3

#: Words for the ninths of an image, row by row.
PLACES: tuple[str, ...] = (
    "upper left", "top", "upper right", "left", "centre", "right", "lower left", "bottom", "lower right",
)  # fmt: skip


def count(mask: Mask) -> int:
    """Pixels of a mask."""
    return int(np.count_nonzero(mask))


def regions(mask: Mask, least_px: int = 1) -> list[Mask]:
    """Regions of at least `least_px` pixels, largest first (the first in reading order where two are alike)."""
    numbered, found = ndimage.label(mask, EIGHT)
    sizes = np.bincount(numbered.reshape(-1), minlength=found + 1)[1:]
    order = sorted(range(found), key=lambda i: -int(sizes[i]))
    return [numbered == i + 1 for i in order if sizes[i] >= least_px]


def region_count(mask: Mask) -> int:
    """Number of regions."""
    return int(ndimage.label(mask, EIGHT)[1])


def distance_map(mask: Mask) -> NDArray[np.float64]:
    """Euclidean distance of every pixel to the nearest pixel of a mask that has one, float64 [H, W]."""
    return np.asarray(ndimage.distance_transform_edt(~mask), np.float64)


def ranked_apart(larger: int, smaller: int) -> bool:
    """Whether two areas may be ranked."""
    return larger - smaller > MIN_GAP * larger


def place_counts(mask: Mask) -> NDArray[np.int64]:
    """Pixels in each ninth of the image, int64 [9] in the order of `PLACES`; a pixel is where its centre is."""
    return ninth_counts(mask).reshape(-1)


def place_of(mask: Mask) -> str | None:
    """Word for the ninth that holds most of a mask; None where no ninth stands out."""
    counts = place_counts(mask)
    order = np.argsort(-counts, kind="stable")
    most, second = int(counts[order[0]]), int(counts[order[1]])
    if most < PLACE_PART * max(1, int(counts.sum())) or most < PLACE_LEAD * second:
        return None
    return PLACES[int(order[0])]


def ordered(sizes: Mapping[str, int]) -> list[str]:
    """Labels from the largest to the smallest."""
    return sorted(sizes, key=lambda label: -sizes[label])
