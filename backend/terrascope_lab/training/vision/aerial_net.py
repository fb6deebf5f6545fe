"""The aerial network: a small U-Net on the first stages of EfficientNet-Lite0, with colour indices beside it.

Encoder: EfficientNet-Lite0 with ImageNet weights, batch norms folded into the convolutions and everything fine-tuned.
Decoder: U-Net (Ronneberger et al. 2015, arXiv 1505.04597) with lateral 1 x 1 convolutions that are added, not joined,
which keeps a picture of 1024 x 1024 pixels near a second on two cores.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from terrascope.landcover import ATOMS
from terrascope_lab.training.vision.efficientnet import STAGES, Block, EfficientNetLite0

#: What the labels tell apart. Kinds of vegetation they do not: `kinds_of_green` parts it by a rule that is not learnt.
CLASSES: tuple[str, ...] = ("building", "bare", "road", "vegetation", "water", "built")
GREEN: tuple[str, ...] = ("tree", "grass", "crop", "shrub")
RARE_GREEN = 0.04  #: share of crop and of shrub in vegetation, everywhere
ROUGH = 0.07  #: brightness varies by this part of itself within 4 x 4 pixels where tree and grass are equally likely
NEVER = -14.0  #: logit of an atom that the network does not know
COLOUR = 15
_LAST = 14  #: last block of the encoder; stride 32
_WIDTHS = (96, 96, 64, 48)  #: decoder channels at strides 32, 16, 8, 4
DECIDES = 4  #: the stride at which classes are decided


def members(name: str) -> tuple[str, ...]:
    """Return the atoms of a class of `CLASSES`."""
    return (*GREEN, "wetland") if name == "vegetation" else (name,)


class FoldedBlock(nn.Module):
    """Inverted residual without batch norm."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int, kernel: int) -> None:
        super().__init__()
        wide = inputs * expansion
        self.expand = nn.Conv2d(inputs, wide, 1) if expansion != 1 else None
        self.filter = nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide)
        self.project = nn.Conv2d(wide, outputs, 1)
        self.skips = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Expand, filter, project."""
        y = x if self.expand is None else functional.relu6(self.expand(x), inplace=True)
        y = self.project(functional.relu6(self.filter(y), inplace=True))
        return x + y if self.skips else y


class FoldedEncoder(nn.Module):
    """EfficientNet-Lite0 up to its last block at stride 32 but one, without batch norms."""

    levels = {0: 16, 2: 24, 4: 40, 10: 112, _LAST: 192}

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2, 1)
        blocks, channels = [], 32
        for expansion, outputs, repeats, stride, kernel in STAGES:
            for i in range(repeats):
                blocks.append(FoldedBlock(channels, outputs, expansion, stride if i == 0 else 1, kernel))
                channels = outputs
        self.blocks = nn.ModuleList(blocks[: _LAST + 1])

    def forward(self, x: Tensor) -> list[Tensor]:
        """[N, 3, H, W], (x - 0.498) / 0.502 -> levels at strides 2, 4, 8, 16, 32."""
        x = functional.relu6(self.stem(x), inplace=True)
        out = []
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in self.levels:
                out.append(x)
        return out

    def load_published(self, path: Path) -> None:
        """Load the ImageNet weights and fold their batch norms in."""
        source = EfficientNetLite0(_LAST)
        source.load_published(path)
        source.eval()
        self._take(self.stem, source._conv_stem, source._bn0)
        for own, block in zip(self.blocks, source._blocks, strict=True):
            assert isinstance(own, FoldedBlock)
            assert isinstance(block, Block)
            if own.expand is not None:
                self._take(own.expand, block._expand_conv, block._bn0)
            self._take(own.filter, block._depthwise_conv, block._bn1)
            self._take(own.project, block._project_conv, block._bn2)

    def freeze(self, blocks: int) -> None:
        """Keep the stem and the first blocks as they are."""
        for part in (self.stem, *self.blocks[:blocks]):
            part.requires_grad_(False)

    @staticmethod
    def _take(own: nn.Conv2d, convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> None:
        own.load_state_dict(fuse_conv_bn_eval(convolution, norm).state_dict())


def colour_features(rgb: Tensor) -> Tensor:
    """Colour in cells of 4 pixels and its mean in cells of 16, [N, 3, H, W] in 0..1 -> [N, 15, H / 4, W / 4].

    RGB, brightness, and three ratios that a gain of all bands leaves alone: (2 g - r - b) / sum (excess green,
    Woebbecke et al. 1995), (g - r) / (g + r) (NGRDI), (r - b) / sum; and how rough the brightness is in each cell.
    """
    grey = rgb.mean(1, keepdim=True)
    cells = functional.avg_pool2d(torch.cat([rgb, grey * grey], 1), DECIDES)
    red, green, blue, square = cells.unbind(1)
    total = red + green + blue
    excess = (2 * green - red - blue) / (total + 0.1)
    ngrdi = (green - red) / (green + red + 0.07)
    warm = (red - blue) / (total + 0.1)
    rough = (square - total * total / 9 + 1e-5).clamp(min=1e-5).sqrt() / (total / 3 + 0.05)
    own = torch.stack([red - 0.5, green - 0.5, blue - 0.5, total / 3 - 0.5, excess * 4, ngrdi * 4, warm * 3], 1)
    around = functional.interpolate(
        functional.avg_pool2d(own, 4), scale_factor=4.0, mode="bilinear", align_corners=False
    )
    return torch.cat([own, around, rough.unsqueeze(1) * 2], 1)


def kinds_of_green(rough: Tensor) -> Tensor:
    """Share of each atom of `GREEN` in vegetation, [N, 1, h, w] -> [N, 4, h, w]: crowns are rough, lawns smooth.

    `rough` is spread over mean of the brightness in cells of 4 pixels. A rule of thumb: no labels were there to learn.
    """
    mean = functional.interpolate(
        functional.avg_pool2d(rough, 4), scale_factor=4.0, mode="bilinear", align_corners=False
    )
    tree = torch.sigmoid((mean - ROUGH) * 50.0).clamp(0.02, 0.98) * (1 - 2 * RARE_GREEN)
    rare = torch.full_like(tree, RARE_GREEN)
    return torch.cat([tree, 1 - 2 * RARE_GREEN - tree, rare, rare], 1)


class Refine(nn.Module):
    """Add a lateral to what comes from below, and look at 3 x 3."""

    def __init__(self, below: int, lateral: int, outputs: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(below, outputs, 1)
        self.lateral = nn.Conv2d(lateral, outputs, 1)
        self.look = nn.Conv2d(outputs, outputs, 3, 1, 1)

    def forward(self, below: Tensor, lateral: Tensor) -> Tensor:
        """[N, below, h, w] and [N, lateral, 2 h, 2 w] -> [N, outputs, 2 h, 2 w]."""
        up = functional.interpolate(self.narrow(below), scale_factor=2.0, mode="bilinear", align_corners=False)
        x = functional.relu(up + self.lateral(lateral))
        return functional.relu(x + self.look(x))


class AerialNet(nn.Module):
    """RGB finer than about 3 m. Trained at pixels of about 0.5 to 2 m."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = FoldedEncoder()
        _, four, eight, sixteen, last = self.encoder.levels.values()
        self.top = nn.Conv2d(last, _WIDTHS[0], 1)
        self.up = nn.ModuleList(
            Refine(below, lateral, outputs)
            for below, lateral, outputs in zip(_WIDTHS, (sixteen, eight, four + COLOUR), _WIDTHS[1:], strict=False)
        )
        self.head = nn.Conv2d(_WIDTHS[-1], len(CLASSES), 1)
        spread = torch.zeros(len(ATOMS), len(CLASSES) + len(GREEN), 1, 1)
        offset = torch.full((len(ATOMS),), NEVER)
        for i, name in enumerate(CLASSES):
            for member in GREEN if name == "vegetation" else (name,):
                spread[ATOMS.index(member), i] = 1.0
                offset[ATOMS.index(member)] = 0.0
        for i, name in enumerate(GREEN):
            spread[ATOMS.index(name), len(CLASSES) + i] = 1.0
        self.register_buffer("spread", spread, persistent=False)
        self.register_buffer("offset", offset, persistent=False)

    def classify(self, rgb: Tensor) -> tuple[Tensor, Tensor]:
        """RGB [N, 3, H, W] in 0..1, H and W multiples of 32 -> what follows, at a quarter of the resolution.

        Logits of `CLASSES` [N, 6, h, w] and `colour_features` [N, 15, h, w].
        """
        levels = self.encoder((rgb - 0.498) / 0.502)[1:]
        colour = colour_features(rgb)
        levels[0] = torch.cat([levels[0], colour], 1)
        x = functional.relu(self.top(levels[-1]))
        for step, lateral in zip(self.up, reversed(levels[:-1]), strict=True):
            x = step(x, lateral)
        return self.head(x), colour

    def forward(self, rgb: Tensor) -> Tensor:
        """RGB [N, 3, H, W] in 0..1 -> logits [N, atoms, H, W]."""
        logits, colour = self.classify(rgb)
        kinds = kinds_of_green(colour[:, -1:] / 2).log()
        atoms = functional.conv2d(torch.cat([logits, kinds], 1), self.spread, self.offset)
        return functional.interpolate(atoms, scale_factor=float(DECIDES), mode="bilinear", align_corners=False)
