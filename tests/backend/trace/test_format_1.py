"""Files of the first layout are read: what they lack is not known."""

from __future__ import annotations

from pathlib import Path

from terrascope.trace.geopackage import read_trace, write_geopackage
from terrascope.trace.json_io import read_json
from terrascope.trace.types import ResultRow

FIRST = Path(__file__).parent / "format_1"


def test_a_geopackage_of_the_first_layout_is_read() -> None:
    trace = read_trace(FIRST / "run.gpkg")
    assert trace.format_version == 1 and len(trace.steps) == 3 and trace.answer is not None
    assert trace.understood == "" and trace.query is None and trace.results == () and trace.steps[0].region is None
    assert trace == read_json(FIRST / "run.json")


def test_a_trace_of_the_first_layout_can_be_written_again(tmp_path: Path) -> None:
    trace = read_json(FIRST / "run.json")
    assert read_trace(write_geopackage(trace, tmp_path / "again.gpkg")) == trace


def test_values_and_regions_come_back(tmp_path: Path) -> None:
    from dataclasses import replace

    first = read_json(FIRST / "run.json")
    steps = (replace(first.steps[0], region={"is": "class", "name": "water"}), *first.steps[1:])
    rows = (
        ResultRow(0, "dates", "2020", "area of water", 12.5, "m2"),
        ResultRow(1, "dates", "2021", "area of water", None, "m2", "none"),
    )
    trace = replace(
        first, format_version=2, understood="Area of water", query={"measures": []}, results=rows, steps=steps
    )
    assert read_trace(write_geopackage(trace, tmp_path / "run.gpkg")) == trace
