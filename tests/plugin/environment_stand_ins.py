"""What the set-up's tests need: tiny wheels, uv's wheel, Pythons that behave as on other systems, a server."""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from conftest import ROOT, wait_until

from terrascope_plugin.backend_process import environment_setup, uv
from terrascope_plugin.backend_process.environment_setup import EnvironmentSetup, Plan
from terrascope_plugin.backend_process.pythons import Candidate
from terrascope_plugin.backend_process.requirements import KindOfModel

PROOF = 'print(\'TERRASCOPE-PROOF {"ok": true, "device": "cpu", "checks": []}\')\n'
#: The Python that tests make environments with: the base of the one that runs them.
PYTHON = getattr(sys, "_base_executable", sys.executable)


def make_wheel(folder: Path, text: str = PROOF) -> str:
    """Write a tiny wheel whose module is its own proof; return the hash that the set-up checks."""
    folder.mkdir(exist_ok=True)
    path = folder / "tinything-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tinything.py", text)
        wheel.writestr("tinything-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tinything\nVersion: 1.0\n")
        wheel.writestr(
            "tinything-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr("tinything-1.0.dist-info/RECORD", "tinything.py,,\ntinything-1.0.dist-info/RECORD,,\n")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@functools.lru_cache(maxsize=1)
def wheel_of_uv() -> Path:
    """Return the wheel of the pinned uv, fetched once and kept under .work; skips where it cannot be had."""
    folder = ROOT / ".work" / "uv-wheel"
    for _ in range(2):
        found = uv.wheels_of_uv(folder, sys.platform, __import__("platform").machine())
        if found:
            return found[0]
        version = ".".join(map(str, uv.pinned()))
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), f"uv=={version}"]
        subprocess.run(command, check=False, timeout=120)
    pytest.skip("uv's wheel cannot be fetched here")


def make_kind(folder: Path, text: str = PROOF) -> KindOfModel:
    """Return a kind of model that needs one tiny package, from the folder `wheels`, which has uv too."""
    digest = make_wheel(folder / "wheels", text)
    link = folder / "wheels" / wheel_of_uv().name
    if not link.exists():
        link.symlink_to(wheel_of_uv())
    file = folder / "tiny.txt"
    file.write_text(f"tinything==1.0 \\\n    --hash=sha256:{digest}\n")
    return KindOfModel("tiny", str(file), 1, 1, "cpu", "tinything")


def run_plan(plan: Plan, seconds: float = 120) -> tuple[EnvironmentSetup, bool, str, list[str]]:
    """Run a plan to its end; return the set-up, whether it worked, the sentence, and the log."""
    setup = EnvironmentSetup(plan)
    log: list[str] = []
    ends: list[tuple[bool, str]] = []
    setup.log.connect(log.append)
    setup.finished.connect(lambda worked, sentence: ends.append((worked, sentence)))
    setup.start()
    assert wait_until(lambda: bool(ends), seconds), log
    return setup, *ends[0], log


def script(path: Path, text: str) -> Candidate:
    """Write a program that stands for a Python."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return Candidate(str(path))


def cp1252_python(folder: Path) -> Candidate:
    """A Python in the folder of a user called Jürgen that writes in Windows's old encoding."""
    return script(
        folder / "Jürgen" / "python",
        f'#!/bin/sh\n"{PYTHON}" "$@" | iconv -f UTF-8 -t CP1252//TRANSLIT\n',
    )


def answering(folder: Path, name: str, **changed: object) -> Candidate:
    """A Python whose answer differs from the real one's; otherwise the real one."""
    return script(
        folder / name / "python",
        "#!/bin/sh\n"
        f'case "$*" in *ask_python.py*) exec "{PYTHON}" - "$@" <<"END"\n'
        "import json, subprocess, sys\n"
        f"out = subprocess.run([{PYTHON!r}, *sys.argv[1:]], capture_output=True, text=True).stdout\n"
        "told = json.loads(out.split(' ', 1)[1])\n"
        f"told.update(json.loads({json.dumps(json.dumps({**changed, 'executable': str(folder / name / 'python')}))}))\n"
        "print('TERRASCOPE', json.dumps(told))\n"
        f'END\n;; *) exec "{PYTHON}" "$@" ;; esac\n',
    )


def hanging(folder: Path) -> Candidate:
    """A Python that never answers."""
    return script(folder / "hanging" / "python", "#!/bin/sh\nexec sleep 600\n")


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback address; gives its URL. `served.asked` lists what was asked for."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(folder))

        def log_message(self, *_args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def with_candidates(monkeypatch: pytest.MonkeyPatch, *found: Candidate) -> None:
    """Let the set-up find these Pythons and no others, and no uv that lies about on this machine."""
    monkeypatch.setattr(environment_setup, "candidates", lambda: list(found))
    monkeypatch.setattr(uv, "on_this_machine", lambda _folder: [])
