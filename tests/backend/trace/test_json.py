"""A trace as JSON: to the published schema, and back to the same trace."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from conftest_trace import NO_CRS, make_trace
from hypothesis import given, settings
from hypothesis import strategies as st

from terrascope.errors import TraceError
from terrascope.resources import resource
from terrascope.scene.types import Grid, Role
from terrascope.trace.json_io import from_json, read_json, to_json, write_json
from terrascope.trace.jsonable import jsonable
from terrascope.trace.text import ReadableStream, readable
from terrascope.trace.types import MaskRle, Step


def test_it_follows_the_published_schema_and_comes_back_the_same(grid: Grid, tmp_path: Path) -> None:
    trace = make_trace(grid)
    schema = json.loads(resource("trace.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    validator.validate(json.loads(to_json(trace)))
    validator.validate(json.loads(to_json(replace(trace, steps=(), claims=(), answer=None, end_reason=None))))
    assert from_json(to_json(trace)) == trace
    write_json(trace, tmp_path / "t.json")
    assert read_json(tmp_path / "t.json") == trace


def test_every_field_of_the_trace_is_in_the_schema() -> None:
    schema = json.loads(resource("trace.schema.json").read_text(encoding="utf-8"))
    data = json.loads(to_json(make_trace(NO_CRS)))
    assert set(data) == set(schema["properties"])
    assert set(data["steps"][0]) == set(schema["$defs"]["step"]["properties"])
    assert set(data["grid"]) == set(schema["$defs"]["grid"]["properties"])
    assert set(data["inputs"][0]) == set(schema["$defs"]["input"]["properties"])
    assert set(data["claims"][0]) == set(schema["$defs"]["claim"]["properties"])


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 12), st.randoms(use_true_random=False))
def test_any_mask_survives_its_run_lengths(height: int, width: int, random: object) -> None:
    mask = np.array([[random.random() > 0.5 for _ in range(width)] for _ in range(height)])  # type: ignore[attr-defined]
    np.testing.assert_array_equal(MaskRle.encode(mask).decode(), mask)


def test_numbers_of_all_kinds_become_json() -> None:
    values = {"a": np.float32(1.5), "b": np.int64(2), "c": math.nan, "d": (1, 2), "e": Role.SAR, "f": np.bool_(True)}
    assert jsonable(values) == {"a": 1.5, "b": 2, "c": None, "d": [1, 2], "e": "sar", "f": True}
    with pytest.raises(TypeError, match="ndarray"):
        jsonable(np.zeros((200, 200)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data.pop("question"), "question"),
        (lambda data: data.update(question=5), "question"),
        (lambda data: data["grid"].update(transform=[1, 2]), "transform"),
        (lambda data: data.update(steps="none"), "steps"),
        (lambda data: data.update(format_version=3), "layout 3"),
    ],
)
def test_a_damaged_trace_is_named(change: object, words: str) -> None:
    data = json.loads(to_json(make_trace(NO_CRS)))
    change(data)  # type: ignore[operator]
    with pytest.raises(TraceError, match=words):
        from_json(json.dumps(data))
    with pytest.raises(TraceError):
        from_json("[]")
    with pytest.raises(TraceError, match="not JSON"):
        from_json("{")


def test_what_a_later_version_adds_is_passed_over(grid: Grid) -> None:
    trace = make_trace(grid)
    data = json.loads(to_json(trace))
    data["steps"][0]["mood"] = "good"
    assert from_json(json.dumps(data)) == trace


def test_people_see_no_special_tokens_and_the_answer_once() -> None:
    text = "<think>Look at the lake [SEG] here.</think><answer>12 %</answer><|im_end|>"
    assert readable(text) == "Look at the lake here."
    for size in (1, 3, 200):
        stream = ReadableStream()
        pieces = ["<think>", "Look at ", "the lake", " [SEG]", " here.", "</think>", "<answer>", "12 %", "</answer>"]
        joined = ["".join(pieces[i : i + size]) for i in range(0, len(pieces), size)]
        assert "".join(stream.feed(piece) for piece in joined) == "Look at the lake here."


def test_steps_can_be_found_and_replaced(grid: Grid) -> None:
    trace = make_trace(grid)
    assert trace.with_step(Step(2, "new")).step(2).text == "new"
    with pytest.raises(KeyError):
        trace.step(99)
