"""Files from anywhere: no network, no pipe, no other person's bytes; and one that does not answer blocks nobody."""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import shapely

from terrascope.errors import SceneError
from terrascope.scene import Area, LayerRequest, describe, open_scene
from terrascope.scene.sources import gdal_name, options_for
from tests.backend.hostile.child import Child
from tests.backend.hostile.rasters import Listener, make, plain, vrt

#: Seconds within which each hostile file has its answer.
SLOWEST_S = 10.0


@pytest.fixture()
def listener() -> Iterator[Listener]:
    started = Listener()
    yield started
    started.close()


@pytest.fixture()
def child() -> Iterator[Child]:
    started = Child()
    yield started
    started.kill()


def test_no_hostile_raster_reaches_the_network_or_other_files(tmp_path: Path, child: Child, listener: Listener) -> None:
    made = make(tmp_path, listener.url)
    assert len(made) >= 40
    opened = set()
    for number, (name, path) in enumerate(made.items()):
        child.send({"type": "describe", "id": f"d{number}", "layers": [{"path": path}]})
        answer = child.until("result", "error", job=f"d{number}", timeout=SLOWEST_S + 20)[-1]
        if answer["type"] == "result":
            opened.add(name)
        else:
            assert answer["hint"], (name, answer)
            assert "should not" not in answer["message"], (name, answer)
    assert listener.visits == []
    assert not (tmp_path / "ran").exists(), "code of a raster ran"
    wanted = {name for name in made if name.startswith("open:")}
    assert wanted <= opened
    opened -= {*wanted, "vrt of itself"}
    assert not {name for name in opened if "vrt of" in name or name.startswith(("raw", "wm", "wc", "stac", "stdin"))}


def test_in_a_program_of_ones_own_the_same_holds(tmp_path: Path, listener: Listener) -> None:
    for name, path in make(tmp_path, listener.url).items():
        try:
            describe([LayerRequest(path)])
        except SceneError as error:
            assert error.hint, name
    assert listener.visits == []


def test_a_url_that_the_user_gave_is_fetched_and_nothing_else(tmp_path: Path, listener: Listener) -> None:
    with pytest.raises(SceneError):
        describe([LayerRequest(f"{listener.url}/given.tif")])
    assert "/given.tif" in listener.visits
    # GDAL looks for what lies beside it (an index of the folder, metadata); nothing else is asked for.
    assert {path.rpartition("/")[0] for path in listener.visits} == {""}


class _Shelf(BaseHTTPRequestHandler):
    """Gives one file, or a part of it, as web servers do."""

    data = b""

    def do_GET(self) -> None:
        if self.path != "/good.tif":
            self.send_error(404)
            return
        part = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        first = int(part[1]) if part else 0
        last = min(int(part[2] or len(self.data) - 1), len(self.data) - 1) if part else len(self.data) - 1
        self.send_response(206 if part else 200)
        if part:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(self.data)}")
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        if self.command == "GET":
            with suppress(OSError):  # GDAL hangs up when it has what it wants
                self.wfile.write(self.data[first : last + 1])

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize("form", ["{}", "/vsicurl/{}"])
def test_a_url_that_the_user_gave_is_read_to_the_pixel(tmp_path: Path, form: str) -> None:
    path = plain(tmp_path / "good.tif", size=300)
    _Shelf.data = path.read_bytes()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Shelf)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        scene = open_scene([LayerRequest(form.format(f"http://127.0.0.1:{server.server_port}/good.tif"))])
    finally:
        server.shutdown()
        server.server_close()
    np.testing.assert_array_equal(scene.views[0].pixels, open_scene([LayerRequest(str(path))]).views[0].pixels)


@pytest.mark.parametrize(
    ("path", "name", "allowed"),
    [
        ("https://a.org/b.tif", "/vsicurl/https://a.org/b.tif", "/vsicurl/https://a.org/b.tif"),
        ("s3://bucket/b.tif", "/vsis3/bucket/b.tif", "/vsis3/bucket/b.tif"),
        ("/vsicurl/https://a.org/b.tif", "/vsicurl/https://a.org/b.tif", "/vsicurl/https://a.org/b.tif"),
        (
            "/vsizip//vsicurl/https://a.org/b.zip/c.tif",
            "/vsizip//vsicurl/https://a.org/b.zip/c.tif",
            "/vsicurl/https://a.org/b.zip",
        ),
        ("/home/me/http/b.tif", "/home/me/http/b.tif", "/vsicurl/none"),
    ],
)
def test_a_url_is_the_one_remote_file_that_may_be_opened(path: str, name: str, allowed: str) -> None:
    assert gdal_name(path) == name
    assert options_for(path) == {"CPL_VSIL_CURL_ALLOWED_FILENAME": allowed}


