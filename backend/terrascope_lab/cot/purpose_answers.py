"""Answers of the rules about suitability, risk, town or country, and clouds: a verdict and its grounds."""

from __future__ import annotations

from collections.abc import Iterator

from terrascope.networks.embedded.purposes import PURPOSES, TOGETHER
from terrascope_lab.cot.answer_parts import Case, covers, slot, verb, verdict_of

_LIKELY = {"Yes": ("Yes", ",", "likely"), "In": ("In", "part"), "No": ("No", ",", "hardly")}


def suitability(case: Case) -> Iterator[str]:
    """Whether a place suits."""
    yield from (*_LIKELY[verdict_of(case)], ":")
    yield from _grounds(case)
    yield from _unseen(case)


def _grounds(case: Case) -> Iterator[str]:
    """What there is of the classes that a place is judged by; of one that is named beside it, how far away it is."""
    kind, labels = case.question.kind, case.labels
    there = [step for step in range(1, len(labels) + 1) if not case.none(step)]
    first = (there or [1])[0] if kind in TOGETHER else 1
    if case.none(first):
        yield from ("there", verb(labels[0], "is", "are"), "no", f"L:{labels[0]}")
        yield from ("and", "no", f"L:{labels[1]}") if kind in TOGETHER else ()
        yield "here"
        return
    yield from (f"L:{labels[first - 1]}", covers(labels[first - 1]), slot("share", first))
    if kind in TOGETHER and len(there) > 1:
        yield from ("and", f"L:{labels[1]}", slot("share", 2))
    yield from ("of", "the", "area")
    yield from ("(", "{area.1}", ")") if len(labels) == 1 and case.has_area() else ()
    if len(labels) == 1 or (kind in TOGETHER and len(there) > 1):
        return
    other = 3 - first
    if case.none(other):
        yield from (",", "there", verb(labels[other - 1], "is", "are"), "no", f"L:{labels[other - 1]}")
    elif case.facts[1].distance is not None:
        yield from (",", f"L:{labels[1]}", verb(labels[1], "is", "are"), "{dist.2}", "away")


def _unseen(case: Case) -> Iterator[str]:
    """What land cover does not show of a purpose."""
    unseen = PURPOSES[case.question.kind].unseen
    yield from (";", *unseen.split(), "are", "not", "seen", ".") if unseen else (".",)


def risk_answer(case: Case) -> Iterator[str]:
    """How high a risk is, and what it is judged by."""
    danger, level = case.labels[0], verdict_of(case)
    missing = next((step for step in range(1, len(case.labels) + 1) if case.none(step)), None)
    yield from (level, ":")
    if len(case.labels) == 1 or case.labels[1] == "vegetation":
        yield from (f"L:{danger}", covers(danger), "{share.1}", "of", "the", "area")
        if len(case.labels) > 1:
            yield from (",", f"L:{case.labels[1]}", "covers", "{share.2}")
        yield from _unseen(case)
        return
    exposed = case.labels[1]
    if missing is not None:
        label = case.labels[missing - 1]
        yield from ("there", verb(label, "is", "are"), "no", f"L:{label}", "here")
    elif case.facts[1].touching:
        yield from (f"L:{danger}", verb(danger, "touches", "touch"), "the", f"L:{exposed}")
    else:
        yield from (f"L:{danger}", verb(danger, "is", "are"), "{dist.2}", "from", "the", f"L:{exposed}")
    yield from _unseen(case)


def rural(case: Case) -> Iterator[str]:
    """Town or country."""
    yield from (verdict_of(case), ":", "L:built-up area", "covers", "{share.1}", "of", "the", "area", ".")


def cloud_use(case: Case) -> Iterator[str]:
    """Whether the clouds let the image be used."""
    yield from (verdict_of(case), "usable", ":", "clouds", "cover", "{share.1}", "of", "the", "area", ".")
