"""The development table: what is read of it may become better, not worse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from terrascope.questions.reading.lexicon import tables
from terrascope_lab.bench.reading import Outcome, outcomes, report, rows_of

AUTHORED = Path(__file__).parents[1] / "authored"


@pytest.fixture(scope="module")
def found() -> list[Outcome]:
    return outcomes(rows_of(AUTHORED / "development.tsv", AUTHORED / "development_queries.tsv"))


def test_four_of_five_are_read_as_they_are_meant(found: list[Outcome]) -> None:
    yes = [each for each in found if each.row.answerable]
    assert sum(each.equal for each in yes) >= 0.82 * len(yes), report(found)


def test_few_lose_a_meaning_in_silence(found: list[Outcome]) -> None:
    assert sum(each.silent for each in found) <= 0.026 * len(found), report(found)


def test_what_cannot_be_answered_is_refused(found: list[Outcome]) -> None:
    no = [each for each in found if not each.row.answerable]
    refused = [each for each in no if each.found.query is None]
    right = [each for each in refused if each.row.reason in ("", "-", each.found.reason)]
    assert len(refused) >= 0.98 * len(no) and len(right) >= 0.94 * len(no), report(found)


def test_the_words_are_those_of_the_tables() -> None:
    """`lexicon.json` is what `scripts/generate.py` makes of the tables."""
    tomllib = pytest.importorskip("tomllib")
    folder = Path(__file__).parents[4] / "backend/terrascope/questions/reading/lexicon"
    for path in folder.glob("*.toml"):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        rows = {
            name: {key: [each.strip() for each in text.split(";") if each.strip()] for key, text in part.items()}
            for name, part in table.items()
        }
        assert json.loads(json.dumps(rows)) == tables()[path.stem], path.name
