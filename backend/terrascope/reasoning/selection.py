"""From a mask to the visual tokens that go back into the context.

`released` does what the published code does, oddities included (modeling_sa2va_chat.py:778-1115); `paper` does what
the paper says (section 3.2: more than 50 % of the cell, at most lambda). Boxes and random tokens are there for the
ablation of the paper's table 5.

A token's index is tile * side**2 + row * side + col, tiles row-major (`TokenGrid`). Masks are bool [H, W]; the view is
stretched over the whole token grid, so cell (r, c) of the R x C token plane covers rows r*H/R .. (r+1)*H/R.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from terrascope.networks.interface import TokenGrid
from terrascope.reasoning.settings import SELECTIONS, SettingsError

Plane = NDArray[np.bool_]


def select_tokens(
    mask: NDArray[np.bool_],
    grid: TokenGrid,
    selection: str,
    cap: int,
    seed: Sequence[int] = (0,),
) -> list[int]:
    """Return the token indices that a mask brings back, in the order in which they are to be read.

    Parameters
    ----------
    mask
        bool [H, W] on the view's grid.
    grid
        The view's token grid.
    selection
        One of `settings.SELECTIONS`.
    cap
        At most so many tokens.
    seed
        Seed of the random selection, for example (seed, step).

    Raises
    ------
    SettingsError
        If `selection` is unknown.
    ValueError
        If the mask is not a two-dimensional, non-empty array.
    """
    if mask.ndim != 2 or mask.size == 0:
        raise ValueError(f"a mask must be [H, W] with at least one pixel, not {mask.shape}")
    mask = np.asarray(mask, dtype=bool)
    if selection == "none" or cap == 0:
        return []
    if selection == "released":
        return _released(mask, grid, cap)
    if selection == "paper":
        return _paper(mask, grid, cap)
    if selection == "boxes":
        return _paper(_filled_box(mask), grid, cap)
    if selection == "random":
        return _random(len(_paper(mask, grid, cap)), grid, seed)
    raise SettingsError(f"Setting selection is {selection!r}.", f"Use one of {', '.join(SELECTIONS)}.")


def coverage(mask: NDArray[np.bool_], grid: TokenGrid) -> NDArray[np.float64]:
    """Return the share of each token's cell that the mask covers, float64 [rows*side, cols*side], exact."""
    height, width = mask.shape
    rows, cols = grid.rows * grid.side, grid.cols * grid.side
    integral = np.zeros((height + 1, width + 1))
    integral[1:, 1:] = mask.cumsum(0, dtype=np.int64).cumsum(1)
    at_rows = _at(integral, np.arange(rows + 1) * (height / rows))
    corners = _at(at_rows.T, np.arange(cols + 1) * (width / cols)).T
    covered = corners[1:, 1:] - corners[:-1, 1:] - corners[1:, :-1] + corners[:-1, :-1]
    return np.asarray(covered / ((height / rows) * (width / cols)))


def token_plane(mask: NDArray[np.bool_], grid: TokenGrid) -> Plane:
    """Return the mask on the token plane as the released code resizes it: nearest to the tiles' pixels, nearest to the
    tokens, both with PIL's pixel centres. bool [rows*side, cols*side]."""
    height, width = mask.shape
    rows = nearest_index(height, grid.tile_px * grid.rows)[
        nearest_index(grid.tile_px * grid.rows, grid.side * grid.rows)
    ]
    cols = nearest_index(width, grid.tile_px * grid.cols)[
        nearest_index(grid.tile_px * grid.cols, grid.side * grid.cols)
    ]
    return np.asarray(mask[np.ix_(rows, cols)])


def nearest_index(source: int, target: int) -> NDArray[np.int64]:
    """Return the source index of each target pixel of PIL's NEAREST resize (Geometry.c, ImagingScaleAffine).

    PIL adds the step up in double precision; so does this, for the rounding of the sum decides on ties.
    """
    steps = np.full(target, source / target)
    steps[0] *= 0.5
    return np.minimum(np.add.accumulate(steps).astype(np.int64), source - 1)


