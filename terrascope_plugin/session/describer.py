"""What the backend recognises in the chosen files, asked beside everything else."""

from __future__ import annotations

import uuid
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend_process.process import BackendProcess, State


class Describer(QObject):
    """Only the latest request counts. `described(dict)` with the value of the answer."""

    described = pyqtSignal(dict)

    def __init__(self, backend: BackendProcess, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._job = ""
        self._last: list[dict[str, Any]] = []
        backend.message.connect(self._hear)

    def request(self, layers: list[dict[str, Any]]) -> None:
        """Ask about files, unless the backend is not there or the same was asked last."""
        if not layers or layers == self._last or self._backend.state not in (State.READY, State.BUSY):
            return
        self._last, self._job = layers, uuid.uuid4().hex
        self._backend.send({"type": "describe", "id": self._job, "layers": layers})

    def _hear(self, message: dict) -> None:
        if message.get("id") == self._job and message["type"] == "result":
            self.described.emit(dict(message["value"]))
