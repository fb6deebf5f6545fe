"""Harmonized Landsat Sentinel-2 (HLS) v1.5 and v2.0: one GeoTIFF a band, Fmask for clouds.

Facts: HLS User Guide v2.0.
"""

from __future__ import annotations

import datetime as dt
import re

from terrascope.scene.products.tree import Tree
from terrascope.scene.products.types import FROM_NAME, Product, ProductBand, ProductFile, Quality, QualityRule

_L30 = {"B01": "coastal", "B02": "blue", "B03": "green", "B04": "red", "B05": "nir", "B06": "swir1", "B07": "swir2"}
_S30 = {"B01": "coastal", "B02": "blue", "B03": "green", "B04": "red", "B05": "rededge1", "B06": "rededge2",
        "B07": "rededge3", "B08": "nir", "B8A": "nir08", "B11": "swir1", "B12": "swir2"}  # fmt: skip
_OTHERS = {"FMASK": "cloud mask", "SAA": "sun angle", "SZA": "sun angle", "VAA": "view angle", "VZA": "view angle",
           "B09": "water vapour or cirrus band", "B10": "cirrus or thermal band", "B11": "thermal band"}  # fmt: skip
_FILE = re.compile(
    r"^(?P<id>HLS\.(?P<kind>[LS]30)\.(?P<tile>T\w{5})\.(?P<year>\d{4})(?P<day>\d{3})T\d{6}\.v\d\.\d)\.(?P<what>\w+)\.tiff?$",
    re.IGNORECASE,
)


def _bit(meaning: str, bit: int) -> QualityRule:
    return QualityRule(meaning, frozenset({1 << bit}), 1 << bit)


#: Fmask: bit 1 cloud, 2 beside cloud or shadow, 3 shadow, 4 snow; 255 is no data. Bit 2 is a buffer of 5 pixels.
FMASK = (QualityRule("nodata", frozenset({255})), _bit("cloud", 1), _bit("cloud", 2), _bit("cloud shadow", 3),
         _bit("snow", 4))  # fmt: skip


def claims(name: str) -> bool:
    """Say whether a file name is one of these products'."""
    return bool(_FILE.match(name))


def products(tree: Tree) -> list[Product]:
    """Return the granules of a tree."""
    groups: dict[tuple[str, str], list[tuple[str, re.Match[str]]]] = {}
    for name in tree.names:
        folder, _, plain = name.rpartition("/")
        if match := _FILE.match(plain):
            groups.setdefault((folder, match["id"].upper()), []).append((name, match))
    return [_product(tree, folder, files) for (folder, _), files in groups.items()]


def _product(tree: Tree, folder: str, files: list[tuple[str, re.Match[str]]]) -> Product:
    match = files[0][1]
    kind = match["kind"].upper()
    table = _L30 if kind == "L30" else _S30
    bands, left_out, quality = [], {}, []
    for name, each in files:
        what, path = each["what"].upper(), tree.gdal(name)
        if what in table:
            bands.append(ProductFile(path, (ProductBand(table[what], 1, 1e-4),), -9999.0, 30.0))
            continue
        left_out[path] = _OTHERS.get(what, what.lower())
        if what == "FMASK":
            quality.append(Quality(path, "cloud mask (Fmask)", FMASK))
    return Product(
        name=match["id"],
        title=f"HLS {kind}",
        sensor=f"HLS {kind}",
        files=tuple(bands),
        law="reflectance: value / 10000",
        source=FROM_NAME,
        date=dt.date(int(match["year"]), 1, 1) + dt.timedelta(days=int(match["day"]) - 1),
        quality=tuple(quality),
        left_out=left_out,
        key=f"{tree.path}/{folder}/{match['id'].upper()}",
    )
