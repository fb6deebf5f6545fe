"""The rebuilt encoder takes any of its three band groups, and its tokens stay in place."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from terrascope.training.vision.galileo import GalileoTokens  # noqa: E402


@pytest.fixture(scope="module")
def encoder() -> GalileoTokens:
    torch.manual_seed(0)
    return GalileoTokens().eval()


@pytest.mark.parametrize("groups", [[0], [1], [0, 2], [0, 1, 2]])
def test_any_groups_give_one_token_for_each_patch(encoder: GalileoTokens, groups: list[int]) -> None:
    with torch.inference_mode():
        tokens = encoder(torch.rand(2, 6, 64, 128) * 0.4, torch.tensor(groups), torch.tensor([10.0]))
    assert tokens.shape == (2, 128, 8, 16)
    assert torch.isfinite(tokens).all()


def test_bands_of_groups_left_out_do_not_matter(encoder: GalileoTokens) -> None:
    image = torch.rand(1, 6, 64, 64) * 0.4
    other = image.clone()
    other[:, 3:] = 0.9
    with torch.inference_mode():
        a, b = (encoder(x, torch.tensor([0]), torch.tensor([10.0])) for x in (image, other))
    torch.testing.assert_close(a, b)


def test_windows_are_looked_at_one_by_one(encoder: GalileoTokens) -> None:
    image = torch.rand(1, 6, 64, 128) * 0.4
    with torch.inference_mode():
        both = encoder(image, torch.arange(3), torch.tensor([20.0]))
        right = encoder(image[..., 64:], torch.arange(3), torch.tensor([20.0]))
    torch.testing.assert_close(both[..., 8:], right, rtol=1e-4, atol=1e-5)


def test_published_weights_give_published_tokens(shared: Path) -> None:
    """Statistics of the tokens that the published code computed for the same image (agreement there: 2e-6)."""
    root = shared / "data" if (shared / "data").is_dir() else shared
    path = root / "weights" / "galileo_nano" / "encoder.safetensors"
    if not path.exists():
        pytest.skip("the published Galileo weights are not here")
    model = GalileoTokens().eval()
    model.load_published(path)
    ramp = torch.arange(64, dtype=torch.float32) / 64 * 0.4
    image = (ramp.view(1, 1, 1, 64) + ramp.view(1, 1, 64, 1)).expand(1, 6, 64, 64) / 2
    with torch.inference_mode():
        tokens = model(image, torch.arange(3), torch.tensor([30.0]))
    torch.testing.assert_close(tokens[0, :4, 2, 5], torch.tensor(REFERENCE), rtol=0, atol=2e-5)


REFERENCE = (-0.028458, 0.050456, 0.086868, 0.140882)
