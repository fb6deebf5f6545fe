"""What the rules' answers are made from: the measurements of a case, slots, and forms of verbs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from terrascope.networks.embedded.evidence_text import Facts
from terrascope.networks.embedded.verdicts import verdict
from terrascope_lab.cot.questions import Question

_PLURAL = frozenset({"trees", "shrubs", "buildings", "roads", "clouds"})


class Case(NamedTuple):
    """What an answer is made from."""

    question: Question
    labels: list[str]
    facts: Sequence[Facts]

    def has_area(self, step: int = 1) -> bool:
        return self.facts[step - 1].area is not None

    def none(self, step: int = 1) -> bool:
        return self.facts[step - 1].share <= 0


def slot(name: str, step: int) -> str:
    return f"{{{name}.{step}}}"


def verb(label: str, single: str, plural: str) -> str:
    return plural if label in _PLURAL else single


def covers(label: str) -> str:
    return verb(label, "covers", "cover")


def verdict_of(case: Case) -> str:
    return verdict(case.question.kind, case.labels, case.facts) or ""
