"""Whether an answer, or a caption, says what its masks say."""

from __future__ import annotations

import re

from terrascope_lab.cot.check.derive import Amount, Range, Truth
from terrascope_lab.cot.check.evidence import Evidence, Mismatch
from terrascope_lab.cot.check.geometry import main_ninth, meet, size

_UNITS = {"m²": "m2", "km²": "km2", "ha": "ha", "%": "%", "m": "m", "km": "km"}
_AMOUNT = re.compile(r"([\d,]+(?:\.\d+)?) (m²|km²|ha|%|km|m)")
_RANGE = re.compile(r"It (grew|shrank) from ([\d,]+(?:\.\d+)?) % to ([\d,]+(?:\.\d+)?) %")
#: Points by which a percentage of a caption that a model wrote may be off.
_FREE_SLACK = 1.5


def agrees(text: str, truth: Truth) -> bool:
    """Whether an answer is the true one; numbers may be rounded as far as they are printed."""
    if isinstance(truth, str):
        return text == truth
    if isinstance(truth, Range):
        said = _RANGE.fullmatch(text)
        if said is None or said[1] != truth.verb:
            return False
        return _near(said[2], truth.first) and _near(said[3], truth.second)
    found = _AMOUNT.fullmatch(text)
    return found is not None and _UNITS[found[2]] == truth.unit and _near(found[1], truth.value)


def check_answer(evidence: Evidence, truth: Truth) -> None:
    """Compare an answer and its options with the truth.

    Raises
    ------
    Mismatch
        If the answer is wrong, or another option is right too.
    """
    if not agrees(evidence.answer, truth):
        raise Mismatch(f"the answer is {evidence.answer!r}, the masks say {_said(truth)}")
    right = [option for option in evidence.options if agrees(option, truth)]
    if evidence.options and right != [evidence.answer]:
        raise Mismatch(f"more than one option is right: {right}")


def _said(truth: Truth) -> str:
    return f"{truth.value:.4f} {truth.unit}" if isinstance(truth, Amount) else str(truth)


def _near(text: str, value: float) -> bool:
    plain = text.replace(",", "")
    digits = len(plain.partition(".")[2])
    return abs(float(plain) - value) <= 0.5 * 10.0**-digits * (1 + 1e-6) + 1e-9


def check_caption(evidence: Evidence) -> None:
    """Compare what a caption states with the masks: shares, areas, places, borders.

    Captions of a model are free text: each of their percentages must be that of some class.

    Raises
    ------
    Mismatch
        Names the statement.
    """
    if not evidence.masks:
        raise Mismatch("a caption without a mask")
    if evidence.query.get("captioner") != "rules":
        _check_free(evidence)
    elif any(evidence.moments):
        _check_change(evidence)
    else:
        _check_single(evidence)


def _share(evidence: Evidence, step: int) -> float:
    return 100.0 * size(evidence.masks[step]) / evidence.whole


def _check_free(evidence: Evidence) -> None:
    shares = [_share(evidence, step) for step in range(len(evidence.masks))]
    for value in map(float, re.findall(r"(\d+(?:\.\d+)?)\s*%", evidence.answer)):
        if min(abs(value - share) for share in shares) > _FREE_SLACK:
            raise Mismatch(f"the caption says {value:g} %, no mask holds that")


def _check_change(evidence: Evidence) -> None:
    half = len(evidence.masks) // 2
    for step, label in enumerate(evidence.labels[:half]):
        found = re.search(
            rf"\b{re.escape(label)} (stays near|grows from|shrinks from) ([\d.,]+) %(?:, now| to) ([\d.,]+) %",
            evidence.answer,
            re.IGNORECASE,
        )
        if found is None:
            raise Mismatch(f"the caption says nothing of {label!r}")
        first, second = size(evidence.masks[step]), size(evidence.masks[half + step])
        if not (_near(found[2], _share(evidence, step)) and _near(found[3], _share(evidence, half + step))):
            raise Mismatch(f"the caption says {found[0]!r}, the masks hold {first} and {second} pixels")
        larger, smaller = max(first, second), min(first, second)
        verb = "stays near" if larger - smaller <= 0.1 * larger else "grows from" if second > first else "shrinks from"
        if found[1] != verb:
            raise Mismatch(f"the caption says {found[0]!r}, the masks say {verb!r}")


def _check_single(evidence: Evidence) -> None:
    for step, label in enumerate(evidence.labels):
        found = re.search(
            rf"\b{re.escape(label)} (dominates? with|(?:is|are) the largest class with|covers?) "
            r"(?:([\d.,]+) (m²|ha|km²) \()?([\d.,]+) %\)?(?:, mostly in the ([a-z ]+?)(?=[.,]| and ))?",
            evidence.answer,
            re.IGNORECASE,
        )
        if found is None:
            raise Mismatch(f"the caption says nothing of {label!r}")
        verb, area, unit, share, place = found.groups()
        if not _near(share, _share(evidence, step)):
            raise Mismatch(f"the caption says {found[0]!r}, the mask holds {_share(evidence, step):.3f} %")
        if area is not None:
            square_metres = size(evidence.masks[step]) * (evidence.gsd or 0.0) ** 2
            if not _near(area, square_metres / {"m²": 1.0, "ha": 1e4, "km²": 1e6}[unit]):
                raise Mismatch(f"the caption says {found[0]!r}, the mask holds {square_metres:.1f} m²")
        if place != main_ninth(evidence.masks[step]):
            raise Mismatch(f"the caption places {label!r} {place!r}, the mask {main_ninth(evidence.masks[step])!r}")
        if (verb[:8] == "dominate") != (step == 0 and _share(evidence, step) > 50) or (verb[:5] == "cover") != (
            step > 0
        ):
            raise Mismatch(f"the caption says {found[0]!r} of the class in place {step + 1}")
    _check_border(evidence)


def _check_border(evidence: Evidence) -> None:
    found = re.search(r"(\w[\w -]*?) and ([\w -]+?) (border each other|do not touch)\.", evidence.answer)
    if found is None:
        return
    if (found[1].lower(), found[2]) != evidence.labels[:2]:
        raise Mismatch(f"the caption speaks of the border of {found[1]!r} and {found[2]!r}")
    if (found[3] == "border each other") != meet(evidence.masks[0], evidence.masks[1]):
        raise Mismatch(f"the caption says {found[0]!r}, the masks say otherwise")
