"""Measures how free wording is read: a table of hand-written questions that no phrase was made from.

The table has tab-separated columns: kind of answer (alternatives by "|"), classes (joined by "+", alternatives by "|"),
question. Only totals are printed, so that the questions stay unseen by whoever improves the phrases.

Run: python -m terrascope.training.language.wording --models resources/models --table
tests/backend/free_wording/questions.tsv
"""

from __future__ import annotations

import argparse
import collections
import json
import logging
from pathlib import Path

from terrascope.networks.embedded.language import LanguageNetworks
from terrascope.networks.embedded.reading import Reading

log = logging.getLogger(__name__)

#: Kind in the table -> kinds of the embedded model that give that kind of answer.
GIVES: dict[str, frozenset[str]] = {
    "share": frozenset({"share", "total", "both", "cloud_use", "flood"}),
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
    "suitability": frozenset({"suit_build", "suit_farm", "risk_flood", "risk_fire"}),
    "abstain": frozenset({"refuse_unseen", "refuse_class", "refuse_dates"}),
}
#: Answers of these kinds say share and area (and show the mask) alike.
_SAY_BOTH = frozenset({"share", "area", "segment"})


def right_classes(reading: Reading, wanted: str) -> bool:
    """Say whether the classes that would be segmented are those of the table; "-" wants none in particular."""
    if wanted == "-":
        return True
    found = set(reading.labels)
    same = {
        "farmland": "crop", "forest": "tree", "built": "built-up", "flooded": "water", "trees": "tree",
        "cropland": "crop",
        "shrubs": "shrub", "bare land": "bare", "buildings": "building", "roads": "road", "built-up area": "built-up",
        "clouds": "cloud",
    }  # fmt: skip

    def plain(name: str) -> str:
        return same.get(name, name)

    parts = [{plain(name) for name in part.split("|")} for part in wanted.split("+")]
    found = {plain(name) for name in found}
    return len(found) == len(parts) and all(part & found for part in parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    networks = LanguageNetworks(options.models)
    totals: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0, 0, 0, 0])
    for line in options.table.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        kinds, classes, question = line.split("\t")[:3]
        reading = networks.read(question, (), 2 if kinds == "change" else 1)
        strict = any(reading.kind in GIVES[kind] for kind in kinds.split("|"))
        says = strict or (reading.kind in _SAY_BOTH | {"cloud_use"} and bool(set(kinds.split("|")) & _SAY_BOTH))
        fits = kinds == "abstain" or right_classes(reading, classes)
        row = totals["abstain" if kinds == "abstain" else kinds.split("|")[0]]
        for rank, value in enumerate((1, strict, says, fits, says and fits)):
            row[rank] += value
    answerable = [sum(row[i] for kind, row in totals.items() if kind != "abstain") for i in range(5)]
    log.info("%-12s %5s %7s %7s %8s %6s", "kind", "n", "kind", "says it", "classes", "both")
    for kind, row in [*sorted(totals.items()), ("answerable", answerable)]:
        log.info("%-12s %5d %7.3f %7.3f %8.3f %6.3f", kind, row[0], *(value / row[0] for value in row[1:]))
    if options.json:
        options.json.write_text(json.dumps({**totals, "answerable": answerable}), encoding="utf-8")


if __name__ == "__main__":
    main()
