"""Shared fixtures of the tests of backend and laboratory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder with the real labelled imagery and golden arrays; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("TERRASCOPE_DATA", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no data folder {folder.name!r} beside the project (set TERRASCOPE_DATA)")
    return folder
