"""Recognising what the bands of a raster are, with the reason; what the user says always wins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from terrascope.errors import SceneError
from terrascope.scene import code_sets, sensors, subject, transparency
from terrascope.scene.doubts import Doubt, Reading
from terrascope.scene.raster import Header
from terrascope.scene.sensors import Sensor
from terrascope.scene.types import BANDS, Role

MAX_BANDS = 16  # unnamed bands beyond this many are not read

_PLATFORM_KEYS = (
    "platform", "eo:platform", "constellation", "satellite", "satellite_id", "spacecraft_id", "spacecraft_name",
    "spacecraft_identifier", "datatake_1_spacecraft_name", "mission", "mission_id", "sensor", "sensor_id", "instrument",
    "instruments", "product_uri", "product_type", "collection", "landsat_product_id", "tifftag_imagedescription",
    "tifftag_documentname", "system:id", "source",
)  # fmt: skip
_BAND_KEYS = ("common_name", "bandname", "band_name", "name", "band", "polarisation", "polarization",
              "polarimetric_interp")  # fmt: skip
_WAVELENGTH_KEYS = ("wavelength", "central_wavelength_um", "central_wavelength", "center_wavelength", "wavelengths")
_SAR_BANDS = frozenset({"vv", "vh", "hh", "hv"})


@dataclass(frozen=True)
class Recognition:
    """What a raster's bands are.

    Attributes
    ----------
    sensor
        Name of the sensor, None if not recognised.
    bands, indexes
        Names of the bands to read and their 1-based indexes in the file.
    alpha
        1-based index of the alpha band, None if there is none.
    palette
        True where one band of colour indexes stands for red, green and blue.
    sure
        False where nothing but band count and type was there to go by.
    opaque
        Value of the alpha band where a pixel is wholly observed, None without alpha.
    doubts
        What the bands may be too.
    no_picture
        What the numbers are where they are no picture of the ground: "heights", "an index"; "" for a picture.
    """

    sensor: str | None
    role: Role
    bands: tuple[str, ...]
    indexes: tuple[int, ...]
    reason: str
    alpha: int | None = None
    palette: bool = False
    sure: bool = True
    notes: tuple[str, ...] = ()
    opaque: float | None = None
    doubts: tuple[Doubt, ...] = ()
    no_picture: str = ""


def recognise(
    header: Header,
    sample: NDArray[np.float32] | None = None,
    *,
    role: Role | None = None,
    bands: Mapping[str, int] | None = None,
    alpha: bool | None = None,
) -> Recognition:
    """Say what the bands of a raster are.

    Tried in this order: band descriptions, STAC and GDAL metadata, file name, wavelengths, colour interpretation, band
    count. `role`, `bands` (name to 1-based index) and `alpha` (whether a flagged band is transparency) override what is
    found.

    Parameters
    ----------
    sample
        A few pixels of all bands, float32 [B, h, w], unscaled: tells an undeclared alpha band and dB values.

    Raises
    ------
    SceneError
        If `bands` names an index that the file does not have.
    """
    sensor, sensor_reason = sensor_of(header)
    clear = transparency.find(header, sample, wanted=alpha, named=_is_named(header, header.alpha, sensor))
    usable = [i for i in range(1, header.count + 1) if i != clear.band]
    notes, doubts = list(clear.notes), list(clear.doubts)
    if bands:
        return _overridden(header, bands, role, sensor, clear, notes)
    if header.palette:
        return Recognition(
            sensor.name if sensor else None, role or Role.OPTICAL, ("red", "green", "blue"), (1,),
            "colour table", None, True, True, ("colours of the colour table, not measurements",),
        )  # fmt: skip
    if sensor is None or not sensor.codes:
        by_codes = code_sets.sensor_of(header.descriptions, header.stem)
        if by_codes is not None:
            sensor, sensor_reason = by_codes.sensor, "the set of its band codes"
            doubts += by_codes.doubts
    guesses = ((_tidy(names), why, sure) for names, why, sure in _guesses(header, sensor, usable, sample))
    found, reason, sure = next(guess for guess in guesses if guess[0])
    named = {n for n, _ in found}
    if role is None:
        if (named and named <= _SAR_BANDS | {"sar"}) or (sensor and sensor.role is Role.SAR and not named & {"red"}):
            role = Role.SAR
        else:
            role = Role.OPTICAL
    elif role is Role.SAR and not named & _SAR_BANDS:
        order = ("vv", "vh") if len(usable) >= 2 else ("sar",)
        found, reason = list(zip(order, usable)), f"the role SAR and {len(usable)} band(s)"
        sure = True
    if len(found) > MAX_BANDS:
        notes.append(f"the first {MAX_BANDS} of {len(found)} bands are read")
        found = found[:MAX_BANDS]
    if not sure and role is Role.OPTICAL:
        doubts += _guessed([n for n, _ in found], reason)
    full_reason = f"{reason}; {sensor.name} by {sensor_reason}" if sensor else reason
    return Recognition(
        sensor=sensor.name if sensor else None,
        role=role,
        bands=tuple(n for n, _ in found),
        indexes=tuple(i for _, i in found),
        reason=full_reason,
        alpha=clear.band,
        sure=sure,
        notes=tuple(notes),
        opaque=clear.opaque,
        doubts=tuple(doubts),
        no_picture=_no_picture(header, found, sample, sure=sure, role=role),
    )


def _is_named(header: Header, index: int | None, sensor: Sensor | None) -> bool:
    """Whether a description says that a band is a measurement."""
    return bool(index and sensors.band_from_text(header.descriptions[index - 1] or "", sensor))


def _guessed(names: list[str], reason: str) -> list[Doubt]:
    """The doubt about bands that only their number speaks for."""
    if names[:3] not in (["red", "green", "blue"], ["blue", "green", "red"]) or len(names) > 4:
        return []
    other = [*reversed(names[:3]), *names[3:]]
    readings = tuple(Reading(",".join(each), f"{', '.join(each)}, in the file's order") for each in (names, other))
    if reason == UNTOLD:
        return [Doubt("bands", "", readings, reason)]
    return [Doubt("bands", "", readings, f"its bands are a guess ({reason})", readings[0].key, "assumed", _GUESSED)]


#: Share of unnamed files with three or four bands that are what is guessed: the order of pictures and of most exports.
_GUESSED = 0.85
#: Different numbers of one band that are classes, not grey values, and pixels from which that can be said.
_FEWEST_CLASSES, _MOST_CLASSES, _CLASS_SAMPLE = 2, 12, 400
_INDEX_SHARE = 0.1  # of values below 0 in floating point numbers between -1 and 1 beyond which they are no reflectance


def _no_picture(header: Header, found: _Names, sample: NDArray[np.float32] | None, *, sure: bool, role: Role) -> str:
    """What the numbers are where descriptions, name or values say that they are no picture."""
    if sure or role is Role.SAR:
        return ""
    texts = [text for text in header.descriptions if text and text.strip()]
    kinds = [subject.of_text(text) or (subject.A_DATE if subject.is_date(text) else None) for text in texts]
    if texts and sum(kind is not None for kind in kinds) * 2 > header.count:
        what = ", ".join(dict.fromkeys(kind for kind in kinds if kind))
        shown = ", ".join(texts[:3]) + (", ..." if len(texts) > 3 else "")
        return f"its bands are described as {what} ({shown})"
    whole = "int" in header.dtypes[0]
    if header.count == 1 or (header.count <= 12 and not whole):
        if by_name := subject.of_text(header.stem):
            return f"its name says that it holds {by_name}"
        folder = header.path.replace("\\", "/").rpartition("/")[0].rpartition("/")[2]
        if header.count == 1 and (by_folder := subject.of_whole_text(folder)):
            return f"its folder {folder!r} says that it holds {by_folder}"
    if header.count == 1 and whole and sample is not None and sample.size >= _CLASS_SAMPLE:
        number = len(np.unique(sample))
        if _FEWEST_CLASSES <= number <= _MOST_CLASSES:
            return f"it has one band that holds {number} different whole numbers, as classes have"
    if sample is None or whole or header.count == 1:
        return ""
    values = sample[[i - 1 for _, i in found]]
    values = values[np.isfinite(values) & (np.abs(values) < 1e30)]
    if values.size and np.abs(values).max() <= 1.0 and np.mean(values < 0) > _INDEX_SHARE:
        share = float(np.mean(values < 0))
        return (
            f"{share:.0%} of its numbers lie below 0 and all between -1 and 1, as an index has them and no reflectance"
        )
    return ""


def sensor_of(header: Header) -> tuple[Sensor | None, str]:
    """Return the sensor and the reason, from STAC and GDAL metadata first and the file name after."""
    properties = header.stac.get("properties", {})
    for key in ("platform", "constellation", "instruments"):
        if key in properties and (found := sensors.sensor_from_text(str(properties[key]))):
            return found, f"STAC {key}"
    tags = {k.lower(): v for k, v in header.tags.items()}
    by_name = sensors.sensor_from_name(header.stem)
    for key in _PLATFORM_KEYS:
        if key in tags and (found := sensors.sensor_from_text(tags[key])):
            if by_name and by_name.name.startswith("HLS"):  # HLS names say more than the platform behind them
                break
            return found, f"metadata {key}"
    if by_name:
        return by_name, "file name"
    parts = header.path.replace("\\", "/").split("/")
    for part in reversed(parts[-3:-1]):
        if found := sensors.sensor_from_name(part):
            return found, "folder name"
    return None, ""


_Names = list[tuple[str, int]]


def _guesses(
    header: Header, sensor: Sensor | None, usable: list[int], sample: NDArray[np.float32] | None
) -> Iterator[tuple[_Names, str, bool]]:
    yield _with_colours(_from_texts(header.descriptions, sensor, usable), header), "band descriptions", True
    yield _from_metadata(header, sensor, usable), "band metadata", True
    yield _from_file_name(header, sensor, usable), "file name", True
    yield _from_wavelengths(header, usable), "wavelengths", True
    yield _from_colours(header, usable), "colour interpretation", True
    yield from _from_count(header, sensor, usable, sample)


def _from_texts(texts: tuple[str | None, ...], sensor: Sensor | None, usable: list[int]) -> _Names:
    found = [(sensors.band_from_text(texts[i - 1] or "", sensor), i) for i in usable]
    if not any(n in BANDS or n in _SAR_BANDS for n, _ in found if n):
        return []
    return [(n if n is not None else _own_name(texts[i - 1], i), i) for n, i in found if n != ""]


def _with_colours(found: _Names, header: Header) -> _Names:
    """Let the colours that the file flags name the bands beside those that are described."""
    colours = {"red", "green", "blue"} & {each.lower() for each in header.colours}
    if len(colours) < 3 or colours & {name for name, _ in found}:
        return found
    undescribed = {i for _, i in found if not (header.descriptions[i - 1] or "").strip()}
    return [(header.colours[i - 1].lower(), i) if i in undescribed and header.colours[i - 1].lower() in colours
            else (name, i) for name, i in found]  # fmt: skip


def _own_name(text: str | None, index: int) -> str:
    return (text or "").strip().lower() or f"band{index}"


def _from_metadata(header: Header, sensor: Sensor | None, usable: list[int]) -> _Names:
    names = _stac_bands(header)
    enough = len(names) >= len(usable) > 0
    if enough and (found := _from_texts(tuple(names) + (None,) * header.count, sensor, usable)):
        return found
    for key in _BAND_KEYS:
        texts = tuple(t.get(key) for t in header.band_tags)
        if any(texts) and (found := _from_texts(texts, sensor, usable)):
            return found
    for key in ("polarisation", "polarization", "mds1_tx_rx_polar"):
        value = {k.lower(): v for k, v in header.tags.items()}.get(key, "")
        if len(usable) == 1 and sensors.squeeze(value) in _SAR_BANDS:
            return [(sensors.squeeze(value), usable[0])]
    return []


def _stac_bands(header: Header) -> list[str]:
    """Band names of the STAC asset whose file name is this file's."""
    wanted = header.path.replace("\\", "/").rsplit("/", 1)[-1]
    assets = header.stac.get("assets", {})
    for asset in assets.values() if isinstance(assets, dict) else ():
        if not isinstance(asset, dict) or str(asset.get("href", "")).rsplit("/", 1)[-1] != wanted:
            continue
        entries = asset.get("bands") or asset.get("eo:bands") or asset.get("sar:polarizations") or []
        return [
            str(e.get("eo:common_name") or e.get("common_name") or e.get("name") or "")
            if isinstance(e, dict)
            else str(e)
            for e in entries
        ]
    return []


