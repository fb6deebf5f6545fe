"""Landsat products: Collection 1 and 2, Level 1 and 2, scenes and ARD tiles, ESPA orders, names from before.

Facts: Landsat 4-9 Collection 2 Data Format Control Books; Collection 1 product guides. Surface reflectance of
Collection 2 Level 2 is 0.0000275 x value - 0.2; of Collection 1 (ESPA) 0.0001 x value; Level 1 is reflectance at the
top of the atmosphere by REFLECTANCE_MULT and REFLECTANCE_ADD of the MTL, over the sine of the sun's elevation.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from terrascope.scene.dates import parse_date
from terrascope.scene.products.tree import Tree
from terrascope.scene.products.types import (
    FROM_METADATA,
    FROM_NAME,
    Product,
    ProductBand,
    ProductFile,
    Quality,
    QualityRule,
)
from terrascope.scene.types import Scale

_TM = {1: "blue", 2: "green", 3: "red", 4: "nir", 5: "swir1", 7: "swir2"}
_OLI = {1: "coastal", 2: "blue", 3: "green", 4: "red", 5: "nir", 6: "swir1", 7: "swir2"}
_MSS = {4: "green", 5: "red", 6: "nir08", 7: "nir"}  # of Landsat 4 and 5: 1, 2, 3, 4 in place of 4, 5, 6, 7
_C2_SR, _C1_SR = (2.75e-5, -0.2), (1e-4, 0.0)
_OLI_TOA = (2e-5, -0.1)  # REFLECTANCE_MULT and _ADD of every OLI band

_ID = (
    r"(?P<sensor>L[COTEM])(?P<number>0[1-9])_(?P<level>L1TP|L1GT|L1GS|L2SP|L2SR)_(?P<place>\d{6})_(?P<date>\d{8})"
    r"(?:_\d{8})?_(?P<collection>0[12])_(?:T1|T2|RT|A1|A2)"
)
_ARD = (
    r"(?P<sensor>L[COTEM])(?P<number>0[4-9])_(?P<region>CU|AK|HI)_(?P<place>\d{6})_(?P<date>\d{8})_\d{8}_C?(?P<collection>0[12])"
    r"(?:_V\d\d)?"
)
_OLD = r"(?P<sensor>L[COTEM])(?P<number>[1-9])(?P<place>\d{6})(?P<year>\d{4})(?P<day>\d{3})[A-Z]{3}\d\d"
_REST = r"_(?P<what>\w+)\.(?:tiff?)$"
_FILES = tuple(re.compile(f"^(?P<id>{form}){_REST}", re.IGNORECASE) for form in (_ID, _ARD, _OLD))
_BAND = re.compile(
    r"^(?P<kind>SR_B|SRB|TAB|TOA_BAND|SR_BAND|B)(?P<number>\d{1,2})(?:_VCID_[12])?(?:_(?P<size>\d+)M)?$", re.IGNORECASE
)

#: Kinds of band files; where a folder has several, the first kind is what is looked at.
_KINDS = (frozenset({"SR_B", "SRB", "SR_BAND"}), frozenset({"TAB", "TOA_BAND"}), frozenset({"B"}))

#: What files that are no measurement of the ground's colour are, by the beginning of what their name says.
_OTHERS = (
    ("SR_QA_AEROSOL", "aerosol quality"), ("SR_AEROSOL", "aerosol quality"), ("SR_ATMOS_OPACITY", "haze"),
    ("SR_CLOUD_QA", "cloud quality"), ("QA_PIXEL", "pixel quality"), ("PIXEL_QA", "pixel quality"),
    ("QA_RADSAT", "saturation quality"), ("RADSAT_QA", "saturation quality"), ("BQA", "pixel quality"),
    ("PIXELQA", "pixel quality"), ("RADSATQA", "saturation quality"), ("LINEAGEQA", "lineage"),
    ("ST_", "surface temperature"), ("STB", "surface temperature"), ("BT", "brightness temperature"),
    ("SAA", "sun angle"), ("SZA", "sun angle"), ("SOA", "sun angle"), ("SOZ", "sun angle"), ("VAA", "view angle"),
    ("VZA", "view angle"), ("SEA", "sensor angle"), ("SEZ", "sensor angle"), ("SENSOR_", "sensor angle"),
    ("SOLAR_", "sun angle"),
)  # fmt: skip
_INDICES = ("SR_NDVI", "SR_EVI", "SR_SAVI", "SR_MSAVI", "SR_NDMI", "SR_NBR")


def _bit(meaning: str, bit: int) -> QualityRule:
    return QualityRule(meaning, frozenset({1 << bit}), 1 << bit)


def _high(meaning: str, bit: int) -> QualityRule:
    """Two bits of confidence, both set: high."""
    return QualityRule(meaning, frozenset({3 << bit}), 3 << bit)


QA_PIXEL = (_bit("nodata", 0), _bit("cloud", 1), _bit("cloud", 2), _bit("cloud", 3), _bit("cloud shadow", 4),
            _bit("snow", 5))  # fmt: skip
_PIXEL_QA = (_bit("nodata", 0), _bit("cloud shadow", 3), _bit("snow", 4), _bit("cloud", 5))
_BQA = (_bit("nodata", 0), _bit("cloud", 4), _high("cloud shadow", 7), _high("snow", 9), _high("cloud", 11))
_BQA_OLD = (_bit("nodata", 0), _high("cloud", 12), _high("cloud", 14), _high("snow", 10))


def claims(name: str) -> bool:
    """Say whether a file name is one of these products'."""
    return _match(name) is not None


