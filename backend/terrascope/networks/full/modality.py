"""Text-guided choice between optical and SAR tokens (the paper, section 3.4; released internvl.py:541-604)."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def salience(visual: Tensor, text: Tensor) -> Tensor:
    """Mean attention that the text pays to each token of a region.

    Parameters
    ----------
    visual
        Projector outputs of the region's tokens, [K, D].
    text
        Token embeddings of the question, [L, D].

    Returns
    -------
    beta, float32 [K]: softmax over the region's tokens of v q^T / sqrt(D), averaged over the text. Adds up to 1.
    """
    scores = visual.float() @ text.float().T / math.sqrt(visual.shape[-1])
    return torch.softmax(scores, dim=0).mean(dim=1)


def takes_sar(optical: Tensor, sar: Tensor, text: Tensor) -> Tensor:
    """Say for each token of a region whether SAR is taken: bool [K], True where its salience is strictly greater."""
    return salience(sar, text) > salience(optical, text)
