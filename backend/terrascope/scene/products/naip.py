"""NAIP aerial pictures: 8-bit red, green, blue and near infrared; no alpha band, whatever the file flags.

Names: m_4207141_ne_19_060_20211019[_20220301].tif (quarter quadrangle, zone, pixel size in cm, day).
"""

from __future__ import annotations

import re

from terrascope.scene.dates import parse_date
from terrascope.scene.products.tree import Tree
from terrascope.scene.products.types import FROM_NAME, Product, ProductBand, ProductFile
from terrascope.scene.raster import Header
from terrascope.scene.types import Scale

_FILE = re.compile(
    r"^m_\d{7}_(?:ne|nw|se|sw)_\d{1,2}_(?:1|h|\.?5|060|030|100|\d{1,3})_(?P<date>\d{8})(?:_\d{8})?\.(?:tiff?|jp2)$",
    re.IGNORECASE,
)
_BANDS = ("red", "green", "blue", "nir")


def claims(name: str) -> bool:
    """Say whether a file name is one of these products'."""
    return bool(_FILE.match(name))


def _bands(header: Header) -> tuple[ProductBand, ...]:
    if header.count not in (3, 4) or header.dtypes[0] != "uint8":
        return ()
    return tuple(ProductBand(name, i, 1 / 255) for i, name in enumerate(_BANDS[: header.count], 1))


def products(tree: Tree) -> list[Product]:
    """Return the pictures of a tree, each a product of its own."""
    found = []
    for name in tree.names:
        if match := _FILE.match(name.rpartition("/")[2]):
            path = tree.gdal(name)
            found.append(
                Product(
                    name=name.rpartition("/")[2].rpartition(".")[0],
                    title="NAIP",
                    sensor="NAIP",
                    files=(ProductFile(path, _bands),),
                    law="8-bit picture: value / 255",
                    source=FROM_NAME,
                    date=parse_date(match["date"]),
                    scale=Scale.DISPLAY,
                    key=path,
                )
            )
    return found
