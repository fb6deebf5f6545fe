"""The folder that holds the backend's own Python environment."""

from __future__ import annotations

import json
import sys
from enum import Enum
from pathlib import Path
from typing import Any

from qgis.PyQt.QtCore import QLockFile

from ..i18n import tr
from .folder import FORMAT, LOCK, MARKER, VENV, delete_what_is_ours, read_marker
from .requirements import KindOfModel, fingerprint


class Condition(Enum):
    """State of an environment on disk."""

    ABSENT = "absent"
    UNFINISHED = "unfinished"
    OUTDATED = "outdated"
    READY = "ready"


def python_of(folder: Path) -> Path:
    """Return the path of the environment's interpreter."""
    return folder / VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def write_marker(folder: Path, kind: KindOfModel, *, finished: bool, **facts: Any) -> None:
    """Note what the environment is made from. Made first, unfinished: it also says that the folder is ours.

    `facts` of an earlier marker are kept: `path` (folders that the environment's Python needs on PATH), `device`.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    kept = {name: value for name, value in read_marker(folder).items() if name in ("path", "device")}
    made_from = {"format": FORMAT, "kind": kind.name, "requirements": fingerprint(kind), "finished": finished}
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, {**made_from, **kept, **facts})


def condition(folder: Path, kind: KindOfModel) -> Condition:
    """Say whether the environment can be used for a kind of model: ready means installed, and proved by a run."""
    marker = read_marker(folder)
    if not marker:
        return Condition.ABSENT
    if not marker.get("finished") or not python_of(folder).exists():
        return Condition.UNFINISHED
    is_current = marker.get("kind") == kind.name and marker.get("requirements") == fingerprint(kind)
    return Condition.READY if is_current else Condition.OUTDATED


def remove(folder: Path) -> list[str]:
    """Delete an environment that the plugin made, and nothing else. Slow: not for the window's thread.

    Returns
    -------
    list of str
        What else lies in the folder; it was left.

    Raises
    ------
    ValueError
        If the folder does not carry the plugin's mark, or another window works in it.
    OSError
        If a file cannot be deleted (Windows: a backend is still running).
    """
    if not read_marker(folder):
        raise ValueError(
            tr('"{0}" was not made by TerraScope; delete it yourself if you do not need it.').format(folder)
        )
    lock = QLockFile(str(folder / LOCK))
    lock.setStaleLockTime(0)
    if not lock.tryLock(0):
        raise ValueError(tr("Another QGIS window is setting up the same environment. Wait for it, then try again."))
    try:
        # Where a file cannot be deleted, what is left must not look ready.
        _write(folder, {**read_marker(folder), "finished": False})
        return delete_what_is_ours(folder)
    finally:
        lock.unlock()


def _write(folder: Path, marker: dict[str, Any]) -> None:
    """Write the marker beside and rename it."""
    temporary = folder / (MARKER + ".new")
    temporary.write_text(json.dumps(marker), encoding="utf-8")
    temporary.replace(folder / MARKER)
