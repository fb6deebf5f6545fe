"""A tiny full model with every module of the real one, and a handful of samples in the published format."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from terrascope.masks.rle import encode

PORTABLE = Path(__file__).resolve().parents[2] / "backend" / "golden_portable"
SIDE = 64
COLOURS = {"water": (30, 60, 200), "forest": (20, 140, 40)}


def picture(number: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A field with a lake and a wood at places that depend on `number`: uint8 [64, 64, 3] and its masks."""
    rng = np.random.default_rng(number)
    pixels = np.full((SIDE, SIDE, 3), (190, 180, 90), np.float64) + rng.normal(0, 6, (SIDE, SIDE, 3))
    masks = {}
    for rank, (name, colour) in enumerate(COLOURS.items()):
        left, top = rng.integers(2, 22), rng.integers(2, 34)
        mask = np.zeros((SIDE, SIDE), bool)
        mask[top : top + 26, left + 32 * rank - 2 * rank : left + 32 * rank - 2 * rank + 10] = True
        pixels[mask] = np.array(colour) + rng.normal(0, 6, (int(mask.sum()), 3))
        masks[name] = mask
    return np.clip(pixels, 0, 255).astype(np.uint8), masks


def entry(number: int, labels: tuple[str, ...] = ("water", "forest")) -> dict:
    masks = picture(number)[1]
    chain = " ".join(f"There is {label} [SEG] here." for label in labels)
    return {
        "image": f"{number}.png",
        "conversations": [
            {"from": "human", "value": "<image>\nWhich is larger?"},
            {"from": "gpt", "value": f"<think>{chain}</think><answer>{labels[number % len(labels)]}</answer>"},
        ],
        "labels": list(labels),
        "masks": [[dict(encode(masks[label]))] for label in labels],
        "seg_info": [{"label": label} for label in labels],
    }


def temporal_entry(number: int) -> dict:
    before, after = picture(number)[1], picture(number + 1)[1]
    value = "<think>Image: t1. water [SEG] and Image: t2. water [SEG]</think><answer>yes</answer>"
    return {
        "pre_image": f"{number}.png",
        "post_image": f"{number + 1}.png",
        "conversations": [{"from": "human", "value": "<image>\nDid it change?"}, {"from": "gpt", "value": value}],
        "masks": [[dict(encode(before["water"]))], [dict(encode(after["water"]))]],
    }


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder: pictures with SAR partners, chains of one image, of two dates, and optical with SAR."""
    folder = tmp_path_factory.mktemp("data")
    for part in ("images", "images/vh", "images/vv"):
        (folder / part).mkdir()
    for number in range(5):
        pixels = picture(number)[0]
        Image.fromarray(pixels).save(folder / "images" / f"{number}.png")
        for part, band in (("vh", 0), ("vv", 1)):
            Image.fromarray(pixels[..., band]).save(folder / "images" / part / f"{number}.png")
    write(folder / "single.json", [entry(number) for number in range(4)])
    write(folder / "temporal.json", [temporal_entry(number) for number in range(2)])
    write(folder / "optical_sar.json", [entry(number) for number in range(2)])
    return folder


def write(path: Path, entries: list[dict]) -> Path:
    path.write_text("[\n" + ",\n".join(json.dumps(each) for each in entries) + "\n]\n")
    return path


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model in our layout: every module of the real one, random weights, small images."""
    pytest.importorskip("torch", reason="torch is not installed: nothing is trained")
    pytest.importorskip("transformers", reason="transformers is not installed: the full model is not trained")
    import torch
    from transformers import Qwen2Tokenizer

    from terrascope.networks.full.configuration import TerraScopeConfig, internvl_config, sam2_config
    from terrascope.networks.full.modeling import TerraScopeForConditionalGeneration
    from terrascope.networks.full.processing import ProcessorSettings, TerraScopeProcessor

    raw = json.loads((PORTABLE / "config.json").read_text())
    hiera = {**raw["tiny_sam2"], "d_model": 64, "image_size": 256}
    config = TerraScopeConfig(
        internvl_config=internvl_config(raw["llm_config"], {**raw["vision_config"], "image_size": 224}).to_dict(),
        sam2_config=sam2_config(hiera).to_dict(),
    )
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("base") / "tiny"
    TerraScopeForConditionalGeneration(config).save_pretrained(folder)
    settings = ProcessorSettings(tile_px=224, tokens_per_side=8, sam_side=256, instruction="Think first.\n\n")
    TerraScopeProcessor(Qwen2Tokenizer.from_pretrained(str(PORTABLE)), settings).save_pretrained(folder)
    return folder
