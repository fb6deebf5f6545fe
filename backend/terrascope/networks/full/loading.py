"""From a checkpoint folder to a model on a device, in a precision that fits."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from terrascope.errors import CheckpointError, NetworkError
from terrascope.networks.full import devices
from terrascope.networks.full.configuration import TerraScopeConfig
from terrascope.networks.full.layout import verify_weights
from terrascope.networks.full.memory import memory_needed
from terrascope.networks.full.modeling import TerraScopeForConditionalGeneration
from terrascope.networks.full.precision import PRECISIONS, QUANTISED_PREFIX, precision_of, quantisation_config
from terrascope.networks.full.published import read_json

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loaded:
    """A model ready to run. `notes` say why a better device was passed over."""

    model: TerraScopeForConditionalGeneration
    name: str
    weights_sha256: str
    precision: str
    device_title: str
    notes: tuple[str, ...] = ()


def load_config(folder: Path) -> TerraScopeConfig:
    """Read the configuration of a checkpoint in our layout.

    Raises
    ------
    CheckpointError
        If it is another model; a published checkpoint is told to be imported first.
    """
    if not folder.is_dir():
        raise CheckpointError(f"There is no folder {str(folder)!r}.", "Give the folder of an imported checkpoint.")
    raw = read_json(folder / "config.json")
    if raw.get("model_type") == "sa2va_chat":
        raise CheckpointError(
            f"{folder.name!r} is in the published layout.", "Import it first: terrascope models import FOLDER TARGET."
        )
    if raw.get("model_type") != TerraScopeConfig.model_type:
        raise CheckpointError(
            f"{folder.name!r} holds a {raw.get('model_type')!r} model, not TerraScope.",
            "Give the folder of an imported TerraScope checkpoint.",
        )
    return TerraScopeConfig.from_dict(raw)


def load_model(
    folder: Path,
    *,
    device: str | None = None,
    precision: str | None = None,
    attention: str = "sdpa",
    verify: bool = True,
) -> Loaded:
    """Load a checkpoint.

    Parameters
    ----------
    folder
        Checkpoint in our layout.
    device, precision
        Names, or "auto" or None to choose (see `fitting_precision`).
    attention
        transformers' attention implementation.
    verify
        Compare the SHA-256 of every weight file with the recorded one (reads the files once).

    Raises
    ------
    NetworkError
        If the checkpoint is damaged, the device does not compute, or the memory is not enough.
    """
    config = load_config(folder)
    digest = verify_weights(folder) if verify else ""
    proof, notes = devices.choose(device)
    for note in notes:
        log.warning("%s", note)
    name = fitting_precision(config, proof, precision)
    with devices.memory_errors(proof.name):
        model = read_weights(folder, config, proof.name, name, attention)
    return Loaded(model, folder.name, digest, name, f"{proof.name} ({proof.title})", notes)


def fitting_precision(config: TerraScopeConfig, proof: devices.DeviceProof, wanted: str | None) -> str:
    """Choose or check a precision for a device's free memory.

    "auto": bf16 (fp16 on a GPU without it), on the CPU fp32 where it fits; 4 bit is never chosen unasked.

    Raises
    ------
    NetworkError
        If it does not fit; names the precisions that would.
    """
    gpu = not proof.name.startswith("cpu")
    if wanted in (None, "", "auto"):
        half = "bf16" if proof.bf16 and not proof.name.startswith("mps") else "fp16"
        order = [half] if gpu else ["fp32", half]
    else:
        order = [precision_of(str(wanted)).name]
    if proof.free_bytes is None:
        return order[-1]
    needs = {name: memory_needed(config, name, gpu=gpu).total for name in PRECISIONS}
    for name in order:
        if needs[name] <= proof.free_bytes:
            return name
    fitting = [f"{name} ({need / 1e9:.1f} GB)" for name, need in needs.items() if need <= proof.free_bytes]
    raise NetworkError(
        f"The model needs {needs[order[-1]] / 1e9:.1f} GB in {order[-1]}; {proof.title} has "
        f"{proof.free_bytes / 1e9:.1f} GB free.",
        f"These would fit: {', '.join(fitting)}." if fitting else "Use a device with more memory.",
    )


def read_weights(
    folder: Path, config: TerraScopeConfig, device: str, precision: str, attention: str = "sdpa"
) -> TerraScopeForConditionalGeneration:
    """Read the weights onto a device; every key must be there, and no other.

    Raises
    ------
    CheckpointError
        Names missing, unexpected or wrongly shaped keys.
    NetworkError
        If a 4-bit package is missing, or touched a part that it must not.
    """
    chosen = precision_of(precision)
    quantisation = quantisation_config(chosen, device)
    model, report = TerraScopeForConditionalGeneration.from_pretrained(
        str(folder),
        config=config,
        dtype=chosen.dtype,
        attn_implementation=attention,
        quantization_config=quantisation,
        device_map={"": device},
        local_files_only=True,
        use_safetensors=True,
        output_loading_info=True,
    )
    problems = [f"{kind}: {sorted(map(str, keys))[:8]}" for kind, keys in report.items() if keys]
    if problems:
        raise CheckpointError(
            f"The weights of {folder.name!r} do not fit its configuration: {'; '.join(problems)}.",
            "Import the checkpoint again.",
        )
    if quantisation is not None:
        check_quantised(model)
    return model.eval()


def check_quantised(model: nn.Module) -> None:
    """Make sure that a 4-bit format touched all linears of the language model's layers and nothing else.

    Raises
    ------
    NetworkError
        Names a part that was touched or left out.
    """
    for name, module in model.named_modules():
        if not isinstance(module, nn.Linear):
            continue
        packed = not (type(module.weight) is nn.Parameter and module.weight.dtype.is_floating_point)
        if packed != name.startswith(QUANTISED_PREFIX):
            raise NetworkError(
                f"{name!r} is {'packed to' if packed else 'not in'} 4 bit.", "Use bf16, and report this combination."
            )


def from_model(
    model: TerraScopeForConditionalGeneration, name: str = "in memory", precision: str | None = None
) -> Loaded:
    """Wrap a model that is in memory already (in training, or made at random)."""
    dtypes = {torch.float32: "fp32", torch.bfloat16: "bf16", torch.float16: "fp16"}
    digest = hashlib.sha256(repr(sorted((k, tuple(v.shape)) for k, v in model.state_dict().items())).encode())
    return Loaded(
        model.eval(), name, f"shapes:{digest.hexdigest()}", precision or dtypes[model.dtype], str(model.device)
    )
