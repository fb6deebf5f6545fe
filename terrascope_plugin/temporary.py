"""The folder for files that live as long as this QGIS: private to the user, one per process, removed at its end.

What a QGIS that crashed has left behind is removed by the next one: a folder whose lock is free belongs to nobody.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import threading
from pathlib import Path

from qgis.PyQt.QtCore import QLockFile

PREFIX = "terrascope-reasoning-"
LOCK = "in-use.lock"
_held: list[tuple[Path, QLockFile]] = []
_one_at_a_time = threading.Lock()


def folder() -> Path:
    """Return the folder, made at the first call (mode 0700). Raises OSError."""
    with _one_at_a_time:
        if _held and _held[0][0].is_dir():
            return _held[0][0]
        _held.clear()
        remove_abandoned()
        made = Path(tempfile.mkdtemp(prefix=PREFIX))
        _held.append((made, _lock(made)))
        _held[0][1].tryLock(0)
        return made


def remove() -> None:
    """Remove the folder and all that is in it: QGIS ends. An unloaded plugin leaves it, for layers may lie in it."""
    with _one_at_a_time:
        while _held:
            made, lock = _held.pop()
            lock.unlock()
            shutil.rmtree(made, ignore_errors=True)


def remove_abandoned() -> None:
    """Remove folders of processes that are gone. Another user's cannot be locked, and stay."""
    for found in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        lock = _lock(found)
        if not found.is_symlink() and (found / LOCK).exists() and lock.tryLock(0):
            lock.unlock()
            shutil.rmtree(found, ignore_errors=True)


def _lock(found: Path) -> QLockFile:
    """A lock that counts as free only when its process is gone, however old it is."""
    lock = QLockFile(str(found / LOCK))
    lock.setStaleLockTime(0)
    return lock


atexit.register(remove)
