"""The same ground gives the same answer however it is written, or a question back: never another number in silence.

``python -m tests.backend.scene.test_same_pixels`` writes the table of ways and results into docs/scenes.md.
"""

from __future__ import annotations

import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import rasterio

from terrascope.errors import TerraScopeError
from terrascope.networks.registry import available_networks
from terrascope.scene import LayerRequest, open_scene
from terrascope.scene.doubts import UnsettledError
from terrascope.service.request import QuestionRequest, SceneRequest
from terrascope.service.run import run_question
from terrascope.service.workbench import Workbench

from .ways import DATES, LIKE, WAYS, Array, Way, digital, made_scene, write

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not available_networks()[0].available, reason="the embedded model's weights are not there"),
]

SHARE, AREA = 0.005, 0.01  #: of the view, absolute; of the area, relative


class Seen(NamedTuple):
    """`share` and `area_m2` of water; None and what was asked where it was asked."""

    share: float | None
    area_m2: float | None
    said: str


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench()


@cache
def real_scene(path: Path) -> Array:
    """A part of a real Landsat scene with water, land and town; its 8 bit taken as reflectance."""
    with rasterio.open(path) as file:
        data = file.read(window=rasterio.windows.Window(93, 90, 256, 256)).astype(np.float64)
    return np.clip(data / 600 - 0.01, 0.0012, None)


def look(bench: Workbench, folder: Path, layers: list[LayerRequest]) -> Seen:
    """Ask for the water of a scene."""
    request = QuestionRequest("How much of the area is water?", SceneRequest(tuple(layers)), folder / "a.gpkg")
    try:
        trace = run_question(request, lambda message: None, workbench=bench)
    except UnsettledError as error:
        return Seen(None, None, error.doubts[0].what)
    except TerraScopeError as error:
        return Seen(None, None, error.message)
    measured = next((step.measurements for step in trace.steps if step.measurements), None)
    if measured is None:
        return Seen(None, None, trace.answer.text if trace.answer else "")
    return Seen(measured["share"], measured["area_m2"], "")


def is_same(seen: Seen, truth: Seen, *, area: bool) -> bool:
    if seen.share is None or truth.share is None or abs(seen.share - truth.share) > SHARE:
        return False
    if not area:
        return True
    assert seen.area_m2 is not None
    assert truth.area_m2 is not None
    return abs(seen.area_m2 - truth.area_m2) <= max(AREA * truth.area_m2, 200.0)


def scenes(landsat: Path) -> dict[str, Array]:
    return {"made": made_scene(), "real": real_scene(landsat)}


_REFERENCES: dict[tuple[str, str], Seen] = {}


def reference(bench: Workbench, folder: Path, scene: str, like: str, truth: Array) -> Seen:
    if (scene, like) not in _REFERENCES:
        place = folder / "reference"
        place.mkdir()
        made = LIKE[like](place, truth)
        _REFERENCES[scene, like] = look(bench, place, [LayerRequest(str(made))])
    return _REFERENCES[scene, like]


@pytest.mark.parametrize("scene", ["made", "real"])
@pytest.mark.parametrize("way", WAYS, ids=[f"{each.group}: {each.name}" for each in WAYS])
def test_the_same_ground_gives_the_same_answer(
    bench: Workbench, tmp_path: Path, landsat: Path, way: Way, scene: str
) -> None:
    truth = scenes(landsat)[scene]
    right = reference(bench, tmp_path, scene, way.like, truth)
    assert right.share is not None
    place = tmp_path / "way"
    place.mkdir()
    seen = look(bench, place, way.layers(place, truth))
    if seen.share is None and way.may_ask:
        return
    assert is_same(seen, right, area=way.area), f"{seen} is not {right}"


def test_the_made_scene_has_a_known_answer(bench: Workbench, tmp_path: Path) -> None:
    truth = made_scene()
    lake = truth[3] < 0.05
    seen = reference(bench, tmp_path, "made", "six bands", truth)
    assert seen.share == pytest.approx(lake.mean(), abs=SHARE)
    assert seen.area_m2 == pytest.approx(lake.sum() * 100, rel=AREA)


def in_order(folder: Path, names: tuple[str, str]) -> str:
    """Write a lake that grows under two names, the later one first; say in what order they are taken."""
    small, large = (
        write(folder / f"{name}.tif", digital(made_scene(radius)[:4]), ("blue", "green", "red", "nir"))
        for name, radius in zip(names, (0.2, 0.3))
    )
    try:
        scene = open_scene([LayerRequest(str(large)), LayerRequest(str(small))])
    except UnsettledError:
        return "asked"
    return "right" if scene.views[0].source.path == str(small) else "wrong"


@pytest.mark.parametrize("style", DATES)
def test_before_and_after_by_every_style_of_dates(tmp_path: Path, style: str) -> None:
    assert in_order(tmp_path, DATES[style]) == ("asked" if style == "either order" else "right")


def _short(said: str, folder: Path) -> str:
    """What was asked, without its details and the names of temporary folders."""
    return said.replace(f"{folder}/way/", "").partition(":")[0].partition(", of which")[0]


def table(landsat: Path) -> str:
    """The ways and what came out, in Markdown."""
    bench = Workbench()
    lines = ["| | way | made scene | real scene |", "|---|---|---|---|"]
    for way in WAYS:
        cells = []
        for scene, truth in scenes(landsat).items():
            with tempfile.TemporaryDirectory() as temporary:
                folder = Path(temporary)
                right = reference(bench, folder, scene, way.like, truth)
                (folder / "way").mkdir()
                seen = look(bench, folder / "way", way.layers(folder / "way", truth))
            same = is_same(seen, right, area=way.area)
            cells.append(f"{seen.share:.2%}" + ("" if same else f", not {right.share:.2%}") if seen.share is not None
                         else f"asks: {_short(seen.said, folder)}")  # fmt: skip
        lines.append(f"| {way.group} | {way.name} | {' | '.join(cells)} |")
    for style, names in DATES.items():
        with tempfile.TemporaryDirectory() as temporary:
            said = {"right": "in order", "asked": "asks: date_order"}.get(
                found := in_order(Path(temporary), names), found
            )
        lines.append(f"| dates | {style}: {', '.join(names)} | {said} | |")
    return "\n".join(lines)


def main() -> None:
    page = Path(__file__).parents[3] / "docs" / "scenes.md"
    text = page.read_text(encoding="utf-8")
    begin, end = "<!-- ways -->", "<!-- end of ways -->"
    head, tail = text.partition(begin)[0], text.partition(end)[2]
    page.write_text(f"{head}{begin}\n{table(Path(sys.argv[1]))}\n{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main()
