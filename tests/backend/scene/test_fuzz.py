"""Whatever the geometry, pixels are where the scene says; whatever the request, the answer is a scene or a way out."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from terrascope.errors import SceneError
from terrascope.scene import Area, LayerRequest, Scene, open_scene
from terrascope.scene.bands import recognise
from terrascope.scene.dates import date_of, parse_date
from terrascope.scene.sensors import band_from_text, sensor_from_name, sensor_from_text

from .awkward import ORIGIN, UTM, ground_values, write

FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def raster(path: Path, transform: Affine, width: int, height: int) -> LayerRequest:
    data = ground_values(transform, width, height).astype(np.float32) / 255
    bands = {"red": 1, "green": 2, "blue": 3}
    return LayerRequest(str(write(path, data, crs=UTM, transform=transform)), bands=bands, scale="reflectance")


def worst(scene: Scene, view: int) -> float:
    truth = ground_values(Affine(*scene.grid.transform), scene.grid.width, scene.grid.height)
    found = scene.views[view]
    return float(np.abs(found.pixels * 255 - truth)[:, found.valid].max())


transforms = st.builds(
    lambda x, y, size, ratio, angle, flip_x, flip_y: (
        Affine.translation(ORIGIN[0] + x, ORIGIN[1] - y)
        @ Affine.rotation(angle)
        @ Affine.scale(size * flip_x, -size * ratio * flip_y)
    ),
    st.floats(0, 200),
    st.floats(0, 200),
    st.floats(4, 20),
    st.floats(0.7, 1.4),
    st.sampled_from([0.0, 0.0, 0.0, 7.0, 33.0, 90.0]),
    st.sampled_from([1, 1, -1]),
    st.sampled_from([1, 1, -1]),
)


@FEW
@given(transforms, st.integers(2, 60), st.integers(2, 60), st.integers(4, 70))
def test_one_layer_of_any_geometry(tmp_path: Path, transform: Affine, width: int, height: int, max_size: int) -> None:
    scene = open_scene([raster(tmp_path / "a.tif", transform, width, height)], max_size=max_size)
    assert max(scene.grid.width, scene.grid.height) <= max_size or max(width, height) <= max_size
    assert scene.views[0].valid.all()
    # The mean over a fraction of pixels lies up to 1/8 pixel (each way) beside the centre; whole pixels lie exactly.
    reduced = (scene.grid.width, scene.grid.height) != (width, height)
    pixel = max(scene.views[0].source.native_pixel_size or (0, 0)) / 10
    assert worst(scene, 0) < 0.02 + (0.2 * pixel if reduced else 0)
    assert Affine(*scene.grid.transform).determinant < 0


@FEW
@given(transforms, transforms)
def test_two_layers_of_any_geometry(tmp_path: Path, one: Affine, two: Affine) -> None:
    layers = [raster(tmp_path / "a.tif", one, 60, 50), raster(tmp_path / "b.tif", two, 60, 50)]
    try:
        scene = open_scene(layers)
    except SceneError as error:
        assert error.hint
        return
    for view in range(2):
        inner = scene.views[view].valid
        assert inner.any()
        assert worst(scene, view) < 2.1, "more than a pixel of the coarser layer at its border"


finite = st.floats(-1e7, 1e7)
anything = st.one_of(finite, st.sampled_from([math.nan, math.inf, -math.inf, 0.0, ORIGIN[0], ORIGIN[1]]))
areas = st.one_of(
    st.builds(lambda b, c: Area(bbox=b, crs=c), st.tuples(anything, anything, anything, anything),
              st.sampled_from([None, "EPSG:4326", "EPSG:3413", "EPSG:2264", "nonsense", ""])),
    st.builds(lambda w: Area(window=w), st.tuples(*[st.integers(-100, 100)] * 4)),
    st.builds(lambda t: Area(wkt=t), st.text(max_size=40)),
    st.builds(lambda p: Area(wkt="POLYGON((" + ",".join(f"{x} {y}" for x, y in [*p, p[0]]) + "))", crs="EPSG:4326"),
              st.lists(st.tuples(st.floats(-360, 360), st.floats(-90, 90)), min_size=3, max_size=6)),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(areas)
def test_any_area_gives_a_scene_or_a_way_out(tmp_path: Path, area: Area) -> None:
    path = tmp_path / "a.tif"
    if not path.exists():
        raster(path, Affine(10, 0, ORIGIN[0], 0, -10, ORIGIN[1]), 20, 20)
    try:
        scene = open_scene([LayerRequest(str(path))], area)
    except SceneError as error:
        assert error.hint
    else:
        assert scene.views[0].valid.any()


@given(st.text(max_size=60))
def test_names_and_texts_never_break_the_recognition(text: str) -> None:
    parse_date(text)
    date_of(text, {text: text})
    sensor = sensor_from_name(text) or sensor_from_text(text)
    band_from_text(text, sensor)


small_text = st.text(max_size=4)
odd_values = st.one_of(
    st.none(), small_text, st.integers(), st.lists(st.integers(), max_size=2), st.dictionaries(small_text, small_text)
)


@given(st.dictionaries(st.sampled_from(["path", "name", "role", "date", "bands", "scale"]), odd_values))
def test_any_layer_object_is_read_or_refused(value: dict[str, object]) -> None:
    try:
        LayerRequest.from_dict(value)
    except SceneError as error:
        assert error.hint


@given(st.dictionaries(st.sampled_from(["bbox", "crs", "wkt", "window"]), st.one_of(
    st.none(), st.text(max_size=5), st.lists(st.one_of(st.integers(), st.text(max_size=2), st.floats()), max_size=5),
)))  # fmt: skip
def test_any_area_object_is_read_or_refused(value: dict[str, object]) -> None:
    try:
        Area.from_dict(value)
    except SceneError as error:
        assert error.hint


def test_recognise_is_public() -> None:
    assert callable(recognise)
    with pytest.raises(SceneError, match="No layer"):
        open_scene([])
