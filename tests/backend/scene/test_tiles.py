"""A question in tiles whose arrays live in files gives the answer that it gives where everything is in memory."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

from terrascope import large
from terrascope.landcover import ATOMS
from terrascope.masks import polygons, stitching
from terrascope.networks.embedded.class_map import groups_of
from terrascope.networks.embedded.scores import Scores
from terrascope.networks.embedded.segments import cells_of, predicted
from terrascope.networks.embedded.session import default_folder
from terrascope.networks.embedded.vision import VisionNetworks
from terrascope.scene import LayerRequest, open_scene
from terrascope.scene.types import Role, Scale, Source, View
from terrascope.service.recorder import Message
from terrascope.service.request import QuestionRequest, SceneRequest
from terrascope.service.run import run_question
from terrascope.service.workbench import Workbench
from terrascope.trace.geopackage import read_trace
from terrascope.trace.types import Trace


@contextmanager
def in_files() -> Iterator[None]:
    """Everything beyond a few kilobytes lives in files, and is worked on in strips of a few rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large, "KEEP_BYTES", 10_000)
        patch.setattr(large, "STRIP", 5_000)
        patch.setattr(polygons, "AT_ONCE", 10_000)
        patch.setattr(stitching, "STRIP", 5_000)
        yield


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench()


def ask(bench: Workbench, made: Path, question: str, out: Path, seen: list[Message] | None = None) -> Trace:
    scene = LayerRequest(str(made / "demo_scenes" / "L7_ETMs.tif"))
    request = QuestionRequest(question, SceneRequest((scene,), None, 176, True), out)
    return run_question(request, [].append if seen is None else seen.append, workbench=bench)


@pytest.mark.parametrize(
    "question", ["How much of the area is water?", "How far is the water from the forest?", "Which class dominates?"]
)
def test_the_answer_is_the_same(bench: Workbench, made: Path, tmp_path: Path, question: str) -> None:
    whole = ask(bench, made, question, tmp_path / "whole.gpkg")
    bench._scene = None
    seen: list[Message] = []
    with in_files():
        tiled = ask(bench, made, question, tmp_path / "tiled.gpkg", seen)
        again = read_trace(tmp_path / "tiled.gpkg")
    bench._scene = None
    assert again == tiled
    assert tiled.answer is not None
    assert tiled.answer == replace(whole.answer, confidence=pytest.approx(whole.answer.confidence, abs=1e-3))
    assert [step.label for step in tiled.steps] == [step.label for step in whole.steps]
    for one, two in zip(whole.steps, tiled.steps, strict=True):
        if one.mask is not None:
            assert np.count_nonzero(one.mask.decode() != two.mask.decode()) <= 2
            assert two.measurements["area_m2"] == pytest.approx(one.measurements["area_m2"], rel=1e-3)
            assert two.measurements["probability"] == pytest.approx(one.measurements["probability"], abs=1e-4)
    told = [str(each["message"]) for each in seen if each["type"] == "progress" and "tile" in str(each.get("message"))]
    assert "1 tiles at native pixel size" in told[0]


def test_a_run_is_stopped_while_a_large_mask_is_worked_on(bench: Workbench, made: Path, tmp_path: Path) -> None:
    stop, pressed = threading.Event(), []

    def watch(message: Message) -> None:
        if message["type"] == "step":
            stop.set()
            pressed.append(time.monotonic())
            time.sleep(0.1)  # for the watcher of this job to see it

    scene = LayerRequest(str(made / "demo_scenes" / "L7_ETMs.tif"))
    request = QuestionRequest("Where is the water?", SceneRequest((scene,), None, 176, True), tmp_path / "a.gpkg")
    with in_files():
        trace = run_question(request, watch, stop.is_set, bench)
    bench._scene = None
    assert trace.end_reason == "cancelled"
    assert trace.answer is None
    assert read_trace(tmp_path / "a.gpkg").end_reason == "cancelled"
    assert time.monotonic() - pressed[0] < 1.0


