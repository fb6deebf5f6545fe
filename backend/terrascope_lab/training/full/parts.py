"""Which parts of the full model are trained, and LoRA on its language model."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from terrascope.networks.full.modeling import TerraScopeForConditionalGeneration
from terrascope_lab.training.errors import TrainingError

#: Parts that a recipe may name, and where their parameters are.
PARTS: dict[str, str] = {
    "mask_decoder": "sam2.mask_decoder.",
    "seg_head": "seg_head.",
    "projector": "internvl.model.multi_modal_projector.",
    "token_embeddings": "internvl.model.language_model.embed_tokens.",
    "lm_head": "internvl.lm_head.",
    "language_model": "internvl.model.language_model.",
    "vision_tower": "internvl.model.vision_tower.",
    "image_encoder": "sam2.vision_encoder.",
}
_LINEARS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass(frozen=True)
class Lora:
    """Low-rank adapters on all linears of the language model's layers; rank 0 for none (released: 128, 256, 0.05)."""

    rank: int = 0
    alpha: float = 256
    dropout: float = 0.05


def choose_parts(
    model: TerraScopeForConditionalGeneration, parts: Sequence[str], lora: Lora | None = None, *, frozen: str = "fp32"
) -> list[str]:
    """Freeze everything but `parts`, add LoRA, and return the names of what is trained.

    Parameters
    ----------
    frozen
        Number format of the frozen parameters, "fp32" or "bf16"; trained ones are always float32.

    Raises
    ------
    TrainingError
        If a part is unknown, or peft is missing.
    """
    if unknown := [part for part in parts if part not in PARTS]:
        raise TrainingError(f"There is no part {unknown[0]!r} to train.", f"Use some of {', '.join(PARTS)}.")
    model.requires_grad_(False)
    if lora is not None and lora.rank:
        _add_lora(model, lora)
    prefixes = tuple(PARTS[part] for part in parts)
    for name, parameter in model.named_parameters():
        if name.startswith(prefixes) and ".lora_" not in name:
            parameter.requires_grad_(True)
    trained = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            trained.append(name)
            if not parameter.is_meta:
                parameter.data = parameter.data.float()
        elif frozen == "bf16" and not parameter.is_meta:
            parameter.data = parameter.data.to(torch.bfloat16)
    if not trained:
        raise TrainingError("The recipe trains nothing.", f"Set train to some of {', '.join(PARTS)}.")
    set_modes(model)
    return trained


def _add_lora(model: TerraScopeForConditionalGeneration, lora: Lora) -> None:
    if importlib.util.find_spec("peft") is None:
        raise TrainingError("LoRA needs peft, which is not installed.", "Install it, or set lora.rank = 0.")
    from peft import LoraConfig, inject_adapter_in_model

    settings = LoraConfig(
        r=lora.rank, lora_alpha=lora.alpha, lora_dropout=lora.dropout, target_modules=list(_LINEARS), bias="none"
    )
    inject_adapter_in_model(settings, model.internvl.model.language_model)


def set_modes(model: nn.Module) -> None:
    """Training mode (dropout, gradient checkpoints) for modules on the way to a trained parameter, none elsewhere."""
    model.eval()
    for module in model.modules():
        if any(parameter.requires_grad for parameter in module.parameters()):
            module.training = True


def checkpoint_gradients(model: TerraScopeForConditionalGeneration) -> None:
    """Recompute the language model's layers in the backward pass instead of keeping what they computed."""
    model.internvl.model.language_model.activation_checkpointing_enable({"use_reentrant": False})


def merge_lora(model: nn.Module) -> int:
    """Add the adapters to the weights that they belong to and take them out; returns how many there were."""
    found = [
        (name, module)
        for name, module in model.named_modules()
        if hasattr(module, "get_base_layer") and hasattr(module, "merge")
    ]
    for name, module in found:
        merging: Any = module
        merging.merge()
        parent, _, leaf = name.rpartition(".")
        setattr(model.get_submodule(parent), leaf, merging.get_base_layer())
    return len(found)
