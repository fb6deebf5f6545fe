"""What the reasoning loop asks of a network. The full TerraScope model and the embedded model both give it.

The loop never touches tensors: hidden states, KV caches and visual banks stay inside the network; the loop speaks of
token ids, token indices in a view's grid, and masks as numpy arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from terrascope.scene.types import Scene


class TokenGrid(NamedTuple):
    """Layout of a view's selectable visual tokens: index = tile * side**2 + row * side + col, tiles row-major.

    `cols` x `rows` tiles, each `side` x `side` tokens; `tile_px` is the pixel size of a tile (448). A thumbnail's
    tokens stand after the last tile and cannot be selected.
    """

    cols: int
    rows: int
    side: int
    tile_px: int


class ModelInterval(NamedTuple):
    """Shares 0..1 between which the truth lay in `level` (0..1) of `places` places that were left out of a training."""

    low: float
    high: float
    level: float
    places: int


class MaskPrediction(NamedTuple):
    """A decoded mask.

    Attributes
    ----------
    mask
        bool [H, W] on the view's grid.
    probability
        float32 [H, W] in [0, 1].
    confidence
        Network's own estimate of the mask's quality in [0, 1] (predicted IoU or calibrated probability).
    given
        True for a mask that was not predicted but is known (ground truth): nothing of it is taken for noise.
    model_interval
        Shares of the valid pixels between which the truth lies by places that the network had never seen; None where
        nothing is known of it.
    """

    mask: NDArray[np.bool_]
    probability: NDArray[np.float32]
    confidence: float
    given: bool = False
    model_interval: ModelInterval | None = None


@dataclass(frozen=True)
class TokenTable:
    """Special ids, looked up by name in the tokenizer (never hard-coded). None where the network has no such token."""

    seg: int
    region: int | None
    stop: frozenset[int]


@dataclass(frozen=True)
class NetworkInfo:
    """What the trace records of a network, and what the loop must know of it.

    `defaults` are the settings the checkpoint was trained with (selection name, cap, image order, ...).
    `measured_evidence`: True if measured numbers are to be fed into its context after each mask.
    """

    name: str
    version: str
    weights_sha256: str
    device: str
    dtype: str
    tokens: TokenTable
    measured_evidence: bool = False
    defaults: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Prompt:
    """One question. `options` are multiple-choice texts in order A, B, ... ; `past_text` stands before the turn."""

    question: str
    options: tuple[str, ...] = ()
    past_text: str = ""


@runtime_checkable
class Certain(Protocol):
    """A generation that can say how sure its answer is, apart from how sure its words are."""

    def certainty(self) -> float:
        """How much (0..1) of what the masks could as well have been leads to the same answer. Asked at the end."""


@runtime_checkable
class Forgetful(Protocol):
    """A network that can let go of what it keeps of a scene."""

    def forget(self) -> None:
        """Let go of the last scene: another one is about to be opened, and both may be large."""


class Decoding(Protocol):
    """One running generation: a prefix (prompt and images) has been read, tokens follow one by one."""

    @property
    def grids(self) -> Sequence[TokenGrid]:
        """Token grid of each view, in view order."""

    def logits(self) -> NDArray[np.float32]:
        """Scores of the next token, float32 [vocabulary]."""

    def feed_token(self, token_id: int) -> None:
        """Read one token; `logits` and the hidden state then belong to its position."""

    def feed_text(self, text: str) -> int:
        """Read a piece of text that the network did not write (measured evidence). Returns its number of tokens."""

    def decode_mask(self, view: int) -> MaskPrediction:
        """Decode the mask of the last fed token (a [SEG]) on a view. Image features are computed once a view."""

    def feed_visual(self, views: Sequence[int], tokens: Sequence[int]) -> None:
        """Read the visual tokens (view, index in its grid), in order, as one block."""

    def choose_modality(self, optical: int, sar: int, tokens: Sequence[int]) -> Sequence[int]:
        """For each token index say which of the two views it is taken from (text-guided choice of the paper)."""

    def text(self, token_ids: Sequence[int]) -> str:
        """Decode ids to text, special tokens kept."""


@runtime_checkable
class Network(Protocol):
    """A loaded model. Not thread-safe: one question at a time."""

    @property
    def info(self) -> NetworkInfo:
        """Identity, device, special tokens and defaults."""

    def begin(self, scene: Scene, prompt: Prompt) -> Decoding:
        """Read the views and the prompt. A second call on the same `Scene` object reuses what does not change
        (image features, key-value prefix)."""