def _match(name: str) -> re.Match[str] | None:
    return next((m for form in _FILES if (m := form.match(name))), None)


def products(tree: Tree) -> list[Product]:
    """Return the products of a tree: one for each scene or tile, and level."""
    groups: dict[tuple[str, str], list[tuple[str, re.Match[str]]]] = {}
    for name in tree.names:
        folder, _, plain = name.rpartition("/")
        if match := _match(plain):
            groups.setdefault((folder, match["id"].upper()), []).append((name, match))
    return [found for (folder, _), files in groups.items() if (found := _product(tree, folder, files))]


@dataclass(frozen=True)
class _Law:
    """value = gain * file value + offset by band number, over the sine of the sun's elevation."""

    words: str
    source: str
    coefficients: Mapping[int, tuple[float, float]]
    sine: float = 1.0
    scale: Scale | None = Scale.REFLECTANCE
    doubt: str = ""

    def of(self, number: int) -> tuple[float, float]:
        gain, offset = self.coefficients.get(number, (1.0, 0.0))
        return gain / self.sine, offset / self.sine


def _product(tree: Tree, folder: str, files: list[tuple[str, re.Match[str]]]) -> Product | None:
    match = files[0][1]
    facts = match.groupdict()
    number, sensor = int(facts["number"]), facts["sensor"].upper()
    mtl = _metadata(tree, folder, facts["id"])
    kinds = {b["kind"].upper() for _, m in files if (b := _BAND.match(m["what"]))}
    level, collection = _level(facts, kinds)
    if sensor == "LM":
        table = _MSS if number <= 3 else {1: "green", 2: "red", 3: "nir08", 4: "nir"}
    else:
        table = _TM if number <= 7 else _OLI
    law = _law(level, collection, number, table, mtl)
    nodata = -9999.0 if (level, collection) in (("L2", 1), ("TA", 1)) else 0.0
    measured = next(each for each in _KINDS if not kinds or kinds & each)
    bands, left_out, quality = [], {}, []
    for name, each in files:
        what, path = each["what"].upper(), tree.gdal(name)
        band = _BAND.match(what)
        if band is None or band["kind"].upper() not in measured:
            left_out[path] = _other(what)
            if rules := _rules(what, collection):
                quality.append(Quality(path, f"pixel quality ({what})", rules))
            continue
        name_of = table.get(int(band["number"]))
        if name_of is None:
            left_out[path] = "panchromatic band" if band["number"] == "8" else (
                "cirrus band" if (band["number"], number >= 8) == ("9", True) else "thermal band")  # fmt: skip
            continue
        gain, offset = law.of(int(band["number"]))
        size = float(band["size"] or 30)
        file = ProductFile(path, (ProductBand(name_of, 1, gain, offset),), nodata, size)
        bands.append((size, int(band["number"]), file))
    if not bands and not quality:
        return None
    letters = {"L2": "Level 2", "L1": "Level 1", "TA": "top of atmosphere"}[level]
    era = f"Collection {collection} " if collection else ""
    notes = []
    if level != "L2" and law.scale is not None:
        notes.append("reflectance is that at the top of the atmosphere: haze is in it")
    return Product(
        name=facts["id"],
        title=f"Landsat {number} {era}{letters}",
        sensor=f"Landsat {number}",
        files=tuple(each for *_, each in sorted(bands, key=lambda b: b[:2])),
        law=law.words,
        source=law.source,
        date=_date(facts, mtl),
        scale=law.scale,
        quality=tuple(quality),
        left_out=left_out,
        notes=tuple(notes),
        doubts=(law.doubt,) if law.doubt else (),
        key=f"{tree.path}/{folder}/{facts['id'].upper()}",
    )


def _level(facts: Mapping[str, str | None], kinds: set[str]) -> tuple[str, int]:
    """Level ("L1", "L2", or "TA": ESPA's and ARD's top of atmosphere) and collection (0: before collections)."""
    collection = int(facts.get("collection") or 0)
    if kinds & {"SR_B", "SRB", "SR_BAND"} or (facts.get("level") or "").upper().startswith("L2"):
        return "L2", collection or 1
    if kinds & {"TAB", "TOA_BAND"}:
        return "TA", collection or 1
    return "L1", collection


