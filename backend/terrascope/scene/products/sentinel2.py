"""Sentinel-2 products: SAFE folders and zips of Level 1C and 2A, of every baseline, and single band files of them.

Facts: Sentinel-2 Products Specification Document. Since processing baseline 04.00 (25 January 2022) the digital numbers
carry an offset, which `BOA_ADD_OFFSET` (Level 2A) or `RADIO_ADD_OFFSET` (Level 1C) gives by band; 0 is no data.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

from terrascope.scene.dates import parse_date
from terrascope.scene.products.tree import Tree, first, local
from terrascope.scene.products.types import (
    FROM_METADATA,
    FROM_NAME,
    Product,
    ProductBand,
    ProductFile,
    Quality,
    QualityRule,
)
from terrascope.scene.scaling import S2_OFFSET_SINCE

#: Band codes in the order of `band_id` of the metadata, and what the bands are here. Codes of no name are not read.
_CODES = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
_NAMES = {"B01": "coastal", "B02": "blue", "B03": "green", "B04": "red", "B05": "rededge1", "B06": "rededge2",
          "B07": "rededge3", "B08": "nir", "B8A": "nir08", "B11": "swir1", "B12": "swir2"}  # fmt: skip
_SIZES = {"B02": 10, "B03": 10, "B04": 10, "B08": 10, "B01": 60, "B09": 60, "B10": 60}
_OTHERS = {"B09": "water vapour band", "B10": "cirrus band", "SCL": "scene classification", "TCI": "colour picture",
           "AOT": "aerosol optical thickness", "WVP": "water vapour", "PVI": "preview"}  # fmt: skip
_QUANTIFICATION, _OFFSET, _OFFSET_BASELINE = 10000.0, -1000.0, 4.0

#: Scene classification of Level 2A (Sen2Cor): 0 no data, 1 saturated or defective, 3 shadow, 8 and 9 cloud, 10 cirrus.
SCL_RULES = (
    QualityRule("nodata", frozenset({0, 1})),
    QualityRule("cloud", frozenset({8, 9, 10})),
    QualityRule("cloud shadow", frozenset({3})),
    QualityRule("snow", frozenset({11})),
)
#: MSK_CLASSI of Level 1C since baseline 04.00: three bands of 0 and 1.
_CLASSI_RULES = (
    QualityRule("cloud", frozenset({1}), index=1),
    QualityRule("cloud", frozenset({1}), index=2),
    QualityRule("snow", frozenset({1}), index=3),
)

#: T33UXP_20230705T100039_B02_10m.jp2, L2A_T33UXP_..., S2A_OPER_MSI_L1C_TL_..._T33UXP_B02.jp2
_FILE = re.compile(
    r"^(?P<stem>(?:L2A_)?(?P<tile>T\d{2}[A-Z]{3})_(?P<time>\d{8}T\d{6})"
    r"|S2[A-D]_\w{4}_MSI_(?P<old>L1C|L2A)_\w+?_(?P<oldtile>T\d{2}[A-Z]{3}))"
    r"_(?P<code>B0[1-9]|B1[0-2]|B8A|SCL|TCI|AOT|WVP|PVI)(?:_(?P<size>10|20|60)m)?\.(?:jp2|tiff?)$",
    re.IGNORECASE,
)
_METADATA = re.compile(r"^(?:MTD_MSI(?P<level>L1C|L2A)|S2\w_\w{4}_MTD_(?:SAF|DMP)(?P<old>L1C|L2A)_.*)\.xml$")
_SAFE = re.compile(r"S2(?P<unit>[A-D])_(?:\w{4}_\w{3}_|MSI)(?P<level>L1C|L2A)_.*", re.IGNORECASE)
_BASELINE = re.compile(r"_N(\d{2})\.?(\d{2})(?=_|\.|<|$)", re.IGNORECASE)


def claims(name: str) -> bool:
    """Say whether a file name is one of these products'."""
    return bool(_FILE.match(name))


