"""None of the awkward rasters crashes, hangs or lies."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from terrascope.errors import SceneError
from terrascope.scene import LayerRequest, describe, open_scene, render_rgb

from .awkward import Case, make

SLOWEST_S = 20.0


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    return {case.name: case for case in make(tmp_path_factory.mktemp("awkward"))}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "name" in metafunc.fixturenames:
        text = (Path(__file__).parent / "awkward.py").read_text(encoding="utf-8")
        metafunc.parametrize("name", re.findall(r'\badd\(\s*"([^"]+)"', text))


def test_there_are_at_least_forty(bag: dict[str, Case]) -> None:
    assert len(bag) >= 40


def test_right_answer_or_a_way_out(bag: dict[str, Case], name: str) -> None:
    case = bag[name]
    request = LayerRequest(str(case.path))
    started = time.monotonic()
    if case.error:
        with pytest.raises(SceneError, match=case.error) as caught:
            open_scene([request], case.area)
        assert caught.value.hint, "an error without a way out"
        assert case.path.name in str(caught.value) or case.path.stem in str(caught.value)
    else:
        scene = open_scene([request], case.area)
        assert any("Effective pixel size" in note for note in scene.notes)
        assert case.check is not None
        case.check(scene)
        picture = render_rgb(scene.views[0])
        assert picture.shape == (scene.grid.height, scene.grid.width, 3)
        told = describe([request], case.area)
        assert (told.width, told.height, told.crs) == (scene.grid.width, scene.grid.height, scene.grid.crs)
    assert time.monotonic() - started < SLOWEST_S
