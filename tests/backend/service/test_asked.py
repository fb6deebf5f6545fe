"""Questions to the model that ships, read into queries and run as steps with masks."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
from shapely.geometry import box

from terrascope.errors import TerraScopeError
from terrascope.networks.registry import available_networks
from terrascope.questions import query as q
from terrascope.scene.request import LayerRequest
from terrascope.service.request import QuestionRequest, SceneRequest, question_request
from terrascope.service.run import run_question
from terrascope.service.workbench import Workbench
from terrascope.trace.geopackage import read_trace
from terrascope.trace.types import Trace

pytestmark = pytest.mark.skipif(
    not available_networks()[0].available, reason="the embedded model's weights are not there"
)
WATER, TREES = q.Cover(name="water"), q.Cover(name="trees")


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench()


@pytest.fixture
def request_(landsat: Path, tmp_path: Path) -> QuestionRequest:
    return QuestionRequest(
        "How much water is there?", SceneRequest((LayerRequest(str(landsat)),)), tmp_path / "run.gpkg"
    )


def run(request: QuestionRequest, bench: Workbench) -> tuple[Trace, list[dict[str, Any]]]:
    messages: list[dict[str, Any]] = []
    return run_question(request, messages.append, workbench=bench), messages


def test_a_question_is_read_run_and_kept(request_: QuestionRequest, bench: Workbench) -> None:
    trace, messages = run(request_, bench)
    assert trace.understood == "Area of water" and trace.query is not None
    assert q.decode(json.dumps(trace.query)) == q.Query(measures=(q.Area(of=WATER),))
    assert [each.label for each in trace.steps] == ["water"] and trace.steps[0].region == {
        "is": "class",
        "name": "water",
    }
    assert trace.answer is not None and trace.answer.text.startswith("Area of water: ")
    area = trace.steps[0].measurements["area_m2"]
    assert trace.results[0].value == pytest.approx(area, rel=1e-6) and trace.results[0].unit == "m2"
    kinds = [each["type"] for each in messages]
    assert kinds.index("understood") < kinds.index("mask") < kinds.index("results") < kinds.index("answer")
    assert read_trace(request_.out) == trace
    with closing(sqlite3.connect(request_.out)) as file:
        assert file.execute("SELECT measure, unit FROM results").fetchall() == [("area of water", "m2")]
        assert json.loads(file.execute("SELECT region FROM masks").fetchone()[0]) == {"is": "class", "name": "water"}
        assert file.execute("SELECT understood FROM run").fetchone() == ("Area of water",)


def test_a_derived_region_is_a_step_whose_mask_gives_the_number(request_: QuestionRequest, bench: Workbench) -> None:
    region = q.Parts(of=TREES, over_m2=20_000, near=WATER, metres=200)
    query = q.Query(measures=(q.Area(of=region),), inside=q.Within(place="north"))
    trace, _ = run(replace(request_, query=query), bench)
    assert [each.label for each in trace.steps] == [
        "trees", "water", "patches of trees, over 2 ha, within 200 m of water",
        "patches of trees, over 2 ha, within 200 m of water, northern half",
    ]  # fmt: skip
    last = trace.steps[-1]
    assert last.mask is not None and not last.mask.decode()[last.mask.size[0] // 2 + 1 :].any()
    assert trace.results[0].value == pytest.approx(last.measurements["area_m2"], rel=1e-6)
    assert last.confidence is None, "a mask that was computed from others has no probability"
    assert trace.answer is not None and trace.answer.confidence is not None and 0 <= trace.answer.confidence <= 1


def test_what_cannot_be_seen_is_refused_with_its_reason(request_: QuestionRequest, bench: Workbench) -> None:
    trace, _ = run(replace(request_, query=q.Query(measures=(q.Exists(of=q.Cover(name="roads")),))), bench)
    assert trace.end_reason == "abstained" and trace.answer is not None
    assert "cannot be seen" in trace.answer.text and "28.5 m" in trace.answer.text and not trace.steps


def test_a_question_that_follows_changes_the_one_before(request_: QuestionRequest, bench: Workbench) -> None:
    before = q.Query(measures=(q.Area(of=WATER),), unit="ha")
    trace, _ = run(replace(request_, question="only in the south", context=before), bench)
    assert trace.query is not None
    assert q.decode(json.dumps(trace.query)) == q.Query(
        measures=(q.Area(of=WATER),), inside=q.Within(place="south"), unit="ha"
    )


def test_rows_by_polygon_and_a_raster_as_a_condition(
    request_: QuestionRequest, bench: Workbench, landsat: Path, tmp_path: Path
) -> None:
    with rasterio.open(landsat) as source:
        west, south, east, north = source.bounds
        crs, transform, shape = source.crs, source.transform, source.shape
    middle = (west + east) / 2
    frame = geopandas.GeoDataFrame(
        {"name": ["west", "east"]}, geometry=[box(west, south, middle, north), box(middle, south, east, north)], crs=crs
    )
    frame.to_crs(4326).to_file(tmp_path / "zones.gpkg")
    slope = np.zeros(shape, np.float32)
    slope[:, : shape[1] // 2] = 10
    with rasterio.open(
        tmp_path / "slope.tif", "w", driver="GTiff", width=shape[1], height=shape[0], count=1, dtype="float32", crs=crs,
        transform=transform,
    ) as file:  # fmt: skip
        file.write(slope, 1)
    layers = {"zones": tmp_path / "zones.gpkg", "slope": tmp_path / "slope.tif"}
    steep = q.AllOf(of=(TREES, q.Limit(value_of="slope", test=">", value=5)))
    query = q.Query(measures=(q.Area(of=steep),), by=q.ByFeatures(layer="zones", column="name"))
    trace, _ = run(replace(request_, query=query, layers=layers), bench)
    values = {row.key: row.value for row in trace.results}
    assert (
        values["west"] is not None and values["west"] > 0 and values["east"] == pytest.approx(0, abs=28.5**2 * shape[0])
    )
    named = q.Query(measures=(q.Area(of=TREES),), inside=q.Features(layer="zones", named="West"))
    trace, _ = run(replace(request_, query=named, layers=layers), bench)
    assert trace.results[0].value is not None and trace.results[0].value >= values["west"]
    unknown = q.Query(measures=(q.Area(of=TREES),), inside=q.Features(layer="zones", named="north"))
    trace, _ = run(replace(request_, query=unknown, layers=layers), bench)
    assert trace.end_reason == "abstained" and trace.answer is not None and "'north'" in trace.answer.text


def test_clouds_have_a_share_of_their_own(bench: Workbench, request_: QuestionRequest) -> None:
    trace, _ = run(replace(request_, query=q.Query(measures=(q.Share(of=q.Cover(name="clouds")),))), bench)
    assert trace.results and trace.results[0].value is not None
    clouds = trace.steps[0].measurements
    assert trace.results[0].value == pytest.approx(clouds["area_share"], rel=1e-3, abs=1e-9)


def test_a_message_carries_query_layers_and_context() -> None:
    query = q.data(q.Query(measures=(q.Area(of=WATER),)))
    message = {
        "type": "ask", "id": "1", "question": "and trees?", "layers": [{"path": "a.tif"}], "out": "a.gpkg",
        "query": query, "context": query, "named_layers": {"zones": "z.gpkg|layername=z"},
    }  # fmt: skip
    found = question_request(message)
    assert found.query == found.context == q.Query(measures=(q.Area(of=WATER),))
    assert found.layers == {"zones": Path("z.gpkg|layername=z")}
    with pytest.raises(TerraScopeError, match="no query"):
        question_request({**message, "query": {"measures": [{"is": "weight"}]}})
