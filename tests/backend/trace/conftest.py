"""Fixtures of the trace tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from conftest_trace import DEGREES, NO_CRS, UTM

from terrascope.scene.types import Grid


@pytest.fixture(params=[UTM, DEGREES, NO_CRS], ids=["projected", "geographic", "no CRS"])
def grid(request: pytest.FixtureRequest) -> Grid:
    """The grids that a trace must live with."""
    grid: Grid = request.param
    return grid
