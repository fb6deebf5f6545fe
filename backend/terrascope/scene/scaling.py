"""From the numbers in a file to reflectance, display values or decibel, with the reason."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from terrascope.errors import SceneError
from terrascope.scene.bands import Recognition, looks_like_db
from terrascope.scene.doubts import Doubt
from terrascope.scene.raster import Header
from terrascope.scene.types import Role, Scale

#: Since this day Sentinel-2 products (processing baseline 04.00) carry an offset of -1000.
S2_OFFSET_SINCE = dt.date(2022, 1, 25)
_POWER_FLOOR = 1e-6  # -60 dB: zero power has no logarithm


class Kind(str, Enum):
    """How file values become physical ones."""

    LINEAR = "linear"
    POWER = "power"  #: dB = 10 log10(x)
    AMPLITUDE = "amplitude"  #: dB = 20 log10(x)


@dataclass(frozen=True)
class Conversion:
    """value = gain * file value + offset (a band each), then the logarithm for POWER and AMPLITUDE.

    `zero_is_nodata`: the product writes 0 in every band where there is no observation.
    """

    scale: Scale
    reason: str
    gains: tuple[float, ...]
    offsets: tuple[float, ...]
    kind: Kind = Kind.LINEAR
    zero_is_nodata: bool = False
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    def apply(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Convert file values in place, float32 [B, h, w]."""
        for band, gain, offset in zip(values, self.gains, self.offsets):
            if gain != 1.0:
                band *= np.float32(gain)
            if offset != 0.0:
                band += np.float32(offset)
        if self.kind is not Kind.LINEAR:
            factor = 10.0 if self.kind is Kind.POWER else 20.0
            floor = _POWER_FLOOR if self.kind is Kind.POWER else _POWER_FLOOR**0.5
            np.maximum(values, np.float32(floor), out=values)
            np.log10(values, out=values)
            values *= np.float32(factor)
        return values


def conversion_of(
    header: Header,
    found: Recognition,
    sample: NDArray[np.float32] | None,
    *,
    date: dt.date | None = None,
    wanted: Scale | str | None = None,
) -> Conversion:
    """Decide what the numbers of the recognised bands mean.

    Parameters
    ----------
    sample
        A few pixels of all bands of the file, unscaled, float32 [B, h, w]; None if they were not looked at.
    wanted
        The user's word for it: a `Scale`, "linear" or "amplitude".

    Raises
    ------
    SceneError
        If `wanted` is not a known word.
    """
    gains = tuple(header.scales[i - 1] for i in found.indexes)
    offsets = tuple(header.offsets[i - 1] for i in found.indexes)
    values = _valid_sample(header, found, sample)
    if found.palette:
        return Conversion(Scale.DISPLAY, "colour table", (1 / 255,) * 3, (0.0,) * 3)
    if wanted is not None:
        return _wanted(header, wanted, values, gains, offsets)
    if found.role is Role.SAR:
        return _sar(header, found, values, gains, offsets)
    return _optical(header, found, values, gains, offsets, date)


def _valid_sample(header: Header, found: Recognition, sample: NDArray[np.float32] | None) -> NDArray[np.float32]:
    if sample is None:
        return np.zeros(0, dtype=np.float32)
    values = sample[[i - 1 for i in found.indexes]]
    keep = np.isfinite(values) & (np.abs(values) < 1e30)
    for nodata in {n for n in header.nodata if n is not None and not np.isnan(n)}:
        keep &= values != nodata
    return values[keep]


def _scaled_by_file(gains: tuple[float, ...], offsets: tuple[float, ...]) -> bool:
    return any(g != 1.0 for g in gains) or any(o != 0.0 for o in offsets)


def _wanted(
    header: Header,
    wanted: Scale | str,
    values: NDArray[np.float32],
    gains: tuple[float, ...],
    offsets: tuple[float, ...],
) -> Conversion:
    word = wanted.value if isinstance(wanted, Scale) else str(wanted).lower()
    reason = "chosen by the user"
    n = len(gains)
    if word in ("linear", "power"):
        return Conversion(Scale.DB, reason, gains, offsets, Kind.POWER)
    if word == "amplitude":
        return Conversion(Scale.DB, reason, gains, offsets, Kind.AMPLITUDE)
    if word == "db":
        if not _scaled_by_file(gains, offsets) and _whole(header) and values.size and np.percentile(values, 5) < -100:
            return Conversion(Scale.DB, f"{reason}, as dB x 100", (0.01,) * n, (0.0,) * n)
        return Conversion(Scale.DB, reason, gains, offsets)
    if word == "reflectance":
        if not _scaled_by_file(gains, offsets) and _whole(header):
            return Conversion(Scale.REFLECTANCE, f"{reason}, as reflectance x 10000", (1e-4,) * n, (0.0,) * n)
        return Conversion(Scale.REFLECTANCE, reason, gains, offsets)
    if word == "display":
        top = 65535.0 if header.dtypes[0] == "uint16" else 255.0
        return Conversion(Scale.DISPLAY, reason, (1 / top,) * n, (0.0,) * n)
    if word == "raw":
        return Conversion(Scale.RAW, reason, gains, offsets)
    raise SceneError(
        f"Scale {word!r} of {header.path!r} is unknown.",
        "Use reflectance, display, db, linear, amplitude or raw.",
    )


