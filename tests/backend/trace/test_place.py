"""Nothing of a user's is lost to a file of ours: refused before the work, kept where it fails, said either way."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PureWindowsPath

import geopandas
import pytest
from conftest_trace import UTM, make_trace
from shapely.geometry import box

from terrascope import cli, files
from terrascope.errors import NetworkError, TraceError
from terrascope.locks import FileLock
from terrascope.scene.request import LayerRequest
from terrascope.service import workbench
from terrascope.service.request import QuestionRequest, SceneRequest
from terrascope.service.run import run_question
from terrascope.trace.geopackage import GeoPackageWriter, read_trace, refuse_foreign, write_geopackage
from terrascope.trace.json_io import write_json
from terrascope.trace.place import ResultPlace
from terrascope.trace.report import write_report
from tests.backend.hostile.child import ROOT, SCRIPTED, Child
from tests.backend.hostile.rasters import plain

sys.path.insert(0, str(ROOT / "tests" / "backend" / "service"))

from scripted_service import ScriptedNetwork

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")


@pytest.fixture()
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    plain(tmp_path / "scene.tif")
    return tmp_path


def ask(monkeypatch: pytest.MonkeyPatch, out: str, network: object | None = None, *more: str) -> int:
    known = network or ScriptedNetwork()
    monkeypatch.setattr(workbench.Workbench.__init__, "__defaults__", (lambda name, device, precision: known,))
    return cli.main(["ask", "How much water?", "scene.tif", "--out", out, *more])


class Failing(ScriptedNetwork):
    """Gives `masks` masks, then fails."""

    def __init__(self, masks: int) -> None:
        super().__init__()
        self.allowed = masks

    def begin(self, scene, prompt):  # type: ignore[no-untyped-def]
        decoding = super().begin(scene, prompt)
        decode = decoding.decode_mask

        def limited(view: int) -> object:
            if decoding.masks >= self.allowed:
                raise NetworkError("The network broke.", "Load it again.")
            return decode(view)

        decoding.decode_mask = limited
        return decoding


# --- what is not ours is not touched --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "write",
    [
        lambda path: write_report("a.gpkg", path),
        lambda path: write_json(make_trace(UTM), path),
        lambda path: write_geopackage(make_trace(UTM), path),
        lambda path: ResultPlace(path),
    ],
    ids=["report", "json", "gpkg", "place"],
)
@pytest.mark.parametrize(
    "name", ["scene.tif", "notes.html", "page.html", "data.json", "roads.gpkg", "text.gpkg", "folder"]
)
def test_a_file_that_is_not_ours_is_never_replaced(folder: Path, write: Callable[[Path], object], name: str) -> None:
    write_geopackage(make_trace(UTM), folder / "a.gpkg")
    (folder / "notes.html").write_text("my notes")
    (folder / "page.html").write_text("<!DOCTYPE html><html><title>Mine</title></html>")
    (folder / "data.json").write_text('{"mine": 1}')
    (folder / "text.gpkg").write_text("text")
    (folder / "folder").mkdir()
    geopandas.GeoDataFrame(geometry=[box(0, 0, 1, 1)], crs=4326).to_file(folder / "roads.gpkg")
    before = (folder / name).read_bytes() if name != "folder" else b""
    with pytest.raises(TraceError) as error:
        write(folder / name)
    assert error.value.hint
    assert name in error.value.message
    assert name == "folder" or (folder / name).read_bytes() == before
    assert not list(folder.glob(".*.part"))


def test_our_own_report_and_json_are_replaced(folder: Path) -> None:
    write_geopackage(make_trace(UTM), folder / "a.gpkg")
    for _ in range(2):
        write_report("a.gpkg", folder / "r.html")
        write_json(make_trace(UTM), folder / "t.json")
    text = (folder / "r.html").read_text(encoding="utf-8")
    text = text.replace('<meta name="generator" content="TerraScope">\n', "")  # as version 0.1.0 wrote it
    (folder / "r.html").write_text(text, encoding="utf-8")
    write_report("a.gpkg", folder / "r.html")


def _layer(path: Path) -> None:
    frame = geopandas.GeoDataFrame({"note": ["field work"]}, geometry=[box(0, 0, 1, 1)], crs="EPSG:32633")
    frame.to_file(path, layer="my_fieldwork")


def _column(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE masks ADD COLUMN checked_by TEXT")


def _style(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO layer_styles (f_table_name, styleName) VALUES ('masks', 'mine')")


def _project(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE qgis_projects (name TEXT PRIMARY KEY, metadata BLOB, content BLOB)")


@pytest.mark.parametrize("add", [_layer, _column, _style, _project])
def test_a_result_that_holds_the_users_own_work_is_refused_before_the_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], add: Callable[[Path], None]
) -> None:
    assert ask(monkeypatch, "mine.gpkg") == 0
    add(folder / "mine.gpkg")
    before = read_trace("mine.gpkg")
    network = ScriptedNetwork()
    assert ask(monkeypatch, "mine.gpkg", network) == cli.FAILED
    assert "did not write" in " ".join(capsys.readouterr().err.split())
    assert network.begun == 0
    assert read_trace("mine.gpkg") == before


def test_what_a_gis_adds_by_itself_is_no_reason_to_refuse(folder: Path) -> None:
    write_geopackage(make_trace(UTM), folder / "a.gpkg")
    frame = geopandas.read_file(folder / "a.gpkg", layer="masks")
    assert len(frame)
    with sqlite3.connect(folder / "a.gpkg") as connection:
        connection.execute("CREATE TABLE gpkg_ogr_contents (table_name TEXT PRIMARY KEY, feature_count INTEGER)")
    refuse_foreign(folder / "a.gpkg")


def test_one_name_for_result_and_report_is_refused_before_the_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    network = ScriptedNetwork()
    assert ask(monkeypatch, "a.gpkg", network, "--report", "./a.gpkg") == cli.FAILED
    assert network.begun == 0
    assert not (folder / "a.gpkg").exists()
    assert ask(monkeypatch, "a.gpkg", network, "--report", "scene.tif") == cli.FAILED
    assert network.begun == 0


# --- an earlier result ----------------------------------------------------------------------------------------------


def test_a_run_that_fails_leaves_the_earlier_result(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(monkeypatch, "a.gpkg") == 0
    before = (folder / "a.gpkg").read_bytes()
    assert ask(monkeypatch, "a.gpkg", Failing(0)) == cli.FAILED
    assert "is unchanged" in " ".join(capsys.readouterr().err.split())
    assert (folder / "a.gpkg").read_bytes() == before
    assert not (folder / "a-unfinished.gpkg").exists()
    assert ask(monkeypatch, "a.gpkg", Failing(1)) == cli.FAILED
    assert "a-unfinished.gpkg" in "".join(capsys.readouterr().err.split())
    assert (folder / "a.gpkg").read_bytes() == before
    assert read_trace("a-unfinished.gpkg").end_reason == "error"
    assert len([step for step in read_trace("a-unfinished.gpkg").steps if step.mask]) == 1
    assert ask(monkeypatch, "a.gpkg") == 0
    assert not (folder / "a-unfinished.gpkg").exists()
    assert read_trace("a.gpkg").end_reason == "answered"


def test_a_run_that_is_killed_or_stopped_leaves_the_earlier_result(folder: Path) -> None:
    out = folder / "a.gpkg"
    write_geopackage(make_trace(UTM), out)
    before = out.read_bytes()
    message = {"type": "ask", "question": "q?", "layers": [{"path": str(folder / "scene.tif")}], "out": str(out)}
    child = Child(str(SCRIPTED), DELAY="0.05")
    child.send({**message, "id": "one"})
    mask = child.until("mask", job="one")[-1]
    assert mask["gpkg"] == str(folder / "a-unfinished.gpkg")
    assert read_trace(mask["gpkg"]).step(1).label == "water"
    child.send({"type": "cancel", "id": "one"})
    end = child.until("end", job="one")[-1]
    assert end["gpkg"] == str(folder / "a-unfinished.gpkg")
    assert any("unchanged" in each for each in end["warnings"])
    assert out.read_bytes() == before
    child.send({**message, "id": "two"})
    child.until("mask", job="two")
    child.kill()
    assert out.read_bytes() == before
    assert read_trace(folder / "a-unfinished.gpkg").step(1).label == "water"


def test_a_new_result_takes_the_place_of_the_earlier_one_and_its_journal_goes_with_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_geopackage(make_trace(UTM), folder / "a.gpkg")
    with sqlite3.connect(folder / "a.gpkg") as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("UPDATE run SET answer = 'in the journal'")
    connection.close()
    assert ask(monkeypatch, "a.gpkg") == 0
    assert read_trace("a.gpkg").network.name == "scripted"
    assert sorted(path.name for path in folder.iterdir()) == ["a.gpkg", "scene.tif"]


# --- locks ----------------------------------------------------------------------------------------------------------


def test_an_output_that_is_locked_is_noticed_before_the_work(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terrascope.trace.geopackage.SETTLE_SECONDS", 0.3)
    write_geopackage(make_trace(UTM), folder / "a.gpkg")
    holder = sqlite3.connect(folder / "a.gpkg", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr("terrascope.trace.geopackage.BUSY_SECONDS", 0.3)
    network, begin = ScriptedNetwork(), time.monotonic()
    assert ask(monkeypatch, "a.gpkg", network) == cli.FAILED
    assert time.monotonic() - begin < 5
    assert network.begun == 0
    holder.execute("ROLLBACK")
    holder.close()


def test_a_second_writer_is_refused_before_it_begins(folder: Path) -> None:
    layers = [{"path": str(folder / "scene.tif")}]
    message = {"type": "ask", "question": "q?", "layers": layers, "out": str(folder / "a.gpkg")}
    one, two = Child(str(SCRIPTED), DELAY="0.1"), Child(str(SCRIPTED))
    try:
        one.send({**message, "id": "one"})
        one.until("mask", job="one")
        two.send({**message, "id": "two"})
        seen = two.until("error", "end", job="two")
        assert seen[-1]["type"] == "error"
        assert "Another run is writing" in seen[-1]["message"]
        assert not any(each["type"] == "scene" for each in seen)
        assert one.until("end", job="one")[-1]["reason"] == "answered"
        two.send({**message, "id": "three"})
        assert two.until("error", "end", job="three")[-1]["type"] == "end"
    finally:
        one.kill()
        two.kill()


def test_a_lock_is_free_when_its_holder_is_dead(tmp_path: Path) -> None:
    code = "import sys, time; from pathlib import Path; from terrascope.locks import FileLock\n"
    code += "assert FileLock(Path(sys.argv[1])).acquire(); print('held', flush=True); time.sleep(60)"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "x.lock")], stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "backend")},
    )  # fmt: skip
    assert holder.stdout is not None
    holder.stdout.readline()
    lock = FileLock(tmp_path / "x.lock")
    assert not lock.acquire()
    holder.kill()
    holder.wait()
    assert lock.acquire()
    lock.release()
    assert not (tmp_path / "x.lock").exists()


class _Held:
    """Refuses renames as Windows does while another program holds the file, for so many seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
        self.until, self.tries = time.monotonic() + seconds, 0
        real = Path.replace

        def replace(path: Path, target: Path) -> Path:
            self.tries += 1
            if time.monotonic() < self.until:
                raise PermissionError(13, "Permission denied", str(target))
            return real(path, target)

        monkeypatch.setattr(Path, "replace", replace)


