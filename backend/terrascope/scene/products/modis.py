"""MODIS and VIIRS surface reflectance: MOD09, MYD09, MCD43A4, MOD13, VNP09; exports with all bands, and AppEEARS files.

Facts: MOD09 User's Guide (Collection 6 and 6.1), MCD43 User Guide, MOD13 User's Guide, VIIRS Surface Reflectance User
Guide. The stored number divided by 10000 is reflectance; exports write that as scale 0.0001, as 10000, or not at all.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from terrascope.scene.products.tree import Tree
from terrascope.scene.products.types import (
    FROM_NAME,
    BandsOf,
    Product,
    ProductBand,
    ProductFile,
    Quality,
    QualityRule,
)
from terrascope.scene.raster import Header
from terrascope.scene.sensors import squeeze

_GAIN = 1e-4
#: Names by band number, MODIS bands 1 to 7: 645, 858, 469, 555, 1240, 1640, 2130 nm.
_NUMBERED = {1: "red", 2: "nir", 3: "blue", 4: "green", 5: "nir1240", 6: "swir1", 7: "swir2"}
_VIIRS = {"i1": "red", "i2": "nir", "i3": "swir1", "m1": "coastal", "m3": "blue", "m4": "green", "m5": "red",
          "m7": "nir", "m8": "nir1240", "m10": "swir1", "m11": "swir2"}  # fmt: skip
_WORDS = {"redreflectance": "red", "nirreflectance": "nir", "bluereflectance": "blue", "mirreflectance": "swir2"}
#: Usual band orders where a file of all bands has no descriptions, by product family and band count.
_ORDERS: Mapping[str, Mapping[int, tuple[int, ...]]] = {
    "MOD09": {7: (1, 2, 3, 4, 5, 6, 7), 2: (1, 2)},
    "MCD43A4": {7: (1, 2, 3, 4, 5, 6, 7)},
}
_FILLS = {"MCD43": 32767.0, "MOD13": -1000.0}
_FILL = -28672.0

_PRODUCT = r"(?P<product>(?:MOD|MYD|MCD|VNP|VJ1)(?:09|13|43)[A-Z]\w{0,2}(?:\.?N)?)"
#: MOD09A1.A2020185.h18v04.061[...].tif; MOD09A1.061_sur_refl_b01_doy2020185_aid0001.tif; MOD09A1.006_..._doy2020185...
_FILES = (
    re.compile(
        rf"^{_PRODUCT}\.A(?P<year>\d{{4}})(?P<day>\d{{3}})(?:\.(?P<tile>h\d\dv\d\d))?(?:\.(?P<version>\d{{3}}))?"
        r"(?:\.\d{13})?(?:[._](?P<layer>[\w.-]*?))?\.(?:tiff?|img|vrt|nc)$", re.IGNORECASE,
    ),
    re.compile(
        rf"^{_PRODUCT}\.(?P<version>\d{{3}})_(?P<layer>\w+?)_doy(?P<year>\d{{4}})(?P<day>\d{{3}})(?:\d{{6}})?"
        r"(?:_(?P<aid>aid\w+?))?(?P<tile>)\.tiff?$", re.IGNORECASE,
    ),
)  # fmt: skip

#: sur_refl_state_500m and state_1km: bits 0 and 1 the cloud (1 cloudy, 2 mixed), 2 shadow, 8 and 9 cirrus, 12 snow.
STATE = (
    QualityRule("nodata", frozenset({65535})),
    QualityRule("cloud", frozenset({1, 2}), 3),
    QualityRule("cloud shadow", frozenset({4}), 4),
    QualityRule("cloud", frozenset({3 << 8}), 3 << 8),
    QualityRule("snow", frozenset({1 << 12}), 1 << 12),
)


def claims(name: str) -> bool:
    """Say whether a file name is one of these products'."""
    return _match(name) is not None


def _match(name: str) -> re.Match[str] | None:
    return next((m for form in _FILES if (m := form.match(name))), None)


