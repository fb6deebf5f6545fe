"""The published checkpoint layout: reading its configuration and shards, and refusing what is not TerraScope."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch

from terrascope.errors import CheckpointError
from terrascope.networks.full.configuration import HIERA_LARGE, TerraScopeConfig, internvl_config, sam2_config
from terrascope.networks.full.keymap import Shape, published_shapes
from terrascope.networks.full.modeling import TerraScopeForConditionalGeneration
from terrascope.networks.full.tensor_file import TensorFile, read_tensor_file, sha256_of

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
SUMS = "SHA256SUMS"
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_SHOWN = 8


@dataclass(frozen=True)
class Published:
    """A checked folder in the published layout.

    `files` are its shards in name order, `where` says which of them holds a key.
    """

    folder: Path
    raw_config: Mapping[str, object]
    config: TerraScopeConfig
    files: Mapping[str, TensorFile]
    where: Mapping[str, str]


def read_json(path: Path) -> dict:
    """Read a JSON object.

    Raises
    ------
    CheckpointError
        If the file is missing or is not a JSON object.
    """
    if not path.is_file():
        raise CheckpointError(
            f"There is no {path.name!r} in {path.parent.name!r}.", "Give the folder that holds the whole checkpoint."
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise CheckpointError(f"{path.name!r} is not valid JSON: {error}.", "Copy or download it again.") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path.name!r} is not a JSON object.", "Copy or download it again.")
    return content


def config_from_published(raw: Mapping[str, object]) -> TerraScopeConfig:
    """Turn a published `config.json` into ours.

    Raises
    ------
    CheckpointError
        If it describes another architecture, or a variant whose equality with the official code was not proven.
    """

    def need(what: str, value: object, allowed: tuple[object, ...], hint: str) -> None:
        if value not in allowed:
            raise CheckpointError(f"{what} is {value!r}, {' or '.join(repr(a) for a in allowed)} is understood.", hint)

    other = "Only TerraScope checkpoints (Sa2VAChatModel with InternVL3 and Qwen2) can be imported."
    architectures = raw.get("architectures")
    name = architectures[0] if isinstance(architectures, list) and architectures else None
    need("The architecture in config.json", name, ("Sa2VAChatModel",), other)
    vision, text = raw.get("vision_config"), raw.get("llm_config")
    if not isinstance(vision, dict) or not isinstance(text, dict):
        raise CheckpointError("config.json has no vision_config or no llm_config.", other)
    need("llm_config.architectures", (text.get("architectures") or [None])[0], ("Qwen2ForCausalLM",), other)
    need(
        "Pixel shuffle version ps_version",
        raw.get("ps_version", "v1"),
        ("v2",),
        "Version v1 orders the visual tokens otherwise; export the checkpoint from an InternVL 1.5 or later base.",
    )
    need("template", raw.get("template"), ("qwen_chat",), other)
    need("select_layer", raw.get("select_layer", -1), (-1,), other)
    need("downsample_ratio", raw.get("downsample_ratio", 0.5), (0.5,), other)
    six_billion = "The 6B vision tower is not supported; use a checkpoint on InternViT-300M."
    need("vision_config.norm_type", vision.get("norm_type", "layer_norm"), ("layer_norm",), six_billion)
    need("vision_config.qk_normalization", vision.get("qk_normalization", False), (False,), six_billion)
    need("vision_config.qkv_bias", vision.get("qkv_bias", True), (True,), other)
    need("llm_config.tie_word_embeddings", text.get("tie_word_embeddings", False), (False,), other)
    hiera = raw.get("tiny_sam2", HIERA_LARGE)  # published files leave SAM 2's size out: it is Hiera-L
    if not isinstance(hiera, dict):
        raise CheckpointError("tiny_sam2 in config.json is not an object.", other)
    try:
        return TerraScopeConfig(
            internvl_config=internvl_config(text, vision).to_dict(), sam2_config=sam2_config(hiera).to_dict()
        )
    except KeyError as error:
        raise CheckpointError(f"config.json lacks {error}.", "Copy or download it again.") from error


def model_shapes(config: TerraScopeConfig) -> dict[str, Shape]:
    """Key and shape of every tensor of a model, built on the meta device (no memory, any size)."""
    return dict(_shapes_of(config.to_json_string(use_diff=False)))


@lru_cache(maxsize=8)
def _shapes_of(config: str) -> tuple[tuple[str, Shape], ...]:
    with torch.device("meta"):
        model = TerraScopeForConditionalGeneration(TerraScopeConfig.from_dict(json.loads(config)))
    return tuple((key, tuple(tensor.shape)) for key, tensor in model.state_dict().items())


def _shard_names(folder: Path) -> tuple[list[str], dict[str, str] | None]:
    if (folder / INDEX).is_file():
        weight_map = read_json(folder / INDEX).get("weight_map")
        if not isinstance(weight_map, dict) or not weight_map:
            raise CheckpointError(f"{INDEX!r} has no weight_map.", "Copy or download it again.")
        names = sorted(set(weight_map.values()))
        if strange := [name for name in names if not re.fullmatch(r"[\w.\-]+\.safetensors", str(name))]:
            raise CheckpointError(f"{INDEX!r} names {strange[0]!r}, which is no safetensors file of this folder.")
        return names, weight_map
    if (folder / SINGLE).is_file():
        return [SINGLE], None
    pickles = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
    if pickles:
        raise CheckpointError(
            f"{folder.name!r} holds its weights as pickle ({pickles[0]}), which can run code and is not read.",
            "Convert it to safetensors first, or use the published safetensors files.",
        )
    raise CheckpointError(
        f"There are no weights in {folder.name!r} ({SINGLE} or {INDEX}).",
        "Give the folder that holds the whole checkpoint.",
    )


def _check_sums(folder: Path, names: list[str], sums: Mapping[str, str]) -> None:
    for name in names:
        if name in sums and (found := sha256_of(folder / name)) != sums[name].lower():
            raise CheckpointError(
                f"The SHA-256 of {name!r} is {found}, {sums[name].lower()} is expected.",
                "The file was changed or damaged: download it again.",
            )


def read_sums(folder: Path) -> dict[str, str]:
    """Read a `SHA256SUMS` file (`HEX  NAME` a line) if the folder has one."""
    path = folder / SUMS
    if not path.is_file():
        return {}
    lines = (line.split(maxsplit=1) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return {parts[1].strip().lstrip("*"): parts[0] for parts in lines if len(parts) == 2}


def listed(names: list[str]) -> str:
    """Join names for an error, the first few of many."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def check_keys(found: Mapping[str, Shape], expected: Mapping[str, Shape], what: str) -> None:
    """Compare keys and shapes; name every kind of difference.

    Raises
    ------
    CheckpointError
        If a key is missing, unexpected or has another shape.
    """
    missing = [key for key in expected if key not in found]
    unexpected = [key for key in found if key not in expected]
    misshaped = [
        f"{key} is {list(found[key])}, not {list(expected[key])}"
        for key in expected
        if key in found and found[key] != expected[key]
    ]
    problems = [
        f"{len(names)} {label}: {listed(names)}"
        for label, names in (("missing", missing), ("unexpected", unexpected), ("wrongly shaped", misshaped))
        if names
    ]
    if problems:
        raise CheckpointError(
            f"The tensors of {what} do not fit its configuration. " + "; ".join(problems) + ".",
            "Check that config.json and the weights belong together and that every shard is there.",
        )


