"""The whole path with the model that ships: a real process, real imagery, real answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from test_stdio import Child

from terrascope.networks.registry import available_networks
from terrascope.trace.geopackage import read_trace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not available_networks()[0].available, reason="the embedded model's weights are not there"),
]


@pytest.fixture(scope="module")
def backend() -> Iterator[Child]:
    child = Child("-m", "terrascope", "serve")
    child.next("hello")
    yield child
    child.process.kill()
    child.process.wait()


def ask(backend: Child, job: str, question: str, layers: list[dict[str, Any]], out: Path) -> list[dict[str, Any]]:
    backend.send({"type": "ask", "id": job, "question": question, "layers": layers, "out": str(out)})
    return backend.until("end", job, timeout=200)


def test_landsat_question_is_answered_with_numbers_that_hold(backend: Child, images: Path, tmp_path: Path) -> None:
    image = {"path": str(images / "demo_scenes" / "L7_ETMs.tif")}
    seen = ask(backend, "l7", "How much of the image is covered by water?", [image], tmp_path / "a.gpkg")
    assert seen[-1]["reason"] == "answered"
    mask = next(each for each in seen if each["type"] == "mask")
    assert mask["label"] == "water"
    assert 0.10 < mask["measurements"]["share"] < 0.25  # the sea in the south-east
    frame = geopandas.read_file(tmp_path / "a.gpkg", layer="masks")
    assert frame.crs.to_epsg() == 31985
    assert frame.area_m2.sum() == pytest.approx(mask["measurements"]["area_m2"])
    trace = read_trace(tmp_path / "a.gpkg")
    share = trace.results[0].value  # of what was observed, which clouds are not of
    assert share is not None and mask["measurements"]["area_share"] <= share < 1.01 * mask["measurements"]["area_share"]
    assert trace.answer is not None and f"{100 * share:.1f} %" in trace.answer.text
    assert trace.network.name == "terrascope-embedded"
    assert len(trace.network.weights_sha256) == 64


def test_two_dates_give_gain_and_loss(backend: Child, images: Path, tmp_path: Path) -> None:
    folder = images / "demo_scenes"
    layers = [{"path": str(folder / f"pucallpa_landsat_{year}.tif")} for year in (1985, 2020)]
    seen = ask(backend, "two", "How did the water change between the two dates?", layers, tmp_path / "a.gpkg")
    assert seen[-1]["reason"] == "answered"
    dates = {each["date"][:4] for each in seen if each["type"] == "mask" and not each["derived"]}
    assert dates == {"1985", "2020"}
    assert {each["label"] for each in seen if each["type"] == "mask"} >= {"water"}


def test_without_a_crs_there_are_shares_and_no_areas(backend: Child, images: Path, tmp_path: Path) -> None:
    image = {"path": str(images / "demo_scenes" / "spyndex_s2_B02B03B04B08_nocrs.tif")}
    seen = ask(backend, "nocrs", "Where is the forest?", [image], tmp_path / "a.gpkg")
    mask = next(each for each in seen if each["type"] == "mask")
    assert mask["measurements"]["area_m2"] is None
    assert mask["measurements"]["share"] > 0
    assert not any(" km²" in each["text"] or " ha" in each["text"] for each in seen if each["type"] == "answer")


def test_radar_alone_is_understood(backend: Child, images: Path, tmp_path: Path) -> None:
    image = sorted((images / "sen1floods11").glob("*/*S1*.tif"))[0]
    seen = ask(backend, "s1", "How much water is there?", [{"path": str(image)}], tmp_path / "a.gpkg")
    assert seen[-1]["reason"] in ("answered", "abstained")
    assert next(each for each in seen if each["type"] == "scene")["views"][0]["role"] == "sar"


def test_out_of_its_depth_it_abstains(backend: Child, images: Path, tmp_path: Path) -> None:
    image = {"path": str(images / "demo_scenes" / "L7_ETMs.tif")}
    seen = ask(backend, "mayor", "Who is the mayor of this city?", [image], tmp_path / "a.gpkg")
    assert seen[-1]["reason"] == "abstained"


def test_segment_and_probe(backend: Child, images: Path, tmp_path: Path) -> None:
    layers = [{"path": str(images / "demo_scenes" / "L7_ETMs.tif")}]
    out = str(tmp_path / "s.gpkg")
    backend.send({"type": "segment", "id": "seg", "phrase": "forest", "layers": layers, "out": out})
    value = backend.until("result", "seg", timeout=200)[-1]["value"]
    assert value["masks"]
    assert value["masks"][0]["label"] in ("trees", "tree", "forest")
    backend.send({"type": "probe", "id": "probe"})
    probe = backend.until("result", "probe", timeout=200)[-1]["value"]
    assert probe["ok"], [each for each in probe["checks"] if not each["ok"]]
