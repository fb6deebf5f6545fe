"""The Sentinel-1 network: a small U-Net on VV and VH in dB, their ratio, and all of it at several scales.

Means over 3 pixels, taken once and three times (about 7 pixels), take the speckle out before anything is learnt; they
are means of decibels, so a single bright point does not spread. Either channel may be missing.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from terrascope.landcover import ATOMS

_INPUTS = 3 * 3 + 2
_WIDTHS = (16, 24, 32, 48, 48)  #: channels at strides 1, 2, 4, 8, 16


def sar_features(bands: Tensor, present: Tensor) -> Tensor:
    """VV, VH, VV - VH scaled to about -1..1, their means, and the flags: [N, 2, H, W] dB -> [N, 11, H, W]."""
    flags = present.unsqueeze(-1).unsqueeze(-1)
    vv = ((bands[:, :1].clamp(-35.0, 5.0) + 12.0) / 6.0) * flags[:, :1]
    vh = ((bands[:, 1:].clamp(-45.0, 0.0) + 19.0) / 6.0) * flags[:, 1:]
    both = flags[:, :1] * flags[:, 1:]
    x = torch.cat([vv, vh, (vv - vh) * both], 1)
    near = _mean(x)
    return torch.cat([x, near, _mean(_mean(near)), flags.expand(-1, -1, *x.shape[2:])], 1)


def _mean(x: Tensor) -> Tensor:
    return functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


class Step(nn.Module):
    """Two 3 x 3 convolutions, the second with a way around it."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, 1, 1)
        self.second = nn.Conv2d(outputs, outputs, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H, W]."""
        x = functional.relu(self.first(x))
        return functional.relu(x + self.second(x))


class SarNet(nn.Module):
    """VV and VH in dB -> logits of the atoms. `present` [N, 2] is 1 where the channel is there."""

    def __init__(self) -> None:
        super().__init__()
        first, *deeper = _WIDTHS
        self.enter = nn.Conv2d(_INPUTS, first, 1)
        self.down = nn.ModuleList(Step(a, b) for a, b in zip(_WIDTHS, deeper, strict=False))
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in zip(_WIDTHS, deeper, strict=False))
        self.look = nn.ModuleList(nn.Conv2d(a, a, 3, 1, 1) for a in _WIDTHS[:-1])
        self.head = nn.Conv2d(first, len(ATOMS), 1)
        self.drop = nn.Dropout2d(0.1)

    def forward(self, bands: Tensor, present: Tensor) -> Tensor:
        """Bands [N, 2, H, W], H and W multiples of 16 -> logits [N, atoms, H, W]."""
        x = functional.relu(self.enter(sar_features(bands, present)))
        levels = [x]
        for step in self.down:
            x = step(functional.avg_pool2d(x, 2))
            levels.append(x)
        x = self.drop(x)
        for level in reversed(range(len(self.down))):
            up = functional.interpolate(self.narrow[level](x), scale_factor=2.0, mode="bilinear", align_corners=False)
            x = functional.relu(up + levels[level])
            x = functional.relu(x + self.look[level](x))
        return self.head(x)
