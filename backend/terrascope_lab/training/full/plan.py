"""What a stage of the full model takes, before there are weights or data: parameters, memory of a GPU, steps.

Everything is built on torch's meta device, which knows shapes and holds no numbers.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch

from terrascope.networks.full.configuration import TerraScopeConfig, released_8b
from terrascope.networks.full.memory import CONTEXT_BYTES
from terrascope.networks.full.modeling import TerraScopeForConditionalGeneration
from terrascope_lab.training.full.parts import choose_parts
from terrascope_lab.training.full.task import lora_of
from terrascope_lab.training.recipe import Stage

STRATEGIES = ("ddp", "zero2", "fsdp")
#: Images with thumbnail that a sample is reckoned to have, and positions of its sequence besides.
_TILES, _TEXT = 5, 1024


class Parameters(NamedTuple):
    """Number of parameters: of the whole model, and of what is trained, by part."""

    total: int
    trained: dict[str, int]


class Memory(NamedTuple):
    """Bytes of one GPU.

    Attributes
    ----------
    frozen, trained
        Weights, where they are not sharded or its share of them.
    gradients, optimizer
        Of what is trained, float32; AdamW holds two moments (and ZeRO a float32 master of bf16 weights, which are
        float32 here already).
    activations
        Kept for the backward pass, and the largest passing need.
    context
        Driver and kernels.
    """

    frozen: int
    trained: int
    gradients: int
    optimizer: int
    activations: int
    context: int

    @property
    def total(self) -> int:
        """Sum of the parts."""
        return sum(self)


class Plan(NamedTuple):
    """A stage with its numbers."""

    stage: str
    parameters: Parameters
    memory: dict[str, Memory]
    samples: int
    steps: int
    accumulation: int
    tokens: int


def plan_stage(
    stage: Stage, gpus: int = 8, config: TerraScopeConfig | None = None, samples: int = 0, tokens: int = 0
) -> Plan:
    """Reckon a stage.

    Parameters
    ----------
    gpus
        Processes.
    config
        Sizes of the model (default: the released 8B).
    samples
        Of the data set; the recipe's `planned_samples` by default.
    tokens
        Positions of a sequence; five tiles and 1,024 words by default.
    """
    config = config or released_8b()
    with torch.device("meta"):
        model = TerraScopeForConditionalGeneration(config)
        trained = set(choose_parts(model, stage.train, lora_of(stage)))
    parts: dict[str, int] = {}
    total = 0
    for name, parameter in model.named_parameters():
        total += parameter.numel()
        if name in trained:
            part = _part(name)
            parts[part] = parts.get(part, 0) + parameter.numel()
    per_tile = config.tokens_per_side**2
    tokens = tokens or min(stage.longest, _TILES * per_tile + _TEXT)
    count = sum(parts.values())
    width = 2 if stage.optim.frozen == "bf16" else 4
    kept = activations(config, stage, tokens)
    memory = {}
    for name in STRATEGIES:
        weights = gpus if name == "fsdp" else 1
        states = 1 if name == "ddp" else gpus
        gathered = _largest_block(model) * width if name == "fsdp" else 0
        memory[name] = Memory(
            frozen=(total - count) * width // weights + gathered,
            trained=count * 4 // weights,
            gradients=count * 4 // states,
            optimizer=count * 8 // states,
            activations=kept,
            context=CONTEXT_BYTES,
        )
    samples = samples or stage.planned_samples
    optim = stage.optim
    steps = optim.steps or math.ceil(samples / optim.batch * optim.epochs)
    share = max(1, optim.batch // (optim.micro_batch * gpus))
    return Plan(stage.name, Parameters(total, parts), memory, samples, steps, share, tokens)


def activations(config: TerraScopeConfig, stage: Stage, tokens: int) -> int:
    """Bytes that a micro-batch keeps for its backward pass, and its largest passing need.

    The encoders are frozen and keep nothing but their outputs. With gradient checkpoints the language model keeps the
    input of each layer and recomputes one layer at a time; without, about 34 bytes an element of a layer (Korthikanti
    et al. 2022, without the attention matrix, which the fused kernels do not keep). Scores over the vocabulary are
    made at trained positions only, in the model's format and in float32 with a gradient.
    """
    text = config.internvl_config.text_config
    width = 4 if stage.optim.precision == "fp32" else 2
    batch = stage.optim.micro_batch
    states = batch * tokens * text.hidden_size * width
    layer = batch * tokens * width * (8 * text.hidden_size + 4 * text.intermediate_size)
    kept = 0
    if stage.loss.get("text", 1.0):
        layers = text.num_hidden_layers
        kept = layers * states + layer if stage.optim.gradient_checkpointing else layers * layer
        answered = batch * _TEXT // 2
        kept += answered * text.vocab_size * (width + 8)
    else:
        kept = layer  # nothing is kept of the language model, one layer is under way
    fpn = config.sam2_config.vision_config
    side = fpn.backbone_feature_sizes[0][0]
    masks = 4 * batch * side * side * fpn.fpn_hidden_size * width * 2
    encoder = batch * side * side * fpn.backbone_config.embed_dim_per_stage[0] * 12 * width
    return int(kept + masks + encoder)


def _part(name: str) -> str:
    if ".lora_" in name:
        return "LoRA"
    for prefix, part in (
        ("sam2.mask_decoder.", "mask decoder"),
        ("seg_head.", "[SEG] head"),
        ("internvl.model.multi_modal_projector.", "projector"),
        ("internvl.model.language_model.embed_tokens.", "token embeddings"),
        ("internvl.lm_head.", "language head"),
        ("internvl.model.language_model.", "language model"),
    ):
        if name.startswith(prefix):
            return part
    return "encoders"


def _largest_block(model: TerraScopeForConditionalGeneration) -> int:
    """Parameters that FSDP gathers at once: the largest wrapped layer and what belongs to no layer."""
    blocks = set(model._no_split_modules)
    inside: set[int] = set()
    largest = 0
    for module in model.modules():
        if type(module).__name__ in blocks:
            own = list(module.parameters())
            inside.update(map(id, own))
            largest = max(largest, sum(parameter.numel() for parameter in own))
    outside = sum(parameter.numel() for parameter in model.parameters() if id(parameter) not in inside)
    return largest + outside
