"""The held-out questions are as they were frozen."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from pathlib import Path

HELD_OUT = Path(__file__).parent / "authored" / "held_out.tsv"
READ = ("English", "German", "French", "Spanish", "Portuguese", "Italian", "Chinese")
FROZEN = "dd13a822 d4288a56 d9570dc2 f1cfbbab 0e8ef61f 0244935e 155396473feeb0fb"


def test_they_are_frozen() -> None:
    assert hashlib.sha256(HELD_OUT.read_bytes()).hexdigest() == FROZEN.replace(" ", "")


def test_every_language_and_refusal_is_there() -> None:
    with HELD_OUT.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    languages = Counter(row["language"] for row in rows)
    assert len(rows) == 300 and min(languages[name] for name in READ) >= 25
    refused = [row for row in rows if row["answerable"] == "no"]
    assert len(refused) == 81 and all(row["reason"] for row in refused)
