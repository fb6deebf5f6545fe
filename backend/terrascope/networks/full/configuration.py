"""Sizes of the full TerraScope model: InternVL (vision, projector, language model), SAM 2 and the [SEG] head."""

from __future__ import annotations

from typing import Any

from transformers import InternVLConfig, PreTrainedConfig, Sam2Config


class TerraScopeConfig(PreTrainedConfig):
    """Configuration of `TerraScopeForConditionalGeneration`.

    Parameters
    ----------
    internvl_config
        Vision tower (448 px tiles), projector and Qwen2 language model.
    sam2_config
        Segmentation network. Its prompt width (`prompt_encoder_config.hidden_size`) is the width of the [SEG] vector.
    """

    model_type = "terrascope"
    sub_configs_defaults = {"internvl_config": InternVLConfig, "sam2_config": Sam2Config}

    internvl_config: Any = None
    sam2_config: Any = None
    tie_word_embeddings: bool = False

    @property
    def text_width(self) -> int:
        """Width of the language model's hidden states."""
        return int(self.internvl_config.text_config.hidden_size)

    @property
    def prompt_width(self) -> int:
        """Width of a SAM 2 sparse prompt."""
        return int(self.sam2_config.prompt_encoder_config.hidden_size)

    @property
    def tile_px(self) -> int:
        """Side of a vision tile in pixels."""
        return int(self.internvl_config.vision_config.image_size[0])

    @property
    def tokens_per_side(self) -> int:
        """Visual tokens along one side of a tile, after pixel shuffle."""
        vision = self.internvl_config.vision_config
        return int(vision.image_size[0] // vision.patch_size[0] * self.internvl_config.downsample_ratio)


#: Released checkpoint: InternVL3-8B (InternViT-300M, Qwen2.5-7B) with SAM 2 Hiera-L. `vocab_size` is the InternVL3
#: tokenizer (151,674 entries) and the eleven special tokens that TerraScope adds.
RELEASED_TEXT = {
    "model_type": "qwen2",
    "vocab_size": 151_685,
    "hidden_size": 3584,
    "intermediate_size": 18_944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "max_position_embeddings": 32_768,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1e6,
}
RELEASED_VISION = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "image_size": 448,
    "patch_size": 14,
}
HIERA_LARGE = {
    "embed_dim": 144,
    "num_heads": 2,
    "stages": [2, 6, 36, 4],
    "global_att_blocks": [23, 33, 43],
    "window_spec": [8, 4, 16, 8],
    "window_pos_embed_bkg_spatial_size": [7, 7],
    "fpn_top_down_levels": [2, 3],
    "d_model": 256,
    "image_size": 1024,
}


def internvl_config(text: dict, vision: dict, downsample_ratio: float = 0.5) -> InternVLConfig:
    """Build the InternVL part; `text` and `vision` use the names that the published `config.json` uses."""
    return InternVLConfig(
        text_config={
            "model_type": "qwen2",
            **{
                key: text[key]
                for key in (
                    "vocab_size",
                    "hidden_size",
                    "intermediate_size",
                    "num_hidden_layers",
                    "num_attention_heads",
                    "num_key_value_heads",
                    "max_position_embeddings",
                )
            },
            "hidden_act": text.get("hidden_act", "silu"),
            "rms_norm_eps": text.get("rms_norm_eps", 1e-6),
            # Official Qwen2 knows no rope scaling; "dynamic" equals "default" below the context length.
            "rope_parameters": {"rope_type": "default", "rope_theta": float(text.get("rope_theta", 1e6))},
            "use_sliding_window": False,
            "tie_word_embeddings": False,
            "bos_token_id": None,  # nosec B105
            "eos_token_id": None,  # nosec B105
        },
        vision_config={
            "model_type": "internvl_vision",
            **{
                key: vision[key]
                for key in ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
            },
            "image_size": [vision["image_size"]] * 2,
            "patch_size": [vision["patch_size"]] * 2,
            "hidden_act": vision.get("hidden_act", "gelu"),
            "layer_norm_eps": vision.get("layer_norm_eps", 1e-6),
            "norm_type": "layer_norm",
            "attention_bias": True,
            "use_qk_norm": False,
            "use_mask_token": False,  # nosec B105
            "use_mean_pooling": True,  # no final LayerNorm: InternViT has none
            "use_absolute_position_embeddings": True,
        },
        image_seq_length=int((vision["image_size"] // vision["patch_size"] * downsample_ratio) ** 2),
        downsample_ratio=downsample_ratio,
        vision_feature_layer=-1,
        vision_feature_select_strategy="default",
        tie_word_embeddings=False,
    )


def sam2_config(hiera: dict) -> Sam2Config:
    """Build the SAM 2 part from the names that SAM 2's own recipe files use (`HIERA_LARGE` is the example)."""
    widths = [hiera["embed_dim"] * 2**stage for stage in range(4)]
    heads = [hiera["num_heads"] * 2**stage for stage in range(4)]
    side = hiera["image_size"] // 4
    return Sam2Config(
        vision_config={
            "model_type": "sam2_vision_model",
            "backbone_config": {
                "model_type": "sam2_hiera_det_model",
                "hidden_size": hiera["embed_dim"],
                "num_attention_heads": hiera["num_heads"],
                "image_size": [hiera["image_size"]] * 2,
                "blocks_per_stage": list(hiera["stages"]),
                "embed_dim_per_stage": widths,
                "num_attention_heads_per_stage": heads,
                "window_size_per_stage": list(hiera["window_spec"]),
                "global_attention_blocks": list(hiera["global_att_blocks"]),
                "window_positional_embedding_background_size": list(hiera["window_pos_embed_bkg_spatial_size"]),
            },
            "backbone_channel_list": widths[::-1],
            "backbone_feature_sizes": [[side // 2**level] * 2 for level in range(3)],
            "fpn_hidden_size": hiera["d_model"],
            "fpn_top_down_levels": list(hiera["fpn_top_down_levels"]),
        },
        prompt_encoder_config={"hidden_size": hiera["d_model"], "image_size": hiera["image_size"]},
        mask_decoder_config={"hidden_size": hiera["d_model"]},
    )


def released_8b() -> TerraScopeConfig:
    """Return the configuration of the published 8B checkpoint."""
    return TerraScopeConfig(
        internvl_config=internvl_config(RELEASED_TEXT, RELEASED_VISION).to_dict(),
        sam2_config=sam2_config(HIERA_LARGE).to_dict(),
    )
