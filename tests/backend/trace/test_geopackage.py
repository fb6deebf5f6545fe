"""The result file: every GIS opens it, it gives back the identical trace, and a killed process loses nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import geopandas
import numpy as np
import pyogrio
import pytest
from conftest_trace import NO_CRS, UTM, blob, make_step, make_trace

from terrascope.errors import TraceError
from terrascope.scene.types import Affine6, Grid
from terrascope.trace.geopackage import (
    GeoPackageWriter,
    Picture,
    read_pictures,
    read_trace,
    write_geopackage,
)


def test_the_reopened_trace_is_the_one_that_was_written(tmp_path: Path, grid: Grid) -> None:
    trace = make_trace(grid)
    write_geopackage(trace, tmp_path / "a.gpkg", {0: Picture(b"\xff\xd8jpeg", "image/jpeg")})
    assert read_trace(tmp_path / "a.gpkg") == trace
    assert read_pictures(tmp_path / "a.gpkg") == {0: Picture(b"\xff\xd8jpeg", "image/jpeg")}


def test_masks_come_back_to_the_pixel(tmp_path: Path, grid: Grid) -> None:
    write_geopackage(make_trace(grid), tmp_path / "a.gpkg")
    mask = read_trace(tmp_path / "a.gpkg").step(2).mask
    assert mask is not None
    np.testing.assert_array_equal(mask.decode(), blob(2, grid))


def test_geopandas_reads_valid_polygons_whose_areas_add_up(tmp_path: Path, grid: Grid) -> None:
    trace = make_trace(grid)
    write_geopackage(trace, tmp_path / "a.gpkg")
    frame = geopandas.read_file(tmp_path / "a.gpkg", layer="masks")
    assert frame.geometry.is_valid.all()
    own = frame[(frame.step == 1) & ~frame.derived.astype(bool)]
    measured = trace.step(1).measurements
    assert len(own) == measured["components"]
    assert own.pixels.sum() == measured["pixels"]
    assert own.share.sum() == pytest.approx(measured["share"] if grid.crs is None else measured["area_share"])
    if grid.crs is None:
        assert frame.crs is None or frame.crs.name.startswith("Undefined")
        assert own.area_m2.isna().all()
    else:
        assert frame.crs.to_epsg() == int(grid.crs.split(":")[1])
        assert own.area_m2.sum() == pytest.approx(measured["area_m2"])
    if grid is UTM:
        np.testing.assert_allclose(own.geometry.area, own.area_m2)


def test_polygons_are_exactly_the_pixels(tmp_path: Path) -> None:
    from rasterio import Affine
    from rasterio.features import rasterize

    write_geopackage(make_trace(UTM), tmp_path / "a.gpkg")
    frame = geopandas.read_file(tmp_path / "a.gpkg", layer="masks", where="step = 1 AND derived = 0")
    burnt = rasterize(frame.geometry, (UTM.height, UTM.width), transform=Affine(*UTM.transform))
    np.testing.assert_array_equal(burnt.astype(bool), blob(1))


def test_without_a_crs_polygons_lie_where_qgis_draws_the_picture(tmp_path: Path) -> None:
    write_geopackage(make_trace(NO_CRS), tmp_path / "a.gpkg")
    low_x, low_y, high_x, high_y = geopandas.read_file(tmp_path / "a.gpkg", layer="masks").total_bounds
    assert (low_x, low_y, high_x, high_y) == (0, -NO_CRS.height, NO_CRS.width, 0)


def test_a_crs_of_ones_own_survives(tmp_path: Path) -> None:
    wkt = "+proj=laea +lat_0=-8.4 +lon_0=-74.5 +datum=WGS84 +units=us-ft"
    grid = Grid(60, 40, Affine6(30.0, 0.0, 0.0, 0.0, -30.0, 0.0), wkt)
    write_geopackage(make_trace(grid), tmp_path / "a.gpkg")
    crs = geopandas.read_file(tmp_path / "a.gpkg", layer="masks").crs
    assert crs.axis_info[0].unit_name.startswith("US survey foot")


def test_gdal_finds_every_table_and_no_fault(tmp_path: Path, grid: Grid) -> None:
    write_geopackage(make_trace(grid), tmp_path / "a.gpkg")
    layers = {name for name, _ in pyogrio.list_layers(tmp_path / "a.gpkg")}
    assert {"masks", "steps", "claims", "run", "inputs"} <= layers
    if shutil.which("ogrinfo") is None:
        pytest.skip("ogrinfo is not installed")
    for table in ("masks", "steps", "claims", "run", "layer_styles"):
        seen = subprocess.run(
            ["ogrinfo", "-ro", "-al", str(tmp_path / "a.gpkg"), table], capture_output=True, text=True, check=True
        )
        assert not seen.stderr, seen.stderr
    assert (
        "Feature Count: 4"
        in subprocess.run(
            ["ogrinfo", "-ro", "-so", str(tmp_path / "a.gpkg"), "steps"], capture_output=True, text=True, check=True
        ).stdout
    )


def test_an_empty_mask_has_a_step_and_no_polygon(tmp_path: Path) -> None:
    empty = make_step(1, np.zeros((UTM.height, UTM.width), dtype=bool), UTM)
    trace = replace(make_trace(UTM), steps=(empty,))
    write_geopackage(trace, tmp_path / "a.gpkg")
    assert geopandas.read_file(tmp_path / "a.gpkg", layer="masks").empty
    assert geopandas.read_file(tmp_path / "a.gpkg", layer="steps")["empty"].tolist() == [True]
    assert read_trace(tmp_path / "a.gpkg") == trace


def test_the_file_is_whole_after_every_step(tmp_path: Path) -> None:
    trace = make_trace(UTM)
    begun = replace(trace, steps=(), claims=(), answer=None, end_reason=None)
    with GeoPackageWriter(tmp_path / "a.gpkg", begun) as writer:
        for count, step in enumerate(trace.steps):
            assert len(read_trace(tmp_path / "a.gpkg").steps) == count
            writer.put_step(step)
        assert read_trace(tmp_path / "a.gpkg").end_reason is None
        writer.put_claims(trace.claims)
        writer.put_run(trace)
    assert read_trace(tmp_path / "a.gpkg") == trace


def test_a_step_written_again_takes_the_place_of_the_first(tmp_path: Path) -> None:
    trace = make_trace(UTM)
    with GeoPackageWriter(tmp_path / "a.gpkg", trace) as writer:
        changed = replace(trace.step(1), derived=(), evidence="new")
        writer.put_step(changed)
        writer.put_step(changed)
    frame = geopandas.read_file(tmp_path / "a.gpkg", layer="masks", where="step = 1")
    assert len(frame) == changed.measurements["components"]
    assert read_trace(tmp_path / "a.gpkg").step(1) == changed


_CHILD = """
import sys, time
sys.path[:0] = sys.argv[2:4]
from conftest_trace import UTM, make_trace
from dataclasses import replace
from terrascope.trace.geopackage import GeoPackageWriter
trace = make_trace(UTM, 5)
writer = GeoPackageWriter(sys.argv[1], replace(trace, steps=(), claims=(), answer=None, end_reason=None))
for step in trace.steps[:3]:
    writer.put_step(step)