def products(tree: Tree) -> list[Product]:
    """Return the products of a tree: one for each tile and time."""
    groups: dict[tuple[str, str], list[tuple[str, re.Match[str]]]] = {}
    for name in tree.names:
        if match := _FILE.match(name.rpartition("/")[2]):
            if "QI_DATA" in name.split("/") or match["code"].upper() == "PVI":
                continue
            place = _product_folder(name)
            stem = re.sub(r"^L2A_", "", match["stem"], flags=re.IGNORECASE).upper()
            groups.setdefault((place, stem), []).append((name, match))
    return [found for (place, stem), files in groups.items() if (found := _product(tree, place, stem, files))]


def _product_folder(name: str) -> str:
    """The part of a name up to the product: before GRANULE, else the folder, without that of the pixel size."""
    parts = name.split("/")[:-1]
    if "GRANULE" in parts:
        return "/".join(parts[: parts.index("GRANULE")])
    while parts and re.fullmatch(r"IMG_DATA|R(10|20|60)m", parts[-1]):
        parts.pop()
    return "/".join(parts)


@dataclass(frozen=True)
class _Radiometry:
    """reflectance = (value + offset of the band) / quantification, and where that comes from."""

    level: str | None
    quantification: float
    offsets: Mapping[str, float]
    source: str
    unit: str | None = None
    date: dt.date | None = None
    baseline: str | None = None
    doubt: str = ""

    @property
    def law(self) -> str:
        shifts = set(self.offsets.values()) or {0.0}
        by = f"{self.quantification:g}"
        if shifts == {0.0}:
            return f"no offset: value / {by}"
        if len(shifts) == 1:
            return f"offset removed: (value - {-next(iter(shifts)):g}) / {by}"
        return f"offsets removed band by band: (value + offset) / {by}"


def _product(tree: Tree, place: str, stem: str, files: list[tuple[str, re.Match[str]]]) -> Product | None:
    metadata = [n for n in tree.below(place) if _METADATA.match(n.rpartition("/")[2]) and _folder(n) == place]
    containers = [*reversed(place.split("/")), *reversed(tree.path.replace("\\", "/").rstrip("/").split("/")[-7:])]
    time = next((m["time"] for _, m in files if m["time"]), None)
    measured_on = parse_date(time) if time else None
    if metadata:
        facts = _from_metadata(tree, sorted(metadata)[-1])
    else:
        tile_texts = [tree.text(n) for n in tree.below(place) if n.endswith("MTD_TL.xml")][:1]
        sizes = any(m["size"] for _, m in files)
        facts = _from_names(containers, tile_texts, files, measured_on, sizes)
    bands, left_out, quality = _sorted_files(tree, files, facts)
    if not bands and not quality:
        return None
    if not any("SCL" in each.name for each in quality):
        quality = [*quality, *_classification(tree, place)]
    level = facts.level or ("L2A" if quality else "")
    safe = next((c for c in containers if _SAFE.match(c)), "")
    name = re.sub(r"\.(SAFE|zip|tar)$", "", safe, flags=re.IGNORECASE) or stem
    notes = [f"processing baseline {facts.baseline}"] if facts.baseline else []
    if level == "L1C":
        notes.append("reflectance is that at the top of the atmosphere (Level 1C): haze is in it")
    return Product(
        name=name,
        title=f"Sentinel-2 {level}".strip(),
        sensor="Sentinel-2",
        files=tuple(bands),
        law=facts.law,
        source=facts.source,
        date=facts.date or measured_on,
        quality=tuple(quality),
        left_out=left_out,
        notes=tuple(notes),
        doubts=(facts.doubt,) if facts.doubt else (),
        key=f"{tree.path}/{place}/{stem}",
        any_band=any(facts.offsets.values()),  # without an offset, dark pixels of some bands were cut off at 0
    )


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _sorted_files(
    tree: Tree, files: list[tuple[str, re.Match[str]]], facts: _Radiometry
) -> tuple[list[ProductFile], dict[str, str], list[Quality]]:
    bands: list[tuple[float, str, ProductFile]] = []
    left_out: dict[str, str] = {}
    scl: list[tuple[float, Quality]] = []
    for name, match in files:
        code, path = match["code"].upper(), tree.gdal(name)
        size = float(match["size"] or _SIZES.get(code, 20))
        if code == "SCL":
            scl.append((size, Quality(path, "scene classification (SCL)", SCL_RULES)))
        if code not in _NAMES:
            left_out[path] = _OTHERS[code]
            continue
        gain = 1.0 / facts.quantification
        band = ProductBand(_NAMES[code], 1, gain, facts.offsets.get(code, 0.0) * gain)
        bands.append((size, code, ProductFile(path, (band,), nodata=0.0, pixel_size=size)))
    return (
        [each for _, _, each in sorted(bands, key=lambda b: b[:2])],
        left_out,
        [each for _, each in sorted(scl, key=lambda s: s[0])[:1]],
    )


