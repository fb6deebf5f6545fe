"""Open questions: what an answer in words says, in the form in which the truth is written.

Numbers are compared as the paper of RSVQA does it (Lobry et al. 2020, section V): by ranges, 0, 1 to 10, 11 to 100,
101 to 1000, above. Yes and no are the answer's first word; other truths are looked for among the answer's words.
"""

from __future__ import annotations

import re

from terrascope.reasoning.answers import normalised

_YES_NO = re.compile(r"\b(yes|no)\b", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)\s*(km²|km2|ha|m²|m2)?(?![\d.,]*\s*[%\w])")
_SQUARE_METRES = {"km²": 1e6, "km2": 1e6, "ha": 1e4, "m²": 1.0, "m2": 1.0}
_NONE = re.compile(r"\bnone found\b|\bnothing found\b|\bno value\b", re.IGNORECASE)
_RANGES = (0.0, 10.0, 100.0, 1000.0)


def said(answer: str, truth: str) -> str:
    """Return the truth where an answer says the same, else what it says."""
    right = truth.strip().casefold()
    if right in ("yes", "no"):
        found = _YES_NO.search(answer)
        return truth if found and found.group(1).casefold() == right else found.group(1) if found else answer
    number = _value(truth)
    if number is not None:
        mine = 0.0 if _NONE.search(answer) else _value(answer, _unit(truth))
        return truth if mine is not None and _range(mine) == _range(number) else answer
    if normalised(answer) == normalised(truth) or re.search(rf"\b{re.escape(right)}\b", answer.casefold()):
        return truth
    return answer


def _unit(text: str) -> bool:
    """Whether a number is an area."""
    match = _NUMBER.search(text)
    return match is not None and match.group(2) is not None


def _value(text: str, area: bool | None = None) -> float | None:
    """The first number of a text, areas in m2; of areas alone, or of plain numbers alone, where that is said."""
    for match in _NUMBER.finditer(text):
        if area is None or area == (match.group(2) is not None):
            return float(match.group(1).replace(",", "")) * _SQUARE_METRES.get(match.group(2) or "", 1.0)
    return None


def _range(number: float) -> int:
    return sum(number > limit for limit in _RANGES)
