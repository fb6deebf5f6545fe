"""What a product says of its files: bands, numbers, date and what was not observed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from terrascope.scene.products.calibration import Tables
from terrascope.scene.products.tree import absolute
from terrascope.scene.raster import Header
from terrascope.scene.scaling import Kind
from terrascope.scene.types import Role, Scale

#: Where what is known of a product comes from.
FROM_METADATA, FROM_NAME, FROM_SIBLINGS = "the product's metadata", "the product's name", "the product's other files"


@dataclass(frozen=True)
class ProductBand:
    """One band of a file: its name, 1-based index, and value = gain * file value + offset."""

    name: str
    index: int = 1
    gain: float = 1.0
    offset: float = 0.0


BandsOf = Callable[[Header], tuple[ProductBand, ...]]


@dataclass(frozen=True)
class ProductFile:
    """One raster of a product.

    Attributes
    ----------
    bands
        Its bands; or a function of its header, where the band count or the descriptions decide. No bands: the file is
        not understood, and is recognised as any other.
    nodata
        Value that means "nothing" in any band of it; None: as the file declares.
    pixel_size
        In metres; of two files with one band the finer one is used.
    scaled_types
        Beginnings of the data types that hold the product's own numbers. A file of another type (the same product
        rewritten as floating point) says itself what its numbers mean.
    tables
        Radar: calibration and noise of this file.
    """

    path: str
    bands: tuple[ProductBand, ...] | BandsOf
    nodata: float | None = None
    pixel_size: float = 0.0
    scaled_types: tuple[str, ...] = ("int", "uint")
    tables: Tables | None = None

    def bands_of(self, header: Header) -> tuple[ProductBand, ...]:
        """Return the bands that are measurements."""
        return self.bands(header) if callable(self.bands) else self.bands


@dataclass(frozen=True)
class QualityRule:
    """Pixels of band `index` with ``value & mask`` in `values` (not in them if `others`) are `meaning`."""

    meaning: str
    values: frozenset[int]
    mask: int = 0xFFFFFFFF
    index: int = 1
    others: bool = False


@dataclass(frozen=True)
class Quality:
    """A layer that says where the ground was not observed. `name`: what the product calls it."""

    path: str
    name: str
    rules: tuple[QualityRule, ...]


@dataclass(frozen=True)
class Product:
    """One image as its maker delivers it.

    Attributes
    ----------
    name
        The product's own name.
    title
        Mission and level for people: "Sentinel-2 L2A".
    files
        Rasters with measurements, the finest pixels first.
    law
        What is done to the numbers, in words: "offset removed: (value - 1000) / 10000".
    source
        Where that comes from: one of `FROM_METADATA`, `FROM_NAME`, `FROM_SIBLINGS`.
    scale, kind
        What the numbers mean; a scale of None leaves it to the general rules.
    left_out
        Rasters of the product that are no picture, by path: what they are.
    doubts
        What is not sure, as sentences for the user.
    key
        The same for all files of one image, and for no other image.
    any_band
        True where the nodata value in one band is enough; False where a dark pixel may have it in some bands.
    """

    name: str
    title: str
    sensor: str
    files: tuple[ProductFile, ...]
    law: str
    source: str = FROM_METADATA
    role: Role = Role.OPTICAL
    date: dt.date | None = None
    scale: Scale | None = Scale.REFLECTANCE
    kind: Kind = Kind.LINEAR
    quality: tuple[Quality, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    key: str = ""
    any_band: bool = True

    def file_of(self, path: str) -> ProductFile | None:
        """Return the file of that path, None if it is not one with measurements."""
        same = absolute(path)
        return next((each for each in self.files if each.path == same), None)

    @property
    def said(self) -> str:
        """Short form for people: "Sentinel-2 L2A, offset removed, from the product's metadata"."""
        short = self.law.partition(":")[0]
        return f"{self.title}, {short}, from {self.source}" if short else f"{self.title}, from {self.source}"


#: What is left out beside better bands, and can be looked at where it is given alone.
PICTURES = ("colour picture", "panchromatic band", "another form of the same scene")

#: Meanings of quality rules for which the ground was not observed.
UNSEEN = ("nodata", "cloud", "cloud shadow")
