"""A network whose words are given and whose work is real: for measuring a run of known length."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from terrascope.networks.interface import Decoding, MaskPrediction, Network, NetworkInfo, Prompt, TokenGrid
from terrascope.scene.types import Scene

#: Seconds from some moment on.
Clock = Callable[[], float]


class ForcedDecoding:
    """Computes everything that the network computes, then writes the given ids."""

    def __init__(self, decoding: Decoding, ids: Sequence[int], clock: Clock) -> None:
        self._decoding, self._ids, self._at, self._clock = decoding, list(ids), 0, clock
        self.mask_seconds = 0.0

    @property
    def grids(self) -> Sequence[TokenGrid]:
        """Token grid of each view."""
        return self._decoding.grids

    def logits(self) -> NDArray[np.float32]:
        """Scores that leave only the next given id."""
        scores = self._decoding.logits()
        forced = np.full_like(scores, -np.inf)
        forced[self._ids[self._at]] = 0.0
        return forced

    def feed_token(self, token_id: int) -> None:
        """Read one token."""
        self._decoding.feed_token(token_id)
        self._at += 1

    def feed_text(self, text: str) -> int:
        """Read text."""
        return self._decoding.feed_text(text)

    def decode_mask(self, view: int) -> MaskPrediction:
        """Decode a mask and take its time."""
        begin = self._clock()
        prediction = self._decoding.decode_mask(view)
        self.mask_seconds += self._clock() - begin
        return prediction

    def feed_visual(self, views: Sequence[int], tokens: Sequence[int]) -> None:
        """Read visual tokens."""
        self._decoding.feed_visual(views, tokens)

    def choose_modality(self, optical: int, sar: int, tokens: Sequence[int]) -> Sequence[int]:
        """Choose between two sensors."""
        return self._decoding.choose_modality(optical, sar, tokens)

    def text(self, token_ids: Sequence[int]) -> str:
        """Decode ids."""
        return self._decoding.text(token_ids)


class ForcedNetwork:
    """Wraps a network; `ids` are what it will write, its stop token last."""

    def __init__(self, network: Network, ids: Sequence[int], clock: Clock) -> None:
        self._network, self._ids, self._clock = network, ids, clock
        self.decoding: ForcedDecoding | None = None

    @property
    def info(self) -> NetworkInfo:
        """What the network says of itself."""
        return self._network.info

    def begin(self, scene: Scene, prompt: Prompt) -> ForcedDecoding:
        """Read the views and the prompt."""
        self.decoding = ForcedDecoding(self._network.begin(scene, prompt), self._ids, self._clock)
        return self.decoding
