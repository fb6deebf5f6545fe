"""The trained part of the language side: question encoder, small causal decoder, mask query head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from terrascope.networks.embedded.question import LONGEST
from terrascope_lab.training.language.base import LAYERS, WIDTH, Base, BertLayer, RmsNorm, angles, rotate

#: Layers of the encoder that stay as they were pretrained.
FROZEN = 2


@dataclass(frozen=True)
class Shape:
    """Sizes of the trained part. `visual` is the length of a visual token's feature vector."""

    vocabulary: int
    columns: int  #: free rows of the factored embedding
    visual: int
    kinds: int
    labels: int
    units: int
    atoms: int = 12
    decoder_width: int = 128
    decoder_heads: int = 4
    decoder_hidden: int = 384
    layers: int = 3


class Block(nn.Module):
    """Pre-norm attention and SwiGLU; causal in the decoder, both ways in the encoder."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads, self.head = heads, width // heads
        self.norm1, self.norm2 = RmsNorm(width), RmsNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor | None, past: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, self.head).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if past is not None:
            k, v = torch.cat((past[0], k), 2), torch.cat((past[1], v), 2)
        out = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = x + self.out(out.transpose(1, 2).reshape(batch, length, width))
        gate, up = self.up(self.norm2(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up), k, v


class QuestionEncoder(nn.Module):
    """all-MiniLM-L6-v2 reading a question, with the classes that its words are known to name.

    Embeddings and the first `FROZEN` layers stay as they were pretrained. ids int [B, Q], known int [B, Q] (label
    that a token is known to name, 0 none), keep bool [B, Q] (no padding) -> states [B, Q, width].
    """

    def __init__(self, pieces: int, shape: Shape) -> None:
        super().__init__()
        self.words = nn.Embedding(pieces, WIDTH)
        self.places = nn.Parameter(torch.zeros(LONGEST, WIDTH))
        self.norm = nn.LayerNorm(WIDTH, 1e-12)
        self.layers = nn.ModuleList(BertLayer() for _ in range(LAYERS))
        self.known = nn.Embedding(shape.labels + 1, WIDTH)
        self.kind = nn.Linear(2 * WIDTH, shape.kinds)
        self.label = nn.Linear(WIDTH, 2 * shape.labels)
        self.unit = nn.Linear(2 * WIDTH, shape.units)
        self.early = nn.Linear(2 * WIDTH, 1)
        self.drop = nn.Dropout(0.1)
        nn.init.constant_(self.label.bias, -5.0)
        nn.init.normal_(self.known.weight, std=0.05)
        for module in (self.words, self.norm, *self.layers[:FROZEN]):
            module.requires_grad_(False)
        self.places.requires_grad_(False)

    def take(self, base: Base, kept: Sequence[int]) -> None:
        """Take the pretrained weights; `kept` are the ids of the pieces that stay."""
        weights = base.weights
        self.words.weight.data.copy_(weights["embeddings.word_embeddings.weight"][torch.tensor(kept)])
        places = weights["embeddings.position_embeddings.weight"][:LONGEST]
        self.places.data.copy_(places + weights["embeddings.token_type_embeddings.weight"][0])
        for end, target in (("weight", self.norm.weight), ("bias", self.norm.bias)):
            target.data.copy_(weights[f"embeddings.LayerNorm.{end}"])
        for rank, layer in enumerate(self.layers):
            layer.take(weights, rank)

    def train(self, mode: bool = True) -> QuestionEncoder:
        """As usual; what is frozen has no dropout."""
        super().train(mode)
        for layer in self.layers[:FROZEN]:
            layer.train(False)
        return self

    def forward(self, ids: Tensor, known: Tensor, keep: Tensor | None = None) -> Tensor:
        return self.after(self.words(ids), known, keep)

    def after(self, words: Tensor, known: Tensor, keep: Tensor | None) -> Tensor:
        """States from word embeddings [B, Q, WIDTH]."""
        if self.training:  # hide some of the known words, so that the pretrained ones are listened to as well
            known = known * (torch.rand(known.shape[0], 1) > 0.25)
        x = self.norm(words + self.places[: words.shape[1]])
        mask = None if keep is None else keep[:, None, None, :]
        for layer in self.layers[:FROZEN]:
            x = layer(x, mask)
        x = x + self.known(known)
        for layer in self.layers[FROZEN:]:
            x = layer(x, mask)
        return x

    def heads(self, x: Tensor, keep: Tensor) -> Heads:
        """What the question asks: scores of kind, classes (first, others), unit, first date.

        Classes are looked for in every token (smooth maximum), the rest in mean and maximum of all.
        """
        x = self.drop(x)
        hidden = (1 - keep[..., None]) * -1e4
        mean = (x * keep[..., None]).sum(1) / keep.sum(1, keepdim=True).clamp(min=1)
        both = torch.cat((mean, (x + hidden).amax(1)), -1)
        found = torch.logsumexp(self.label(x) + hidden, 1)
        return Heads(self.kind(both), found, self.unit(both), self.early(both)[:, 0])


class Heads(NamedTuple):
    """Scores [B, kinds], [B, 2 x labels], [B, units], [B]."""

    kind: Tensor
    labels: Tensor
    unit: Tensor
    early: Tensor

    def summary(self) -> Tensor:
        """Return probabilities side by side, [B, kinds + 2 x labels + units + 1]."""
        return torch.cat(
            (self.kind.softmax(-1), self.labels.sigmoid(), self.unit.softmax(-1), self.early.sigmoid()[:, None]), -1
        )


class Decoder(nn.Module):
    """Causal decoder over the question's summary, visual tokens and words; embeddings are factored and tied to the
    output.

    A slot token ("area of step 2") is the sum of a field's and a step's row: `factors` [vocabulary, columns] holds
    ones.
    """

    factors: Tensor

    def __init__(self, shape: Shape, factors: Tensor) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("factors", factors)
        width = shape.decoder_width
        self.rows = nn.Parameter(torch.randn(shape.columns, width) * 0.05)
        self.visual = nn.Sequential(nn.Linear(shape.visual, width), nn.GELU(), nn.Linear(width, width))
        self.summary = nn.Linear(shape.kinds + 2 * shape.labels + shape.units + 1, width)
        self.blocks = nn.ModuleList(
            Block(width, shape.decoder_heads, shape.decoder_hidden) for _ in range(shape.layers)
        )
        self.norm = RmsNorm(width)
        self.query = nn.Sequential(nn.Linear(width, 128), nn.GELU(), nn.Linear(128, shape.atoms))

    def table(self) -> Tensor:
        """Embedding table [vocabulary, width]."""
        return self.factors @ self.rows

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Inputs [B, T, width], mask bool [B, 1, T, T] -> last states [B, T, width]."""
        cos, sin = angles(torch.arange(x.shape[1]), self.blocks[0].head, 10000.0)
        for block in self.blocks:
            x, _, _ = block(x, cos, sin, mask)
        return self.norm(x)

    def logits(self, states: Tensor) -> Tensor:
        """[..., width] -> [..., vocabulary]."""
        return states @ self.table().T