def test_a_file_that_does_not_answer_blocks_no_other_job(tmp_path: Path) -> None:
    hole = Listener(hole=True)
    child = Child("-c", _SERVE_WITH_SHORT_LIMITS)
    try:
        good = str(plain(tmp_path / "good.tif"))
        child.until("hello")
        for number in range(6):  # more than there are threads
            child.send({"type": "describe", "id": f"hole{number}", "layers": [{"path": f"{hole.url}/{number}.tif"}]})
        child.send({"type": "describe", "id": "good", "layers": [{"path": good}]})
        seen = child.until("result", job="good", timeout=40)
        given_up = [each for each in seen if each["type"] == "error"]
        assert given_up
        assert "within 3 seconds" in given_up[0]["message"]
        assert child.leave(5) == 0
    finally:
        child.kill()
        hole.close()


_SERVE_WITH_SHORT_LIMITS = """
from terrascope import standard_streams
from terrascope.service.channel import Channel
from terrascope.service.stdio import Server
stdin = standard_streams.take_stdin()
Server(Channel.take_stdout(), limits={"describe": 3.0, "networks": 3.0, "report": 3.0, "measure": 3.0}).serve(stdin)
"""


@pytest.mark.parametrize(
    "item",
    [
        {"stac_version": 1, "properties": None, "assets": []},
        {"stac_version": "1.0.0", "properties": [1, 2], "assets": {"a": None, "b": 5}},
        {"stac_version": "1.0.0", "properties": {"datetime": None, "platform": {"x": 1}, "instruments": 7},
         "assets": {"a": {"href": ["good.tif"], "eo:bands": 5}}},
        {"stac_version": "1.0.0", "properties": {"datetime": "99999-99-99", "s2:processing_baseline": []},
         "assets": {"a": {"href": "good.tif", "bands": [None, 1, {"name": None}, []]}}},
        {"stac_version": "1.0.0", "properties": "x", "assets": "y"},
    ],
)  # fmt: skip
def test_a_malformed_stac_sidecar_rejects_nothing(tmp_path: Path, item: dict[str, object]) -> None:
    path = plain(tmp_path / "good.tif")
    (tmp_path / "good.json").write_text(json.dumps(item), encoding="utf-8")
    assert open_scene([LayerRequest(str(path))]).grid.width == 40


def test_a_sidecar_nested_without_end_rejects_nothing(tmp_path: Path) -> None:
    path = plain(tmp_path / "good.tif")
    (tmp_path / "good.json").write_text('{"stac_version":' + "[" * 100_000, encoding="utf-8")
    assert open_scene([LayerRequest(str(path))]).grid.width == 40


def _wavy(corners: int, wave: float) -> str:
    """A circle of 1.5 km radius with a ripple, in UTM 33 north."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radius = 1500 + wave * np.sin(angle * 9000)
    xy = np.column_stack([501750 + radius * np.cos(angle), 4998250 + radius * np.sin(angle)])
    return shapely.to_wkt(shapely.polygons(xy), rounding_precision=2)


def test_an_area_of_a_million_corners_is_simplified_first(tmp_path: Path) -> None:
    path = plain(tmp_path / "good.tif", size=350)
    fine, coarse = _wavy(1_000_000, 2.0), _wavy(2000, 0.0)
    begin = time.monotonic()
    scene = open_scene([LayerRequest(str(path))], Area(wkt=fine))
    assert time.monotonic() - begin < 15
    assert any("1,000,001 corners" in note for note in scene.notes)
    plainly = open_scene([LayerRequest(str(path))], Area(wkt=coarse))
    inside, about = int(scene.views[0].valid.sum()), int(plainly.views[0].valid.sum())
    assert about == pytest.approx(np.pi * 150**2, rel=0.005)
    assert inside == pytest.approx(about, rel=0.005)  # a ripple of 2 m under pixels of 10 m


def test_an_area_whose_corners_cannot_be_thinned_is_named(tmp_path: Path) -> None:
    path = plain(tmp_path / "good.tif", size=350)
    wild = np.random.default_rng(1).uniform((500000, 4996500), (503500, 5000000), (400_000, 2))
    with pytest.raises(SceneError, match="corners"):
        open_scene([LayerRequest(str(path))], Area(wkt=shapely.to_wkt(shapely.polygons(wild), rounding_precision=2)))


def test_a_raw_vrt_outside_its_folder_is_named(tmp_path: Path) -> None:
    made = make(tmp_path, "http://127.0.0.1:9")
    with pytest.raises(SceneError, match="not in its own folder"):
        describe([LayerRequest(made["raw outside"])])


@pytest.mark.skipif(sys.platform == "win32", reason="colons in names")
def test_a_local_file_with_a_colon_in_its_name_is_a_file(tmp_path: Path) -> None:
    path = plain(tmp_path / "odd:name.tif")
    assert open_scene([LayerRequest(str(path))]).grid.width == 40
    link = tmp_path / "s.vrt"
    link.write_text(vrt("odd:name.tif", relative=1), encoding="utf-8")
    assert describe([LayerRequest(str(link))]).width == 40
