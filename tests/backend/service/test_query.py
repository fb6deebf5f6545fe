"""Queries on a real scene with the model that ships."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pytest
from shapely.geometry import box

from terrascope.networks.registry import available_networks
from terrascope.questions import query as q
from terrascope.questions.regions import RegionError
from terrascope.questions.tables import result_rows, text_rows
from terrascope.scene.request import LayerRequest
from terrascope.service.query import run_query
from terrascope.service.request import SceneRequest
from terrascope.service.workbench import Workbench

pytestmark = pytest.mark.skipif(
    not available_networks()[0].available, reason="the embedded model's weights are not there"
)

WATER, TREES = q.Cover(name="water"), q.Cover(name="trees")


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench()


@pytest.fixture
def olinda(landsat: Path) -> SceneRequest:
    return SceneRequest((LayerRequest(str(landsat)),))


def test_classes_exclude_each_other_and_add_up(bench: Workbench, olinda: SceneRequest) -> None:
    result, scene = run_query(q.Query(measures=(q.Classes(),)), olinda, workbench=bench)
    areas = dict(result.rows[0].values[0].parts)
    whole, _ = run_query(q.Query(measures=(q.Area(of=q.Everything()),)), olinda, workbench=bench)
    assert whole.rows[0].values[0].number is not None
    assert sum(areas.values()) == pytest.approx(whole.rows[0].values[0].number, rel=1e-9)
    assert "buildings" not in areas and "built-up area" in areas, "no house is seen at 28.5 m"
    assert scene.grid.crs is not None


def test_roads_are_refused_and_not_called_none(bench: Workbench, olinda: SceneRequest) -> None:
    with pytest.raises(RegionError, match="cannot be seen in pixels of 28.5 m") as caught:
        run_query(q.Query(measures=(q.Exists(of=q.Cover(name="roads")),)), olinda, workbench=bench)
    assert caught.value.reason == "not visible at this pixel size"
    with pytest.raises(RegionError) as caught:
        run_query(q.Query(measures=(q.Area(of=q.Cover(name="helipads")),)), olinda, workbench=bench)
    assert caught.value.reason == "class unknown"


def test_lakes_over_a_hectare_are_listed(bench: Workbench, olinda: SceneRequest) -> None:
    over = q.Query(measures=(q.ListParts(of=q.Parts(of=WATER, over_m2=1e4)),))
    parts = [area for _, area in run_query(over, olinda, workbench=bench)[0].rows[0].values[0].parts]
    assert parts and min(parts) > 1e4 and parts == sorted(parts, reverse=True)
    every = q.Query(measures=(q.ListParts(of=WATER),))
    more = [area for _, area in run_query(every, olinda, workbench=bench)[0].rows[0].values[0].parts]
    assert [area for area in more if area > 1e4] == parts


def test_each_district_has_its_row(bench: Workbench, olinda: SceneRequest, tmp_path: Path) -> None:
    scene = bench.scene(olinda)
    t, width, height = scene.grid.transform, scene.grid.width, scene.grid.height
    west, north, east, south = t.c, t.f, t.c + t.a * width, t.f + t.e * height
    middle = west + (east - west) * 0.37
    frame = geopandas.GeoDataFrame(
        {"name": ["inland", "coast"]}, geometry=[box(west, south, middle, north), box(middle, south, east, north)],
        crs=scene.grid.crs,
    )  # fmt: skip
    path = tmp_path / "districts.gpkg"
    frame.to_crs("EPSG:4326").to_file(path)
    query = q.Query(measures=(q.Area(of=WATER), q.Share(of=TREES)), by=q.ByFeatures(layer="districts", column="name"))
    result, _ = run_query(query, olinda, {"districts": path}, workbench=bench)
    rows = {row.key: row.values for row in result.rows}
    total, _ = run_query(q.Query(measures=(q.Area(of=WATER),)), olinda, workbench=bench)
    assert set(rows) == {"inland", "coast"}
    assert sum(values[0].number or 0 for values in rows.values()) == pytest.approx(
        total.rows[0].values[0].number, rel=2e-3
    )
    assert (rows["coast"][0].number or 0) > 20 * (rows["inland"][0].number or 1)
    table = text_rows(query, result, has_metres=True)
    assert [row[0] for row in table] == ["inland", "coast"] and table[1][1].endswith("km²")
    assert {each["unit"] for each in result_rows(query, result, ["a"] * len(query.measures))} == {"m2", "1"}


def test_the_mean_of_an_index_is_over_its_class(bench: Workbench, made: Path) -> None:
    request = SceneRequest((LayerRequest(str(made / "terramesh_s1s2" / "S2L2A" / "made.tif")),))
    trees = run_query(q.Query(measures=(q.Mean(value_of="ndvi", of=TREES),)), request, workbench=bench)[0]
    water = run_query(q.Query(measures=(q.Mean(value_of="ndvi", of=WATER),)), request, workbench=bench)[0]
    assert (trees.rows[0].values[0].number or 0) > 0.3 > (water.rows[0].values[0].number or 0)
    high = q.Query(measures=(q.Share(of=q.Limit(value_of="ndvi", test=">", value=0.3)),))
    assert 0 < (run_query(high, request, workbench=bench)[0].rows[0].values[0].number or 0) < 1
    assert np.isfinite(trees.rows[0].values[0].number or np.nan)


def test_a_series_has_every_date(bench: Workbench, made: Path) -> None:
    layers = tuple(
        LayerRequest(str(made / "demo_scenes" / f"pucallpa_landsat_{year}.tif")) for year in (1985, 1995, 2010, 2020)
    )
    request = SceneRequest(layers)
    series = run_query(q.Query(measures=(q.Area(of=WATER),), by=q.ByDates()), request, workbench=bench)[0]
    assert [row.key for row in series.rows] == ["1985", "1995", "2010", "2020"]
    areas = [row.values[0].number or 0 for row in series.rows]
    assert areas == sorted(areas), "the lake grows from date to date"
    net = run_query(q.Query(measures=(q.NetChange(of=WATER),)), request, workbench=bench)[0].rows[0].values[0].number
    assert net == pytest.approx(areas[-1] - areas[0], rel=0.02)
