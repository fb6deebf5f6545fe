"""The backend for a Processing algorithm: one child for one job, in the algorithm's own thread."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from qgis.core import QgsProcessingException, QgsProcessingFeedback
from qgis.PyQt.QtCore import QCoreApplication, QElapsedTimer, QEventLoop, QProcess, QThread, QTimer

from ..backend_process.child_environment import prepare
from ..backend_process.messages import LineReader, encode, protocol_version
from ..backend_process.supply import launch_for, python_for
from ..i18n import tr
from ..settings import Settings

POLL_MS = 50
LEAVE_MS = 3000  # that long a child may take to leave by itself
LET_GO_MS = 120  # a cancel is answered within 300 ms, also where the model has not come to its end by then


def run_job(request: dict[str, Any], feedback: QgsProcessingFeedback, hear: Callable[[dict], None]) -> dict[str, Any]:
    """Send one request and hand every message to `hear`; return the message that ended the job.

    Waits in the calling thread. Cancel is passed on at once; a child that has not
    stopped soon after is ended. What it has written until then stays.

    Raises
    ------
    QgsProcessingException
        If the backend is not set up, dies, or answers with an error.
    """
    settings = Settings.load()
    if not python_for(settings):
        raise QgsProcessingException(
            tr(
                'The model is not set up. Open the TerraScope panel and press "Set up the model…", or set '
                "TERRASCOPE_PYTHON."
            )
        )
    process = QProcess()
    prepare(process, launch_for(settings))
    process.start()
    if not process.waitForStarted(20_000):
        raise QgsProcessingException(tr('The model\'s Python "{0}" could not be started.').format(process.program()))
    job = uuid.uuid4().hex
    process.write(encode({"type": "hello", "version": protocol_version(), "client": "terrascope-qgis-processing"}))
    process.write(encode({**request, "id": job}))
    try:
        return _listen(process, job, feedback, hear)
    finally:
        process.write(encode({"type": "shutdown"}))
        process.closeWriteChannel()
        _see_off(process, 0 if feedback.isCanceled() else LEAVE_MS)


def _see_off(process: QProcess, patience_ms: int) -> None:
    clock = QElapsedTimer()
    clock.start()
    while process.state() != QProcess.ProcessState.NotRunning and clock.elapsed() < patience_ms:
        _wait(process)
    if process.state() != QProcess.ProcessState.NotRunning:
        process.kill()
        process.waitForFinished(1000)


def _wait(process: QProcess) -> None:
    """Wait for output, a little. QGIS 3.22 runs a batch in the window's thread: there the window is kept alive."""
    if QThread.currentThread() is not QCoreApplication.instance().thread():
        process.waitForReadyRead(POLL_MS)
        return
    loop = QEventLoop()
    process.readyReadStandardOutput.connect(loop.quit)
    process.finished.connect(loop.quit)
    QTimer.singleShot(POLL_MS, loop.quit)
    if process.bytesAvailable() == 0 and process.state() == QProcess.ProcessState.Running:
        loop.exec()


def _listen(
    process: QProcess, job: str, feedback: QgsProcessingFeedback, hear: Callable[[dict], None]
) -> dict[str, Any]:
    reader = LineReader()
    chatter: list[str] = []
    since_cancel: QElapsedTimer | None = None
    has_begun = False
    while True:
        _wait(process)
        messages, strays = reader.feed(bytes(process.readAllStandardOutput()))
        chatter = [
            *chatter,
            *strays,
            *bytes(process.readAllStandardError()).decode("utf-8", errors="replace").splitlines(),
        ][-50:]
        for message in messages:
            if message.get("id") != job:
                continue
            has_begun = True
            if message["type"] == "error":
                raise QgsProcessingException(f"{message['message']} {message.get('hint') or ''}".strip())
            hear(message)
            if message["type"] in ("end", "result"):
                return message
        if feedback.isCanceled():
            if since_cancel is None:
                process.write(encode({"type": "cancel", "id": job}))
                since_cancel = QElapsedTimer()
                since_cancel.start()
            if not has_begun or since_cancel.elapsed() > LET_GO_MS:
                return {"type": "end", "id": job, "reason": "cancelled"}
        if process.state() == QProcess.ProcessState.NotRunning and process.bytesAvailable() == 0 and not messages:
            raise QgsProcessingException(
                tr("The model's process ended unexpectedly (exit code {0}).").format(process.exitCode())
                + "\n"
                + "\n".join(chatter[-8:])
            )
