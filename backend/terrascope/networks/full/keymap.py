"""The key rules between the published checkpoint layout and ours: one table, read in both directions, checked strictly.

A template is a key with fields: `{n}` a layer number, `{p}` `weight` or `bias`, `{path}` any dotted path, `{part}` one
dotted name. A rule joins one or several published keys to one or several of ours; the fields have the same values on
both sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple

SAM = "grounding_encoder.sam2_model."
_FIELDS = {"n": r"\d+", "m": r"\d+", "p": r"(?:weight|bias)", "part": r"[^.]+", "path": r".+"}


class Kind(Enum):
    """How the tensors of a rule correspond."""

    COPY = "copy"  #: one to one, bytes unchanged
    SPLIT = "split"  #: one published tensor is cut along axis 0 into equal parts
    JOIN = "join"  #: published tensors are put together along axis 0
    TWICE = "twice"  #: one published tensor stands at two places of ours


class Rule(NamedTuple):
    """One row of the key map: templates of the published keys and of ours."""

    published: tuple[str, ...]
    ours: tuple[str, ...]
    kind: Kind = Kind.COPY


def _same(published: str, ours: str) -> Rule:
    return Rule((published,), (ours,))


_VIT = "internvl.model.vision_tower."
_VIT_LAYER = "vision_model.encoder.layers.{n}."
_OUR_LAYER = _VIT + "encoder.layer.{n}."

_VISION = (
    _same("vision_model.embeddings.class_embedding", _VIT + "embeddings.cls_token"),
    _same("vision_model.embeddings.position_embedding", _VIT + "embeddings.position_embeddings"),
    _same("vision_model.embeddings.patch_embedding.{p}", _VIT + "embeddings.patch_embeddings.projection.{p}"),
    Rule(
        (_VIT_LAYER + "attn.qkv.{p}",),
        (
            _OUR_LAYER + "attention.q_proj.{p}",
            _OUR_LAYER + "attention.k_proj.{p}",
            _OUR_LAYER + "attention.v_proj.{p}",
        ),
        Kind.SPLIT,
    ),
    _same(_VIT_LAYER + "attn.proj.{p}", _OUR_LAYER + "attention.projection_layer.{p}"),
    _same(_VIT_LAYER + "mlp.fc1.{p}", _OUR_LAYER + "mlp.fc1.{p}"),
    _same(_VIT_LAYER + "mlp.fc2.{p}", _OUR_LAYER + "mlp.fc2.{p}"),
    _same(_VIT_LAYER + "norm1.{p}", _OUR_LAYER + "layernorm_before.{p}"),
    _same(_VIT_LAYER + "norm2.{p}", _OUR_LAYER + "layernorm_after.{p}"),
    _same(_VIT_LAYER + "ls1", _OUR_LAYER + "lambda_1"),
    _same(_VIT_LAYER + "ls2", _OUR_LAYER + "lambda_2"),
)

_LANGUAGE = (
    _same("mlp1.0.{p}", "internvl.model.multi_modal_projector.layer_norm.{p}"),
    _same("mlp1.1.{p}", "internvl.model.multi_modal_projector.linear_1.{p}"),
    _same("mlp1.3.{p}", "internvl.model.multi_modal_projector.linear_2.{p}"),
    _same("language_model.model.{path}", "internvl.model.language_model.{path}"),
    _same("language_model.lm_head.{p}", "internvl.lm_head.{p}"),
    _same("text_hidden_fcs.0.{p}", "seg_head.linear_1.{p}"),
    _same("text_hidden_fcs.2.{p}", "seg_head.linear_2.{p}"),
)

_TRUNK, _OUR_TRUNK = SAM + "image_encoder.trunk.", "sam2.vision_encoder.backbone."
_DECODER, _OUR_DECODER = SAM + "sam_mask_decoder.", "sam2.mask_decoder."
_PROMPT, _OUR_PROMPT = SAM + "sam_prompt_encoder.", "sam2.prompt_encoder."


def _three_layers(published: str, ours: str) -> tuple[Rule, ...]:
    return (
        _same(published + ".layers.0.{p}", ours + ".proj_in.{p}"),
        _same(published + ".layers.1.{p}", ours + ".layers.0.{p}"),
        _same(published + ".layers.2.{p}", ours + ".proj_out.{p}"),
    )


_HIERA = (
    _same(_TRUNK + "patch_embed.proj.{p}", _OUR_TRUNK + "patch_embed.projection.{p}"),
    _same(_TRUNK + "pos_embed", _OUR_TRUNK + "pos_embed"),
    _same(_TRUNK + "pos_embed_window", _OUR_TRUNK + "pos_embed_window"),
    _same(_TRUNK + "blocks.{n}.norm1.{p}", _OUR_TRUNK + "blocks.{n}.layer_norm1.{p}"),
    _same(_TRUNK + "blocks.{n}.norm2.{p}", _OUR_TRUNK + "blocks.{n}.layer_norm2.{p}"),
    _same(_TRUNK + "blocks.{n}.mlp.layers.0.{p}", _OUR_TRUNK + "blocks.{n}.mlp.proj_in.{p}"),
    _same(_TRUNK + "blocks.{n}.mlp.layers.1.{p}", _OUR_TRUNK + "blocks.{n}.mlp.proj_out.{p}"),
    _same(_TRUNK + "blocks.{n}.attn.qkv.{p}", _OUR_TRUNK + "blocks.{n}.attn.qkv.{p}"),
    _same(_TRUNK + "blocks.{n}.attn.proj.{p}", _OUR_TRUNK + "blocks.{n}.attn.proj.{p}"),
    _same(_TRUNK + "blocks.{n}.proj.{p}", _OUR_TRUNK + "blocks.{n}.proj.{p}"),
    _same(SAM + "image_encoder.neck.convs.{n}.conv.{p}", "sam2.vision_encoder.neck.convs.{n}.{p}"),
    _same(SAM + "no_mem_embed", "sam2.no_memory_embedding"),
)

_T, _OUR_T = _DECODER + "transformer.", _OUR_DECODER + "transformer."
_MASKS = (
    *(
        _same(_DECODER + name + ".{p}", _OUR_DECODER + name + ".{p}")
        for name in ("iou_token", "mask_tokens", "obj_score_token", "conv_s0", "conv_s1")
    ),
    *(_same(_T + f"layers.{{n}}.norm{i}.{{p}}", _OUR_T + f"layers.{{n}}.layer_norm{i}.{{p}}") for i in range(1, 5)),
    _same(_T + "norm_final_attn.{p}", _OUR_T + "layer_norm_final_attn.{p}"),
    _same(_T + "layers.{n}.mlp.layers.0.{p}", _OUR_T + "layers.{n}.mlp.proj_in.{p}"),
    _same(_T + "layers.{n}.mlp.layers.1.{p}", _OUR_T + "layers.{n}.mlp.proj_out.{p}"),
    *(
        _same(_T + f"{block}.{theirs}.{{p}}", _OUR_T + f"{block}.{ours}.{{p}}")
        for block in ("layers.{n}.{part}", "final_attn_token_to_image")
        for theirs, ours in (("q_proj", "q_proj"), ("k_proj", "k_proj"), ("v_proj", "v_proj"), ("out_proj", "o_proj"))
    ),
    _same(_DECODER + "output_upscaling.0.{p}", _OUR_DECODER + "upscale_conv1.{p}"),
    _same(_DECODER + "output_upscaling.1.{p}", _OUR_DECODER + "upscale_layer_norm.{p}"),
    _same(_DECODER + "output_upscaling.3.{p}", _OUR_DECODER + "upscale_conv2.{p}"),
    *_three_layers(_DECODER + "output_hypernetworks_mlps.{n}", _OUR_DECODER + "output_hypernetworks_mlps.{n}"),
    *_three_layers(_DECODER + "iou_prediction_head", _OUR_DECODER + "iou_prediction_head"),
    *_three_layers(_DECODER + "pred_obj_score_head", _OUR_DECODER + "pred_obj_score_head"),
)

_PROMPTS = (
    Rule(
        (_PROMPT + "pe_layer.positional_encoding_gaussian_matrix",),
        (_OUR_PROMPT + "shared_embedding.positional_embedding", "sam2.shared_image_embedding.positional_embedding"),
        Kind.TWICE,
    ),
    Rule(
        tuple(_PROMPT + f"point_embeddings.{i}.weight" for i in range(4)),
        (_OUR_PROMPT + "point_embed.weight",),
        Kind.JOIN,
    ),
    *(
        _same(_PROMPT + f"mask_downscaling.{i}.{{p}}", _OUR_PROMPT + f"mask_embed.{name}.{{p}}")
        for i, name in ((0, "conv1"), (1, "layer_norm1"), (3, "conv2"), (4, "layer_norm2"), (6, "conv3"))
    ),
    _same(_PROMPT + "no_mask_embed.{p}", _OUR_PROMPT + "no_mask_embed.{p}"),
    _same(_PROMPT + "not_a_point_embed.{p}", _OUR_PROMPT + "not_a_point_embed.{p}"),
)

RULES: tuple[Rule, ...] = _VISION + _LANGUAGE + _HIERA + _MASKS + _PROMPTS


def _pattern(template: str) -> re.Pattern[str]:
    seen: set[str] = set()

    def field(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return f"(?P<{name}>{_FIELDS[name]})"

    parts = re.split(r"(\{\w+\})", template)
    return re.compile("".join(re.sub(r"\{(\w+)\}", field, p) if p.startswith("{") else re.escape(p) for p in parts))


class Link(NamedTuple):
    """A rule with its fields filled in: concrete keys on both sides."""

    published: tuple[str, ...]
    ours: tuple[str, ...]
    kind: Kind


def _links(keys: Iterable[str], rules: Iterable[Rule], side: str) -> tuple[list[Link], list[str]]:
    compiled = [(_pattern(template), rule) for rule in rules for template in getattr(rule, side)]
    found: dict[Link, None] = {}
    strangers: list[str] = []
    for key in keys:
        for pattern, rule in compiled:
            if match := pattern.fullmatch(key):
                fields = match.groupdict()
                published = tuple(template.format(**fields) for template in rule.published)
                found[Link(published, tuple(template.format(**fields) for template in rule.ours), rule.kind)] = None
                break
        else:
            strangers.append(key)
    return list(found), strangers


def links_from_published(keys: Iterable[str], rules: Iterable[Rule] = RULES) -> tuple[list[Link], list[str]]:
    """Return the links that published keys take part in, and the keys that no rule knows."""
    return _links(keys, rules, "published")


def links_from_ours(keys: Iterable[str], rules: Iterable[Rule] = RULES) -> tuple[list[Link], list[str]]:
    """Return the links that our keys take part in, and the keys that no rule knows."""
    return _links(keys, rules, "ours")


Shape = tuple[int, ...]


def published_shapes(ours: Mapping[str, Shape]) -> dict[str, Shape]:
    """Give the published key and shape of every tensor of a model, carried keys included.

    Parameters
    ----------
    ours
        Key and shape of every tensor of `TerraScopeForConditionalGeneration.state_dict()` (a meta model will do).

    Raises
    ------
    KeyError
        If one of our keys has no rule: the table and the model do not belong together.
    """
    links, strangers = links_from_ours(ours)
    if strangers:
        raise KeyError(f"no key rule for {strangers[:5]}")
    shapes: dict[str, Shape] = {}
    for link in links:
        first = ours[link.ours[0]]
        if link.kind is Kind.SPLIT:
            first = (first[0] * len(link.ours), *first[1:])
        elif link.kind is Kind.JOIN:
            first = (first[0] // len(link.published), *first[1:])
        shapes.update(dict.fromkeys(link.published, first))
    return {**shapes, **carried_shapes()}


def carried_shapes() -> dict[str, Shape]:
    """Shapes of SAM 2's video memory: no effect on TerraScope, carried to write the published layout back."""
    shapes: dict[str, Shape] = {
        "maskmem_tpos_enc": (7, 1, 1, 64),
        "no_mem_pos_enc": (1, 1, 256),
        "no_obj_ptr": (1, 256),
    }

    def layer(name: str, *weight: int) -> None:
        shapes[f"{name}.weight"] = weight
        shapes[f"{name}.bias"] = (weight[0],)

    def norm(name: str, width: int) -> None:
        shapes[f"{name}.weight"] = shapes[f"{name}.bias"] = (width,)

    layer("mask_downsample", 1, 1, 4, 4)
    for i in range(3):
        layer(f"obj_ptr_proj.layers.{i}", 256, 256)
    for i in range(4):
        block = f"memory_attention.layers.{i}"
        for attention, source in (("self_attn", 256), ("cross_attn_image", 64)):
            for name, width in (("q_proj", 256), ("k_proj", source), ("v_proj", source), ("out_proj", 256)):
                layer(f"{block}.{attention}.{name}", 256, width)
        layer(f"{block}.linear1", 2048, 256)
        layer(f"{block}.linear2", 256, 2048)
        for i_norm in range(1, 4):
            norm(f"{block}.norm{i_norm}", 256)
    norm("memory_attention.norm", 256)
    encoder = "memory_encoder"
    channels = (1, 4, 16, 64, 256)
    for i in range(4):
        layer(f"{encoder}.mask_downsampler.encoder.{3 * i}", channels[i + 1], channels[i], 3, 3)
        norm(f"{encoder}.mask_downsampler.encoder.{3 * i + 1}", channels[i + 1])
    layer(f"{encoder}.mask_downsampler.encoder.12", 256, 256, 1, 1)
    layer(f"{encoder}.pix_feat_proj", 256, 256, 1, 1)
    layer(f"{encoder}.out_proj", 64, 256, 1, 1)
    for i in range(2):
        block = f"{encoder}.fuser.layers.{i}"
        layer(f"{block}.dwconv", 256, 1, 7, 7)
        norm(f"{block}.norm", 256)
        layer(f"{block}.pwconv1", 1024, 256)
        layer(f"{block}.pwconv2", 256, 1024)
        shapes[f"{block}.g_weight"] = (256,)
    return {SAM + name: shape for name, shape in shapes.items()}
