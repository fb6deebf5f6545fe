"""Pythons as they are on other systems: whatever fails with one goes on to the next."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

import pytest
from environment_stand_ins import (
    PYTHON,
    answering,
    cp1252_python,
    hanging,
    make_kind,
    run_plan,
    script,
    served,
    with_candidates,
)

from terrascope_plugin.backend_process import environment, environment_setup, pythons, uv
from terrascope_plugin.backend_process.command import Limits
from terrascope_plugin.backend_process.environment import Condition
from terrascope_plugin.backend_process.environment_setup import Plan
from terrascope_plugin.backend_process.network import Network
from terrascope_plugin.backend_process.pythons import Candidate, candidates, parse_answer
from terrascope_plugin.backend_process.reasons import Place, reason
from terrascope_plugin.backend_process.requirements import KINDS, ungrouped
from terrascope_plugin.backend_process.systems import machine_name, offered_kinds, refusal

EMBEDDED = KINDS[0]
#: uv writes the place of a Python that it unpacked into this file.
SYSCONFIG = "# system configuration generated and used by the sysconfig module\nbuild_time_vars = {}\n"
TOLD = {
    "version": [3, 12, 1], "bits": 64, "implementation": "cpython", "free_threaded": False, "system": "win32",
    "machine": "AMD64", "tag": "win-amd64", "libc": "", "release": "", "executable": "C:\\Python312\\python.exe",
    "prefix": "C:\\Python312", "lacks": {},
}  # fmt: skip


def told(**changed: object) -> str:
    return "warning: something\nTERRASCOPE " + json.dumps({**TOLD, **changed}) + "\n"


@pytest.fixture
def plan(tmp_path) -> Plan:
    return Plan(tmp_path / "environment", make_kind(tmp_path), wheels=str(tmp_path / "wheels"))


def test_pythons_are_told_apart():
    found = parse_answer(told())
    assert found is not None and found.path.endswith("python.exe") and not found.why_not(EMBEDDED, offline=False)
    for changed, word in (
        ({"version": [3, 9, 2]}, "3.9"),
        ({"version": [3, 15, 0]}, "3.15"),
        ({"bits": 32}, "32"),
        ({"free_threaded": True}, "usual build"),
        ({"implementation": "pypy"}, "pypy"),
        ({"lacks": {"ssl": "DLL load failed"}}, "DLL load failed"),
        ({"lacks": {"sqlite3": "no module"}}, "sqlite3"),
        ({"machine": "ARM64"}, "x86-64"),
        ({"system": "linux", "machine": "x86_64", "release": "2.17"}, "glibc 2.28"),
        ({"system": "linux", "machine": "riscv64"}, "riscv64"),
        ({"system": "darwin", "machine": "arm64", "release": "12.7"}, "macOS 14"),
    ):
        assert word in parse_answer(told(**changed)).why_not(EMBEDDED, offline=False), changed
    assert parse_answer("Python was not found; run without arguments to install") is None
    assert parse_answer("TERRASCOPE {}") is None and parse_answer("TERRASCOPE {") is None
    assert candidates()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.name == "embedded"], ids=lambda kind: kind.name)
def test_every_machine_that_is_offered_has_wheels_and_the_rest_is_refused_by_name(kind):
    for minor in range(10, 15):
        for system, machine in (("win32", "AMD64"), ("darwin", "arm64"), ("linux", "x86_64"), ("linux", "aarch64")):
            assert refusal(kind, system, machine, (3, minor), "") == ""
        assert "pyogrio" in refusal(kind, "win32", "ARM64", (3, minor), "") or minor == 10
    assert "onnxruntime 1.23.2" in refusal(kind, "darwin", "x86_64", (3, 14), "")
    assert refusal(kind, "darwin", "x86_64", (3, 13), "") == ""
    assert machine_name("AMD64") == "x86_64" and machine_name("arm64") == "aarch64"
    assert {"embedded", "full-cpu"} <= {each.name for each in offered_kinds(list(KINDS))}


def test_a_python_that_writes_in_cp1252_installs(application, tmp_path, plan, monkeypatch):
    """The umlaut in a user's name ended it: the path was read as UTF-8."""
    with_candidates(monkeypatch, cp1252_python(tmp_path))
    _setup, worked, _sentence, log = run_plan(plan)
    assert worked, log