def token_index(row: NDArray[np.int64], col: NDArray[np.int64], grid: TokenGrid) -> NDArray[np.int64]:
    """Return the index of the tokens at (row, col) of the token plane."""
    side = grid.side
    return np.asarray(((row // side) * grid.cols + col // side) * side**2 + (row % side) * side + col % side)


def token_position(index: NDArray[np.int64], grid: TokenGrid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (row, col) on the token plane of token indices."""
    side = grid.side
    tile, inside = np.divmod(index, side**2)
    return (
        tile // grid.cols * side + inside // side,
        tile % grid.cols * side + inside % side,
    )


def _released(mask: Plane, grid: TokenGrid, cap: int) -> list[int]:
    plane = token_plane(mask, grid)
    tokens = _tokens_of(plane, grid)
    if len(tokens) > cap:
        tokens = _one_a_cell(tokens, plane, grid, cap)[:cap]
    return [int(token) for token in tokens] or [0]


def _paper(mask: Plane, grid: TokenGrid, cap: int) -> list[int]:
    share = coverage(mask, grid)
    plane = share > 0.5
    if not plane.any():
        if not mask.any():
            return []
        best_row, best_col = np.unravel_index(int(np.argmax(share)), share.shape)
        return [int(token_index(np.asarray(best_row), np.asarray(best_col), grid))]
    tokens = _tokens_of(plane, grid)
    if len(tokens) > cap:
        tokens = _one_a_cell(tokens, plane, grid, cap)
        if len(tokens) > cap:  # ceil(sqrt(cap))**2 cells may be more than the cap: drop evenly, not the southern end
            tokens = tokens[np.linspace(0, len(tokens) - 1, cap).round().astype(np.int64)]
    return [int(token) for token in tokens]


def _random(count: int, grid: TokenGrid, seed: Sequence[int]) -> list[int]:
    total = grid.cols * grid.rows * grid.side**2
    chosen = np.random.default_rng(list(seed)).choice(total, size=min(count, total), replace=False)
    return [int(token) for token in np.sort(chosen)]


def _tokens_of(plane: Plane, grid: TokenGrid) -> NDArray[np.int64]:
    rows, cols = np.nonzero(plane)
    return np.sort(token_index(rows, cols, grid))


def _one_a_cell(tokens: NDArray[np.int64], plane: Plane, grid: TokenGrid, target: int) -> NDArray[np.int64]:
    """One token for each non-empty cell of a ceil(sqrt(target))**2 grid over the region: the one nearest to the cell's
    centre, the first in index order on ties (modeling_sa2va_chat.py:778-846, its floating point included)."""
    at_row, at_col = token_position(tokens, grid)
    rows, cols = np.nonzero(plane)
    top, left = rows.min(), cols.min()
    cells = math.ceil(math.sqrt(target))
    row_step = max(1, (rows.max() - top + 1) / cells)
    col_step = max(1, (cols.max() - left + 1) / cells)
    picked: list[int] = []
    for i in range(cells):
        low_row, high_row = top + i * row_step, top + (i + 1) * row_step
        in_rows = (low_row <= at_row) & (at_row < high_row)
        for j in range(cells):
            low_col, high_col = left + j * col_step, left + (j + 1) * col_step
            inside = np.flatnonzero(in_rows & (low_col <= at_col) & (at_col < high_col))
            if inside.size:
                away = (at_row[inside] - (low_row + high_row) / 2) ** 2 + (
                    at_col[inside] - (low_col + high_col) / 2
                ) ** 2
                picked.append(int(tokens[inside[int(np.argmin(away))]]))
    return np.asarray(picked, dtype=np.int64)


def _filled_box(mask: Plane) -> Plane:
    rows, cols = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    box = np.zeros_like(mask)
    if rows.size:
        box[rows[0] : rows[-1] + 1, cols[0] : cols[-1] + 1] = True
    return box


def _at(table: NDArray[np.float64], where: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of a cumulative table at fractional positions."""
    low = np.minimum(where.astype(np.int64), table.shape[0] - 2)
    return np.asarray(table[low] + (where - low)[:, None] * (table[low + 1] - table[low]))
