"""Readers of Sentinel-1: bands are VV and VH in dB, NaN where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio

from terrascope_lab.data import flood_pairs, legends
from terrascope_lab.data.sample import Sample


def read_sar(root: Path) -> list[Sample]:
    """Sen1Floods11 chips and the Sentinel-1 side of TerraMesh; bands are VV and VH in dB, NaN where there is none."""
    samples, both = [], np.ones(2, bool)
    table = legends.lookup(legends.SEN1FLOODS)
    for path in sorted((root / "sen1floods11" / "S1").glob("*.tif")):
        name = path.stem.removesuffix("_S1Hand")
        with rasterio.open(path) as image:
            raw = image.read().astype(np.float32)
        with rasterio.open(root / "sen1floods11" / "Labels" / f"{name}_LabelHand.tif") as image:
            labels = image.read(1)
        missing = (raw <= -32000).any(0)
        bands = np.where(missing, np.nan, raw / 100)
        allowed = np.where((labels < 0) | missing, 0, table[np.clip(labels, 0, 255)]).astype(np.uint16)
        samples.append(Sample("sen1floods11", name, bands, both, allowed, 10.0, False, name))
    folder, cover = root / "terramesh_s1s2", legends.lookup(legends.TERRAMESH)
    for path in sorted((folder / "S1RTC").glob("*.tif")):
        with rasterio.open(path) as image:
            bands = image.read().astype(np.float32)
        with rasterio.open(folder / "LULC" / path.name) as image:
            allowed = cover[image.read(1)]
        samples.append(Sample("terramesh", path.stem, bands, both, allowed, 10.0, False, path.stem))
    return samples


#: Grey values of OMBRIA run from black to white over some such range; its stretch is not known.
_BLACK_DB, _WHITE_DB = -25.0, 0.0
_CLEARLY = 0.06  # grey above the flooded pixels' 95th percentile from which ground is taken to be dry


def read_ombria(root: Path) -> list[Sample]:
    """Both dates of the flood pairs of OMBRIA as VV in about dB, without VH.

    What is newly flooded is water after and land before. Elsewhere nothing is said of the first date; of the second,
    only that what is much brighter than the flood is land.
    """
    land, water = legends.without("water", "cloud"), legends.bits("water")
    samples = []
    for pair in flood_pairs.read_ombria(root):
        if not pair.flooded.any():
            continue
        for date, grey in enumerate(pair.radar):
            allowed = np.where(pair.flooded, water if date else land, 0).astype(np.uint16)
            if date:
                limit = np.percentile(grey[pair.flooded], 95) + _CLEARLY
                allowed[(grey > limit) & ~pair.flooded] = land
            bands = np.full((2, *grey.shape), np.nan, np.float32)
            bands[0] = _BLACK_DB + grey * (_WHITE_DB - _BLACK_DB)
            there = np.array([True, False])
            samples.append(Sample("ombria", pair.name, bands, there, allowed, 10.0, False, pair.name, raw=True))
    return samples
