"""The Sentinel-1 network works with either channel, and learns what water looks like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from terrascope.landcover import ATOMS
from terrascope_lab.data import legends
from terrascope_lab.data.sample import Sample
from terrascope_lab.training.vision import sar_net_train
from terrascope_lab.training.vision.export import load
from terrascope_lab.training.vision.sar_net import SarNet, sar_features


def lake(side: int = 96) -> Sample:
    """A dark lake in brighter land, with a nodata corner."""
    rng = np.random.default_rng(0)
    bands = np.array([-9.0, -15.0])[:, None, None] + rng.normal(0, 1.5, (2, side, side))
    allowed = np.full((side, side), legends.without("water", "cloud"), np.uint16)
    bands[:, side // 4 : side // 2 + 8, side // 4 : side // 2 + 8] -= 11
    allowed[side // 4 : side // 2 + 8, side // 4 : side // 2 + 8] = legends.bits("water")
    bands[:, :8, :8] = np.nan
    return Sample("sen1floods11", "one", bands.astype(np.float32), np.ones(2, bool), allowed, 10.0, False, "one")


@pytest.mark.parametrize("channel", [0, 1])
def test_what_stands_in_a_missing_channel_does_not_matter(channel: int) -> None:
    torch.manual_seed(0)
    bands = torch.randn(1, 2, 64, 64) * 3 - 14
    present = torch.ones(1, 2)
    present[:, channel] = 0
    other = bands.clone()
    other[:, channel] = 99.0
    with torch.inference_mode():
        model = SarNet().eval()
        torch.testing.assert_close(model(bands, present), model(other, present))
    assert tuple(sar_features(bands, present).shape) == (1, 11, 64, 64)


def test_nodata_is_never_a_label() -> None:
    crops = sar_net_train.SarCrops([lake()], 64, seed=1)
    bands, flags, sets = crops.batch(12)
    assert torch.isfinite(bands).all()
    assert set(flags.flatten().tolist()) <= {0.0, 1.0}
    assert (flags.sum(1) >= 1).all()
    assert set(sets.unique().tolist()) <= {0, legends.bits("water"), legends.without("water", "cloud")}


def test_wind_brightens_the_water_and_nothing_else() -> None:
    sample = lake()
    crops = sar_net_train.SarCrops([sample], 64, seed=0)
    before = np.nan_to_num(sample.bands)
    changes = [crops.windy(before, sample.allowed) - before for _ in range(12)]
    water = sample.allowed == legends.bits("water")
    assert all((change[:, ~water] == 0).all() for change in changes)
    assert max(float(change[0, water].max()) for change in changes) > 3
    assert min(float(change[0, water].max()) for change in changes) == 0  # calm water is shown too


def test_a_dark_lake_is_learnt_in_a_few_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sar_net_train.radar, "read_sar", lambda root: [lake()])
    monkeypatch.setattr(sar_net_train.radar, "read_ombria", lambda root: [])
    monkeypatch.setattr(sar_net_train.places, "fold_of", lambda sample: 0)
    recipe = sar_net_train.Recipe(size=48, batch=3, steps=50, average=0.5)
    path = sar_net_train.train(tmp_path, tmp_path, "lake", -1, recipe)
    model, note = load(path)
    assert note["held_out"] == []
    bands = torch.from_numpy(np.nan_to_num(lake().bands))[None].float()
    with torch.inference_mode():
        water = model(bands, torch.ones(1, 2)).softmax(1)[0, ATOMS.index("water")]
    assert float(water[30:48, 30:48].mean()) > 0.6
    assert float(water[70:, 70:].mean()) < 0.4


def test_a_picture_without_vh_is_shown_without_it_and_at_levels_of_land() -> None:
    sample = lake()
    sample.bands = np.stack([np.nan_to_num(sample.bands[0]), np.full_like(sample.bands[0], np.nan)])
    sample.present, sample.raw = np.array([True, False]), True
    crops = sar_net_train.SarCrops([sample], 64, seed=0)
    for _ in range(6):
        bands, flags, sets = crops.crop()
        assert flags.tolist() == [1.0, 0.0]
        assert np.isfinite(bands).all() and not bands[1].any()
        assert -40 < np.percentile(bands[0], 75) < -4
        assert (sets > 0).any()
