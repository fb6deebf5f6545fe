"""Seas of many kinds: their spectra are those of water, and the networks that ship call them water."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from terrascope.landcover import ATOMS
from terrascope.networks.embedded.session import default_folder
from terrascope.networks.embedded.vision import VisionNetworks
from terrascope_lab.data.forms import FORMS, view_of
from terrascope_lab.data.legends import bits
from terrascope_lab.data.sample import Sample
from terrascope_lab.training.vision import seas, waters

SIDE = 96


def even(value: float) -> np.ndarray:
    return np.full((1, 1), value, np.float32)


def of(chlorophyll: float, sediment: float, dissolved: float, depth: float, bottom: int = 0) -> np.ndarray:
    levels = (even(value) for value in (chlorophyll, sediment, dissolved, depth))
    return seas.reflectance(*levels, seas.BOTTOMS[bottom])[:, 0, 0]


def test_clear_deep_water_is_blue_and_black_in_the_infrared() -> None:
    water = of(0.05, 0.1, 0.01, 1000)
    assert 0.015 < water[0] < 0.12 and water[0] > water[1] > water[2]
    assert water[3] < 0.002 and water[4:].max() < 1e-4


def test_sediment_makes_water_bright_up_to_the_near_infrared_only() -> None:
    water = of(1, 500, 0.5, 1000)
    assert water[2] > 0.15 and water[3] > 0.1
    assert water[4] < 0.01


def test_a_bottom_shines_through_shallow_water_where_light_reaches_it() -> None:
    shallow, deep = of(0.1, 0.1, 0.02, 0.5), of(0.1, 0.1, 0.02, 50)
    assert shallow[1] > deep[1] + 0.1
    assert shallow[4] == pytest.approx(deep[4], abs=1e-3)  # none reaches it in the short-wave infrared


def test_open_water_leaves_a_shore_or_nothing() -> None:
    rng = np.random.default_rng(0)
    bands = np.full((6, SIDE, SIDE), 0.3, np.float32)
    allowed = np.full((SIDE, SIDE), bits("grass"), np.uint16)
    shores = 0
    for _ in range(20):
        found, labels = waters.open_water(bands, allowed, rng)
        sea = labels == bits("water")
        assert sea.mean() > 0.8 and np.isfinite(found).all() and found.min() >= 0
        assert (found[:, ~sea] == np.float32(0.3)).all()
        shores += not sea.all()
    assert 2 < shores < 16


@pytest.mark.parametrize("form", ["six bands", "RGB+NIR"])
def test_an_open_sea_is_water_whatever_lies_over_it(form: str) -> None:
    """Glint, sediment, depth, and a correction that took glint for haze: short-wave infrared is then above green."""
    networks, rng = VisionNetworks(default_folder(), 1), np.random.default_rng(5)
    found, above = [], 0
    for glint, sediment, depth, taken in product((0, 0.05, 0.1), (0.3, 5, 100), (2, 40), (0, 0.95)):
        water = of(1, sediment, 0.1, depth)[:, None, None]
        waves = glint * seas.MIRRORED[:, None, None] * rng.normal(1, 0.08, (1, SIDE, SIDE))
        left = -taken * glint * seas.LEFT_OVER[:, None, None]
        bands = np.clip(water + waves + left + rng.normal(0, 0.0015, (6, SIDE, SIDE)), 0, 1).astype(np.float16)
        above += int(np.median(bands[4]) > np.median(bands[1]))
        sample = Sample("sea", "", bands, np.ones(6, bool), np.full((SIDE, SIDE), 1, np.uint16), 30.0, False, "")
        best = networks.probabilities(view_of(FORMS[form](sample)), 30.0).argmax(0)
        found.append([(best == ATOMS.index(name)).mean() for name in ("water", "crop")])
    shares = np.array(found)
    assert above >= 2
    assert shares[:, 1].max() == 0.0
    assert shares[:, 0].mean() > 0.98 and shares[:, 0].min() > 0.9
