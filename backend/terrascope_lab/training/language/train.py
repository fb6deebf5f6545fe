"""Trains the embedded model's decoder, teacher-forced. The encoder, which reads the question, is trained by `encoder`;
the decoder learns from what the question truly asks.

Evidence and brought-back tokens stand in the context and are left out of the loss. The same seed and steps give the
same weights, whether or not a run was interrupted: it goes on from its last checkpoint.

Run: python -m terrascope_lab.training.language.train --out FOLDER --steps 600 --seed 1 [--shared ../shared]
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import random
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from terrascope.landcover import ATOMS
from terrascope.networks.embedded.tokens import Vocabulary
from terrascope.networks.embedded.visual_tokens import FEATURES
from terrascope_lab.cot.questions import KINDS
from terrascope_lab.training.language.model import Decoder, Shape
from terrascope_lab.training.language.questions_data import LABEL_LIST, UNIT_LIST, summary_of
from terrascope_lab.training.language.samples import Sample, atom_vector, make_sample, vocabulary
from terrascope_lab.training.language.scenes import MadeScene, draw_dates, make_scene, read_maps

log = logging.getLogger(__name__)
#: Steps of the decoder that ships; steps whose samples are drawn together, and scenes that they are drawn from.
STEPS, BLOCK, WINDOW = 600, 12, 96


class Networks(NamedTuple):
    """What is trained, and the words it writes."""

    decoder: Decoder
    vocabulary: Vocabulary


def build(words: list[str]) -> Networks:
    """Return a new decoder for a list of plain words."""
    vocabulary = Vocabulary(words)
    columns, pairs = vocabulary.columns()
    factors = torch.zeros(len(vocabulary), columns)
    for token, row in pairs:
        factors[token, row] = 1.0
    shape = Shape(len(vocabulary), columns, FEATURES, len(KINDS), len(LABEL_LIST), len(UNIT_LIST), len(ATOMS))
    return Networks(Decoder(shape, factors), vocabulary)


class Checkpoint(NamedTuple):
    """Everything that a run needs to go on: step, words, tensors of decoder and optimiser by name."""

    step: int
    words: list[str]
    tensors: dict[str, Tensor]

    def part(self, name: str) -> dict[str, Tensor]:
        """Tensors whose name begins with `name` and a dot, without it."""
        return {key[len(name) + 1 :]: value for key, value in self.tensors.items() if key.startswith(f"{name}.")}


def read_checkpoint(path: Path) -> Checkpoint:
    """Read what `write_checkpoint` wrote."""
    with safe_open(str(path), "pt") as file:
        about = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    return Checkpoint(int(about["step"]), json.loads(about["words"]), tensors)


def write_checkpoint(path: Path, step: int, words: list[str], decoder: Decoder, optimiser: torch.optim.AdamW) -> None:
    """Write a checkpoint; an older one is there until the new one is whole."""
    tensors = {f"decoder.{name}": value for name, value in decoder.state_dict().items()}
    for rank, state in optimiser.state_dict()["state"].items():
        tensors.update({f"optimiser.{rank}.{name}": value for name, value in state.items()})
    new = path.with_suffix(".new")
    save_file(tensors, new, {"step": str(step), "words": json.dumps(words)})
    new.replace(path)


def take_optimiser(optimiser: torch.optim.AdamW, stored: Checkpoint) -> None:
    """Set the optimiser's state as it was stored."""
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in stored.part("optimiser").items():
        rank, name = key.split(".", 1)
        state.setdefault(int(rank), {})[name] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})


def loss_on(networks: Networks, samples: list[Sample]) -> dict[str, Tensor]:
    """Return the losses of a batch: words, masks."""
    decoder, vocabulary = networks.decoder, networks.vocabulary
    asked = decoder.summary(torch.from_numpy(np.stack([summary_of(s.question) for s in samples])))
    token_table = decoder.table()
    total = [1 + len(s.visual) + len(s.entries) for s in samples]
    seen = torch.from_numpy(
        np.concatenate(
            [
                np.concatenate((s.visual, [e.visual for e in s.entries if e.visual is not None] or s.visual[:0]))
                for s in samples
            ]
        )
    ).float()
    visual = decoder.visual(seen)
    rows, target, queries = [], torch.full((len(samples), max(total)), -100), []
    wanted, at = [], 0
    for r, sample in enumerate(samples):
        start = 1 + len(sample.visual)
        ids = torch.tensor([vocabulary.ids[e.token] if e.token else 0 for e in sample.entries])
        body = token_table[ids]
        back = torch.tensor([e.visual is not None for e in sample.entries])
        end = at + len(sample.visual)
        count = int(back.sum())
        body = body.index_put((torch.nonzero(back).flatten(),), visual[end : end + count])
        rows.append(torch.cat((asked[r : r + 1], visual[at:end], body)))
        at = end + count
        for position, entry in enumerate(sample.entries):
            if entry.chosen:
                target[r, start + position - 1] = ids[position]
            if entry.atoms:
                queries.append((r, start + position))
                wanted.append(atom_vector(entry.atoms))
    x = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    length = x.shape[1]
    mask = torch.ones(length, length, dtype=torch.bool).tril()[None, None]
    out = decoder(x, mask)
    known = target != -100
    words = F.cross_entropy(decoder.logits(out[known]), target[known])
    masks = torch.zeros(())
    if queries:
        index = torch.tensor(queries)
        scores = decoder.query(out[index[:, 0], index[:, 1]])
        masks = F.binary_cross_entropy_with_logits(scores, torch.from_numpy(np.stack(wanted)))
    return {"words": words, "masks": masks}


