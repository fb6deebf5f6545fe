"""A run's file copied in a background task: it may be large, and its folder far away."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from qgis.core import QgsTask
from qgis.PyQt.QtCore import pyqtSignal

from ..i18n import tr
from .database_file import open_to_read
from .file_change import reason_of


def part_of(target: str) -> str:
    """Return where a file is written before it takes its place: beside it, so that it only has to be renamed."""
    path = Path(target)
    return str(path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}"))


_running: set[CopyTask] = set()  # QGIS keeps no Python reference to a task


class CopyTask(QgsTask):
    """Copies a database as it was before a transaction that is under way, or was cut off. `copied(str)`: an error."""

    copied = pyqtSignal(str)

    def __init__(self, source: str, target: str) -> None:
        super().__init__(tr("Saving a run"))
        self._source, self._target = source, target
        self._error = ""
        _running.add(self)

    def run(self) -> bool:
        """Copy (worker thread)."""
        try:
            connection, found = open_to_read(Path(self._source))
            with closing(connection):
                connection.execute("BEGIN")
                connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # nobody writes while this reads
                shutil.copyfile(found, self._target)
        except sqlite3.Error as error:
            self._error = str(error)
        except OSError as error:
            self._error = reason_of(error)
        return not self._error

    def finished(self, worked: bool) -> None:
        """Tell what became of it (window's thread)."""
        _running.discard(self)
        self.copied.emit("" if worked else self._error or tr("Cancelled."))
