"""How much memory a choice of precision needs, from the configuration alone."""

from __future__ import annotations

import math
from typing import NamedTuple

from terrascope.networks.full.configuration import TerraScopeConfig
from terrascope.networks.full.precision import QUANTISED_PREFIX, precision_of
from terrascope.networks.full.published import model_shapes

#: Driver context and kernels of a CUDA process, measured by many at 0.3 to 0.6 GB; nothing is added for the CPU.
CONTEXT_BYTES = 500_000_000
#: Share that a caching allocator keeps beside what is in use.
SLACK = 0.1


class MemoryNeed(NamedTuple):
    """Bytes.

    Attributes
    ----------
    weights
        All parameters.
    cache
        Keys and values of `tokens` positions.
    features
        SAM 2 features of the views.
    working
        Largest passing need: vision tower, SAM 2 encoder or prefill, whichever is greatest.
    context
        Driver and allocator.
    """

    weights: int
    cache: int
    features: int
    working: int
    context: int

    @property
    def total(self) -> int:
        """Sum of the parts."""
        return sum(self)


def parameter_count(config: TerraScopeConfig) -> dict[str, int]:
    """Count the parameters by part: language linears (what 4-bit touches), language rest, vision, SAM 2, [SEG] head."""
    counts = {"language_linears": 0, "language_rest": 0, "vision": 0, "sam2": 0, "seg_head": 0}
    for key, shape in model_shapes(config).items():
        if _is_language_linear(key):
            part = "language_linears"
        elif key.startswith(("internvl.model.language_model.", "internvl.lm_head.")):
            part = "language_rest"
        else:
            part = {"internvl": "vision", "sam2": "sam2", "seg_head": "seg_head"}[key.split(".")[0]]
        counts[part] += math.prod(shape)
    return counts


def _is_language_linear(key: str) -> bool:
    return key.startswith(QUANTISED_PREFIX) and key.endswith("proj.weight")


def memory_needed(
    config: TerraScopeConfig, precision: str, *, tokens: int = 4096, views: int = 1, tiles: int = 13, gpu: bool = True
) -> MemoryNeed:
    """Say how much memory a model takes while it answers a question.

    Parameters
    ----------
    config
        Sizes of the model.
    precision
        "fp32", "bf16", "fp16", "nf4" or "int4".
    tokens
        Positions of prompt, images and answer together.
    views, tiles
        Images whose SAM 2 features are kept; tiles that the vision tower reads at once.
    gpu
        Add the context of a GPU process.
    """
    chosen = precision_of(precision)
    width = chosen.dtype.itemsize
    weights = sum(
        chosen.linear_bytes(shape[0], shape[1]) if _is_language_linear(key) else math.prod(shape) * width
        for key, shape in model_shapes(config).items()
    )
    text, vision = config.internvl_config.text_config, config.internvl_config.vision_config
    head = text.hidden_size // text.num_attention_heads
    cache = 2 * text.num_hidden_layers * text.num_key_value_heads * head * tokens * width
    fpn = config.sam2_config.vision_config
    sides = [size[0] * size[1] for size in fpn.backbone_feature_sizes]
    features = views * width * (sides[0] * fpn.fpn_hidden_size // 8 + sides[1] * fpn.fpn_hidden_size // 4
                                + sides[2] * fpn.fpn_hidden_size)  # fmt: skip
    patches = (vision.image_size[0] // vision.patch_size[0]) ** 2 + 1
    tower = min(tiles, 16) * patches * (2 * vision.intermediate_size + 6 * vision.hidden_size) * width
    hiera = fpn.backbone_config
    first_stage = sides[0] * hiera.embed_dim_per_stage[0] * (4 + 2 * hiera.mlp_ratio) * width
    pyramid = sides[0] * fpn.fpn_hidden_size * 3 * width
    prefill = tokens * (3 * text.intermediate_size + 8 * text.hidden_size) * width
    unpacked = text.hidden_size * text.intermediate_size * width if chosen.package else 0
    working = int(max(tower, first_stage + pyramid, prefill + unpacked))
    slack = int(SLACK * (cache + features + working))
    return MemoryNeed(weights, cache, features, working, (CONTEXT_BYTES if gpu else 0) + slack)
