"""A network that says what a test tells it to: the loop's partner where a test is about the loop alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from terrascope.networks.interface import MaskPrediction, NetworkInfo, Prompt, TokenGrid, TokenTable
from terrascope.scene.types import Affine6, Grid, Role, Scale, Scene, Source, View

SEG, REGION, STOP = 256, 257, 258
SPECIAL = {SEG: "[SEG]", REGION: "<REGION>", STOP: "<|im_end|>"}


def ids_of(text: str) -> list[int]:
    """Bytes, with [SEG] and the stop token as one id each."""
    ids: list[int] = []
    while text:
        special = next((token for token, name in SPECIAL.items() if text.startswith(name)), None)
        if special is not None:
            ids.append(special)
            text = text[len(SPECIAL[special]) :]
        else:
            ids.extend(text[0].encode())
            text = text[1:]
    return ids


def text_of(ids: Sequence[int]) -> str:
    """Byte-level decoding as byte-level tokenizers do it: broken characters become U+FFFD."""
    parts: list[str] = []
    buffer = bytearray()
    for token in [*ids, -1]:
        if 0 <= token < 256:
            buffer.append(token)
            continue
        parts.append(buffer.decode("utf-8", errors="replace"))
        buffer.clear()
        if token >= 0:
            parts.append(SPECIAL[token])
    return "".join(parts)


class ScriptedDecoding:
    """Writes the script, id by id; keeps a log of what it was fed."""

    def __init__(self, network: ScriptedNetwork, scene: Scene) -> None:
        self.network = network
        self.script: Iterator[int] = iter(network.script)
        self.log: list[tuple[object, ...]] = []
        self.grids = [network.grid] * len(scene.views)
        self._next = next(self.script, STOP)

    def logits(self) -> NDArray[np.float32]:
        scores = np.zeros(259, dtype=np.float32)
        scores[self._next] = 10.0
        return scores

    def feed_token(self, token_id: int) -> None:
        self.log.append(("token", token_id))
        self._next = next(self.script, STOP)

    def feed_text(self, text: str) -> int:
        self.log.append(("text", text))
        return len(text.encode())

    def decode_mask(self, view: int) -> MaskPrediction:
        self.log.append(("mask", view))
        mask = self.network.mask(view)
        return MaskPrediction(mask, mask.astype(np.float32), 0.9)

    def feed_visual(self, views: Sequence[int], tokens: Sequence[int]) -> None:
        self.log.append(("visual", tuple(views), tuple(tokens)))

    def choose_modality(self, optical: int, sar: int, tokens: Sequence[int]) -> Sequence[int]:
        self.log.append(("choose", optical, sar, tuple(tokens)))
        return [sar if token % 2 else optical for token in tokens]

    def text(self, token_ids: Sequence[int]) -> str:
        return text_of(token_ids)


class ScriptedNetwork:
    """A network with a script instead of weights."""

    def __init__(
        self,
        script: str | Sequence[int],
        mask: Callable[[int], NDArray[np.bool_]] | NDArray[np.bool_] | None = None,
        *,
        measured: bool = False,
        defaults: dict[str, object] | None = None,
        grid: TokenGrid | None = None,
    ) -> None:
        self.script = ids_of(script) if isinstance(script, str) else list(script)
        square = np.zeros((64, 64), dtype=bool)
        square[8:40, 8:40] = True
        found = square if mask is None else mask
        self.mask: Callable[[int], NDArray[np.bool_]] = found if callable(found) else lambda _: found
        self.grid = grid or TokenGrid(1, 1, 16, 448)
        self.info = NetworkInfo(
            "scripted",
            "1",
            "0" * 64,
            "cpu",
            "fp32",
            TokenTable(SEG, REGION, frozenset({STOP})),
            measured,
            defaults or {},
        )
        self.decoding: ScriptedDecoding | None = None

    def begin(self, scene: Scene, prompt: Prompt) -> ScriptedDecoding:
        self.decoding = ScriptedDecoding(self, scene)
        return self.decoding


def view(
    role: Role = Role.OPTICAL,
    date: str | None = None,
    *,
    pixels: NDArray[np.float32] | None = None,
    bands: tuple[str, ...] = ("red", "green", "blue"),
    valid: NDArray[np.bool_] | None = None,
    scale: Scale = Scale.DISPLAY,
) -> View:
    """A view of 64 x 64 pixels."""
    pixels = np.full((len(bands), 64, 64), 0.3, dtype=np.float32) if pixels is None else pixels
    valid = np.ones((64, 64), dtype=bool) if valid is None else valid
    day = dt.date.fromisoformat(date) if date else None
    return View("view", role, day, bands, scale, pixels, valid, Source("view.tif"))


def scene(*views: View) -> Scene:
    """A scene of such views, pixels of 10 m."""
    grid = Grid(64, 64, Affine6(10, 0, 500000, 0, -10, 5000000), "EPSG:32633")
    return Scene(grid, views or (view(),), (10.0, 10.0))
