"""What a caller asks for: layers and an area."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from terrascope.errors import SceneError
from terrascope.scene.dates import DateFound, read_date
from terrascope.scene.types import Role, Scale

if TYPE_CHECKING:
    from terrascope.scene.products.types import Product


#: What a user may set of a layer: `--set` of the command line, a protocol `layer`'s fields.
SETTINGS = ("bands", "role", "date", "scale", "offset", "nodata", "date_order", "alpha", "align")


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
        Meaning of the numbers in the file: a `Scale` or its value, "linear" (SAR power) or "amplitude"; or a number:
        reflectance = scale * (file value + offset).
    offset
        What is added to the file's numbers before they are scaled: -1000 for newer Sentinel-2 products, 0 for none.
    nodata
        Value that means "nothing": one number, one a band between commas, or "none" where every pixel is observed.
    date_order
        "dmy" or "mdy": how a name such as 05-12-2021 is read.
    alpha
        False where a band that is flagged as alpha is a measurement, True where it is transparency.
    align
        False where the image stays where it is, though its picture lies apart from that of an earlier date.
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
    offset: float | str | None = None
    nodata: float | str | None = None
    date_order: str | None = None
    alpha: bool | str | None = None
    align: bool | str | None = None
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
            offset=_text(value.get("offset")),
            nodata=_text(value.get("nodata")),
            date_order=_text(value.get("date_order")),
            alpha=_text(value.get("alpha")),
            align=_text(value.get("align")),
            online=value.get("online") is True,
        )

    def with_setting(self, name: str, value: str) -> LayerRequest:
        """Return the request with one of `SETTINGS` set, as a user writes it.

        Raises
        ------
        SceneError
            If there is no such setting.
        """
        if name not in SETTINGS:
            raise SceneError(f"A layer has no setting {name!r}.", f"Known: {', '.join(SETTINGS)}.")
        setting: dict[str, Any] = {name: value if name != "bands" else band_indexes(value)}
        changed = replace(self, **setting)
        changed.known_role(), changed.known_date()
        (
            changed.known_offset(),
            changed.known_nodata(1),
            changed.known_date_order(),
            changed.known_alpha(),
            changed.known_align(),
        )
        return changed

    def known_offset(self) -> float | None:
        """Return the offset that the user gave, in the file's numbers.

        Raises
        ------
        SceneError
            If it is no number.
        """
        return None if self.offset is None else _number(self.offset, "offset", self.path)

    def known_gain(self) -> float | None:
        """Return the scale that the user gave, where it is a number."""
        try:
            gain = float(str(self.scale)) if self.scale is not None else None
        except ValueError:
            return None
        return gain if gain is not None and math.isfinite(gain) and gain != 0 else None

    def known_nodata(self, count: int) -> tuple[float | None, ...] | None:
        """Return the nodata values that the user gave, one for each of `count` bands; None in it: no nodata.

        Raises
        ------
        SceneError
            If they are no numbers, or their number is another.
        """
        if self.nodata is None:
            return None
        if str(self.nodata).strip().lower() == "none":
            return (None,) * count
        values = [_number(each, "nodata", self.path, nan=True) for each in str(self.nodata).split(",")]
        if len(values) == 1:
            return tuple(values) * count
        if len(values) != count and count > 1:
            raise SceneError(
                f"nodata of {self.path!r} has {len(values)} values, {count} bands are read.",
                'Give one value, one for each band, or "none".',
            )
        return tuple(values)

    def known_date_order(self) -> str | None:
        """Return "dmy" or "mdy" if the user said so.

        Raises
        ------
        SceneError
            If it is another word.
        """
        if self.date_order not in (None, "dmy", "mdy"):
            raise SceneError(f"date_order of {self.path!r} is {self.date_order!r}.", 'Use "dmy" or "mdy".')
        return self.date_order

    def known_alpha(self) -> bool | None:
        """Return whether the user calls the flagged band transparency.

        Raises
        ------
        SceneError
            If it is neither yes nor no.
        """
        return self._yes_or_no(self.alpha, "alpha")

    def known_align(self) -> bool | None:
        """Return whether the image may be shifted onto an earlier one.

        Raises
        ------
        SceneError
            If it is neither yes nor no.
        """
        return self._yes_or_no(self.align, "align")

    def _yes_or_no(self, value: bool | str | None, name: str) -> bool | None:
        if value is None or isinstance(value, bool):
            return value
        word = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}.get(value.lower())
        if word is None:
            raise SceneError(f"{name} of {self.path!r} is {value!r}.", "Use yes or no.")
        return word

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


def band_indexes(names: str) -> dict[str, int]:
    """Band names in the file's order, with commas, to their indexes; a name left empty or "-" is a band not used."""
    return {name.strip(): i for i, name in enumerate(names.split(","), 1) if name.strip() not in ("", "-")}


def _indexes(bands: Mapping[object, object], path: str) -> dict[str, int]:
    try:
        return {str(name): int(str(index)) for name, index in bands.items()}
    except ValueError:
        raise SceneError(f"bands of {path!r} is {dict(bands)!r}.", 'Give band numbers, such as {"red": 3}.') from None


def _number(value: object, name: str, path: str, *, nan: bool = False) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = math.inf
    if math.isinf(number) or (math.isnan(number) and not nan):
        raise SceneError(f"{name} of {path!r} is {str(value)[:40]!r}.", f"Give {name} as a number.")
    return number


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
