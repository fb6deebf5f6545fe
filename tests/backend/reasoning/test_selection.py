"""From mask to tokens: the released code's choice to the index, and the paper's rule."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from terrascope.networks.interface import TokenGrid
from terrascope.reasoning.selection import coverage, nearest_index, select_tokens, token_index, token_position
from terrascope.reasoning.settings import SettingsError

from .tiling import grid_of

ONE = TokenGrid(1, 1, 16, 448)
MASKS = arrays(bool, st.tuples(st.integers(1, 90), st.integers(1, 90)))
GRIDS = st.builds(TokenGrid, st.integers(1, 4), st.integers(1, 3), st.sampled_from([8, 16]), st.just(448))


def golden_cases(folder: Path) -> list[tuple[NDArray[np.bool_], dict[str, list[int]]]]:
    with np.load(folder / "golden" / "selection.npz") as data:
        cases = json.loads(str(data["cases"]))
        found = []
        for rank, case in enumerate(cases):
            shape = case["height"], case["width"]
            mask = np.unpackbits(data[f"mask_{rank}"], count=shape[0] * shape[1]).reshape(shape).astype(bool)
            found.append((mask, case))
    return found


def test_the_72_recorded_masks_give_the_recorded_tokens(shared: Path) -> None:
    cases = golden_cases(shared)
    assert len(cases) == 72
    for mask, case in cases:
        height, width = mask.shape
        tiles = grid_of(width, height)
        assert select_tokens(mask, tiles, "released", 8) == case["single8"]
        assert select_tokens(mask, ONE, "released", 8) == case["multi8"]
        assert select_tokens(mask, tiles, "released", 64) == case["single64"]


def test_the_tile_grids_of_these_tests_are_the_recorded_ones(shared: Path) -> None:
    for case in json.loads((shared / "golden" / "tiling.json").read_text()):
        assert grid_of(case["width"], case["height"])[:2] == (case["cols"], case["rows"])


@given(st.integers(1, 5000), st.integers(1, 3000))
@settings(max_examples=300, deadline=None)
def test_nearest_is_pillows_nearest(source: int, target: int) -> None:
    ramp = Image.fromarray(np.arange(source, dtype=np.int32)[None], mode="I")
    expected = np.asarray(ramp.resize((target, 1), Image.Resampling.NEAREST))[0]
    assert np.array_equal(nearest_index(source, target), expected)


def test_an_empty_mask_injects_the_top_left_token_as_released_and_nothing_as_in_the_paper() -> None:
    empty = np.zeros((50, 70), dtype=bool)
    assert select_tokens(empty, ONE, "released", 8) == [0]
    assert select_tokens(empty, ONE, "paper", 128) == []
    assert select_tokens(empty, ONE, "boxes", 128) == []


@given(MASKS, GRIDS)
@settings(max_examples=100, deadline=None)
def test_coverage_is_the_covered_share_of_the_cell(mask: NDArray[np.bool_], grid: TokenGrid) -> None:
    share = coverage(mask, grid)
    rows, cols = grid.rows * grid.side, grid.cols * grid.side
    fine = mask.repeat(rows, axis=0).repeat(cols, axis=1)  # every pixel falls into whole sub-pixels of every cell
    height, width = mask.shape
    expected = fine.reshape(rows, height, cols, width).mean(axis=(1, 3))
    assert np.allclose(share, expected, atol=1e-9)


@given(MASKS, GRIDS)
@settings(max_examples=100, deadline=None)
def test_paper_takes_every_token_that_is_more_than_half_covered(mask: NDArray[np.bool_], grid: TokenGrid) -> None:
    tokens = select_tokens(mask, grid, "paper", 10**6)
    share = coverage(mask, grid)
    row, col = token_position(np.asarray(tokens, dtype=np.int64), grid)
    if (share > 0.5 + 1e-9).any():
        assert set(zip(row, col)) >= set(zip(*np.nonzero(share > 0.5 + 1e-9)))
        assert (share[row, col] > 0.5 - 1e-9).all()
    elif mask.any():
        assert len(tokens) == 1
        assert share[row[0], col[0]] >= share.max() - 1e-9


@given(MASKS, GRIDS, st.sampled_from(["released", "paper", "boxes", "random"]), st.integers(1, 130))
@settings(max_examples=150, deadline=None)
def test_tokens_are_within_the_grid_the_cap_and_unique(
    mask: NDArray[np.bool_], grid: TokenGrid, selection: str, cap: int
) -> None:
    tokens = select_tokens(mask, grid, selection, cap)
    assert len(tokens) <= cap
    assert all(0 <= token < grid.cols * grid.rows * grid.side**2 for token in tokens)
    assert len(set(tokens)) == len(tokens)


@given(GRIDS)
def test_index_and_position_are_inverse(grid: TokenGrid) -> None:
    every = np.arange(grid.cols * grid.rows * grid.side**2)
    assert np.array_equal(token_index(*token_position(every, grid), grid), every)


def test_a_full_mask_under_the_papers_cap_reaches_all_corners() -> None:
    tokens = np.asarray(select_tokens(np.ones((300, 300), dtype=bool), grid_of(1024, 1024), "paper", 128))
    row, col = token_position(tokens, grid_of(1024, 1024))
    assert len(tokens) == 128
    assert row.min() <= 2 and col.min() <= 2 and row.max() >= 45 and col.max() >= 45


def test_boxes_fill_the_gap_between_two_lakes() -> None:
    mask = np.zeros((64, 64), dtype=bool)
    mask[8:16, 8:16] = mask[40:48, 40:48] = True
    assert set(select_tokens(mask, ONE, "paper", 999)) < set(select_tokens(mask, ONE, "boxes", 999))
    assert len(select_tokens(mask, ONE, "boxes", 999)) == 100


def test_random_tokens_are_as_many_and_repeatable() -> None:
    mask = np.zeros((64, 64), dtype=bool)
    mask[8:24, 8:24] = True
    chosen = select_tokens(mask, ONE, "random", 128, (7, 1))
    assert len(chosen) == len(select_tokens(mask, ONE, "paper", 128)) == 16
    assert chosen == select_tokens(mask, ONE, "random", 128, (7, 1))
    assert chosen != select_tokens(mask, ONE, "random", 128, (7, 2))


def test_a_wrong_name_says_which_are_right() -> None:
    with pytest.raises(SettingsError, match="released, paper"):
        select_tokens(np.ones((2, 2), dtype=bool), ONE, "best", 8)


@pytest.mark.parametrize("shape", [(0, 4), (4,), (2, 2, 2)])
def test_a_mask_that_is_none_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="mask"):
        select_tokens(np.ones(shape, dtype=bool), ONE, "released", 8)
