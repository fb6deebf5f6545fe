"""Measures how free wording is read: a table of hand-written questions that no phrase was made from.

The table has tab-separated columns: kind of answer (alternatives by "|"), classes (joined by "+", alternatives by "|"),
question. Only totals are printed, so that the questions of a held-out table stay unseen by whoever improves the
phrases; `--misses` is for a development table.

Run: python -m terrascope_lab.training.language.wording --models resources/models --table FILE [--misses]
"""

from __future__ import annotations

import argparse
import collections
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from terrascope.networks.embedded.constraints import required_steps
from terrascope.networks.embedded.purposes import PURPOSES
from terrascope.networks.embedded.reading import Reading

log = logging.getLogger(__name__)

#: Kind in the table -> kinds of the embedded model that give that kind of answer.
GIVES: dict[str, frozenset[str]] = {
    "share": frozenset({"share", "total", "both", "cloud_use", "flood", "limit"}),
    "area": frozenset({"area", "total", "both", "difference", "flood"}),
    "where": frozenset({"where"}),
    "compare": frozenset({"larger", "smaller", "more_yn", "less_yn", "difference", "among"}),
    "exists": frozenset({"exists"}),
    "count": frozenset({"count"}),
    "touch": frozenset({"touch"}),
    "distance": frozenset({"distance"}),
    "change": frozenset({"change", "gain", "loss", "flood", "flooded_class", "change_any"}),
    "dominant": frozenset({"dominant", "least", "among"}),
    "describe": frozenset({"describe"}),
    "segment": frozenset({"segment", "both"}),
    "suitability": frozenset({*PURPOSES}),
    "abstain": frozenset({"refuse_unseen", "refuse_class", "refuse_dates"}),
}
#: Answers of these kinds say share and area (and show the mask) alike.
_SAY_BOTH = frozenset({"share", "area", "segment"})
#: Kinds of the table that are about two classes.
_PAIRS = frozenset({"compare", "touch", "distance"})
_SAME = {
    "farmland": "crop", "forest": "tree", "built": "built-up", "flooded": "water", "trees": "tree", "cropland": "crop",
    "shrubs": "shrub", "bare land": "bare", "buildings": "building", "roads": "road", "built-up area": "built-up",
    "clouds": "cloud",
}  # fmt: skip


class Row(NamedTuple):
    """One line of a table."""

    kinds: str
    classes: str
    question: str

    @property
    def dates(self) -> int:
        return 2 if self.kinds == "change" else 1


def read_table(path: Path) -> list[Row]:
    """Return the lines of a table."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [Row(*line.split("\t")[:3]) for line in lines if line.strip() and not line.startswith("#")]


def right_classes(reading: Reading, dates: int, wanted: str, pair: bool = False) -> bool:
    """Say whether the classes that would be segmented are those of the table; "-" wants none in particular.

    Parameters
    ----------
    pair
        The question is about two classes, and "|" gives another word for one of them ("water+built-up|built"). Else "|"
        gives another answer as a whole ("crop|crop+grass").
    """
    if wanted == "-":
        return True
    steps = required_steps(reading, dates)
    found = {_SAME.get(name, name) for name in (label for label, _ in steps or ())}
    if pair:
        parts = [_names(part, "|") for part in wanted.split("+")]
        return len(found) == len(parts) and all(part & found for part in parts)
    return any(found == _names(answer, "+") for answer in wanted.split("|"))


def _names(text: str, mark: str) -> set[str]:
    return {_SAME.get(name, name) for name in text.split(mark)}


class Verdict(NamedTuple):
    """Of one question: the kind is right; it gives the kind of answer asked for; the classes are right."""

    kind: bool
    says: bool
    classes: bool


def judge(row: Row, reading: Reading) -> Verdict:
    """Return what is right of a reading."""
    kinds = set(row.kinds.split("|"))
    strict = any(reading.kind in GIVES[kind] for kind in kinds)
    says = strict or (reading.kind in _SAY_BOTH | {"cloud_use", "limit"} and bool(kinds & _SAY_BOTH))
    return Verdict(
        strict, says, row.kinds == "abstain" or right_classes(reading, row.dates, row.classes, bool(kinds & _PAIRS))
    )


@dataclass
class Totals:
    """Counts by kind of the table: questions, kind, says it, classes, says it and classes."""

    rows: dict[str, list[int]] = field(default_factory=lambda: collections.defaultdict(lambda: [0] * 5))

    def add(self, row: Row, found: Verdict) -> None:
        """Count a question."""
        counts = self.rows["abstain" if row.kinds == "abstain" else row.kinds.split("|")[0]]
        for rank, value in enumerate((1, found.kind, found.says, found.classes, found.says and found.classes)):
            counts[rank] += value

    def answerable(self) -> list[int]:
        """Counts of the questions that can be answered."""
        return [sum(counts[i] for kind, counts in self.rows.items() if kind != "abstain") for i in range(5)]

    @property
    def both(self) -> float:
        """Share of the answerable questions with kind and classes right."""
        found = self.answerable()
        return found[4] / max(1, found[0])

    @property
    def abstains(self) -> float:
        """Share of the other questions that are refused."""
        found = self.rows["abstain"]
        return found[2] / max(1, found[0])


class Score(NamedTuple):
    """Totals, and a line for each question that is misread."""

    all: Totals
    misses: list[str]


def score(read: Callable[[str, int], Reading], table: Sequence[Row]) -> Score:
    """Read a table of questions and count."""
    found = Score(Totals(), [])
    for row in table:
        reading = read(row.question, row.dates)
        verdict = judge(row, reading)
        found.all.add(row, verdict)
        if not (verdict.says and verdict.classes):
            was = f"{reading.kind} {list(reading.labels)} {reading.sure:.2f}"
            found.misses.append(f"{row.kinds} {row.classes} | {row.question} -> {was}")
    return found


def report(totals: Totals) -> None:
    """Log a table of shares."""
    log.info("%-12s %5s %7s %7s %8s %6s", "kind", "n", "kind", "says it", "classes", "both")
    for kind, counts in [*sorted(totals.rows.items()), ("answerable", totals.answerable())]:
        if counts[0]:
            log.info("%-12s %5d %7.3f %7.3f %8.3f %6.3f", kind, counts[0], *(value / counts[0] for value in counts[1:]))


def main() -> None:
    from terrascope.networks.embedded.language import LanguageNetworks

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--misses", action="store_true", help="print what is misread of a development table")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    networks = LanguageNetworks(options.models)
    found = score(lambda question, dates: networks.read(question, (), dates), read_table(options.table))
    report(found.all)
    for miss in found.misses if options.misses else ():
        log.info("%s", miss)
    if options.json:
        whole = {**found.all.rows, "answerable": found.all.answerable()}
        options.json.write_text(json.dumps(whole), encoding="utf-8")


if __name__ == "__main__":
    main()
