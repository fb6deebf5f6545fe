"""Number formats of the weights: names, torch types, and which of the model's parts a 4-bit format touches."""

from __future__ import annotations

import importlib.util
from typing import Any, NamedTuple

import torch

from terrascope.errors import NetworkError

#: Parts that keep bfloat16 in a 4-bit model: everything but the linears of the language model's layers.
KEPT = ("vision_tower", "multi_modal_projector", "lm_head", "sam2", "seg_head", "embed_tokens")
QUANTISED_PREFIX = "internvl.model.language_model.layers."
NF4_BLOCK, NF4_OUTER_BLOCK, INT4_GROUP = 64, 256, 128


class Precision(NamedTuple):
    """A number format.

    Attributes
    ----------
    dtype
        Of everything, or of what a 4-bit format keeps.
    linear_bytes
        Bytes a weight of the language model's linears, scales included.
    package
        Package that a 4-bit format needs.
    """

    name: str
    dtype: torch.dtype
    linear_bytes: float
    package: str | None = None


PRECISIONS: dict[str, Precision] = {
    "fp32": Precision("fp32", torch.float32, 4.0),
    "bf16": Precision("bf16", torch.bfloat16, 2.0),
    "fp16": Precision("fp16", torch.float16, 2.0),
    # 8-bit scale a block, its own float32 scale a block of 256 scales (double quantisation)
    "nf4": Precision("nf4", torch.bfloat16, 0.5 + 1 / NF4_BLOCK + 4 / (NF4_BLOCK * NF4_OUTER_BLOCK), "bitsandbytes"),
    # bfloat16 scale and zero point a group
    "int4": Precision("int4", torch.bfloat16, 0.5 + 4 / INT4_GROUP, "torchao"),
}


def precision_of(name: str) -> Precision:
    """Look a number format up.

    Raises
    ------
    NetworkError
        If there is no such format.
    """
    if name not in PRECISIONS:
        raise NetworkError(f"There is no precision {name!r}.", f"Use one of {', '.join(PRECISIONS)}.")
    return PRECISIONS[name]


def quantisation_config(precision: Precision) -> Any | None:
    """Return transformers' quantisation settings for a 4-bit format, None for the others.

    Raises
    ------
    NetworkError
        If the package is not installed.
    """
    if precision.package is None:
        return None
    if importlib.util.find_spec(precision.package) is None:
        raise NetworkError(
            f"Precision {precision.name!r} needs the package {precision.package!r}, which is not installed.",
            f"Install {precision.package} into TerraScope's environment, or use bf16.",
        )
    if precision.name == "nf4":
        from transformers import BitsAndBytesConfig

        return BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=precision.dtype,
            llm_int8_skip_modules=list(KEPT),
        )
    from torchao.quantization import Int4WeightOnlyConfig
    from transformers import TorchAoConfig

    return TorchAoConfig(Int4WeightOnlyConfig(group_size=INT4_GROUP), modules_to_not_convert=list(KEPT))
