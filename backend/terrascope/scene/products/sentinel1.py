"""Sentinel-1: GRD products as ESA delivers them, and terrain-corrected ones of HyP3, OPERA and the Planetary Computer.

Facts: Sentinel-1 Product Specification; HyP3 RTC Product Guide (naming); OPERA RTC-S1 Product Specification.
"""

from __future__ import annotations

import re

from terrascope.scene.dates import parse_date
from terrascope.scene.products.calibration import Tables
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
from terrascope.scene.scaling import Kind
from terrascope.scene.types import Role, Scale

_POLARISATION = r"(?P<band>vv|vh|hh|hv)"
#: s1a-iw-grd-vv-20200705t165111-20200705t165136-033322-03dc5b-001.tiff in SAFE/measurement; COG variants end with -cog.
_GRD = re.compile(
    rf"^(?P<id>s1[abcd]-(?P<mode>iw|ew|s\d|wv)-grd)-{_POLARISATION}-(?P<date>\d{{8}})t\d{{6}}-\d{{8}}t\d{{6}}-(?P<orbit>\d{{6}})"
    r"-\w{6}-\d{3}(?:-cog)?\.tiff?$", re.IGNORECASE,
)  # fmt: skip
#: S1A_IW_20200705T165111_DVP_RTC30_G_gpuned_FD6A_VV.tif
_HYP3 = re.compile(
    r"^(?P<id>S1[ABCD]_\w\w_(?P<date>\d{8})T\d{6}_[SD][VH][PRO]_RTC\d+_[GS]?_?(?P<code>[gs][pad][um][nf][ec]d?)_\w{4})"
    r"_(?P<band>VV|VH|HH|HV|\w+)\.tiff?$", re.IGNORECASE,
)  # fmt: skip
_OPERA = re.compile(
    r"^(?P<id>OPERA_L2_RTC-S1_T\d{3}-\d{6}-IW\d_(?P<date>\d{8})T\d{6}Z_\d{8}T\d{6}Z_S1[ABCD]_\d+_v[\d.]+)"
    r"_(?P<band>VV|VH|HH|HV|mask|\w+)\.tiff?$", re.IGNORECASE,
)  # fmt: skip
#: iw-vv.rtc.tiff in S1A_IW_GRDH_..._rtc/measurement
_RTC = re.compile(rf"^(?P<id>(?:iw|ew|s\d))-{_POLARISATION}\.rtc\.tiff?$", re.IGNORECASE)
_ORDER = ("vv", "vh", "hh", "hv")
_BANDS = frozenset(_ORDER)

_KINDS = {"p": (Kind.POWER, "power"), "a": (Kind.AMPLITUDE, "amplitude"), "d": (Kind.LINEAR, "decibel")}
_UNCALIBRATED = "the numbers are amplitudes without calibration: levels cannot be compared with those of other images"
_UNPLACED = "it is placed by ground control points without terrain correction: positions are unsure in relief"

#: OPERA's mask: 0 neither layover nor shadow, 1 shadow, 2 layover, 3 both, 255 outside the burst.
_OPERA_MASK = (QualityRule("nodata", frozenset({1, 2, 3, 255})),)


def claims(name: str) -> bool:
    """Say whether a file name is one of these products'."""
    return any(form.match(name) for form in (_GRD, _HYP3, _OPERA, _RTC))


def products(tree: Tree) -> list[Product]:
    """Return the images of a tree."""
    groups: dict[tuple[str, str, str], list[tuple[str, re.Match[str]]]] = {}
    for name in tree.names:
        folder, _, plain = name.rpartition("/")
        for kind, form in (("grd", _GRD), ("hyp3", _HYP3), ("opera", _OPERA), ("rtc", _RTC)):
            if match := form.match(plain):
                also = match.groupdict().get("orbit") or ""
                groups.setdefault((kind, folder, f"{match['id'].lower()}{also}"), []).append((name, match))
    return [found for key, files in groups.items() if (found := _product(tree, key, files))]


