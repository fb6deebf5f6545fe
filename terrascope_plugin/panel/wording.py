"""Numbers and states in words."""

from __future__ import annotations

import re

from qgis.PyQt.QtCore import QLocale

from .. import units
from ..i18n import tr
from ..session.question import MaskOfStep, Run, RunState

#: An answer that is less sure is called doubtful.
DOUBTFUL = 0.6
_SQUARES = re.compile(r"\b(k?m)2\b")


def number(value: float, decimals: int) -> str:
    """Return a number as the reader's locale writes it."""
    return QLocale().toString(float(value), "f", decimals)


def area(square_metres: float) -> str:
    """Return an area in the unit that reads best: the same as in answers and on the map."""
    return units.area_text(square_metres)


def share(fraction: float) -> str:
    """Return a share in percent; what is there but tiny is not called zero."""
    percent = fraction * 100
    if 0 < percent < 0.1:
        return f"< {number(0.1, 1)} %"
    return f"{number(percent, 1)} %"


def percent(fraction: float) -> str:
    """Return a fraction as whole percent."""
    return f"{number(fraction * 100, 0)} %"


def typeset(text: str) -> str:
    """Return the model's text with raised twos: it writes km2."""
    return _SQUARES.sub(r"\1²", text)


def extent_of(mask: MaskOfStep) -> str:
    """Return a mask's size: area and share, or pixels where there is no CRS."""
    if mask.empty or mask.pixels == 0:
        return tr("nothing found")
    parts = []
    if mask.area_m2 is not None:
        parts.append(area(mask.area_m2))
    elif mask.pixels is not None:
        parts.append(tr("{0} pixels").format(number(mask.pixels, 0)))
    if mask.share is not None:
        parts.append(share(mask.share))
    return "  ·  ".join(parts)


def end_of(run: Run) -> str:
    """Return how a run ended, in a few words."""
    return end_of_reason(run.end_reason)


def end_of_reason(reason: str) -> str:
    """Return in a few words what a run's end is called in its file."""
    return {
        "answered": tr("Answered"),
        "abstained": tr("The model cannot tell"),
        "degenerate": tr("No usable answer: the model's text broke off or repeated itself"),
        "length": tr("Stopped: the text grew too long"),
        "cancelled": tr("Stopped by you"),
        "error": tr("Failed"),
        "": tr("Broken off"),
    }.get(reason, reason)


def activity_of(run: Run) -> str:
    """Return what the model is doing now."""
    if run.state is RunState.CANCELLING:
        return tr("Stopping…")
    if run.progress:
        return run.progress
    if run.activity == "mask":
        return tr("Marking pixels…")
    if run.activity == "text":
        return tr("Reasoning…")
    if run.activity == "loading":
        return tr("Loading the model…")
    return tr("Reading the image…")


def network_name(name: str) -> str:
    """Return a model's name for people."""
    if name in ("", "auto", "embedded", "terrascope-embedded"):
        return tr("Embedded model")
    return name.rstrip("/\\").replace("\\", "/").rsplit("/", 1)[-1]


def device_name(device: str) -> str:
    """Return a device's name for people."""
    names = {
        "cpu": tr("processor (CPU)"),
        "cuda": tr("graphics card (CUDA)"),
        "mps": tr("graphics (MPS)"),
        "dml": tr("graphics card (DirectX 12)"),
        "coreml": tr("Apple's CoreML"),
    }
    return names.get(device.lower(), device)


def certainty_of(run: Run) -> str:
    """Return how sure an answer is; empty for a run that gave none."""
    if run.end_reason != "answered":
        return ""
    if run.answer_confidence is None:
        return tr("Certainty: not known")
    sure = percent(run.answer_confidence)
    return (tr("Certainty {0}: doubtful") if run.answer_confidence < DOUBTFUL else tr("Certainty {0}")).format(sure)


def answer_of(run: Run) -> str:
    """Return the answer for people: a chosen option first, then what the model says."""
    text = typeset(run.answer or run.error).strip()
    if not run.choice:
        return text
    place = ord(run.choice[0].upper()) - ord("A")
    option = run.options[place] if 0 <= place < len(run.options) else ""
    head = f"{run.choice}: {option}" if option else run.choice
    bare = text.rstrip(".").casefold()
    repeats = bare in (run.choice.casefold(), option.casefold(), head.casefold(), "")
    return head if repeats else f"{head}\n{text}"
