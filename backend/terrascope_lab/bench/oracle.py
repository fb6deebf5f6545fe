"""A network whose masks are the truth: what the language side would reach with perfect masks (ablation)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from terrascope.landcover.words import labels_in
from terrascope.networks.interface import Decoding, MaskPrediction, Network, NetworkInfo, Prompt, TokenGrid
from terrascope.reasoning.labels import label_of
from terrascope.scene.types import Scene


class OracleNetwork:
    """Passes everything on to a network, and answers `decode_mask` with the truth where the label names one.

    `truths` are bool [H, W] by class name; "NAME after" is the mask of NAME on the second view.
    """

    def __init__(self, network: Network, truths: Mapping[str, NDArray[np.bool_]]) -> None:
        self._network = network
        self._truths = truths

    @property
    def info(self) -> NetworkInfo:
        """That of the network."""
        return self._network.info

    def begin(self, scene: Scene, prompt: Prompt) -> Decoding:
        """Begin as the network does."""
        return _OracleDecoding(self._network.begin(scene, prompt), self._truths, self.info.tokens.seg)


class _OracleDecoding:
    def __init__(self, inner: Decoding, truths: Mapping[str, NDArray[np.bool_]], seg: int) -> None:
        self._inner = inner
        self._truths = truths
        self._seg = seg
        self._ids: list[int] = []

    @property
    def grids(self) -> Sequence[TokenGrid]:
        return self._inner.grids

    def logits(self) -> NDArray[np.float32]:
        return self._inner.logits()

    def feed_token(self, token_id: int) -> None:
        self._ids.append(token_id)
        self._inner.feed_token(token_id)

    def feed_text(self, text: str) -> int:
        return self._inner.feed_text(text)

    def decode_mask(self, view: int) -> MaskPrediction:
        predicted = self._inner.decode_mask(view)
        written, self._ids = [each for each in self._ids if each != self._seg], []
        truth = self._truth(label_of(self._inner.text(written)), view)
        if truth is None or truth.shape != predicted.mask.shape:
            return predicted
        return MaskPrediction(truth, truth.astype(np.float32), 1.0, given=True)

    def _truth(self, label: str, view: int) -> NDArray[np.bool_] | None:
        for name in (label, *labels_in(label)):
            for key in ([f"{name} after"] if view > 0 else []) + [name]:
                if key in self._truths:
                    return self._truths[key]
        known = {labels_in(key)[0]: key for key in self._truths if labels_in(key) and not key.endswith(" after")}
        for name in labels_in(label):
            if name in known:
                after = f"{known[name]} after"
                return self._truths[after if view > 0 and after in self._truths else known[name]]
        return None

    def feed_visual(self, views: Sequence[int], tokens: Sequence[int]) -> None:
        self._inner.feed_visual(views, tokens)

    def choose_modality(self, optical: int, sar: int, tokens: Sequence[int]) -> Sequence[int]:
        return self._inner.choose_modality(optical, sar, tokens)

    def text(self, token_ids: Sequence[int]) -> str:
        return self._inner.text(token_ids)
