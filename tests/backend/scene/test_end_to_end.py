"""A question is answered on every kind of scene with the model that ships, and the file holds what was measured."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from terrascope.networks.registry import available_networks
from terrascope.scene.request import LayerRequest
from terrascope.service.request import QuestionRequest, SceneRequest
from terrascope.service.run import run_question
from terrascope.service.workbench import Workbench
from terrascope.trace.frames import read_masks
from terrascope.trace.geopackage import read_trace
from terrascope.trace.types import Trace

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not available_networks()[0].available, reason="the embedded model's weights are not there"),
]


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench()


def ask(
    bench: Workbench, out: Path, question: str, *layers: LayerRequest, size: int = 1024, tiled: bool = False
) -> Trace:
    request = QuestionRequest(question, SceneRequest(layers, None, size, tiled), out)
    trace = run_question(request, lambda message: None, workbench=bench)
    assert trace.end_reason in ("answered", "abstained")
    assert read_trace(out) == trace
    return trace


def layer(path: Path, **known: str) -> LayerRequest:
    return LayerRequest(str(path), **known)  # type: ignore[arg-type]


def test_four_dates_are_one_stack_with_swir_nir_red_green(bench: Workbench, images: Path, tmp_path: Path) -> None:
    folder = images / "demo_scenes"
    stack = [layer(folder / f"pucallpa_landsat_{year}.tif") for year in (1985, 1995, 2010, 2020)]
    trace = ask(bench, tmp_path / "a.gpkg", "How much water was there in 2010?", *stack)
    assert [view.bands for view in trace.inputs] == [("swir1", "nir", "red", "green")] * 4
    assert [view.date for view in trace.inputs] == ["1985", "1995", "2010", "2020"]
    assert {step.date for step in trace.steps if step.mask} <= {"1985", "1995", "2010", "2020"}
    frame = read_masks(tmp_path / "a.gpkg", dissolve=True)
    assert frame.crs.to_epsg() == 4326
    assert np.allclose(frame.mask_area_m2, frame.area_m2)


def test_decades_apart_new_water_is_no_flood(bench: Workbench, images: Path, tmp_path: Path) -> None:
    folder = images / "demo_scenes"
    pair = [layer(folder / f"pucallpa_landsat_{year}.tif") for year in (1985, 2020)]
    trace = ask(bench, tmp_path / "a.gpkg", "How did the water change between the two dates?", *pair)
    assert trace.understood == "Net change of water from 1985 to 2020"
    assert [(step.label, step.date) for step in trace.steps] == [
        ("water", "1985"), ("water", "2020"),
        ("water gained from 1985 to 2020", "2020"), ("water lost from 1985 to 2020", "2020"),
    ]  # fmt: skip
    assert trace.answer is not None and "flood" not in trace.answer.text


def test_a_radar_chip_alone(bench: Workbench, images: Path, tmp_path: Path) -> None:
    chip = sorted((images / "sen1floods11" / "S1").glob("*.tif"))[0]
    trace = ask(bench, tmp_path / "a.gpkg", "How much of the area is water?", layer(chip))
    assert (trace.inputs[0].role, trace.inputs[0].bands, trace.inputs[0].scale) == ("sar", ("vv", "vh"), "db")


def test_without_a_crs_there_are_pixels_and_shares(bench: Workbench, images: Path, tmp_path: Path) -> None:
    scene = images / "demo_scenes" / "spyndex_s2_B02B03B04B08_nocrs.tif"
    trace = ask(bench, tmp_path / "a.gpkg", "How much of the image is water?", layer(scene))
    measured = next(step.measurements for step in trace.steps if step.mask)
    assert (measured["area_m2"], trace.grid.crs) == (None, None)


def test_an_optical_and_a_radar_image_of_one_place(bench: Workbench, images: Path, tmp_path: Path) -> None:
    folder = images / "terramesh_s1s2"
    name = sorted(path.name for path in (folder / "S1RTC").glob("*.tif"))[0]
    pair = (layer(folder / "S1RTC" / name, role="sar"), layer(folder / "S2L2A" / name, role="optical"))
    trace = ask(bench, tmp_path / "a.gpkg", "How much of the area is water?", *pair)
    assert [view.role for view in trace.inputs] == ["optical", "sar"]


def test_a_tiled_question_stays_within_a_laptops_memory(images: Path, tmp_path: Path) -> None:
    """Measured in a process of its own: this one holds what earlier tests left behind."""
    scene = images / "demo_scenes" / "L7_ETMs.tif"
    code = (
        "import sys; from terrascope.cli import main; from terrascope.process_memory import own_peak_mb;"
        "main(sys.argv[1:]); sys.stderr.write(f'PEAK {own_peak_mb() or 0:.0f}')"
    )
    question = ["ask", "How much of the area is water?", str(scene), "--tiled", "--out", str(tmp_path / "a.gpkg")]
    done = subprocess.run([sys.executable, "-c", code, *question], capture_output=True, text=True, check=False)
    assert (tmp_path / "a.gpkg").exists(), done.stderr
    assert int(done.stderr.rsplit("PEAK ", 1)[1]) < 1536


def test_tiles_keep_the_pixels_as_they_are(bench: Workbench, images: Path, tmp_path: Path) -> None:
    scene = layer(images / "demo_scenes" / "L7_ETMs.tif")
    coarse = ask(bench, tmp_path / "a.gpkg", "How much of the area is water?", scene, size=176)
    fine = ask(bench, tmp_path / "b.gpkg", "How much of the area is water?", scene, size=176, tiled=True)
    assert (coarse.grid.width, coarse.grid.tiled) == (175, False) or coarse.grid.height == 176
    assert (fine.grid.width, fine.grid.height, fine.grid.tiled) == (349, 352, True)
    shares = [next(s.measurements["share"] for s in trace.steps if s.mask) for trace in (coarse, fine)]
    assert shares[0] == pytest.approx(shares[1], abs=0.05)
