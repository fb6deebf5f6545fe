"""One training sample of the decoder: question, visual tokens, and the chain with evidence and masked tokens in
place."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from terrascope.landcover import ATOMS
from terrascope.networks.embedded.evidence_text import Facts, read, write
from terrascope.networks.embedded.purposes import PURPOSES
from terrascope.networks.embedded.tokens import SPECIALS, evidence_tokens, fixed_tokens
from terrascope.networks.embedded.visual_tokens import COARSE, FEATURES, FINE, features, pooled
from terrascope.networks.interface import TokenGrid
from terrascope.reasoning.evidence import EvidenceBook
from terrascope.reasoning.selection import select_tokens
from terrascope_lab.cot.chains import RARE_WORDS, answer_words, opening, plan, step_words
from terrascope_lab.cot.questions import KINDS, TWO_DATES, Question, make_question
from terrascope_lab.training.language.questions_data import draw
from terrascope_lab.training.language.scenes import MadeScene, QuickMeasurer, draw_dates, make_scene

Floats = NDArray[np.float32]
GRID = TokenGrid(1, 1, FINE, 448)
#: At most so many masked tokens come back after a mask.
CAP = 8
#: Part of the questions about a share that set a limit.
LIMITS = 0.25
#: Samples of each kind of question whose words are taken, however rarely it is asked.
OF_EACH_KIND = 60


@dataclass(frozen=True)
class Entry:
    """One position: a word (`token`), or a visual token (`visual`). `chosen` if the network has to write it."""

    token: str = ""
    visual: Floats | None = None
    chosen: bool = False
    atoms: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Sample:
    """A question about a scene, and the chain that answers it."""

    question: Question
    scene: MadeScene
    visual: Floats
    entries: list[Entry]
    facts: list[Facts]


def scene_tokens(scene: MadeScene, dates: Sequence[int]) -> Floats:
    """Return the visual tokens of the prompt: whole view and 4 x 4 cells of each of the dates (0..) that are looked
    at."""
    valid = np.ones(scene.probabilities.shape[2:], bool)
    blocks = [np.zeros((0, FEATURES), np.float32)]
    for date in dates:
        for side in (1, COARSE):
            blocks.append(features(pooled(scene.probabilities[date], valid, side), side, date, scene.gsd, False))
    return np.concatenate(blocks)


def make_sample(rng: random.Random, scene: MadeScene, question: Question | None = None) -> Sample:
    """Return the chain for a (random) question about a scene."""
    question = question or training_question(rng, scene)
    steps = plan(question, scene.dates, scene.shares).steps
    book = EvidenceBook(QuickMeasurer(scene), list(range(scene.dates)))
    entries = [Entry("<s>"), *(Entry(token, chosen=True) for token in opening(question))]
    facts: list[Facts] = []
    valid = np.ones(scene.probabilities.shape[2:], bool)
    for rank, (label, date) in enumerate(steps):
        for token in step_words(label, date, scene.dates, rank == 0):
            entries.append(Entry(token, chosen=True, atoms=scene.atoms(label) if token == "[SEG]" else frozenset()))
        mask = scene.mask(label, date - 1)
        cells = features(
            pooled(scene.probabilities[date - 1], valid, FINE), FINE, date - 1, scene.gsd, False, back=True
        )
        entries.extend(Entry(visual=cells[index]) for index in select_tokens(mask, GRID, "released", CAP))
        found, _, _ = book.add(label, date - 1, mask)
        found = read(write(found)) or found
        facts.append(found)
        entries.extend(Entry(token) for token, _ in evidence_tokens(found, rank + 1))
    entries.extend(Entry(token, chosen=True) for token in answer_words(question, steps, facts))
    return Sample(question, scene, scene_tokens(scene, sorted({date - 1 for _, date in steps})), entries, facts)


def training_question(rng: random.Random, scene: MadeScene) -> Question:
    """Return a random question about a scene. Some shares are asked about with a limit, which only words settle."""
    present = [label for label, share in scene.shares[-1].items() if share > 0.01]
    question = draw(rng, scene.dates, present)
    if question.kind == "share" and not question.options and rng.random() < LIMITS:
        return replace(question, kind="limit")
    return question


def random_sample(rng: random.Random, maps: list[NDArray[np.int8]], dates: int) -> Sample:
    """Return a random sample."""
    return make_sample(rng, make_scene(np.random.default_rng(rng.getrandbits(64)), maps, dates))


def vocabulary(count: int = 1500) -> list[str]:
    """Return the words that answers are made of: of random samples, and of many of each kind of question."""
    rng = random.Random(5)
    found = [random_sample(rng, [], draw_dates(rng)) for _ in range(count)]
    for kind in KINDS:
        for _ in range(OF_EACH_KIND):
            scene = make_scene(np.random.default_rng(rng.getrandbits(64)), [], 2 if kind in TWO_DATES else 1)
            found.append(make_sample(rng, scene, make_question(rng, scene.dates, list(scene.shares[-1]), kind)))
    return words_of(found)


def words_of(samples: list[Sample]) -> list[str]:
    """Return the plain words of chains and of what is said at the end of suitability and risk, sorted, without the
    fixed tokens."""
    known = set(fixed_tokens())
    unseen = {word for purpose in PURPOSES.values() for word in purpose.unseen.split()}
    written = {entry.token for s in samples for entry in s.entries if entry.token}
    return sorted((written | unseen | RARE_WORDS) - known - set(SPECIALS))


def atom_vector(atoms: frozenset[str]) -> Floats:
    """Return the query in [0, 1] per atom that a mask's [SEG] should give."""
    return np.array([atom in atoms for atom in ATOMS], np.float32)
