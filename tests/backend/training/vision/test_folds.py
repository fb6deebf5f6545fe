"""Nothing that a fold is measured on was seen in its training, whatever the date."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from terrascope.training.vision import folds, split


def test_no_region_and_no_place_is_in_two_folds() -> None:
    for members in (split.REGION_FOLDS, split.PLACE_FOLDS):
        assert len(members) == split.FOLDS
        assert sum(len(m) for m in members) == len(frozenset().union(*members))
    assert split.FLOOD_REGION not in frozenset().union(*split.REGION_FOLDS)


def test_an_unknown_region_is_named() -> None:
    with pytest.raises(ValueError, match="region 4,"):
        split.hls_fold(4, 0)


def test_every_patch_has_a_fold_and_all_dates_of_a_place_share_it(shared: Path) -> None:
    root = shared / "data" if (shared / "data").is_dir() else shared
    with np.load(root / "hls_worldcover" / "hls_worldcover_train.npz") as stored:
        region, location = stored["region"], stored["location"]
    fold = np.array([split.hls_fold(int(r), int(p)) for r, p in zip(region, location, strict=True)])
    for place in np.unique(location):
        assert len(set(fold[location == place])) == 1
    for one in np.unique(region[region != split.FLOOD_REGION]):
        assert len(set(fold[region == one])) == 1
    assert np.bincount(fold).min() > 40
    assert folds.ALWAYS_TRAINED == -1
