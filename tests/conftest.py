"""Shared fixtures of the tests of backend and laboratory.

`images` is a folder of images in the layout of the data folder: made ones, and the real ones where the data folder
stands beside the project. `landsat` is a real scene that everybody can have. `shared` is the data folder itself: what
asks for it is left out where it is absent.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests import made_scenes

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("TERRASCOPE_DATA", ROOT.parent / "shared"))


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker that `pytest_collection_modifyitems` sets."""
    config.addinivalue_line("markers", "data: needs the data folder beside the project")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs the data folder; without one it is not among the tests of this machine."""
    needs = [item for item in items if "shared" in getattr(item, "fixturenames", ()) or "[real" in item.name]
    for item in needs:
        item.add_marker("data")
    if not SHARED.is_dir():
        items[:] = [item for item in items if item not in set(needs)]
        config.hook.pytest_deselected(items=needs)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with the real labelled imagery and golden arrays."""
    if not SHARED.is_dir():
        pytest.skip(f"no data folder {SHARED.name!r} beside the project (set TERRASCOPE_DATA)")
    return SHARED


@pytest.fixture(scope="session")
def landsat() -> Path:
    """A real Landsat 7 scene with a CRS, of six bands: Olinda, Brazil, or where there is no apt Wake County."""
    command = ["bash", str(ROOT / "scripts" / "fetch_scene.sh"), str(ROOT / ".work" / "scene")]
    found = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if found.returncode:
        pytest.fail(f"the scene of the tests could not be fetched: {found.stderr.strip()}")
    return Path(found.stdout.strip())


@pytest.fixture(scope="session")
def made(landsat: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of made images in the layout of the data folder."""
    folder = tmp_path_factory.mktemp("images")
    made_scenes.make(landsat, folder)
    return folder


@pytest.fixture(scope="session", params=["made", "real"])
def images(request: pytest.FixtureRequest) -> Path:
    """A folder of images in the layout of the data folder, made and real."""
    if request.param == "made":
        return Path(request.getfixturevalue("made"))
    return Path(request.getfixturevalue("shared")) / "data"
