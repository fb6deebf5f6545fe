"""Words for a question: one of very many phrasings of a task, with everyday words, and now and then a slip."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from functools import cache

from terrascope_lab.cot import level2_phrases
from terrascope_lab.cot.drafts import capital
from terrascope_lab.cot.grammar import expand
from terrascope_lab.cot.questions import PATTERNS, UNITS, typo
from terrascope_lab.cot.vocabulary import draw

#: Kind of question in the phrase tables, by task. Other tasks have tables of their own (`level2_phrases`).
KINDS: dict[str, str] = {
    "existence": "exists", "counting": "count", "localisation": "where", "share": "share", "area": "area",
    "boundary": "touch", "distance": "distance", "ranking": "larger", "together": "total", "difference": "difference",
    "gain": "gain", "loss": "loss", "net_change": "change", "flooding": "flood", "flooded_class": "flooded_class",
}  # fmt: skip
_SCENES = ("the image", "the scene", "this image", "this area", "the area", "the picture", "this scene", "this place")
_SLOT = re.compile(r"\{(\w+)\}")
_KNOWN = {f"{slot}{form}" for slot in "ABC" for form in ("", "x", "p", "s")} | {"c", "AREA", "U", "M", "P"}
#: Phrasings of the shared tables that turn an answer round, or that ask for something else than the task does.
_TURNED = re.compile(
    r"\b(without|free of|absence|absent|no|hasn't|half|lack|missing|instead of|isn't|aren't|if you count|planted|"
    r"or just)\b"
)
#: The same for single tasks: a boundary is asked for as yes or no, not for its length or place; an amount as an amount,
#: not for its place, nor as yes or no; a difference not as a factor.
_AMOUNT_ONLY = re.compile(
    r"^(where|mark|show|did|do|does|is|are|was|were|has|have|can|could|any|whether)\b", re.IGNORECASE
)
_OTHER = {
    "boundary": re.compile(
        r"^(what|how (long|much|far)|where|along|length)|"
        r"\b(separated?|apart|detached|isolated|cut off|divided|split|gap)\b",
        re.IGNORECASE,
    ),
    "difference": re.compile(r"\b(times|factor|ratio|compare|compared)\b", re.IGNORECASE),
    **dict.fromkeys(("gain", "loss", "flooding", "flooded_class"), _AMOUNT_ONLY),
}
_UNIT_WORDS = {
    **UNITS,
    "km": ("km", "kilometre", "kilometres", "kilometer", "kilometers"),
    "m": ("m", "metre", "metres", "meter", "meters"),
    "%": ("%", "percent", "per cent", "percentage", "pct"),
}
_UNIT_NAMED = {
    key: re.compile(r"(?<!\w)(" + "|".join(map(re.escape, words)) + r")(?![\w²])", re.IGNORECASE)
    for key, words in _UNIT_WORDS.items()
}
#: Where in a table no phrasing fits, so many draws are tried.
_TRIES = 60
_TYPOS, _CASUAL = 0.04, 0.35


@cache
def patterns_of(task: str) -> tuple[str, ...]:
    """Return the phrasings of a task."""
    if task not in KINDS:
        return level2_phrases.PHRASES[task]
    return tuple(pattern for pattern in PATTERNS[KINDS[task]] if usable(pattern))


def usable(pattern: str) -> bool:
    """Whether a phrasing has only slots that can be filled, speaks of the asked class alone and is not turned round."""
    return "::" not in pattern and not _TURNED.search(pattern) and set(_SLOT.findall(pattern)) <= _KNOWN


def question(
    task: str,
    labels: Sequence[str],
    rng: random.Random,
    unit: str | None = None,
    metres: str = "",
    place: str = "",
    answer_unit: str | None = None,
) -> str:
    """Return a question.

    Parameters
    ----------
    labels
        Labels for the slots A, B and C.
    unit
        Key of `questions.UNITS` that has to be named in the question; None: none is.
    answer_unit
        Unit of the answer: the only one that the question may name.
    metres, place
        For the slots M ("100 m") and P ("upper left").
    """
    table = patterns_of(task)
    names = [draw(label, rng) for label in labels]
    for _ in range(_TRIES):
        text = expand(rng.choice(table), rng)
        if _fits(text, task, len(labels), unit, answer_unit or unit):
            break
    else:
        text = level2_phrases.PLAIN[task]
    text = _fill(text, names, rng, unit, metres, place)
    if unit is not None and unit not in units_named(text):
        text += " in " + rng.choice(UNITS.get(unit, (unit,)))
    return _finish(text, rng)


def _fits(text: str, task: str, labels: int, unit: str | None, answer_unit: str | None) -> bool:
    """Whether a phrasing speaks of as many classes as are asked about, in no other unit, and asks what it should."""
    slots = set(_SLOT.findall(text))
    if {slot[0] for slot in slots if slot[0] in "ABC" and slot != "AREA"} != set("ABC"[:labels]):
        return False
    if task not in KINDS:
        return True
    if "U" in slots and unit is None:
        return False
    if _TURNED.search(text) or (task in _OTHER and _OTHER[task].search(text)):
        return False
    return units_named(text) <= {answer_unit}


def units_named(text: str) -> set[str]:
    """Units that a text names: keys of `questions.UNITS`, "m", "km" and "%"."""
    found = {key for key, words in _UNIT_NAMED.items() if words.search(text)}
    return found - {"m", "km"} if re.search(r"\bsq|square", text, re.IGNORECASE) else found


def _fill(
    text: str, names: Sequence[tuple[str, str]], rng: random.Random, unit: str | None, metres: str, place: str
) -> str:
    for slot, (single, plural) in zip("ABC", names):
        either = single if rng.random() < 0.55 else plural
        the = rng.choice(("the ", "", "")) if not either.startswith(("the ", "a ")) else ""
        article = "" if single.startswith(("a ", "an ")) else "an " if single[:1] in "aeiou" else "a "
        for form, value in (("", the + either), ("x", either), ("p", plural), ("s", article + single)):
            text = text.replace("{" + slot + form + "}", value)
    text = text.replace("{c}", rng.choice((":", ",", " -"))).replace("{AREA}", rng.choice(_SCENES))
    text = text.replace("{M}", metres).replace("{P}", place)
    return text.replace("{U}", rng.choice(UNITS.get(unit or "", ("",))) if unit else "")


def _finish(text: str, rng: random.Random) -> str:
    text = " ".join(text.split()).rstrip("?. ")
    if rng.random() < _TYPOS:
        slipped = typo(text, rng)
        text = slipped if units_named(slipped) == units_named(text) else text
    if rng.random() < _CASUAL:
        return text + rng.choice(("", "?", " ?"))
    return capital(text) + "?"
