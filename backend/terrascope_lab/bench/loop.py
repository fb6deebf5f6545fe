"""`terrascope bench loop`: what keeping image embeddings and the prompt's prefix saves.

Masks: runs with 1, 2 and 4 [SEG], each image encoded once (as here) and once a [SEG] (as the released code does for one
image). Prefill: the first question about an image against the second.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from terrascope.networks.interface import Prompt
from terrascope.reasoning.loop import finished, reason
from terrascope.reasoning.settings import ReasoningSettings
from terrascope.scene.types import Affine6, Grid, Role, Scale, Scene, Source, View
from terrascope_lab.bench.forced import Clock, ForcedNetwork

if TYPE_CHECKING:
    from terrascope.networks.full.session import FullNetwork

COUNTS = (1, 2, 4)
SAM_NAMES = ("tiny", "hiera-large")
TEXT_NAMES = ("tiny", "small")
QUESTIONS = ("How much of the area is water?", "Which is larger, the forest or the lake?")


@dataclass(frozen=True)
class MaskRow:
    """One run with `masks` [SEG]; seconds (`clock_of`) of its masks, encoding and decoding, and of the whole run."""

    model: str
    masks: int
    kept: bool
    encodings: int
    mask_seconds: float
    run_seconds: float


@dataclass(frozen=True)
class PrefillRow:
    """Seconds from a question to its first score, and whether both ways gave the same scores to the bit."""

    model: str
    tokens: int
    first_seconds: float
    second_seconds: float
    identical: bool


def add_loop_parser(subparsers: Any) -> None:
    """Add the command `loop` to `terrascope bench`."""
    parser = subparsers.add_parser("loop", help="time of k masks and of a second question, kept against computed anew")
    parser.add_argument("--checkpoint", type=Path, help="an imported full model in place of random weights")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps (default cpu)")
    parser.add_argument("--sam", nargs="+", choices=SAM_NAMES, default=list(SAM_NAMES), help="sizes of SAM 2")
    parser.add_argument(
        "--text", nargs="+", choices=TEXT_NAMES, default=list(TEXT_NAMES), help="sizes of the language model"
    )
    parser.add_argument("--masks", nargs="+", type=int, default=list(COUNTS), help="numbers of [SEG] (default 1 2 4)")
    parser.add_argument("--repeats", type=int, default=1, help="the best of so many runs is shown (default 1)")
    parser.add_argument("--markdown", type=Path, help="write the tables to this file too")
    parser.set_defaults(run=_run)


def measure_masks(
    make: Callable[[bool], FullNetwork], model: str, counts: Sequence[int] = COUNTS, repeats: int = 1
) -> list[MaskRow]:
    """Time runs of k [SEG]. `make(kept)` gives a network that keeps image embeddings, or one that does not."""
    rows = []
    for kept in (False, True):
        network = make(kept)
        for masks in counts:
            rows.append(min((_mask_run(network, model, masks, kept) for _ in range(repeats)), key=_run_seconds))
    return rows


def measure_prefill(network: FullNetwork, model: str, repeats: int = 1) -> PrefillRow:
    """Time the first and the second question on one picture, and compare the second's scores with a fresh run's."""
    scene = scene_of_noise(1000, 600)
    clock = clock_of(network)
    first, second, identical = [], [], True
    tokens = 0
    for _ in range(repeats):
        network.forget()
        first.append(_seconds(lambda: network.begin(scene, Prompt(QUESTIONS[0])).logits(), clock)[0])
        taken, kept = _seconds(lambda: network.begin(scene, Prompt(QUESTIONS[1])).logits(), clock)
        second.append(taken)
        network.forget()
        fresh = network.begin(scene, Prompt(QUESTIONS[1])).logits()
        identical &= bool(np.array_equal(kept, fresh))
        tokens = _prompt_tokens(network, scene)
    return PrefillRow(model, tokens, min(first), min(second), identical)


def scene_of_noise(width: int, height: int, seed: int = 0) -> Scene:
    """A scene with one 8-bit view of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (3, height, width)).astype(np.float32) / np.float32(255)
    view = View(
        "noise", Role.OPTICAL, None, ("red", "green", "blue"), Scale.DISPLAY, pixels, np.ones((height, width), bool),
        Source("noise"),
    )  # fmt: skip
    return Scene(Grid(width, height, Affine6(1, 0, 0, 0, -1, 0), None), (view,), None)


def _mask_run(network: FullNetwork, model: str, masks: int, kept: bool) -> MaskRow:
    network.forget()
    tokens = network.info.tokens
    text = network.processor.encode("<think>the water ")
    ids = [*(text + [tokens.seg]) * masks, *network.processor.encode("</think><answer>A</answer>"), min(tokens.stop)]
    clock = clock_of(network)
    forced = ForcedNetwork(network, ids, clock)
    before = network.image_encodings
    scene = scene_of_noise(512, 512)
    seconds, _ = _seconds(lambda: finished(reason(forced, scene, Prompt(QUESTIONS[0]), ReasoningSettings())), clock)
    assert forced.decoding is not None
    return MaskRow(model, masks, kept, network.image_encodings - before, forced.decoding.mask_seconds, seconds)


