"""Whole tensors of a run that is spread over processes, and back: plain and data-parallel, FSDP, DeepSpeed ZeRO."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

_MOMENTS = ("exp_avg", "exp_avg_sq")


def _deepspeed(accelerator: Any) -> bool:
    return str(getattr(accelerator.distributed_type, "value", "")) == "DEEPSPEED"


def _trained(accelerator: Any, module: nn.Module) -> dict[str, Tensor]:
    bare = accelerator.unwrap_model(module)
    return {name: parameter for name, parameter in bare.named_parameters() if parameter.requires_grad}


def gathered(accelerator: Any, module: nn.Module, optimizer: Any) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Trained weights and optimizer tensors by parameter name, whole, on the CPU. Every process must call it."""
    if _deepspeed(accelerator):
        return _gathered_deepspeed(accelerator, module)
    weights, states = {}, {}
    inner = _inner(optimizer)
    for name, parameter in _trained(accelerator, module).items():
        weights[name] = whole(parameter.detach()).cpu()
        for key, value in inner.state.get(parameter, {}).items():
            states[f"{name}/{key}"] = whole(value).cpu() if isinstance(value, Tensor) else torch.tensor(float(value))
    return weights, states


def scattered(
    accelerator: Any, module: nn.Module, optimizer: Any, weights: Mapping[str, Tensor], state: Mapping[str, Tensor]
) -> None:
    """Put whole weights and optimizer tensors back. Every process must call it, with the same tensors."""
    if _deepspeed(accelerator):
        _scatter_deepspeed(accelerator, module, weights, state)
        return
    own: dict[str, dict[str, Tensor]] = {}
    for key, value in state.items():
        name, _, what = key.rpartition("/")
        own.setdefault(name, {})[what] = value
    inner = _inner(optimizer)
    for name, parameter in _trained(accelerator, module).items():
        with torch.no_grad():
            parameter.copy_(like(weights[name], parameter))
        if name in own:
            inner.state[parameter] = {
                what: value.clone() if what == "step" else like(value.clone(), parameter)
                for what, value in own[name].items()
            }


def whole(value: Any) -> Tensor:
    """A tensor that is spread over processes as one; others as they are."""
    return value.full_tensor() if hasattr(value, "full_tensor") else value


def like(value: Tensor, parameter: Any) -> Tensor:
    """A whole tensor on a parameter's device, spread over processes as it is."""
    value = value.to(parameter.device)
    if not hasattr(parameter, "full_tensor"):
        return value
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(value, parameter.device_mesh, parameter.placements)


def _inner(optimizer: Any) -> torch.optim.Optimizer:
    return getattr(optimizer, "optimizer", optimizer)


def _gathered_deepspeed(accelerator: Any, module: nn.Module) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    zero = importlib.import_module("deepspeed.utils")  # optional

    weights, state = {}, {}
    for name, parameter in _trained(accelerator, module).items():
        full = zero.safe_get_full_fp32_param(parameter)
        weights[name] = parameter if full is None else full
        for moment in _MOMENTS:
            value = zero.safe_get_full_optimizer_state(parameter, moment)
            if value is not None:
                state[f"{name}/{moment}"] = value
    return weights, state


def _scatter_deepspeed(
    accelerator: Any, module: nn.Module, weights: Mapping[str, Tensor], state: Mapping[str, Tensor]
) -> None:
    zero = importlib.import_module("deepspeed.utils")  # optional

    for name, parameter in _trained(accelerator, module).items():
        zero.safe_set_full_fp32_param(parameter, weights[name])
        for moment in _MOMENTS:
            if f"{name}/{moment}" in state:
                zero.safe_set_full_optimizer_state(parameter, state[f"{name}/{moment}"], moment)
