"""Model intervals: what a table says of a share that was found."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from terrascope.errors import CheckpointError
from terrascope.networks.embedded.model_interval import FILE, ModelIntervals, form_of
from terrascope.scene.types import Role, Scale, Source, View

SIX = ("blue", "green", "red", "nir", "swir1", "swir2")


def view(bands: tuple[str, ...] = SIX, scale: Scale = Scale.REFLECTANCE, role: Role = Role.OPTICAL) -> View:
    pixels = np.zeros((len(bands), 4, 4), np.float32)
    return View("v", role, None, bands, scale, pixels, np.ones((4, 4), bool), Source("v"))


@pytest.fixture
def intervals(tmp_path: Path) -> ModelIntervals:
    entry = {"places": 40, "classes": {"water": [-0.2, 0.5]}}
    table = {"format": 1, "level": 0.9, "floor": 0.1, "forms": {"six bands": entry}}
    (tmp_path / FILE).write_text(json.dumps(table))
    return ModelIntervals(tmp_path)


def test_bounds_are_in_units_of_the_spread_of_a_share(intervals: ModelIntervals) -> None:
    found = intervals.of(view(), "optical", "water", 0.2)
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(0.12), pytest.approx(0.4))
    assert (found.level, found.places) == (0.9, 40)


def test_an_interval_holds_the_share_and_stays_within_nothing_and_everything(intervals: ModelIntervals) -> None:
    none, all_of_it = (intervals.of(view(), "optical", "water", share) for share in (0.0, 1.0))
    assert none is not None and all_of_it is not None
    assert (none.low, none.high) == (0.0, pytest.approx(0.05))
    assert (all_of_it.low, all_of_it.high) == (pytest.approx(0.98), 1.0)


def test_what_no_place_left_out_speaks_of_has_no_interval(intervals: ModelIntervals, tmp_path: Path) -> None:
    assert intervals.of(view(), "optical", "wetland", 0.2) is None
    assert intervals.of(view(), "aerial", "water", 0.2) is None
    assert intervals.of(view(SIX[:4]), "optical", "water", 0.2) is None
    assert ModelIntervals(tmp_path / "elsewhere").of(view(), "optical", "water", 0.2) is None


def test_a_damaged_table_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{")
    with pytest.raises(CheckpointError, match=FILE):
        ModelIntervals(tmp_path)


def test_the_form_is_told_by_bands_and_scale() -> None:
    assert form_of(view()) == "six bands"
    assert form_of(view(SIX[:4])) == "RGB+NIR"
    assert form_of(view(SIX, Scale.RAW)) == "digital numbers"
    assert form_of(view(SIX[:3])) == "RGB reflectance"
    assert form_of(view(SIX[:3], Scale.DISPLAY)) == "picture"
    assert form_of(view(("vv",), Scale.DB, Role.SAR)) is None
