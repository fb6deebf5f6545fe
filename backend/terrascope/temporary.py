"""The temporary folder of this process: nobody else may read it, and nothing stays of it.

It is made at its first use, with mode 700, and removed at the end. What a killed process left behind is removed by the
next one: each folder holds a lock that only a living process has.
"""

from __future__ import annotations

import atexit
import logging
import os
import re
import shutil
import stat
import tempfile
import threading
from functools import lru_cache
from pathlib import Path

from terrascope.locks import FileLock

log = logging.getLogger(__name__)

PREFIX = "terrascope-"
_ALIVE = "alive.lock"
_NAME = re.compile(rf"{PREFIX}\d+-\w+")
_making = threading.Lock()


class _Own:
    """The folder of one process; a forked child makes another."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.path = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{self.process}-"))
        self.lock = FileLock(self.path / _ALIVE)
        self.lock.acquire()

    def remove(self) -> None:
        if os.getpid() == self.process:
            self.lock.release()
            shutil.rmtree(self.path, ignore_errors=True)


_own: _Own | None = None


def folder() -> Path:
    """Return the folder; it is made by the first call, which also removes those of dead processes."""
    global _own
    with _making:
        if _own is None or _own.process != os.getpid() or not _own.path.is_dir():
            sweep()
            _own = _Own()
            atexit.register(_own.remove)
        return _own.path


def remove() -> None:
    """Remove this process's folder. For processes that end without Python's own clearing up."""
    if _own is not None:
        _own.remove()


def sweep() -> int:
    """Remove the folders of this user's processes that are dead. Returns how many they were.

    Ours are those that have our form of name and our lock in them; nothing else is touched.
    """
    removed = 0
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        try:
            if _NAME.fullmatch(path.name) and _is_mine(path) and _is_dead(path):
                shutil.rmtree(path)
                removed += 1
        except OSError as error:
            log.info("%s cannot be removed: %s", path, error)
    return removed


def _is_mine(path: Path) -> bool:
    status = path.lstat()
    return stat.S_ISDIR(status.st_mode) and (not hasattr(os, "getuid") or status.st_uid == os.getuid())


def _is_dead(path: Path) -> bool:
    if not (path / _ALIVE).is_file():
        return False
    lock = FileLock(path / _ALIVE)
    if not lock.acquire():
        return False
    lock.release()
    return True


@lru_cache(maxsize=1)
def locks_folder() -> Path:
    """Folder of locks that this user's processes on this machine share, mode 700.

    Raises
    ------
    OSError
        If a folder of that name is there and belongs to somebody else.
    """
    user = str(os.getuid()) if hasattr(os, "getuid") else "user"
    path = Path(tempfile.gettempdir()) / f"{PREFIX}locks.{user}"
    path.mkdir(mode=0o700, exist_ok=True)
    if not _is_mine(path):
        raise PermissionError(f"{path} belongs to another user")
    return path
