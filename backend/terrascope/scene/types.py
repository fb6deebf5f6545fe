"""What a question is asked about: georeferenced views on one common grid."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from terrascope.scene.dates import date_text
from terrascope.scene.doubts import Doubt

#: Band names that the rest of the code understands; others are kept as they are called in the file.
BANDS: tuple[str, ...] = (
    "coastal", "blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir08", "swir1", "swir2", "vv", "vh",
)  # fmt: skip


class Role(str, Enum):
    """What kind of sensor made a view."""

    OPTICAL = "optical"
    SAR = "sar"


class Scale(str, Enum):
    """What the numbers of a view mean."""

    REFLECTANCE = "reflectance"  #: surface or top-of-atmosphere reflectance, 0..1
    DISPLAY = "display"  #: 8-bit picture values / 255, 0..1, no physical meaning
    DB = "db"  #: SAR backscatter, decibel
    RAW = "raw"  #: digital numbers whose scale is not known


class Affine6(NamedTuple):
    """Affine geotransform, rasterio order: x = a*col + b*row + c, y = d*col + e*row + f (pixel corners)."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float


@dataclass(frozen=True)
class Grid:
    """The common pixel grid of a scene. `crs` is WKT2 (or an authority code), None where there is no CRS."""

    width: int
    height: int
    transform: Affine6
    crs: str | None


@dataclass(frozen=True)
class Source:
    """Where a view came from: provenance for the trace."""

    path: str
    sha256: str | None = None
    sensor: str | None = None
    sensor_reason: str = ""
    native_pixel_size: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class View:
    """One image of the scene.

    Attributes
    ----------
    name
        Name shown to the user (layer name or file stem).
    role, date, bands, scale
        Sensor kind, acquisition date if known, band names in the order of `pixels`, meaning of the numbers.
    pixels
        float32 [B, H, W] on the scene's grid; values outside `valid` are 0.
    valid
        bool [H, W]: inside the image and not nodata, NaN, alpha 0 or masked.
    date_precision
        How much of `date` is known: "day", "month" (the 1st stands for it) or "year" (1 July stands for it).
    time
        Time of day of `date`, where it is known.
    """

    name: str
    role: Role
    date: dt.date | None
    bands: tuple[str, ...]
    scale: Scale
    pixels: NDArray[np.float32]
    valid: NDArray[np.bool_]
    source: Source
    date_precision: str = "day"
    time: dt.time | None = None

    @property
    def date_text(self) -> str | None:
        """The date as ISO 8601 text with no more than is known ("2019-07-31", "2019-07", "2019"); None if unknown."""
        return date_text(self.date, self.date_precision)

    def band(self, name: str) -> NDArray[np.float32] | None:
        """Return one band, float32 [H, W], or None if the view does not have it."""
        return self.pixels[self.bands.index(name)] if name in self.bands else None


@dataclass(frozen=True)
class Scene:
    """Views on one grid, the first optical view first.

    Attributes
    ----------
    gsd_m
        Effective pixel size in metres (x, y) that the model sees; None without a CRS.
    native_gsd_m
        Pixel size of the finest input before any resampling.
    tiled
        True where the view is larger than the model's window and is segmented tile by tile at native resolution.
    notes
        Sentences that say what was resampled, warped, clipped or assumed.
    doubts
        Decisions about the layers that their metadata does not make, and what was taken.
    comparable
        How probable it is, by season, sensor and numbers, that what differs between dates is the ground, in [0, 1].
    """

    grid: Grid
    views: tuple[View, ...]
    gsd_m: tuple[float, float] | None
    native_gsd_m: tuple[float, float] | None = None
    tiled: bool = False
    notes: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    doubts: tuple[Doubt, ...] = ()
    comparable: float = 1.0

    @property
    def likely(self) -> float:
        """How probable it is that all that was taken for granted of the layers is so, in [0, 1]."""
        return self.comparable * math.prod(doubt.likely for doubt in self.doubts if doubt.choice is not None)
