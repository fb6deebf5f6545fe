"""The backend process as the plugin meets it: a real child, real files, real layers; only the network is scripted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import numpy as np
import pytest
import rasterio

from terrascope.service.protocol import check
from terrascope.trace.geopackage import read_trace

HERE = Path(__file__).parent
BACKEND = HERE.parents[2] / "backend"


class Child:
    """A backend process; every message that it sends is held to the protocol."""

    def __init__(self, *command: str, **environment: str) -> None:
        self.begin = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, *command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(BACKEND), "OMP_NUM_THREADS": "1", **environment},
        )  # fmt: skip
        self.messages: Queue[dict[str, Any]] = Queue()
        self.chatter: list[bytes] = []
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._drain, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            message = json.loads(line)
            check(message, "server")
            self.messages.put(message)

    def _drain(self) -> None:
        assert self.process.stderr is not None
        self.chatter.extend(self.process.stderr)

    def send(self, *messages: dict[str, Any] | bytes) -> None:
        assert self.process.stdin is not None
        for message in messages:
            raw = message if isinstance(message, bytes) else json.dumps(message).encode()
            self.process.stdin.write(raw + b"\n")
        self.process.stdin.flush()

    def next(self, kind: str, job: str | None = None, timeout: float = 60) -> dict[str, Any]:
        """The next message of a kind (any other kind is passed over)."""
        return self.until(kind, job, timeout)[-1]

    def until(self, kind: str, job: str | None = None, timeout: float = 60) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = []
        end = time.monotonic() + timeout
        while True:
            try:
                message = self.messages.get(timeout=max(0.01, end - time.monotonic()))
            except Empty:
                raise AssertionError(f"no {kind!r}; seen {seen}; stderr {b''.join(self.chatter)!r}") from None
            seen.append(message)
            if message["type"] == kind and (job is None or message.get("id") == job):
                return seen


@pytest.fixture()
def child(request: pytest.FixtureRequest) -> Iterator[Child]:
    environment = getattr(request, "param", {})
    started = Child(str(HERE / "scripted_service.py"), **environment)
    yield started
    started.process.kill()
    started.process.wait()


@pytest.fixture()
def image(tmp_path: Path) -> str:
    data = np.random.default_rng(1).random((4, 64, 80), dtype=np.float32) * 0.5
    path = tmp_path / "scene_20200601.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=80, height=64, count=4, dtype="float32", crs="EPSG:32718",
        transform=rasterio.Affine(10, 0, 500000, 0, -10, 9000000),
    ) as file:  # fmt: skip
        file.write(data)
        file.descriptions = ("blue", "green", "red", "nir")
    return str(path)


def ask(image: str, out: Path, job: str = "q", **more: Any) -> dict[str, Any]:
    question = {"type": "ask", "id": job, "question": "How much water?", "layers": [{"path": image}], "out": str(out)}
    return {**question, **more}


def test_hello_comes_within_half_a_second_with_version_and_capabilities() -> None:
    fastest = 9.0
    for _ in range(12):  # the machine that runs the tests may be busy: its best counts
        started = Child("-m", "terrascope", "serve")
        hello = started.next("hello")
        fastest = min(fastest, time.monotonic() - started.begin)
        assert hello["version"] == 1
        assert hello["pid"] == started.process.pid
        assert {"ask", "cancel", "describe"} <= set(hello["capabilities"])
        assert started.process.stdin is not None
        started.process.stdin.close()
        assert started.process.wait(10) == 0
        if fastest < 0.5:
            break
    assert fastest < 0.5


def test_a_question_streams_to_its_end_and_leaves_the_file(child: Child, image: str, tmp_path: Path) -> None:
    child.send(ask(image, tmp_path / "a.gpkg"))
    seen = child.until("end", "q")
    kinds = [each["type"] for each in seen if each["type"] not in ("hello", "progress", "loading")]
    assert kinds[:2] == ["accepted", "scene"]
    landmarks = [kind for kind in kinds if kind in ("step", "mask", "answer", "end")]
    assert landmarks == ["step", "mask", "step", "mask", "answer", "end"]
    assert kinds.index("text") < kinds.index("step")
    assert seen[-1]["reason"] == "answered"
    assert all(each["id"] == "q" for each in seen if each["type"] != "hello")
    mask = next(each for each in seen if each["type"] == "mask")
    assert mask["label"] == "water"
    assert mask["measurements"]["area_m2"] == pytest.approx(100 * mask["measurements"]["pixels"])
    low_x, low_y, high_x, high_y = mask["bbox"]
    assert 500000 <= low_x < high_x <= 500800
    assert 8999360 <= low_y < high_y <= 9000000
    trace = read_trace(tmp_path / "a.gpkg")
    assert [step.label for step in trace.steps] == ["water", "tree", None]
    assert trace.answer is not None
    assert trace.inputs[0].date == "2020-06-01"
    assert len(trace.inputs[0].sha256 or "") >= 32
    text = "".join(each["text"] for each in seen if each["type"] == "text")
    assert "[SEG]" not in text
    assert "<think>" not in text
    assert any(b"chatter" in line for line in child.chatter)


def test_a_mask_is_in_the_file_when_its_message_comes(image: str, tmp_path: Path) -> None:
    child = Child(str(HERE / "scripted_service.py"), DELAY="0.05")
    child.send(ask(image, tmp_path / "a.gpkg"))
    message = child.next("mask")
    trace = read_trace(message["gpkg"])
    assert trace.step(message["step"]).label == "water"
    assert trace.end_reason is None
    child.process.kill()
    child.process.wait()
    assert read_trace(tmp_path / "a.gpkg").step(1).label == "water"


@pytest.mark.parametrize("child", [{"DELAY": "0.1"}], indirect=True)
def test_pings_and_descriptions_are_answered_while_a_question_runs(child: Child, image: str, tmp_path: Path) -> None:
    child.send(ask(image, tmp_path / "a.gpkg"))
    child.next("text")
    begin = time.monotonic()
    child.send({"type": "ping", "n": 7})
    assert child.next("pong")["n"] == 7
    assert time.monotonic() - begin < 0.3
    child.send({"type": "describe", "id": "d", "layers": [{"path": image}]})
    seen = child.until("result", "d")
    assert not any(each["type"] == "end" for each in seen)
    layer = seen[-1]["value"]["layers"][0]
    assert layer["bands"] == ["blue", "green", "red", "nir"]
    assert child.next("end", "q")["reason"] == "answered"


@pytest.mark.parametrize("child", [{"DELAY": "0.1"}], indirect=True)
def test_cancel_ends_a_question_within_300_ms_and_keeps_its_steps(child: Child, image: str, tmp_path: Path) -> None:
    fastest = 9.0
    for _ in range(5):  # the machine that runs the tests may be busy: its best counts
        child.send(ask(image, tmp_path / "a.gpkg"))
        child.next("mask")
        child.next("text")
        begin = time.monotonic()
        child.send({"type": "cancel", "id": "q"})
        end = child.next("end", "q")
        fastest = min(fastest, time.monotonic() - begin)
        assert end["reason"] == "cancelled"
        if fastest < 0.3:
            break
    assert fastest < 0.3
    trace = read_trace(tmp_path / "a.gpkg")
    assert trace.end_reason == "cancelled"
    assert trace.step(1).label == "water"
    child.send(ask(image, tmp_path / "b.gpkg", "next"))
    assert child.next("end", "next")["reason"] == "answered"


@pytest.mark.parametrize("child", [{"DELAY": "0.1"}], indirect=True)
def test_a_question_that_waits_can_be_cancelled_too(child: Child, image: str, tmp_path: Path) -> None:
    child.send(ask(image, tmp_path / "a.gpkg", "one"), ask(image, tmp_path / "b.gpkg", "two"))
    child.next("text", "one")
    child.send({"type": "cancel", "id": "two"}, {"type": "cancel", "id": "unknown"})
    assert child.next("end", "one")["reason"] == "answered"
    assert child.next("end", "two")["reason"] == "cancelled"


@pytest.mark.parametrize("child", [{"FAIL": "12"}], indirect=True)
def test_a_job_that_fails_ends_with_an_error_and_the_process_lives_on(child: Child, image: str, tmp_path: Path) -> None:
    child.send(ask(image, tmp_path / "a.gpkg"))
    error = child.next("error", "q")
    assert "scripted failure" in error["message"]
    assert error["hint"]
    assert read_trace(tmp_path / "a.gpkg").step(1).label == "water"
    child.send({"type": "ping", "n": 1})
    assert child.next("pong")["n"] == 1


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (b"not json", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[1, 2]", "must be an object"),
        ({"type": "dance"}, "unknown"),
        ({"type": "ask", "id": "x"}, "question"),
        ({"type": "ask", "id": "x", "question": 5, "layers": [], "out": "o"}, "question"),
        ({"type": "ask", "id": "x", "question": "q", "layers": [{}], "out": "o"}, "path"),
        ({"type": "ping", "n": "1"}, "n"),
        ({"type": "ping", "n": True}, "n"),
    ],
)
def test_a_message_that_is_wrong_is_named_and_nothing_breaks(child: Child, message: Any, words: str) -> None:
    child.send(message)
    error = child.next("error")
    assert error["code"] == "protocol"
    assert words in error["message"]
    child.send({"type": "ping", "n": 2})
    assert child.next("pong")["n"] == 2


def test_errors_of_a_job_say_what_and_what_to_do(child: Child, image: str, tmp_path: Path) -> None:
    child.send(ask("/no/such.tif", tmp_path / "a.gpkg"))
    error = child.next("error", "q")
    assert error["code"] == "scene"
    assert "such.tif" in error["message"]
    (tmp_path / "mine.gpkg").write_text("my notes")
    child.send(ask(image, tmp_path / "mine.gpkg", "again"))
    error = child.next("error", "again")
    assert error["code"] == "trace"
    assert (tmp_path / "mine.gpkg").read_text() == "my notes"
    child.send(ask(image, tmp_path / "a.gpkg", "third", settings={"selection": "none such"}))
    assert "none such" in child.next("error", "third")["message"]
    child.send(ask(image, tmp_path / "a.gpkg", "fourth", question="  "))
    assert "question" in child.next("error", "fourth")["message"]


@pytest.mark.parametrize("child", [{"DELAY": "0.1"}], indirect=True)
@pytest.mark.parametrize("how", ["close", "shutdown"])
def test_it_ends_when_the_client_goes_even_in_the_middle(child: Child, image: str, tmp_path: Path, how: str) -> None:
    child.send(ask(image, tmp_path / "a.gpkg"))
    child.next("mask")
    assert child.process.stdin is not None
    if how == "close":
        child.process.stdin.close()
    else:
        child.send({"type": "shutdown"})
    assert child.process.wait(10) == 0
    assert read_trace(tmp_path / "a.gpkg").end_reason == "cancelled"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_in_the_middle_the_file_opens_with_the_steps_so_far(image: str, tmp_path: Path) -> None:
    child = Child(str(HERE / "scripted_service.py"), DELAY="0.05")
    child.send(ask(image, tmp_path / "a.gpkg"))
    child.next("mask")
    child.next("text")
    child.process.send_signal(signal.SIGKILL)
    child.process.wait()
    trace = read_trace(tmp_path / "a.gpkg")
    assert [step.number for step in trace.steps] == [1]
    assert trace.end_reason is None


def test_segment_measure_change_report_and_networks(child: Child, image: str, tmp_path: Path) -> None:
    layers = [{"path": image}]
    child.send({"type": "segment", "id": "s", "phrase": "water", "layers": layers, "out": str(tmp_path / "s.gpkg")})
    value = child.next("result", "s")["value"]
    assert [each["label"] for each in value["masks"]] == ["water", "tree"]
    child.send({"type": "measure", "id": "m", "mask": str(tmp_path / "s.gpkg")})
    measured = child.next("result", "m")["value"]["masks"]
    assert measured[0]["area_m2"] == pytest.approx(value["masks"][0]["area_m2"])
    two = [{"path": image, "date": "2019-01-01", "name": "old"}, {"path": image, "date": "2020-01-01", "name": "new"}]
    child.send({"type": "change", "id": "c", "phrase": "water", "layers": two, "out": str(tmp_path / "c.gpkg")})
    changed = child.next("result", "c")["value"]
    assert changed["gain"]["pixels"] == 0
    assert changed["persistent"]["pixels"] > 0
    assert [each["date"] for each in changed["masks"] if not each["derived"]] == ["2019-01-01", "2020-01-01"]
    child.send({"type": "change", "id": "c1", "phrase": "water", "layers": layers, "out": str(tmp_path / "d.gpkg")})
    assert "two" in child.next("error", "c1")["message"]
    child.send({"type": "report", "id": "r", "gpkg": str(tmp_path / "s.gpkg"), "out": str(tmp_path / "r.html")})
    assert Path(child.next("result", "r")["value"]["path"]).stat().st_size > 5000
    child.send({"type": "networks", "id": "n"})
    assert child.next("result", "n")["value"]["networks"][0]["name"] == "embedded"
