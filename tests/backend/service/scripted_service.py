"""A test double: a network that writes a given text and decodes the darkest pixels as masks. For the protocol's tests
only; run as a script it serves stdin and stdout with that network."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from terrascope.networks.interface import MaskPrediction, NetworkInfo, Prompt, TokenGrid, TokenTable
from terrascope.scene.types import Scene

TEXT = (
    "<think>First the water [SEG] covers a part of the scene. Then the tree [SEG] stands beside it.</think>"
    "<answer>the water is smaller</answer><|im_end|>"
)
_PIECES = re.compile(r"\[SEG\]|</?think>|</?answer>|<\|im_end\|>|\s?\w+|.", re.DOTALL)


class ScriptedNetwork:
    """Writes `text`, sleeping `delay_s` before every token."""

    def __init__(self, text: str = TEXT, delay_s: float = 0.0, fail_at: int | None = None) -> None:
        self.pieces = ["<unk>", "[SEG]", "<|im_end|>"]
        self.script = []
        for piece in _PIECES.findall(text):
            if piece not in self.pieces:
                self.pieces.append(piece)
            self.script.append(self.pieces.index(piece))
        self.delay_s, self.fail_at, self.begun = delay_s, fail_at, 0
        self.info = NetworkInfo(
            "scripted", "1", "00" * 32, "cpu", "none", TokenTable(seg=1, region=None, stop=frozenset({2}))
        )

    def begin(self, scene: Scene, prompt: Prompt) -> ScriptedDecoding:
        self.begun += 1
        return ScriptedDecoding(self, scene)


class ScriptedDecoding:
    def __init__(self, network: ScriptedNetwork, scene: Scene) -> None:
        self.network, self.scene, self.place, self.masks = network, scene, 0, 0

    @property
    def grids(self) -> Sequence[TokenGrid]:
        return [TokenGrid(1, 1, 16, 448) for _ in self.scene.views]

    def logits(self) -> NDArray[np.float32]:
        time.sleep(self.network.delay_s)
        if self.place == self.network.fail_at:
            raise RuntimeError("scripted failure")
        scores = np.zeros(len(self.network.pieces), dtype=np.float32)
        scores[self.network.script[self.place] if self.place < len(self.network.script) else 2] = 10
        return scores

    def feed_token(self, token_id: int) -> None:
        self.place += 1

    def feed_text(self, text: str) -> int:
        return len(text)

    def decode_mask(self, view: int) -> MaskPrediction:
        self.masks += 1
        band = self.scene.views[view].pixels[-1]
        valid = self.scene.views[view].valid
        low, high = np.quantile(band[valid], [0.2 * (self.masks - 1), 0.2 * self.masks])
        mask = (band >= low) & (band < high) & valid
        return MaskPrediction(mask, np.where(mask, 0.9, 0.1).astype(np.float32), 0.8)

    def feed_visual(self, views: Sequence[int], tokens: Sequence[int]) -> None:
        pass

    def choose_modality(self, optical: int, sar: int, tokens: Sequence[int]) -> Sequence[int]:
        return [optical] * len(tokens)

    def text(self, token_ids: Sequence[int]) -> str:
        return "".join(self.network.pieces[each] for each in token_ids)


if __name__ == "__main__":
    from terrascope.service.channel import Channel
    from terrascope.service.jobs import make_handlers
    from terrascope.service.stdio import Server
    from terrascope.service.workbench import Workbench

    text = os.environ.get("SCRIPT", TEXT)
    delay = float(os.environ.get("DELAY", "0"))
    fail = int(os.environ["FAIL"]) if "FAIL" in os.environ else None
    bench = Workbench(lambda name, device, precision: ScriptedNetwork(text, delay, fail))
    channel = Channel.take_stdout()
    print("chatter of a library on stdout")
    sys.stdout.flush()
    Server(channel, make_handlers(bench).__getitem__).serve(sys.stdin.buffer)
