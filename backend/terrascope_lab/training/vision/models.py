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

    `own`: what the pixel itself shows. `near`: in cells of 2 pixels the mean of that and further features of the mean
    values, and mean and spread of all over 6 pixels. `around`: mean and spread in cells of 4, 8 and 48 pixels. The
    spread of what pixels show is that between pixels, not between cells: towns are told by it. The surroundings are
    digested at a quarter of the resolution, what is near is judged at half of it, and only a narrow layer looks at
    every pixel: memory, not arithmetic, is what full resolution costs. Nothing but perceptrons is learnt, so that
    training can start from cached descriptions.
    """

    def __init__(
        self,
        own: int,
        features: int,
        conditions: int,
        hidden: int = 64,
        digest: tuple[int, int] = (96, 32),
        narrow: int = 16,
    ) -> None:
        super().__init__()
        every = own + features
        self.sizes = {"own": own, "near": 3 * every, "around": 6 * every}
        for name, size in self.sizes.items():
            self.register_buffer(f"{name}_mean", torch.zeros(size))
            self.register_buffer(f"{name}_scale", torch.ones(size))
        self.enter = nn.Conv2d(6 * every + conditions, digest[0], 1)
        self.leave = nn.Conv2d(digest[0], digest[1], 1)
        self.first = nn.Conv2d(3 * every + digest[1], hidden, 1)
        self.condition = nn.Conv2d(conditions, hidden, 1)
        self.second = nn.Conv2d(hidden, hidden, 1)
        self.third = nn.Conv2d(hidden, narrow, 1)
        self.pixel = nn.Conv2d(own, narrow, 1)
        self.head = nn.Conv2d(narrow, len(ATOMS), 1)
        self.drop = nn.Dropout(0.1)

    def own(self, bands: Tensor, present: Tensor) -> Tensor:
        """What a pixel itself shows, of physical values, [N, B, H, W] -> [N, own, H, W]."""
        raise NotImplementedError

    def features(self, bands: Tensor, present: Tensor) -> Tensor:
        """Features of cells of 2 pixels by their mean values, [N, B, H / 2, W / 2] -> [N, F, H / 2, W / 2]."""
        raise NotImplementedError

    def surroundings(self, bands: Tensor, own: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """`near` [N, 3 F, H / 2, W / 2] and `around` [N, 6 F, H / 4, W / 4]; F features, those of the pixels first."""
        more = self.features(functional.avg_pool2d(bands, 2), present)
        mean = torch.cat([functional.avg_pool2d(own, 2), more], 1)
        square = torch.cat([functional.avg_pool2d(own * own, 2), more * more], 1)
        wide = functional.avg_pool2d(mean, 3, 1, 1, count_include_pad=False)
        wide_square = functional.avg_pool2d(square, 3, 1, 1, count_include_pad=False)
        near = torch.cat([mean, wide, _spread(wide, wide_square)], 1)
        levels = []
        for level in range(3):
            mean, square = functional.avg_pool2d(mean, 2), functional.avg_pool2d(square, 2)
            if level == 2:
                mean = functional.avg_pool2d(mean, 3, 1, 1, count_include_pad=False)
                square = functional.avg_pool2d(square, 3, 1, 1, count_include_pad=False)
            levels.append(double(torch.cat([mean, _spread(mean, square)], 1), level))
        return near, torch.cat(levels, 1)

    def standardise(self, **points: Tensor) -> None:
        """Take the mean and spread of described points, each [P, C], as the scale of the inputs."""
        for name, values in points.items():
            getattr(self, f"{name}_mean").copy_(values.mean(0))
            getattr(self, f"{name}_scale").copy_(1 / (values.std(0) + 0.02))

    def _scaled(self, name: str, x: Tensor) -> Tensor:
        mean, scale = getattr(self, f"{name}_mean"), getattr(self, f"{name}_scale")
        return (x - mean.view(1, -1, 1, 1)) * scale.view(1, -1, 1, 1)

    def judge(self, own: Tensor, near: Tensor, around: Tensor, condition: Tensor) -> Tensor:
        """Logits of described points, each [1, C, P, 1] (training); now and then without surroundings."""
        x = torch.cat([self._scaled("around", around), condition], 1)
        digest = functional.relu(self.leave(self.drop(functional.relu(self.enter(x)))))
        if self.training:
            digest = digest * (torch.rand(1, 1, digest.shape[2], 1) > 0.1)
        x = torch.cat([self._scaled("near", near), digest], 1)
        x = functional.relu(self.first(x) + self.condition(condition))
        x = functional.relu(self.second(self.drop(x)))
        x = functional.relu(self.third(self.drop(x)) + self.pixel(self._scaled("own", own)))
        return self.head(x)

    def describe(self, bands: Tensor, *given: Tensor, points: Tensor) -> dict[str, Tensor]:
        """Descriptions at flat indices [N, P]: own, near, around, each [N, C, P, 1]; and condition [N, C]."""
        x = self.own(bands, given[0])
        height, width = x.shape[2:]
        near, around = self.surroundings(bands, x, given[0])
        index = points.unsqueeze(1).expand(-1, x.shape[1], -1)
        return {
            "own": torch.gather(x.flatten(2), 2, index).unsqueeze(-1),
            "near": at_points(near, points, width, height),
            "around": at_points(around, points, width, height),
            "condition": torch.cat(given, 1),
        }

    def forward(self, bands: Tensor, *given: Tensor) -> Tensor:
        """Bands [N, B, H, W]; `given`: present [N, B] and, for the optical network, context [N, 2].

        The same as `judge`, with the standardisation folded into the first layers and what is linear done before it is
        brought up to a higher resolution.
        """
        x = self.own(bands, given[0])
        condition = torch.cat(given, 1).unsqueeze(-1).unsqueeze(-1)
        near, around = self.surroundings(bands, x, given[0])
        count = self.sizes["around"]
        weight, bias = _folded(self.enter, self.around_mean, self.around_scale)
        y = functional.conv2d(around, weight, bias)
        y = functional.relu(y + functional.conv2d(condition, self.enter.weight[:, count:]))
        count = self.sizes["near"]
        digest = functional.conv2d(functional.relu(self.leave(y)), self.first.weight[:, count:])
        weight, bias = _folded(self.first, self.near_mean, self.near_scale)
        y = functional.relu(functional.conv2d(near, weight, bias) + double(digest + self.condition(condition)))
        y = self.third(functional.relu(self.second(y)))
        weight, bias = _folded(self.pixel, self.own_mean, self.own_scale)
        return self.head(functional.relu(functional.conv2d(x, weight, bias) + double(y)))


def _spread(mean: Tensor, square: Tensor) -> Tensor:
    return (square - mean * mean).clamp(min=1e-4).sqrt()


def _folded(layer: nn.Conv2d, mean: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
    """Weight and bias of a 1 x 1 convolution for its first inputs as they are, not standardised."""
    weight = layer.weight[:, : mean.numel()] * scale.view(1, -1, 1, 1)
    return weight, layer.bias - weight[:, :, 0, 0] @ mean


SOFT = 0.04  # reflectance: clear water is as dark as that in every band but the blue and green ones
INDICES = ((3, 2), (1, 3), (1, 4), (3, 5), (4, 3), (4, 5), (1, 2), (2, 0))  # NDVI NDWI MNDWI NBR NDBI SWIR GR RB
#: Which band is above which, over the range of all bands: haze, glint and gain of the whole leave that alone.
SHAPES = ((1, 4), (1, 3), (2, 3), (0, 2))
NARROWEST = 0.02  # reflectance: a smaller range is mostly noise
FEATURES = len(INDICES) + len(SHAPES)  #: of cells; the roots of six bands are those of pixels


def roots(bands: Tensor, present: Tensor) -> Tensor:
    """Square-root reflectance, about -1.5 to 4; 0 for what is absent. [N, 6, H, W] -> [N, 6, H, W]."""
    flags = present.unsqueeze(-1).unsqueeze(-1)
    return ((bands.clamp(0.0, 1.6) + 1e-4).sqrt() - 0.3) * 5.0 * flags


def optical_features(bands: Tensor, present: Tensor, soft: float = SOFT) -> Tensor:
    """Normalised differences and shape; what is absent is 0. [N, 6, H, W] -> [N, 12, H, W].

    `soft` is added to the sums that the differences are divided by: the larger, the less the noise of dark ground says.
    """
    flags = present.unsqueeze(-1).unsqueeze(-1)
    x = bands.clamp(0.0, 1.6) * flags
    first, second = [a for a, _ in INDICES], [b for _, b in INDICES]
    left, right = x[:, first], x[:, second]
    indices = (left - right) / (left + right + soft) * 2.0 * (flags[:, first] * flags[:, second])
    highest = x.amax(1, keepdim=True)
    lowest = (x + (1 - flags) * 2.0).amin(1, keepdim=True)
    first, second = [a for a, _ in SHAPES], [b for _, b in SHAPES]
    shapes = (x[:, first] - x[:, second]) / (highest - lowest + NARROWEST) * 2.0 * (flags[:, first] * flags[:, second])
    return torch.cat([indices, shapes], 1)


class OpticalNet(DescribedNet):
    """Satellite optical network: any subset of six bands, 3 to 60 m.

    `given`: present [N, 6], context [N, 2] = (1 for a picture, log2(gsd / 10) / 3).
    """

    def __init__(self) -> None:
        super().__init__(6, FEATURES, 8)

    def own(self, bands: Tensor, present: Tensor) -> Tensor:
        """See `roots`."""
        return roots(bands, present)

    def features(self, bands: Tensor, present: Tensor) -> Tensor:
        """See `optical_features`."""
        return optical_features(bands, present)
