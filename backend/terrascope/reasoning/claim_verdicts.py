"""Whether a number of the text is what the masks say, within the rounding of the text."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from terrascope.reasoning.claim_context import Document, Sentence
from terrascope.reasoning.claim_types import Claim, ClaimKind, StepEvidence, Value, Verdict
from terrascope.units.read import Quantity

_HEDGE = re.compile(
    r"(?:about|around|roughly|approximately|approx\.?|nearly|almost|circa|ca\.?|some|close to|an estimated|"
    r"estimated at|~|≈|±)\s*(?:the\s+|a\s+|an\s+)?$"
)
_AT_LEAST = re.compile(
    r"(?:at least|more than|over|above|greater than|larger than|exceed(?:s|ing)?|no less than|≥|>)\s*$"
)
_AT_MOST = re.compile(r"(?:at most|within|less than|under|below|fewer than|smaller than|up to|no more than|≤|<)\s*$")


class Fact(NamedTuple):
    """A measured value in base units (shares 0..1), what it is, and the steps that it is of."""

    value: float
    what: str
    steps: tuple[StepEvidence, ...]


def verdict(document: Document, sentence: Sentence, quantity: Quantity, kind: ClaimKind, facts: list[Fact]) -> Claim:
    """Hold a number against the facts that it may state; one that fits is enough."""
    scale = quantity.base / quantity.value if quantity.value else _unit_scale(quantity)
    known = [fact for fact in facts if np.isfinite(fact.value)]
    if not known:
        bare = facts[0].steps[0].measurement.area_m2 is None
        reason = "Without a CRS there are no areas and lengths." if bare else ""
        return unknown(document, sentence, quantity, kind, reason or f"The {facts[0].what} is not known.")
    lead = document.plain[max(0, quantity.start - 24) : quantity.start]
    tolerance = 0.5 if kind is ClaimKind.COUNT else _tolerance(document, quantity)
    if kind is ClaimKind.COUNT and _HEDGE.search(lead):
        tolerance = max(0.5, 0.1 * quantity.base)
    low, high = quantity.low - tolerance, quantity.high + tolerance
    if _AT_LEAST.search(lead):
        high = np.inf
    elif _AT_MOST.search(lead):
        low = -np.inf
    fits = [fact for fact in known if low <= fact.value <= high]
    fact = fits[0] if fits else known[0]
    names = " and ".join(dict.fromkeys(f"{step.label!r} (step {step.step})" for step in fact.steps))
    return Claim(
        step=sentence.step,
        text=document.shown(sentence.span),
        kind=kind,
        verdict=Verdict.SUPPORTED if fits else Verdict.CONTRADICTED,
        claimed=quantity.value,
        measured=_rounded(fact.value / scale, kind),
        unit=quantity.unit,
        reason=f"The {fact.what} of {names}.",
        steps=tuple(step.step for step in fact.steps),
        start=quantity.start,
        end=quantity.end,
    )


def _rounded(value: float, kind: ClaimKind) -> Value:
    return round(value) if kind is ClaimKind.COUNT else float(f"{value:.6g}")


def unknown(document: Document, sentence: Sentence, quantity: Quantity, kind: ClaimKind, reason: str) -> Claim:
    return Claim(
        sentence.step, document.shown(sentence.span), kind, Verdict.NOT_CHECKABLE, quantity.value, None, quantity.unit,
        reason, (), quantity.start, quantity.end,
    )  # fmt: skip


def _tolerance(document: Document, quantity: Quantity) -> float:
    """How far the truth may lie from the text, in base units: half of the last digit that was written.

    Zeros at the end of a whole number may be rounding, too, up to 1 %; after "about" 5 % are allowed, for fractions in
    words ("a third") 5 % more.
    """
    scale = abs(quantity.base / quantity.value) if quantity.value else _unit_scale(quantity)
    written = document.plain[quantity.start : quantity.end]
    digit = 10.0**-quantity.decimals
    if quantity.decimals == 0 and quantity.value and float(quantity.value).is_integer() and abs(quantity.value) < 1e15:
        whole = int(abs(quantity.value))
        zeros = len(str(whole)) - len(str(whole).rstrip("0"))
        digit = max(1.0, min(10.0**zeros, 0.02 * whole))
    allowed = 0.5 * digit
    hedged = _HEDGE.search(document.plain[max(0, quantity.start - 24) : quantity.start]) is not None
    vague = int(hedged) + int(not re.search(r"\d", written))
    allowed = max(allowed, (0.0, 0.05, 0.1)[vague] * abs(quantity.value))
    return allowed * scale * (1 + 1e-9) + 1e-12


def _unit_scale(quantity: Quantity) -> float:
    return {"%": 0.01, "ha": 1e4, "km2": 1e6, "km": 1e3}.get(quantity.unit, 1.0)
