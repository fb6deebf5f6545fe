"""What a caller asks for: layers and an area."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from terrascope.errors import SceneError
from terrascope.scene.dates import DateFound, read_date
from terrascope.scene.types import Role, Scale

if TYPE_CHECKING:
    from terrascope.scene.products.types import Product


@dataclass(frozen=True)
class LayerRequest:
    """One raster, and what the user already knows of it; everything that is None is recognised.

    Attributes
    ----------
    path
        File, folder, zip or tar of a product, metadata file or STAC item of one, or any name that GDAL opens.
    bands
        Band name to 1-based index in the file, for example ``{"red": 3, "green": 2, "blue": 1}``.
    scale
        Meaning of the numbers in the file: a `Scale` or its value, or "linear" (SAR power) or "amplitude".
    online
        True where the user allows that the files which a STAC item names are fetched.
    product
        What the file's product says of it; found by `products.expand`, not by callers.
    """

    path: str
    name: str | None = None
    role: Role | str | None = None
    date: dt.date | str | None = None
    bands: Mapping[str, int] | None = None
    scale: Scale | str | None = None
    online: bool = False
    product: Product | None = None

    @classmethod
    def from_dict(cls, value: Mapping[str, object]) -> LayerRequest:
        """Read a protocol `layer` object; unknown keys are ignored."""
        path = value.get("path")
        if not isinstance(path, str) or not path:
            raise SceneError(f"A layer has no path: {dict(value)!r}.", "Give each layer the path of its file.")
        bands = value.get("bands")
        if bands is not None and not isinstance(bands, Mapping):
            raise SceneError(f"bands of {path!r} is {bands!r}.", 'Give an object such as {"red": 3}.')
        return cls(
            path=path,
            name=_text(value.get("name")),
            role=_text(value.get("role")),
            date=_text(value.get("date")),
            bands=_indexes(bands, path) if bands else None,
            scale=_text(value.get("scale")),
            online=value.get("online") is True,
        )

    def known_role(self) -> Role | None:
        """Return the role that the user gave.

        Raises
        ------
        SceneError
            If it is neither "optical" nor "sar".
        """
        if self.role is None or self.role == "auto":
            return None
        try:
            return Role(self.role)
        except ValueError:
            raise SceneError(f"Role {self.role!r} of {self.path!r} is unknown.", 'Use "optical" or "sar".') from None

    def known_date(self) -> DateFound | None:
        """Return the date that the user gave, a full one, a year and month, or a year.

        Raises
        ------
        SceneError
            If it cannot be read.
        """
        if self.date is None:
            return None
        if isinstance(self.date, dt.date):
            return DateFound(self.date, "chosen by the user")
        found = read_date(self.date)
        if found.date is None:
            hint = "Write it as YYYY-MM-DD, YYYY-MM or YYYY."
            raise SceneError(f"Date {self.date!r} of {self.path!r} cannot be read.", hint)
        return found._replace(reason="chosen by the user")


@dataclass(frozen=True)
class Area:
    """The part of the layers that is asked about: one of an extent, a polygon, or a pixel window.

    Attributes
    ----------
    bbox
        (x min, y min, x max, y max) in `crs`; x min > x max crosses the antimeridian where the CRS is geographic.
    crs
        Authority code or WKT; None means the grid's own CRS.
    wkt
        Polygon or multipolygon in `crs`, x before y; pixels whose centre is outside are not valid.
    window
        (column, row, width, height) in pixels of the reference layer, before any resampling, row 0 in the north.
    """

    bbox: tuple[float, float, float, float] | None = None
    crs: str | None = None
    wkt: str | None = None
    window: tuple[int, int, int, int] | None = None

    @classmethod
    def from_dict(cls, value: Mapping[str, object]) -> Area | None:
        """Read a protocol `area` object; an empty one is None (everything)."""
        wkt = _text(value.get("wkt"))
        bbox = _numbers(value.get("bbox"), "bbox")
        window = _numbers(value.get("window"), "window")
        if wkt is None and bbox is None and window is None:
            return None
        return cls(
            bbox=(bbox[0], bbox[1], bbox[2], bbox[3]) if bbox else None,
            crs=_text(value.get("crs")),
            wkt=wkt,
            window=(int(window[0]), int(window[1]), int(window[2]), int(window[3])) if window else None,
        )


def _indexes(bands: Mapping[object, object], path: str) -> dict[str, int]:
    try:
        return {str(name): int(str(index)) for name, index in bands.items()}
    except ValueError:
        raise SceneError(f"bands of {path!r} is {dict(bands)!r}.", 'Give band numbers, such as {"red": 3}.') from None


def _text(value: object) -> str | None:
    return str(value) if value not in (None, "") else None


def _numbers(value: object, name: str) -> tuple[float, ...] | None:
    if value is None:
        return None
    hint = f"Give {name} as four numbers."
    if not isinstance(value, (list, tuple)) or len(value) != 4:
        raise SceneError(f"{name} of the area is {value!r}.", hint)
    try:
        numbers = tuple(float(v) for v in value)
    except (TypeError, ValueError, OverflowError):
        raise SceneError(f"{name} of the area is {value!r}.", hint) from None
    if not all(math.isfinite(number) for number in numbers):
        raise SceneError(f"{name} of the area is {value!r}, not all of it finite.", hint)
    return numbers
