"""Small grids and random masks for the tests of the mask algebra."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from terrascope.scene.types import Affine6, Grid


def utm(width: int, height: int, size: float = 10.0) -> Grid:
    return Grid(width, height, Affine6(size, 0, 500000, 0, -size, 5000000), "EPSG:32633")


def bare(width: int, height: int) -> Grid:
    return Grid(width, height, Affine6(1, 0, 0, 0, 1, 0), None)


def degrees(width: int, height: int, size: float = 0.001, top: float = 47.0) -> Grid:
    return Grid(width, height, Affine6(size, 0, 15.0, 0, -size, top), "EPSG:4326")


@st.composite
def masks(draw: st.DrawFn, number: int = 1, largest: int = 14) -> list[np.ndarray]:
    """`number` random masks of one random shape, from empty to full."""
    height, width = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    result = []
    for _ in range(number):
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        result.append(rng.random((height, width)) < draw(st.sampled_from([0.0, 0.03, 0.2, 0.5, 0.8, 1.0])))
    return result
