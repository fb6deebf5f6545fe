"""Where the ground was not observed, by a product's own quality layers, on the scene's grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from terrascope import large
from terrascope.errors import SceneError
from terrascope.scene.placement import Frame
from terrascope.scene.products.types import UNSEEN, Product, Quality
from terrascope.scene.raster import opened

_STRIP_PIXELS = 2**22


@dataclass(frozen=True)
class Observed:
    """`seen`: bool [H, W], False where cloud, shadow or nothing is. `shares`: of all pixels, by meaning."""

    seen: NDArray[np.bool_]
    shares: dict[str, float]
    notes: tuple[str, ...]


def observed(product: Product, grid: Frame) -> Observed | None:
    """Read the quality layers of a product on a grid, nearest neighbour; None where it has none that can be placed."""
    if not product.quality:
        return None
    shape = (grid.height, grid.width)
    seen: NDArray[np.bool_] = large.empty(shape, np.bool_)
    for rows in large.strips(shape):
        seen[rows] = True
    notes: list[str] = []
    shares: dict[str, float] = {}
    for quality in product.quality:
        try:
            counts = _apply(quality, grid, seen)
        except (SceneError, RasterioError, CPLE_BaseError) as error:
            notes.append(f"{product.name}: {quality.name} cannot be used: {str(error).splitlines()[0]}")
            continue
        if counts is None:
            notes.append(f"{product.name}: {quality.name} has no place on the grid and is not used")
            continue
        mine = {meaning: count / (grid.width * grid.height) for meaning, count in counts.items() if count}
        shares |= mine
        parts = [f"{share:.1%} {meaning}" for meaning, share in mine.items() if meaning != "snow"]
        snow = f"; {mine['snow']:.1%} snow, which is kept" if "snow" in mine else ""
        if parts:
            notes.append(f"{product.name}: not observed by its {quality.name}: {', '.join(parts)}{snow}.")
        else:
            notes.append(f"{product.name}: no cloud or gap by its {quality.name}{snow}.")
    return Observed(seen, shares, tuple(notes))


def _apply(quality: Quality, grid: Frame, seen: NDArray[np.bool_]) -> dict[str, int] | None:
    """Take away what is not observed, strip by strip; pixels by meaning, the first rule that fits."""
    counts: dict[str, int] = {rule.meaning: 0 for rule in quality.rules}
    with opened(quality.path) as dataset:
        if dataset.crs is None or grid.crs is None:
            if (dataset.height, dataset.width) != (grid.height, grid.width):
                return None
            _strips(dataset, quality, grid, seen, counts)
            return counts
        placed: dict[str, Any] = {"crs": grid.crs, "transform": grid.transform, "width": grid.width,
                                  "height": grid.height, "resampling": Resampling.nearest, "add_alpha": True,
                                  "src_nodata": None, "nodata": None}  # fmt: skip
        with WarpedVRT(dataset, **placed) as vrt:
            _strips(vrt, quality, grid, seen, counts, alpha=vrt.count if vrt.count > dataset.count else None)
    return counts


def _strips(
    source: Any,
    quality: Quality,
    grid: Frame,
    seen: NDArray[np.bool_],
    counts: dict[str, int],
    alpha: int | None = None,
) -> None:
    indexes = sorted({rule.index for rule in quality.rules if rule.index <= source.count})
    step = max(1, _STRIP_PIXELS // max(1, grid.width))
    for row in range(0, grid.height, step):
        n = min(step, grid.height - row)
        window = Window(0, row, grid.width, n)
        data = dict(zip(indexes, source.read(indexes, window=window).astype(np.int64)))
        inside = source.read(alpha, window=window) > 0 if alpha else np.ones((n, grid.width), dtype=bool)
        done = np.logical_not(inside)
        for rule in quality.rules:
            if rule.index not in data:
                continue
            hit = np.isin(data[rule.index] & rule.mask, list(rule.values), invert=rule.others) & ~done
            counts[rule.meaning] += int(np.count_nonzero(hit))
            if rule.meaning in UNSEEN:
                seen[row : row + n] &= ~hit
            done |= hit
