"""Two distributions out of one tree: what a user installs has nothing of the laboratory in it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

BACKEND = Path(__file__).resolve().parents[2] / "backend"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, zipfile.ZipFile]:
    """Both wheels, built from a copy of what is in the tree, by the name of their package."""
    pytest.importorskip("setuptools", reason="wheels are built by setuptools")
    folder = tmp_path_factory.mktemp("wheels")
    tree = folder / "backend"
    skip = ("__pycache__", "build", ".egg-info")
    for path in BACKEND.rglob("*"):
        inside = path.relative_to(BACKEND)
        if path.is_file() and not any(part.endswith(skip) for part in inside.parts):
            (tree / inside).parent.mkdir(parents=True, exist_ok=True)
            (tree / inside).write_bytes(path.read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", str(folder)]
    for project in (tree, tree / "terrascope_lab"):
        subprocess.run([*command, str(project)], check=True, stdin=subprocess.DEVNULL)
    return {path.name.split("-")[0]: zipfile.ZipFile(path) for path in folder.glob("*.whl")}


def roots(wheel: zipfile.ZipFile) -> set[str]:
    return {name.split("/")[0] for name in wheel.namelist() if not name.split("/")[0].endswith(".dist-info")}


def test_each_holds_its_own_package_alone(wheels: dict[str, zipfile.ZipFile]) -> None:
    assert roots(wheels["terrascope_backend"]) == {"terrascope"}
    assert roots(wheels["terrascope_lab"]) == {"terrascope_lab"}


def test_data_files_of_both_are_in_them(wheels: dict[str, zipfile.ZipFile]) -> None:
    assert "terrascope/trace/report/report.html.j2" in wheels["terrascope_backend"].namelist()
    assert "terrascope_lab/bench/small/small.parquet" in wheels["terrascope_lab"].namelist()


def test_the_laboratory_names_its_commands(wheels: dict[str, zipfile.ZipFile]) -> None:
    lab = wheels["terrascope_lab"]
    (entries,) = [name for name in lab.namelist() if name.endswith("entry_points.txt")]
    text = lab.read(entries).decode()
    assert "[terrascope.commands]" in text
    for name in ("cot", "train", "bench"):
        assert f"{name} = terrascope_lab.commands:add_{name}" in text


def test_the_runtime_imports_nothing_of_the_laboratory() -> None:
    for path in (BACKEND / "terrascope").rglob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        imports = ("from terrascope_lab", "import terrascope_lab")
        assert not [line for line in lines if line.lstrip().startswith(imports)], path
