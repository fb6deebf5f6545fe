"""The report stands alone, tells the truth, and shows text as text."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from conftest_trace import NO_CRS, UTM, make_step, make_trace

from terrascope.errors import TraceError
from terrascope.scene.types import Grid
from terrascope.trace.geopackage import Picture, write_geopackage
from terrascope.trace.pictures import jpeg, mask_png
from terrascope.trace.report import render_report, write_report
from terrascope.trace.report.content import scale_bar
from terrascope.units import area_text


class Balanced(HTMLParser):
    """Fails where a tag is closed that is not open."""

    VOID = {"meta", "img", "br", "link"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def render(trace: object) -> str:
    picture = Picture(jpeg(np.full((40, 60, 3), 90, np.uint8)), "image/jpeg")
    return render_report(trace, {0: picture})  # type: ignore[arg-type]


def test_it_stands_alone(tmp_path: Path, grid: Grid) -> None:
    write_geopackage(make_trace(grid), tmp_path / "a.gpkg", {0: Picture(b"x", "image/jpeg")})
    html = write_report(tmp_path / "a.gpkg", tmp_path / "sub" / "r.html").read_text(encoding="utf-8")
    assert not re.search(r"(?:src|href)=\"(?!data:)", html)
    assert "http" not in html.replace("http-equiv", "")
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []


def test_it_shows_question_answer_measurements_and_both_numbers_of_a_claim() -> None:
    trace = make_trace(UTM)
    html = render(trace)
    area = trace.step(1).measurements["area_m2"]
    assert isinstance(area, float)
    for words in ("湖", "10 %", area_text(area), "12.5 %", "12.4 %", "Contradicted", "Supported", "ab" * 32, "cd" * 32):
        assert words in html
    assert html.count('class="card step') == len(trace.steps) - 1  # the last one holds nothing but the answer


def test_without_a_crs_it_speaks_of_pixels_and_has_no_scale_bar() -> None:
    trace = make_trace(NO_CRS)
    html = render(replace(trace, grid=replace(trace.grid, gsd_m=None, native_gsd_m=None)))
    assert "pixels and shares only" in html
    assert 'class="scale"' not in html
    assert " ha<" not in html


def test_a_run_without_an_answer_says_so() -> None:
    for reason, words in ((None, "cut off"), ("degenerate", "No usable answer"), ("cancelled", "Stopped by the user")):
        html = render(replace(make_trace(UTM), answer=None, end_reason=reason))
        assert words in html
        assert "No answer" in html


def test_an_empty_mask_is_called_empty() -> None:
    empty = make_step(1, np.zeros((UTM.height, UTM.width), dtype=bool), UTM)
    assert "nothing found" in render(replace(make_trace(UTM), steps=(empty,)))


def test_markup_in_the_question_or_the_text_is_only_text() -> None:
    trace = replace(make_trace(UTM), question="<script>alert(1)</script>", warnings=('"><img src=x onerror=y>',))
    html = render(trace)
    assert "<script" not in html
    assert "<img src=x" not in html


def test_a_missing_result_is_named(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="missing.gpkg"):
        write_report(tmp_path / "missing.gpkg", tmp_path / "r.html")


def test_the_scale_bar_is_round_and_short() -> None:
    trace = make_trace(UTM)
    bar = scale_bar(trace.grid)
    assert bar is not None
    assert bar.text == "100 m"
    assert bar.percent == pytest.approx(100 * 100 / 600, abs=0.01)


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (64, 64)])
def test_the_mask_picture_is_the_mask(shape: tuple[int, int]) -> None:
    from rasterio.io import MemoryFile

    mask = np.random.default_rng(0).random(shape) > 0.5
    with MemoryFile(mask_png(mask, "#2166ff")) as memory, memory.open() as file:
        np.testing.assert_array_equal(file.read(1) > 0, mask)


def test_what_was_understood_and_the_values_by_row_are_shown(tmp_path: Path) -> None:
    from dataclasses import replace

    from terrascope.trace.types import Answer, ResultRow

    rows = (
        ResultRow(0, "dates", "2010", "area of water", 25_000.0, "m2"),
        ResultRow(0, "dates", "2010", "share of water", 0.125, "1"),
        ResultRow(1, "dates", "2020", "area of water", None, "m2", "none"),
    )
    trace = replace(
        make_trace(UTM), understood="Area of <water>", results=rows, answer=Answer("2.5 ha", None, 0.3), claims=(),
    )  # fmt: skip
    text = write_report(write_geopackage(trace, tmp_path / "run.gpkg"), tmp_path / "run.html").read_text(
        encoding="utf-8"
    )
    assert "Understood: Area of &lt;water&gt;" in text and "Answered, doubtful" in text
    assert "<th>area of water</th><th>share of water</th>" in text
    assert "<td>2010</td><td>2.5 ha</td><td>12.5 %</td>" in text and "<td>2020</td><td>none</td><td></td>" in text
