"""Readers of Sentinel-1: bands are VV and VH in dB, NaN where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio

from terrascope_lab.data import legends
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
