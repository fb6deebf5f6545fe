"""The optical network that sees Galileo tokens beside its own description of a pixel's surroundings."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from terrascope.classes import ATOMS
from terrascope.training.vision.models import DescribedNet, _folded, at_points, double, optical_features

FEATURES, CONDITIONS, TOKENS = 14, 8, 128


class TokenNet(DescribedNet):
    """Satellite optical network: any subset of six bands, 3 to 60 m.

    `given`: present [N, 6], context [N, 2] = (1 for a picture, log2(gsd / 10) / 3), tokens [N, 128, H / s, W / s] with
    a spacing s of 4, 8 or 16 pixels (`networks/embedded/context.py`).
    """

    def __init__(self, hidden: int = 64, digest: tuple[int, int] = (192, 64)) -> None:
        super().__init__(FEATURES, CONDITIONS, hidden, digest)
        wide = 6 * FEATURES + TOKENS
        self.register_buffer("around_mean", torch.zeros(wide))
        self.register_buffer("around_scale", torch.ones(wide))
        self.enter = nn.Conv2d(wide + CONDITIONS, digest[0], 1)
        self.middle = nn.Conv2d(digest[0], digest[0], 1)
        self.drop = nn.Dropout(0.15)
        self.head = nn.Conv2d(hidden, len(ATOMS), 1)

    def features(self, bands: Tensor, present: Tensor) -> Tensor:
        """See `optical_features`."""
        return optical_features(bands, present)

    def digested(self, around: Tensor, condition: Tensor) -> Tensor:
        """Surroundings and tokens [N, 212, h, w] and condition [N, 8, h, w] -> [N, digest, h, w]."""
        x = (around - self.around_mean.view(1, -1, 1, 1)) * self.around_scale.view(1, -1, 1, 1)
        x = functional.relu(self.enter(torch.cat([x, condition], 1)))
        x = functional.relu(self.middle(self.drop(x)))
        return functional.relu(self.leave(self.drop(x)))

    def describe(self, bands: Tensor, *given: Tensor, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As `DescribedNet.describe`, with the tokens appended to the surroundings."""
        *plain, tokens = given
        near, around, condition = super().describe(bands, *plain, points=points)
        own = at_points(tokens, points, bands.shape[3], bands.shape[2])
        return near, torch.cat([around, own], 1), condition

    def forward(self, bands: Tensor, *given: Tensor) -> Tensor:
        """Logits of bands [N, 6, H, W]."""
        present, context, tokens = given
        x = self.features(bands, present)
        condition = torch.cat([present, context], 1).unsqueeze(-1).unsqueeze(-1)
        around = self.around(x)
        tokens = functional.interpolate(tokens, size=around.shape[2:], mode="bilinear", align_corners=False)
        own = self.around_mean.numel()
        weight, bias = _folded(self.enter, self.around_mean, self.around_scale)
        y = functional.conv2d(torch.cat([around, tokens], 1), weight, bias)
        y = functional.relu(y + functional.conv2d(condition, self.enter.weight[:, own:]))
        digest = double(functional.relu(self.leave(functional.relu(self.middle(y)))), 2)
        own = self.near_mean.numel()
        weight, bias = _folded(self.first, self.near_mean, self.near_scale)
        weight = torch.cat([weight, self.first.weight[:, own:]], 1)
        y = functional.conv2d(torch.cat([self.near(x), digest], 1), weight, bias)
        y = functional.relu(y + self.condition(condition))
        return self.head(functional.relu(self.second(y)))  # type: ignore[no-any-return]
