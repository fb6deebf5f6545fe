"""Plugin tests run in QGIS's own Python, without a window (QT_QPA_PLATFORM=offscreen)."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

qgis_core = pytest.importorskip("qgis.core", reason="these tests need QGIS's Python (package python3-qgis)")

from qgis.PyQt.QtCore import QCoreApplication  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
SCRIPTED = ROOT / "tests" / "plugin" / "scripted_backend.py"


@pytest.fixture(scope="session", autouse=True)
def application(tmp_path_factory: pytest.TempPathFactory):
    """One QGIS application with settings of its own."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    # As in QGIS, which sets a hook of its own: with Python's own one PyQt ends the program at an error in a slot.
    sys.excepthook = lambda *error: traceback.print_exception(*error)
    os.environ["QGIS_CUSTOM_CONFIG_PATH"] = str(tmp_path_factory.mktemp("profile"))
    app = qgis_core.QgsApplication([], True, os.environ["QGIS_CUSTOM_CONFIG_PATH"])
    app.initQgis()
    return app


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Let events run until a condition holds; return whether it does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        QCoreApplication.processEvents()
        time.sleep(0.005)
    return True


@pytest.fixture
def backend(application):
    """Make a BackendProcess over the scripted child; ended after the test."""
    from terrascope_plugin.backend_process.child_environment import Launch
    from terrascope_plugin.backend_process.process import BackendProcess

    made = []

    def make(mode: str, grace_s: float = 1.0) -> BackendProcess:
        process = BackendProcess(lambda: Launch("/usr/bin/python3", (str(SCRIPTED), mode), {}), grace_s)
        made.append(process)
        return process

    yield make
    for process in made:
        process.stop()


@pytest.fixture(scope="session")
def run_gpkg(tmp_path_factory) -> str:
    """A run's GeoPackage, as the scripted child writes it."""
    path = tmp_path_factory.mktemp("run") / "run.gpkg"
    code = (
        f"import sys; sys.argv = ['x', 'silent']; sys.stdin = open('/dev/null'); "
        f"exec(open({str(SCRIPTED)!r}).read()); p = {str(path)!r}; "
        "write_file(p, 'How much water is there?'); add_step(p, 1, 'water', '#2166ff', 'Water lies in "
        "the west [SEG].'); "
        "add_step(p, 2, 'forest', '#00a000', 'Forest [SEG].')"
    )
    subprocess.run(["/usr/bin/python3", "-c", code], check=True)
    return str(path)


@pytest.fixture(scope="session")
def written_run(tmp_path_factory) -> str:
    """A run's GeoPackage, as the backend writes it: four steps, a derived mask, three claims."""
    python = os.environ.get("TERRASCOPE_PYTHON", "")
    if not python:
        pytest.skip("needs the backend's Python (TERRASCOPE_PYTHON)")
    path = tmp_path_factory.mktemp("written") / "written.gpkg"
    code = (
        "import sys; from conftest_trace import UTM, make_trace; from terrascope.trace.geopackage import "
        "write_geopackage; write_geopackage(make_trace(UTM), sys.argv[1])"
    )
    variables = {**os.environ, "PYTHONPATH": f"{ROOT / 'backend'}:{ROOT / 'tests' / 'backend' / 'trace'}"}
    subprocess.run([python, "-c", code, str(path)], check=True, env=variables)
    return str(path)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave without the interpreter's teardown: QGIS objects that a traceback holds would crash it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(getattr(config, "terrascope_status", 3))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keep the status for `pytest_unconfigure`."""
    session.config.terrascope_status = int(exitstatus)
