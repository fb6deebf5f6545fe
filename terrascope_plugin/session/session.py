"""One question at a time: from the panel's question to a run that ends, whatever happens on the way."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from pathlib import Path

from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..backend_process.process import BackendProcess
from ..layers import writing
from .apply import apply
from .question import Question, Run, RunState

LET_GO_MS = 120  # a Stop is answered within 300 ms, also where the model has not come to its end by then


def file_name(question: str, now: datetime) -> str:
    """Return the name of a run's GeoPackage: time and the question's first words."""
    words = re.sub(r"[^a-z0-9]+", "-", question.lower()).strip("-")[:40].strip("-")
    return f"{now:%Y%m%d-%H%M%S}_{words or 'run'}.gpkg"


def begin_file(folder: Path, name: str) -> Path:
    """Return a file of that name, or with a number after it, that neither is there nor is being written by a question.

    A question that was stopped is still written for a moment, and its name holds only whole seconds.
    """
    path, count = folder / name, 1
    while path.exists() or not writing.begin(str(path)):
        count += 1
        path = folder / f"{Path(name).stem}_{count}.gpkg"
    return path


class Session(QObject):
    """Asks, listens, cancels.

    Signals
    -------
    started(Run), step_changed(Run, int), changed(Run), mask_arrived(Run, int), ended(Run)
        `ended` comes once for every `started`; after a crash too, with `run.error` set.
    wound_down(Run)
        The model has finished a run that was stopped and let go before: its file is complete.
    """

    started = pyqtSignal(object)
    changed = pyqtSignal(object)
    step_changed = pyqtSignal(object, int)
    mask_arrived = pyqtSignal(object, int)
    ended = pyqtSignal(object)
    wound_down = pyqtSignal(object)

    def __init__(self, backend: BackendProcess, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self.run: Run | None = None
        self._let_go: dict[str, Run] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(LET_GO_MS)
        self._timer.timeout.connect(self._let_run_go)
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
        out = begin_file(folder, file_name(question.text, datetime.now()))
        run = Run(question.text, gpkg=str(out), out=str(out), options=question.options, job=uuid.uuid4().hex)
        run.inputs = [str(layer.get("name") or layer["path"]) for layer in question.layers]
        self.run = run
        self.started.emit(run)
        self._backend.send(question.to_message(run.job, str(out)))
        return run

    def is_winding_down(self, run: Run) -> bool:
        """Whether a run has ended for the user while the model is still at it."""
        return run.job in self._let_go

    def cancel(self) -> None:
        """Stop the question that runs. It ends at once for the user; the model may need a moment longer."""
        if self.is_running and self.run is not None:
            self.run.state = RunState.CANCELLING
            self._timer.start()
            self.changed.emit(self.run)
            self._backend.cancel(self.run.job)

    def _let_run_go(self) -> None:
        run = self.run
        if run is not None and run.state is RunState.CANCELLING:
            self._let_go[run.job] = run
            apply(run, {"type": "end", "reason": "cancelled"})
            self.ended.emit(run)

    def _hear_late(self, run: Run, message: dict) -> None:
        """Take what the model says of a run that was let go: a mask that was under way, the end."""
        apply(run, message)
        run.state, run.end_reason, run.error = RunState.ENDED, "cancelled", ""
        if message["type"] in ("end", "error"):
            del self._let_go[run.job]
            writing.end(run.out)
            self.wound_down.emit(run)

    def _hear(self, message: dict) -> None:
        late = self._let_go.get(str(message.get("id") or ""))
        if late is not None:
            self._hear_late(late, message)
            return
        run = self.run
        if run is None or message.get("id") != run.job or run.state is RunState.ENDED:
            return
        was_cancelling = run.state is RunState.CANCELLING
        step = apply(run, message)
        if was_cancelling and run.state is RunState.RUNNING:
            run.state = RunState.CANCELLING
        if run.state is RunState.ENDED:
            self._timer.stop()
            writing.end(run.out)
            self.ended.emit(run)
        elif step is not None:
            self.step_changed.emit(run, step)
            if message["type"] == "mask":
                self.mask_arrived.emit(run, step)
        else:
            self.changed.emit(run)

    def _mourn(self, sentence: str) -> None:
        late, self._let_go = list(self._let_go.values()), {}
        for run in late:
            writing.end(run.out)
            run.warnings.append(sentence)
            self.wound_down.emit(run)
        if self.is_running and self.run is not None:
            self._timer.stop()
            writing.end(self.run.out)
            apply(self.run, {"type": "error", "code": "died", "message": sentence})
            self.ended.emit(self.run)
