"""The set-up makes, repairs, resumes and removes an environment; QGIS's own Python stays as it is."""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import wait_until

from terrascope_plugin.backend_process import environment
from terrascope_plugin.backend_process.environment import Condition
from terrascope_plugin.backend_process.environment_setup import EnvironmentSetup, Plan, pip_arguments, proxy_from_qgis
from terrascope_plugin.backend_process.pythons import candidates, parse_answer
from terrascope_plugin.backend_process.requirements import KindOfModel, packages


def make_wheel(folder: Path, text: str = "answer = 42\n") -> str:
    """Write a tiny wheel; return the hash that pip checks."""
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


@pytest.fixture
def kind(tmp_path) -> KindOfModel:
    """A kind of model that needs one tiny package, from a folder of wheels."""
    digest = make_wheel(tmp_path / "wheels")
    file = tmp_path / "tiny.txt"
    file.write_text(f"tinything==1.0 \\\n    --hash=sha256:{digest}\n")
    return KindOfModel("tiny", str(file), 1, 1)


def set_up(plan: Plan) -> tuple[bool, str, list[str]]:
    """Run a plan to its end; return whether it worked, the sentence, and the log."""
    setup = EnvironmentSetup(plan)
    log: list[str] = []
    ends: list[tuple[bool, str]] = []
    setup.log.connect(log.append)
    setup.finished.connect(lambda worked, sentence: ends.append((worked, sentence)))
    setup.start()
    assert wait_until(lambda: bool(ends), 400), log
    if "python3-venv" in ends[0][1]:
        pytest.skip("this Python cannot make environments (package python3-venv)")
    return (*ends[0], log)


def test_an_environment_from_a_folder_of_wheels_without_network_then_removed(application, tmp_path, kind):
    folder = tmp_path / "environment"
    assert environment.condition(folder, kind) is Condition.ABSENT
    worked, sentence, log = set_up(Plan(folder, kind, wheels=str(tmp_path / "wheels")))
    assert worked, log
    assert environment.condition(folder, kind) is Condition.READY
    assert list(folder.glob("lib/python3*/site-packages/tinything.py"))
    assert "tinything" not in sys.modules
    environment.remove(folder)
    assert environment.condition(folder, kind) is Condition.ABSENT


def test_a_package_that_was_tampered_with_is_refused(application, tmp_path, kind):
    make_wheel(tmp_path / "wheels", "answer = 'evil'\n")
    folder = tmp_path / "environment"
    worked, sentence, _log = set_up(Plan(folder, kind, wheels=str(tmp_path / "wheels")))
    assert not worked and "hash differs" in sentence
    assert environment.condition(folder, kind) is Condition.UNFINISHED
    assert not list(folder.glob("lib/python3*/site-packages/tinything.py"))


def test_a_missing_wheel_is_said_and_going_on_works(application, tmp_path, kind):
    folder = tmp_path / "environment"
    wheel = next((tmp_path / "wheels").iterdir())
    aside = wheel.rename(tmp_path / wheel.name)
    worked, sentence, _log = set_up(Plan(folder, kind, wheels=str(tmp_path / "wheels")))
    assert not worked and "folder of wheels" in sentence
    aside.rename(wheel)
    assert set_up(Plan(folder, kind, wheels=str(tmp_path / "wheels")))[0]


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


def test_only_what_the_plugin_made_is_removed(tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").write_text("years of work")
    with pytest.raises(ValueError, match="not made by TerraScope"):
        environment.remove(tmp_path / "precious")
    assert (tmp_path / "precious" / "thesis.txt").exists()


def test_an_environment_of_another_version_is_out_of_date(application, tmp_path, kind):
    folder = tmp_path / "environment"
    (folder / "bin").mkdir(parents=True)
    environment.python_of(folder).touch()
    environment.write_marker(folder, kind, finished=True)
    assert environment.condition(folder, kind) is Condition.READY
    Path(kind.file).write_text("tinything==1.1\n")
    assert environment.condition(folder, kind) is Condition.OUTDATED


def test_pip_checks_hashes_and_takes_wheels_only(kind):
    arguments = pip_arguments(Plan(Path("x"), kind))
    assert "--require-hashes" in arguments and ":all:" in arguments and "--no-index" not in arguments


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
    finally:
        settings.remove("proxy")
    assert proxy_from_qgis() == ""


def test_pythons_are_told_apart():
    found = parse_answer("warning: something\nTERRASCOPE 3 12 64 1 C:\\Program Files\\Python312\\python.exe\n")
    assert found is not None and found.fits and found.path.endswith("python.exe")
    assert not parse_answer("TERRASCOPE 3 9 64 1 /usr/bin/python3").fits
    assert not parse_answer("TERRASCOPE 3 11 64 0 /usr/bin/python3").fits
    assert parse_answer("Python was not found; run without arguments to install") is None
    assert candidates()


def test_the_shipped_requirements_are_pinned_and_listed():
    from terrascope_plugin.backend_process.requirements import available_kinds, requirement_file

    kinds = {kind.name: kind for kind in available_kinds()}
    names = [package.name for package in packages(requirement_file(kinds["embedded"]))]
    assert {"numpy", "onnxruntime", "rasterio"} <= set(names) and "torch" not in names
