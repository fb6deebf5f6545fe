"""Measures the exported language side end to end with oracle masks, through the real loop, and on hand-written wording.

Oracle: class probabilities of made scenes stand in for the vision networks; the answer must be the one that the rules
give for the facts that were measured, word for word. Free wording: the masks asked for and the kind of question.

Run: python -m terrascope_lab.training.language.evaluate --models resources/models --count 300 [--shared ../shared]
[--table FILE] [--json FILE]
"""

from __future__ import annotations

import argparse
import collections
import datetime as dt
import json
import logging
import random
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from terrascope.networks.embedded.evidence_text import read
from terrascope.networks.embedded.session import EmbeddedDecoding, EmbeddedNetwork, coarse, settlement
from terrascope.networks.interface import Prompt
from terrascope.reasoning.events import AnswerReady, Ended, EvidenceReady, StepBegun
from terrascope.reasoning.evidence import MODEL_WORDS, MeasuredEvidence
from terrascope.reasoning.loop import reason
from terrascope.scene.types import Affine6, Grid, Role, Scale, Scene, Source, View
from terrascope_lab.cot.chains import REFUSALS, answer_words
from terrascope_lab.cot.questions import KINDS, Question
from terrascope_lab.training.language.questions_data import draw
from terrascope_lab.training.language.samples import make_sample
from terrascope_lab.training.language.scenes import MadeScene, draw_dates, make_scene, read_maps
from terrascope_lab.training.language.wording import read_table, score

log = logging.getLogger(__name__)


class Oracle:
    """Vision that knows the class probabilities of a made scene; a view's source path is its date."""

    def __init__(self) -> None:
        self.scene: MadeScene | None = None

    def probabilities(self, view: View, gsd_m: float | None) -> NDArray[np.float32]:
        """See `session.Vision`."""
        assert self.scene is not None
        return self.scene.probabilities[int(view.source.path)]


def as_scene(made: MadeScene) -> Scene:
    """Return a made scene as the loop knows scenes."""
    side = made.probabilities.shape[-1]
    gsd = made.gsd or 10.0
    grid = Grid(side, side, Affine6(gsd, 0, 500_000, 0, -gsd, 5_000_000), "EPSG:32632" if made.has_crs else None)
    views = tuple(
        View(
            f"view {date}", Role.OPTICAL, dt.date(2000 + 5 * date, 6, 1), ("red",), Scale.REFLECTANCE,
            np.zeros((1, side, side), np.float32), np.ones((side, side), bool), Source(str(date)),
        )
        for date in range(made.dates)
    )  # fmt: skip
    return Scene(grid, views, (gsd, gsd) if made.has_crs else None)


class Run(NamedTuple):
    """What came out of one question."""

    answer: str
    ended: Ended
    steps: list[tuple[str, int]]
    evidence: list[EvidenceReady]
    decoding: EmbeddedDecoding
    choice: str | None
    seconds: float


def ask(network: EmbeddedNetwork, scene: Scene, question: str, options: tuple[str, ...] = ()) -> Run:
    """Ask through the real loop."""
    kept: list[EmbeddedDecoding] = []
    begin = network.begin

    class Keeping:
        info = network.info

        def begin(self, scene: Scene, prompt: Prompt) -> EmbeddedDecoding:
            kept.append(begin(scene, prompt))
            return kept[-1]

    began = time.perf_counter()
    answer, choice, ended = "", None, None
    steps: list[tuple[str, int]] = []
    evidence: list[EvidenceReady] = []
    for event in reason(
        Keeping(), scene, Prompt(question, options), evidence=MeasuredEvidence(scene, question, options)
    ):
        if isinstance(event, StepBegun):
            steps.append((MODEL_WORDS.get(event.label, event.label), event.view))
        elif isinstance(event, EvidenceReady):
            evidence.append(event)
        elif isinstance(event, AnswerReady):
            answer, choice = event.text, event.choice
        elif isinstance(event, Ended):
            ended = event
    assert ended is not None
    return Run(answer, ended, steps, evidence, kept[0], choice, time.perf_counter() - began)


