"""Trains the question encoder on kind, classes and unit; the decoder's training starts from it.

Run: python -m terrascope.training.language.encoder --base FOLDER_OF_THE_GGUF --out FOLDER --minutes 6
"""

from __future__ import annotations

import argparse
import logging
import math
import random
import time
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from terrascope.networks.embedded.bpe import QuestionTokenizer
from terrascope.networks.embedded.question import question_text
from terrascope.terra_cot.questions import KINDS, Question, make_question
from terrascope.training.language.base import load_base, write_tokenizer
from terrascope.training.language.free_wording import UNANSWERABLE, free_questions
from terrascope.training.language.model import Heads, QuestionEncoder, Shape
from terrascope.training.language.questions_data import LABEL_LIST, UNIT_LIST, QuestionBatch, draw, question_batch

log = logging.getLogger(__name__)


def loss_of(encoder: QuestionEncoder, table: Tensor, batch: QuestionBatch) -> tuple[Tensor, Heads, Tensor]:
    """Return the states [B, Q, width], the heads, and their loss."""
    states = encoder(table[batch.ids], batch.known, batch.dates, batch.keep)
    heads = encoder.heads(states, batch.keep.float())
    loss = F.cross_entropy(heads.kind, batch.kind, label_smoothing=0.03) + 0.5 * F.cross_entropy(heads.unit, batch.unit)
    loss = loss + 6 * F.binary_cross_entropy_with_logits(heads.labels, batch.labels)
    return states, heads, loss + 0.5 * F.binary_cross_entropy_with_logits(heads.early, batch.early)


def free_score(encoder: QuestionEncoder, table: Tensor, tokenizer: QuestionTokenizer) -> tuple[float, float, list[str]]:
    """Return the share of hand-written questions with the right kind and classes, of refusals, and the misses."""
    items = free_questions()
    was = encoder.training
    encoder.eval()
    misses = []
    with torch.no_grad():
        batch = question_batch(tokenizer, [(Question(q.text, "share", ()), q.dates) for q in items])
        kind, labels, _, _ = encoder.heads(
            encoder(table[batch.ids], batch.known, batch.dates, batch.keep), batch.keep.float()
        )
        right = 0
        for row, item in enumerate(items):
            name = KINDS[int(kind[row].argmax())]
            half = len(LABEL_LIST)
            found = {LABEL_LIST[i % half] for i in torch.nonzero(labels[row] > 0).flatten().tolist()}
            good = name in item.kinds and (not item.labels or found == item.labels)
            right += good
            if not good:
                misses.append(f"{item.text} -> {name} {sorted(found)}")
        batch = question_batch(tokenizer, [(Question(text, "share", ()), 1) for text in UNANSWERABLE])
        kind = encoder.heads(encoder(table[batch.ids], batch.known, batch.dates, batch.keep), batch.keep.float()).kind
        names = [KINDS[i] for i in kind.argmax(1).tolist()]
        refused = [name.startswith("refuse") for name in names]
        misses += [f"REFUSE {text} -> {name}" for text, name, ok in zip(UNANSWERABLE, names, refused) if not ok]
    encoder.train(was)
    return right / len(items), sum(refused) / len(refused), misses


def batches_by_length(rng: random.Random, size: int, count: int = 16) -> list[list[tuple[Question, int]]]:
    """Return batches of questions of like length, so that little is padded, in random order."""
    items = []
    for _ in range(size * count):
        dates = rng.choice((1, 1, 1, 2, 2, 3, 4))
        items.append((draw(rng, dates, []), dates))
    items.sort(key=lambda item: len(question_text(item[0].text, item[0].options)))
    batches = [items[start : start + size] for start in range(0, len(items), size)]
    rng.shuffle(batches)
    return batches


def vocabulary_texts(count: int = 30_000) -> list[str]:
    """Return generated questions whose words the cut vocabulary must keep whole."""
    rng = random.Random(7)
    return [make_question(rng, rng.choice((1, 2)), []).text for _ in range(count)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=6)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--keep", type=int, default=9000)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    if not (options.out / "table.pt").is_file():
        words, content = load_base(options.base, options.keep, vocabulary_texts())
        write_tokenizer(content, options.out / "tokenizer.json")
        torch.save(words.half(), options.out / "table.pt")
    table = torch.load(options.out / "table.pt", weights_only=True).float()
    tokenizer = QuestionTokenizer.read(options.out / "tokenizer.json")
    log.info("vocabulary %d", len(tokenizer))
    torch.manual_seed(options.seed)
    rng = random.Random(options.seed)
    shape = Shape(1, 1, 1, len(KINDS), len(LABEL_LIST), len(UNIT_LIST))
    encoder = QuestionEncoder(shape)
    if (options.out / "encoder.pt").is_file():
        encoder.load_state_dict(torch.load(options.out / "encoder.pt", weights_only=True))
        log.info("goes on from encoder.pt")
    optimiser = torch.optim.AdamW(encoder.parameters(), options.rate, weight_decay=0.05, betas=(0.9, 0.98))
    began = time.time()
    running = 0.0
    waiting: list[list[tuple[Question, int]]] = []
    for step in range(1, options.steps + 1):
        waiting = waiting or batches_by_length(rng, options.batch)
        done = min(1.0, max(step / options.steps, (time.time() - began) / (60 * options.minutes)))
        for (
            group
        ) in optimiser.param_groups:  # warm-up, then half a cosine over the steps or the time, whichever ends first
            group["lr"] = options.rate * min(1.0, step / 60) * (0.02 + 0.49 * (1 + math.cos(math.pi * done)))
        _, _, loss = loss_of(encoder, table, question_batch(tokenizer, waiting.pop()))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(encoder.parameters(), 1.0)
        optimiser.step()
        running = loss.item() if step == 1 else 0.97 * running + 0.03 * loss.item()
        if step % 100 == 0 or step == options.steps:
            kinds, refused, _ = free_score(encoder, table, tokenizer)
            log.info(
                "step %d loss %.3f free %.3f refuse %.3f %.0f s", step, running, kinds, refused, time.time() - began
            )
            torch.save(encoder.state_dict(), options.out / "encoder.pt")
        if time.time() - began > options.minutes * 60:
            break
    torch.save(encoder.state_dict(), options.out / "encoder.pt")
    for miss in free_score(encoder, table, tokenizer)[2]:
        log.info("miss: %s", miss)


if __name__ == "__main__":
    main()
