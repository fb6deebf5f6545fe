"""The full TerraScope model: transformers' InternVL and Sam2, joined by the [SEG] head."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import InternVLForConditionalGeneration, PreTrainedModel, Sam2Model
from transformers.cache_utils import Cache

from terrascope.networks.full.configuration import TerraScopeConfig


class DecodedMask(NamedTuple):
    """Mask decoder output for one [SEG] vector on one image.

    Attributes
    ----------
    low
        Logits of the best of the three candidates, [256, 256].
    candidates
        Logits of all three, [3, 256, 256].
    ious
        Predicted IoU of each candidate, [3].
    best
        Index of the candidate with the highest predicted IoU.
    """

    low: Tensor
    candidates: Tensor
    ious: Tensor
    best: int


class SegHead(nn.Module):
    """Two-layer perceptron from a [SEG] hidden state to a SAM 2 sparse prompt (`text_hidden_fcs`)."""

    def __init__(self, hidden: int, prompt: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(hidden, hidden)
        self.linear_2 = nn.Linear(hidden, prompt)

    def forward(self, hidden: Tensor) -> Tensor:
        """Map [..., hidden] to [..., prompt]."""
        return self.linear_2(functional.relu(self.linear_1(hidden)))


class TerraScopeForConditionalGeneration(PreTrainedModel):
    """InternVL reads the images and writes the reasoning; SAM 2 draws the mask of every [SEG].

    There is no single `forward` from pixels to answer: masks go back into the context while the text is being written,
    so the loop in `terrascope.reasoning` drives the parts below.
    """

    config_class = TerraScopeConfig
    config: TerraScopeConfig
    base_model_prefix = "terrascope"
    main_input_name = "input_ids"
    supports_gradient_checkpointing = True
    _supports_sdpa = True
    _supports_flash_attn = True
    _no_split_modules = ["InternVLVisionLayer", "Qwen2DecoderLayer", "Sam2MultiScaleBlock"]

    def __init__(self, config: TerraScopeConfig) -> None:
        super().__init__(config)
        self.internvl = InternVLForConditionalGeneration(config.internvl_config)
        self.sam2 = Sam2Model(config.sam2_config)
        self.seg_head = SegHead(config.text_width, config.prompt_width)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        """Token embedding of the language model."""
        return self.internvl.get_input_embeddings()

    def get_output_embeddings(self) -> nn.Module:
        """Language model head."""
        return self.internvl.lm_head

    def encode_tiles(self, pixels: Tensor) -> Tensor:
        """Visual tokens of tiles.

        Parameters
        ----------
        pixels
            Normalised tiles [n, 3, tile_px, tile_px].

        Returns
        -------
        Projector outputs [n, tokens, text_width]; 256 tokens a tile, row-major.
        """
        return self.internvl.get_image_features(pixel_values=pixels).pooler_output

    def read(self, embeddings: Tensor, cache: Cache | None) -> Tensor:
        """Read embeddings after what is in `cache` (which grows in place); return last-layer states [1, n, width].

        States are those after the final RMSNorm, as `hidden_states[-1]` of the official code.
        """
        output = self.internvl.model.language_model(inputs_embeds=embeddings, past_key_values=cache, use_cache=True)
        return output.last_hidden_state

    def scores(self, state: Tensor) -> Tensor:
        """Next-token scores of states [..., width] -> float32 [..., vocabulary]."""
        return self.internvl.lm_head(state).float()

    def encode_image(self, pixels: Tensor) -> list[Tensor]:
        """SAM 2 features of one normalised image [1, 3, 1024, 1024]: strides 4, 8 and 16.

        `conv_s0`, `conv_s1` and the no-memory embedding are applied, so the list serves every mask of the image.
        """
        return self.sam2.get_image_embeddings(pixels.to(self.sam2.dtype))

    def decode_mask(self, seg_prompt: Tensor, features: list[Tensor]) -> DecodedMask:
        """Decode the mask of one [SEG] vector [prompt_width] on an image's features (SAM 2, three candidates)."""
        dtype, device = features[-1].dtype, features[-1].device
        points = torch.zeros(1, 1, 1, 2, dtype=dtype, device=device)
        labels = -torch.ones(1, 1, 1, dtype=torch.int32, device=device)
        sparse, dense = self.sam2.prompt_encoder(
            input_points=points, input_labels=labels, input_boxes=None, input_masks=None
        )
        sparse = torch.cat([sparse.to(dtype), seg_prompt.to(dtype).view(1, 1, 1, -1)], dim=2)
        masks, ious, _, _ = self.sam2.mask_decoder(
            image_embeddings=features[-1],
            image_positional_embeddings=self.sam2.get_image_wide_positional_embeddings(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=True,
            high_resolution_features=features[:-1],
        )
        best = int(ious[0, 0].argmax())
        return DecodedMask(masks[0, 0, best], masks[0, 0], ious[0, 0], best)


def upscale_mask(low: Tensor, height: int, width: int, working_side: int = 1024) -> Tensor:
    """Bring logits [256, 256] to an image's size in two bilinear steps, as the official code does; float32 [H, W].

    The step over 1024 px matters: going straight to the image's size moves the mask's edge.
    """
    working = functional.interpolate(
        low.float()[None, None], size=(working_side, working_side), mode="bilinear", align_corners=False
    )
    return functional.interpolate(working, size=(height, width), mode="bilinear", align_corners=False)[0, 0]
