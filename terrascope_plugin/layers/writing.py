"""Which files are being written by a question of this QGIS: a second writer is refused before it begins."""

from __future__ import annotations

import os
import threading

_lock = threading.Lock()
_files: set[str] = set()


def begin(path: str) -> bool:
    """Note that a file is going to be written; False where it is being written already."""
    with _lock:
        if _name(path) in _files:
            return False
        _files.add(_name(path))
        return True


def is_written(path: str) -> bool:
    """Whether a question of this QGIS writes a file now."""
    with _lock:
        return _name(path) in _files


def end(path: str) -> None:
    """Note that a file is no longer written."""
    with _lock:
        _files.discard(_name(path))


def _name(path: str) -> str:
    return os.path.normcase(os.path.realpath(path))
