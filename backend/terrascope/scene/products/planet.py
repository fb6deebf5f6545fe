"""PlanetScope scenes of 3, 4 and 8 bands with udm2. Facts: Planet Imagery Product Specification.

Surface reflectance is value / 10000. Top-of-atmosphere radiance becomes reflectance by the coefficients of the metadata
file, band by band. In all of them 0 is no data.
"""

from __future__ import annotations

import datetime as dt
import re

from terrascope.errors import SceneError
from terrascope.scene.dates import parse_date
from terrascope.scene.products.tree import Tree, first, local
from terrascope.scene.products.types import (
    FROM_METADATA,
    FROM_NAME,
    BandsOf,
    Product,
    ProductBand,
    ProductFile,
    Quality,
    QualityRule,
)
from terrascope.scene.raster import Header
from terrascope.scene.types import Scale

_ORDERS = {
    4: ("blue", "green", "red", "nir"),
    5: ("blue", "green", "red", "rededge1", "nir"),
    8: ("coastal", "blue", "green1", "green", "yellow", "red", "rededge1", "nir"),
}
_VISUAL = ("red", "green", "blue")
#: 20200705_094512_1035_3B_AnalyticMS_SR_8b_harmonized_clip.tif and what comes with it.
_FILE = re.compile(
    r"^(?P<id>(?P<date>\d{8})_\d{6}(?:_\d{2})?_\w{4})_(?P<level>[13][AB])_"
    r"(?P<what>AnalyticMS(?:_SR)?(?:_8b)?(?:_harmonized)?|Visual|udm2?|AnalyticMS(?:_8b)?_DN_udm)(?:_clip)?\.tiff?$",
    re.IGNORECASE,
)
_METADATA = re.compile(r"_AnalyticMS(?:_8b)?_metadata(?:_clip)?\.xml$", re.IGNORECASE)

#: udm2: bands clear, snow, shadow, light haze, heavy haze, cloud, confidence, unusable (bit 0: outside the image).
UDM2 = (
    QualityRule("nodata", frozenset({1}), 1, index=8),
    QualityRule("cloud", frozenset({1}), index=6),
    QualityRule("cloud", frozenset({1}), index=5),
    QualityRule("cloud shadow", frozenset({1}), index=3),
    QualityRule("snow", frozenset({1}), index=2),
)
#: udm, the older mask: bit 0 outside the image, bit 1 cloud.
UDM = (QualityRule("nodata", frozenset({1}), 1), QualityRule("cloud", frozenset({2}), 2))


def claims(name: str) -> bool:
    """Say whether a file name is one of these products'."""
    return bool(_FILE.match(name))


def products(tree: Tree) -> list[Product]:
    """Return the scenes of a tree."""
    groups: dict[tuple[str, str], list[tuple[str, re.Match[str]]]] = {}
    for name in tree.names:
        folder, _, plain = name.rpartition("/")
        if match := _FILE.match(plain):
            groups.setdefault((folder, match["id"].lower()), []).append((name, match))
    return [found for (folder, _), files in groups.items() if (found := _product(tree, folder, files))]


def _product(tree: Tree, folder: str, files: list[tuple[str, re.Match[str]]]) -> Product | None:
    pictures = [(n, m["what"].lower()) for n, m in files if "udm" not in m["what"].lower()]
    masks = {m["what"].lower(): tree.gdal(n) for n, m in files if "udm" in m["what"].lower()}
    if not pictures and not masks:
        return None
    pictures.sort(key=lambda p: ("visual" in p[1], "_sr" not in p[1], "_8b" not in p[1]))
    quality: tuple[Quality, ...] = ()
    if "udm2" in masks:
        quality = (Quality(masks["udm2"], "usable data mask (udm2)", UDM2),)
    elif masks:
        quality = (Quality(next(iter(masks.values())), "unusable data mask (udm)", UDM),)
    left_out = dict.fromkeys(masks.values(), "usable data mask")
    if not pictures:
        return None
    chosen, what = pictures[0]
    left_out |= {tree.gdal(n): "another form of the same scene" for n, _ in pictures[1:]}
    match = files[0][1]
    bands, law, source, scale, doubt = _numbers(tree, folder, match["id"], what)
    level = {"visual": "Visual"}.get(what, "surface reflectance" if "_sr" in what else "top of atmosphere")
    return Product(
        name=match["id"],
        title=f"PlanetScope {level}",
        sensor="Planet",
        files=(ProductFile(tree.gdal(chosen), bands, None if what == "visual" else 0.0, 3.0),),
        law=law,
        source=source,
        date=_date(tree, folder, match),
        scale=scale,
        quality=quality,
        left_out=left_out,
        doubts=(doubt,) if doubt else (),
        key=f"{tree.path}/{folder}/{match['id'].lower()}",
    )


def _numbers(tree: Tree, folder: str, identity: str, what: str) -> tuple[BandsOf, str, str, Scale, str]:
    if what == "visual":
        return _visual, "8-bit picture: value / 255", FROM_NAME, Scale.DISPLAY, ""
    if "_sr" in what:
        return _ordered({}), "surface reflectance: value / 10000", FROM_NAME, Scale.REFLECTANCE, ""
    found = _coefficients(tree, folder, identity)
    if found:
        law = "reflectance at the top of the atmosphere by the coefficients of the metadata"
        return _ordered(found), law, FROM_METADATA, Scale.REFLECTANCE, ""
    doubt = "the metadata file with the reflectance coefficients is not beside it: the numbers are radiances"
    return _ordered(dict.fromkeys(range(1, 9), 1.0)), "radiance", FROM_NAME, Scale.RAW, doubt


def _visual(header: Header) -> tuple[ProductBand, ...]:
    return tuple(ProductBand(name, i, 1 / 255) for i, name in enumerate(_VISUAL, 1)) if header.count >= 3 else ()


def _ordered(coefficients: dict[int, float]) -> BandsOf:
    def bands(header: Header) -> tuple[ProductBand, ...]:
        names = _ORDERS.get(header.count, ())
        return tuple(ProductBand(name, i, coefficients.get(i, 1e-4)) for i, name in enumerate(names, 1))

    return bands


def _metadata(tree: Tree, folder: str, identity: str) -> str | None:
    start = f"{folder}/{identity}" if folder else identity
    return next((n for n in tree.names if n.startswith(start) and _METADATA.search(n)), None)


def _coefficients(tree: Tree, folder: str, identity: str) -> dict[int, float]:
    name = _metadata(tree, folder, identity)
    if name is None:
        return {}
    found = {}
    for element in tree.xml(name).iter():
        if local(element) == "bandSpecificMetadata":
            number, value = first(element, "bandNumber"), first(element, "reflectanceCoefficient")
            try:
                found[int(number or "")] = float(value or "")
            except ValueError:
                continue
    return found


def _date(tree: Tree, folder: str, match: re.Match[str]) -> dt.date | None:
    try:
        name = _metadata(tree, folder, match["id"])
        acquired = first(tree.xml(name), "acquisitionDate") if name else None
    except SceneError:
        acquired = None
    return parse_date(acquired or "") or parse_date(match["date"])
