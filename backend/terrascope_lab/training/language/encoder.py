"""Trains the question encoder on kind, classes and unit; the decoder's training is independent of it.

Run: python -m terrascope_lab.training.language.encoder --base MODEL_ZIP_OR_FOLDER --out FOLDER --steps 640 --seed 1

The questions and the dropout of a step depend on the seed and the number of the step alone, so that the same seed and
steps give the same weights, whether or not a run was interrupted: it goes on from its last checkpoint.
"""

from __future__ import annotations

import argparse
import logging
import math
import random
import time
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from terrascope.networks.embedded.question import question_text, read_question
from terrascope.networks.embedded.reading import Reading, reading_of
from terrascope.networks.embedded.wordpiece import SPECIAL, WordPieces
from terrascope_lab.cot.questions import KINDS, Question
from terrascope_lab.training.language.base import cut_vocabulary, load_base
from terrascope_lab.training.language.model import QuestionEncoder, Shape
from terrascope_lab.training.language.questions_data import (
    LABEL_LIST,
    UNIT_LIST,
    QuestionBatch,
    manifest_part,
    question_batch,
    read_any,
)
from terrascope_lab.training.language.wording import read_table, score

log = logging.getLogger(__name__)
#: Steps that the learning rate falls over, the step at which the encoder that ships was taken, and steps whose
#: questions are drawn together.
STEPS, STOP, BLOCK = 640, 480, 16


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


def batches_by_length(seed: int, block: int, size: int) -> list[list[Question]]:
    """Return the `BLOCK` batches of a block: questions of like length, so that little is padded, in random order."""
    rng = random.Random(f"{seed} {block}")
    items = [read_any(rng) for _ in range(size * BLOCK)]
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


def measure(encoder: QuestionEncoder, tokenizer: WordPieces, table: Path) -> str:
    """Return a line of figures on a table of questions."""
    was = encoder.training
    encoder.eval()
    found = score(Reader(encoder, tokenizer), read_table(table)).all
    encoder.train(was)
    return f"right {found.both:.3f} abstains {found.abstains:.3f}"


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


class Run:
    """A training run in a folder.

    Parameters
    ----------
    out
        Holds `tokenizer.json`, `encoder.safetensors` and, while it goes on, `checkpoint.safetensors`.
    base
        The pretrained encoder, for a new run.
    steps, batch, rate, seed
        Length, questions a step, highest learning rate, random numbers.
    """

    def __init__(
        self,
        out: Path,
        base: Path | None,
        steps: int = STEPS,
        batch: int = 32,
        rate: float = 3e-4,
        seed: int = 1,
        keep: int = 13_800,
    ) -> None:
        out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(seed)
        self.out, self.steps, self.batch, self.rate, self.seed = out, steps, batch, rate, seed
        self.encoder, self.tokenizer = build(out, base, keep)
        trained = {name: p for name, p in self.encoder.named_parameters() if p.requires_grad}
        fresh = [p for name, p in trained.items() if not name.startswith("layers.")]
        tuned = [p for name, p in trained.items() if name.startswith("layers.")]
        self.parameters = fresh + tuned
        groups = [{"params": fresh, "scale": 4.0}, {"params": tuned, "scale": 1.0}]
        self.optimiser = torch.optim.AdamW(groups, rate, weight_decay=0.02, betas=(0.9, 0.98))
        self.step, self.loss = 0, 0.0
        self._waiting: list[list[Question]] = []
        if self._checkpoint.is_file():
            self._resume()

    @property
    def _checkpoint(self) -> Path:
        return self.out / "checkpoint.safetensors"

    def advance(self) -> None:
        """Take one step."""
        block, place = divmod(self.step, BLOCK)
        if place == 0 or not self._waiting:
            self._waiting = batches_by_length(self.seed, block, self.batch)
        torch.manual_seed(self.seed * 1_000_003 + self.step)
        done = self.step / self.steps
        rate = self.rate * min(1.0, (self.step + 1) / 30) * (0.02 + 0.49 * (1 + math.cos(math.pi * done)))
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group["scale"]
        loss = loss_of(self.encoder, question_batch(self.tokenizer, self._waiting[place]))
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimiser.step()
        self.step += 1
        self.loss = loss.item() if self.step == 1 else 0.97 * self.loss + 0.03 * loss.item()

    def save(self) -> None:
        """Write the checkpoint (an older one is there until the new one is whole) and the encoder."""
        tensors = {f"encoder.{name}": value for name, value in self.encoder.state_dict().items()}
        for rank, state in self.optimiser.state_dict()["state"].items():
            tensors.update({f"optimiser.{rank}.{name}": value for name, value in state.items()})
        new = self._checkpoint.with_suffix(".new")
        save_file(tensors, new, {"step": str(self.step), "loss": repr(self.loss)})
        new.replace(self._checkpoint)
        save_file(self.encoder.state_dict(), self.out / "encoder.safetensors")

    def _resume(self) -> None:
        state: dict[int, dict[str, Tensor]] = {}
        with safe_open(str(self._checkpoint), "pt") as file:
            about = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        for key, value in tensors.items():
            part, name = key.split(".", 1)
            if part == "optimiser":
                rank, field = name.split(".", 1)
                state.setdefault(int(rank), {})[field] = value
        weights = {key.split(".", 1)[1]: value for key, value in tensors.items() if key.startswith("encoder.")}
        self.encoder.load_state_dict(weights)
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": state})
        self.step, self.loss = int(about["step"]), float(about["loss"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, default=None, help="the package's wheel or model.zip, or its folder")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--stop", type=int, default=STOP, help="step to end at")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--keep", type=int, default=13_800, help="pieces of the vocabulary that are kept in any case")
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--table", type=Path, default=None, help="questions to measure with, which are not learnt")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    run = Run(options.out, options.base, options.steps, options.batch, options.rate, options.seed, options.keep)
    train(run, options.table, options.stop)


def train(run: Run, table: Path | None = None, stop: int = STEPS, every: int = 160) -> None:
    """Take the steps that are left, or up to the step `stop`; measure and save now and then."""
    stop = min(stop, run.steps)
    log.info("%d pieces, at step %d", len(run.tokenizer), run.step)
    began = time.process_time()
    while run.step < stop:
        run.advance()
        if run.step % every == 0 or run.step == stop:
            figures = "" if table is None else measure(run.encoder, run.tokenizer, table)
            log.info("step %d loss %.3f %s %.0f s CPU", run.step, run.loss, figures, time.process_time() - began)
            run.save()


if __name__ == "__main__":
    main()
