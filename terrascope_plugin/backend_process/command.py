"""One child process after another, watched line by line, never blocking the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from qgis.PyQt.QtCore import QObject, QProcess, pyqtSignal

from .child_environment import Launch, prepare

#: Commands whose program runs. A program does not end because nobody remembers it.
_running: set[Command] = set()


class Finished(NamedTuple):
    """What became of a command. `code` is None where the program could not be started or was cancelled."""

    code: int | None
    output: str
    cancelled: bool


class Command(QObject):
    """Runs one program with its output merged; `line` for each line, `done(Finished)` once at the end."""

    line = pyqtSignal(str)
    done = pyqtSignal(object)

    def __init__(self, launch: Launch, parent: QObject | None = None, *, keep_pip: bool = False) -> None:
        super().__init__(parent)
        self._cancelled = False
        self._pieces: list[str] = []
        self._rest = ""
        self._process = QProcess(self)
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        prepare(self._process, launch, keep_pip=keep_pip)
        self._process.readyRead.connect(self._read)
        # Bound methods only: where Python's garbage collector takes a command whose program runs, the QProcess says
        # "finished" from within the collection, and a lambda that is being collected crashes there.
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)

    def start(self, then: Callable[[Finished], None]) -> None:
        """Start; `then` is called once when it has ended."""
        self.done.connect(then)
        _running.add(self)
        self._process.start()
        self._process.closeWriteChannel()

    def cancel(self) -> None:
        """End the program now."""
        self._cancelled = True
        self._process.kill()

    def _read(self) -> None:
        text = self._rest + bytes(self._process.readAll()).decode("utf-8", errors="replace").replace("\r", "\n")
        *lines, self._rest = text.split("\n")
        for line in lines:
            if line.strip():
                self._pieces.append(line)
                self.line.emit(line)

    def _on_finished(self, code: int, _status: object) -> None:
        self._finish(code)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._pieces.append(self._process.errorString())
            self._finish(None)

    def _finish(self, code: int | None) -> None:
        _running.discard(self)
        self._read()
        if self._rest.strip():
            self._pieces.append(self._rest)
            self.line.emit(self._rest)
        self.done.emit(Finished(None if self._cancelled else code, "\n".join(self._pieces), self._cancelled))
        self.deleteLater()
