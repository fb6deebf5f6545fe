"""The aerial network: hypercolumns of a frozen ImageNet encoder, judged by a perceptron at half resolution."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from terrascope.classes import ATOMS
from terrascope.training.vision.efficientnet import LEVELS, EfficientNetLite0

#: Channels of a hypercolumn: five levels, then colour and its local mean and roughness at half resolution.
COLOUR = 12
COLUMN = sum(LEVELS.values()) + COLOUR


def colour_features(rgb: Tensor) -> Tensor:
    """Colour at half resolution: RGB, two chromatic differences, excess green; their 7 x 7 mean. [N, 12, h, w]."""
    half = functional.avg_pool2d(rgb, 2)
    red, green, blue = half.unbind(1)
    total = red + green + blue + 0.05
    own = torch.stack([red, green, blue, (red - blue) / total, (2 * green - red - blue) / total, total / 3], 1)
    return torch.cat([own, functional.avg_pool2d(own, 7, 1, 3, count_include_pad=False)], 1) * 3.0


class AerialNet(nn.Module):
    """RGB finer than about 3 m."""

    def __init__(self, hidden: int = 96) -> None:
        super().__init__()
        self.encoder = EfficientNetLite0()
        self.register_buffer("mean", torch.zeros(COLUMN))
        self.register_buffer("scale", torch.ones(COLUMN))
        self.first = nn.Linear(COLUMN, hidden)
        self.second = nn.Linear(hidden, 64)
        self.head = nn.Linear(64, len(ATOMS))
        self.drop = nn.Dropout(0.2)

    def columns(self, rgb: Tensor) -> list[Tensor]:
        """Levels of the hypercolumn, each [N, C, h, w] at its own resolution."""
        return [*self.encoder((rgb - 0.498) / 0.502), colour_features(rgb)]

    def judge(self, columns: Tensor) -> Tensor:
        """Logits of hypercolumns, [P, COLUMN] -> [P, atoms] (training)."""
        x = self.drop((columns - self.mean) * self.scale)
        x = functional.relu(self.first(x))
        return self.head(self.drop(functional.relu(self.second(self.drop(x)))))

    def forward(self, rgb: Tensor) -> Tensor:
        """RGB [N, 3, H, W] in 0..1 -> logits [N, atoms, H, W].

        The first layer is linear, so each level is projected at its own resolution, and only the sum is brought up.
        """
        weight = self.first.weight * self.scale
        bias = self.first.bias - weight @ self.mean
        start, total = 0, None
        levels = self.columns(rgb)
        sums: dict[int, Tensor] = {}
        for stride, level in zip((2, 4, 8, 16, 32, 2), levels, strict=True):
            part = functional.conv2d(level, weight[:, start : start + level.shape[1], None, None])
            start += level.shape[1]
            sums[stride] = sums[stride] + part if stride in sums else part
        total = sums[32]
        for stride in (16, 8, 4, 2):
            total = functional.interpolate(total, scale_factor=2.0, mode="bilinear", align_corners=False) + sums[stride]
        x = functional.relu(total + bias.view(1, -1, 1, 1))
        x = functional.relu(functional.conv2d(x, self.second.weight[..., None, None], self.second.bias))
        logits = functional.conv2d(x, self.head.weight[..., None, None], self.head.bias)
        return functional.interpolate(logits, scale_factor=2.0, mode="bilinear", align_corners=False)
