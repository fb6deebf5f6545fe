"""The temporary folder is private and nothing stays of it; a disk that is full is a sentence."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from terrascope import files, large, temporary
from terrascope.errors import SceneError, TraceError
from tests.backend.hostile.child import ROOT

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions and signals")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "backend"), "OMP_NUM_THREADS": "1"}

_HOLDER = """
import sys, time
from terrascope import large, temporary
array = large.empty((200, 2**20), "uint8")
print(temporary.folder(), flush=True)
sys.stdin.read()
"""


def holder(base: Path) -> tuple[subprocess.Popen[bytes], Path]:
    started = subprocess.Popen(
        [sys.executable, "-c", _HOLDER], env={**ENVIRONMENT, "TMPDIR": str(base), "TEMP": str(base), "TMP": str(base)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert started.stdout is not None
    return started, Path(started.stdout.readline().decode().strip())


@posix
def test_it_is_private_and_removed_at_the_end(tmp_path: Path) -> None:
    process, folder = holder(tmp_path)
    assert folder.parent == tmp_path
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    process.communicate(b"")
    assert list(tmp_path.iterdir()) == []


@posix
def test_folders_of_dead_processes_are_removed_and_those_of_living_ones_kept(tmp_path: Path) -> None:
    dead, dead_folder = holder(tmp_path)
    (dead_folder / "left.tif").write_bytes(b"x")
    dead.send_signal(signal.SIGKILL)
    dead.wait()
    for name in ("terrascope-of-somebody", "terrascope-1-mine"):  # no lock of ours: not ours, however old
        (tmp_path / name).mkdir()
        (tmp_path / name / "field work.txt").write_text("mine")
        os.utime(tmp_path / name, (0, 0))
    alive, alive_folder = holder(tmp_path)
    other, other_folder = holder(tmp_path)
    assert not dead_folder.exists()
    assert alive_folder.is_dir()
    assert (tmp_path / "terrascope-of-somebody" / "field work.txt").is_file()
    assert (tmp_path / "terrascope-1-mine" / "field work.txt").is_file()
    alive.communicate(b"")
    other.communicate(b"")
    assert not alive_folder.exists() and not other_folder.exists()


@posix
def test_a_backend_leaves_no_temporary_folder(tmp_path: Path) -> None:
    serve = subprocess.run(
        [sys.executable, "-m", "terrascope", "serve"], env={**ENVIRONMENT, "TMPDIR": str(tmp_path)}, timeout=60,
        input=b'{"type":"describe","id":"d","layers":[{"path":"/no/such"}]}\n', capture_output=True,
    )  # fmt: skip
    assert serve.returncode == 0
    assert [path.name for path in tmp_path.iterdir() if "locks" not in path.name] == []


def test_the_blocks_of_a_large_array_are_on_the_disk(tmp_path: Path) -> None:
    with (tmp_path / "x").open("w+b") as file:
        files.allocate(file.fileno(), 5 * 2**20)
    assert (tmp_path / "x").stat().st_size == 5 * 2**20
    if hasattr(os.stat_result, "st_blocks"):
        assert (tmp_path / "x").stat().st_blocks * 512 >= 5 * 2**20


def test_without_fallocate_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "posix_fallocate", raising=False)  # macOS and Windows
    with (tmp_path / "x").open("w+b") as file:
        files.allocate(file.fileno(), 3 * 2**20 + 5)
        assert file.tell() == 0
    assert (tmp_path / "x").stat().st_size == 3 * 2**20 + 5
    if hasattr(os.stat_result, "st_blocks"):
        assert (tmp_path / "x").stat().st_blocks * 512 >= 3 * 2**20


def test_an_array_that_finds_no_room_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "allocate", full)
    with pytest.raises(SceneError, match="temporary folder"):
        large.empty((200, 2**20), np.uint8)


_FULL = """
import resource, sys
from terrascope import large
from terrascope.errors import TerraScopeError
from terrascope.trace.geopackage import write_geopackage
sys.path.insert(0, sys.argv[2])
from conftest_trace import UTM, make_trace
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    write_geopackage(make_trace(UTM, 20), sys.argv[1])
    print("written")
except TerraScopeError as error:
    print(error.message, "|", error.hint)
try:
    large.empty((200, 2**20), "uint8")
except TerraScopeError as error:
    print(error.message)
"""


@posix
@pytest.mark.parametrize("limit", [1000, 30_000, 100_000, 10_000_000])
def test_a_full_disk_is_a_sentence_at_any_point(tmp_path: Path, limit: int) -> None:
    seen = subprocess.run(
        [sys.executable, "-c", _FULL, str(tmp_path / "a.gpkg"), str(ROOT / "tests" / "backend" / "trace"), str(limit)],
        env=ENVIRONMENT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert seen.returncode == 0, seen.stderr
    first, second = seen.stdout.strip().splitlines()
    assert first == "written" if limit > 1_000_000 else "cannot be written" in first
    assert "temporary folder" in second
    assert not list(tmp_path.glob(".*.part"))


def test_the_reason_decides_the_way_out() -> None:
    assert "full" in files.not_written(Path("a"), OSError(28, "No space left on device")).hint
    assert "shorter" in files.not_written(Path("a"), OSError(36, "File name too long")).hint
    assert "may write" in files.not_written(Path("a"), PermissionError(13, "Permission denied")).hint
    held = OSError(13, "The process cannot access the file")
    held.winerror = 32  # type: ignore[attr-defined, unused-ignore]
    assert "OneDrive" in files.not_written(Path("a"), held).hint
    assert isinstance(files.not_written(Path("a"), held), TraceError)


def test_the_folder_comes_back_when_somebody_removed_it() -> None:
    shutil.rmtree(temporary.folder())
    assert temporary.folder().is_dir()
