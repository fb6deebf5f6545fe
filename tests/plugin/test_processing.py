"""The algorithms answer in QGIS's own command line, on a real raster, with the real backend."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import ROOT

SCENE = next((ROOT / ".work" / "scene").glob("*.tif"), None) if (ROOT / ".work" / "scene").is_dir() else None
PROGRAM = shutil.which("qgis_process.bin") or shutil.which("qgis_process")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run an algorithm in a profile of its own with the plugin enabled; return its results."""
    python = os.environ.get("TERRASCOPE_PYTHON", "")
    scene = Path(os.environ["TERRASCOPE_SCENE"]) if os.environ.get("TERRASCOPE_SCENE") else SCENE
    if not python or PROGRAM is None or scene is None:
        pytest.skip("needs qgis_process, TERRASCOPE_PYTHON and a scene (scripts/fetch_scene.sh .work/scene)")
    home = tmp_path_factory.mktemp("home")
    plugins = home / ".local/share/QGIS/QGIS3/profiles/default/python/plugins"
    plugins.mkdir(parents=True)
    (plugins / "terrascope_reasoning").symlink_to(ROOT)
    home.chmod(0o700)
    variables = {**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(home), "QT_QPA_PLATFORM": "offscreen"}
    variables.pop("QGIS_CUSTOM_CONFIG_PATH", None)  # the profile of the other tests
    command = [PROGRAM, "plugins", "enable", "terrascope_reasoning"]
    enabled = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120)
    assert "Enabled terrascope_reasoning" in enabled.stdout, enabled.stdout + enabled.stderr

    def run_algorithm(name: str, **parameters: str) -> dict:
        words = [f"--{key}={value}" for key, value in parameters.items()]
        result = subprocess.run(
            [PROGRAM, "--json", "run", f"terrascope:{name}", *words],
            env=variables,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert result.returncode == 0, result.stderr + result.stdout
        return json.loads(result.stdout[result.stdout.index("{") :])["results"]

    def start_algorithm(name: str, **parameters: str) -> subprocess.Popen:
        words = [f"--{key}={value}" for key, value in parameters.items()]
        return subprocess.Popen(
            [PROGRAM, "run", f"terrascope:{name}", *words],
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    run_algorithm.start = start_algorithm
    run_algorithm.scene = str(scene)
    run_algorithm.home = home
    return run_algorithm


def test_ask_answers_and_leaves_polygons_and_a_run(run):
    masks = run.home / "masks.gpkg"
    results = run("ask", IMAGES=run.scene, QUESTION="How much of the area is covered by water?", OUTPUT=str(masks))
    assert results["END"] in ("answered", "abstained") and results["ANSWER"]
    assert masks.is_file() and Path(results["RUN_FILE"]).is_file()


def test_segment_marks_a_phrase(run):
    masks = run.home / "water.gpkg"
    run("segment", IMAGES=run.scene, PHRASE="water", OUTPUT=str(masks))
    from qgis.core import QgsVectorLayer

    layer = QgsVectorLayer(str(masks), "masks", "ogr")
    assert layer.isValid() and {"step", "label", "area_m2", "share"} <= {field.name() for field in layer.fields()}


def test_polygons_that_were_found_are_measured(run):
    masks = run.home / "found.gpkg"
    run("segment", IMAGES=run.scene, PHRASE="water", OUTPUT=str(masks))
    results = run("measure", MASK=str(masks), OUTPUT=str(run.home / "sizes.csv"))
    rows = (run.home / "sizes.csv").read_text(encoding="utf-8").splitlines()
    assert results["COUNT"] == len(rows) - 1 > 0 and results["AREA_M2"] > 0


def children_of(pid: int) -> list[int]:
    """Return the process ids of a process's children."""
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def test_an_interrupt_ends_the_command_line_soon_and_leaves_no_child(run):
    question = "Which covers more area: forest or built-up land?"
    process = run.start("ask", IMAGES=run.scene, QUESTION=question, OUTPUT=str(run.home / "stopped.gpkg"))
    said = ""
    while "Reading" not in said:  # progress and messages come while it works
        said += process.stdout.read(1)
        assert process.poll() is None, said
    children = [child for child in children_of(process.pid) if b"terrascope" in command_line(child)]
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert time.monotonic() - begun < 2  # QGIS itself takes a moment to leave
    assert "0..." in said and children and not any(b"terrascope" in command_line(child) for child in children)


def command_line(pid: int) -> bytes:
    """Return a process's command line, empty where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