def _law(
    level: str, collection: int, number: int, table: Mapping[int, str], mtl: Mapping[str, Mapping[str, str]]
) -> _Law:
    if level == "L2" and collection == 2:
        group = mtl.get("LEVEL2_SURFACE_REFLECTANCE_PARAMETERS", {})
        found = _coefficients(group, table)
        if found:
            gain, offset = next(iter(found.values()))
            return _Law(f"surface reflectance: {gain:g} x value {offset:+g}", FROM_METADATA, found)
        return _Law("surface reflectance: 0.0000275 x value - 0.2", FROM_NAME, dict.fromkeys(table, _C2_SR))
    if level in ("L2", "TA"):
        kind = "surface reflectance" if level == "L2" else "reflectance at the top of the atmosphere"
        return _Law(f"{kind}: value / 10000", FROM_NAME, dict.fromkeys(table, _C1_SR))
    values = {key: value for group in mtl.values() for key, value in group.items()}
    found = _coefficients(values, table)
    sun = _number(values.get("SUN_ELEVATION"))
    words = "reflectance at the top of the atmosphere by the MTL's coefficients"
    if found and sun is not None and sun > 0:
        law = f"{words} and the sun's elevation of {sun:.1f} degrees"
        return _Law(law, FROM_METADATA, found, math.sin(math.radians(sun)))
    if found:
        doubt = "the MTL does not give the sun's elevation: reflectances are too low"
        return _Law(words, FROM_METADATA, found, doubt=doubt)
    if number >= 8:
        doubt = "there is no MTL file beside the bands: the sun's elevation is not known and reflectances are too low"
        words = "reflectance at the top of the atmosphere: 0.00002 x value - 0.1"
        return _Law(words, FROM_NAME, dict.fromkeys(table, _OLI_TOA), doubt=doubt)
    doubt = "there is no MTL file with reflectance coefficients beside the bands: the numbers are not reflectances"
    return _Law("digital numbers", FROM_NAME, {}, scale=Scale.RAW, doubt=doubt)


def _coefficients(group: Mapping[str, str], table: Mapping[int, str]) -> dict[int, tuple[float, float]]:
    found = {}
    for number in table:
        gain = _number(group.get(f"REFLECTANCE_MULT_BAND_{number}"))
        offset = _number(group.get(f"REFLECTANCE_ADD_BAND_{number}"))
        if gain is not None and offset is not None:
            found[number] = (gain, offset)
    return found


def _metadata(tree: Tree, folder: str, identity: str) -> dict[str, dict[str, str]]:
    """The MTL as groups of keys and values: of the text, the JSON or the XML file, whichever is there."""
    start = f"{folder}/{identity}" if folder else identity
    names = {each.lower(): each for each in tree.names}
    for ending, parse in (("_MTL.txt", _from_text), ("_MTL.json", _from_json), ("_MTL.xml", _from_xml)):
        if name := names.get(f"{start}{ending}".lower()):
            return parse(tree, name)
    return {}


def _from_text(tree: Tree, name: str) -> dict[str, dict[str, str]]:
    groups: dict[str, dict[str, str]] = {}
    here = [""]
    for line in tree.text(name).splitlines():
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals:
            continue
        if key == "GROUP":
            here.append(value)
        elif key == "END_GROUP":
            here = here[:-1] or [""]
        else:
            groups.setdefault(here[-1], {})[key] = value.strip('"')
    return groups


def _from_json(tree: Tree, name: str) -> dict[str, dict[str, str]]:
    try:
        content = json.loads(tree.text(name))
    except (ValueError, RecursionError):
        return {}
    top: object = next(iter(content.values()), {}) if isinstance(content, dict) else {}
    return {
        str(group): {str(k): str(v) for k, v in values.items()}
        for group, values in (top.items() if isinstance(top, dict) else ())
        if isinstance(values, dict)
    }


def _from_xml(tree: Tree, name: str) -> dict[str, dict[str, str]]:
    return {group.tag: {each.tag: (each.text or "").strip() for each in group} for group in tree.xml(name)}


def _date(facts: Mapping[str, str | None], mtl: Mapping[str, Mapping[str, str]]) -> dt.date | None:
    acquired = next((group["DATE_ACQUIRED"] for group in mtl.values() if "DATE_ACQUIRED" in group), None)
    if acquired and (found := parse_date(acquired)):
        return found
    if facts.get("date"):
        return parse_date(str(facts["date"]))
    year, day = facts.get("year"), facts.get("day")
    return dt.date(int(year), 1, 1) + dt.timedelta(days=int(day) - 1) if year and day else None


def _other(what: str) -> str:
    return next((said for start, said in _OTHERS if what.startswith(start)), what.lower())


def _rules(what: str, collection: int) -> tuple[QualityRule, ...]:
    if what == "QA_PIXEL":
        return QA_PIXEL
    if what in ("PIXEL_QA", "PIXELQA"):
        return _PIXEL_QA
    if what == "BQA":
        return _BQA if collection else _BQA_OLD
    return ()


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
