"""Which words may follow which in an answer: taken from the rules' answers to very many made-up measurements.

The decoder is held to it (`constraints.py`): it chooses among the continuations that the rules know for a kind of
question, and cannot begin one sentence and end another.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from terrascope.landcover import LABELS
from terrascope.networks.embedded.constraints import required_steps
from terrascope.networks.embedded.evidence_text import Facts
from terrascope.networks.embedded.purposes import NAMED, PURPOSES
from terrascope.networks.embedded.reading import Reading
from terrascope.networks.embedded.tokens import plain_form
from terrascope_lab.cot.chains import COVERS, answer_words
from terrascope_lab.cot.questions import FIXED_LABELS, KINDS, TWO_CLASSES, TWO_DATES, Question

#: Made-up measurements for each kind of question.
TRIES = 600
_SHARES = (0.0, 0.0, 0.004, 0.03, 0.15, 0.4, 0.7)


def word_order(seed: int = 1) -> dict[str, dict[str, str]]:
    """Return, by kind, the plain forms (`tokens.plain_form`) that may follow two others, joined by blanks."""
    rng = random.Random(seed)
    found: dict[str, dict[str, str]] = {}
    for kind in KINDS:
        follows: dict[str, set[str]] = {}
        for _ in range(TRIES):
            words = [plain_form(token) for token in _answer(rng, kind)]
            for one, two, three in zip(["", "", *words], ["", *words], words):
                follows.setdefault(f"{one} {two}", set()).add(three)
        found[kind] = {pair: " ".join(sorted(words)) for pair, words in sorted(follows.items())}
    return found


def _answer(rng: random.Random, kind: str) -> list[str]:
    """The words of one answer, without what stands before it."""
    labels = _labels(rng, kind)
    dates = 2 if kind in TWO_DATES and kind != "flood" else rng.choice((1, 2))
    steps = required_steps(Reading(kind, labels, "auto", False, 1.0), dates)
    if steps is None:  # the scene decides
        shown = rng.sample(COVERS, rng.randint(1, {"describe": 5}.get(kind, 2)))
        steps = tuple((label, dates) for label in shown)
    facts = _facts(rng, [label for label, _ in steps])
    words = answer_words(Question("", kind, labels), steps, facts)
    return words[words.index("<answer>") + 1 :]


def _labels(rng: random.Random, kind: str) -> tuple[str, ...]:
    if kind in FIXED_LABELS:
        return FIXED_LABELS[kind]
    if kind in ("dominant", "least", "describe") or kind.startswith("refuse"):
        return ()
    count = 2 if kind in TWO_CLASSES else rng.randint(2, 4) if kind == "among" else 1
    if kind in NAMED:
        purpose = PURPOSES[kind].classes
        if purpose:
            return (purpose[0], rng.choice([label for label in LABELS if label != purpose[0]]))
        count = 2 if kind.startswith("risk_") else rng.randint(1, 2)
    return tuple(rng.sample(list(LABELS), count))


def _facts(rng: random.Random, labels: Sequence[str]) -> list[Facts]:
    """Measurements of masks one after the other that hang together as far as an answer looks at them."""
    with_area, tie = rng.random() < 0.6, rng.random() < 0.1
    shares = [rng.choice(_SHARES) for _ in labels]
    if tie and shares:
        shares = [shares[0]] * len(labels)
    found: list[Facts] = []
    for step, share in enumerate(shares):
        values: dict[str, object] = {"share": share, "area": 1e6 * share if with_area else None}
        values.update(patches=1, where="north" if share > 0 else None)
        if step:
            before = shares[step - 1]
            touching = rng.random() < 0.4 and share > 0 and before > 0
            ranked = sorted(zip(shares[: step + 1], labels), key=lambda each: -each[0])
            values.update(
                other=labels[step - 1],
                order="equal" if share == before else "larger" if share > before else "smaller",
                difference_area=1.0 if with_area else None,
                together_area=1.0 if with_area else None,
                touching=touching,
                border=10.0 if touching and with_area else None,
                distance=(0.0 if touching else rng.choice((100.0, 500.0, 5000.0))) if with_area else None,
                distance_px=None if with_area else 3.0,
                most=ranked[0][1],
                least=ranked[-1][1],
            )
            values.update(since="t1", overlap_label=labels[0])
            for part in ("gain", "loss", "overlap"):
                size = rng.choice((0.0, 0.1))
                values.update({f"{part}_share": size, f"{part}_area": 1e6 * size if with_area else None})
            values.update(net_share=rng.choice((-0.1, 0.0, 0.1)))
        found.append(Facts(**values))  # type: ignore[arg-type]
    return found
