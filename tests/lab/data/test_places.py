"""Nothing that a fold is measured on was seen in its training, whatever the date."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from terrascope_lab.data import overlap, places, split


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


def test_patches_that_overlap_share_a_fold(shared: Path) -> None:
    """Eight of the pairs whose region numbers differ though they show, in part, the same ground on the same day."""
    root = shared / "data" if (shared / "data").is_dir() else shared
    with np.load(root / "hls_worldcover" / "hls_worldcover_train.npz") as stored:
        region, location, refl = stored["region"], stored["location"], stored["refl"]
    for a, b, down, right in (
        (62, 120, 0, -10), (106, 199, -72, 0), (9, 65, -77, 0), (63, 223, 80, 0), (0, 152, 0, 72), (29, 124, 0, -76),
    ):  # fmt: skip
        rows, cols = 128 - abs(down), 128 - abs(right)
        first = refl[a, :, max(down, 0) :, max(right, 0) :][:, :rows, :cols]
        second = refl[b, :, max(-down, 0) :, max(-right, 0) :][:, :rows, :cols]
        assert (first == second).all()
        assert region[a] != region[b]
        folds_of_both = {split.hls_fold(int(region[i]), int(location[i])) for i in (a, b)}
        assert len(folds_of_both) == 1


def test_patches_of_europe_that_share_ground_share_a_fold(shared: Path) -> None:
    """145 of 160 do, with 208 pairs between them."""
    root = shared / "data" if (shared / "data").is_dir() else shared
    with np.load(root / "europe_s2" / "europe_s2_train.npz") as stored:
        patches, names = stored["refl_sqrt"], stored["name"].astype(str)
    pairs = overlap.same_pixels(patches)
    assert len(pairs) == 208
    assert len({i for pair in pairs for i in pair}) == 145
    for a, b in pairs:
        one, two = (places.table()["europe", names[i]] for i in (a, b))
        assert one == two


def test_every_place_of_the_table_is_in_one_fold() -> None:
    folds: dict[str, set[int]] = {}
    for (source, _), (place, fold) in places.table().items():
        folds.setdefault(f"{source} {place}", set()).add(fold)
    assert [place for place, own in folds.items() if len(own) > 1] == []
    assert {source for source, _ in places.table()} == set(places.CONFIRMED)
