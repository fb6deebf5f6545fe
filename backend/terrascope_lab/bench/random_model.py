"""A TerraScope of any size with random weights: for measuring time, where what it says does not matter."""

from __future__ import annotations

import torch
from transformers import Qwen2Tokenizer
from transformers.convert_slow_tokenizer import bytes_to_unicode

from terrascope.networks.full.configuration import HIERA_LARGE, TerraScopeConfig, internvl_config, sam2_config
from terrascope.networks.full.loading import Loaded, from_model
from terrascope.networks.full.modeling import TerraScopeForConditionalGeneration
from terrascope.networks.full.processing import TerraScopeProcessor

SPECIAL = (
    "<|im_end|>", "<|endoftext|>", "<|im_start|>", "<img>", "</img>", "<IMG_CONTEXT>", "<think>", "</think>",
    "<answer>", "</answer>", "[SEG]", "<REGION>", "<p>", "</p>", "<vp>", "</vp>", "<|end|>",
)  # fmt: skip
TINY_TEXT = {
    "vocab_size": 256 + len(SPECIAL), "hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32_768,
}  # fmt: skip
SMALL_TEXT = {
    **TINY_TEXT, "hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 8, "num_attention_heads": 8,
}  # fmt: skip
TINY_VISION = {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 4, "image_size": 448,
    "patch_size": 14,
}  # fmt: skip
TINY_HIERA = {
    **HIERA_LARGE, "embed_dim": 16, "num_heads": 1, "stages": [1, 2, 3, 1], "global_att_blocks": [4, 5],
}  # fmt: skip
SAM_SIZES = {"tiny": TINY_HIERA, "hiera-large": HIERA_LARGE}
TEXT_SIZES = {"tiny": TINY_TEXT, "small": SMALL_TEXT}


def random_model(
    sam: str = "tiny", text: str = "tiny", device: str = "cpu", dtype: torch.dtype = torch.float32, seed: int = 0
) -> Loaded:
    """Build a model: a tiny vision tower, SAM 2 and language model of the named sizes, weights from `seed`.

    Parameters
    ----------
    sam, text
        Names of `SAM_SIZES` and `TEXT_SIZES`.
    """
    torch.manual_seed(seed)
    config = TerraScopeConfig(
        internvl_config=internvl_config(TEXT_SIZES[text], TINY_VISION).to_dict(),
        sam2_config=sam2_config(SAM_SIZES[sam]).to_dict(),
    )
    model = TerraScopeForConditionalGeneration(config).to(device=device, dtype=dtype)
    return from_model(model, f"random, SAM 2 {sam}, language {text}")


def byte_processor() -> TerraScopeProcessor:
    """Return a processor whose tokenizer has one token a byte and TerraScope's special tokens."""
    letters = list(bytes_to_unicode().values())
    tokenizer = Qwen2Tokenizer(
        vocab={letter: rank for rank, letter in enumerate(letters)}, merges=[], eos_token="<|im_end|>"
    )
    tokenizer.add_special_tokens({"additional_special_tokens": list(SPECIAL)})
    return TerraScopeProcessor(tokenizer)
