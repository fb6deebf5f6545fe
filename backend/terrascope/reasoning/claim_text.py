"""What a text speaks of: its sentences, the classes and dates that they name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from terrascope.landcover.words import FOREIGN_WORDS, WORDS, labels_in
from terrascope.reasoning.claim_types import StepEvidence

LONGEST = 20_000  # characters that are read
SEGMENT = "[SEG]"
_LONGEST_SENTENCE = 600

_TAG = re.compile(r"<[^<>\n]{1,24}>")
_SENTENCE = re.compile(r"(?<=[.!?])[\"')\]]*\s+|[\n\r]+|;\s+")
_ABBREVIATION = re.compile(r"\b(?:approx|ca|e\.g|i\.e|fig|no|vs|sq|cf|est|resp|incl|max|min|avg|[a-h])\.\s*$")
_NOT_IN_ENGLISH = frozenset({"see", "seen", "routes", "cultures", "village bâti", "solo", "mata", "mato"})
_NOT_A_CLASS = frozenset({"green", "earth", "home", "tank", "track", "lane", "brush", "infrastructure", "structures"})
_OWN_MASK = re.compile(
    r"\b(?:gain\w*|los[st]\w*|new\w*|flood\w*|inundat\w*|persist\w*|unchanged|chang\w*|burn\w*|destroyed|damaged|"
    r"undamaged|former|deforest\w*|appear\w*|disappear\w*|retreat\w*|expan\w*)\b",
    re.IGNORECASE,
)
_FLOOD = re.compile(r"\b(?:flood|inundat)", re.IGNORECASE)
_FLOOD_WORDS = ("flood", "flooding", "flooded area", "flooded areas", "flooded land", "inundated area", "inundation")
_TIME = re.compile(
    r"\bt\s?_?\{?(?P<t>\d{1,2})\}?(?!\w)"
    r"|\b(?P<date>(?:19|20)\d{2}(?:-\d{2}(?:-\d{2})?)?)\b(?!\s*(?:m2|m²|m|km|ha|px|pixels|%))"
    r"|\b(?P<early>first|1st|earlier|earliest|pre|before|oldest|initial(?:ly)?|previous(?:ly)?)\b"
    r"|\b(?P<late>second|2nd|later|latest|post|after|newest|final(?:ly)?|last|most\s+recent|now)\b",
    re.IGNORECASE,
)


class Span(NamedTuple):
    """A piece of the text."""

    start: int
    end: int


class Mention(NamedTuple):
    """A class named in the text; `key` is the label that it stands for."""

    key: str
    start: int
    end: int


class TimeHint(NamedTuple):
    """A date named in the text: the views that it can mean."""

    views: frozenset[int]
    start: int
    end: int


def plain(text: str) -> str:
    """Lower case and without marks, every character at its place; tags end a sentence."""
    text = text[:LONGEST]
    lower = "".join(c if len(c.lower()) != 1 else c.lower() for c in text)
    lower = lower.replace("’", "'").replace(SEGMENT.lower(), " " * len(SEGMENT))
    return _TAG.sub(lambda match: f"\n{' ' * (len(match.group(0)) - 2)}\n", lower)


def sentences(text: str) -> list[Span]:
    """Sentences of a plain text; a stop after an abbreviation or inside a number ends none."""
    found: list[Span] = []
    start = 0
    for match in [*_SENTENCE.finditer(text), None]:
        end = match.start() if match else len(text)
        if match and _ABBREVIATION.search(text[max(start, end - 12) : end]):
            continue
        while end - start > _LONGEST_SENTENCE:  # no sentence: cut, so that the work does not grow with its square
            cut = text.rfind(" ", start + 1, start + _LONGEST_SENTENCE)
            cut = cut if cut > start else start + _LONGEST_SENTENCE
            found.append(Span(start, cut))
            start = cut
        if text[start:end].strip():
            found.append(Span(start, end))
        start = match.end() if match else end
    return found


def key_of(label: str) -> str:
    """The class that a step's label stands for; the label itself where it names none, or more than a plain class.

    "water bodies" and "lakes" are both water, but "flooded area" and "gained water" are masks of their own.
    """
    own = " ".join(label.lower().split())
    if _OWN_MASK.search(own):
        return own
    classes = labels_in(own)
    return classes[0] if len(classes) == 1 else own


class Lexicon:
    """Finds the words for the classes, and for the steps' own labels, in a text."""

    def __init__(self, steps: Iterable[StepEvidence]) -> None:
        words: dict[str, str] = {}
        for step in steps:
            key, own = key_of(step.label), " ".join(step.label.lower().split())
            if own:
                words.setdefault(own, key)
                words.setdefault(f"{own}s", key)
            if _FLOOD.search(own) or own == "water gained":  # "it was flooded", of masks decades apart, too
                for word in _FLOOD_WORDS:
                    words.setdefault(word, key)
        for label, (single, plural) in WORDS.items():
            for word in (label, *single, *plural):
                if word not in _NOT_A_CLASS:
                    words.setdefault(word, label)
        for label, foreign in FOREIGN_WORDS.items():
            for word in foreign:
                if word not in _NOT_IN_ENGLISH:
                    words.setdefault(word, label)
        self._words = words
        ordered = sorted(words, key=len, reverse=True)
        self._pattern = re.compile(r"(?<!\w)(?:" + "|".join(re.escape(word) for word in ordered) + r")(?!\w)")

    def mentions(self, text: str) -> list[Mention]:
        """Mentions in a plain text, in order; of overlapping words the longest counts."""
        return [Mention(self._words[m.group(0)], m.start(), m.end()) for m in self._pattern.finditer(text)]


def time_hints(text: str, steps: Sequence[StepEvidence]) -> list[TimeHint]:
    """Dates that a plain text names, where they can be told apart among the steps' views."""
    views = sorted({(step.date.isoformat() if step.date else "", step.view) for step in steps})
    if len(views) < 2:
        return []
    dates = sorted({date for date, _ in views})
    points = [frozenset(v for d, v in views if d == date) for date in dates] if len(dates) > 1 else None
    if points is None:
        points = [frozenset({view}) for _, view in views]
    found: list[TimeHint] = []
    for match in _TIME.finditer(text):
        hit: frozenset[int] = frozenset()
        if match.group("t"):
            rank = int(match.group("t")) - 1
            hit = points[rank] if 0 <= rank < len(points) else frozenset()
        elif match.group("date"):
            hit = frozenset(view for date, view in views if date.startswith(match.group("date")))
        else:
            hit = points[0] if match.group("early") else points[-1]
        if hit:
            found.append(TimeHint(hit, match.start(), match.end()))
    return found