def _product(tree: Tree, key: tuple[str, str, str], files: list[tuple[str, re.Match[str]]]) -> Product | None:
    kind, folder, _ = key
    match = files[0][1]
    no_notes: tuple[str, ...] = ()
    measured = [(n, m) for n, m in files if m["band"].lower() in _BANDS]
    if not measured:
        return None
    left_out = {tree.gdal(n): m["band"].lower() for n, m in files if m["band"].lower() not in _BANDS}
    container = _container(tree, folder)
    meaning, notes, doubts, source = Kind.POWER, no_notes, no_notes, FROM_NAME
    tables: dict[str, Tables] = {}
    quality: tuple[Quality, ...] = ()
    if kind == "grd":
        title, meaning, law = "Sentinel-1 GRD", Kind.AMPLITUDE, "amplitude, uncalibrated: 20 log10(value)"
        doubts = (_UNCALIBRATED, _UNPLACED)
        tables = {n: found for n, _ in measured if (found := _tables(tree, n))}
        if len(tables) == len(measured):
            law, source, doubts = "sigma0 by its calibration and noise tables", FROM_METADATA, (_UNPLACED,)
    elif kind == "hyp3":
        code = match["code"].lower()
        meaning, word = _KINDS[code[1]]
        quantity = "gamma0" if code[0] == "g" else "sigma0"
        title, law = "Sentinel-1 RTC (HyP3)", f"{quantity} as {word}"
        notes = ("speckle-filtered by its maker",) if code[3] == "f" else ()
    else:
        title = "Sentinel-1 RTC (OPERA)" if kind == "opera" else "Sentinel-1 RTC"
        law = "gamma0 as power: 10 log10(value)"
        masks = [tree.gdal(n) for n, m in files if m["band"].lower() == "mask"]
        quality = tuple(Quality(path, "layover and shadow mask", _OPERA_MASK) for path in masks[:1])
    date = match.groupdict().get("date") or container
    nodata = None if meaning is Kind.LINEAR else 0.0
    return Product(
        name=_name(match, container),
        title=title,
        sensor="Sentinel-1",
        files=tuple(
            ProductFile(
                tree.gdal(n),
                (ProductBand(m["band"].lower()),),
                nodata,
                scaled_types=("int", "uint", "float"),
                tables=tables.get(n),
            )
            for n, m in sorted(measured, key=lambda each: _ORDER.index(each[1]["band"].lower()))
        ),
        law=law,
        source=source,
        role=Role.SAR,
        date=parse_date(date),
        scale=Scale.DB,
        kind=meaning,
        quality=quality,
        left_out=left_out,
        notes=notes,
        doubts=doubts,
        key="/".join((tree.path, *key)),
    )


def _tables(tree: Tree, measurement: str) -> Tables | None:
    """The calibration and noise files of a measurement, of the same name in annotation/calibration."""
    folder, _, plain = measurement.rpartition("/")
    root = folder.rpartition("/")[0] if folder.rpartition("/")[2].lower() == "measurement" else folder
    stem = plain.rpartition(".")[0]
    place = f"{root}/annotation/calibration" if root else "annotation/calibration"
    names = {name.lower(): name for name in tree.below(place)}
    calibration = names.get(f"{place}/calibration-{stem}.xml".lower())
    noise = names.get(f"{place}/noise-{stem}.xml".lower(), "")
    return Tables(tree, calibration, noise) if calibration else None


def _container(tree: Tree, folder: str) -> str:
    """Name of the folder that is named as the product, "" without one."""
    parts = [*tree.path.replace("\\", "/").split("/"), *folder.split("/")]
    return next((part for part in reversed(parts) if re.match(r"S1[ABCD]_\w\w_GRD", part, re.IGNORECASE)), "")


def _name(match: re.Match[str], container: str) -> str:
    return re.sub(r"\.(SAFE|zip)$", "", container, flags=re.IGNORECASE) or match["id"]
