"""Whatever a line holds, it is answered; the backend is never deaf, and never outlives its client."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from terrascope.errors import ProtocolError
from terrascope.service.lines import TooLong, lines, parse
from terrascope.service.short_jobs import GIVEN_UP, ShortJobs
from tests.backend.hostile.child import SCRIPTED, Child
from tests.backend.hostile.lines import fuzz
from tests.backend.hostile.rasters import plain

#: Lines of the fuzz test.
LINES = 2000


@pytest.fixture()
def child() -> Iterator[Child]:
    started = Child(str(SCRIPTED))
    started.until("hello")
    yield started
    started.kill()


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"ping","n":1,"layers":5}',
        b'{"type":"ping","n":1,"area":[[]]}',
        b"[" * 200_000,
        b'{"a":' * 50_000,
        b'{"type":"describe","id":"\\ud800","layers":[]}',
        b'{"type":"describe","id":"\xed\xa0\x80","layers":[]}',
        b'{"type":"ask","id":"' + b"x" * 100_000 + b'","question":"q","layers":[],"out":"o"}',
        b'{"type":"ping","n":NaN}',
        b'{"type":"ping","n":' + b"9" * 100_000 + b"}",
        b'{"type":"hello","version":' + b"9" * 4000 + b',"client":"x"}',
        b'{"type":"describe","id":"d","layers":[5]}',
        b'{"type":"describe","id":"d","layers":[{"path":"\\u0000"}]}',
        b'{"type":"' + b"y" * 100_000 + b'"}',
        b"[1,2]",
        b"null",
        b"\x00",
    ],
)
def test_a_line_that_is_wrong_is_answered_and_the_next_one_read(child: Child, line: bytes) -> None:
    child.send(line)
    answer = child.until("error", "pong", "hello", "accepted", timeout=20)[-1]
    assert len(json.dumps(answer)) < 2000
    child.send({"type": "ping", "n": 77})
    child.until("pong", n=77, timeout=20)
    begin = time.monotonic()
    assert child.leave(10) == 0
    assert time.monotonic() - begin < 2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read from /proc")
def test_two_thousand_lines_of_anything_are_answered_and_memory_is_bounded(child: Child) -> None:
    for number in range(2):  # all that jobs import is there then, and as many of them have run at once as ever do
        assert fuzz(child, LINES // 100) == LINES // 2
        child.send({"type": "probe", "id": f"the last in the row {number}"})
        child.until("result", job=f"the last in the row {number}", timeout=120)
    before = child.peak_mb()
    assert fuzz(child, LINES // 100) == LINES // 2
    assert child.peak_mb() - before < 30
    begin = time.monotonic()
    assert child.leave(10) == 0
    assert time.monotonic() - begin < 2


def test_lines_longer_than_memory_are_thrown_away() -> None:
    found = list(lines(BytesIO(b"one\r\n" + b"x" * 1000 + b"\ntwo\n" + b"y" * 101), limit=100))
    assert [bytes(each) for each in found] == [b"one", b"x" * 80, b"two", b"y" * 80]
    assert [isinstance(each, TooLong) for each in found] == [False, True, False, True]
    with pytest.raises(ProtocolError, match="thrown away"):
        parse(found[1])


@pytest.mark.parametrize("line", [b"[" + b"[]," * 200_000 + b"1]", b"[" + b"1," * 5_000_000 + b"1]"])
def test_a_line_of_too_many_values_is_not_parsed(line: bytes) -> None:
    with pytest.raises(ProtocolError, match="too many values"):
        parse(line)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read from /proc")
def test_a_line_without_an_end_takes_bounded_memory(child: Child) -> None:
    assert child.process.stdin is not None
    block = b"x" * 2**20
    for _ in range(200):
        child.process.stdin.write(block)
    child.send(b"")
    assert "thrown away" in child.until("error", timeout=30)[-1]["message"]
    assert child.peak_mb() < 450  # the limit of 64 MiB, and the copy that readline makes as it grows


def test_an_id_is_free_again_when_its_job_has_ended(child: Child, tmp_path: Path) -> None:
    image = str(plain(tmp_path / "good.tif"))
    for _ in range(60):
        child.send({"type": "describe", "id": "same", "layers": [{"path": image}]})
        assert child.until("result", "error", job="same")[-1]["type"] == "result"


def test_a_thousand_jobs_wait_and_no_more(tmp_path: Path) -> None:
    child = Child(str(SCRIPTED), DELAY="0.2")
    try:
        image = str(plain(tmp_path / "good.tif"))
        ask: dict[str, Any] = {"type": "ask", "question": "How much water?", "layers": [{"path": image}]}
        child.send(*[{**ask, "id": f"{n}", "out": str(tmp_path / f"{n}.gpkg")} for n in range(1001)])
        assert "1000 jobs" in child.until("error", timeout=30)[-1]["message"]
        begin = time.monotonic()
        assert child.leave(10) == 0
        assert time.monotonic() - begin < 2.5
    finally:
        child.kill()


def test_more_files_that_never_answer_than_there_are_threads() -> None:
    from threading import Event

    hole, answered, done = Event(), [], Event()

    def run(job: int) -> None:
        if job < 0:
            hole.wait(20)
        else:
            done.set()

    jobs = ShortJobs(run, answered.append, lambda job: 0.05 if job < 0 else 10.0)
    jobs.start()
    for number in range(GIVEN_UP):
        jobs.put(-1 - number)
    jobs.put(1)
    assert done.wait(10)
    end = time.monotonic() + 10
    while len(answered) < GIVEN_UP and time.monotonic() < end:
        time.sleep(0.01)
    assert sorted(answered) == list(range(-GIVEN_UP, 0))
    hole.set()
