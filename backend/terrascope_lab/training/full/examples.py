"""Samples made ready for the network: tiles, SAM 2 pixels, token ids, true masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from terrascope.networks.full.processing import TerraScopeProcessor
from terrascope.networks.full.tiling import resized
from terrascope.networks.interface import TokenGrid
from terrascope.reasoning.selection import select_tokens
from terrascope_lab.training.errors import TrainingError
from terrascope_lab.training.full.encoding import Encoded, encode
from terrascope_lab.training.full.records import Record

#: The mask decoder draws one pixel for so many of SAM 2's input along a side.
LOW_SCALE = 4


@dataclass(frozen=True)
class Selection:
    """Which visual tokens a mask brings back (see `terrascope.reasoning.selection`)."""

    name: str = "paper"
    cap: int = 128


@dataclass
class Example:
    """One sample, as tensors.

    Attributes
    ----------
    where
        For messages.
    tiles
        Normalised tiles of all images, float32 [n, 3, 448, 448].
    counts
        Tiles of each image.
    grids
        Token grid of each image.
    sar
        True if image 1 is the SAR partner of image 0.
    encoded
        Token ids.
    sam
        uint8 [v, 3, 1024, 1024], the views that have a mask, in the order of `sam_views`.
    views
        View of each [SEG].
    sizes
        (height, width) of each view.
    truth
        True masks at the decoder's size, uint8 [k, 256, 256].
    tokens
        Tokens that each true mask brings back, in its view's grid.
    """

    where: str
    tiles: Tensor
    counts: tuple[int, ...]
    grids: tuple[TokenGrid, ...]
    sar: bool
    encoded: Encoded
    sam: Tensor
    sam_views: tuple[int, ...]
    views: tuple[int, ...]
    sizes: tuple[tuple[int, int], ...]
    truth: Tensor
    tokens: list[list[int]]


class Examples(Dataset[Example]):
    """Data set of examples, by sample number.

    Parameters
    ----------
    samples
        Records.
    processor
        Of the checkpoint: what is done here is what is done at inference.
    selection
        How masks choose visual tokens.
    instruct
        Put the think-and-answer instruction before the images.
    """

    def __init__(
        self, samples: Sequence[Record], processor: TerraScopeProcessor, selection: Selection, instruct: bool
    ) -> None:
        self.samples, self.processor, self.selection, self.instruct = samples, processor, selection, instruct

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, number: int) -> Example:
        record = self.samples[number]
        pictures = [picture.read(record.where) for picture in record.pictures]
        if record.sar and pictures[0].shape != pictures[1].shape:
            raise TrainingError(
                f"{record.where}: the optical image is {pictures[0].shape[1]} x {pictures[0].shape[0]} pixels, the SAR "
                f"picture {pictures[1].shape[1]} x {pictures[1].shape[0]}.",
                "Give both on one grid.",
            )
        inputs = self.processor.tiles(pictures)
        encoded = encode(record, self.processor, inputs.counts, self.instruct)
        if len(encoded.segs) != len(record.regions):
            raise TrainingError(
                f"{record.where}: the tokenizer finds {len(encoded.segs)} [SEG], there are {len(record.regions)} masks."
            )
        views = tuple(region.view for region in record.regions)
        sizes = tuple((picture.shape[0], picture.shape[1]) for picture in pictures)
        masks = [region.mask(*sizes[region.view], record.where) for region in record.regions]
        side = self.processor.settings.sam_side
        low = side // LOW_SCALE
        sam_views = tuple(sorted(set(views)))
        sam = [resized(pictures[view], side, side) for view in sam_views]
        return Example(
            where=record.where,
            tiles=inputs.tiles,
            counts=inputs.counts,
            grids=inputs.grids,
            sar=record.sar,
            encoded=encoded,
            sam=torch.from_numpy(np.stack(sam)).permute(0, 3, 1, 2) if sam else torch.zeros(0, 3, 1, 1),
            sam_views=sam_views,
            views=views,
            sizes=sizes,
            truth=torch.from_numpy(np.stack([low_mask(mask, low) for mask in masks]))
            if masks
            else torch.zeros(0, low, low, dtype=torch.uint8),
            tokens=[
                select_tokens(mask, inputs.grids[view], self.selection.name, self.selection.cap)
                for mask, view in zip(masks, views)
            ],
        )


def low_mask(mask: NDArray[np.bool_], side: int) -> NDArray[np.uint8]:
    """True mask at the decoder's size, nearest pixel (torch's "nearest": the cell's upper left); uint8 [side, side]."""
    height, width = mask.shape
    rows = np.arange(side) * height // side
    cols = np.arange(side) * width // side
    return mask[np.ix_(rows, cols)].astype(np.uint8)


def collate(examples: list[Example]) -> list[Example]:
    """Keep examples as they are: their images and masks differ in number, so the network pads its own sequence."""
    return examples


def to_device(examples: list[Example], device: Any) -> list[Example]:
    """Move the tensors of a batch, in place."""
    for example in examples:
        example.tiles = example.tiles.to(device, non_blocking=True)
        example.sam = example.sam.to(device, non_blocking=True)
        example.truth = example.truth.to(device, non_blocking=True)
    return examples
