"""One child process after another, watched line by line, never blocking the window, never without a limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from qgis.PyQt.QtCore import QObject, QProcess, QTimer, pyqtSignal

from .child_environment import Launch, prepare

#: Commands whose program runs. A program does not end because nobody remembers it.
_running: set[Command] = set()


class Limits(NamedTuple):
    """Milliseconds that a program may run in all, and without a sign of life (a line, or `Command.alive`)."""

    whole_ms: int
    silent_ms: int = 0


class Finished(NamedTuple):
    """What became of a command. `code` is None where it could not be started, was cancelled or took too long."""

    code: int | None
    output: str
    cancelled: bool
    timed_out: bool = False


class Command(QObject):
    """Runs one program with its output merged; `line` for each line, `done(Finished)` once at the end."""

    line = pyqtSignal(str)
    done = pyqtSignal(object)

    def __init__(self, launch: Launch, limits: Limits, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cancelled = self._timed_out = False
        self._pieces: list[str] = []
        self._rest = ""
        self._process = QProcess(self)
        self._process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        prepare(self._process, launch)
        self._process.readyRead.connect(self._read)
        # Bound methods only: where Python's garbage collector takes a command whose program runs, the QProcess says
        # "finished" from within the collection, and a lambda that is being collected crashes there.
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._whole, self._silent = self._timer(limits.whole_ms), self._timer(limits.silent_ms)

    def start(self, then: Callable[[Finished], None]) -> None:
        """Start; `then` is called once when it has ended."""
        self.done.connect(then)
        _running.add(self)
        for timer in (self._whole, self._silent):
            if timer.interval():
                timer.start()
        self._process.start()
        self._process.closeWriteChannel()

    def cancel(self) -> None:
        """End the program now."""
        self._cancelled = True
        self._process.kill()

    def alive(self) -> None:
        """Note a sign of life that is not a line: a download that grows."""
        if self._silent.isActive():
            self._silent.start()

    def _timer(self, milliseconds: int) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(self._on_timeout)
        return timer

    def _on_timeout(self) -> None:
        self._timed_out = True
        self._process.kill()

    def _read(self) -> None:
        self.alive()
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
        self._whole.stop()
        self._silent.stop()
        self._read()
        if self._rest.strip():
            self._pieces.append(self._rest)
            self.line.emit(self._rest)
        ended = None if self._cancelled or self._timed_out else code
        self.done.emit(Finished(ended, "\n".join(self._pieces), self._cancelled, self._timed_out))
        self.deleteLater()