_CODE_RUN = re.compile(r"(?:(?<=[^a-z0-9])|^)(b\d{1,2}a?(?:[-_]?b\d{1,2}a?)*)(?=[^a-z0-9]|$)")


def _from_file_name(header: Header, sensor: Sensor | None, usable: list[int]) -> _Names:
    stem = header.stem.lower()
    for m in _CODE_RUN.finditer(stem):
        codes = re.findall(r"b\d{1,2}a?", m[1])
        names = [sensors.band_from_text(c, sensor) for c in codes]
        if len(codes) == len(usable) and all(names):
            return [(n, i) for n, i in zip(names, usable) if n]
    words = re.split(r"[^a-z0-9]+", stem)
    polar = [w for w in words if w in _SAR_BANDS]
    if "vvvh" in words or "vhvv" in words:
        polar = ["vv", "vh"] if "vvvh" in words else ["vh", "vv"]
    if polar and len(polar) == len(usable):
        return list(zip(polar, usable))
    if len(usable) == 1 and words:
        name = sensors.band_from_text(words[-1], sensor) if len(words[-1]) > 1 else None
        if name and name != "gray":
            return [(name, usable[0])]
    if "tci" in words and len(usable) == 3:
        return list(zip(("red", "green", "blue"), usable))
    for word in words:
        if re.fullmatch(r"(?=[a-z]*r)[rgbn]{3,4}(ir)?", word) and word not in ("nrn",):
            letters = word[:-2] if word.endswith("ir") and len(word) > 4 else word
            full = {"r": "red", "g": "green", "b": "blue", "n": "nir"}
            if len(letters) == len(usable) and len(set(letters)) == len(letters):
                return [(full[c], i) for c, i in zip(letters, usable)]
    return []