def test_a_file_that_is_held_for_three_seconds_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_geopackage(make_trace(UTM), folder / "a.gpkg")
    held = _Held(monkeypatch, 3.0)
    write_report("a.gpkg", folder / "r.html")
    assert (folder / "r.html").stat().st_size > 5000
    assert held.tries < 15  # growing pauses


def test_a_result_whose_name_stays_held_is_kept_beside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "RETRY_SECONDS", 0.5)
    write_geopackage(make_trace(UTM), folder / "a.gpkg")
    before = (folder / "a.gpkg").read_bytes()
    real = files.rename

    def held(source: Path, target: Path) -> None:
        if target.name == "a.gpkg":
            raise PermissionError(13, "Permission denied", str(target))
        real(source, target)

    monkeypatch.setattr(files, "rename", held)
    ends: list[dict[str, object]] = []
    bench = workbench.Workbench(lambda name, device, precision: ScriptedNetwork())
    request = QuestionRequest("q?", SceneRequest((LayerRequest(str(folder / "scene.tif")),)), folder / "a.gpkg")
    run_question(request, lambda message: ends.append(message) if message["type"] == "end" else None, workbench=bench)
    assert ends[0]["gpkg"] == str(folder / "a-unfinished.gpkg")
    assert any("Another program holds" in each for each in ends[0]["warnings"])  # type: ignore[attr-defined]
    assert (folder / "a.gpkg").read_bytes() == before
    assert read_trace(folder / "a-unfinished.gpkg").end_reason == "answered"


