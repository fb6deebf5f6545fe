"""Marginal likelihood over sets of atoms."""

from __future__ import annotations

import torch
from torch import Tensor

from terrascope.landcover import ATOMS


def unpack(masks: Tensor) -> Tensor:
    """Return bool [N, atoms, H, W] from bit masks, int [N, H, W]."""
    shifts = torch.arange(len(ATOMS), device=masks.device).view(1, -1, 1, 1)
    return (masks.unsqueeze(1).int() >> shifts) & 1 > 0


def marginal_nll(p: Tensor, allowed: Tensor, weights: Tensor | None = None, smoothing: float = 0.03) -> Tensor:
    """Mean of -log P(allowed set), weighted; pixels with an empty set are left out.

    Parameters
    ----------
    p
        float [N, atoms, H, W], probabilities.
    allowed
        bool [N, atoms, H, W].
    weights
        float [atoms]; a pixel weighs the mean of its allowed atoms.
    smoothing
        Share of the probability that the labels are taken to be wrong about; it bounds the loss, because the labels
        are maps with errors.
    """
    inside = (p * allowed).sum(1)
    nll = -torch.log((1 - smoothing) * inside + smoothing / p.shape[1])
    counts = allowed.sum(1)
    weight = (counts > 0).float()
    if weights is not None:
        weight = torch.einsum("nchw,c->nhw", allowed.float(), weights) / counts.clamp(min=1)
    return (nll * weight).sum() / weight.sum().clamp(min=1)


def soft_iou(p: Tensor, allowed: Tensor) -> Tensor:
    """One minus the mean soft IoU of the classes that occur in the batch (single-atom pixels and their negatives)."""
    counts = allowed.sum(1, keepdim=True)
    single = allowed & (counts == 1)
    inside = (p * single).sum((0, 2, 3))
    outside = (p * (~allowed & (counts > 0))).sum((0, 2, 3))  # probability of an atom that the pixel's set excludes
    truth = single.sum((0, 2, 3))
    iou = inside / (truth + outside).clamp(min=1)
    here = truth > 50
    return 1 - iou[here].mean() if bool(here.any()) else p.sum() * 0


def class_weights(counts: Tensor, power: float = 0.5, low: float = 0.4, high: float = 4.0) -> Tensor:
    """Return weights ~ frequency ** -power with weighted mean about 1; classes that never occur weigh 1."""
    share = counts / counts.sum()
    weights = torch.where(share > 0, share.clamp(min=1e-6) ** -power, torch.ones_like(share))
    seen = share > 0
    weights[seen] = weights[seen] / (weights[seen] * share[seen]).sum()
    return weights.clamp(low, high)
