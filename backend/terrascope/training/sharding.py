"""Whole tensors of a run that is spread over processes, and back: plain and data-parallel, FSDP, DeepSpeed ZeRO."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from terrascope.training.checkpoint import plain_state, set_plain_state

_MOMENTS = ("exp_avg", "exp_avg_sq")


def _kind(accelerator: Any) -> str:
    name = str(getattr(accelerator.distributed_type, "value", accelerator.distributed_type))
    return {"FSDP": "fsdp", "DEEPSPEED": "deepspeed"}.get(name, "plain")


def _trained(accelerator: Any, module: nn.Module) -> dict[str, Tensor]:
    bare = accelerator.unwrap_model(module)
    return {name: parameter for name, parameter in bare.named_parameters() if parameter.requires_grad}


def gathered(accelerator: Any, module: nn.Module, optimizer: Any) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Trained weights and optimizer tensors by parameter name, whole. Every process must call it."""
    kind = _kind(accelerator)
    if kind == "fsdp":
        return _gathered_fsdp(module, optimizer)
    if kind == "deepspeed":
        return _gathered_deepspeed(accelerator, module)
    parameters = _trained(accelerator, module)
    return dict(parameters), plain_state(parameters, _inner(optimizer))


def scattered(
    accelerator: Any, module: nn.Module, optimizer: Any, weights: Mapping[str, Tensor], state: Mapping[str, Tensor]
) -> None:
    """Put whole weights and optimizer tensors back. Every process must call it, with the same tensors."""
    kind = _kind(accelerator)
    if kind == "fsdp":
        _scatter_fsdp(module, optimizer, weights, state)
    elif kind == "deepspeed":
        _scatter_deepspeed(accelerator, module, weights, state)
    else:
        parameters = _trained(accelerator, module)
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.copy_(weights[name])
        set_plain_state(parameters, _inner(optimizer), state)


def _inner(optimizer: Any) -> torch.optim.Optimizer:
    return getattr(optimizer, "optimizer", optimizer)


def _gathered_fsdp(module: nn.Module, optimizer: Any) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_state_dict

    options = StateDictOptions(full_state_dict=True, cpu_offload=True, ignore_frozen_params=True)
    weights, states = get_state_dict(module, _inner(optimizer), options=options)
    flat = {f"{name}/{key}": value for name, own in states.get("state", {}).items() for key, value in own.items()}
    return dict(weights), flat


def _scatter_fsdp(
    module: nn.Module, optimizer: Any, weights: Mapping[str, Tensor], state: Mapping[str, Tensor]
) -> None:
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_optimizer_state_dict, set_state_dict

    options = StateDictOptions(full_state_dict=True, cpu_offload=True, strict=False)
    inner = _inner(optimizer)
    groups = get_optimizer_state_dict(module, inner, options=options)["param_groups"]
    own: dict[str, dict[str, Tensor]] = {}
    for key, value in state.items():
        name, _, what = key.rpartition("/")
        own.setdefault(name, {})[what] = value
    set_state_dict(
        module,
        inner,
        model_state_dict=dict(weights),
        optim_state_dict={"state": own, "param_groups": groups},
        options=options,
    )


def _gathered_deepspeed(accelerator: Any, module: nn.Module) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    zero = importlib.import_module("deepspeed.utils")  # optional

    weights, state = {}, {}
    for name, parameter in _trained(accelerator, module).items():
        whole = zero.safe_get_full_fp32_param(parameter)
        weights[name] = parameter if whole is None else whole
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