@pytest.mark.parametrize(
    ("bands", "scale", "role", "gsd"),
    [
        (("blue", "green", "red", "nir"), Scale.REFLECTANCE, Role.OPTICAL, 10.0),
        (("red", "green", "blue"), Scale.DISPLAY, Role.OPTICAL, 10.0),
        (("red", "green", "blue", "nir"), Scale.RAW, Role.OPTICAL, 30.0),
        (("vv", "vh"), Scale.DB, Role.SAR, 10.0),
        (("red", "green", "blue"), Scale.DISPLAY, Role.OPTICAL, 0.5),
        (("red", "green", "blue"), Scale.RAW, Role.OPTICAL, 0.5),
        (("red", "green", "blue"), Scale.DISPLAY, Role.OPTICAL, 0.1),
    ],
)
def test_probabilities_by_rows_are_those_of_the_whole(
    bands: tuple[str, ...], scale: Scale, role: Role, gsd: float
) -> None:
    rng = np.random.default_rng(0)
    height, width = 530, 470
    valid = np.ones((height, width), bool)
    valid[:70, :130] = valid[500:, 200:] = False
    top = {Scale.DB: -25.0, Scale.RAW: 3000.0}.get(scale, 0.5)
    pixels = (rng.random((len(bands), height, width)).astype(np.float32) * top) * valid
    view = View("v", role, None, bands, scale, pixels, valid, Source("v.tif"))
    networks = VisionNetworks(default_folder(), 1)
    whole = networks.probabilities(view, gsd)
    with in_files():
        scores = networks.scores(view, gsd)
        assert scores.in_file
        rows = np.concatenate([found for _, found in scores.strips()], axis=1)
    np.testing.assert_allclose(rows, whole, atol=1e-4)
    assert (rows[:, ~valid] == 0).all()


def test_masks_and_cells_of_probabilities_in_a_file_are_those_of_probabilities_in_memory() -> None:
    rng = np.random.default_rng(1)
    values = rng.dirichlet(np.ones(len(ATOMS)), (90, 77)).transpose(2, 0, 1).astype(np.float32)
    valid = rng.random((90, 77)) > 0.2
    asked = np.zeros(len(ATOMS), bool)
    asked[[1, 4]] = True
    groups = groups_of(10.0, "optical", ("blue", "green", "red", "nir"))
    whole = Scores.of(values * valid)
    mask, spread = predicted(whole, asked, valid, groups)
    with in_files():
        cut = Scores((len(ATOMS), 90, 77))
        for row in range(0, 90, 13):
            cut.put(row, (values * valid)[:, row : row + 13])
        mask_in_file, spread_in_file = predicted(cut, asked, valid, groups)
        for side in (1, 4, 16):
            np.testing.assert_allclose(cells_of(cut, valid, side), cells_of(whole, valid, side), atol=1e-4)
    assert np.count_nonzero(mask.mask != mask_in_file.mask) <= 1
    assert mask.confidence == pytest.approx(mask_in_file.confidence, abs=1e-4)
    for one, two in zip(spread, spread_in_file, strict=True):
        assert np.count_nonzero(one != two) <= 2


def test_a_view_larger_than_memory_keeps_its_probabilities_for_the_next_question(
    bench: Workbench, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    true = VisionNetworks._streamed
    monkeypatch.setattr(
        VisionNetworks, "_streamed", lambda self, *given: (looked.append(given[0]), true(self, *given))[1]
    )
    with in_files():
        for question in (
            "How much of the area is water?",
            "How much forest is there?",
            "Is there more water than sand?",
        ):
            ask(bench, made, question, tmp_path / "a.gpkg")
    bench._scene = None
    assert len(looked) == 1


def test_two_scenes_are_never_kept_together(bench: Workbench, made: Path, tmp_path: Path) -> None:
    ask(bench, made, "How much of the area is water?", tmp_path / "a.gpkg")
    assert bench._scene is not None
    scene = weakref.ref(bench._scene[1])
    bench.scene(SceneRequest((LayerRequest(str(made / "demo_scenes" / "naip_20090818.tif")),), None, 64))
    assert scene() is None


def test_tiles_are_bounded_by_their_estimate(made: Path) -> None:
    scene = LayerRequest(str(made / "demo_scenes" / "L7_ETMs.tif"))
    assert not any("megapixels" in note for note in open_scene([scene], tiled=True).notes), "it fits untiled"
    assert any("0.1 megapixels" in note for note in open_scene([scene], max_size=176, tiled=True).notes)
