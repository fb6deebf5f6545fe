"""The golden checkpoint as a network: TerraScope's own architecture, every module, small sizes, known weights."""

from __future__ import annotations

import json
import runpy
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from terrascope.networks.interface import Decoding, NetworkInfo, Prompt
from terrascope.scene.types import Affine6, Grid, Role, Scale, Scene, Source, View

PORTABLE = Path(__file__).resolve().parents[1] / "golden_portable"
FILES = ("config.json", "merges.txt", "vocab.json", "tokenizer.json", "tokenizer_config.json", "added_tokens.json")
Picture = NDArray[np.uint8]


def picture(width: int, height: int, phase: int) -> Picture:
    """Test picture of the golden runs, uint8 [height, width, 3]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    r = 127 + 90 * np.sin(x / 17 + phase) * np.cos(y / 29)
    g = 110 + 80 * np.cos((x + y) / 23 - phase)
    b = 96 + 70 * np.sin(x * y / 4096 + phase)
    return np.clip(np.rint(np.stack([r, g, b], -1)), 0, 255).astype(np.uint8)


def load(folder: Path, recipe: Path, seed: int, attention: str = "eager") -> Any:
    """Write a golden checkpoint in the published layout, import it, load it; returns a FullNetwork."""
    from safetensors.torch import load_file, save_file

    from terrascope.networks.full.convert import import_published
    from terrascope.networks.full.session import load_full

    published = folder / "published"
    published.mkdir(parents=True)
    for name in (*FILES, "special_tokens_map.json"):
        shutil.copyfile(recipe / name, published / name)
    head = next(iter(load_file(recipe / "lm_head.safetensors").values()))
    rebuild = runpy.run_path(str(PORTABLE / "weights.py"))["rebuild"]
    shapes = json.loads((recipe / "shapes.json").read_text())
    save_file(rebuild(shapes, head, seed), published / "model.safetensors", metadata={"format": "pt"})
    return load_full(import_published(published, folder / "imported"), "cpu", "fp32", attention=attention)


class Shown:
    """A network that is shown given pictures in place of a scene's rendering."""

    def __init__(self, network: Any, pictures: Sequence[Picture]) -> None:
        self.network, self.pictures = network, list(pictures)
        self.info: NetworkInfo = replace(network.info)

    def begin(self, scene: Scene, prompt: Prompt) -> Decoding:
        decoding: Decoding = self.network.begin(self.pictures, prompt)
        return decoding


def scene_of(pictures: Sequence[Picture], roles: Sequence[Role] | None = None) -> Scene:
    """A scene without dates or CRS that holds the pictures as 8-bit views."""
    height, width = pictures[0].shape[:2]
    views = tuple(
        View(
            f"t{rank + 1}",
            roles[rank] if roles else Role.OPTICAL,
            None,
            ("red", "green", "blue"),
            Scale.DISPLAY,
            np.moveaxis(image.astype(np.float32) / 255, -1, 0),
            np.ones(image.shape[:2], dtype=bool),
            Source(f"t{rank + 1}.png"),
        )
        for rank, image in enumerate(pictures)
    )
    return Scene(Grid(width, height, Affine6(1, 0, 0, 0, -1, 0), None), views, None)
