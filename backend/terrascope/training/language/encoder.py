"""Trains the question encoder on kind, classes and unit; the decoder's training is independent of it.

Run: python -m terrascope.training.language.encoder --base MODEL_ZIP_OR_FOLDER --out FOLDER --steps 1500 --seed 1

The same seed and number of steps give the same weights. A run that was interrupted goes on from its last checkpoint.
"""

from __future__ import annotations

import argparse
import logging
import math
import random
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from terrascope.networks.embedded.question import question_text, read_question
from terrascope.networks.embedded.reading import Reading, reading_of
from terrascope.networks.embedded.wordpiece import SPECIAL, WordPieces
from terrascope.terra_cot.questions import KINDS, Question
from terrascope.training.language.base import cut_vocabulary, load_base
from terrascope.training.language.model import QuestionEncoder, Shape
from terrascope.training.language.questions_data import (
    LABEL_LIST,
    UNIT_LIST,
    QuestionBatch,
    manifest_part,
    question_batch,
    read_any,
)
from terrascope.training.language.wording import DEVELOPMENT, read_table, score

log = logging.getLogger(__name__)


def shape() -> Shape:
    """Return sizes; those of the decoder do not matter here."""
    return Shape(1, 1, 1, len(KINDS), len(LABEL_LIST), len(UNIT_LIST))


def loss_of(encoder: QuestionEncoder, batch: QuestionBatch) -> Tensor:
    """Return the loss of a batch."""
    states = encoder(batch.ids, batch.known, batch.keep)
    heads = encoder.heads(states, batch.keep.float())
    loss = F.cross_entropy(heads.kind, batch.kind, label_smoothing=0.05) + 0.3 * F.cross_entropy(heads.unit, batch.unit)
    loss = loss + 6 * F.binary_cross_entropy_with_logits(heads.labels, batch.labels)
    return loss + 0.3 * F.binary_cross_entropy_with_logits(heads.early, batch.early)


def batches_by_length(rng: random.Random, size: int, count: int = 16) -> list[list[Question]]:
    """Return batches of questions of like length, so that little is padded, in random order."""
    items = [read_any(rng) for _ in range(size * count)]
    items.sort(key=lambda item: len(question_text(item.text, item.options)))
    batches = [items[start : start + size] for start in range(0, len(items), size)]
    rng.shuffle(batches)
    return batches


class Reader:
    """Reads questions with an encoder that is not exported yet, as the plugin does with the exported one."""

    def __init__(self, encoder: QuestionEncoder, tokenizer: WordPieces) -> None:
        self._encoder, self._tokenizer, self._manifest = encoder, tokenizer, manifest_part()

    def __call__(self, question: str, dates: int) -> Reading:
        row = read_question(self._tokenizer, question_text(question, ()))
        ids, known = torch.tensor([row.ids]), torch.tensor([row.known])
        with torch.no_grad():
            states = self._encoder(ids, known)
            found = self._encoder.heads(states, torch.ones(ids.shape)).summary()[0].numpy()
        return reading_of(found, self._manifest, row.named, dates, row.plain)


def measure(encoder: QuestionEncoder, tokenizer: WordPieces) -> tuple[str, list[str]]:
    """Return a line of figures on the development questions, and those misread that may be looked at."""
    was = encoder.training
    encoder.eval()
    found = score(Reader(encoder, tokenizer), read_table(DEVELOPMENT))
    encoder.train(was)
    halves = " ".join(f"{half.both:.3f}/{half.abstains:.3f}" for half in (found.looked, found.counted))
    return f"looked at, only counted: {halves}", found.misses


def build(folder: Path, base: Path | None, keep: int) -> tuple[QuestionEncoder, WordPieces]:
    """Return encoder and tokenizer, from `folder` or, where it is empty, from the pretrained ones."""
    if not (folder / "tokenizer.json").is_file():
        if base is None:
            raise SystemExit(f"{folder} holds no encoder yet: name the pretrained one with --base.")
        whole = load_base(base)
        rng = random.Random(7)
        kept = cut_vocabulary(whole.pieces, keep, [read_any(rng).text for _ in range(30_000)])
        tokenizer = WordPieces([*SPECIAL, *(whole.pieces[rank] for rank in kept[len(SPECIAL) :])])
        encoder = QuestionEncoder(len(kept), shape())
        encoder.take(whole, kept)
        tokenizer.write(folder / "tokenizer.json")
        save_file(encoder.state_dict(), folder / "encoder.safetensors")
    tokenizer = WordPieces.read(folder / "tokenizer.json")
    encoder = QuestionEncoder(len(tokenizer), shape())
    encoder.load_state_dict(load_file(folder / "encoder.safetensors"))
    return encoder, tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, default=None, help="the package's model.zip, or its folder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--keep", type=int, default=14_000, help="pieces of the vocabulary that are kept in any case")
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=1, help="another one where a run goes on from an earlier one")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    encoder, tokenizer = build(options.out, options.base, options.keep)
    log.info("%d pieces", len(tokenizer))
    rng = random.Random(options.seed)
    fresh = [p for name, p in encoder.named_parameters() if p.requires_grad and not name.startswith("layers.")]
    tuned = [p for name, p in encoder.named_parameters() if p.requires_grad and name.startswith("layers.")]
    groups = [{"params": fresh, "scale": 4.0}, {"params": tuned, "scale": 1.0}]
    optimiser = torch.optim.AdamW(groups, options.rate, weight_decay=0.02, betas=(0.9, 0.98))
    began, running = time.time(), 0.0
    waiting: list[list[Question]] = []
    for step in range(1, options.steps + 1):
        waiting = waiting or batches_by_length(rng, options.batch)
        rate = options.rate * min(1.0, step / 30) * (0.02 + 0.49 * (1 + math.cos(math.pi * step / options.steps)))
        for group in optimiser.param_groups:
            group["lr"] = rate * group["scale"]
        loss = loss_of(encoder, question_batch(tokenizer, waiting.pop()))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(fresh + tuned, 1.0)
        optimiser.step()
        running = loss.item() if step == 1 else 0.97 * running + 0.03 * loss.item()
        if step % 80 == 0 or step == options.steps:
            log.info("step %d loss %.3f %s %.0f s", step, running, measure(encoder, tokenizer)[0], time.time() - began)
            save_file(encoder.state_dict(), options.out / "encoder.safetensors")
    for miss in measure(encoder, tokenizer)[1]:
        log.info("miss: %s", miss)


if __name__ == "__main__":
    main()