def _from_wavelengths(header: Header, usable: list[int]) -> _Names:
    lengths: dict[int, float] = {}
    for i in usable:
        tags = header.band_tags[i - 1]
        text = next((tags[k] for k in _WAVELENGTH_KEYS if k in tags), header.descriptions[i - 1] or "")
        unit = f"{tags.get('wavelength_units', '')} {text}".lower()
        m = re.search(r"(\d+(?:\.\d+)?)", text)
        if m:
            value = float(m[1])
            if value < 20 and ("." in m[1] or "um" in unit or "micro" in unit or "µm" in unit):
                value *= 1000
            if 350 <= value <= 2600:
                lengths[i] = value
    if not lengths or (len(lengths) < len(usable) and len(lengths) < 3):
        return []
    found: _Names = []
    for name, centre, reach in sensors.CENTRES:
        best = min(lengths, key=lambda i: abs(lengths[i] - centre))
        if abs(lengths[best] - centre) <= reach and best not in [i for _, i in found]:
            found.append((name, best))
    return found


def _from_colours(header: Header, usable: list[int]) -> _Names:
    names = [(header.colours[i - 1].lower(), i) for i in usable]
    if {"red", "green", "blue"} <= {n for n, _ in names}:
        known = {"red": "red", "green": "green", "blue": "blue", "nir": "nir", "coastal": "coastal"}
        out = [(known.get(n, ""), i) for n, i in names]
        rest = [i for n, i in out if not n]
        if len(rest) == 1 and len(usable) == 4:
            return [(n or "nir", i) for n, i in out]
        return [(n or f"band{i}", i) for n, i in out]
    return []


