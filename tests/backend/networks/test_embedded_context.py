"""The encoder of surroundings is shown what there is of an image, no finer than its size allows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from terrascope.networks.embedded import context

ALL = np.ones(6, np.float32)


class Recorder:
    """Answers with the mean of each patch of 8 pixels in the first channel, and remembers what it was shown."""

    def __init__(self) -> None:
        self.shape: tuple[int, ...] = ()
        self.groups: list[int] = []
        self.gsd = 0.0

    def __call__(self, image: NDArray[np.float32], groups: NDArray[np.int64], gsd_m: float) -> NDArray[np.float32]:
        self.shape, self.groups, self.gsd = image.shape, groups.tolist(), gsd_m
        rows, cols = image.shape[2] // 8, image.shape[3] // 8
        out = np.zeros((1, context.WIDTH, rows, cols), np.float32)
        out[0, 0] = image[0, 0].reshape(rows, 8, cols, 8).mean((1, 3))
        return out


def test_a_small_image_is_looked_at_finely_and_a_large_one_coarsely() -> None:
    assert [context.spacing_for(n * n) for n in (128, 256, 512, 1024, 4000)] == [4, 4, 8, 16, 16]


def test_tokens_lie_where_their_pixels_lie_at_every_spacing() -> None:
    stack = np.zeros((6, 96, 160), np.float32)
    stack[:, 32:64, 96:128] = 1.0
    for spacing in context.SPACINGS:
        recorder = Recorder()
        tokens = context.tokens(recorder, stack, ALL, 30.0, spacing)
        assert tokens.shape == (context.WIDTH, 96 // spacing, 160 // spacing)
        assert recorder.shape[2] % 64 == 0
        assert recorder.shape[3] % 64 == 0
        assert recorder.gsd * 8 == 30.0 * spacing
        bright = np.argwhere(tokens[0] > 0.6) * spacing
        assert bright.min(0).tolist() == [32, 96]
        assert (bright.max(0) + spacing).tolist() == [64, 128]


def test_only_band_groups_that_are_there_are_looked_at() -> None:
    rgb = np.array([1, 1, 1, 0, 0, 0], np.float32)
    assert context.groups_of(rgb).tolist() == [0]
    assert context.groups_of(np.array([0, 1, 1, 1, 0, 0], np.float32)).tolist() == [0, 1]
    assert context.groups_of(ALL).tolist() == [0, 1, 2]


def test_a_missing_colour_is_filled_by_the_others_and_a_missing_group_is_not() -> None:
    stack = np.stack([np.full((16, 16), v, np.float32) for v in (0, 0.2, 0.4, 0.3, 0, 0)])
    filled = context.completed(stack, np.array([0, 1, 1, 1, 0, 0], np.float32))
    np.testing.assert_allclose(filled[0], 0.3, atol=1e-6)
    assert not filled[4:].any()