def expected(question: Question, run: Run) -> str:
    """Return the answer that the rules give for what was measured in a run."""
    facts = [found for e in run.evidence if (found := read(e.text)) is not None]
    tokens = answer_words(question, [(label, view + 1) for label, view in run.steps], facts)
    vocabulary = run.decoding._vocabulary
    ids = [vocabulary.ids[token] for token in tokens[2:-2] if token in vocabulary.ids]
    return vocabulary.show(
        ids,
        run.decoding._constraints.slots,
        question.unit,
        run.decoding._dates,
        run.decoding._names,
        run.decoding._plural,
    ).strip()


def oracle_score(
    network: EmbeddedNetwork, oracle: Oracle, count: int, shared: Path | None, seed: int = 99
) -> dict[str, object]:
    """Ask random questions about made scenes; returns shares of right masks and right answers, by kind too."""
    rng = random.Random(seed)
    maps = read_maps(shared)
    by_kind: dict[str, list[bool]] = collections.defaultdict(list)
    masks_right, answers_right = 0, 0
    seconds: list[float] = []
    misses: list[str] = []
    atoms_right = atoms_all = 0
    for _ in range(count):
        made = make_scene(np.random.default_rng(rng.getrandbits(64)), maps, draw_dates(rng))
        present = [label for label, share in made.shares[-1].items() if share > 0.01]
        sample = make_sample(rng, made, draw(rng, made.dates, present))
        question = sample.question
        oracle.scene = made
        scene = as_scene(made)
        wanted = [(e.token[2:]) for e in sample.entries if e.token.startswith("L:") and e.chosen]
        if "buildings" in question.labels and not question.options and coarse(scene.gsd_m):
            question = replace(question, labels=settlement(question.labels))
            wanted = list(settlement(wanted))
        run = ask(network, scene, question.text, question.options)
        seconds.append(run.seconds)
        labels = [label for label, _ in run.steps]
        plan_labels = wanted[: len(sample.facts)]
        free_order = question.kind in ("dominant", "least", "describe", "among")
        masks = set(labels) == set(plan_labels) if free_order else labels == plan_labels
        if question.kind in ("dominant", "least", "describe"):
            masks = bool(labels) and labels[0] in plan_labels
        right = False
        if masks:
            try:
                right = run.answer == expected(question, run)
            except (KeyError, IndexError, ValueError):
                right = False
        for (label, view), event in zip(run.steps, run.evidence):
            facts = read(event.text)
            if facts is not None and label in plan_labels:
                atoms_all += 1
                atoms_right += abs(facts.share - float(made.mask(label, view).mean())) < 2e-4
        masks_right += masks
        answers_right += right
        by_kind[question.kind].append(right)
        if not right and len(misses) < 40:
            misses.append(f"{question.kind} | {question.text} | {labels} | {run.answer}")
    return {
        "count": count,
        "masks": masks_right / count,
        "answers": answers_right / count,
        "mask_is_the_class": atoms_right / max(atoms_all, 1),
        "seconds_median": float(np.median(seconds)),
        "by_kind": {kind: [sum(by_kind[kind]), len(by_kind[kind])] for kind in KINDS if kind in by_kind},
        "misses": misses,
    }


def wording_score(network: EmbeddedNetwork, table: Path) -> dict[str, float]:
    """Return how a table of questions is read: kind and classes right, and abstentions; see `wording`."""
    found = score(lambda question, dates: network.language.read(question, (), dates), read_table(table)).all
    return {"both": found.both, "abstains": found.abstains, "count": found.answerable()[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--shared", type=Path, default=None)
    parser.add_argument("--table", type=Path, default=None, help="questions whose reading is measured too")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    oracle = Oracle()
    began = time.perf_counter()
    network = EmbeddedNetwork(options.models, vision=oracle)
    loaded = time.perf_counter() - began
    found: dict[str, object] = {
        "load_seconds": loaded,
        "oracle": oracle_score(network, oracle, options.count, options.shared),
    }
    if options.table:
        found["wording"] = wording_score(network, options.table)
    log.info("%s", json.dumps(found, indent=1, ensure_ascii=False))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False), encoding="utf-8")


__all__ = ["REFUSALS", "Oracle", "ask", "as_scene", "oracle_score", "wording_score"]

if __name__ == "__main__":
    main()
