"""The backend for a Processing algorithm: the panel's client with a child of its own, waited for where it is called."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

from qgis.core import QgsProcessingException, QgsProcessingFeedback
from qgis.PyQt.QtCore import QElapsedTimer, QEventLoop, QTimer

from ..backend_process.messages import ENDS
from ..backend_process.process import BackendProcess, State
from ..backend_process.supply import launch_for, python_for
from ..i18n import tr
from ..layers import writing
from ..settings import Settings

POLL_MS = 50
LEAVE_MS = 3000  # that long a child may take to leave by itself
LET_GO_MS = 120  # a cancel is answered within 300 ms, also where the model has not come to its end by then
_LOG_LINES = 8


def run_job(request: dict[str, Any], feedback: QgsProcessingFeedback, hear: Callable[[dict], None]) -> dict[str, Any]:
    """Send one request and hand every message to `hear`; return the message that ended the job.

    Waits in the calling thread, whose events go on: QGIS 3.22 runs a batch in the window's thread. Cancel is passed on
    at once; a child that has not stopped soon after is ended. What it has written until then stays.

    Raises
    ------
    QgsProcessingException
        If the backend is not set up, dies, or answers with an error, or if the file is being written by another job.
    """
    settings = Settings.load()
    if not python_for(settings):
        raise QgsProcessingException(
            tr(
                'The model is not set up. Open the TerraScope panel and press "Set up the model…", or set '
                "TERRASCOPE_PYTHON."
            )
        )
    out = str(request.get("out") or "")
    if out and not writing.begin(out):
        text = tr('"{0}" is being written by another question. Choose another name, or wait for its end.')
        raise QgsProcessingException(text.format(out))
    backend = BackendProcess(lambda: launch_for(settings), settings.grace_s)
    try:
        return _Job(backend, request, feedback).follow(hear)
    finally:
        _see_off(backend, 0 if feedback.isCanceled() else LEAVE_MS)
        if out:
            writing.end(out)


class _Job:
    """One job of a child. Messages are kept until the calling code takes them: an error of it is its own."""

    def __init__(self, backend: BackendProcess, request: dict[str, Any], feedback: QgsProcessingFeedback) -> None:
        self._backend, self._feedback = backend, feedback
        self._id = uuid.uuid4().hex
        self._heard: deque[dict[str, Any]] = deque()
        self._death = ""
        self._has_begun = False
        self._since_cancel: QElapsedTimer | None = None
        self._loop = QEventLoop()
        self._poll = QTimer()
        self._poll.timeout.connect(self._loop.quit)
        self._poll.start(POLL_MS)
        backend.message.connect(self._on_message)
        backend.died.connect(self._on_death)
        backend.send({**request, "id": self._id})

    def follow(self, hear: Callable[[dict], None]) -> dict[str, Any]:
        """Wait for the end; return its message."""
        while True:
            if not self._heard and not self._death:
                self._loop.exec()
            while self._heard:
                message = self._heard.popleft()
                if message["type"] == "error":
                    sentence = f"{message['message']} {message.get('hint') or ''}".strip()
                    if message.get("code") == "unsettled":
                        sentence += " " + tr("Write it into the parameter {0}.").format("KNOWN")
                    raise QgsProcessingException(sentence)
                hear(message)
                if message["type"] in ENDS:
                    return message
            if self._death:
                log = "\n".join(list(self._backend.log_lines)[-_LOG_LINES:])
                raise QgsProcessingException(f"{self._death}\n{log}")
            if self._feedback.isCanceled() and self._is_let_go():
                return {"type": "end", "id": self._id, "reason": "cancelled"}

    def _is_let_go(self) -> bool:
        """Pass a cancel on, once; return whether the child has had its time to answer."""
        if self._since_cancel is None:
            self._since_cancel = QElapsedTimer()
            self._since_cancel.start()
            self._backend.cancel(self._id)
        return not self._has_begun or self._since_cancel.elapsed() > LET_GO_MS

    def _on_message(self, message: dict[str, Any]) -> None:
        if message.get("id") == self._id:
            self._has_begun = True
            self._heard.append(message)
            self._loop.quit()

    def _on_death(self, sentence: str) -> None:
        self._death = sentence
        self._loop.quit()


def _see_off(backend: BackendProcess, patience_ms: int) -> None:
    """Let a child leave by itself, then end it."""
    if patience_ms and backend.state is not State.STOPPED:
        loop = QEventLoop()
        backend.died.connect(loop.quit)
        backend.send({"type": "shutdown"})
        QTimer.singleShot(patience_ms, loop.quit)
        loop.exec()
    backend.stop()
