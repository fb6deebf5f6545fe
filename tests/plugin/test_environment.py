"""The set-up makes, repairs, resumes and removes an environment; QGIS's Python and the user's files stay."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest
from conftest import ROOT, wait_until
from environment_stand_ins import PROOF, make_kind, make_wheel, run_plan, served, wheel_of_uv, with_candidates

from terrascope_plugin.backend_process import environment, environment_setup, requirements, uv
from terrascope_plugin.backend_process.child_environment import Launch
from terrascope_plugin.backend_process.command import Command, Limits
from terrascope_plugin.backend_process.environment import Condition
from terrascope_plugin.backend_process.environment_setup import EnvironmentSetup, Plan, Stage
from terrascope_plugin.backend_process.folder import (
    LOCK,
    MARKER,
    SUBFOLDER,
    delete_what_is_ours,
    extended,
    own_folder,
)
from terrascope_plugin.backend_process.growth import size_of
from terrascope_plugin.backend_process.network import Network, proxy_from_qgis
from terrascope_plugin.backend_process.pythons import Candidate
from terrascope_plugin.backend_process.requirements import KindOfModel, Weights, packages, ungrouped
from terrascope_plugin.settings import Settings


@pytest.fixture
def kind(tmp_path) -> KindOfModel:
    return make_kind(tmp_path)


def set_up(plan: Plan) -> tuple[bool, str, list[str]]:
    """Run a plan to its end; return whether it worked, the sentence, and the log."""
    return run_plan(plan)[1:]


def installed(folder: Path) -> list[Path]:
    return list(folder.glob("venv/lib/python3*/site-packages/tinything.py"))


def test_an_environment_from_a_folder_of_wheels_without_network_then_removed(application, tmp_path, kind):
    folder = tmp_path / "environment"
    assert environment.condition(folder, kind) is Condition.ABSENT
    setup, worked, sentence, log = run_plan(Plan(folder, kind, wheels=str(tmp_path / "wheels")))
    assert worked, log
    assert environment.condition(folder, kind) is Condition.READY and setup.stage is Stage.DONE
    assert json.loads((folder / MARKER).read_text())["device"] == "cpu"
    assert installed(folder) and "tinything" not in sys.modules
    assert size_of(folder / "cache") < 1000  # downloads of a finished set-up are deleted
    assert environment.remove(folder) == []
    assert environment.condition(folder, kind) is Condition.ABSENT and not folder.exists()


def test_a_package_that_was_tampered_with_is_refused(application, tmp_path, kind):
    make_wheel(tmp_path / "wheels", "answer = 'evil'\n")
    folder = tmp_path / "environment"
    worked, sentence, log = set_up(Plan(folder, kind, wheels=str(tmp_path / "wheels")))
    assert not worked and "hash differs" in sentence, log
    assert environment.condition(folder, kind) is Condition.UNFINISHED
    assert not installed(folder)


def test_a_missing_wheel_is_said_and_going_on_works(application, tmp_path, kind):
    folder = tmp_path / "environment"
    wheel = tmp_path / "wheels" / "tinything-1.0-py3-none-any.whl"
    aside = wheel.rename(tmp_path / wheel.name)
    worked, sentence, log = set_up(Plan(folder, kind, wheels=str(tmp_path / "wheels")))
    assert not worked and "folder of wheels" in sentence, log
    aside.rename(wheel)
    worked, _, log = set_up(Plan(folder, kind, wheels=str(tmp_path / "wheels")))
    assert worked
    assert not any(" venv " in line for line in log)  # the environment of the first try is used


def test_cancel_ends_the_installation_and_says_what_is_kept(application, tmp_path, kind):
    setup = EnvironmentSetup(Plan(tmp_path / "environment", kind, wheels=str(tmp_path / "wheels")))
    ends: list[tuple[bool, str]] = []
    setup.finished.connect(lambda worked, sentence: ends.append((worked, sentence)))
    setup.start()
    setup.cancel()
    assert wait_until(lambda: bool(ends), 20)
    assert not ends[0][0] and "kept" in ends[0][1]


def test_two_windows_do_not_set_up_the_same_folder_at_once(application, tmp_path, kind):
    plan = Plan(tmp_path / "environment", kind, wheels=str(tmp_path / "wheels"))
    first, second = EnvironmentSetup(plan), EnvironmentSetup(plan)
    ends: list[str] = []
    second.finished.connect(lambda _worked, sentence: ends.append(sentence))
    first.start()
    second.start()
    assert "Another QGIS window" in ends[0]
    first.cancel()


def test_a_test_that_hangs_can_be_cancelled_and_has_a_limit(application, tmp_path, monkeypatch):
    kind = make_kind(tmp_path, "import time\nprint('begun', flush=True)\ntime.sleep(60)\n")
    plan = Plan(tmp_path / "environment", kind, wheels=str(tmp_path / "wheels"))
    setup = EnvironmentSetup(plan)
    ends: list[tuple[bool, str]] = []
    setup.log.connect(lambda line: setup.cancel() if line == "begun" else None)
    setup.finished.connect(lambda worked, sentence: ends.append((worked, sentence)))
    setup.start()
    assert wait_until(lambda: bool(ends), 60)
    assert setup.stage is Stage.PROOF and not ends[0][0] and "kept" in ends[0][1]
    monkeypatch.setattr(environment_setup, "PROVING", Limits(1_500))
    worked, sentence, log = set_up(plan)
    assert not worked and "does not run" in sentence and any("in time" in line for line in log)
    assert environment.condition(plan.folder, kind) is Condition.UNFINISHED


def test_bytes_and_the_time_left_are_shown(application, tmp_path, kind):
    setup = EnvironmentSetup(Plan(tmp_path, kind._replace(disk_mb=750)))
    told: list[tuple[float, str]] = []
    setup.progressed.connect(lambda share, text: told.append((share, text)))
    setup.stage, setup._command = Stage.PACKAGES, Command(Launch("true", (), {}), Limits(1))
    setup._on_grown(375e6, 20.0)
    setup._on_grown(75e6, 60.0)
    assert told == [
        (pytest.approx(0.475), "375 of about 750 MB, about 20 s left"),
        (pytest.approx(0.175), "75 of about 750 MB, about 9 min left"),
    ]


# -- nothing of the user is taken, cleared or deleted ------------------------------------------------------------


def test_a_folder_that_holds_something_is_never_taken_as_a_whole(application, tmp_path, kind):
    """Repair cleared it and Remove deleted it, thesis and all."""
    chosen = tmp_path / "documents"
    (chosen / "lib").mkdir(parents=True)
    precious = [chosen / "thesis.txt", chosen / "lib" / "own.py"]
    for file in precious:
        file.write_text("years of work")
    folder = Settings(environment_folder=str(chosen)).environment()
    assert folder == chosen / SUBFOLDER
    wheels = str(tmp_path / "wheels")
    assert set_up(Plan(folder, kind, wheels=wheels))[0]
    assert set_up(Plan(folder, kind, wheels=wheels, fresh=True))[0]  # a repair
    assert own_folder(chosen) == folder  # and stays so
    environment.remove(folder)
    assert sorted(path.name for path in chosen.iterdir()) == ["lib", "thesis.txt"]
    assert all(file.read_text() == "years of work" for file in precious)


def test_the_set_up_itself_refuses_a_folder_that_is_not_ours(application, tmp_path, kind):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    worked, sentence, _log = set_up(Plan(folder, kind, wheels=str(tmp_path / "wheels")))
    assert not worked and "did not make" in sentence
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


def test_the_mark_of_the_first_format_gives_no_right_to_a_folder(tmp_path):
    """It was written into folders of users."""
    (tmp_path / MARKER).write_text('{"kind": "embedded", "requirements": "x", "finished": true}')
    (tmp_path / "lib").mkdir()
    assert own_folder(tmp_path) == tmp_path / SUBFOLDER
    with pytest.raises(ValueError, match="not made by TerraScope"):
        environment.remove(tmp_path)


@pytest.mark.parametrize("text", ["[]", "5", '"x"', "null", "{", ""])
def test_a_damaged_mark_is_no_mark(tmp_path, text):
    (tmp_path / MARKER).write_text(text)
    assert own_folder(tmp_path) == tmp_path / SUBFOLDER


def test_what_was_put_into_our_folders_later_stays(application, tmp_path, kind):
    folder = tmp_path / "environment"
    wheels = str(tmp_path / "wheels")
    assert set_up(Plan(folder, kind, wheels=wheels))[0]
    (folder / "notes.txt").write_text("mine")
    (folder / "venv" / "data").mkdir()
    (folder / "venv" / "data" / "scene.tif").write_text("mine")
    worked, sentence, _log = set_up(Plan(folder, kind, wheels=wheels, fresh=True))
    assert not worked and "data" in sentence and installed(folder)
    assert environment.remove(folder) == ["venv/data", "notes.txt"]
    assert (folder / "notes.txt").read_text() == "mine"
    assert (folder / "venv" / "data" / "scene.tif").read_text() == "mine"
    assert not (folder / "venv" / "bin").exists()


def test_of_a_link_the_link_alone_is_removed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "thesis.txt").write_text("years of work")
    folder = tmp_path / "environment"
    folder.mkdir()
    (folder / "cache").symlink_to(elsewhere)
    assert delete_what_is_ours(folder) == []
    assert not folder.exists() and (elsewhere / "thesis.txt").exists()


def test_only_what_the_plugin_made_is_removed(tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="not made by TerraScope"):
        environment.remove(tmp_path / "precious")
    assert (tmp_path / "precious" / "thesis.txt").exists()


def test_an_environment_that_is_half_removed_does_not_look_ready(application, tmp_path, kind, monkeypatch):
    folder = tmp_path / "environment"
    (folder / "venv" / "bin").mkdir(parents=True)
    environment.write_marker(folder, kind, finished=True)
    environment.python_of(folder).touch()
    assert environment.condition(folder, kind) is Condition.READY

    def refused(_folder):
        raise PermissionError(13, "in use", "python.exe")

    monkeypatch.setattr(environment, "delete_what_is_ours", refused)
    with pytest.raises(PermissionError):
        environment.remove(folder)
    assert environment.condition(folder, kind) is Condition.UNFINISHED


def test_windows_deletes_paths_beyond_260_characters():
    from pathlib import PureWindowsPath

    assert extended(PureWindowsPath("C:/a/b"), "win32") == "\\\\?\\C:\\a\\b"
    assert extended(PureWindowsPath("//server/share/b"), "win32") == "\\\\?\\UNC\\server\\share\\b"
    assert extended(Path("/a/b"), "linux") == "/a/b"


# -- ready means that it runs ------------------------------------------------------------------------------------


def test_ready_is_said_only_after_the_model_ran(application, tmp_path):
    failing = PROOF.replace('"ok": true', '"ok": false').replace(
        '"checks": []', '"checks": [{"name": "import onnxruntime", "ok": false, "detail": "no DLL", "required": true}]'
    )
    kind = make_kind(tmp_path, failing)
    folder = tmp_path / "environment"
    worked, sentence, log = set_up(Plan(folder, kind, wheels=str(tmp_path / "wheels")))
    assert not worked and "import onnxruntime: no DLL" in sentence, log
    assert environment.condition(folder, kind) is Condition.UNFINISHED


@pytest.mark.parametrize("name", ["pip.conf", "environment"])
def test_the_users_configuration_of_pip_and_uv_changes_nothing(application, tmp_path, kind, monkeypatch, name):
    """`target`, `prefix`, `dry-run` and `user` gave "ready" with nothing importable."""
    if name == "environment":
        for variable, value in {
            "PIP_TARGET": "elsewhere", "PIP_DRY_RUN": "1", "PIP_USER": "1", "PIP_PREFIX": "/nowhere",
            "UV_DRY_RUN": "1", "UV_INDEX_URL": "http://127.0.0.1:9", "UV_NO_BINARY": "1", "UV_SYSTEM_PYTHON": "1",
            "UV_CACHE_DIR": "/nowhere", "UV_TARGET": "/nowhere",
        }.items():  # fmt: skip
            monkeypatch.setenv(variable, value)
    else:
        for tool, text in {
            "pip/pip.conf": "[install]\ntarget = elsewhere\ndry-run = true\n",
            "uv/uv.toml": '[pip]\ntarget = "elsewhere"\nno-binary = [":all:"]\n',
        }.items():
            file = tmp_path / "config" / tool
            file.parent.mkdir(parents=True)
            file.write_text(text)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "environment"
    worked, _sentence, log = set_up(Plan(folder, kind, wheels=str(tmp_path / "wheels")))
    assert worked and installed(folder), log


def test_a_mark_that_cannot_be_written_ends_the_set_up_with_a_sentence(application, tmp_path, kind, monkeypatch):
    """It stayed open for ever."""
    calls = []

    def full(*args: object, finished: bool, **facts: object) -> None:
        calls.append(finished)
        if len(calls) > 1:
            raise OSError(28, "No space left on device", str(tmp_path))
        environment.write_marker(*args, finished=finished, **facts)

    monkeypatch.setattr(environment_setup, "write_marker", full)
    worked, sentence, _log = set_up(Plan(tmp_path / "environment", kind, wheels=str(tmp_path / "wheels")))
    assert not worked and re.search("full", sentence), sentence


def test_a_folder_that_cannot_be_made_ends_the_set_up_with_a_sentence(application, tmp_path, kind):
    (tmp_path / "file").write_text("")
    worked, sentence, _log = set_up(Plan(tmp_path / "file" / "environment", kind))
    assert not worked and "environment folder" in sentence


def test_an_environment_of_another_version_is_out_of_date(application, tmp_path, kind):
    folder = tmp_path / "environment"
    (folder / "venv" / "bin").mkdir(parents=True)
    environment.python_of(folder).touch()
    environment.write_marker(folder, kind, finished=True)
    assert environment.condition(folder, kind) is Condition.READY
    Path(kind.file).write_text("tinything==1.1\n")
    assert environment.condition(folder, kind) is Condition.OUTDATED


def test_uv_on_the_path_is_used_if_it_is_not_older(application, tmp_path, kind, monkeypatch):
    own = Path(uv.unpack(wheel_of_uv(), tmp_path / "own"))
    (tmp_path / "wheels" / wheel_of_uv().name).unlink()
    old = tmp_path / "old" / "uv"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho uv 0.4.1\n")
    old.chmod(0o755)
    for folder, works in ((old.parent, False), (own.parent, True)):
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
        monkeypatch.setenv("HOME", str(tmp_path))
        worked, sentence, log = set_up(Plan(tmp_path / "environment", kind, wheels=str(tmp_path / "wheels")))
        assert worked is works, log
        assert works or "uv 0." in sentence


def test_what_another_window_sets_up_is_not_removed(application, tmp_path, kind):
    folder = tmp_path / "environment"
    setup = EnvironmentSetup(Plan(folder, kind, wheels=str(tmp_path / "wheels")))
    setup.start()
    with pytest.raises(ValueError, match="Another QGIS window"):
        environment.remove(folder)
    setup.cancel()
    assert wait_until(lambda: setup._is_over)
    assert environment.remove(folder) == []


# -- weights that come as a wheel ---------------------------------------------------------------------------------


@pytest.fixture
def weights_wheel(tmp_path, kind, monkeypatch):
    """The plugin as it comes from the plugin site, and the wheel of its weights in a folder."""
    sys.path.insert(0, str(ROOT / "scripts"))
    import package

    wheel = package.write_wheel(tmp_path, "1.0", {"vision.json": b"{}"}, b"licence")
    entry = json.loads(package.weights_entry(wheel, "1.0", ""))
    found = Weights(**{**entry, "sha256": ungrouped(entry["sha256"])})

    def use(**changed: object) -> None:
        for module in (requirements, environment_setup):
            monkeypatch.setattr(module, "weights", lambda: found._replace(**changed))

    use()
    return wheel, use


def test_weights_come_from_a_folder_of_wheels(application, tmp_path, kind, weights_wheel):
    wheel, _use = weights_wheel
    wheel.rename(tmp_path / "wheels" / wheel.name)
    folder = tmp_path / "environment"
    worked, _sentence, log = set_up(Plan(folder, kind, wheels=str(tmp_path / "wheels")))
    assert worked, log
    assert list(folder.glob("venv/lib/python3*/site-packages/terrascope_weights/models/vision.json"))


def test_without_an_address_and_a_folder_of_the_weights_nothing_is_begun(application, tmp_path, kind, weights_wheel):
    worked, sentence, _log = set_up(Plan(tmp_path / "environment", kind))
    assert not worked and "terrascope_weights-1.0" in sentence and "complete zip" in sentence
    assert not (tmp_path / "environment").exists()


def test_weights_come_from_their_address_if_the_hash_is_right(application, tmp_path, kind, weights_wheel, monkeypatch):
    wheel, use = weights_wheel
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(environment_setup.FoundPython, "why_not", lambda *_a, **_k: "")
    with_candidates(monkeypatch, Candidate(sys.executable))
    for file in (wheel_of_uv(), tmp_path / "wheels" / "tinything-1.0-py3-none-any.whl"):
        page = tmp_path / "index" / file.name.split("-")[0]
        page.mkdir(parents=True)
        (page / file.name).write_bytes(file.read_bytes())
        (page / "index.html").write_text(f'<a href="{file.name}">{file.name}</a>')
    (tmp_path / "index" / wheel.name).write_bytes(wheel.read_bytes())
    folder = tmp_path / "environment"
    with served(tmp_path / "index") as url:
        plan = Plan(folder, kind, network=Network(index=url))
        use(url=f"{url}/{wheel.name}", sha256="0" * 64)
        worked, sentence, log = set_up(plan)
        assert not worked and "hash differs" in sentence, log
        use(url=f"{url}/{wheel.name}")
        worked, _sentence, log = set_up(plan)
        assert worked, log
    assert list(folder.glob("venv/lib/python3*/site-packages/terrascope_weights/models/vision.json"))


# -- the installer, and the network ------------------------------------------------------------------------------


def test_hashes_are_checked_and_wheels_only_are_taken(kind):
    launch = uv.install("uv", Path("python"), (Path("a.txt"),), Path("x"), "", Network())
    assert {"--require-hashes", "--only-binary", ":all:", "--no-config"} <= set(launch.arguments)
    assert "--no-index" not in launch.arguments and launch.extra["PIP_CONFIG_FILE"] == os.devnull
    offline = uv.install("uv", Path("python"), (Path("a.txt"),), Path("x"), "wheels", Network())
    assert {"--no-index", "--offline"} <= set(offline.arguments)


def test_a_wheel_of_uv_that_was_tampered_with_is_not_run(application, tmp_path, kind, monkeypatch):
    with_candidates(monkeypatch, Candidate(sys.executable))
    link = tmp_path / "wheels" / wheel_of_uv().name
    data = link.read_bytes()
    link.unlink()
    link.write_bytes(data + b"x")
    worked, sentence, log = set_up(Plan(tmp_path / "environment", kind, wheels=str(tmp_path / "wheels")))
    assert not worked and "uv 0." in sentence
    assert any("hash differs" in line for line in log) and not (tmp_path / "environment" / "uv").exists()


def test_uv_is_fetched_by_a_pythons_own_pip_which_stays_as_it_is(application, tmp_path, kind, monkeypatch):
    """From an index on the loopback address, which the user set."""
    with_candidates(monkeypatch, Candidate(sys.executable))
    for name, file in (("uv", wheel_of_uv()), ("tinything", tmp_path / "wheels" / "tinything-1.0-py3-none-any.whl")):
        page = tmp_path / "index" / name
        page.mkdir(parents=True)
        (page / file.name).write_bytes(file.read_bytes())
        (page / "index.html").write_text(f'<a href="{file.name}">{file.name}</a>')
    folder = tmp_path / "environment"
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with served(tmp_path / "index") as url:
        plan = Plan(folder, kind, network=Network(index=url))
        monkeypatch.setattr(environment_setup.FoundPython, "why_not", lambda *_a, **_k: "")  # tiny is in no table
        worked, _sentence, log = set_up(plan)
    assert worked, log
    assert (folder / "uv" / "uv").is_file() and any(" download " in line for line in log)


def test_without_pip_the_page_says_what_to_install(application, tmp_path, kind, monkeypatch):
    from environment_stand_ins import answering

    lacking = {"pip": "no module", "ensurepip": "no module"}
    with_candidates(monkeypatch, answering(tmp_path, "bare", lacks=lacking))
    monkeypatch.setattr(environment_setup.FoundPython, "why_not", lambda *_a, **_k: "")
    worked, sentence, _log = set_up(Plan(tmp_path / "environment", kind))
    assert not worked and "python3-pip" in sentence and "python3-venv" in sentence


def test_the_proxy_of_qgis_is_used(application):
    from qgis.core import QgsSettings

    settings = QgsSettings()
    for name, value in {
        "proxyEnabled": True,
        "proxyHost": "proxy.example",
        "proxyPort": "3128",
        "proxyUser": "anna",
    }.items():
        settings.setValue(f"proxy/{name}", value)
    try:
        assert proxy_from_qgis() == "http://anna:@proxy.example:3128"
        assert Network().variables({})["HTTPS_PROXY"] == "http://anna:@proxy.example:3128"
        assert Network(proxy="http://own:1").variables({})["HTTPS_PROXY"] == "http://own:1"
    finally:
        settings.remove("proxy")
    assert proxy_from_qgis() == "" and "HTTPS_PROXY" not in Network().variables({})


def test_certificates_are_the_users_or_those_that_the_users_variables_name():
    assert Network(certificates="own.pem").variables({"PIP_CERT": "b.pem"})["SSL_CERT_FILE"] == "own.pem"
    assert Network().variables({"REQUESTS_CA_BUNDLE": "b.pem"})["PIP_CERT"] == "b.pem"
    assert "SSL_CERT_FILE" not in Network().variables({"SSL_CERT_FILE": "of-osgeo4w.pem"})


def test_the_shipped_requirements_are_pinned_and_listed():
    from terrascope_plugin.backend_process.requirements import available_kinds, requirement_file

    kinds = {kind.name: kind for kind in available_kinds()}
    names = [package.name for package in packages(requirement_file(kinds["embedded"]))]
    assert {"numpy", "onnxruntime", "rasterio", "msvc-runtime"} <= set(names) and "torch" not in names
    assert uv.pinned() and LOCK


# -- temporary files -------------------------------------------------------------------------------------------------


def test_the_temporary_folder_is_private_and_what_a_dead_qgis_left_is_removed(application, tmp_path, monkeypatch):
    """It was one for all users and was never emptied."""
    import subprocess
    import tempfile

    from terrascope_plugin import temporary

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    temporary.remove()
    left = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys, os, tempfile; sys.path.insert(0, {str(ROOT)!r}); tempfile.tempdir = {str(tmp_path)!r}\n"
            "from terrascope_plugin.temporary import folder as temporary_folder\n"
            "folder = temporary_folder(); (folder / 'scene.tif').write_text('x'); print(folder, flush=True)\n"
            "os._exit(9)",
        ],
        capture_output=True,
        text=True,
    ).stdout.strip()
    assert (Path(left) / "scene.tif").exists()
    (tmp_path / (temporary.PREFIX + "notes")).mkdir()  # of somebody else: no lock of ours in it
    folder = temporary.folder()
    assert folder == temporary.folder() and folder.stat().st_mode & 0o777 == 0o700
    assert not Path(left).exists() and (tmp_path / (temporary.PREFIX + "notes")).exists()
    temporary.remove_abandoned()
    assert folder.exists()  # ours is in use
    temporary.remove()
    assert not folder.exists()


# -- the page --------------------------------------------------------------------------------------------------------


@pytest.fixture
def dialog(application, tmp_path, monkeypatch, backend):
    from terrascope_plugin.panel import setup_dialog

    kind = make_kind(tmp_path)
    monkeypatch.setattr(setup_dialog, "available_kinds", lambda: [kind])
    monkeypatch.delenv("TERRASCOPE_PYTHON", raising=False)
    settings = Settings(environment_folder=str(tmp_path / "environment"), wheel_folder=str(tmp_path / "wheels"))
    return setup_dialog.SetupDialog(settings, backend("normal"))


def test_the_page_installs_shows_the_device_and_asks_before_a_python_is_fetched(dialog, tmp_path, monkeypatch):
    from qgis.PyQt.QtWidgets import QMessageBox

    from terrascope_plugin.panel import setup_dialog

    dialog.proxy.setText(" http://proxy:1 ")
    started: list[Plan] = []

    class Refused(EnvironmentSetup):
        def start(self) -> None:
            started.append(self._plan)
            self.could_fetch = "" if self._plan.fetch_python else "3.12.14"
            self._stop(False, "No Python here fits.")

    monkeypatch.setattr(setup_dialog, "EnvironmentSetup", Refused)
    for answer, count in ((QMessageBox.StandardButton.No, 1), (QMessageBox.StandardButton.Yes, 2)):
        monkeypatch.setattr(QMessageBox, "question", lambda *_args, answer=answer: answer)
        started.clear()
        dialog.start()
        assert [plan.fetch_python for plan in started] == [False, True][:count]
        assert started[0].network.proxy == "http://proxy:1"
    monkeypatch.setattr(setup_dialog, "EnvironmentSetup", EnvironmentSetup)
    dialog.proxy.setText("")
    dialog.start()
    assert dialog.cancel.isEnabled()
    assert wait_until(lambda: dialog._setup is None, 120), dialog.log.toPlainText()
    assert "CPU" in dialog.state.text() and dialog.install.text() == "&Repair", dialog.log.toPlainText()
    dialog.reject()
