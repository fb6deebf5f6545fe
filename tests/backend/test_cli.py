"""The command line as a user types it. The network is a scripted one; files, scenes and masks are real."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio
from shapely.geometry import box

from terrascope import cli
from terrascope.errors import NetworkError, TerraScopeError
from terrascope.service import workbench
from terrascope.service.area import read_area
from terrascope.trace.geopackage import read_trace
from terrascope.trace.json_io import from_json

sys.path.insert(0, str(Path(__file__).parent / "service"))

from scripted_service import ScriptedNetwork

UTM18S = "EPSG:32718"


@pytest.fixture()
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "150")
    return tmp_path


@pytest.fixture()
def image(folder: Path) -> str:
    write_image(folder / "lake_20200601.tif")
    return "lake_20200601.tif"


def write_image(path: Path, crs: str | None = UTM18S) -> None:
    place = {"crs": crs, "transform": rasterio.Affine(10, 0, 500000, 0, -10, 9000000)} if crs else {}
    with rasterio.open(path, "w", driver="GTiff", width=50, height=40, count=3, dtype="uint8", **place) as file:
        file.write(np.random.default_rng(1).integers(1, 255, (3, 40, 50)).astype(np.uint8))


@pytest.fixture()
def scripted(monkeypatch: pytest.MonkeyPatch) -> ScriptedNetwork:
    network = ScriptedNetwork()
    monkeypatch.setattr(workbench.Workbench.__init__, "__defaults__", (lambda name, device, precision: network,))
    return network


def run(*arguments: str) -> int:
    return cli.main(list(arguments))


def test_ask_streams_and_writes_the_file(
    image: str, folder: Path, scripted: ScriptedNetwork, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("ask", "How much water is there?", image) == 0
    out = capsys.readouterr().out
    assert "First the water" in out
    assert "the water is smaller" in out
    assert "lake_20200601-answer.gpkg" in out
    assert "[SEG]" not in out
    trace = read_trace(folder / "lake_20200601-answer.gpkg")
    assert [step.label for step in trace.steps] == ["water", "tree", None]
    assert trace.inputs[0].date == "2020-06-01"


def test_a_second_answer_does_not_overwrite_the_first(image: str, folder: Path, scripted: ScriptedNetwork) -> None:
    assert run("ask", "one?", image) == run("ask", "two?", image) == 0
    assert read_trace(folder / "lake_20200601-answer.gpkg").question == "one?"
    assert read_trace(folder / "lake_20200601-answer-2.gpkg").question == "two?"


def test_ask_prints_the_trace_as_json_alone(
    image: str, folder: Path, scripted: ScriptedNetwork, capsys: pytest.CaptureFixture[str]
) -> None:
    choices = ("--option", "water", "--option", "tree")
    code = run("ask", "Which?", image, *choices, "--json", "--out", "a.gpkg", "--report", "r.html")
    printed = capsys.readouterr().out
    trace = from_json(printed)
    assert trace == read_trace("a.gpkg")
    assert trace.options == ("water", "tree")
    assert code in (0, cli.NO_ANSWER)
    assert "Which?" in Path("r.html").read_text(encoding="utf-8")


def test_roles_dates_area_and_settings_reach_the_run(image: str, folder: Path, scripted: ScriptedNetwork) -> None:
    write_image(folder / "later.tif")
    code = run(
        "ask", "What changed?", image, "later.tif", "--role", "optical", "--date", "-", "--date", "2021-02-03",
        "--aoi", "500000,8999800,500200,9000000", "--set", "selection=paper", "--set", "max_segments=5",
        "--out", "a.gpkg",
    )  # fmt: skip
    trace = read_trace("a.gpkg")
    assert code == 0
    assert [view.date for view in trace.inputs] == ["2020-06-01", "2021-02-03"]
    assert (trace.grid.width, trace.grid.height) == (20, 20)
    assert trace.network.settings["selection"] == "paper"
    assert trace.network.settings["max_segments"] == 5


def test_an_area_is_a_file_or_an_extent(folder: Path) -> None:
    area = read_area("-1.5, 2,3e2,4@EPSG:4326")
    assert area.bbox == (-1.5, 2.0, 300.0, 4.0)
    assert area.crs == "EPSG:4326"
    geopandas.GeoDataFrame(geometry=[box(0, 0, 1, 1), box(2, 0, 3, 1)], crs=4326).to_file("aoi.geojson")
    area = read_area("aoi.geojson")
    assert area.wkt is not None
    assert area.wkt.startswith("MULTIPOLYGON")
    assert area.crs is not None
    geopandas.GeoDataFrame(geometry=geopandas.points_from_xy([1], [2]), crs=4326).to_file("points.geojson")
    for wrong, words in (("nothing", "no file"), ("points.geojson", "no polygon"), ("1,2,3", "no file")):
        with pytest.raises(TerraScopeError, match=words):
            read_area(wrong)


def test_show_replays_without_a_model(
    image: str, folder: Path, scripted: ScriptedNetwork, capsys: pytest.CaptureFixture[str]
) -> None:
    run("ask", "How much water is there?", image, "--out", "a.gpkg")
    capsys.readouterr()
    assert run("show", "a.gpkg") == 0
    out = capsys.readouterr().out
    for words in ("How much water is there?", "First the water", "water", "tree", "the water is smaller", "scripted"):
        assert words in out
    assert run("show", "a.gpkg", "--json") == 0
    assert from_json(capsys.readouterr().out) == read_trace("a.gpkg")
    assert run("report", "a.gpkg") == 0
    assert Path("a.html").stat().st_size > 5000


def test_measure_takes_rasters_results_and_polygons(
    image: str, folder: Path, scripted: ScriptedNetwork, capsys: pytest.CaptureFixture[str]
) -> None:
    classes = np.zeros((40, 50), dtype=np.uint8)
    classes[:10, :10], classes[20:, :] = 1, 2
    with rasterio.open(
        "mask.tif", "w", driver="GTiff", width=50, height=40, count=1, dtype="uint8", crs=UTM18S, nodata=0,
        transform=rasterio.Affine(10, 0, 500000, 0, -10, 9000000),
    ) as file:  # fmt: skip
        file.write(classes, 1)
    square = box(500000, 8999000, 501000, 9000000)
    geopandas.GeoDataFrame({"label": ["a"]}, geometry=[square], crs=UTM18S).to_file("p.gpkg")
    run("ask", "How much water is there?", image, "--out", "a.gpkg")
    capsys.readouterr()
    assert run("measure", "mask.tif", "p.gpkg", "a.gpkg", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["label"] for each in found["mask.tif"]] == ["1", "2"]
    assert [each["pixels"] for each in found["mask.tif"]] == [100, 1000]
    assert found["mask.tif"][0]["area_m2"] == pytest.approx(10_000, rel=1e-3)
    assert found["mask.tif"][1]["share"] == pytest.approx(0.5)
    assert found["p.gpkg"][0]["area_m2"] == pytest.approx(1e6, rel=2e-3)
    assert found["a.gpkg"][0]["label"] == "water"
    assert run("measure", "mask.tif") == 0
    assert "ha" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ask", "q?", "missing.tif"], "missing.tif"),
        (["ask", "q?", "lake_20200601.tif", "--date", "2020", "--date", "2021"], "--date"),
        (["ask", "q?", "lake_20200601.tif", "--set", "selection"], "NAME=VALUE"),
        (["ask", "q?", "lake_20200601.tif", "--aoi", "nowhere"], "nowhere"),
        (["ask", " ", "lake_20200601.tif"], "question"),
        (["show", "missing.gpkg"], "missing.gpkg"),
        (["measure", "lake_20200601.tif"], "not a mask"),
        (["measure", "missing.tif"], "missing.tif"),
        (["report", "lake_20200601.tif"], "lake_20200601.tif"),
    ],
)
def test_errors_name_the_thing_and_the_way_out(
    image: str, scripted: ScriptedNetwork, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(*arguments) == cli.FAILED
    printed = " ".join(capsys.readouterr().err.split())
    assert "Error:" in printed
    assert words in printed


def test_an_unknown_network_is_named(image: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ask", "q?", image, "--network", "no-such-folder") == cli.FAILED
    assert "no-such-folder" in capsys.readouterr().err


def test_a_missing_extra_breaks_only_its_own_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(commands: object, wanted: bool) -> None:
        if wanted:
            raise ImportError("No module named 'no_such'")

    monkeypatch.setattr(cli, "_models", broken)
    assert run("models", "list") == cli.FAILED
    assert "no_such" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        run("--help")
    assert end.value.code == 0
    listed = capsys.readouterr().out
    for command in ("ask", "show", "measure", "report", "serve", "models"):
        assert command in listed


def test_without_the_laboratory_its_commands_say_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "entry_points", lambda group: ())
    monkeypatch.setattr(cli, "_LABORATORY_MODULE", "no_such_laboratory.commands")
    assert run("bench", "small") == cli.FAILED
    assert "pip install ./backend ./backend/terrascope_lab" in " ".join(capsys.readouterr().err.split())


def test_a_failing_network_leaves_the_steps(image: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(ScriptedNetwork):
        def begin(self, scene, prompt):  # type: ignore[no-untyped-def]
            decoding = super().begin(scene, prompt)
            decode = decoding.decode_mask

            def once(view: int) -> object:
                if decoding.masks:
                    raise NetworkError("The network broke.", "Load it again.")
                return decode(view)

            decoding.decode_mask = once
            return decoding

    network = Failing()
    monkeypatch.setattr(workbench.Workbench.__init__, "__defaults__", (lambda name, device, precision: network,))
    assert run("ask", "q?", image, "--out", "a.gpkg") == cli.FAILED
    trace = read_trace("a.gpkg")
    assert trace.end_reason == "error"
    assert trace.step(1).label == "water"


def test_help_needs_nothing_heavy() -> None:
    code = "import sys, terrascope.cli as c; c.build_parser(); print({'numpy', 'rasterio', 'rich'} & set(sys.modules))"
    environment = {"PYTHONPATH": str(Path(__file__).parents[2] / "backend")}
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert seen.stdout.strip() == "set()"
