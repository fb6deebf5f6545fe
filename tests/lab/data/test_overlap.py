"""Patches that show the same ground are found by what they show."""

from __future__ import annotations

import numpy as np

from terrascope_lab.data.overlap import connected, links, same_pixels


def test_two_cuts_of_one_terrain_are_linked_and_others_are_not() -> None:
    rng = np.random.default_rng(0)
    terrain = np.cumsum(rng.integers(-2, 3, (128, 220)), axis=1).astype(np.int16)
    image = rng.integers(100, 4000, (128, 220)).astype(np.int16)
    elsewhere = np.cumsum(rng.integers(-2, 3, (128, 128)), axis=1).astype(np.int16)
    dem = np.stack([terrain[:, :128], terrain[:, 72:200], elsewhere])
    refl = np.stack([image[:, :128], rng.integers(100, 4000, (128, 128)).astype(np.int16), image[:, :128] + 7])
    assert links(dem, refl) == [(0, 1)]


def test_two_cuts_of_one_picture_are_linked_bit_for_bit_and_a_chain_is_one_place() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (4, 64, 160)).astype(np.uint8)
    other = rng.integers(0, 255, (4, 64, 64)).astype(np.uint8)
    patches = np.stack([picture[:, :, :64], other, picture[:, :, 40:104], picture[:, :, 90:154]])
    assert same_pixels(patches) == [(0, 2), (2, 3)]
    assert connected(4, [(0, 2), (2, 3)]) == [0, 1, 0, 0]