def _classification(tree: Tree, place: str) -> list[Quality]:
    names = [n for n in tree.below(place) if n.rpartition("/")[2] == "MSK_CLASSI_B00.jp2"]
    return [Quality(tree.gdal(n), "cloud mask (MSK_CLASSI)", _CLASSI_RULES) for n in names[:1]]


def _from_metadata(tree: Tree, name: str) -> _Radiometry:
    root = tree.xml(name)
    match = _METADATA.match(name.rpartition("/")[2])
    level = (match["level"] or match["old"]) if match else None
    tag = "RADIO_ADD_OFFSET" if level == "L1C" else "BOA_ADD_OFFSET"
    offsets: dict[str, float] = {}
    for element in root.iter():
        if local(element) == tag:
            number = element.get("band_id", "")
            code = _CODES[int(number)] if number.isdigit() and int(number) < len(_CODES) else None
            if code and (value := _number(element.text)) is not None:
                offsets[code] = value
    wanted: tuple[str, ...] = ("QUANTIFICATION_VALUE",)
    if level != "L1C":
        wanted = ("BOA_QUANTIFICATION_VALUE", "L2A_BOA_QUANTIFICATION_VALUE", *wanted)
    start = first(root, "DATATAKE_SENSING_START", "PRODUCT_START_TIME")
    return _Radiometry(
        level=level,
        quantification=_number(first(root, *wanted)) or _QUANTIFICATION,
        offsets=offsets,
        source=FROM_METADATA,
        unit=(first(root, "SPACECRAFT_NAME") or "")[-1:] or None,
        date=parse_date(start) if start else None,
        baseline=first(root, "PROCESSING_BASELINE"),
    )


def _from_names(
    containers: list[str],
    tile_texts: list[str],
    files: list[tuple[str, re.Match[str]]],
    date: dt.date | None,
    sizes: bool,
) -> _Radiometry:
    """Without the product's own metadata: the baseline in a folder's name or in the tile's, else the day."""
    texts = [*(each for each in containers if _SAFE.match(each)), *tile_texts]
    found = next((m for text in texts if (m := _BASELINE.search(text))), None)
    old = next((m["old"] for _, m in files if m["old"]), None)
    named = next((m["level"] for text in containers if (m := _SAFE.match(text))), None)
    level = (named or old or ("L2A" if sizes else "L1C")).upper()
    every = dict.fromkeys(_CODES, _OFFSET)
    if found:
        baseline = f"{found[1]}.{found[2]}"
        offsets = every if _OFFSET_BASELINE <= float(baseline) < 99 else {}
        return _Radiometry(level, _QUANTIFICATION, offsets, FROM_NAME, baseline=baseline)
    if date is not None and date >= S2_OFFSET_SINCE:
        return _Radiometry(level, _QUANTIFICATION, every, f"the day {date.isoformat()}: all baselines since have it")
    if date is None:
        return _Radiometry(level, _QUANTIFICATION, {}, FROM_NAME)
    doubt = ("the product's metadata (MTD_MSIL2A.xml) is not beside its files; if it is of the reprocessed Collection 1"
             " (baseline 05.00 and later), an offset of -1000 is to be removed too")  # fmt: skip
    return _Radiometry(level, _QUANTIFICATION, {}, f"the day {date.isoformat()}", doubt=doubt)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None
