"""The folder for files that are needed while QGIS runs: of this process alone, and gone after it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
from pathlib import Path

_lock = threading.Lock()
_made: list[Path] = []


def folder() -> Path:
    """Return the folder, made at the first call so that nobody else can read it. Raises OSError."""
    with _lock:
        if not _made or not _made[0].is_dir():
            _made[:] = [Path(tempfile.mkdtemp(prefix="terrascope-"))]
        return _made[0]


def remove() -> None:
    """Remove the folder with what is in it; what another program holds stays."""
    with _lock:
        while _made:
            shutil.rmtree(_made.pop(), ignore_errors=True)


atexit.register(remove)  # qgis_process; the QGIS window does not end its Python, there the plugin does it
