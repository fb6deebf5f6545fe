"""Multiple-choice questions of the benchmark's six tasks about made scenes, with oracle masks, through the real loop.

The true answers are computed from the masks by the paper's rules, the other options lie at least 20 % away. Flooded
area stands in for building change.

Run: python -m terrascope_lab.training.language.benchmark --models resources/models --count 20
"""

from __future__ import annotations

import argparse
import logging
import random
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from terrascope.landcover import LABELS
from terrascope.networks.embedded.session import EmbeddedNetwork
from terrascope_lab.training.language.evaluate import Oracle, as_scene, ask
from terrascope_lab.training.language.scenes import MadeScene, make_scene

log = logging.getLogger(__name__)
#: Distances are asked about from this many pixels on, as in the paper: the answer measures from edge to edge, the truth
#: from centre to centre.
MIN_DISTANCE_PX = 10
TASKS = ("coverage", "area", "ranking", "boundary", "distance", "flood")
_ASK = {
    "coverage": "What is the coverage percentage of {a} in this image?",
    "area": "What is the absolute area covered by {a}?",
    "ranking": "Which class has the larger area in the image?",
    "boundary": "Is there a shared boundary between {a} and {b}?",
    "distance": "What is the minimum distance between {a} and {b}?",
    "flood": "How large is the area that was newly flooded between the two dates?",
}


class Item(NamedTuple):
    """One question and the letter of its true option."""

    scene: MadeScene
    question: str
    options: tuple[str, ...]
    letter: str


def _numbers(rng: random.Random, value: float, form: str) -> tuple[tuple[str, ...], str]:
    factors = [1.0]
    while len(factors) < 4:
        factor = rng.choice((rng.uniform(0.2, 0.8), rng.uniform(1.25, 2.2)))
        if all(abs(factor / other - 1) > 0.2 for other in factors):
            factors.append(factor)
    rng.shuffle(factors)
    return tuple(form.format(value * factor) for factor in factors), "ABCD"[factors.index(1.0)]


def make_item(rng: random.Random, task: str) -> Item:
    """Return a random question of a task that its rules allow."""
    while True:
        made = make_scene(np.random.default_rng(rng.getrandbits(64)), [], 2 if task == "flood" else 1)
        if made.gsd is None or not made.has_crs:
            continue
        found = [label for label in LABELS if 0.05 <= made.mask(label, 0).mean() <= 0.95]
        pixel = made.gsd**2
        if task == "flood":
            gain = made.mask("water", 1) & ~made.mask("water", 0)
            if gain.mean() < 0.01:
                continue
            options, letter = _numbers(rng, gain.sum() * pixel, "{:.0f} m²")
            return Item(made, _ASK[task], options, letter)
        if len(found) < 2:
            continue
        a, b = rng.sample(found, 2)
        if LABELS[a] & LABELS[b]:
            continue
        one, two = made.mask(a, 0), made.mask(b, 0)
        question = _ASK[task].format(a=a, b=b)
        if task == "coverage":
            return Item(made, question, *_numbers(rng, 100 * one.mean(), "{:.2f}%"))
        if task == "area":
            hectares = one.sum() * pixel / 1e4
            return Item(made, question, *_numbers(rng, hectares, "{:.4g} ha"))
        if task == "ranking":
            if abs(one.sum() - two.sum()) <= 0.1 * max(one.sum(), two.sum()):
                continue
            return Item(made, question, (a, b), "A" if one.sum() > two.sum() else "B")
        away = float(ndimage.distance_transform_edt(~one)[two].min())
        if task == "boundary":
            return Item(made, question, ("Yes", "No"), "A" if away < 1.5 else "B")
        if away > MIN_DISTANCE_PX:
            return Item(made, question, *_numbers(rng, away * made.gsd, "{:.1f} m"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--count", type=int, default=20, help="questions a task")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    oracle = Oracle()
    network = EmbeddedNetwork(options.models, vision=oracle)
    rng = random.Random(2024)
    shares = []
    for task in TASKS:
        right = 0
        for _ in range(options.count):
            item = make_item(rng, task)
            oracle.scene = item.scene
            run = ask(network, as_scene(item.scene), item.question, item.options)
            right += run.choice == item.letter
            if run.choice != item.letter:
                log.debug("%s %s %s %s", item.question, item.options, item.letter, run.answer)
        shares.append(right / options.count)
        log.info("%-10s %5.1f %% of %d", task, 100 * shares[-1], options.count)
    log.info("macro      %5.1f %%", 100 * sum(shares) / len(shares))


if __name__ == "__main__":
    main()
