"""Losses: the formulas of the released training, held to values worked out by hand."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="torch is not installed: nothing is trained")

import torch

from terrascope_lab.training.full.losses import PointSampling, at_points, choose_points, mask_losses, text_loss

pytestmark = pytest.mark.torch


def test_bce_and_dice_over_all_pixels_are_the_released_formulas() -> None:
    """BCE: sum / (N P + 1e-4). Dice: 1 - (2 a + 1) / (b + c + 1), summed / (N + 1e-4)."""
    logits = torch.tensor([[[0.0, 0.0], [0.0, 0.0]]])
    truth = torch.tensor([[[1, 0], [0, 0]]])
    losses = mask_losses(logits, truth, PointSampling(points=0))
    assert losses.bce.item() == pytest.approx(4 * 0.6931472 / (4 + 1e-4))
    assert losses.dice.item() == pytest.approx((1 - (2 * 0.5 + 1) / (2 + 1 + 1)) / (1 + 1e-4))


def test_points_are_read_between_pixels() -> None:
    plane = torch.arange(16.0).view(1, 4, 4)
    points = torch.tensor([[[0.125, 0.125], [0.25, 0.125], [0.875, 0.875]]])
    assert at_points(plane, points).tolist() == [[0.0, 0.5, 15.0]]


def test_three_of_four_points_lie_where_the_network_is_least_sure() -> None:
    """The logits are 0 on the left quarter alone."""
    torch.manual_seed(0)
    logits = torch.full((1, 64, 64), 9.0)
    logits[..., :16] = 0.0
    points = choose_points(logits, PointSampling(points=400, oversample=4))
    assert points.shape == (1, 400, 2)
    assert int((points[0, :, 0] < 0.25).sum()) >= 300


def test_sampled_losses_approach_those_of_all_pixels() -> None:
    torch.manual_seed(1)
    logits, truth = torch.randn(2, 32, 32), torch.rand(2, 32, 32) > 0.5
    whole = mask_losses(logits, truth, PointSampling(points=0))
    drawn = mask_losses(
        torch.nn.functional.interpolate(logits[None], scale_factor=8)[0],
        torch.nn.functional.interpolate(truth[None].float(), scale_factor=8)[0],
        PointSampling(points=60_000, oversample=1, uncertain=0.0),
    )
    assert drawn.bce.item() == pytest.approx(whole.bce.item(), rel=0.02)
    assert drawn.dice.item() == pytest.approx(whole.dice.item(), rel=0.02)


def test_the_text_loss_is_a_mean_over_trained_tokens_and_0_without_any() -> None:
    scores = torch.zeros(3, 4)
    assert text_loss(scores, torch.tensor([0, 1, 2])).item() == pytest.approx(1.3862944)
    assert text_loss(scores[:0], torch.zeros(0, dtype=torch.long)).item() == 0.0