def test_what_fails_goes_on_to_the_next(application, tmp_path, plan, monkeypatch):
    """OSGeo4W's without SSL, the Store's with its environment elsewhere, one that hangs, none at all, one too old."""
    monkeypatch.setattr(environment_setup, "ASKING", Limits(3_000))
    store = script(  # it says yes to everything, and its environment lies elsewhere
        tmp_path / "store" / "python",
        f'#!/bin/sh\nexec "{PYTHON}" "$@"\n',
    )
    real_make = uv.make_environment

    def make(program: str, python: str, path: tuple[str, ...], folder: Path, *, fresh: bool):
        launch = real_make(program, python, path, folder, fresh=fresh)
        if calls.append(python) or len(calls) > 1:
            return launch
        return launch._replace(arguments=(*launch.arguments[:-1], str(tmp_path / "elsewhere")))

    calls: list[str] = []
    monkeypatch.setattr(uv, "make_environment", make)
    with_candidates(
        monkeypatch,
        script(tmp_path / "none" / "python", "#!/bin/sh\necho 'Python was not found'; exit 9\n"),
        Candidate(str(tmp_path / "missing" / "python")),
        hanging(tmp_path),
        answering(tmp_path, "osgeo4w", lacks={"ssl": "DLL load failed while importing _ssl"}),
        answering(tmp_path, "old", version=[3, 9, 1]),
        store,
        Candidate(PYTHON),
    )
    _setup, worked, _sentence, log = run_plan(plan)
    text = "\n".join(log)
    assert worked, text
    assert "did not answer in time" in text and "DLL load failed" in text and "3.9" in text
    assert "lies elsewhere" in text and len(calls) == 2
    assert environment.condition(plan.folder, plan.kind) is Condition.READY


def test_where_none_fits_a_python_is_offered_and_fetched_only_when_the_user_agrees(application, tmp_path, monkeypatch):
    """From a mirror on the loopback address, with an archive made here: the real release host cannot be reached."""
    version = ".".join(map(str, sys.version_info[:3]))
    inside = f"python/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
    mirror = tmp_path / "mirror" / "20260101"
    mirror.mkdir(parents=True)
    archive = mirror / f"cpython-{version}-stand-in-install_only.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        program = f'#!/bin/sh\nexec "{PYTHON}" "$@"\n'
        library = "python/lib/" + inside.rsplit("/", 1)[1]
        for name, text in {
            inside: program,
            "python/bin/python3": program,
            f"{library}/_sysconfigdata__linux_x86_64-linux-gnu.py": SYSCONFIG,
        }.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(text), 0o755
            tar.addfile(info, io.BytesIO(text.encode()))
    entry = json.loads(uv.STANDALONE.read_text())["cpython-3.12.14-linux-x86_64-gnu"]
    machine = machine_name(__import__("platform").machine())
    entry |= {
        "arch": {"family": machine, "variant": None},
        "major": sys.version_info[0], "minor": sys.version_info[1], "patch": sys.version_info[2],
        "url": "https://github.com/astral-sh/python-build-standalone/releases/download/20260101/" + archive.name,
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
    }  # fmt: skip
    table = tmp_path / "pythons.json"
    table.write_text(json.dumps({f"cpython-{version}-linux-{machine}-gnu": entry}))
    monkeypatch.setattr(uv, "STANDALONE", table)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with_candidates(monkeypatch, answering(tmp_path, "old", version=[3, 9, 1]))
    monkeypatch.setattr(pythons, "refusal", lambda *_a: "")
    kind = make_kind(tmp_path)
    index = tmp_path / "mirror" / "simple"
    for file in (tmp_path / "wheels").iterdir():
        name = file.name.split("-")[0]
        (index / name).mkdir(parents=True)
        (index / name / file.name).write_bytes(file.read_bytes())
        (index / name / "index.html").write_text(f'<a href="{file.name}">{file.name}</a>')
    folder = tmp_path / "environment"
    with served(tmp_path / "mirror") as url:
        network = Network(index=f"{url}/simple", python_mirror=url)
        setup, worked, sentence, log = run_plan(Plan(folder, kind, network=network))
        assert not worked and setup.could_fetch == version, log
        assert not (folder / "python").exists()  # nothing is fetched unasked
        plan = Plan(folder, kind, network=network, fetch_python=True)
        good = archive.read_bytes()
        archive.write_bytes(good + b"x")
        _setup, worked, sentence, log = run_plan(plan)
        assert not worked and "hash differs" in sentence, log
        archive.write_bytes(good)
        _setup, worked, sentence, log = run_plan(plan)
        assert worked, "\n".join(log)
    assert uv.installed_python(folder).startswith(str(folder / "python"))
    assert environment.remove(folder) == []


def test_the_standalone_python_is_pinned_and_hashed_for_every_machine():
    found = {
        (system, machine): uv.standalone(system, machine)
        for system, machine in (
            ("win32", "AMD64"), ("win32", "ARM64"), ("darwin", "arm64"), ("darwin", "x86_64"), ("linux", "x86_64"),
            ("linux", "aarch64"),
        )
    }  # fmt: skip
    assert {version for _key, version in found.values()} == {"3.12.14"}
    assert "x86_64" in found["win32", "ARM64"][0]  # Windows on Arm runs it, and has no packages for its own
    table = json.loads(uv.STANDALONE.read_text())
    assert all(len(ungrouped(entry["sha256"])) == 64 for entry in table.values())


