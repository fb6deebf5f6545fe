"""One question at a time: from the panel's question to a run that ends, whatever happens on the way."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from pathlib import Path

from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend_process.process import BackendProcess
from .apply import apply
from .question import Question, Run, RunState


def file_name(question: str, now: datetime) -> str:
    """Return the name of a run's GeoPackage: time and the question's first words."""
    words = re.sub(r"[^a-z0-9]+", "-", question.lower()).strip("-")[:40].strip("-")
    return f"{now:%Y%m%d-%H%M%S}_{words or 'run'}.gpkg"


class Session(QObject):
    """Asks, listens, cancels.

    Signals
    -------
    started(Run), step_changed(Run, int), changed(Run), mask_arrived(Run, int), ended(Run)
        `ended` comes once for every `started`; after a crash too, with `run.error` set.
    """

    started = pyqtSignal(object)
    changed = pyqtSignal(object)
    step_changed = pyqtSignal(object, int)
    mask_arrived = pyqtSignal(object, int)
    ended = pyqtSignal(object)

    def __init__(self, backend: BackendProcess, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self.run: Run | None = None
        backend.message.connect(self._hear)
        backend.died.connect(self._mourn)

    @property
    def is_running(self) -> bool:
        """Whether a question is being answered."""
        return self.run is not None and self.run.state is not RunState.ENDED

    def ask(self, question: Question, folder: Path) -> Run:
        """Send a question. The run's file is made in `folder` by the backend.

        Raises
        ------
        OSError
            If the folder cannot be made.
        """
        folder.mkdir(parents=True, exist_ok=True)
        out = folder / file_name(question.text, datetime.now())
        run = Run(question.text, gpkg=str(out), options=question.options, job=uuid.uuid4().hex)
        run.inputs = [str(layer.get("name") or layer["path"]) for layer in question.layers]
        self.run = run
        self.started.emit(run)
        self._backend.send(question.to_message(run.job, str(out)))
        return run

    def cancel(self) -> None:
        """Stop the question that runs."""
        if self.is_running and self.run is not None:
            self.run.state = RunState.CANCELLING
            self.changed.emit(self.run)
            self._backend.cancel(self.run.job)

    def _hear(self, message: dict) -> None:
        run = self.run
        if run is None or message.get("id") != run.job or run.state is RunState.ENDED:
            return
        was_cancelling = run.state is RunState.CANCELLING
        step = apply(run, message)
        if was_cancelling and run.state is RunState.RUNNING:
            run.state = RunState.CANCELLING
        if run.state is RunState.ENDED:
            self.ended.emit(run)
        elif step is not None:
            self.step_changed.emit(run, step)
            if message["type"] == "mask":
                self.mask_arrived.emit(run, step)
        else:
            self.changed.emit(run)

    def _mourn(self, sentence: str) -> None:
        if self.is_running and self.run is not None:
            apply(self.run, {"type": "error", "code": "died", "message": sentence})
            self.ended.emit(self.run)
