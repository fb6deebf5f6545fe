"""From the numbers in a file to reflectance, display values or decibel, with the reason."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from terrascope.errors import SceneError
from terrascope.scene.bands import Recognition, looks_like_db
from terrascope.scene.doubts import Doubt, Reading
from terrascope.scene.plausible import (
    DECIBEL,
    ENOUGH,
    band_fits_reflectance,
    fits_reflectance,
    may_be_lifted,
    offset_evidence,
)
from terrascope.scene.raster import Header
from terrascope.scene.types import Role, Scale

#: Since this day Sentinel-2 products (processing baseline 04.00) carry an offset of -1000.
S2_OFFSET_SINCE = dt.date(2022, 1, 25)
_POWER_FLOOR = 1e-4  # -40 dB, below all sensors' noise: what noise removal took to 0 and below has no logarithm


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

    def to_mean(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return file values [B, h, w] as what may be averaged: decibels and amplitudes as power; all else stays."""
        if self.scale is not Scale.DB or self.kind is Kind.POWER:
            return values
        gain, offset = (np.asarray(v, np.float32)[:, None, None] for v in (self.gains, self.offsets))
        physical = values * gain + offset
        if self.kind is Kind.AMPLITUDE:
            return np.square(physical)
        with np.errstate(over="ignore"):  # what is no decibel becomes infinite, and is masked by who reads it
            power: NDArray[np.float32] = np.power(np.float32(10), physical / np.float32(10))
        return power

    def from_mean(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return averages of `to_mean` as file values."""
        if self.scale is not Scale.DB or self.kind is Kind.POWER:
            return values
        gain, offset = (np.asarray(v, np.float32)[:, None, None] for v in (self.gains, self.offsets))
        if self.kind is Kind.AMPLITUDE:
            physical = np.sqrt(values)
        else:
            physical = np.float32(10) * np.log10(np.maximum(values, np.float32(1e-12)))
        out: NDArray[np.float32] = (physical - offset) / gain
        return out


def conversion_of(
    header: Header,
    found: Recognition,
    sample: NDArray[np.float32] | None,
    *,
    date: dt.date | None = None,
    wanted: Scale | str | None = None,
    offset: float | None = None,
    unseen: NDArray[np.bool_] | None = None,
) -> Conversion:
    """Decide what the numbers of the recognised bands mean.

    What metadata and names say is checked with the sample; what contradicts it is not used, but said or left open.

    Parameters
    ----------
    sample
        A few pixels of all bands of the file, unscaled, float32 [B, h, w]; None if they were not looked at.
    wanted
        The user's word for it: a `Scale`, "linear" or "amplitude", or a number to multiply the file's numbers by.
    offset
        The user's number that is added to the file's numbers before that.
    unseen
        bool [h, w] of the sample's pixels that were not observed.

    Raises
    ------
    SceneError
        If `wanted` is not a known word.
    """
    gains = tuple(header.scales[i - 1] for i in found.indexes)
    offsets = tuple(header.offsets[i - 1] for i in found.indexes)
    values = _valid_sample(header, found, sample, unseen)
    if found.palette:
        return Conversion(Scale.DISPLAY, "colour table", (1 / 255,) * 3, (0.0,) * 3)
    gain = _number(wanted)
    if gain is not None:
        scale = Scale.DB if found.role is Role.SAR else Scale.REFLECTANCE
        own = Conversion(scale, "chosen by the user", (gain,) * len(gains), (0.0,) * len(gains))
    elif wanted is not None:
        own = _wanted(header, wanted, values.ravel(), gains, offsets)
    elif found.role is Role.SAR:
        own = _sar(header, found, values, gains, offsets)
    else:
        own = _optical(header, found, values, gains, offsets, date)
    return own if offset is None else _with_offset(own, offset)


def _number(wanted: Scale | str | None) -> float | None:
    try:
        return float(wanted) if wanted is not None and not isinstance(wanted, Scale) else None
    except ValueError:
        return None


def _with_offset(own: Conversion, offset: float) -> Conversion:
    """The conversion with the user's offset in place of its own."""
    return replace(
        own,
        offsets=tuple(gain * offset for gain in own.gains),
        reason=f"{own.reason.partition(':')[0]}, offset {offset:g} chosen by the user",
        doubts=tuple(doubt for doubt in own.doubts if doubt.what != "offset"),
    )


def _valid_sample(
    header: Header, found: Recognition, sample: NDArray[np.float32] | None, unseen: NDArray[np.bool_] | None
) -> NDArray[np.float32]:
    """Pixels of the recognised bands that are observed in all of them, float32 [B, n]."""
    if sample is None:
        return np.zeros((len(found.indexes), 0), dtype=np.float32)
    values = sample[[i - 1 for i in found.indexes]].reshape(len(found.indexes), -1)
    keep = np.isfinite(values) & (np.abs(values) < 1e30)
    for nodata in {n for n in header.nodata if n is not None and not np.isnan(n)}:
        keep &= values != nodata
    good = keep.all(axis=0) & (values != 0).any(axis=0)
    if unseen is not None:
        good &= ~unseen.ravel()
    if found.alpha:
        good &= sample[found.alpha - 1].ravel() > 0
    return values[:, good if good.any() else keep.all(axis=0)]


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
    seen = values[np.isfinite(values) & (values != 0)]
    if seen.size == 0:
        if "db" in unit or _scaled_by_file(gains, offsets):
            return Conversion(Scale.DB, "band unit or scale", gains, offsets)
        if header.dtypes[0] == "uint16":
            return Conversion(Scale.DB, "16-bit SAR amplitude", gains, offsets, Kind.AMPLITUDE, True)
        return Conversion(Scale.DB, "assumed: no valid pixel was seen", gains, offsets)
    low, mid, high = (float(v) for v in np.percentile(seen, (2, 50, 98)))
    below = float(np.mean(seen < 0))
    whole = _whole(header) and not _scaled_by_file(gains, offsets)
    if whole and low < -100 and DECIBEL[0] <= mid / 100 < 0:
        return Conversion(Scale.DB, f"whole numbers around {mid:.0f}: dB x 100", (0.01,) * n, (0.0,) * n)
    if whole and low >= 0 and high > 20:
        note = "digital numbers are given in dB without calibration"
        return Conversion(Scale.DB, "whole numbers, none negative: SAR amplitude", gains, offsets, Kind.AMPLITUDE,
                          True, (note,))  # fmt: skip
    if DECIBEL[0] <= mid < 0 and below > 0.6 and low > -70 and high < 30 and low < -1:
        return Conversion(Scale.DB, f"values around {mid:.1f}: dB", gains, offsets)
    if low > -0.1 and high < 50 and (mid > 0 or high < 1) and "db" not in unit:
        return _power(header, found, values, gains, offsets, mid)
    if low >= 0 and "db" not in unit:
        kind = Kind.AMPLITUDE if "amplitude" in header.stem.lower() else Kind.POWER
        note = "its numbers are given in dB without calibration"
        return Conversion(Scale.DB, f"no negative values (median {mid:.3g}): linear {kind.value}", gains, offsets,
                          kind, True, (note,), (_radar_doubt(kind, f"its numbers (median {mid:.3g}) are no "
                          "calibrated backscatter"),))  # fmt: skip
    reason = (
        f"its numbers (2 % below {low:.3g}, median {mid:.3g}, 98 % below {high:.3g}) are neither decibels nor power"
    )
    return Conversion(Scale.DB, "not known", gains, offsets, doubts=(_radar_doubt(None, reason),))


def _power(
    header: Header,
    found: Recognition,
    values: NDArray[np.float32],
    gains: tuple[float, ...],
    offsets: tuple[float, ...],
    mid: float,
) -> Conversion:
    """Linear numbers: power, or amplitude by name; asked where the two polarisations lie apart as amplitudes do."""
    if "amplitude" in header.stem.lower() or re.search(r"(?<![a-z])amp(?![a-z])", header.stem.lower()):
        return Conversion(Scale.DB, "amplitude by file name", gains, offsets, Kind.AMPLITUDE, True)
    doubts: tuple[Doubt, ...] = ()
    if {"vv", "vh"} <= set(found.bands):
        of = {name: float(np.median(values[found.bands.index(name)])) for name in ("vv", "vh")}
        apart = 10 * np.log10(of["vv"] / of["vh"]) if min(of.values()) > 0 else np.inf
        named = re.search(r"pow|lin|sigma|gamma|beta|rtc", header.stem.lower()) or any(
            re.search(r"sigma|gamma|beta|intensity", (text or "").lower()) for text in header.descriptions
        )
        if _APART[0] <= 2 * apart <= _APART[1] and apart < _APART[0] and not named:
            reason = f"VV and VH lie {apart:.1f} dB apart as power, {2 * apart:.1f} dB as amplitude; 5 to 10 is usual"
            doubts = (_radar_doubt(None, reason),)
    below = "" if (values >= 0).all() else ", slightly negative after noise removal in places"
    return Conversion(Scale.DB, f"small positive numbers (median {mid:.3g}{below}): linear power", gains, offsets,
                      Kind.POWER, True, (), doubts)  # fmt: skip


#: Decibels by which co-polarised backscatter exceeds cross-polarised over land.
_APART = (3.5, 12.0)


def _radar_doubt(kind: Kind | None, reason: str) -> Doubt:
    readings = (
        Reading("linear", "linear power"), Reading("amplitude", "linear amplitude"), Reading("db", "decibels"),
    )  # fmt: skip
    if kind is None:
        return Doubt("scale", "", readings, reason)
    key = "linear" if kind is Kind.POWER else kind.value
    return Doubt("scale", "", readings, reason, key, "assumed", 0.6)


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
        return _tagged(header, found, values, gains, offsets, date, named)
    own = _untagged(header, found, values, date, named)
    scaled = _apply(own, values)
    if own.scale is Scale.REFLECTANCE and not fits_reflectance(scaled) and not any(d.open for d in own.doubts):
        mid = float(np.median(scaled))
        reason = f"{own.reason} gives reflectance around {mid:.3g}, which no ground has"
        readings = _possible(values) or (Reading("raw", "digital numbers without a scale"),)
        return replace(own, doubts=(*own.doubts, Doubt("scale", "", readings, reason)))
    return own


def _apply(own: Conversion, values: NDArray[np.float32]) -> NDArray[np.float32]:
    return own.apply(values.copy())


_FACTORS = {1.0: "reflectance as it is", 1e-2: "per cent", 1e-3: "per mille", 1e-4: "reflectance x 10000"}


def _possible(values: NDArray[np.float32]) -> tuple[Reading, ...]:
    """The usual factors with which values can be reflectance."""
    fitting = [(gain, text) for gain, text in _FACTORS.items() if fits_reflectance(values * np.float32(gain))]
    likely = [each for each in fitting if 0.01 < float(np.median(values)) * each[0] < 0.6]
    return tuple(Reading(f"{gain:g}", text) for gain, text in likely or fitting)


def _tagged(
    header: Header,
    found: Recognition,
    values: NDArray[np.float32],
    gains: tuple[float, ...],
    offsets: tuple[float, ...],
    date: dt.date | None,
    named: bool,
) -> Conversion:
    """Numbers for which the file declares scale and offset: used where reflectance comes out, in every band."""
    n, dtype = len(gains), header.dtypes[found.indexes[0] - 1]
    zero = _whole(header) and named and dtype == "uint16"
    tagged = Conversion(Scale.REFLECTANCE if named else Scale.RAW, "scale and offset in the file", gains, offsets,
                        zero_is_nodata=zero)  # fmt: skip
    if not named:
        return tagged
    if np.allclose(gains, 2.75e-5, rtol=1e-3) and not any(offsets):
        note = "scale 0.0000275 is that of Landsat Collection 2, whose offset -0.2 is not declared and was added"
        return replace(tagged, offsets=(-0.2,) * n, notes=(note,))
    wrong = [i for i, band in enumerate(_apply(tagged, values)) if not band_fits_reflectance(band)]
    if wrong and len(set(gains)) > 1 and len(wrong) < n:
        return _for_all_bands(found, values, tagged, wrong)
    if not wrong and fits_reflectance(_apply(tagged, values)):
        return tagged
    inverse = tuple(1.0 / gain if gain else 1.0 for gain in gains)
    plain = _untagged(header, found, values, date, named)
    others = [
        (plain, "the declared scale was left out"),
        (replace(tagged, gains=inverse), "the declared scale divides"),
    ]
    mid = float(np.median(_apply(tagged, values)))
    reason = f"with the declared scale {gains[0]:g} reflectance would be around {mid:.3g}, which no ground has"
    for other, how in others:
        if other.scale is Scale.REFLECTANCE and fits_reflectance(_apply(other, values)):
            readings = (
                Reading(f"{other.gains[0]:g}", f"multiplied by {other.gains[0]:g}"),
                Reading(f"{gains[0]:g}", f"multiplied by {gains[0]:g}, as declared"),
            )
            doubt = Doubt("scale", "", readings, reason, readings[0].key, "pixels", 0.95)
            return replace(other, reason=f"{other.reason}; {how}", doubts=(*other.doubts, doubt))
    possible = (*_possible(values), Reading(f"{gains[0]:g}", "as declared"), Reading("raw", "digital numbers"))
    return replace(tagged, doubts=(Doubt("scale", "", possible, reason),))


def _for_all_bands(found: Recognition, values: NDArray[np.float32], tagged: Conversion, wrong: list[int]) -> Conversion:
    """Give bands that come out as no reflectance the scale of the others, where that fits."""
    right = [i for i in range(len(tagged.gains)) if i not in wrong]
    law = (tagged.gains[right[0]], tagged.offsets[right[0]]) if right else (1.0, 0.0)
    names = ", ".join(found.bands[i] for i in wrong)
    gains = tuple(law[0] if i in wrong else g for i, g in enumerate(tagged.gains))
    offsets = tuple(law[1] if i in wrong else o for i, o in enumerate(tagged.offsets))
    mended = replace(tagged, gains=gains, offsets=offsets)
    reason = f"the declared scale of {names} gives no reflectance, that of the other bands does"
    readings = (Reading(f"{law[0]:g}", f"all bands multiplied by {law[0]:g}"), Reading("raw", "digital numbers"))
    fits = all(band_fits_reflectance(band) for band in _apply(mended, values))
    doubt = Doubt("scale", "", readings, reason, *((readings[0].key, "siblings", 0.95) if fits else ()))
    return replace(mended, doubts=(doubt,))


def _untagged(
    header: Header, found: Recognition, values: NDArray[np.float32], date: dt.date | None, named: bool
) -> Conversion:
    """Numbers for which the file declares no scale: by sensor and name, else by type and values."""
    n, dtype = len(found.indexes), header.dtypes[found.indexes[0] - 1]
    ones, zeros = (1.0,) * n, (0.0,) * n
    sensor = found.sensor or ""
    stem = header.stem.lower()
    digital = dtype in ("uint16", "int16", "int32", "uint32") or _digital(values)
    if sensor.startswith("Landsat") and digital:
        return _landsat(header, values, n, stem)
    if sensor == "Sentinel-2" and digital:
        return _sentinel2(header, found, values, n, date)
    if "float" in dtype:
        return _floats(found, values, n, named)
    if sensor.startswith("HLS"):
        return _known((1e-4, 0.0), n, "HLS reflectance x 10000", False)
    if sensor == "Planet":
        if "_sr" in stem or "analyticms_sr" in stem:
            return _known((1e-4, 0.0), n, "Planet surface reflectance x 10000", True)
        return Conversion(Scale.RAW, "Planet radiance; the scale is in the product's metadata", ones, zeros,
                          zero_is_nodata=True)  # fmt: skip
    if named and n >= 4 and dtype in ("uint16", "int16") and values.size:
        high = float(np.percentile(values, 98))
        if 255 < high <= 16000:
            return _times_10000(found, values, n, f"{dtype}, 98 % below {high:.0f}")
    return Conversion(Scale.RAW, f"{dtype} without a known scale", ones, zeros)


def _digital(values: NDArray[np.float32]) -> bool:
    """Whether floating point numbers are digital numbers: far above all reflectance."""
    return values.size > 0 and 255 < float(np.percentile(values, 98)) <= 65535 and float(np.median(values)) > 10


def _times_10000(found: Recognition, values: NDArray[np.float32], n: int, reason: str) -> Conversion:
    """Reflectance x 10000 by the range of its values, with the offset of Sentinel-2 where the pixels show it."""
    readings = (Reading("0", "value / 10000"), Reading("-1000", "(value - 1000) / 10000"))
    lifted = offset_evidence(found.bands, values)
    if lifted is None and may_be_lifted(values):
        why = "its values are reflectance x 10000 by their range, none is dark, and they may be lifted by 1000"
        return Conversion(Scale.REFLECTANCE, reason, (1e-4,) * n, (0.0,) * n,
                          doubts=(Doubt("offset", "", readings, why),))  # fmt: skip
    if lifted:
        why = "its values are reflectance x 10000 by their range, and lifted by 1000 as newer Sentinel-2 products are"
        doubt = Doubt("offset", "", readings[::-1], why, "-1000", "pixels", 0.9)
        return Conversion(Scale.REFLECTANCE, f"{reason}, none dark: (value - 1000) / 10000", (1e-4,) * n, (-0.1,) * n,
                          zero_is_nodata=True, doubts=(doubt,))  # fmt: skip
    doubt = Doubt(
        "scale", "", (Reading("0.0001", "reflectance x 10000"), Reading("raw", "digital numbers")),
        "values are taken as reflectance x 10000; set the layer's scale if they are not", "0.0001", "pixels", 0.9,
    )  # fmt: skip
    return Conversion(Scale.REFLECTANCE, reason, (1e-4,) * n, (0.0,) * n, doubts=(doubt,))


_C2_SR, _L1_TOA, _C1_SR = (2.75e-5, -0.2), (2e-5, -0.1), (1e-4, 0.0)


def _landsat(header: Header, values: NDArray[np.float32], n: int, stem: str) -> Conversion:
    level = _tag(header, "processing_level")
    if re.search(r"l2sp|l2sr|_sr_|_sr$|sr_b|_t[12]_sr|c2.*l2", stem) or level.startswith("L2"):
        return _known(_C2_SR, n, "Landsat Collection 2 surface reflectance", True)
    if re.search(r"l1(tp|gt|gs)", stem) or level.startswith("L1"):
        toa = "reflectance is that at the top of the atmosphere, without the sun's elevation: haze is in it"
        return replace(_known(_L1_TOA, n, "Landsat Level 1 reflectance, without the sun's elevation", True),
                       notes=(toa,))  # fmt: skip
    readings = (
        Reading("2.75e-05", "Collection 2 surface reflectance, 0.0000275 value - 0.2"),
        Reading("0.0001", "Collection 1 surface reflectance, value / 10000"),
        Reading("raw", "Level 1 digital numbers"),
    )
    if values.shape[-1] < ENOUGH:
        return replace(
            _known(_C2_SR, n, "Landsat numbers, few of which were seen", True),
            doubts=(
                Doubt("scale", "", readings, "the processing level is not known", readings[0].key, "assumed", 0.7),
            ),
        )
    darkest = float(np.percentile(values, 1, axis=1).min())
    mid = float(np.median(values))
    reason = f"the processing level is not known; the darkest of its numbers lie around {darkest:.0f}"
    if darkest >= 6800 and mid > 7273 * 0.95:  # 7273 is reflectance 0 in Collection 2, 6545 is -0.02
        doubt = Doubt("scale", "", readings, reason, readings[0].key, "pixels", 0.85)
        return replace(_known(_C2_SR, n, "Landsat numbers in the range of Collection 2 surface reflectance", True),
                       doubts=(doubt,))  # fmt: skip
    if darkest < 3000 and mid < 7273 * 0.95:
        doubt = Doubt("scale", "", readings[1::-1], reason, readings[1].key, "pixels", 0.9)
        return replace(_known(_C1_SR, n, "Landsat numbers below the range of Collection 2: reflectance x 10000", True),
                       doubts=(doubt,))  # fmt: skip
    return replace(_known(_C2_SR, n, "Landsat numbers of an unknown level", True),
                   doubts=(Doubt("scale", "", readings, reason),))  # fmt: skip


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
    infrared = {"nir", "nir08", "swir1", "swir2"} & set(found.bands)
    if low >= -20 and high <= 130 and infrared:
        readings = (Reading("0.01", "per cent"), Reading("display", "a picture's values from 0 to 255"))
        reason = f"its numbers go up to {high:.3g}, and it has infrared bands: taken for per cent"
        doubt = Doubt("scale", "", readings, reason, "0.01", "pixels", 0.85)
        return Conversion(Scale.REFLECTANCE, f"floating point values up to {high:.3g}: reflectance in per cent",
                          (0.01,) * n, zeros, doubts=(doubt,))  # fmt: skip
    if low >= 0 and high <= 255.0 and n <= 4 and found.sensor is None:
        return Conversion(Scale.DISPLAY, "floating point values between 0 and 255", (1 / 255,) * n, zeros)
    if low > -3000 and 255 < high <= 20000:
        return _times_10000(found, values, n, f"floating point values up to {high:.0f}: reflectance x 10000")
    return Conversion(Scale.RAW, "floating point numbers without a known scale", ones, zeros)


def _sentinel2(
    header: Header, found: Recognition, values: NDArray[np.float32], n: int, date: dt.date | None
) -> Conversion:
    """Reflectance x 10000, with or without the offset: by baseline or STAC, else by what the pixels allow."""
    text = f"{header.stem} {_tag(header, 'product_uri')}"
    properties = header.stac.get("properties", {})
    baseline = _tag(header, "processing_baseline") or str(properties.get("s2:processing_baseline", ""))
    if not baseline and (m := re.search(r"_N(\d{2})(\d{2})_", text, re.IGNORECASE)):
        baseline = f"{m[1]}.{m[2]}"
    applied = str(properties.get("earthsearch:boa_offset_applied", "")).lower() == "true"
    number = float(baseline) if re.fullmatch(r"\d+(\.\d+)?", baseline) else None
    if applied:
        return _known((1e-4, 0.0), n, "Sentinel-2 reflectance x 10000, offset already applied (STAC)", True)
    lifted = offset_evidence(found.bands, values)
    none = _known((1e-4, 0.0), n, "Sentinel-2 reflectance x 10000", True)
    readings = (Reading("0", "value / 10000"), Reading("-1000", "(value - 1000) / 10000"))
    if number is not None and number < 99:
        if number >= 4:
            own = _known((1e-4, -0.1), n, f"Sentinel-2 baseline {baseline}: (value - 1000) / 10000", True)
            if lifted is False and float(np.percentile(values, 5, axis=1).min()) < 800:
                reason = f"baseline {baseline} has an offset of -1000, but many numbers lie far below 1000"
                return replace(own, doubts=(Doubt("offset", "", readings, reason),))
            return own
        return replace(none, reason=f"Sentinel-2 baseline {baseline}: value / 10000")
    newer = date is not None and date >= S2_OFFSET_SINCE
    if lifted is False:
        why = "Sentinel-2 reflectance x 10000; with an offset of -1000 many pixels would be darker than anything is"
        return replace(none, reason=why)
    if lifted:
        reason = "the processing baseline is not known; no pixel is dark, and without 1000 there are plants or water"
        doubt = Doubt("offset", "", readings[::-1], reason, "-1000", "pixels", 0.95 if newer else 0.85)
        return replace(_known((1e-4, -0.1), n, "Sentinel-2 numbers lifted by 1000: (value - 1000) / 10000", True),
                       doubts=(doubt,))  # fmt: skip
    day = f"of {date}" if date else "of an unknown day"
    reason = f"the processing baseline is not known, and the pixels {day} do not tell whether 1000 is to be subtracted"
    if values.shape[-1] < ENOUGH and not newer:
        return none
    return replace(none, doubts=(Doubt("offset", "", readings, reason),))


__all__ = ["Conversion", "Kind", "conversion_of", "looks_like_db"]