def _from_count(
    header: Header, sensor: Sensor | None, usable: list[int], sample: NDArray[np.float32] | None
) -> Iterator[tuple[_Names, str, bool]]:
    n = len(usable)
    if sensor and n in sensor.orders:
        names = sensor.orders[n]
        yield (
            [(b, i) for b, i in zip(names, usable) if b != "angle"],
            f"the usual {n}-band order of {sensor.name}",
            True,
        )
    eight_bit = header.dtypes[usable[0] - 1] == "uint8" if usable else False
    if header.complex:
        yield _sar_names(usable), "complex numbers", True
    if sensor and sensor.role is Role.SAR:
        yield _sar_names(usable), sensor.name, True
    if n in (12, 13) and not eight_bit:
        yield list(zip(sensors.S2.orders[n], usable)), f"{n} bands that are not 8-bit, as Sentinel-2 has", False
    if n <= 2 and sample is not None and looks_like_db(sample[[i - 1 for i in usable]]):
        yield _sar_names(usable), f"{n} band(s) with values as backscatter in dB has", False
    if n == 1:
        yield [("gray", usable[0])], "one band", False
    if n in (3, 4) and eight_bit and sample is not None and second_band_is_nir(sample[[i - 1 for i in usable]]):
        names = ("swir1", "nir", "red", "green")
        yield (
            list(zip(names, usable)),
            f"{n} bands, the second of them bright where the third is dark: SWIR, NIR, red",
            False,
        )
    if n in (3, 4):
        if eight_bit or n == 3:
            tail = ", near infrared" if n == 4 else ""
            yield (
                list(zip(("red", "green", "blue", "nir"), usable)),
                f"{n} bands, taken as red, green, blue{tail}",
                False,
            )
        if sample is not None and not np.array_equal(sample[usable[0] - 1], sample[usable[2] - 1]):
            yield list(zip(("blue", "green", "red", "nir"), usable)), UNTOLD, False
        yield (
            list(zip(("blue", "green", "red", "nir"), usable)),
            "4 bands, taken as blue, green, red, near infrared",
            False,
        )
    yield [(f"band{i}", i) for i in usable], f"{n} unnamed bands", False


