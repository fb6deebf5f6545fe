"""Which of two sensors a token comes from: the recorded choice of the official code, and what it cannot see."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from terrascope.reasoning.modality import text_guided, usable
from terrascope.scene.types import Role, Scale

from .scripted import view


def test_the_recorded_choice_and_vectors(shared: Path) -> None:
    with np.load(shared / "golden" / "modality.npz") as data:
        golden = {name: data[name] for name in data.files}
    ids = golden["input_ids"][0]
    text = golden["embed"][ids[(ids != golden["img_id"]) & (ids != golden["region_id"])]]
    at = 0
    for length in golden["lengths"]:
        indices = golden["rgb_indices"][at : at + length]
        optical, sar = golden["vit"][0][indices], golden["vit"][1][indices]
        taken = text_guided(optical, sar, text)
        assert taken.tolist() == golden["is_sar"][at : at + length].tolist()
        assert np.array_equal(np.where(taken[:, None], sar, optical), golden["chosen"][at : at + length])
        at += length


def test_a_region_of_one_token_is_always_optical() -> None:
    generator = np.random.default_rng(0)
    for _ in range(20):
        optical, sar, text = (generator.normal(size=(n, 8)).astype(np.float32) for n in (1, 1, 5))
        assert text_guided(optical, sar, text).tolist() == [False]


def test_cloud_and_nodata_are_not_usable_and_the_ground_is() -> None:
    pixels = np.full((3, 64, 64), 0.06, dtype=np.float32)
    pixels[:, :10] = [[[0.45]], [[0.44]], [[0.43]]]
    valid = np.ones((64, 64), dtype=bool)
    valid[-10:] = False
    found = usable(view(pixels=pixels, valid=valid, scale=Scale.REFLECTANCE))
    assert not found[:10].any() and found[10:-10].all() and not found[-10:].any()


def test_sar_is_usable_wherever_it_is_valid() -> None:
    radar = view(Role.SAR, bands=("vv", "vh"), pixels=np.full((2, 64, 64), -8, dtype=np.float32), scale=Scale.DB)
    assert usable(radar).all()
