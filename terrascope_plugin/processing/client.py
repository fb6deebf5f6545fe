"""The backend for a Processing algorithm: one child for one job, in the algorithm's own thread."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from qgis.core import QgsProcessingException, QgsProcessingFeedback
from qgis.PyQt.QtCore import QElapsedTimer, QProcess

from ..backend_process.child_environment import prepare
from ..backend_process.messages import LineReader, encode, protocol_version
from ..backend_process.supply import launch_for, python_for
from ..i18n import tr
from ..settings import Settings

POLL_MS = 100


def run_job(request: dict[str, Any], feedback: QgsProcessingFeedback, hear: Callable[[dict], None]) -> dict[str, Any]:
    """Send one request and hand every message to `hear`; return the message that ended the job.

    Waits in the calling thread, which is never that of the window. Cancel is passed on at once.

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
        return _listen(process, job, settings.grace_s, feedback, hear)
    finally:
        process.write(encode({"type": "shutdown"}))
        process.closeWriteChannel()
        if not process.waitForFinished(3000):
            process.kill()
            process.waitForFinished(1000)


def _listen(
    process: QProcess, job: str, grace_s: int, feedback: QgsProcessingFeedback, hear: Callable[[dict], None]
) -> dict[str, Any]:
    reader = LineReader()
    chatter: list[str] = []
    since_cancel: QElapsedTimer | None = None
    while True:
        process.waitForReadyRead(POLL_MS)
        messages, strays = reader.feed(bytes(process.readAllStandardOutput()))
        chatter = [
            *chatter,
            *strays,
            *bytes(process.readAllStandardError()).decode("utf-8", errors="replace").splitlines(),
        ][-50:]
        for message in messages:
            if message.get("id") != job:
                continue
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
            elif since_cancel.elapsed() > grace_s * 1000:
                return {"type": "end", "id": job, "reason": "cancelled"}
        if process.state() == QProcess.ProcessState.NotRunning and process.bytesAvailable() == 0 and not messages:
            raise QgsProcessingException(
                tr("The model's process ended unexpectedly (exit code {0}).").format(process.exitCode())
                + "\n"
                + "\n".join(chatter[-8:])
            )