def _whole(header: Header) -> bool:
    return "int" in header.dtypes[0]


def _sar(
    header: Header,
    found: Recognition,
    values: NDArray[np.float32],
    gains: tuple[float, ...],
    offsets: tuple[float, ...],
) -> Conversion:
    n = len(gains)
    if header.complex:
        note = "complex numbers are averaged as power and given in dB without calibration"
        return Conversion(Scale.DB, "complex SAR", gains, offsets, Kind.POWER, True, (note,))
    if _scaled_by_file(gains, offsets) and values.size:
        values = values * gains[0] + offsets[0]
    if header.dtypes[0] == "uint8":
        return Conversion(Scale.DISPLAY, "8-bit SAR picture", (1 / 255,) * n, (0.0,) * n)
    unit = " ".join(str(t.get("units", t.get("unit", ""))) for t in header.band_tags).lower()
    if values.size == 0:
        if "db" in unit or _scaled_by_file(gains, offsets):
            return Conversion(Scale.DB, "band unit or scale", gains, offsets)
        if header.dtypes[0] == "uint16":
            return Conversion(Scale.DB, "16-bit SAR amplitude", gains, offsets, Kind.AMPLITUDE, True)
        return Conversion(Scale.DB, "assumed: no valid pixel was seen", gains, offsets)
    low, mid, high = (float(v) for v in np.percentile(values, (2, 50, 98)))
    if low >= 0:
        if _whole(header) and high > 20:
            note = "digital numbers are given in dB without calibration"
            return Conversion(Scale.DB, "whole numbers, none negative: SAR amplitude", gains, offsets, Kind.AMPLITUDE,
                              True, (note,))  # fmt: skip
        if "amplitude" in header.stem.lower():
            return Conversion(Scale.DB, "amplitude by file name", gains, offsets, Kind.AMPLITUDE, True)
        return Conversion(Scale.DB, f"no negative values (median {mid:.3g}): linear power", gains, offsets, Kind.POWER,
                          True)  # fmt: skip
    if _whole(header) and not _scaled_by_file(gains, offsets) and low < -100:
        return Conversion(Scale.DB, f"whole numbers around {mid:.0f}: dB x 100", (0.01,) * n, (0.0,) * n)
    return Conversion(Scale.DB, f"values around {mid:.1f}: dB", gains, offsets)


def _optical(
    header: Header,
    found: Recognition,
    values: NDArray[np.float32],
    gains: tuple[float, ...],
    offsets: tuple[float, ...],
    date: dt.date | None,
) -> Conversion:
    n = len(gains)
    dtype = header.dtypes[found.indexes[0] - 1] if found.indexes else header.dtypes[0]
    named = not all(b == "gray" or b.startswith("band") for b in found.bands)
    if dtype == "uint8" and not _scaled_by_file(gains, offsets):
        return Conversion(Scale.DISPLAY, "8-bit picture", (1 / 255,) * n, (0.0,) * n)
    if _scaled_by_file(gains, offsets):
        return Conversion(Scale.REFLECTANCE if named else Scale.RAW, "scale and offset in the file", gains, offsets,
                          zero_is_nodata=_whole(header) and named and dtype == "uint16")  # fmt: skip
    if "float" in dtype:
        return _floats(found, values, n, named)
    sensor = found.sensor or ""
    stem = header.stem.lower()
    if sensor.startswith("Landsat") and dtype in ("uint16", "int32"):
        level = _tag(header, "processing_level")
        if re.search(r"l2sp|l2sr|_sr_|_sr$|sr_b|_t[12]_sr|c2.*l2", stem) or level.startswith("L2"):
            return _known((2.75e-5, -0.2), n, "Landsat Collection 2 surface reflectance", True)
        if re.search(r"l1(tp|gt|gs)", stem) or level.startswith("L1"):
            return _known((2e-5, -0.1), n, "Landsat Level 1 reflectance, without the sun's elevation", True)
        high = float(np.percentile(values, 50)) if values.size else 0.0
        if high > 7273 * 0.95:  # 7273 is reflectance 0 in Collection 2
            return _known((2.75e-5, -0.2), n, "Landsat numbers in the range of Collection 2 surface reflectance", True)
        return _known((1e-4, 0.0), n, "Landsat numbers below the range of Collection 2: reflectance x 10000", True)
    if sensor == "Sentinel-2":
        return _sentinel2(header, values, n, date)
    if sensor.startswith("HLS"):
        return _known((1e-4, 0.0), n, "HLS reflectance x 10000", False)
    if sensor == "Planet":
        if "_sr" in stem or "analyticms_sr" in stem:
            return _known((1e-4, 0.0), n, "Planet surface reflectance x 10000", True)
        return Conversion(Scale.RAW, "Planet radiance; the scale is in the product's metadata", gains, offsets,
                          zero_is_nodata=True)  # fmt: skip
    if named and n >= 3 and dtype in ("uint16", "int16") and values.size:
        high = float(np.percentile(values, 98))
        if 255 < high <= 16000 and n >= 4:
            note = "values are taken as reflectance x 10000; set the layer's scale if they are not"
            return Conversion(Scale.REFLECTANCE, f"{dtype}, 98 % below {high:.0f}", (1e-4,) * n, (0.0,) * n,
                              notes=(note,))  # fmt: skip
    return Conversion(Scale.RAW, f"{dtype} without a known scale", gains, offsets)


