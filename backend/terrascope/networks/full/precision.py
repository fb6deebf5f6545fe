"""Number formats of the weights: names, torch types, and which of the model's parts a 4-bit format touches."""

from __future__ import annotations

import importlib.util
from typing import Any, NamedTuple

import torch

from terrascope.errors import NetworkError

#: Parts that keep bfloat16 in a 4-bit model: everything but the linears of the language model's layers.
KEPT = ("internvl.model.vision_tower", "internvl.model.multi_modal_projector", "internvl.lm_head", "sam2", "seg_head")
QUANTISED_PREFIX = "internvl.model.language_model.layers."
_NF4_BLOCK, _NF4_OUTER_BLOCK, _NF4_CODES = 64, 256, 4 * (16 + 256 + 1)
_INT4_GROUP, _INT4_TILE = 128, 1024
_INT4_LEAST_CARD = (8, 0)


class Precision(NamedTuple):
    """A number format: `dtype` of everything, or of what a 4-bit format keeps; `package` that a 4-bit format needs."""

    name: str
    dtype: torch.dtype
    package: str | None = None

    def linear_bytes(self, out_features: int, in_features: int) -> int:
        """Bytes of a linear layer's weight in the language model, scales included.

        nf4: an 8-bit scale for 64 weights and a float32 scale for 256 of those (double quantisation), with two code
        tables. int4: a bfloat16 scale and zero point for 128 weights, rows padded to 1024 for the kernel.
        """
        if self.name == "nf4":
            count = out_features * in_features
            blocks = -(-count // _NF4_BLOCK)
            return count // 2 + blocks + 4 * -(-blocks // _NF4_OUTER_BLOCK) + _NF4_CODES
        if self.name == "int4":
            padded = out_features * -(-in_features // _INT4_TILE) * _INT4_TILE
            return padded // 2 + 4 * (padded // _INT4_GROUP)
        return out_features * in_features * self.dtype.itemsize


PRECISIONS: dict[str, Precision] = {
    "fp32": Precision("fp32", torch.float32),
    "bf16": Precision("bf16", torch.bfloat16),
    "fp16": Precision("fp16", torch.float16),
    "nf4": Precision("nf4", torch.bfloat16, "bitsandbytes"),
    "int4": Precision("int4", torch.bfloat16, "torchao"),
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


def quantisation_config(precision: Precision, device: str) -> Any | None:
    """Return transformers' quantisation settings for a 4-bit format, None for the others.

    Raises
    ------
    NetworkError
        If the package is not installed, or the format has no kernel for the device.
    """
    if precision.package is None:
        return None
    if importlib.util.find_spec(precision.package) is None:
        raise NetworkError(
            f"Precision {precision.name!r} needs the package {precision.package!r}, which is not installed.",
            f"Install {precision.package} into TerraScope's environment, or use bf16.",
        )
    kind = device.split(":")[0]
    if precision.name == "nf4":
        if kind not in ("cuda", "cpu"):
            raise NetworkError(f"Precision 'nf4' has no kernel for device {device!r}.", "Use fp16 there.")
        from transformers import BitsAndBytesConfig

        return BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=precision.dtype,
            llm_int8_skip_modules=list(KEPT),
        )
    if kind != "cuda" or torch.cuda.get_device_capability(torch.device(device)) < _INT4_LEAST_CARD:
        raise NetworkError(
            f"Precision 'int4' needs an NVIDIA card of compute capability 8.0 or later; {device!r} is none.",
            "Use nf4 or bf16.",
        )
    from torchao.quantization import Int4WeightOnlyConfig
    from transformers import TorchAoConfig

    # The tile-packed format uses torch's own kernel; the default one would need a further package.
    packing = Int4WeightOnlyConfig(group_size=_INT4_GROUP, int4_packing_format="tile_packed_to_4d")
    return TorchAoConfig(packing, modules_to_not_convert=list(KEPT))
