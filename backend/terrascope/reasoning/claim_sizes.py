"""Sizes that a number can state: of a mask, of several together, of what differs, of what is left."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from terrascope.masks.measurement import measure
from terrascope.masks.types import Measurement
from terrascope.reasoning.claim_context import Document, Sentence
from terrascope.reasoning.claim_text import Mention
from terrascope.reasoning.claim_types import StepEvidence
from terrascope.reasoning.claim_verdicts import Fact
from terrascope.units.read import Kind, Quantity

_TOGETHER = re.compile(r"\b(?:together|combined|in total|altogether|jointly|sum|both)\b")
_DIFFERENCE = re.compile(
    r"^\s*(?:points?\s+)?(?:larger|bigger|smaller|more|less|greater|fewer)\b[^.,;\d]{0,30}?\bthan\b(?!\s+(?:in|at|before))"
)
_MORE_BY = re.compile(r"\b(?:more|less|larger|bigger|smaller|greater|fewer)\s+by\b[^.,;]*$")
_WAS = re.compile(r"\s+(?:(?:was|were|is|are|got|became|ha(?:s|ve) been|that)\s+){0,2}$")
_ANOTHER_CLAUSE = re.compile(r"[:;()]|\bthere\b")
_NOT_IT = re.compile(r"\b(?:neither|not|no|non|outside|without)\b")


def outside(document: Document, sentence: Sentence, quantity: Quantity) -> list[Fact]:
    """What is none of the classes: "50 % of the image is neither water nor forest"."""
    after = [m for m in sentence.mentions if m.start >= quantity.end]
    between = document.plain[quantity.end : after[0].start] if after else ""
    if quantity.kind is not Kind.SHARE or not _NOT_IT.search(between) or _ANOTHER_CLAUSE.search(between):
        return []
    chosen = [steps[0] for m in after if (steps := document.meant(m, sentence))]
    if len(chosen) < len(after) or len({step.mask.shape for step in chosen}) > 1:
        return []
    union = np.logical_or.reduce([step.mask for step in chosen])
    return _of_mask(quantity, ~union, "share outside", tuple(chosen))


def largest_part(document: Document, sentence: Sentence, quantity: Quantity, subject: Mention) -> list[Fact]:
    """Size of the largest part of a mask, its area by its part of the pixels."""
    if quantity.kind not in (Kind.SHARE, Kind.AREA, Kind.PIXELS):
        return []
    facts = []
    for step in document.meant(subject, sentence, quantity.start):
        measured = step.measurement
        portion = measured.largest_component_px / measured.pixels if measured.pixels else 0.0
        facts += [Fact(portion * v, "size of the largest part", (step,)) for v in values(quantity.kind, measured)]
    return facts


def together(document: Document, sentence: Sentence, quantity: Quantity) -> list[Fact]:
    """The union of all classes of the sentence, if it speaks of them together."""
    window = document.plain[sentence.span.start : sentence.span.end]
    named = sentence.mentions or document.they(sentence) or ()
    keys = dict.fromkeys(m.key for m in named)
    if not _TOGETHER.search(window) or len(keys) < 2 or quantity.kind not in (Kind.SHARE, Kind.AREA, Kind.PIXELS):
        return []
    chosen = [steps[0] for m in named if (steps := document.meant(m, sentence))]
    if len({id(step) for step in chosen}) < len(keys) or len({step.mask.shape for step in chosen}) > 1:
        return []
    chosen = list({id(step): step for step in chosen}.values())
    union = np.logical_or.reduce([step.mask for step in chosen])
    return _of_mask(quantity, union, "union", tuple(chosen))


def differences(document: Document, sentence: Sentence, quantity: Quantity) -> list[Fact]:
    """How much one class is larger or smaller than another: "the forest is 12 ha larger than the water"."""
    than = _DIFFERENCE.match(document.plain[quantity.end : sentence.span.end])
    by = _MORE_BY.search(document.plain[sentence.span.start : quantity.start])
    said = than or by
    if said is None or quantity.kind not in (Kind.SHARE, Kind.AREA, Kind.PIXELS):
        return []
    pair = document.pair(sentence, quantity.start, quantity.end + (than.end() if than else 0))
    chosen = [document.meant(m, sentence) for m in pair] if pair else []
    if len(chosen) != 2 or not all(chosen):
        return []
    both = chosen[0][0], chosen[1][0]
    facts = []
    for one, two in zip(*(values(quantity.kind, step.measurement) for step in both)):
        facts.append(Fact(abs(one - two), "difference of the masks", both))
        if quantity.kind is Kind.SHARE and min(one, two) > 0:
            base = min(one, two) if re.search(r"larger|bigger|more|greater", said.group(0)) else max(one, two)
            facts.append(Fact(abs(one - two) / base, "difference over the other mask", both))
    return facts


def flooded(document: Document, sentence: Sentence, quantity: Quantity, subject: Mention) -> list[Fact]:
    """How much of a class was flooded: "5 ha of cropland was flooded"."""
    floods = [m for m in sentence.mentions if "flood" in m.key and m.key != subject.key]
    floods = [m for m in floods if _WAS.match(document.plain[min(subject.end, m.end) : max(subject.start, m.start)])]
    if not floods or "flood" in subject.key:
        return []
    flood, classes = document.meant(floods[0], sentence), document.facts.of_key(subject.key)
    if not flood or not classes or flood[0].mask.shape != classes[0].mask.shape:
        return []
    first = min(classes, key=lambda step: (step.date.isoformat() if step.date else "", step.view))
    return _of_mask(quantity, flood[0].mask & first.mask, "flooded part", (first, flood[0]))


def _of_mask(quantity: Quantity, mask: NDArray[np.bool_], what: str, steps: tuple[StepEvidence, ...]) -> list[Fact]:
    """Facts of a mask that was made from those of some steps."""
    one = steps[0]
    measured = measure(mask, np.ones_like(mask) if one.valid is None else one.valid, one.grid)
    return [Fact(value, what, steps) for value in values(quantity.kind, measured)]


def values(kind: Kind, measured: Measurement) -> list[float]:
    """What a number of a kind can state of a mask: a share may be of the pixels or of the area."""
    found: dict[Kind, list[float | None]] = {
        Kind.SHARE: [measured.share, measured.area_share],
        Kind.AREA: [measured.area_m2],
        Kind.LENGTH: [measured.perimeter_m],
        Kind.PIXELS: [float(measured.pixels)],
    }
    values = [value for value in found[kind] if value is not None]
    return values or [np.nan]