def _networks(arguments: argparse.Namespace, sam: str) -> Callable[[bool], FullNetwork]:
    from terrascope.networks.full.loading import load_model
    from terrascope.networks.full.processing import TerraScopeProcessor
    from terrascope.networks.full.session import FullNetwork
    from terrascope_lab.bench.random_model import byte_processor, random_model

    class Reencoding(FullNetwork):
        """Encodes an image at every mask, as the released code does."""

        def features(self, state: Any, view: int) -> Any:
            state.features.clear()
            return super().features(state, view)

    if arguments.checkpoint:
        loaded = load_model(arguments.checkpoint, device=arguments.device)
        processor = TerraScopeProcessor.from_pretrained(arguments.checkpoint)
    else:
        loaded, processor = random_model(sam, device=arguments.device), byte_processor()
    return lambda kept: (FullNetwork if kept else Reencoding)(loaded, processor)


def _run(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    console = Console()
    mask_rows: list[MaskRow] = []
    prefill_rows: list[PrefillRow] = []
    names = [arguments.checkpoint.name] if arguments.checkpoint else arguments.sam
    with console.status("measuring"):
        for name in names:
            mask_rows += measure_masks(_networks(arguments, name), name, arguments.masks, arguments.repeats)
        if arguments.checkpoint:
            prefill_rows.append(measure_prefill(_networks(arguments, names[0])(True), names[0], arguments.repeats))
        else:
            prefill_rows += [_random_prefill(text, arguments) for text in arguments.text]
    tables = [_mask_table(mask_rows), _prefill_table(prefill_rows)]
    for title, header, body in tables:
        console.print(_rich_table(title, header, body))
    console.print(_machine(arguments.device))
    if arguments.markdown:
        arguments.markdown.write_text(_markdown(tables, _machine(arguments.device)), encoding="utf-8")
    return 0


def _random_prefill(text: str, arguments: argparse.Namespace) -> PrefillRow:
    from terrascope.networks.full.session import FullNetwork
    from terrascope_lab.bench.random_model import byte_processor, random_model

    network = FullNetwork(random_model("tiny", text, arguments.device), byte_processor())
    return measure_prefill(network, f"language model {text}", arguments.repeats)


Table = tuple[str, list[str], list[list[str]]]


def _mask_table(rows: Sequence[MaskRow]) -> Table:
    header = ["SAM 2", "[SEG]", "encodings, anew", "masks, anew (s)", "encodings, kept", "masks, kept (s)", "ratio"]
    body = []
    for anew in (row for row in rows if not row.kept):
        kept = next(row for row in rows if row.kept and (row.model, row.masks) == (anew.model, anew.masks))
        body.append(
            [anew.model, str(anew.masks), str(anew.encodings), f"{anew.mask_seconds:.2f}", str(kept.encodings),
             f"{kept.mask_seconds:.2f}", f"{anew.mask_seconds / kept.mask_seconds:.2f}"]
        )  # fmt: skip
    return "Masks: image encoded at every [SEG] (the released way) and once a view", header, body


def _prefill_table(rows: Sequence[PrefillRow]) -> Table:
    header = ["model", "prompt tokens", "first question (s)", "second question (s)", "ratio", "same scores as fresh"]
    body = [
        [row.model, str(row.tokens), f"{row.first_seconds:.3f}", f"{row.second_seconds:.3f}",
         f"{row.first_seconds / row.second_seconds:.1f}", "to the bit" if row.identical else "NO"]
        for row in rows
    ]  # fmt: skip
    return "From question to first score, 1000 x 600 px in 7 tiles", header, body


def _rich_table(title: str, header: Sequence[str], body: Sequence[Sequence[str]]) -> Any:
    from rich.markup import escape
    from rich.table import Table as RichTable

    table = RichTable(title=escape(title), title_justify="left")
    for rank, name in enumerate(header):
        table.add_column(escape(name), justify="left" if rank == 0 else "right")
    for line in body:
        table.add_row(*map(escape, line))
    return table


def _markdown(tables: Sequence[Table], machine: str) -> str:
    parts = []
    for title, header, body in tables:
        lines = [header, ["---", *["---:"] * (len(header) - 1)], *body]
        parts.append(f"**{title}**\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines))
    return "\n\n".join([*parts, f"{machine}"]) + "\n"


def _machine(device: str) -> str:
    import torch

    name = torch.cuda.get_device_name() if device.startswith("cuda") else platform.processor() or platform.machine()
    unit = "processor seconds of this process" if device == "cpu" else "wall-clock seconds"
    threads = torch.get_num_threads()
    return f"{device} ({name}, {os.cpu_count()} cores, {threads} threads), torch {torch.__version__}; {unit}."


def _prompt_tokens(network: FullNetwork, scene: Scene) -> int:
    from terrascope.networks.full.session import rgb_of

    counts = network.processor.tiles([rgb_of(view) for view in scene.views]).counts
    return len(network.processor.encode(network.processor.prompt_text(Prompt(QUESTIONS[0]), counts)))


def clock_of(network: FullNetwork) -> Clock:
    """Return the clock that fits the network's device: on a CPU the process's own processor time, so that other work on
    the machine does not count, elsewhere wall-clock time after the device has finished."""
    import torch

    device = network.model.device
    if device.type == "cpu":
        return time.process_time

    def after_the_device() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter()

    return after_the_device


def _seconds(work: Callable[[], Any], clock: Clock) -> tuple[float, Any]:
    begin = clock()
    result = work()
    return clock() - begin, result


def _run_seconds(row: MaskRow) -> float:
    return row.run_seconds
