"""A run file that was changed anywhere is read, or refused with a sentence: no other error comes out."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from conftest_trace import UTM, make_trace

from terrascope.errors import TerraScopeError, TraceError
from terrascope.trace.definition import check, parse_record
from terrascope.trace.geopackage import Picture, write_geopackage
from terrascope.trace.json_io import from_json, to_json
from tests.backend.hostile.run_files import mutate, read_everything

MUTATIONS = 2000


def test_two_thousand_changed_run_files(tmp_path: Path) -> None:
    source = tmp_path / "run.gpkg"
    write_geopackage(make_trace(UTM), source, {0: Picture(b"\xff\xd8jpeg", "image/jpeg")})
    read_everything(source)
    target, refused, wrong = tmp_path / "changed.gpkg", 0, []
    for number in range(MUTATIONS):
        done = mutate(source, target, number)
        try:
            read_everything(target, report=number % 10 == 0)
        except TerraScopeError:
            refused += 1
        except Exception:  # what the test is about
            wrong.append(f"{number} ({done}): {traceback.format_exc().strip().splitlines()[-1]}")
        for leftover in tmp_path.glob("changed.gpkg-*"):
            leftover.unlink()
    assert not wrong, wrong[:10]
    assert refused > MUTATIONS // 3


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"end_reason": "answered"', '"end_reason": "sold"', "end_reason"),
        ('"confidence": 0.75', '"confidence": 75', "confidence"),
        ('"confidence": 0.75', '"confidence": NaN', "NaN"),
        ('"confidence": 0.75', '"confidence": 1e999', "too large"),
        ('"verdict": "supported"', '"verdict": "<b>"', "verdict"),
        ('"width": 60', '"width": 61', "size"),
        ('"width": 60', '"width": ' + "9" * 400, "too large"),
        ('"role": "optical"', '"role": ["optical"]', "role"),
        ('"date": "2020-06-01"', '"date": "yesterday"', "date"),
        ('"10 %"', '"\\ud800"', "not JSON"),
        ('"format_version": 2', '"format_version": 99', "layout 99"),
        ('"format_version": 2', '"format_version": "1"', "format_version"),
    ],
)
def test_values_are_held_to_the_definition(old: str, new: str, words: str) -> None:
    text = to_json(make_trace(UTM))
    assert old in text
    with pytest.raises(TraceError, match=words):
        from_json(text.replace(old, new, 1))


@pytest.mark.parametrize("text", [None, 5, b"{}", "", "[", "[" * 100_000, "null", "[]"])
def test_what_is_no_record_is_refused(text: object) -> None:
    with pytest.raises(TraceError):
        parse_record(text, "Trace")


def test_what_we_write_is_in_order() -> None:
    trace = make_trace(UTM)
    assert from_json(to_json(trace)) == trace
    for step in trace.steps:
        check(parse_record(to_json(step), "Step"), "Step")  # type: ignore[arg-type]
