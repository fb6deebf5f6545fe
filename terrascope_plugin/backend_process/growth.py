"""How much a folder holds, watched from a thread of its own: the progress of a download."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from qgis.PyQt.QtCore import QObject, pyqtSignal

PERIOD_S = 1.0


class Growth(QObject):
    """Emits `grown(bytes, seconds)`: what has come in since `start`, and the time since then."""

    grown = pyqtSignal(float, float)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder, self._end = folder, threading.Event()

    def start(self) -> None:
        """Begin to watch."""
        self.stop()
        self._end = threading.Event()
        threading.Thread(target=self._watch, args=(self._end,), name="terrascope-growth", daemon=True).start()

    def stop(self) -> None:
        """Watch no longer. The thread ends by itself: the window does not wait for it."""
        self._end.set()

    def _watch(self, end: threading.Event) -> None:
        begin, first = time.monotonic(), size_of(self._folder)
        while not end.wait(PERIOD_S):
            grown = size_of(self._folder) - first
            try:
                self.grown.emit(float(grown), time.monotonic() - begin)
            except RuntimeError:  # the window was closed meanwhile
                return


def size_of(folder: Path) -> int:
    """Return the bytes of all files in a folder; what vanishes meanwhile counts nothing."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(where, name)).st_size  # noqa: PTH118 - thousands of files a second
            except OSError:
                continue
    return total
