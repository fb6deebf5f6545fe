"""The backend as the rest of the plugin sees it: messages in, messages out, and what to do when it falls silent."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum

from qgis.PyQt.QtCore import QObject, QProcess, QTimer, pyqtSignal

from ..i18n import tr
from .child_environment import Launch, prepare
from .messages import ENDS, LineReader, Message, encode, protocol_version

HELLO_TIMEOUT_MS = 60_000
HEARTBEAT_MS = 5_000
SILENCE_LIMIT = 12  # heartbeats without an answer: a minute
KEPT_LOG_LINES = 2000


class State(Enum):
    """What the process is doing."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    BUSY = "busy"
    CANCELLING = "cancelling"


class BackendProcess(QObject):
    """Starts, watches and ends one backend.

    Signals
    -------
    state_changed(State), message(dict), log(str)
    died(str)
        The child ended without being asked to. One sentence for the user; what its jobs have sent is not lost. Not
        emitted for a child that was ended because it did not stop: its cancelled jobs end as cancelled, with a
        warning, and a new child takes over what waits.
    """

    state_changed = pyqtSignal(object)
    message = pyqtSignal(dict)
    died = pyqtSignal(str)
    log = pyqtSignal(str)

    def __init__(self, launch: Callable[[], Launch], grace_s: float = 5.0, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._launch = launch
        self._grace_ms = int(grace_s * 1000)
        self._process: QProcess | None = None
        self._reader = LineReader()
        self._waiting: deque[Message] = deque()
        self._jobs: dict[str, Message] = {}
        self._begun: set[str] = set()  # jobs that have said more than that they were accepted
        self._cancelled: set[str] = set()
        self._state = State.STOPPED
        self._reason, self._is_deaf = "", False
        self._pings = self._pongs = 0
        self.hello: Message = {}
        self.log_lines: deque[str] = deque(maxlen=KEPT_LOG_LINES)
        self._hello_timer = self._single_shot(self._end_mute_child)
        self._grace_timer = self._single_shot(self._end_deaf_child)
        self._heartbeat = QTimer(self)
        self._heartbeat.setInterval(HEARTBEAT_MS)
        self._heartbeat.timeout.connect(self._beat)

    @property
    def state(self) -> State:
        """The present state."""
        return self._state

    @property
    def pid(self) -> int:
        """The child's process id, 0 where there is none."""
        return int(self._process.processId()) if self._process else 0

    def start(self) -> None:
        """Start the child unless it runs already. Returns at once."""
        if self._process is not None:
            return
        self._reader, self._reason, self._is_deaf = LineReader(), "", False
        self._pings = self._pongs = 0
        process = QProcess(self)
        prepare(process, self._launch())
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_chatter)
        process.errorOccurred.connect(self._on_error)
        process.finished.connect(self._on_finished)
        self._process = process
        self._set_state(State.STARTING)
        self._hello_timer.start(HELLO_TIMEOUT_MS)
        process.start()
        self._write({"type": "hello", "version": protocol_version(), "client": "terrascope-qgis"})

    def send(self, message: Message) -> None:
        """Send a message, starting the child first where needed. A message with an id opens a job until its end."""
        self.start()
        if self._state is State.STARTING:
            self._waiting.append(message)
        else:
            self._deliver(message)

    def cancel(self, job: str) -> None:
        """Ask a job to stop; a child that does not within the grace period is ended and started anew."""
        waiting = [message for message in self._waiting if message.get("id") == job]
        for message in waiting:
            self._waiting.remove(message)
            self.message.emit({"type": "end", "id": job, "reason": "cancelled"})
        if job in self._jobs:
            self._write({"type": "cancel", "id": job})
            self._cancelled.add(job)
            if not self._grace_timer.isActive():
                self._grace_timer.start(self._grace_ms)
            self._set_state(State.CANCELLING)

    def stop(self, wait_ms: int = 0) -> None:
        """End the child: politely, then, after `wait_ms`, by force. No `died` is emitted; its jobs end as cancelled."""
        process, self._process = self._process, None
        open_jobs = [*self._jobs, *(message["id"] for message in self._waiting if "id" in message)]
        self._waiting.clear()
        self._forget_jobs()
        if process is not None:
            process.blockSignals(True)
            if process.state() == QProcess.ProcessState.Running:
                process.write(encode({"type": "shutdown"}))
                process.closeWriteChannel()
                if wait_ms > 0:
                    process.waitForFinished(wait_ms)
            if process.state() != QProcess.ProcessState.NotRunning:
                process.kill()
                process.waitForFinished(500)
            process.deleteLater()
        self._set_state(State.STOPPED)
        for job in open_jobs:
            self.message.emit({"type": "end", "id": job, "reason": "cancelled"})

    # -- inside ------------------------------------------------------------------------------------------------------

    def _single_shot(self, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(slot)
        return timer

    def _forget_jobs(self) -> None:
        for known in (self._jobs, self._begun, self._cancelled):
            known.clear()
        for timer in (self._hello_timer, self._grace_timer, self._heartbeat):
            timer.stop()

    def _set_state(self, state: State) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)

    def _write(self, message: Message) -> None:
        if self._process is not None:
            self._process.write(encode(message))

    def _deliver(self, message: Message) -> None:
        if "id" in message and message["type"] != "cancel":
            self._jobs[message["id"]] = message
            if self._state is not State.CANCELLING:
                self._set_state(State.BUSY)
        self._write(message)

    def _read(self) -> None:
        if self._process is None:
            return
        messages, strays = self._reader.feed(bytes(self._process.readAllStandardOutput()))
        for line in strays:
            self._note(line)
        for message in messages:
            self._take(message)

    def _read_chatter(self) -> None:
        if self._process is None:
            return
        for line in bytes(self._process.readAllStandardError()).decode("utf-8", errors="replace").splitlines():
            if line.strip():
                self._note(line)

    def _note(self, line: str) -> None:
        self.log_lines.append(line)
        self.log.emit(line)

    def _take(self, message: Message) -> None:
        kind = message["type"]
        self._pongs = self._pings  # anything that is said proves that the child lives
        if kind == "hello":
            self._greet(message)
            return
        if kind == "pong":
            return
        job = message.get("id")
        if job in self._jobs:
            if kind in ENDS:
                self._close(job)
            elif kind != "accepted":
                self._begun.add(job)
        self.message.emit(message)

    def _close(self, job: str) -> None:
        del self._jobs[job]
        self._begun.discard(job)
        self._cancelled.discard(job)
        if not self._cancelled:
            self._grace_timer.stop()
        if not self._jobs:
            self._set_state(State.READY)
        elif self._state is State.CANCELLING and not self._cancelled:
            self._set_state(State.BUSY)

    def _greet(self, message: Message) -> None:
        if message["version"] != protocol_version():
            text = tr(
                "The backend speaks version {0} of the protocol, this plugin version {1}. Repair the "
                "environment in the plugin's set-up."
            )
            self._give_up(text.format(message["version"], protocol_version()))
            return
        self.hello = message
        self._hello_timer.stop()
        self._heartbeat.start()
        self._set_state(State.READY)
        while self._waiting:
            self._deliver(self._waiting.popleft())
        self.message.emit(message)

    def _beat(self) -> None:
        if self._pings - self._pongs >= SILENCE_LIMIT:
            self._give_up(tr("The model's process has been silent for a minute and was ended."))
            return
        self._pings += 1
        self._write({"type": "ping", "n": self._pings})

    def _end_mute_child(self) -> None:
        self._give_up(tr("The model's process did not answer within a minute."))

    def _end_deaf_child(self) -> None:
        self._is_deaf = True
        self._give_up(tr("The model did not stop in time and was ended."))

    def _give_up(self, reason: str) -> None:
        self._reason = reason
        if self._process is not None:
            self._process.kill()

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            program = self._process.program()
            self._end(
                tr(
                    "The model's Python \"{0}\" could not be started. Open the plugin's set-up and repair the "
                    "environment."
                ).format(program)
            )

    def _on_finished(self, code: int, _status: object) -> None:
        self._read()
        self._read_chatter()
        if self._is_deaf:
            self._start_another()
            return
        if self._reason:
            self._end(self._reason)
            return
        signs = ("error", "killed", "memory", "segmentation")
        last = (
            self.log_lines[-1] if self.log_lines and any(sign in self.log_lines[-1].lower() for sign in signs) else ""
        )
        text = tr("The model's process ended unexpectedly (exit code {0}). Steps that have arrived are kept.").format(
            code
        )
        self._end(f"{text} {last}".strip())

    def _start_another(self) -> None:
        """A child did not stop and was ended: what was cancelled ends, what had not begun goes to a new child."""
        if self._process is not None:
            self._process.deleteLater()
        self._process = None
        jobs, begun, cancelled, sentence = dict(self._jobs), set(self._begun), set(self._cancelled), self._reason
        self._forget_jobs()
        self._note(sentence)
        self._set_state(State.STOPPED)
        for job, message in jobs.items():
            if job in cancelled:
                self.message.emit({"type": "end", "id": job, "reason": "cancelled", "warnings": [sentence]})
            elif job in begun:
                self.message.emit({"type": "error", "id": job, "code": "died", "message": sentence})
            else:
                self._waiting.append(message)
        self.start()

    def _end(self, sentence: str) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.deleteLater()
        self._waiting.clear()
        self._forget_jobs()
        self._note(sentence)
        self._set_state(State.STOPPED)
        self.died.emit(sentence)