class Feed:
    """Batches of samples of like length. What a step learns depends on the seed and the step's number alone: scenes are
    numbered, each block of steps draws from a window of them, and the window moves on."""

    def __init__(self, seed: int, shared: Path | None, batch: int) -> None:
        self._seed, self._batch = seed, batch
        self._maps = read_maps(shared)
        self._scenes: dict[int, MadeScene] = {}
        self._block, self._batches = -1, [list[Sample]()]

    def _scene(self, number: int) -> MadeScene:
        rng = random.Random(f"{self._seed} scene {number}")
        return make_scene(np.random.default_rng(rng.getrandbits(64)), self._maps, draw_dates(rng))

    def at(self, step: int) -> list[Sample]:
        """Return the batch of a step (0..)."""
        block, place = divmod(step, BLOCK)
        if block != self._block:
            window = range(block * BLOCK, block * BLOCK + WINDOW)
            self._scenes = {number: self._scenes.get(number) or self._scene(number) for number in window}
            rng = random.Random(f"{self._seed} block {block}")
            samples = [make_sample(rng, self._scenes[rng.choice(window)]) for _ in range(BLOCK * self._batch)]
            samples.sort(key=lambda s: len(s.entries) + len(s.visual) + len(s.question.text) // 4)
            self._batches = [samples[i : i + self._batch] for i in range(0, len(samples), self._batch)]
            rng.shuffle(self._batches)
            self._block = block
        return self._batches[place]


def train(
    out: Path,
    steps: int,
    seed: int,
    shared: Path | None = None,
    batch: int = 24,
    rate: float = 2e-3,
    save_every: int = 100,
) -> None:
    """Train into a folder, on from its checkpoint where it has one."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    checkpoint = out / "checkpoint.safetensors"
    stored = read_checkpoint(checkpoint) if checkpoint.is_file() else None
    if stored is None:
        words = vocabulary()
    else:
        words = stored.words
    networks = build(words)
    step = stored.step if stored else 0
    parameters = list(networks.decoder.parameters())
    optimiser = torch.optim.AdamW(parameters, rate, weight_decay=0.02, betas=(0.9, 0.98))
    if stored is not None:
        networks.decoder.load_state_dict(stored.part("decoder"))
        take_optimiser(optimiser, stored)
    feed = Feed(seed, shared, batch)
    began, mean = time.process_time(), {"words": 0.0, "masks": 0.0}
    count = sum(p.numel() for p in networks.decoder.parameters())
    log.info("starts at step %d, %d words, %d decoder parameters", step, len(networks.vocabulary), count)
    while step < steps:
        for group in optimiser.param_groups:  # warm-up, then half a cosine
            group["lr"] = rate * min(1.0, (step + 1) / 50) * (0.02 + 0.49 * (1 + math.cos(math.pi * step / steps)))
        losses = loss_on(networks, feed.at(step))
        loss = losses["words"] + losses["masks"]
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        step += 1
        mean = {k: losses[k].item() if mean[k] == 0 else 0.96 * mean[k] + 0.04 * losses[k].item() for k in mean}
        if step % save_every == 0 or step == steps:
            seconds = time.process_time() - began
            log.info("step %d %s %.0f s CPU", step, {k: round(v, 4) for k, v in mean.items()}, seconds)
            write_checkpoint(checkpoint, step, words, networks.decoder, optimiser)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--shared", type=Path, default=None, help="folder with the training data; made maps only without"
    )
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    train(options.out, options.steps, options.seed, options.shared, options.batch, options.rate)


if __name__ == "__main__":
    main()
