"""Single-band files of one product (Sentinel-2 B02, B03 ...; VV and VH) become one view."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.scene.placement import Frame
from terrascope.scene.products.types import Product
from terrascope.scene.types import View

_BAND_TOKEN = re.compile(
    r"(?<![a-z0-9])((?:sr_|st_)?b(?:and)?_?\d{1,2}a?|vv|vh|hh|hv|red|green|blue|nir|nir08|swir\d*|coastal)(?![a-z0-9])",
    re.IGNORECASE,
)
_SIZE_TOKEN = re.compile(r"_(10|20|60)m(?![a-z0-9])", re.IGNORECASE)


def product_key(path: str) -> str | None:
    """Return the path with the band's token taken out, None if it has none."""
    folder, _, name = path.replace("\\", "/").rpartition("/")
    stem = name.rsplit(".", 1)[0]
    tokens = list(_BAND_TOKEN.finditer(stem.replace("_", " ")))
    if not tokens:
        return None
    last = tokens[-1]
    folder = re.sub(r"/R(10|20|60)m$", "", folder)
    return f"{folder}/{_SIZE_TOKEN.sub('', stem[: last.start()] + '*' + stem[last.end() :])}"


def merge_products(
    views: list[View], files: Sequence[tuple[str, Frame]], products: Sequence[Product | None] = ()
) -> list[View]:
    """Stack views of one product, in the order in which they came; others stay as they are.

    What is one product is said by `products`, one for each view, where that is known; else by the files' names, of
    single-band views.
    """
    groups: dict[object, list[View]] = {}
    known: dict[object, Product] = {}
    for number, (view, (path, _)) in enumerate(zip(views, files)):
        product = products[number] if number < len(products) else None
        key = product_key(path) if len(view.bands) == 1 and view.bands[0] not in ("gray", "band1") else None
        if product is not None:
            key = product.key
        group: object = (key, view.role, view.date, view.scale) if key else number
        groups.setdefault(group, []).append(view)
        if product is not None:
            known[group] = product
    return [_stack(members, known.get(group)) for group, members in groups.items()]


def _stack(group: list[View], product: Product | None = None) -> View:
    names = [name for v in group for name in v.bands]
    if len(group) == 1 or len(set(names)) < len(names):
        return group[0]
    first = group[0]
    pixels, valid = _stacked(group, any_band=product is None or product.any_band)
    notes = tuple(dict.fromkeys(n for v in group for n in v.source.notes))
    files = ", ".join(v.source.path.replace("\\", "/").rsplit("/", 1)[-1] for v in group[1:])
    hashes = "+".join(v.source.sha256 or "" for v in group)
    source = replace(first.source, sha256=hashes, notes=(*notes, f"one view of {len(group)} files, with {files}"))
    key = product_key(first.source.path) or first.name
    by_file = key.rsplit("/", 1)[-1].replace("_*", "").replace("*", "") or first.name
    name = product.name if product else by_file
    return replace(first, name=name, bands=tuple(names), pixels=pixels, valid=valid, source=source)


def _stacked(group: list[View], *, any_band: bool) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Pixels of all views, and where all are valid, or any without `any_band`; strip by strip, as views may be larger
    than memory."""
    shape = group[0].valid.shape
    pixels: NDArray[np.float32] = large.empty((sum(len(v.pixels) for v in group), *shape), np.float32)
    valid: NDArray[np.bool_] = large.empty(shape, np.bool_)
    together = np.logical_and if any_band else np.logical_or
    for rows in large.strips(shape):
        together.reduce([v.valid[rows] for v in group], out=valid[rows])
        np.concatenate([v.pixels[:, rows] for v in group], out=pixels[:, rows])
        pixels[:, rows] *= valid[rows]
        large.release(pixels, valid, *(array for v in group for array in (v.pixels, v.valid)))
    return pixels, valid
