"""Every labelled picture of satellites with optical sensors, 10 to 30 m."""

from __future__ import annotations

from pathlib import Path

from terrascope_lab.data.landsat import read_landsat
from terrascope_lab.data.sample import Sample
from terrascope_lab.data.sentinel2 import read_sentinel2


def read_optical(root: Path) -> list[Sample]:
    """Every sample for the optical networks."""
    return read_landsat(root) + read_sentinel2(root)
