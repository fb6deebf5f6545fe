"""Two dates are compared where they can be, and what they do not share is said and lowers the certainty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from terrascope.scene import LayerRequest, Scene, open_scene

from .awkward import ORIGIN, UTM, Affine, write
from .ways import SIX, digital, made_scene

NORTH_UP = Affine(10, 0, ORIGIN[0], 0, -10, ORIGIN[1])
TRUTH = made_scene()
NOISY = np.clip(TRUTH + np.random.default_rng(0).normal(0, 0.02, TRUTH.shape), 1e-3, 1)


def pair(
    folder: Path, second: np.ndarray, names: tuple[str, str] = ("S2_20200601", "S2_20200608"), **known: Any
) -> Scene:
    paths = [
        write(folder / f"{name}.tif", digital(data), crs=UTM, transform=NORTH_UP, descriptions=SIX)
        for name, data in zip(names, (TRUTH, second))
    ]
    return open_scene([LayerRequest(str(paths[0])), LayerRequest(str(paths[1]), **known)])


@pytest.mark.parametrize("by", [(0, 1), (1, 0), (-2, 3), (0.6, -0.8)])
def test_a_shift_is_measured_said_and_taken_back(tmp_path: Path, by: tuple[float, float]) -> None:
    second = np.stack([ndimage.shift(band, by, order=3, mode="nearest") for band in TRUTH])
    scene = pair(tmp_path, second)
    (doubt,) = [each for each in scene.doubts if each.what == "align"]
    assert (doubt.layer, doubt.choice, doubt.by) == ("S2_20200608", "yes", "pixels")
    first, later = scene.views
    both = first.valid & later.valid
    assert both.mean() > 0.95
    off = np.abs(first.pixels - later.pixels)[3][both]
    before = np.abs(TRUTH - second)[3]
    assert off.mean() < (1e-3 if by[0] == int(by[0]) else 0.6 * before.mean())
    assert any("by phase correlation" in note for note in scene.notes)
    left = pair(tmp_path, second, align="no")
    assert not [each for each in left.doubts if each.what == "align"]
    assert left.views[1].valid.all()


@pytest.mark.parametrize(
    "second",
    [TRUTH, TRUTH * 0.7, made_scene(0.2), NOISY],
    ids=["itself", "darkened", "another lake", "noise"],
)  # fmt: skip
def test_what_lies_where_it_is_is_left_there(tmp_path: Path, second: np.ndarray) -> None:
    scene = pair(tmp_path, second)
    assert not [each for each in scene.doubts if each.what == "align"]
    assert scene.views[1].valid.all()


def test_season_sensor_and_what_both_observed_are_said_and_lower_the_certainty(tmp_path: Path) -> None:
    second = TRUTH.copy()
    assert pair(tmp_path, second).comparable == 1.0
    apart = pair(tmp_path, second, ("S2_20200601", "S2_20201201"))
    assert any("days apart in the season" in note for note in apart.notes)
    assert apart.likely == pytest.approx(0.8)
    other = pair(tmp_path, second, ("S2_20200601", "landsat8_20200608"))
    assert any("different sensors (Sentinel-2, Landsat 8)" in note for note in other.notes)
    assert other.comparable < 1


def test_two_dates_are_held_against_each_other_where_both_saw_the_ground(tmp_path: Path) -> None:
    data = [digital(TRUTH), digital(TRUTH)]
    data[0][:, :60], data[1][:, :, 200:] = 0, 0
    paths = [
        write(tmp_path / f"S2_2020060{n}.tif", each, crs=UTM, transform=NORTH_UP, descriptions=SIX)
        for n, each in enumerate(data, 1)
    ]
    scene = open_scene([LayerRequest(str(path)) for path in paths])
    first, later = scene.views
    assert np.array_equal(first.valid, later.valid)
    assert first.valid.mean() == pytest.approx(196 / 256 * 200 / 256)
    assert not first.pixels[:, ~first.valid].any()
    assert any("59.8% of the area was observed at both dates" in note for note in scene.notes)


def test_a_picture_that_is_darker_as_a_whole_is_brought_to_the_same_brightness(tmp_path: Path) -> None:
    scene = pair(tmp_path, TRUTH * 0.7)
    assert np.allclose(scene.views[1].pixels, TRUTH, atol=3e-4)
    assert any("times 0.70 in all bands, darker as a whole" in note for note in scene.notes)
    assert scene.comparable < 1
    other_land = pair(tmp_path, np.concatenate([TRUTH[:3] * 0.7, TRUTH[3:] * 1.2]))
    assert not any("as a whole" in note for note in other_land.notes)


@pytest.mark.parametrize("clouded", [0, 1])
def test_cloud_of_one_date_is_observed_at_neither(tmp_path: Path, clouded: int) -> None:
    y, x = np.mgrid[:256, :256]
    thick = np.clip(1.6 * np.exp(-(((y - 120) / 40.0) ** 2) - ((x - 150) / 55.0) ** 2), 0, 1)
    cloudy = TRUTH * (1 - thick) + 0.6 * thick
    data = [TRUTH, TRUTH]
    data[clouded] = cloudy
    paths = [
        write(tmp_path / f"S2_2020060{n}.tif", digital(each), crs=UTM, transform=NORTH_UP, descriptions=SIX)
        for n, each in enumerate(data, 1)
    ]
    scene = open_scene([LayerRequest(str(path)) for path in paths])
    first, later = scene.views
    assert np.array_equal(first.valid, later.valid)
    assert not first.valid[thick > 0.5].any()
    assert first.valid[thick < 0.02].mean() > 0.9
    assert any("bright cloud or snow that the other date has not" in note for note in scene.notes)
    assert open_scene([LayerRequest(str(paths[clouded]))]).views[0].valid.all(), "alone, it is shown as it is"
