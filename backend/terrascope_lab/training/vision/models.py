"""The optical network. Everything from physical units to logits is in the graph, so the runtime only tiles.

Shapes are [N, C, H, W] with H and W multiples of 32; logits are [N, atoms, H, W].
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from terrascope.landcover import ATOMS


def at_points(x: Tensor, points: Tensor, width: int, height: int) -> Tensor:
    """Bilinear values of a coarser grid at flat pixel indices [N, P] of a width x height grid, [N, C, P, 1]."""
    rows, cols = points // width, points % width
    grid = torch.stack([(2 * cols + 1) / width - 1, (2 * rows + 1) / height - 1], -1).unsqueeze(2).to(x.dtype)
    return functional.grid_sample(x, grid, padding_mode="border", align_corners=False)


def double(x: Tensor, times: int = 1) -> Tensor:
    """Bilinear to twice the size, some times."""
    for _ in range(times):
        x = functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
    return x


class DescribedNet(nn.Module):
    """Perceptrons on what a pixel and its surroundings look like.

    `near`: features of the pixel, their 3 x 3 mean and 5 x 5 roughness. `around`: mean and spread of each feature in
    cells of 4, 8 and 48 pixels. The surroundings are digested at a quarter of the resolution and then brought up, the
    rest is judged at full resolution. Nothing but the two perceptrons is learnt, so that training can start from
    cached descriptions.
    """

    def __init__(self, features: int, conditions: int, hidden: int = 96, digest: tuple[int, int] = (96, 32)) -> None:
        super().__init__()
        self.register_buffer("near_mean", torch.zeros(3 * features))
        self.register_buffer("near_scale", torch.ones(3 * features))
        self.register_buffer("around_mean", torch.zeros(6 * features))
        self.register_buffer("around_scale", torch.ones(6 * features))
        self.enter = nn.Conv2d(6 * features + conditions, digest[0], 1)
        self.leave = nn.Conv2d(digest[0], digest[1], 1)
        self.first = nn.Conv2d(3 * features + digest[1], hidden, 1)
        self.condition = nn.Conv2d(conditions, hidden, 1)
        self.second = nn.Conv2d(hidden, hidden, 1)
        self.head = nn.Conv2d(hidden, len(ATOMS), 1)
        self.drop = nn.Dropout(0.1)

    def features(self, bands: Tensor, present: Tensor) -> Tensor:
        """Features of physical values, [N, B, H, W] -> [N, F, H, W]."""
        raise NotImplementedError

    @staticmethod
    def near(x: Tensor) -> Tensor:
        """Features, their 3 x 3 mean, their 5 x 5 roughness: [N, 3 F, H, W]."""
        mean = functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
        rough = functional.avg_pool2d((x - mean).abs(), 5, 1, 2, count_include_pad=False)
        return torch.cat([x, mean, rough], 1)

    @staticmethod
    def around(x: Tensor) -> Tensor:
        """Mean and spread in cells of 4, 8 and (smoothed) 48 pixels, [N, 6 F, H / 4, W / 4]."""
        mean, square = functional.avg_pool2d(x, 4), functional.avg_pool2d(x * x, 4)
        levels = []
        for level in range(3):
            if level:
                mean, square = functional.avg_pool2d(mean, 2), functional.avg_pool2d(square, 2)
            if level == 2:
                mean = functional.avg_pool2d(mean, 3, 1, 1, count_include_pad=False)
                square = functional.avg_pool2d(square, 3, 1, 1, count_include_pad=False)
            spread = (square - mean * mean).clamp(min=1e-4).sqrt()
            levels.append(double(torch.cat([mean, spread], 1), level))
        return torch.cat(levels, 1)

    def standardise(self, near: Tensor, around: Tensor) -> None:
        """Take the mean and spread of described points, [P, C], as the scale of the inputs."""
        for name, values in (("near", near), ("around", around)):
            getattr(self, f"{name}_mean").copy_(values.mean(0))
            getattr(self, f"{name}_scale").copy_(1 / (values.std(0) + 0.02))

    def digested(self, around: Tensor, condition: Tensor) -> Tensor:
        """Surroundings [N, 6 F, h, w] and condition [N, C, h, w] -> [N, digest, h, w]."""
        x = (around - self.around_mean.view(1, -1, 1, 1)) * self.around_scale.view(1, -1, 1, 1)
        return functional.relu(self.leave(self.drop(functional.relu(self.enter(torch.cat([x, condition], 1))))))

    def decided(self, near: Tensor, digest: Tensor, condition: Tensor) -> Tensor:
        """Logits of the pixel's own description and its digested surroundings."""
        x = (near - self.near_mean.view(1, -1, 1, 1)) * self.near_scale.view(1, -1, 1, 1)
        x = functional.relu(self.first(torch.cat([x, digest], 1)) + self.condition(condition))
        x = functional.relu(self.second(self.drop(x)))
        return self.head(self.drop(x))

    def judge(self, near: Tensor, around: Tensor, condition: Tensor) -> Tensor:
        """Logits of described points, each [1, C, P, 1] (training); now and then without surroundings."""
        digest = self.digested(around, condition)
        if self.training:
            digest = digest * (torch.rand(1, 1, digest.shape[2], 1) > 0.1)
        return self.decided(near, digest, condition)

    def describe(self, bands: Tensor, *given: Tensor, points: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Descriptions at flat indices [N, P]: near [N, 3 F, P, 1], around [N, 6 F, P, 1], condition [N, C]."""
        x = self.features(bands, given[0])
        height, width = x.shape[2:]
        near = self.near(x).flatten(2)
        index = points.unsqueeze(1).expand(-1, near.shape[1], -1)
        around = at_points(self.around(x), points, width, height)
        return torch.gather(near, 2, index).unsqueeze(-1), around, torch.cat(given, 1)

    def forward(self, bands: Tensor, *given: Tensor) -> Tensor:
        """Bands [N, B, H, W]; `given`: present [N, B] and, for the optical network, context [N, 2].

        The same as `judge`, with the standardisation folded into the first layers and what is linear done before it is
        brought up to full resolution: fewer passes over large arrays.
        """
        x = self.features(bands, given[0])
        condition = torch.cat(given, 1).unsqueeze(-1).unsqueeze(-1)
        own = self.around_mean.numel()
        weight, bias = _folded(self.enter, self.around_mean, self.around_scale)
        y = functional.conv2d(self.around(x), weight, bias)
        y = functional.relu(y + functional.conv2d(condition, self.enter.weight[:, own:]))
        own = self.near_mean.numel()
        digest = functional.conv2d(functional.relu(self.leave(y)), self.first.weight[:, own:])
        weight, bias = _folded(self.first, self.near_mean, self.near_scale)
        y = functional.conv2d(self.near(x), weight, bias) + double(digest + self.condition(condition), 2)
        y = functional.relu(y)
        return self.head(functional.relu(self.second(y)))


def _folded(layer: nn.Conv2d, mean: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Weight and bias of a 1 x 1 convolution for its first inputs as they are, not standardised."""
    weight = layer.weight[:, : mean.numel()] * scale.view(1, -1, 1, 1)
    return weight, layer.bias - weight[:, :, 0, 0] @ mean


SOFT = 0.04  # reflectance: clear water is as dark as that in every band but the blue and green ones
INDICES = ((3, 2), (1, 3), (1, 4), (3, 5), (4, 3), (4, 5), (1, 2), (2, 0))  # NDVI NDWI MNDWI NBR NDBI SWIR GR RB


def optical_features(bands: Tensor, present: Tensor, soft: float = 0.01) -> Tensor:
    """Square-root reflectance and normalised differences; what is absent is 0. [N, 6, H, W] -> [N, 14, H, W].

    `soft` is added to the sums that the differences are divided by: the larger, the less the noise of dark ground says.
    """
    flags = present.unsqueeze(-1).unsqueeze(-1)
    x = bands.clamp(0.0, 1.6) * flags
    roots = ((x + 1e-4).sqrt() - 0.3) * 5.0 * flags
    first, second = [a for a, _ in INDICES], [b for _, b in INDICES]
    left, right = x[:, first], x[:, second]
    both = flags[:, first] * flags[:, second]
    indices = (left - right) / (left + right + soft) * 2.0 * both
    return torch.cat([roots, indices], 1)


class OpticalNet(DescribedNet):
    """Satellite optical network: any subset of six bands, 5 to 60 m.

    `given`: present [N, 6], context [N, 2] = (1 for a picture, log2(gsd / 10) / 3).
    """

    def __init__(self) -> None:
        super().__init__(14, 8, hidden=64)

    def features(self, bands: Tensor, present: Tensor) -> Tensor:
        """See `optical_features`."""
        return optical_features(bands, present, SOFT)
