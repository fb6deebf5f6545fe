"""The queries of the held-out questions decode, belong to them, and are as they were frozen."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from terrascope.landcover import CLASSES
from terrascope.questions.query import ByFeatures, Cover, Features, Query, Reason, decode, encode, walk
from terrascope.units.table import AREA, LENGTH

FOLDER = Path(__file__).parent / "authored"
QUERIES = FOLDER / "held_out_queries.tsv"
FROZEN = "09fefb5c 2e445ca7 b9b072c4 fbf2a9e2 bb255d06 4d8fa418 eb1e1d89 e12eb074"
LANGUAGES = {
    "English": "en", "German": "de", "French": "fr", "Spanish": "es", "Portuguese": "pt", "Italian": "it",
    "Chinese": "zh",
}  # fmt: skip
REASONS = {*get_args(Reason), "cannot be said"}
#: Written for a class that the table is to have; the row also has a reason.
TO_COME = "burnt ground"


@cache
def table(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


PAIRS = list(zip(table("held_out.tsv"), table(QUERIES.name)))


def written(row: dict[str, str]) -> list[Query]:
    return [decode(json.dumps(each)) for each in json.loads(row["queries"])]


def test_they_are_frozen() -> None:
    assert hashlib.sha256(QUERIES.read_bytes()).hexdigest() == FROZEN.replace(" ", "")


def test_they_belong_to_the_questions() -> None:
    assert [row["id"] for row in table(QUERIES.name)] == [row["id"] for row in table("held_out.tsv")]


@pytest.mark.parametrize(("question", "row"), PAIRS, ids=[row["id"] for _, row in PAIRS])
def test_every_row_decodes(question: dict[str, str], row: dict[str, str]) -> None:
    queries = written(row)
    assert len({encode(each) for each in queries}) == len(queries)
    assert row["reason"] in REASONS | {""}
    assert queries or row["reason"]
    if question["answerable"] == "no":
        assert not queries and row["reason"] != "cannot be said"
    elif not queries:
        assert row["reason"] == "cannot be said" and row["note"]
    for query in queries:
        assert query.language == LANGUAGES[question["language"]]
        assert query.unit in {None, "%", "times", *AREA, *LENGTH}
        for node in walk(query):
            if isinstance(node, Cover):
                assert node.name in CLASSES or (node.name == TO_COME and row["reason"] == "class unknown")
            if isinstance(node, (Features, ByFeatures)):
                assert node.layer in question["context"] + question["question"]


def test_counts() -> None:
    def kind(question: dict[str, str], row: dict[str, str]) -> str:
        if row["queries"] == "[]":
            return "cannot be said" if question["answerable"] == "yes" else "refused"
        return "either" if row["reason"] else "partly" if row["note"].startswith("partly:") else "whole"

    found = Counter(kind(question, row) for question, row in PAIRS)
    assert found == {"whole": 158, "partly": 18, "either": 11, "cannot be said": 32, "refused": 81}