connection = writer._connection
connection.execute("PRAGMA cache_size = 5")
connection.execute("BEGIN IMMEDIATE")
connection.execute("DELETE FROM steps")
connection.executemany("INSERT INTO masks (step, label, part, derived) VALUES (9, ?, 1, 0)", [("x" * 5000,)] * 200)
print("in the middle of step 4", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_process_killed_in_step_4_leaves_a_valid_file_with_3_steps(tmp_path: Path) -> None:
    here = Path(__file__).parent
    path = tmp_path / "a.gpkg"
    backend = here.parents[2] / "backend"
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(path), str(here), str(backend)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline().startswith("in the middle")
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    trace = read_trace(path)
    assert [step.number for step in trace.steps] == [1, 2, 3]
    assert trace.steps == make_trace(UTM, 5).steps[:3]
    frame = geopandas.read_file(path, layer="masks")
    assert set(frame.step) == {1, 2, 3}
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_gis_that_reads_meanwhile_stops_nothing(tmp_path: Path) -> None:
    trace = make_trace(UTM)
    with GeoPackageWriter(tmp_path / "a.gpkg", replace(trace, steps=())) as writer:
        reader = sqlite3.connect(tmp_path / "a.gpkg")
        reader.execute("PRAGMA journal_mode = WAL")  # what QGIS does when it edits
        writer.put_step(trace.step(1))
        rows = reader.execute("SELECT * FROM masks")
        rows.fetchone()
        begin = time.monotonic()
        writer.put_step(trace.step(2))
        assert time.monotonic() - begin < 5
        reader.close()
    assert len(read_trace(tmp_path / "a.gpkg").steps) == 2


def test_another_file_is_never_overwritten(tmp_path: Path) -> None:
    foreign = tmp_path / "roads.gpkg"
    geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([1], [2]), crs=4326).to_file(foreign)
    before = foreign.read_bytes()
    with pytest.raises(TraceError, match="no TerraScope result"):
        write_geopackage(make_trace(UTM), foreign)
    assert foreign.read_bytes() == before
    write_geopackage(make_trace(UTM), tmp_path / "ours.gpkg")
    write_geopackage(make_trace(UTM, 1), tmp_path / "ours.gpkg")
    assert len(read_trace(tmp_path / "ours.gpkg").steps) == 2


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\x00" + b"\x00" * 500])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.gpkg"
    path.write_bytes(content)
    with pytest.raises(TraceError, match="a.gpkg"):
        read_trace(path)
    with pytest.raises(TraceError, match="missing.gpkg"):
        read_trace(tmp_path / "missing.gpkg")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(TraceError, match="cannot be written"):
        write_geopackage(make_trace(UTM), tmp_path / "file" / "a.gpkg")