# --- reading where nothing may be written ---------------------------------------------------------------------------


def _hot_journal(path: Path) -> None:
    """Leave a run whose writer was killed in the middle of a transaction."""
    child = subprocess.Popen(
        [sys.executable, "-c", _IN_THE_MIDDLE, str(path), str(Path(__file__).parent), str(ROOT / "backend")],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    child.stdout.readline()
    child.kill()
    child.wait()
    assert path.with_name(path.name + "-journal").stat().st_size > 0


_IN_THE_MIDDLE = """
import sys, time
sys.path[:0] = sys.argv[2:4]
from conftest_trace import UTM, make_trace
from terrascope.trace.geopackage import GeoPackageWriter
writer = GeoPackageWriter(sys.argv[1], make_trace(UTM))
connection = writer._connection
connection.execute("PRAGMA cache_size = 5")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE run SET record = 'damaged'")
connection.execute("DELETE FROM steps")
connection.executemany("INSERT INTO masks (step, label, part, derived) VALUES (9, ?, 1, 0)", [("x" * 5000,)] * 300)
print("in the middle", flush=True)
time.sleep(60)
"""


@posix
def test_a_hot_journal_is_recovered_in_a_folder_that_is_read_only(tmp_path: Path) -> None:
    held = tmp_path / "held"
    held.mkdir()
    _hot_journal(held / "a.gpkg")
    content = {path.name: path.read_bytes() for path in held.iterdir()}
    code = (
        "import sys; sys.path[:0] = sys.argv[2:]\n"
        "from terrascope.trace.geopackage import read_trace\n"
        "print(len(read_trace(sys.argv[1]).steps))\n"
    )
    command = [sys.executable, "-c", code, str(held / "a.gpkg"), str(ROOT / "backend")]
    if os.getuid() == 0:  # permissions do not hold root: a mount that is read-only does
        mount = f'mount --bind "{held}" "{held}" && mount -o remount,ro,bind "{held}" && exec "$@"'
        command = ["unshare", "-m", "sh", "-c", mount, "sh", *command]
        if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
            pytest.skip("no mount namespace here")
    else:
        held.chmod(0o500)
        for path in held.iterdir():
            path.chmod(0o400)
    try:
        seen = subprocess.run(command, capture_output=True, text=True, timeout=60)
    finally:
        held.chmod(0o700)
    assert seen.stdout.strip() == str(len(make_trace(UTM).steps)), seen.stderr
    assert {path.name: path.read_bytes() for path in held.iterdir()} == content


def test_a_hot_journal_is_recovered_where_it_may_be_written(tmp_path: Path) -> None:
    _hot_journal(tmp_path / "a.gpkg")
    assert read_trace(tmp_path / "a.gpkg").steps == make_trace(UTM).steps
    assert not (tmp_path / "a.gpkg-journal").exists()


def test_a_hot_journal_is_recovered_before_the_result_is_replaced(tmp_path: Path) -> None:
    _hot_journal(tmp_path / "a.gpkg")
    with ResultPlace(tmp_path / "a.gpkg") as place:
        assert place.work.name == "a-unfinished.gpkg"
    assert read_trace(tmp_path / "a.gpkg").steps == make_trace(UTM).steps


def test_a_journal_without_its_file_is_not_played_into_a_new_one(tmp_path: Path) -> None:
    _hot_journal(tmp_path / "a.gpkg")
    (tmp_path / "a.gpkg").unlink()
    with GeoPackageWriter(tmp_path / "a.gpkg", replace(make_trace(UTM), steps=())):
        pass
    assert read_trace(tmp_path / "a.gpkg").steps == ()


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (PureWindowsPath(r"\\server\share\Jürgen\a b.gpkg"), "file:////server/share/J%C3%BCrgen/a%20b.gpkg?mode=ro"),
        (PureWindowsPath(r"C:\Users\x#y\a?.gpkg"), "file:///C%3A/Users/x%23y/a%3F.gpkg?mode=ro"),
    ],
)
def test_uris_of_network_shares_are_those_that_sqlite_reads(path: PureWindowsPath, uri: str) -> None:
    assert files.sqlite_uri(path, "mode=ro") == uri


@posix
def test_a_path_with_two_slashes_opens(tmp_path: Path) -> None:
    trace = make_trace(UTM)
    write_geopackage(trace, tmp_path / "a #1?.gpkg")
    assert read_trace(f"/{tmp_path}/a #1?.gpkg") == trace
    assert write_report(f"/{tmp_path}/a #1?.gpkg", f"/{tmp_path}/r.html").is_file()


def test_two_threads_that_read_and_write_do_not_meet_half_a_report(folder: Path) -> None:
    write_geopackage(make_trace(UTM), folder / "a.gpkg")
    write_report("a.gpkg", folder / "r.html")
    whole, stop = (folder / "r.html").read_bytes(), threading.Event()
    seen: list[bytes] = []

    def read() -> None:
        while not stop.is_set():
            seen.append((folder / "r.html").read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(5):
        write_report("a.gpkg", folder / "r.html")
    stop.set()
    reader.join()
    assert all(each.endswith(whole[-20:]) for each in seen)
