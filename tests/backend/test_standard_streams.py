"""Standard input is nobody's but ours, and what is written is UTF-8, whatever the system's code page."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from terrascope.trace.geopackage import write_geopackage
from tests.backend.hostile.child import ROOT, SCRIPTED, Child
from tests.backend.hostile.rasters import plain

sys.path.insert(0, str(Path(__file__).parent / "trace"))

from conftest_trace import UTM, make_trace

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc")


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "terrascope", *arguments], cwd=cwd, capture_output=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT / "backend"), "OMP_NUM_THREADS": "1", **environment},
    )  # fmt: skip


@linux
def test_descriptor_0_is_the_null_device_while_the_backend_imports_and_works(tmp_path: Path) -> None:
    child = Child()
    try:
        child.until("hello")
        seen = set()
        child.send({"type": "describe", "id": "alone", "layers": [{"path": str(plain(tmp_path / "good.tif"))}]})
        end = time.monotonic() + 30
        while child.messages.empty() and time.monotonic() < end:
            seen.add(os.readlink(f"/proc/{child.process.pid}/fd/0"))
            time.sleep(0.01)
        assert child.until("result", job="alone")[-1]["value"]["width"] == 40  # no ping was needed
        seen.add(os.readlink(f"/proc/{child.process.pid}/fd/0"))
        assert seen == {"/dev/null"}
    finally:
        child.kill()


@linux
def test_descriptor_0_of_the_model_worker_is_the_null_device_and_it_ends_with_its_parent(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    code = (
        "import sys, time, pathlib\n"
        "from terrascope.service import model_worker\n"
        f"model_worker.run = lambda order, speaker: pathlib.Path({str(begun)!r}).write_text('x') and time.sleep(60)\n"
        "sys.argv = ['worker', '{}']\n"
        "model_worker.main()\n"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT / "backend")}
    )
    try:
        end = time.monotonic() + 60
        while not begun.exists() and time.monotonic() < end:
            time.sleep(0.05)
        assert os.readlink(f"/proc/{worker.pid}/fd/0") == "/dev/null"
        assert worker.stdin is not None
        worker.stdin.close()
        assert worker.wait(10) == 1
    finally:
        worker.kill()
        worker.wait()


def test_show_writes_utf8_into_a_pipe_on_a_windows_code_page(tmp_path: Path) -> None:
    write_geopackage(make_trace(UTM), tmp_path / "a.gpkg")
    shown = run("show", "a.gpkg", cwd=tmp_path, PYTHONIOENCODING="cp1252")
    assert shown.returncode == 0, shown.stderr
    assert "湖" in shown.stdout.decode("utf-8")
    assert "■" in shown.stdout.decode("utf-8")
    printed = run("show", "a.gpkg", "--json", cwd=tmp_path, PYTHONIOENCODING="cp1252")
    assert json.loads(printed.stdout.decode("utf-8"))["question"] == 'How much "water" is there — 湖?'


def test_ask_writes_utf8_json_into_a_pipe_on_a_windows_code_page(tmp_path: Path) -> None:
    plain(tmp_path / "good.tif")
    asked = run("ask", "水有多少? How much water?", "good.tif", "--json", cwd=tmp_path, PYTHONIOENCODING="cp1252")
    assert json.loads(asked.stdout.decode("utf-8"))["question"].startswith("水有多少")


@pytest.mark.skipif(sys.platform == "win32", reason="file names are UTF-8 on Windows always")
@pytest.mark.parametrize("locale", ["C", "POSIX"])
def test_names_and_questions_in_the_c_locale(tmp_path: Path, locale: str) -> None:
    plain(tmp_path / "Gewässer.tif")
    bare = {"LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    asked = run("ask", "Wie viel Wasser? 湖", "Gewässer.tif", "--out", "Ä.gpkg", "--report", "Ö.html", "--json",
                cwd=tmp_path, **bare)  # fmt: skip
    assert b"Traceback" not in asked.stderr
    assert json.loads(asked.stdout.decode("utf-8"))["question"].endswith("湖")
    assert (tmp_path / "Ä.gpkg").is_file()
    assert (tmp_path / "Ö.html").is_file()


LONG = "n" * 300


@pytest.mark.parametrize(
    "arguments",
    [
        ["ask", "q?", "good.tif", "--out", f"{LONG}.gpkg"],
        ["ask", "q?", "good.tif", "--report", f"{LONG}.html"],
        ["ask", "q?", f"{LONG}.tif"],
        ["ask", "q?", "good.tif", "--aoi", LONG],
        ["show", f"{LONG}.gpkg"],
        ["measure", f"{LONG}.tif"],
        ["measure", f"{LONG}.gpkg"],
        ["report", f"{LONG}.gpkg"],
        ["report", "a.gpkg", "-o", f"{LONG}.html"],
        ["ask", "q?", "good.tif", "--out", "/"],
        ["ask", "q" * 100_000, "good.tif"],
    ],
    ids=lambda arguments: " ".join(each[:12] for each in arguments),
)
def test_a_name_of_300_characters_is_an_error_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    from terrascope import cli

    monkeypatch.chdir(tmp_path)
    plain(tmp_path / "good.tif")
    write_geopackage(make_trace(UTM), tmp_path / "a.gpkg")
    assert cli.main(arguments) == cli.FAILED
    assert "Error:" in capsys.readouterr().err


def test_the_name_of_an_image_may_be_as_long_as_names_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from terrascope import cli

    monkeypatch.chdir(tmp_path)
    plain(tmp_path / f"{'i' * 250}.tif")
    assert cli.main(["ask", "How much water?", f"{'i' * 250}.tif"]) in (0, cli.NO_ANSWER), capsys.readouterr().err


def test_a_question_of_a_million_characters_is_refused(tmp_path: Path) -> None:
    child = Child(str(SCRIPTED))
    try:
        child.until("hello")
        layers = [{"path": str(plain(tmp_path / "good.tif"))}]
        ask = {"type": "ask", "id": "q", "layers": layers, "out": str(tmp_path / "a.gpkg")}
        child.send({**ask, "question": "water " * 170_000})
        error = child.until("error", job="q", timeout=10)[-1]
        assert "4,000" in error["message"]
        assert not (tmp_path / "a.gpkg").exists()
    finally:
        child.kill()
