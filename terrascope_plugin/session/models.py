"""The models of this machine, asked for and changed through the backend. No widgets."""

from __future__ import annotations

import uuid

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend_process.process import BackendProcess


class Models(QObject):
    """One job of each kind at a time; a newer one makes the older one's answer unheard.

    Signals
    -------
    listed(dict), described(dict)
        Answers of `models` and `model_info`.
    progressed(float, str), imported(dict), removed(str)
        An import under way and at its end; a model that was deleted.
    failed(str, str)
        What failed ("models", "model_info", "import_model", "remove_model"), and a sentence with the way out.
    stopped()
        An import that was stopped.
    """

    listed = pyqtSignal(dict)
    described = pyqtSignal(dict)
    progressed = pyqtSignal(float, str)
    imported = pyqtSignal(dict)
    removed = pyqtSignal(str)
    failed = pyqtSignal(str, str)
    stopped = pyqtSignal(str)

    def __init__(self, backend: BackendProcess, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._jobs: dict[str, str] = {}
        backend.message.connect(self._hear)
        backend.died.connect(self._mourn)

    def detach(self) -> None:
        """Stop listening."""
        self._backend.message.disconnect(self._hear)
        self._backend.died.disconnect(self._mourn)

    @property
    def is_importing(self) -> bool:
        """Whether an import runs."""
        return "import_model" in self._jobs.values()

    def list(self, folders: list[str]) -> None:
        """Ask for every model; `folders` are those outside the models folder."""
        self._send({"type": "models", "folders": folders})

    def describe(self, source: str) -> None:
        """Ask what an import would bring. Nothing is fetched."""
        self._send({"type": "model_info", "source": source})

    def import_from(self, source: str) -> None:
        """Fetch and import."""
        self._send({"type": "import_model", "source": source})

    def remove(self, folder: str) -> None:
        """Delete an imported model."""
        self._send({"type": "remove_model", "folder": folder})

    def cancel(self) -> None:
        """Stop the import; what was fetched stays."""
        for job, kind in list(self._jobs.items()):
            if kind == "import_model":
                self._backend.cancel(job)

    def _send(self, message: dict) -> None:
        kind = message["type"]
        self._jobs = {job: other for job, other in self._jobs.items() if other != kind}
        job = uuid.uuid4().hex
        self._jobs[job] = kind
        self._backend.send({**message, "id": job})

    def _hear(self, message: dict) -> None:
        job = str(message.get("id") or "")
        kind = self._jobs.get(job)
        if kind is None:
            return
        if message["type"] == "progress":
            self.progressed.emit(float(message["fraction"]), str(message.get("message") or ""))
        elif message["type"] == "result":
            del self._jobs[job]
            value = message["value"]
            if kind == "remove_model":
                self.removed.emit(value["folder"])
            else:
                {"models": self.listed, "model_info": self.described, "import_model": self.imported}[kind].emit(value)
        elif message["type"] == "error":
            del self._jobs[job]
            self.failed.emit(kind, f"{message['message']} {message.get('hint') or ''}".strip())
        elif message["type"] == "end":
            del self._jobs[job]
            self.stopped.emit(" ".join(message.get("warnings") or ()))

    def _mourn(self, sentence: str) -> None:
        kinds, self._jobs = list(self._jobs.values()), {}
        for kind in kinds:
            self.failed.emit(kind, sentence)