def products(tree: Tree) -> list[Product]:
    """Return the products of a tree: one for each product, tile and day."""
    groups: dict[tuple[str, ...], list[tuple[str, re.Match[str]]]] = {}
    for name in tree.names:
        folder, _, plain = name.rpartition("/")
        if match := _match(plain):
            aid = match.groupdict().get("aid") or ""
            key = (folder, match["product"].upper(), match["tile"] or "", match["year"], match["day"], aid)
            groups.setdefault(key, []).append((name, match))
    return [found for key, files in groups.items() if (found := _product(tree, key, files))]


def _product(tree: Tree, key: tuple[str, ...], files: list[tuple[str, re.Match[str]]]) -> Product | None:
    _, product, tile, year, day, _ = key
    family = re.sub(r"^(MYD|VNP|VJ1)", "MOD", product)[:5]
    fill = _FILLS.get(family, _FILL)
    bands: list[ProductFile] = []
    left_out: dict[str, str] = {}
    quality: list[Quality] = []
    for name, match in files:
        layer, path = match["layer"] or "", tree.gdal(name)
        if "state" in layer.lower() and not layer.lower().startswith("sur_refl_b"):
            quality.append(Quality(path, "state of the surface (state flags)", STATE))
            left_out[path] = "state flags"
        elif band := band_name(layer):
            bands.append(ProductFile(path, (ProductBand(band, 1, _GAIN),), fill))
        elif _is_stack(layer):
            bands.append(ProductFile(path, _bands_of(product), fill))
        else:
            left_out[path] = f"{layer} (no reflectance)"
    if not bands and not quality:
        return None
    start = dt.date(int(year), 1, 1) + dt.timedelta(days=int(day) - 1)
    notes: tuple[str, ...] = ()
    if re.search(r"(A1|Q1|H1)$", product):
        days = 16 if "13" in product else 8
        notes = (f"each pixel is the best of {days} days from {start.isoformat()} on",)
    maker = "VIIRS" if product.startswith(("VNP", "VJ1")) else "MODIS"
    return Product(
        name=f"{product}.A{year}{day}" + (f".{tile}" if tile else ""),
        title=f"{maker} {product}",
        sensor=maker,
        files=tuple(bands),
        law="reflectance: value / 10000",
        source=FROM_NAME,
        date=start,
        quality=tuple(quality),
        left_out=left_out,
        notes=notes,
        key="/".join((tree.path, *key)),
    )


def _is_stack(layer: str) -> bool:
    """A file of all bands: its name ends with the version, or with words that are no layer of a product."""
    return not re.search(r"qc|state|zenith|azimuth|day_of_year|reliability|ndvi|evi|quality|angle|vi_|raz", layer, re.I)


def band_name(text: str) -> str | None:
    """Return the band that a layer's name of these products stands for, None for what is no reflectance."""
    plain = squeeze(text)
    if "quality" in plain or "qc" in plain or "state" in plain:
        return None
    if m := re.search(r"(?:surrefl|nadirreflectance|reflectance|srefl)b(?:and)?0?([1-7])", plain):
        return _NUMBERED[int(m[1])]
    if m := re.search(r"surfreflect(i[123]|m\d{1,2})", plain):
        return _VIIRS.get(m[1])
    return next((name for words, name in _WORDS.items() if words in plain), None)


def _bands_of(product: str) -> BandsOf:
    family = "MCD43A4" if product.startswith("MCD43A4") else "MOD09" if product[3:5] == "09" else ""

    def bands(header: Header) -> tuple[ProductBand, ...]:
        named = []
        for index in range(1, header.count + 1):
            tags = header.band_tags[index - 1]
            texts = (header.descriptions[index - 1], tags.get("long_name"), tags.get("name"), tags.get("layer"))
            name = next((n for text in texts if text and (n := band_name(text))), None)
            if name:
                named.append(ProductBand(name, index, _GAIN))
        if named or any(header.descriptions):
            return tuple(named)
        order = _ORDERS.get(family, {}).get(header.count, ())
        return tuple(ProductBand(_NUMBERED[n], i, _GAIN) for i, n in enumerate(order, 1))

    return bands
