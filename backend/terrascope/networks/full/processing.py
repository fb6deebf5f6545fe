"""Pixels and text into what the full model reads: tiles, SAM 2 input, token ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from string import ascii_uppercase
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedTokenizerBase, Qwen2Tokenizer

from terrascope.errors import CheckpointError, NetworkError
from terrascope.networks.full.layout import PROCESSOR, write_json
from terrascope.networks.full.published import read_json
from terrascope.networks.full.tiling import MAX_TILES, cut_tiles, resized
from terrascope.networks.interface import Prompt, TokenGrid, TokenTable

IMAGE = "<image>"
SAM_SIDE = 1024
#: An image with fewer pixels than this along a side has less than one pixel for a visual token.
MIN_SIDE_PX = 16
#: Tiles stand in rows of at most twelve; beyond this ratio they would be squashed more than twofold.
MAX_RATIO = 2 * MAX_TILES
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CONSTANTS = ("released", "exact")

#: Think-and-answer instruction of the released demo and benchmark (demo.py:45-52); it ends with an empty line.
INSTRUCTION = (
    "A conversation between User and Assistant. The user asks a question, and the Assistant solves it. "
    "The Assistant first thinks about the reasoning process in their mind and then provides the user a concise "
    "final answer in a short word or phrase. The reasoning process and answer are enclosed within "
    "<think> </think> and <answer> </answer> tags, respectively, i.e., "
    "<think> reasoning process here </think><answer> answer here </answer>\n\n"
)


class Inputs(NamedTuple):
    """What a scene's images become.

    Attributes
    ----------
    tiles
        Normalised tiles of all images, float32 [n, 3, 448, 448].
    counts
        Tiles of each image (thumbnail included).
    grids
        Grid of selectable tokens of each image.
    """

    tiles: Tensor
    counts: tuple[int, ...]
    grids: tuple[TokenGrid, ...]


@dataclass(frozen=True)
class ProcessorSettings:
    """Settings a checkpoint was trained with.

    `sam_constants`: `released` uses SAM 2's mean and standard deviation rounded to bfloat16, as the published code does
    even in float32; `exact` uses them as they are. `sam_side` is the side of SAM 2's input in pixels. `selection` and
    `selection_cap` say which visual tokens a mask brought back in training (see `terrascope.reasoning.selection`).
    """

    sam_constants: str = "released"
    max_tiles: int = MAX_TILES
    thumbnail: bool = True
    tile_px: int = 448
    tokens_per_side: int = 16
    instruction: str = INSTRUCTION
    sam_side: int = SAM_SIDE
    selection: str = "released"
    selection_cap: int = 8

    def __post_init__(self) -> None:
        if self.sam_constants not in CONSTANTS:
            raise NetworkError(
                f"sam_constants is {self.sam_constants!r}.", f"Choose one of {', '.join(map(repr, CONSTANTS))}."
            )


class TerraScopeProcessor:
    """Prepares images and prompts; special ids are looked up by name in the tokenizer.

    Parameters
    ----------
    tokenizer
        Tokenizer of the checkpoint.
    settings
        What the checkpoint was trained with.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, settings: ProcessorSettings | None = None) -> None:
        self.tokenizer = tokenizer
        self.settings = settings or ProcessorSettings()
        self.image_id = self._id("<IMG_CONTEXT>")
        self.image_end_id = self._id("</img>")
        self._id("<img>")
        stops = (tokenizer.eos_token_id, self._find("<|im_end|>"), self._find("<|end|>"))
        self.tokens = TokenTable(
            seg=self._id("[SEG]"),
            region=self._id("<REGION>"),
            stop=frozenset(int(i) for i in stops if i is not None),
        )

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> TerraScopeProcessor:
        """Load tokenizer and settings from a checkpoint folder.

        Raises
        ------
        CheckpointError
            If the tokenizer is missing or lacks one of TerraScope's special tokens.
        """
        folder = Path(folder)
        if not (folder / "tokenizer.json").is_file() and not (folder / "vocab.json").is_file():
            raise CheckpointError(f"There is no tokenizer in {folder.name!r}.", "Copy tokenizer.json into it.")
        tokenizer = Qwen2Tokenizer.from_pretrained(str(folder), local_files_only=True)  # nosec B615
        values = read_json(folder / PROCESSOR) if (folder / PROCESSOR).is_file() else {}
        if unknown := set(values) - {known.name for known in fields(ProcessorSettings)}:
            raise CheckpointError(
                f"{PROCESSOR!r} of {folder.name!r} has unknown settings: {', '.join(map(repr, sorted(unknown)))}.",
                "Update TerraScope; the checkpoint was made with a newer version.",
            )
        return cls(tokenizer, ProcessorSettings(**values))

    def save_pretrained(self, folder: str | Path) -> None:
        """Write tokenizer and settings to a folder."""
        self.tokenizer.save_pretrained(str(folder))
        write_json(Path(folder) / PROCESSOR, asdict(self.settings))

    def _find(self, token: str) -> int | None:
        found = self.tokenizer.get_vocab().get(token)
        return None if found is None else int(found)

    def _id(self, token: str) -> int:
        found = self._find(token)
        if found is None:
            raise CheckpointError(
                f"The tokenizer has no token {token!r}.", "Use the tokenizer that was published with the checkpoint."
            )
        return found

    # images

    def tiles(self, images: Sequence[NDArray[np.uint8]]) -> Inputs:
        """Prepare the vision tower's input: tiles and thumbnail for one image, one tile each for several.

        Parameters
        ----------
        images
            uint8 [H, W, 3] RGB pictures, at least one.
        """
        if not images:
            raise NetworkError("There is no image to ask about.", "Add at least one view to the scene.")
        for number, image in enumerate(images, start=1):
            check_image(image, number)
        side, tokens = self.settings.tile_px, self.settings.tokens_per_side
        if len(images) == 1:
            pixels, grid = cut_tiles(images[0], side, self.settings.max_tiles, self.settings.thumbnail)
            return Inputs(normalised(pixels), (len(pixels),), (TokenGrid(grid.cols, grid.rows, tokens, side),))
        pixels = np.stack([resized(image, side, side) for image in images])
        return Inputs(normalised(pixels), (1,) * len(images), (TokenGrid(1, 1, tokens, side),) * len(images))

    def sam_input(self, image: NDArray[np.uint8], dtype: torch.dtype, *, alone: bool = True) -> Tensor:
        """Prepare SAM 2's input [1, 3, 1024, 1024] by PIL's bicubic filter; the aspect ratio is not kept.

        `alone`: the image is the only one of its scene. The published code then normalises in the model's own
        precision; with several images it normalises in float32 and casts at the end.
        """
        side = self.settings.sam_side
        pixels = torch.from_numpy(resized(image, side, side).copy()).permute(2, 0, 1)[None]
        return self.sam_normalised(pixels, dtype, alone=alone)

    def sam_normalised(self, pixels: Tensor, dtype: torch.dtype, *, alone: bool = True) -> Tensor:
        """Normalise uint8 pixels [n, 3, 1024, 1024] with the constants of the settings."""
        released = self.settings.sam_constants == "released"
        constants = torch.bfloat16 if released else torch.float32
        working = dtype if released and alone else torch.float32
        mean = torch.tensor(_MEAN, dtype=constants).to(working).view(1, 3, 1, 1)
        std = torch.tensor(_STD, dtype=constants).to(working).view(1, 3, 1, 1)
        return ((pixels.to(working) / 255.0 - mean) / std).to(dtype)

    # text

    def user_text(self, prompt: Prompt) -> str:
        """Write the user's turn: instruction, `<image>`, question, options.

        A question that holds `<image>` is taken as the whole turn.
        """
        if IMAGE in prompt.question:
            return prompt.question
        if not prompt.question.strip():
            raise NetworkError("The question is empty.", "Write what you want to know about the images.")
        options = "".join(f"{letter}. {option}\n" for letter, option in zip(ascii_uppercase, prompt.options))
        return f"{self.settings.instruction}{IMAGE}\n{prompt.question}\n{options}"

    def prompt_text(self, prompt: Prompt, counts: Sequence[int]) -> str:
        """Write the whole prompt with the images' placeholders.

        One image: one block for all of its tiles. Several: one block each, on lines of their own.
        """
        per_tile = self.settings.tokens_per_side**2
        blocks = "\n".join(f"<img>{'<IMG_CONTEXT>' * (per_tile * count)}</img>" for count in counts)
        turn = self.user_text(prompt)
        if turn.count(IMAGE) != 1:
            raise NetworkError(
                f"The question holds {IMAGE!r} {turn.count(IMAGE)} times.", "Write it once, where the images belong."
            )
        turn = turn.replace(IMAGE, blocks)
        return f"{prompt.past_text}<|im_start|>user\n{turn}<|im_end|>\n<|im_start|>assistant\n"

    def encode(self, text: str) -> list[int]:
        """Token ids of a text, special tokens recognised, none added."""
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids, special tokens kept."""
        return self.tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False)


def check_image(image: NDArray[np.uint8], number: int = 1) -> None:
    """Refuse a picture that the model cannot see anything in.

    Raises
    ------
    NetworkError
        If it is not uint8 RGB, too small, or too long and narrow.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise NetworkError(
            f"Image {number} is {image.dtype} {list(image.shape)}.", "Give uint8 RGB, [height, width, 3]."
        )
    height, width = image.shape[:2]
    if min(height, width) < MIN_SIDE_PX:
        raise NetworkError(
            f"Image {number} is {width} x {height} pixels; at least {MIN_SIDE_PX} x {MIN_SIDE_PX} are needed.",
            "Choose a larger area or a layer with a finer resolution.",
        )
    if max(height, width) > MAX_RATIO * min(height, width):
        raise NetworkError(
            f"Image {number} is {width} x {height} pixels, more than {MAX_RATIO} times as long as wide.",
            "Choose an area that is nearer to a square, or ask about pieces of it.",
        )


def normalised(pixels: NDArray[np.uint8]) -> Tensor:
    """Turn uint8 [n, H, W, 3] into float32 [n, 3, H, W], ImageNet mean and standard deviation."""
    tensor = torch.from_numpy(np.array(pixels)).permute(0, 3, 1, 2).contiguous().float() / 255.0
    mean, std = torch.tensor(_MEAN).view(1, 3, 1, 1), torch.tensor(_STD).view(1, 3, 1, 1)
    return (tensor - mean) / std


def check_mask(mask: NDArray[np.bool_], height: int, width: int) -> None:
    """Refuse a mask that is not on the view's grid.

    Raises
    ------
    NetworkError
        Names both sizes.
    """
    if mask.shape != (height, width):
        raise NetworkError(
            f"The mask has {mask.shape[-1]} x {mask.shape[0]} pixels, the view {width} x {height}.",
            "Give a mask on the scene's grid.",
        )
