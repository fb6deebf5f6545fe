"""Losses of the released training: cross entropy of the text, binary cross entropy and Dice of sampled mask points.

Source: projects/terrascope/models/terrascope_model.py:43-66, 1444-1491 and configs/terrascope_8b.py:93-105 of the
released code, which calls mmdetection's point sampling (12,544 points, oversampled 3 times, 75 % where the network is
least sure). The paper writes LM + 0.5 x (Dice + pixel cross entropy); the weights are the recipe's.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class PointSampling(NamedTuple):
    """Where mask losses are taken: `points` of them, from `oversample` times as many, `uncertain` share of the least
    sure ones. 0 points takes every pixel."""

    points: int = 12_544
    oversample: float = 3.0
    uncertain: float = 0.75


class MaskLosses(NamedTuple):
    """Losses of a batch of masks, scalars."""

    bce: Tensor
    dice: Tensor


def at_points(planes: Tensor, points: Tensor) -> Tensor:
    """Read planes [N, S, S] bilinearly at points [N, P, 2] (x, y from 0 to 1); [N, P]."""
    grid = 2.0 * points[:, :, None, :] - 1.0
    return functional.grid_sample(planes[:, None], grid, align_corners=False)[:, 0, :, 0]


def choose_points(logits: Tensor, sampling: PointSampling) -> Tensor:
    """Draw points for logits [N, S, S]: the least sure of a random lot, and some anywhere; float [N, P, 2]."""
    count = logits.shape[0]
    lot = torch.rand(count, int(sampling.points * sampling.oversample), 2, device=logits.device)
    uncertain = int(sampling.uncertain * sampling.points)
    doubt = -at_points(logits, lot).abs()
    index = doubt.topk(uncertain, dim=1).indices
    chosen = lot.gather(1, index[..., None].expand(-1, -1, 2))
    anywhere = torch.rand(count, sampling.points - uncertain, 2, device=logits.device)
    return torch.cat([chosen, anywhere], dim=1)


def mask_losses(logits: Tensor, truth: Tensor, sampling: PointSampling) -> MaskLosses:
    """Losses of predicted masks.

    Parameters
    ----------
    logits
        [N, 256, 256], before the sigmoid.
    truth
        [N, 256, 256], 0 or 1.
    sampling
        Where the losses are taken; random numbers come from torch's global generator.

    Returns
    -------
    BCE: sum over the points / (N x P + 1e-4). Dice: 1 - (2 a + 1) / (b + c + 1) with a = sum(p t), b = sum(p),
    c = sum(t), summed over the masks / (N + 1e-4).
    """
    logits, truth = logits.float(), truth.float()
    if sampling.points:
        with torch.no_grad():
            points = choose_points(logits, sampling)
            wanted = at_points(truth, points)
        found = at_points(logits, points)
    else:
        found, wanted = logits.flatten(1), truth.flatten(1)
    count = found.shape[0]
    bce = functional.binary_cross_entropy_with_logits(found, wanted, reduction="sum") / (found.numel() + 1e-4)
    sure = found.sigmoid()
    overlap = (sure * wanted).sum(1)
    dice = 1 - (2 * overlap + 1) / (sure.sum(1) + wanted.sum(1) + 1)
    return MaskLosses(bce, dice.sum() / (count + 1e-4))


def text_loss(scores: Tensor, targets: Tensor) -> Tensor:
    """Cross entropy of scores [n, vocabulary] for token ids [n], mean over the labelled tokens."""
    if not targets.numel():
        return scores.sum() * 0.0
    return functional.cross_entropy(scores.float(), targets)