def _known(law: tuple[float, float], n: int, reason: str, zero: bool) -> Conversion:
    return Conversion(Scale.REFLECTANCE, reason, (law[0],) * n, (law[1],) * n, zero_is_nodata=zero)


def _tag(header: Header, key: str) -> str:
    return {k.lower(): v for k, v in header.tags.items()}.get(key, "").upper()


def _floats(found: Recognition, values: NDArray[np.float32], n: int, named: bool) -> Conversion:
    ones, zeros = (1.0,) * n, (0.0,) * n
    if not named:
        return Conversion(Scale.RAW, "floating point numbers of unnamed bands", ones, zeros)
    if values.size == 0:
        return Conversion(Scale.REFLECTANCE, "floating point optical bands; no valid pixel was seen", ones, zeros)
    low, high = float(np.percentile(values, 2)), float(np.percentile(values, 98))
    if low >= -0.5 and high <= 2.0:
        return Conversion(Scale.REFLECTANCE, "floating point values between 0 and 1", ones, zeros)
    if low >= 0 and high <= 255.0 and n <= 4 and found.sensor is None:
        return Conversion(Scale.DISPLAY, "floating point values between 0 and 255", (1 / 255,) * n, zeros)
    if low > -3000 and 255 < high <= 20000:
        reason = f"floating point values up to {high:.0f}: reflectance x 10000"
        return Conversion(Scale.REFLECTANCE, reason, (1e-4,) * n, zeros)
    return Conversion(Scale.RAW, "floating point numbers without a known scale", ones, zeros)


def _sentinel2(header: Header, values: NDArray[np.float32], n: int, date: dt.date | None) -> Conversion:
    text = f"{header.stem} {_tag(header, 'product_uri')}"
    properties = header.stac.get("properties", {})
    baseline = _tag(header, "processing_baseline") or str(properties.get("s2:processing_baseline", ""))
    if not baseline and (m := re.search(r"_N(\d{2})(\d{2})_", text, re.IGNORECASE)):
        baseline = f"{m[1]}.{m[2]}"
    applied = str(properties.get("earthsearch:boa_offset_applied", "")).lower() == "true"
    number = float(baseline) if re.fullmatch(r"\d+(\.\d+)?", baseline) else None
    if applied:
        return _known((1e-4, 0.0), n, "Sentinel-2 reflectance x 10000, offset already applied (STAC)", True)
    if number is not None and number < 99:
        if number >= 4:
            return _known((1e-4, -0.1), n, f"Sentinel-2 baseline {baseline}: (value - 1000) / 10000", True)
        return _known((1e-4, 0.0), n, f"Sentinel-2 baseline {baseline}: value / 10000", True)
    if date is not None and date >= S2_OFFSET_SINCE and values.size and np.percentile(values[values > 0], 1) >= 950:
        reason = f"Sentinel-2 of {date}, no value below 950: (value - 1000) / 10000"
        return _known((1e-4, -0.1), n, reason, True)
    found = _known((1e-4, 0.0), n, "Sentinel-2 reflectance x 10000", True)
    if date is not None and date >= S2_OFFSET_SINCE:
        note = "the processing baseline is not known; values reach below 1000, so no offset is subtracted"
        return Conversion(found.scale, found.reason, found.gains, found.offsets, found.kind, True, (note,))
    return found


__all__ = ["Conversion", "Kind", "conversion_of", "looks_like_db"]