def _sar_names(usable: list[int]) -> _Names:
    if len(usable) == 1:
        return [("sar", usable[0])]
    return [(n, i) for n, i in zip(("vv", "vh", "band3", "band4"), usable)][:4]


def looks_like_db(sample: NDArray[np.float32]) -> bool:
    """True if unscaled values look like backscatter in dB: mostly between -45 and 10 and mostly negative."""
    values = sample[np.isfinite(sample) & (sample > -9000)]
    values = values[values != 0]
    if values.size < 4:
        return False
    low, mid, high = np.percentile(values, (2, 50, 98))
    return bool(low > -60 and high < 15 and -40 < mid < -2 and values.size and np.mean(values % 1 != 0) > 0.5)


#: Over open ground blue is darker than red, but in haze, or in numbers that are not calibrated, brighter.
UNTOLD = "nothing says whether the first of its 4 bands is blue or red, and the pixels do not tell"


def second_band_is_nir(sample: NDArray[np.float32]) -> bool:
    """True if a picture is SWIR, NIR, red rather than red, green, blue: unscaled values [3 or 4, h, w].

    Green of a natural picture follows red closely; NIR over plants runs against it and is far brighter.
    """
    first, second, third = (b.astype(np.float64).ravel() for b in sample[:3])
    if min(second.std(), third.std()) < 1:
        return False
    follows = float(np.corrcoef(second, third)[0, 1])
    return second.mean() > 2.0 * third.mean() and second.mean() > 1.3 * first.mean() and follows < 0.3


def _overridden(
    header: Header,
    bands: Mapping[str, int],
    role: Role | None,
    sensor: Sensor | None,
    clear: transparency.Transparency,
    notes: list[str],
) -> Recognition:
    found: _Names = []
    for name, index in bands.items():
        if not 1 <= int(index) <= header.count:
            raise SceneError(
                f"Band {name!r} of {header.path!r} is to be band {index}, but the file has {header.count} band(s).",
                f"Choose a band from 1 to {header.count}.",
            )
        found.append((sensors.band_from_text(name, None) or name.lower(), int(index)))
    names = {n for n, _ in found}
    alpha = None if clear.band in [i for _, i in found] else clear.band
    chosen = role or (Role.SAR if names <= _SAR_BANDS else Role.OPTICAL)
    return Recognition(
        sensor.name if sensor else None, chosen, tuple(n for n, _ in found), tuple(i for _, i in found),
        "chosen by the user", alpha, False, True, tuple(notes), clear.opaque,
    )  # fmt: skip


def _tidy(names: _Names) -> _Names:
    """Drop repeated names; let band 8A stand for NIR where there is no band 8."""
    out: _Names = []
    taken: set[str] = set()
    for name, index in names:
        unique = name if name not in taken else f"{name}_{index}"
        taken.add(unique)
        out.append((unique, index))
    if "nir08" in taken and "nir" not in taken:
        out = [("nir" if n == "nir08" else n, i) for n, i in out]
    return out
