"""The golden checkpoints: rebuilt from their recipe in the published layout, imported once, loaded once."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

if TYPE_CHECKING:
    import torch

    from terrascope.networks.full.modeling import TerraScopeForConditionalGeneration

PORTABLE = Path(__file__).resolve().parents[2] / "golden_portable"
sys.path.insert(0, str(PORTABLE))

SEED = {"portable": 3, "shared": 16}
_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "added_tokens.json", "special_tokens_map.json", "vocab.json")


@lru_cache(maxsize=2)
def rebuilt(recipe: Path, seed: int) -> dict[str, torch.Tensor]:
    """All published tensors of a golden checkpoint, from their names."""
    from safetensors.torch import load_file
    from weights import rebuild

    shapes = json.loads((recipe / "shapes.json").read_text())
    return rebuild(shapes, next(iter(load_file(recipe / "lm_head.safetensors").values())), seed)


def write_published(folder: Path, recipe: Path, seed: int, shards: int = 1) -> Path:
    """Write a golden checkpoint as its authors publish one: config, tokenizer and one or several safetensors files."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    tensors = rebuilt(recipe, seed)
    for name in ("config.json", "merges.txt", *_TOKENIZER):
        shutil.copyfile(recipe / name, folder / name)
    if shards == 1:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return folder
    names = [f"model-{i:05d}-of-{shards:05d}.safetensors" for i in range(1, shards + 1)]
    parts = np.array_split(np.array(list(tensors)), shards)
    for name, keys in zip(names, parts):
        save_file({str(key): tensors[str(key)] for key in keys}, folder / name, metadata={"format": "pt"})
    weight_map = {str(key): name for name, keys in zip(names, parts) for key in keys}
    index = {"metadata": {"total_size": sum(t.nbytes for t in tensors.values())}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2))
    return folder


class Case(NamedTuple):
    """One recorded question: its text, image sizes and arrays."""

    name: str
    text: str
    pictures: list[np.ndarray]
    figures: Mapping[str, np.ndarray]


def picture(width: int, height: int, phase: int) -> np.ndarray:
    """Test picture of the portable golden run, uint8 [height, width, 3]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    r = 127 + 90 * np.sin(x / 17 + phase) * np.cos(y / 29)
    g = 110 + 80 * np.cos((x + y) / 23 - phase)
    b = 96 + 70 * np.sin(x * y / 4096 + phase)
    return np.clip(np.rint(np.stack([r, g, b], -1)), 0, 255).astype(np.uint8)


PICTURES = {
    "single_1tile": [(256, 256, 0)],
    "single_tiles": [(1000, 600, 1)],
    "multi_2img": [(300, 200, 2), (300, 200, 3)],
}


@pytest.fixture(scope="session")
def portable_cases() -> dict[str, Case]:
    cases = json.loads((PORTABLE / "cases.json").read_text())
    with np.load(PORTABLE / "figures.npz") as arrays:
        figures = {name: arrays[name] for name in arrays.files}
    return {
        name: Case(
            name,
            case["text"],
            [picture(*size) for size in PICTURES[name]],
            {key.split("/")[1]: value for key, value in figures.items() if key.startswith(name + "/")},
        )
        for name, case in cases.items()
    }


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The portable golden checkpoint in the published layout, in three shards."""
    return write_published(tmp_path_factory.mktemp("golden") / "published", PORTABLE, SEED["portable"], shards=3)


@pytest.fixture(scope="session")
def imported(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from terrascope.networks.full.convert import import_published

    return import_published(published, tmp_path_factory.mktemp("golden") / "imported")


@pytest.fixture(scope="session")
def model(imported: Path) -> TerraScopeForConditionalGeneration:
    from terrascope.networks.full.loading import load_config, read_weights

    return read_weights(imported, load_config(imported), "cpu", "fp32", "eager")
