"""The classes of one image share its ground out among them."""

from __future__ import annotations

import numpy as np
import pytest

from terrascope.landcover import ATOMS, CLASSES, can_be_seen
from terrascope.networks.embedded.class_map import class_map, groups_of
from terrascope.networks.embedded.scores import Scores
from terrascope.networks.embedded.segments import predicted

BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")


def atoms(*names: str) -> np.ndarray:
    return np.array([atom in names for atom in ATOMS])


def scene() -> tuple[Scores, np.ndarray]:
    rng = np.random.default_rng(0)
    values = rng.dirichlet(np.full(len(ATOMS), 0.5), (60, 50)).transpose(2, 0, 1).astype(np.float32)
    valid = rng.random((60, 50)) > 0.1
    return Scores.of(values * valid), valid


@pytest.mark.parametrize("pixel_m", [0.5, 10.0, 30.0, None])
def test_vegetation_built_up_area_and_water_never_add_up_to_more_than_the_image(pixel_m: float | None) -> None:
    scores, valid = scene()
    groups = groups_of(pixel_m, "optical", BANDS)
    names = ("vegetation", "built-up area", "water", "bare land", "snow", "clouds")
    masks = [predicted(scores, atoms(*CLASSES[name].atoms), valid, groups)[0].mask for name in names]
    np.testing.assert_array_equal(np.sum(masks, 0), valid)


def test_a_union_is_the_sum_of_its_classes_and_agrees_with_the_class_map() -> None:
    scores, valid = scene()
    groups = groups_of(10.0, "optical", BANDS)
    parts = [
        predicted(scores, atoms(*CLASSES[name].atoms), valid, groups)[0].mask
        for name in ("trees", "grass", "cropland", "shrubs", "wetland")
    ]
    whole = predicted(scores, atoms(*CLASSES["vegetation"].atoms), valid, groups)[0].mask
    np.testing.assert_array_equal(np.sum(parts, 0), whole)
    places = [i for i, group in enumerate(groups) if group.atoms <= CLASSES["vegetation"].atoms]
    np.testing.assert_array_equal(np.isin(class_map(scores, valid, groups), places), whole)


def test_many_kinds_of_green_do_not_outvote_a_town() -> None:
    values = np.zeros((len(ATOMS), 1, 1), np.float32)
    for name, value in (("built", 0.4), ("tree", 0.2), ("grass", 0.2), ("crop", 0.2)):
        values[ATOMS.index(name)] = value
    valid = np.ones((1, 1), bool)
    groups = groups_of(30.0, "optical", BANDS)
    town = predicted(Scores.of(values), atoms(*CLASSES["built-up area"].atoms), valid, groups)[0]
    green, could = predicted(Scores.of(values), atoms(*CLASSES["vegetation"].atoms), valid, groups)
    assert town.mask.all() and not green.mask.any()
    assert could.large.all()  # and is said to be possible


def test_a_class_that_is_not_seen_by_itself_is_cut_out_of_its_group() -> None:
    values = np.zeros((len(ATOMS), 1, 2), np.float32)
    values[ATOMS.index("road"), 0] = 0.6, 0.1
    values[ATOMS.index("built"), 0] = 0.3, 0.8
    values[ATOMS.index("grass"), 0] = 0.1, 0.1
    valid = np.ones((1, 2), bool)
    assert not can_be_seen("roads", 30.0, "optical", BANDS)
    mask = predicted(Scores.of(values), atoms("road"), valid, groups_of(30.0, "optical", BANDS))[0].mask
    np.testing.assert_array_equal(mask, [[True, False]])


def test_the_small_mask_lies_within_the_mask_and_that_within_the_large_one() -> None:
    scores, valid = scene()
    found, masks = predicted(scores, atoms("tree", "grass", "crop"), valid, groups_of(10.0, "optical", BANDS))
    assert (masks.small <= masks.mask).all() and (masks.mask <= masks.large).all()
    np.testing.assert_array_equal(masks.mask, found.mask)
