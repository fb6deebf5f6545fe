"""What the mask algebra gives back. Every result has `to_dict`, with plain JSON values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Point = tuple[float, float]


class Method(str, Enum):
    """How an area or a length came about."""

    PROJECTED = "projected"  #: in the plane of the scene's CRS, units turned to metres
    GEODESIC = "geodesic"  #: on the ellipsoid of the scene's CRS
    NONE = "none"  #: no CRS: pixels and shares only


class PixelPoint(NamedTuple):
    """Row and column of a pixel."""

    row: int
    col: int


class Result:
    """Base of the results."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values; arrays (masks) are left out, nested results become nested objects."""
        pairs = ((item.name, getattr(self, item.name)) for item in fields(self))  # type: ignore[arg-type]
        return {name: _plain(value) for name, value in pairs if not isinstance(value, np.ndarray)}


def _plain(value: object) -> Any:
    if isinstance(value, Result):
        return value.to_dict()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value


@dataclass(frozen=True)
class Measurement(Result):
    """One mask, measured. Only valid pixels count.

    Attributes
    ----------
    pixels, valid_pixels, share
        Pixels of the mask, valid pixels of the image, and their ratio 0..1 (0 where no pixel is valid).
    area_m2, valid_area_m2, area_share
        Square metres, and the mask's part of the valid area by area (differs from `share` where cells differ in size).
        None without a CRS.
    area_method, area_note
        How the area came about, and a sentence for the user.
    components, largest_component_px
        Number of parts, pixels that touch by a corner belonging together, and the size of the largest.
    perimeter_px, perimeter_m
        Length of the pixel outlines, holes and image edge included, in pixel sides and in metres (None without a CRS).
    where, where_shares
        Word for the ninth of the image that holds the centroid ("north-west" ... with a CRS, "upper left" ... without),
        None for an empty mask; and which part 0..1 of the mask lies in each ninth.
    bbox, centroid, centroid_lonlat
        (min x, min y, max x, max y) and (x, y) in map coordinates (pixel edges; mean of the pixel centres), and the
        centroid in degrees on the datum of the CRS. None for an empty mask.
    bbox_px
        (first row, first column, end row, end column), ends exclusive.
    band_means, indices
        Mean band values, and means of the pixelwise NDVI, NDWI, NBR where the bands for it exist.
    probability
        Mean probability of the network inside the mask.
    """

    pixels: int
    valid_pixels: int
    share: float
    area_m2: float | None
    valid_area_m2: float | None
    area_share: float | None
    area_method: Method
    area_note: str
    components: int
    largest_component_px: int
    perimeter_px: int
    perimeter_m: float | None
    where: str | None
    where_shares: Mapping[str, float]
    bbox: tuple[float, float, float, float] | None
    bbox_px: tuple[int, int, int, int] | None
    centroid: Point | None
    centroid_lonlat: Point | None
    band_means: Mapping[str, float] = field(default_factory=dict)
    indices: Mapping[str, float] = field(default_factory=dict)
    probability: float | None = None

    @property
    def empty(self) -> bool:
        """True where the mask has no valid pixel."""
        return self.pixels == 0


@dataclass(frozen=True)
class Distance(Result):
    """Least distance between two masks.

    `between` says from where to where: "edges" of pixels (0 where the masks touch) or "centres" (0 where they overlap).

    `distance_px` is the distance of the same two places in pixels; `distance_m` is None without a CRS. `gap_px` counts
    the empty pixels between them along the longer image axis. `point_a` and `point_b` are the two places in map
    coordinates, `pixel_a` and `pixel_b` the pixels that they belong to. All None if a mask is empty.
    """

    distance_m: float | None
    distance_px: float | None
    gap_px: int | None
    method: Method
    point_a: Point | None
    point_b: Point | None
    pixel_a: PixelPoint | None
    pixel_b: PixelPoint | None
    between: str = "edges"


@dataclass(frozen=True)
class Adjacency(Result):
    """Whether two masks touch.

    Attributes
    ----------
    touches
        The rule of the paper: the first mask, dilated by 3x3, meets the second (corners and overlap count).
    borders
        The stricter rule: some pixel of one has a side in common with, or is, a pixel of the other.
    border_px, border_m
        Length of the common border in pixel sides and metres (None without a CRS). Where masks overlap, the border is
        that between what belongs to the first only and what belongs to the second only.
    overlap_px
        Pixels in both.
    """

    touches: bool
    borders: bool
    border_px: int
    border_m: float | None
    overlap_px: int


@dataclass(frozen=True)
class Change(Result):
    """Change of one class between two dates, over pixels that are valid at both.

    `net_*` is after minus before; `relative` is the net change over the area before (None where there was none).
    """

    before: Measurement
    after: Measurement
    gain: Measurement
    loss: Measurement
    persistent: Measurement
    net_pixels: int
    net_share: float
    net_area_m2: float | None
    relative: float | None
    gain_mask: Mask
    loss_mask: Mask
    persistent_mask: Mask


@dataclass(frozen=True)
class Comparison(Result):
    """Two masks beside each other.

    `iou` and `dice` are 1 for two empty masks. `larger` is "a", "b" or "equal"; `ratio` is the larger over the smaller
    (None if the smaller is empty); `difference` is the difference over the larger (as in the
    benchmark's ranking task). Sizes are areas where a grid with a CRS was given, pixels otherwise.
    """

    pixels_a: int
    pixels_b: int
    intersection: int
    union: int
    iou: float
    dice: float
    larger: str
    ratio: float | None
    difference: float
    difference_m2: float | None
