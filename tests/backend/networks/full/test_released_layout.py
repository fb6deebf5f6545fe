"""The 8B layout: every published key and shape, on the meta device, without a byte of weights."""

from __future__ import annotations

import json
import math
import re

import pytest

pytest.importorskip("torch", reason="torch is not installed: the full model is not tested")
pytest.importorskip("transformers", reason="transformers is not installed: the full model is not tested")

from terrascope.networks.full.configuration import released_8b
from terrascope.networks.full.keymap import carried_shapes, links_from_published, published_shapes
from terrascope.networks.full.memory import parameter_count
from terrascope.networks.full.published import config_from_published, model_shapes

from .conftest import PORTABLE

pytestmark = pytest.mark.torch

# Sizes as the authors state them: InternViT-300M, Qwen2.5-7B, SAM 2 Hiera-L.
VIT, VIT_MLP, VIT_LAYERS = 1024, 4096, 24
TEXT, TEXT_MLP, TEXT_LAYERS, KEYS, VOCABULARY = 3584, 18_944, 28, 4 * 128, 151_685
HIERA_WIDTHS, HIERA_STAGES = (144, 288, 576, 1152), (2, 6, 36, 4)


@pytest.fixture(scope="module")
def layout() -> dict[str, tuple[int, ...]]:
    return published_shapes(model_shapes(released_8b()))


def expected() -> dict[str, tuple[int, ...]]:
    """The published layout, written down from the authors' sizes and the recorded key names, not from our classes."""
    tiny = {key: tuple(shape) for key, shape in json.loads((PORTABLE / "shapes.json").read_text()).items()}
    shapes: dict[str, tuple[int, ...]] = {}
    text = {64: TEXT, 160: TEXT_MLP, 32: KEYS, 443: VOCABULARY}
    vision = {64: VIT, 128: VIT_MLP, 192: 3 * VIT}
    for key, shape in tiny.items():
        if ".sam2_model.image_encoder." in key:
            continue
        if "language_model.layers" in key or "language_model.model.layers" in key:
            for layer in range(TEXT_LAYERS):
                name = re.sub(r"layers\.\d+", f"layers.{layer}", key)
                shapes[name] = tuple(text[side] for side in shape)
        elif key.startswith("language_model."):
            shapes[key] = tuple(text[side] for side in shape)
        elif key.startswith("vision_model.encoder"):
            for layer in range(VIT_LAYERS):
                shapes[re.sub(r"layers\.\d+", f"layers.{layer}", key)] = tuple(vision[side] for side in shape)
        elif key.startswith("vision_model."):
            shapes[key] = tuple(VIT if side == 64 else side for side in shape)
        elif key.startswith("mlp1."):
            shapes[key] = tuple({256: 4 * VIT, 64: TEXT}[side] for side in shape)
        elif key.startswith("text_hidden_fcs."):
            shapes[key] = tuple(TEXT if side == 64 else side for side in shape)
        else:
            shapes[key] = shape
    return {**shapes, **hiera()}


def hiera() -> dict[str, tuple[int, ...]]:
    trunk, found = "grounding_encoder.sam2_model.image_encoder.trunk.", {}

    def layer(name: str, *weight: int) -> None:
        found[f"{name}.weight"], found[f"{name}.bias"] = weight, weight[:1]

    layer(trunk + "patch_embed.proj", HIERA_WIDTHS[0], 3, 7, 7)
    found[trunk + "pos_embed"] = (1, HIERA_WIDTHS[0], 7, 7)
    found[trunk + "pos_embed_window"] = (1, HIERA_WIDTHS[0], 8, 8)
    block = 0
    for stage, (width, count) in enumerate(zip(HIERA_WIDTHS, HIERA_STAGES)):
        for first in (True, *[False] * (count - 1)):
            before = HIERA_WIDTHS[stage - 1] if first and stage else width
            name = f"{trunk}blocks.{block}."
            found[f"{name}norm1.weight"] = found[f"{name}norm1.bias"] = (before,)
            found[f"{name}norm2.weight"] = found[f"{name}norm2.bias"] = (width,)
            layer(name + "attn.qkv", 3 * width, before)
            layer(name + "attn.proj", width, width)
            layer(name + "mlp.layers.0", 4 * width, width)
            layer(name + "mlp.layers.1", width, 4 * width)
            if before != width:
                layer(name + "proj", width, before)
            block += 1
    for level, width in enumerate(reversed(HIERA_WIDTHS)):
        layer(f"grounding_encoder.sam2_model.image_encoder.neck.convs.{level}.conv", 256, width, 1, 1)
    return found


def test_the_8b_model_has_every_published_key_with_its_shape(layout) -> None:
    wanted = expected()
    assert sorted(layout) == sorted(wanted)
    assert {key: shape for key, shape in layout.items() if wanted[key] != shape} == {}
    assert len(layout) == 1589


def test_the_8b_model_has_8_18_billion_parameters(layout) -> None:
    """Of the published 8.18 billion, 7.5 million belong to the video memory that is only carried."""
    total = sum(math.prod(shape) for shape in layout.values())
    carried = sum(math.prod(shape) for shape in carried_shapes().values())
    assert round(total / 1e9, 2) == 8.18
    assert round(carried / 1e6, 2) == 7.51
    counts = parameter_count(released_8b())
    assert round(counts["language_linears"] / 1e9, 3) == 6.525
    assert round((counts["sam2"] + carried) / 1e6, 1) == 224.4  # the paper's figure for SAM 2


def test_the_tiny_layout_is_the_recorded_one() -> None:
    raw = json.loads((PORTABLE / "config.json").read_text())
    recorded = {key: tuple(shape) for key, shape in json.loads((PORTABLE / "shapes.json").read_text()).items()}
    assert published_shapes(model_shapes(config_from_published(raw))) == recorded


def test_a_published_configuration_without_sam_sizes_means_hiera_large() -> None:
    raw = json.loads((PORTABLE / "config.json").read_text())
    del raw["tiny_sam2"]
    config = config_from_published(raw)
    assert config.sam2_config.vision_config.backbone_config.blocks_per_stage == [2, 6, 36, 4]


def test_every_8b_key_has_a_rule(layout) -> None:
    links, carried = links_from_published(layout)
    assert set(carried) == set(carried_shapes())
    assert {key for link in links for key in link.published} | set(carried) == set(layout)