def read_published(folder: Path, sums: Mapping[str, str] | None = None) -> Published:
    """Read and check a folder in the published layout.

    Parameters
    ----------
    folder
        Holds `config.json` and `model.safetensors` or its sharded form with index.
    sums
        Expected SHA-256 of files by name; a `SHA256SUMS` file in the folder is used when none are given.

    Raises
    ------
    CheckpointError
        Names the missing, unexpected or wrongly shaped keys, the damaged shard, or the foreign architecture.
    """
    if not folder.is_dir():
        raise CheckpointError(f"There is no folder {str(folder)!r}.", "Give a folder or HF-ID@REVISION.")
    raw = read_json(folder / "config.json")
    if raw.get("model_type") == TerraScopeConfig.model_type:
        raise CheckpointError(f"{folder.name!r} is imported already.", "Load it as it is, or export it.")
    config = config_from_published(raw)
    names, weight_map = _shard_names(folder)
    if absent := [name for name in names if not (folder / name).is_file()]:
        raise CheckpointError(f"Shards are missing in {folder.name!r}: {listed(absent)}.", "Download them too.")
    files = {name: read_tensor_file(folder / name) for name in names}
    where: dict[str, str] = {}
    for name, file in files.items():
        for key in file.entries:
            if key in where:
                raise CheckpointError(f"{key!r} stands in {where[key]!r} and again in {name!r}.")
            where[key] = name
    if weight_map is not None:
        wrong = [key for key, name in weight_map.items() if where.get(key) != name]
        if wrong:
            raise CheckpointError(
                f"{INDEX!r} places {len(wrong)} tensors in shards that do not hold them: {listed(wrong)}.",
                "The index and the shards are of different versions; download them together.",
            )
    found = {key: files[name].entries[key].shape for key, name in where.items()}
    check_keys(found, published_shapes(model_shapes(config)), repr(folder.name))
    _check_sums(folder, names, read_sums(folder) if sums is None else sums)
    return Published(folder, raw, config, files, where)
