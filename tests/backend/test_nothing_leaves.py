"""Nothing leaves the machine: a whole question, and idle seconds after it, with every socket and every file watched."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from terrascope import telemetry
from tests.backend.hostile.child import ROOT
from tests.backend.hostile.rasters import plain

#: Seconds that the backend is left alone after its answer; the soak waits for 60.
IDLE_S = float(os.environ.get("TERRASCOPE_IDLE_S", "5"))
TRACE = "socket,connect,sendto,sendmsg,sendmmsg,bind,open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,symlink"
# A blank may follow: "<unfinished ...>".
_WRITTEN = re.compile(r'(?:openat\(AT_FDCWD, |open\(|creat\()"([^"]+)"(?:, (\S+?))?[,) ]')
_MADE = re.compile(r'(?:mkdir|symlink)\("([^"]+)"')


def _environment(home: Path) -> dict[str, str]:
    """A user's, with an empty home; what tests and other programs set is taken out."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "HOME": str(home), "TMPDIR": str(home / "tmp"), "PYTHONPATH": str(ROOT / "backend"),
            "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}  # fmt: skip


@pytest.fixture()
def home(tmp_path: Path) -> Path:
    (tmp_path / "home" / "tmp").mkdir(parents=True)
    return tmp_path / "home"


def _strace_works() -> bool:
    return shutil.which("strace") is not None and not subprocess.run(
        ["strace", "-o", os.devnull, "true"], capture_output=True, check=False
    ).returncode


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="strace")
def test_no_socket_and_no_file_elsewhere_in_a_question_and_after_it(tmp_path: Path, home: Path) -> None:
    if not _strace_works():
        pytest.skip("strace is not installed, or may not trace")
    image, out, log = plain(tmp_path / "scene.tif", size=120), tmp_path / "out" / "a.gpkg", tmp_path / "strace.txt"
    process = subprocess.Popen(
        ["strace", "-f", "-qq", "-s", "300", "-e", f"trace={TRACE}", "-o", str(log),
         sys.executable, "-m", "terrascope", "serve"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment(home), cwd=tmp_path,
    )  # fmt: skip
    assert process.stdin is not None and process.stdout is not None
    for message in (
        {"type": "networks", "id": "n"},
        {"type": "ask", "id": "q", "question": "How much water?", "layers": [{"path": str(image)}], "out": str(out)},
        {"type": "report", "id": "r", "gpkg": str(out), "out": str(tmp_path / "out" / "r.html")},
    ):
        process.stdin.write(json.dumps(message).encode() + b"\n")
        process.stdin.flush()
        for line in process.stdout:
            answer = json.loads(line)
            if answer.get("id") == message["id"] and answer["type"] in ("end", "result", "error"):
                assert answer["type"] != "error", answer
                break
    time.sleep(IDLE_S)
    process.stdin.close()
    process.wait(60)
    calls = log.read_text(errors="replace").splitlines()
    assert out.is_file()
    assert any(str(out) in call for call in calls), "nothing was watched"
    assert [call for call in calls if "AF_INET" in call or "AF_UNIX" in call or "AF_NETLINK" in call] == []
    allowed = (str(tmp_path / "out"), str(home / "tmp"), "/dev/", "/proc/self/")
    assert [path for path in _written(calls) if not path.startswith(allowed)] == []
    assert [path for path in home.rglob("*") if path != home / "tmp" and home / "tmp" not in path.parents] == []
    assert [path.name for path in (home / "tmp").iterdir() if "locks" not in path.name] == []


def _written(calls: list[str]) -> set[str]:
    found = set()
    for call in calls:
        if (match := _WRITTEN.search(call)) and re.search(r"O_(?:WRONLY|RDWR|CREAT)", match[2] or "O_CREAT"):
            if " = -1 " not in call:
                found.add(match[1])
        elif match := _MADE.search(call):
            found.add(match[1])
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="network namespaces")
def test_a_question_is_answered_where_there_is_no_network_at_all(tmp_path: Path, home: Path) -> None:
    bare = ["unshare", "-n"] if os.getuid() == 0 else ["unshare", "-rn"]
    if shutil.which("unshare") is None or subprocess.run([*bare, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no network namespace here")
    plain(tmp_path / "scene.tif")
    asked = subprocess.run(
        [*bare, sys.executable, "-m", "terrascope", "ask", "How much water is there?", "scene.tif", "--out", "a.gpkg"],
        env=_environment(home), cwd=tmp_path, capture_output=True, timeout=120,
    )  # fmt: skip
    assert asked.returncode in (0, 3), asked.stderr
    assert (tmp_path / "a.gpkg").is_file()


def test_the_switches_are_set_before_any_library_is_imported(home: Path) -> None:
    code = "import os, terrascope.telemetry as t; print({k: os.environ.get(k) for k in t.OFF} == t.OFF)"
    assert _printed(code, home) == "True"
    assert telemetry.OFF["ORT_DISABLE_TELEMETRY"] == "1"


def test_the_hub_library_is_told_to_report_nothing(home: Path) -> None:
    pytest.importorskip("huggingface_hub")
    code = "import terrascope; from huggingface_hub import constants; print(constants.HF_HUB_DISABLE_TELEMETRY)"
    assert _printed(code, home) == "True"


def _printed(code: str, home: Path) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=_environment(home), capture_output=True, text=True, check=True).stdout.strip()
