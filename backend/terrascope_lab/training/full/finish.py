"""From a checkpoint of a run to a model in our layout: adapters merged, everything else as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from terrascope.networks.full.convert import SHARD_BYTES
from terrascope.networks.full.layout import (
    CARRIED,
    PROCESSOR,
    TOKENIZER_FILES,
    WEIGHTS,
    appearing,
    digest_of,
    our_weight_files,
    write_json,
)
from terrascope.networks.full.loading import load_config, read_weights
from terrascope.networks.full.processing import TerraScopeProcessor
from terrascope.networks.full.published import INDEX, SINGLE, read_json
from terrascope.networks.full.tensor_file import sha256_of
from terrascope_lab.training.checkpoint import read_weights_of
from terrascope_lab.training.errors import TrainingError
from terrascope_lab.training.full.examples import Selection
from terrascope_lab.training.full.parts import Lora, choose_parts, merge_lora

_PRECISIONS = {"float32": "fp32", "bfloat16": "bf16", "float16": "fp16"}


def stored_precision(folder: Path) -> str:
    """Number format of a checkpoint's weights."""
    raw = read_json(folder / "config.json")
    return _PRECISIONS.get(str(raw.get("dtype") or raw.get("torch_dtype")), "fp32")


def write_model(
    base: Path, checkpoint: Path, parts: tuple[str, ...], lora: Lora, selection: Selection, out: Path
) -> Path:
    """Write the trained model.

    Parameters
    ----------
    base
        Folder in our layout that the training began with.
    checkpoint
        Of the run.
    parts, lora
        What was trained.
    selection
        How masks chose visual tokens; the model's default from now on.
    out
        New folder; a model that stands there already is replaced.

    Raises
    ------
    TrainingError
        If the checkpoint is not one of `base` and `parts`.
    """
    precision = stored_precision(base)
    model = read_weights(base, load_config(base), "cpu", precision)
    dtype = model.dtype
    trained = choose_parts(model, parts, lora)
    weights = {name.removeprefix("model."): value for name, value in read_weights_of(checkpoint).items()}
    if set(weights) != set(trained):
        odd = sorted(set(weights) ^ set(trained))[0]
        raise TrainingError(
            f"The checkpoint {checkpoint.name!r} does not fit the recipe: {odd!r} is in one of them only.",
            "Give the recipe that the run was made with.",
        )
    for module in model.modules():
        if hasattr(module, "get_base_layer"):  # adapters are added in float32 and rounded once
            module.float()
    model.load_state_dict({**weights}, strict=False)
    merge_lora(model)
    model.to(dtype)
    with appearing_anew(out) as work:
        _write_tensors(work, {name: value.contiguous() for name, value in model.state_dict().items()})
        config = model.config.to_dict()
        config["architectures"], config["dtype"] = [type(model).__name__], str(dtype).removeprefix("torch.")
        write_json(work / "config.json", config)
        for name in TOKENIZER_FILES:
            if (base / name).is_file():
                shutil.copyfile(base / name, work / name)
        settings = read_json(base / PROCESSOR) if (base / PROCESSOR).is_file() else {}
        settings |= {"selection": selection.name, "selection_cap": selection.cap}
        write_json(work / PROCESSOR, settings)
        if (base / CARRIED).is_dir():
            shutil.copytree(base / CARRIED, work / CARRIED)
        files = {
            name: {"bytes": (work / name).stat().st_size, "sha256": sha256_of(work / name)}
            for name in our_weight_files(work)
        }
        record = {"origin": f"trained from {base.name}", "sha256": digest_of(files), "files": files, "layout": 1}
        write_json(work / WEIGHTS, record)
    TerraScopeProcessor.from_pretrained(out)
    return out


def _write_tensors(folder: Path, tensors: dict[str, Tensor]) -> None:
    """Write weights under the model's own names, in shards with an index where they are many."""
    shards: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, value in tensors.items():
        if size and size + value.nbytes > SHARD_BYTES:
            shards.append({})
            size = 0
        shards[-1][name] = value
        size += value.nbytes
    names = [SINGLE]
    if len(shards) > 1:
        names = [f"model-{i:05d}-of-{len(shards):05d}.safetensors" for i in range(1, len(shards) + 1)]
        where = {key: name for name, shard in zip(names, shards) for key in shard}
        total = sum(value.nbytes for value in tensors.values())
        write_json(folder / INDEX, {"metadata": {"total_size": total}, "weight_map": where})
    for name, shard in zip(names, shards):
        storages = {value.data_ptr() for value in shard.values()}
        own = shard if len(storages) == len(shard) else {key: value.clone() for key, value in shard.items()}
        save_file(own, folder / name, metadata={"format": "pt"})


class appearing_anew:
    """As `layout.appearing`, replacing a folder that is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._aside = folder.with_name(folder.name + ".old")

    def __enter__(self) -> Path:
        self._remove_aside()
        if self._folder.is_dir():
            self._folder.rename(self._aside)
        self._inner = appearing(self._folder)
        return self._inner.__enter__()

    def __exit__(self, *error: object) -> None:
        try:
            self._inner.__exit__(*error)  # type: ignore[arg-type]
        finally:
            if self._folder.is_dir():
                self._remove_aside()
            elif self._aside.is_dir():
                self._aside.rename(self._folder)

    def _remove_aside(self) -> None:
        if (self._aside / WEIGHTS).is_file():  # a folder of that name that holds no checkpoint is somebody else's
            shutil.rmtree(self._aside, ignore_errors=True)
