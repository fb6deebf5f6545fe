"""Traces to test with: two real-looking steps on a grid, with and without a CRS."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from terrascope.masks import measure
from terrascope.scene.types import Affine6, Grid
from terrascope.trace.types import (
    Answer,
    ClaimRecord,
    DerivedMask,
    GridRecord,
    InputRecord,
    MaskRle,
    NetworkRecord,
    Step,
    Trace,
    measurements_of,
)

UTM = Grid(60, 40, Affine6(10.0, 0.0, 500000.0, 0.0, -10.0, 9000000.0), "EPSG:32718")
DEGREES = Grid(60, 40, Affine6(0.001, 0.0, -74.5, 0.0, -0.001, 48.0), "EPSG:4326")
NO_CRS = Grid(60, 40, Affine6(1.0, 0.0, 0.0, 0.0, 1.0, 0.0), None)


def blob(seed: int, grid: Grid = UTM) -> NDArray[np.bool_]:
    """A ragged mask of several parts, with holes and diagonal touches."""
    return np.random.default_rng(seed).random((grid.height, grid.width)) > 0.7


def make_step(number: int, mask: NDArray[np.bool_], grid: Grid, label: str = "water", derived: bool = False) -> Step:
    measured = measurements_of(measure(mask, np.ones_like(mask), grid).to_dict())
    gain = (DerivedMask(f"{label} gain", MaskRle.encode(~mask), measured),) if derived else ()
    return Step(
        number, f"<think>Look at the {label} [SEG]", label, 0, "before", "2020-06-01", "said so", MaskRle.encode(mask),
        measured, {"touches": {"tree": True}}, "12.5 % ü", 0.75, gain, ((0, 17), (0, 18)),
    )  # fmt: skip


def make_trace(grid: Grid, steps: int = 3) -> Trace:
    labels = ("water", "tree", "riverbank")
    made = tuple(make_step(n, blob(n, grid), grid, labels[n % 3], n == 2) for n in range(1, steps + 1))
    gsd = (10.0, 10.0)
    return Trace(
        question='How much "water" is there — 湖?',
        options=("10 %", "20 %"),
        grid=GridRecord(grid.width, grid.height, tuple(grid.transform), grid.crs, gsd, gsd, False, ("n",)),
        inputs=(InputRecord("before", "optical", "/data/b.tif", "2020-06-01", ("red", "nir"), "raw", "ab" * 32),),
        network=NetworkRecord("embedded", "1", "cd" * 32, "cpu", "int8", {"selection": "released", "cap": 8}),
        steps=(*made, Step(steps + 1, "</think><answer>10 %</answer>")),
        claims=(
            ClaimRecord(1, "12.5 % is water", "supported", 12.5, 12.4, "%", "within rounding"),
            ClaimRecord(2, "they touch", "contradicted", True, False),
            ClaimRecord(2, "a nice place", "not_checkable"),
        ),
        answer=Answer("10 %", "A", 0.9),
        end_reason="answered",
        warnings=("Step 3: the mask is empty.",),
        timings={"total_s": 1.25},
        versions={"terrascope": "0.1.0"},
    )  # fmt: skip
