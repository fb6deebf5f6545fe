"""Galileo-nano as a frozen encoder of surroundings: one date of any of three Sentinel-2 band groups to tokens.

Tseng et al. 2025 (arXiv 2502.09356), MIT. Parameter names are those of the published weights, of which the month,
radar, red-edge, static and map inputs are left out. Tokens are computed in windows of 8 x 8 patches.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

WIDTH, HEADS, DEPTH = 128, 8, 4
PATCH, WINDOW = 8, 8
JULY = 6
#: group: published name, its place in the channel embedding, our bands (blue, green, red, nir, swir1, swir2)
GROUPS: tuple[tuple[str, int, tuple[int, ...]], ...] = (
    ("S2_RGB", 1, (0, 1, 2)),
    ("S2_NIR_10m", 3, (3,)),
    ("S2_SWIR", 5, (4, 5)),
)
#: mean and standard deviation of the pretraining data (reflectance x 10,000) for our six bands
MEAN = (1395.34087, 1338.40269, 1343.09884, 2410.33772, 2234.91110, 1474.53113)
STD = (917.70414, 913.29884, 1092.67872, 1098.97918, 1145.97741, 980.24298)


class Attention(nn.Module):
    """Self-attention over all tokens of a window."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.k, self.v = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """[windows, tokens, 128] in and out."""

        def heads(y: Tensor) -> Tensor:
            return y.reshape(y.shape[0], -1, HEADS, WIDTH // HEADS).transpose(1, 2)

        q, k, v = heads(self.q(x)), heads(self.k(x)), heads(self.v(x))
        weight = torch.softmax(q @ k.transpose(-2, -1) * (WIDTH // HEADS) ** -0.5, -1)
        return self.proj((weight @ v).transpose(1, 2).reshape(x.shape[0], -1, WIDTH))  # type: ignore[no-any-return]


class Perceptron(nn.Module):
    """The two layers after the attention."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        """[..., 128] in and out."""
        return self.fc2(functional.gelu(self.fc1(x)))  # type: ignore[no-any-return]


class Block(nn.Module):
    """Pre-norm transformer block."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attn, self.mlp = Attention(), Perceptron()

    def forward(self, x: Tensor) -> Tensor:
        """[windows, tokens, 128] in and out."""
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))  # type: ignore[no-any-return]


class _Embed(nn.Module):
    def __init__(self, bands: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(bands, WIDTH, PATCH, PATCH)


def waves(positions: Tensor, width: int) -> Tensor:
    """Sine and cosine encoding of positions [P] as the published code computes it, [P, width]."""
    power = torch.arange(width // 2, dtype=torch.float32) / width / 2.0
    angles = positions.unsqueeze(-1) * (1.0 / 10000**power)
    return torch.cat([angles.sin(), angles.cos()], -1)


class GalileoTokens(nn.Module):
    """Bands to tokens: [N, 6, H, W] reflectance, H and W multiples of 64 -> [N, 128, H / 8, W / 8]."""

    def __init__(self) -> None:
        super().__init__()
        self.space_time_embed = nn.ModuleDict({name: _Embed(len(bands)) for name, _, bands in GROUPS})
        self.blocks = nn.ModuleList([Block() for _ in range(DEPTH)])
        self.norm = nn.LayerNorm(WIDTH)
        self.s_t_channel_embed = nn.Parameter(torch.zeros(7, WIDTH // 4))
        self.pos_embed = nn.Parameter(torch.zeros(24, WIDTH // 4))
        self.month_embed = nn.Embedding(12, WIDTH // 4)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, -1, 1, 1) / 1e4, persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, -1, 1, 1) / 1e4, persistent=False)

    def load_published(self, path: Path) -> None:
        """Load `encoder.safetensors` of the published model; what is not used here is left out."""
        published = load_file(path)
        self.load_state_dict({key: published[key] for key in self.state_dict()})

    def forward(self, bands: Tensor, groups: Tensor, gsd: Tensor) -> Tensor:
        """Tokens averaged over the groups named by `groups`, int64 [G] (places in `GROUPS`); `gsd` in metres, [1]."""
        x = (bands - (self.mean - 2 * self.std)) / (4 * self.std)
        patches = [self.space_time_embed[name].proj(x[:, list(own)]) for name, _, own in GROUPS]  # type: ignore[operator, union-attr]
        fixed = torch.cat([self.pos_embed[0], self.month_embed.weight[JULY]])
        channel = torch.stack([self.s_t_channel_embed[place] for _, place, _ in GROUPS])
        channel = torch.cat([channel, fixed.expand(len(GROUPS), -1)], 1)  # [3, 96]
        at = torch.arange(WINDOW, dtype=torch.float32) * (gsd * PATCH / 10.0)
        line = waves(at, WIDTH // 8)
        place = torch.cat(
            [line.unsqueeze(0).expand(WINDOW, -1, -1), line.unsqueeze(1).expand(-1, WINDOW, -1)], -1
        ).reshape(1, WINDOW * WINDOW, WIDTH // 4)
        encoding = torch.cat(
            [channel.unsqueeze(1).expand(-1, WINDOW * WINDOW, -1), place.expand(len(GROUPS), -1, -1)], -1
        )  # [3, 64, 128]
        y = torch.stack(patches, 1)  # [N, 3, 128, h, w]
        n, rows, cols = y.shape[0], y.shape[3] // WINDOW, y.shape[4] // WINDOW
        y = y.reshape(n, len(GROUPS), WIDTH, rows, WINDOW, cols, WINDOW).permute(0, 3, 5, 1, 4, 6, 2)
        y = y.reshape(n * rows * cols, len(GROUPS), WINDOW * WINDOW, WIDTH) + encoding
        y = torch.index_select(y, 1, groups).reshape(n * rows * cols, -1, WIDTH)
        for block in self.blocks:
            y = block(y)
        y = self.norm(y).reshape(n * rows * cols, -1, WINDOW * WINDOW, WIDTH).mean(1)
        y = y.reshape(n, rows, cols, WINDOW, WINDOW, WIDTH).permute(0, 5, 1, 3, 2, 4)
        return y.reshape(n, WIDTH, rows * WINDOW, cols * WINDOW)