def test_windows_candidates_are_the_launcher_the_installers_places_and_qgis_last(tmp_path):
    root = tmp_path / "OSGeo4W"
    own = root / "apps" / "Python312"
    local = tmp_path / "Jürgen Müller" / "AppData"
    place = local / "Programs" / "Python" / "Python313"
    for folder in (own, place):
        folder.mkdir(parents=True)
        (folder / "python.exe").touch()
    store = str(local / "Microsoft" / "WindowsApps" / "python.exe")
    which = {"py": "C:\\Windows\\py.exe", "python": store}.get
    found = candidates("win32", {"LOCALAPPDATA": str(local)}, str(own), which)
    assert found[0] == Candidate("C:\\Windows\\py.exe", ("-3.12",))
    assert [candidate.program for candidate in found[-3:]] == [
        str(place / "python.exe"),
        store,
        str(own / "python.exe"),
    ]
    assert found[-1].path == (str(root / "bin"), str(own), str(own / "Scripts"))


def test_on_a_mac_qgis_own_python_comes_last_and_apples_stub_never(tmp_path):
    own = tmp_path / "QGIS.app" / "Contents" / "MacOS"
    (own / "bin").mkdir(parents=True)
    (own / "bin" / "python3").touch()
    found = candidates("darwin", {}, str(own), {"python3": "/usr/bin/python3"}.get)
    assert found[-1].program == str(own / "bin" / "python3")
    assert not [candidate for candidate in found if candidate.program.startswith("/usr/bin/")]


def test_path_loses_qgis_folders_and_nothing_else():
    from terrascope_plugin.backend_process.child_environment import cleaned, qgis_root

    path = "C:\\OSGeo4W\\bin;C:\\OSGeo4W64\\bin;c:\\osgeo4w\\apps\\qgis\\bin;C:\\Windows\\System32;C:\\Users\\x\\bin"
    kept = cleaned({"Path": path}, system="win32", prefix="C:\\OSGeo4W\\apps\\Python312")["Path"]
    assert kept == "C:\\OSGeo4W64\\bin;C:\\Windows\\System32;C:\\Users\\x\\bin"
    for prefix in ("C:\\Users\\x\\miniconda3", "C:\\miniconda3", "C:\\Users\\x\\miniconda3\\envs\\qgis"):
        kept = cleaned({"PATH": path}, system="win32", prefix=prefix)["PATH"]
        assert kept == path, prefix  # a Miniconda prefix emptied it
    assert qgis_root("C:\\Program Files\\QGIS 3.40\\apps\\Python312") == "C:\\Program Files\\QGIS 3.40"


@pytest.mark.parametrize(
    ("output", "word"),
    [
        ("failed to rename: Access is denied. (os error 5)", "access denied"),
        (
            "The process cannot access the file because it is being used by another process. (os error 32)",
            "another program",
        ),
        ("[WinError 206] The filename or extension is too long", "too long"),
        ("Operation did not complete successfully because the file contains a virus (os error 225)", "virus scanner"),
        ("Can't connect to HTTPS URL because the SSL module is not available.", "SSL"),
        ("Because rasterio==1.5.2 has no wheels with a matching platform tag (e.g., `x`)", "no wheel"),
        ("Because pyogrio==0.13.0 has no usable wheels and you require", "no wheel"),
        ("error: Hash mismatch for `numpy==2`", "hash differs"),
        ("failed to write: No space left on device (os error 28)", "full"),
        ("tinything was not found in the provided package locations", "folder of wheels"),
        ("client error (Connect)\n cause: invalid peer certificate: UnknownIssuer", "certificate"),
        ("cause: tunnel error: unsuccessful", "proxy"),
        ("cause: dns error: failed to lookup address information", "network"),
        ("Temporary failure in name resolution", "network"),
        ("something never seen", "log"),
    ],
)
def test_reasons_are_told_apart(application, output, word):
    sentence = reason(output, Place(Path("C:/env"), 750, "D:/wheels"))
    assert word in sentence and "{" not in sentence
    others = {
        reason(text, Place(Path("x"), 1)) for text in ("os error 5", "os error 32", "os error 206", "os error 225")
    }
    assert len(others) == 4


def test_the_backend_does_not_import_from_the_working_folder(application, tmp_path, monkeypatch):
    """`python -m` put QGIS's working folder first on sys.path."""
    import subprocess

    from terrascope_plugin.backend_process.child_environment import module_launch

    (tmp_path / "json.py").write_text("raise SystemExit('taken from the working folder')")
    launch = module_launch(PYTHON, "json.tool", "--help")
    for extra in (launch.extra, {**launch.extra, "PYTHONSAFEPATH": ""}):  # Python 3.10 does not know the variable
        result = subprocess.run(
            [launch.program, *launch.arguments], cwd=tmp_path, env={**dict(extra)}, capture_output=True, text=True
        )
        assert result.returncode == 0 and "usage" in result.stdout, result.stderr
