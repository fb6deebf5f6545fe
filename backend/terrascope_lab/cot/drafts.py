"""A question with its true answer and the masks that prove it, before it is written to a file."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from terrascope_lab.cot.scenes import Mask

LETTERS = "ABCD"
#: Metres squared in the units that areas are asked in.
AREA_UNITS: Mapping[str, float] = {"m2": 1.0, "ha": 1e4, "km2": 1e6}
UNIT_TEXT: Mapping[str, str] = {"m2": "m²", "ha": "ha", "km2": "km²", "%": "%", "m": "m", "km": "km"}
#: How far wrong options lie from the truth.
_NEAR = (0.4, 0.55, 0.7, 1.35, 1.6, 2.0, 2.5)


@dataclass(frozen=True)
class Step:
    """One [SEG]: what is marked, on which time point (0 or 1), and what is said after it.

    `parts` are single masks where a question is about several objects or regions; otherwise the label's mask is meant.
    """

    label: str
    moment: int = 0
    parts: tuple[Mask, ...] | None = None
    after: str = ""
    before: str = ""


@dataclass(frozen=True)
class Draft:
    """A question, drawn and answered.

    Attributes
    ----------
    level
        "cap", "l1", "l2_spatial" or "l2_semantic".
    task, query
        What is asked, by name, with its numbers (unit, metres of a buffer): enough to answer it again from the masks.
    question, answer
        Texts; with `options`, the answer is one of them.
    steps, conclusion
        The chain: masks in order, and the sentence after the last.
    """

    level: str
    task: str
    question: str
    answer: str
    steps: tuple[Step, ...]
    conclusion: str = ""
    options: tuple[str, ...] = ()
    query: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> tuple[object, ...]:
        """Two drafts with one key ask the same thing."""
        return (self.task, tuple((step.label, step.moment) for step in self.steps), tuple(sorted(self.query.items())))


def number(value: float, unit: str = "") -> str:
    """Write a number with three significant figures, at most two decimals below ten, none from a hundred on."""
    digits = 2 if value < 10 else 1 if value < 100 else 0
    text = f"{value:,.{digits}f}"
    return f"{text} {UNIT_TEXT.get(unit, unit)}".strip()


def area_unit(square_metres: float) -> str:
    """Unit that an area is told in where none is asked for."""
    return "m2" if square_metres < 1e4 else "ha" if square_metres < 1e8 else "km2"


def options_near(
    rng: random.Random, truth: float, unit: str, upper: float | None = None
) -> tuple[tuple[str, ...], str] | None:
    """Four different options round a true number in random order, and the true one; None where they cannot differ."""
    values = [truth]
    for _ in range(60):
        if len(values) == 4:
            break
        value = truth * rng.choice(_NEAR) * rng.uniform(0.9, 1.1)
        if upper is not None and value > upper:
            continue
        if all(abs(value - other) > 0.12 * max(value, other) for other in values):
            values.append(value)
    texts = [number(value, unit) for value in values]
    if len(set(texts)) < 4:
        return None
    return tuple(rng.sample(texts, 4)), texts[0]


def options_counts(rng: random.Random, truth: int) -> tuple[str, ...]:
    """Four different whole numbers round a true one, in random order."""
    near = [value for value in range(max(0, truth - 4), truth + 6) if value != truth]
    return tuple(rng.sample([str(value) for value in [truth, *rng.sample(near, 3)]], 4))


def options_among(rng: random.Random, truth: str, others: Sequence[str], size: int = 4) -> tuple[str, ...]:
    """Up to `size` different texts, the true one among them, in random order."""
    different = [other for other in dict.fromkeys(others) if other != truth]
    chosen = [truth, *rng.sample(different, min(size - 1, len(different)))]
    return tuple(rng.sample(chosen, len(chosen)))


def capital(text: str) -> str:
    """Return the text with a capital first letter."""
    return text[:1].upper() + text[1:]


def listing(items: Sequence[str]) -> str:
    """Join words as a sentence does: "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
