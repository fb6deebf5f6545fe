"""Optical and SAR views of one place: which of the two a visual token is taken from.

The text-guided rule is the paper's (section 3.4): beta_j = mean over the text tokens of softmax over the region's
tokens of v q^T / sqrt(D), for each modality; take SAR where beta_sar > beta_optical, strictly. The released training
code (models/internvl.py:541-604) takes raw projector outputs and raw token embeddings. `networks` compute it with
their own vectors; the function here is what they are held to.

Each beta adds up to one over the region, so it compares salience within a modality and not the quality of the two: a
clouded optical view still wins about half of the tokens. `quality` keeps the rule and adds the check that is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from terrascope.networks.interface import Decoding, TokenGrid
from terrascope.reasoning.selection import coverage, token_position
from terrascope.scene.types import Scale, View

#: A token is unusable if less than so much of its cell is valid and free of cloud.
LEAST_USABLE = 0.5


def text_guided(optical: NDArray[np.float32], sar: NDArray[np.float32], text: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return for each token of a region whether SAR is taken, bool [K].

    Parameters
    ----------
    optical, sar
        Visual tokens of the region, float [K, D], K in the region's order.
    text
        Embeddings of the question's tokens, float [L, D].
    """
    return _salience(sar, text) > _salience(optical, text)


def _salience(visual: NDArray[np.float32], text: NDArray[np.float32]) -> NDArray[np.float32]:
    scores = visual @ text.T / np.float32(np.sqrt(visual.shape[-1]))
    scores = np.exp(scores - scores.max(axis=0, keepdims=True))
    return np.asarray((scores / scores.sum(axis=0, keepdims=True)).mean(axis=1))


def injected(
    mode: str,
    decoding: Decoding,
    views: Sequence[View],
    optical: int,
    sar: int,
    tokens: Sequence[int],
) -> tuple[list[int], list[int]]:
    """Return (views, tokens) to read for a mask of an optical view that has a SAR partner, in order.

    Both views share the scene's grid, so a token index means the same cell in both.
    """
    if not tokens:
        return [], []
    if mode == "concatenated":
        return [optical] * len(tokens) + [sar] * len(tokens), [*tokens, *tokens]
    if mode in ("optical", "sar"):
        return [optical if mode == "optical" else sar] * len(tokens), list(tokens)
    chosen = [int(view) for view in decoding.choose_modality(optical, sar, tokens)]
    if mode == "quality":
        grid = decoding.grids[optical]
        optical_fails = _fails(views[optical], grid, tokens)
        sar_fails = _fails(views[sar], grid, tokens)
        for rank, (bad_optical, bad_sar) in enumerate(zip(optical_fails, sar_fails)):
            if bad_optical != bad_sar:
                chosen[rank] = sar if bad_optical else optical
    return chosen, list(tokens)


def usable(view: View) -> NDArray[np.bool_]:
    """Return where a view shows the ground: valid and, for an optical view, not under bright cloud. bool [H, W].

    Cloud is bright and white: blue reflectance above 0.25 and the visible bands within a third of each other (display
    values, which carry no physics: above 0.8 and within a tenth). Snow and bright sand may pass for cloud; taking SAR
    there costs little.
    """
    blue, green, red = view.band("blue"), view.band("green"), view.band("red")
    if blue is None or green is None or red is None or view.scale not in (Scale.REFLECTANCE, Scale.DISPLAY):
        return view.valid
    bands = np.stack([blue, green, red])
    low, high = bands.min(axis=0), bands.max(axis=0)
    if view.scale is Scale.REFLECTANCE:
        cloud = (blue > 0.25) & (low > 0.67 * high)
    else:
        cloud = (low > 0.8) & (low > 0.9 * high)
    return np.asarray(view.valid & ~cloud)


def _fails(view: View, grid: TokenGrid, tokens: Sequence[int]) -> NDArray[np.bool_]:
    rows, cols = token_position(np.asarray(tokens, dtype=np.int64), grid)
    return np.asarray(coverage(usable(view), grid)[rows, cols] < LEAST_USABLE)
