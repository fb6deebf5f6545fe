"""A text, cut into sentences, with every naming of a class tied to the steps whose masks it means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from terrascope.reasoning.claim_facts import Facts
from terrascope.reasoning.claim_text import (
    LONGEST,
    SEGMENT,
    Lexicon,
    Mention,
    Span,
    TimeHint,
    plain,
    sentences,
    time_hints,
)
from terrascope.reasoning.claim_types import StepEvidence

BREAK = re.compile(r"[,;]|\b(?:and|while|but|whereas|with|although|though|compared)\b")
_FILLER = re.compile(
    r"^[\s():\"'-]*(?:(?:of|is|are|was|were|by|as|covered|occupied|taken|up|made|consists?|consisting|the|this|that|total|"
    r"whole|entire|image|scene|picture|area|view|tile|land|surface|ground|pixels?|valid|a|an|under|in|classified|"
    r"separate|distinct|different|isolated|individual|disconnected|patches|parts|pieces|areas|regions|components|bodies|"
    r"blocks|clusters|polygons|segments)[\s\"']*){0,9}$"
)
_LONGEST_GAP = 70

HOUSES, SETTLEMENT = "buildings", "built-up area"


class Sentence(NamedTuple):
    """A sentence of the plain text, the step in whose text it stands, and whether it is (in) the final answer."""

    span: Span
    mentions: tuple[Mention, ...]
    hints: tuple[TimeHint, ...]
    step: int
    answer: bool


class Document:
    """The text of a run beside its masks.

    Parameters
    ----------
    text
        What the network wrote, [SEG] and tags included.
    steps
        The masks, in order.
    """

    def __init__(self, text: str, steps: Sequence[StepEvidence]) -> None:
        self.original = text[:LONGEST]
        self.plain = plain(text)
        self.facts = Facts(steps)
        self.lexicon = Lexicon(steps)
        self.marks = [match.start() for match in re.finditer(re.escape(SEGMENT), self.original)]
        mentions = self.lexicon.mentions(self.plain)
        hints = time_hints(self.plain, steps)
        answer = self.plain_answer_start()
        self.sentences: list[Sentence] = []
        for span in sentences(self.plain):
            inside = tuple(m for m in mentions if span.start <= m.start < span.end)
            when = tuple(h for h in hints if span.start <= h.start < span.end)
            self.sentences.append(Sentence(span, inside, when, self._step_at(span.start), span.start >= answer))
        self.mentions = mentions

    def plain_answer_start(self) -> int:
        """Where <answer> begins; past the end of the text if it does not occur."""
        found = self.original.lower().find("<answer>")
        return found if found >= 0 else len(self.original) + 1

    def _step_at(self, position: int) -> int:
        return sum(1 for mark in self.marks if mark < position) + 1

    def shown(self, span: Span) -> str:
        """The sentence as a person reads it."""
        text = re.sub(r"\[SEG\]|<[^<>\n]{1,24}>", " ", self.original[span.start : span.end], flags=re.IGNORECASE)
        return " ".join(text.split())[:300]

    def subject(self, sentence: Sentence, start: int, end: int) -> Mention | None:
        """The class that a value at [start, end) of a sentence belongs to.

        "32 % of the image is water" and "12 ha of forest" belong to what follows; else to the nearest class before; a
        sentence that names no class goes on about the one named last.
        """
        before = [m for m in sentence.mentions if m.end <= start]
        after = [m for m in sentence.mentions if m.start >= end]
        near = before[-1] if before else None
        if after and after[0].start - end <= _LONGEST_GAP and _FILLER.match(self.plain[end : after[0].start]):
            if near is None or BREAK.search(self.plain[near.end : start]):
                return after[0]
            if not re.match(r"\s*of\b", self.plain[end : after[0].start]):
                return near
            return near if _verb_between(self.plain[near.end : start]) else after[0]
        if near is not None:
            return near
        inside = [m for m in sentence.mentions if m.start < end and m.end > start]
        if inside:
            return inside[0]
        if after and not BREAK.search(self.plain[end : after[0].start]) and after[0].start - end <= _LONGEST_GAP:
            return after[0]
        return self.topic(sentence)

    def topic(self, sentence: Sentence) -> Mention | None:
        """The class named last before a sentence."""
        earlier = [m for m in self.mentions if m.end <= sentence.span.start]
        return earlier[-1] if earlier else None

    def meant(self, mention: Mention, sentence: Sentence, at: int | None = None) -> list[StepEvidence]:
        """Steps that a naming of a class can mean, the likeliest first; empty if no mask of it was made.

        A date in the sentence decides (the nearest before, else the first after); else the mask made last before the
        text goes on, or the one that this very text leads to. Without marks in the text all dates are possible.
        """
        steps = self.facts.of_key(mention.key)
        position = mention.start if at is None else at
        hint = self.hint(sentence, position)
        if hint is not None:
            dated = [step for step in steps if step.view in hint.views]
            if dated:
                return dated
        done = self._step_at(max(position, sentence.span.start))
        recent = [step for step in steps if step.step <= done]
        ordered = sorted(recent, key=lambda step: -step.step) + [step for step in steps if step.step > done]
        if hint is None and self.marks and not sentence.answer:
            return ordered[:1]
        return ordered

    def of_relation(self, mention: Mention, sentence: Sentence) -> list[StepEvidence]:
        """What `meant` returns; where houses are named and no single ones were marked, the settlement they stand in."""
        found = self.meant(mention, sentence)
        if not found and mention.key == HOUSES:
            return self.meant(mention._replace(key=SETTLEMENT), sentence)
        return found

    def hint(self, sentence: Sentence, position: int) -> TimeHint | None:
        """The date that holds at a place of a sentence."""
        before = [h for h in sentence.hints if h.end <= position]
        if before:
            return before[-1]
        after = [h for h in sentence.hints if h.start >= position]
        return after[0] if after else None

    def pair(self, sentence: Sentence, start: int, end: int) -> tuple[Mention, Mention] | None:
        """The two different classes that a relation at [start, end) of a sentence is between."""
        before = [m for m in sentence.mentions if m.end <= start]
        after = [m for m in sentence.mentions if m.start >= end]
        inside = [m for m in sentence.mentions if m.start >= start and m.end <= end]
        order = [*reversed(before), *inside, *after]
        if before and after and before[-1].key != after[0].key and not BREAK.search(self.plain[end : after[0].start]):
            return before[-1], after[0]
        for pool in (list(reversed(before)), after, order):
            different = _first_two(pool)
            if different is not None:
                return different if pool is not order else (different[0], different[1])
        if order:
            other = self.other(sentence, order[0])
            return (other, order[0]) if other is not None else None
        return self.they(sentence)

    def they(self, sentence: Sentence) -> tuple[Mention, Mention] | None:
        """The two different classes named last before a sentence, in the order of the text."""
        last = self.topic(sentence)
        before = self.other(sentence, last) if last is not None else None
        return (before, last) if before is not None and last is not None else None

    def other(self, sentence: Sentence, mention: Mention) -> Mention | None:
        """The class named last, in or before a sentence, that is not the given one and that there is a mask of."""
        known = [m for m in self.mentions if m.start < sentence.span.end and m.key != mention.key]
        known = [m for m in known if self.facts.of_key(m.key)]
        return known[-1] if known else None


def _first_two(pool: Sequence[Mention]) -> tuple[Mention, Mention] | None:
    for other in pool[1:]:
        if other.key != pool[0].key:
            return pool[0], other
    return None


def _verb_between(text: str) -> bool:
    return bool(
        re.search(r"\b(?:cover|occup|account|make|made|take|is\b|are\b|has|have|span|represent|comprise|total)", text)
    )
