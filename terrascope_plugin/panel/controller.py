"""Connects the panel with the session, the map and the backend's state."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

from qgis.core import QgsApplication, QgsMessageLog, QgsProject, QgsRasterLayer
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import QObject, QTimer
from qgis.PyQt.QtWidgets import QApplication

from .. import temporary
from ..backend_process.messages import ENDS, question_limit
from ..backend_process.process import BackendProcess, State
from ..i18n import tr
from ..layers.area import AreaError, in_layer
from ..layers.export import ExportTask
from ..layers.named import named_layers
from ..layers.run_file import RunFileError, read_run
from ..session.describer import Describer
from ..session.question import Question, Run
from ..session.reopen import reopened
from ..session.session import Session
from ..settings import Settings
from . import wording
from .dock import Dock
from .export_menu import fill_export_menu
from .notices import inform, warn
from .run_on_map import RunOnMap

LOG_TAG = "TerraScope"


class Controller(QObject):
    """What happens when something is pressed, arrives, or breaks."""

    def __init__(
        self,
        iface: QgisInterface,
        dock: Dock,
        backend: BackendProcess,
        settings: Callable[[], Settings],
        is_set_up: Callable[[], bool],
    ) -> None:
        super().__init__(dock)
        self._iface, self._dock, self._backend = iface, dock, backend
        self._settings, self._is_set_up = settings, is_set_up
        self.session = Session(backend, self)
        self.map = RunOnMap(iface.mapCanvas(), self)
        self._describer = Describer(backend, self)
        self._shown: Run | None = None
        self._query: dict | None = None  # of the next question, where it is a chosen one
        self._context: Run | None = None  # the question that the next one may follow on
        self._exports: list[ExportTask] = []
        self._report_job, self._report_path = "", ""
        self._connect()
        QTimer.singleShot(0, self.refresh)

    def _connect(self) -> None:
        dock, session = self._dock, self.session
        dock.question.asked.connect(self.ask)
        dock.question.stopped.connect(self.stop)
        dock.layers.changed.connect(self.refresh)
        dock.area.changed.connect(self._update_status)
        dock.steps.moved.connect(self._on_moved)
        dock.take_off.clicked.connect(self._take_off)
        dock.log_wanted.connect(self._copy_log)
        dock.trace.nearest_chosen.connect(self._ask_nearest)
        dock.question.context_dropped.connect(self._drop_context)
        dock.runs.opened.connect(self.open_run)
        dock.runs.removed.connect(self._forget)
        dock.runs.renamed.connect(self._follow)
        dock.runs.failed.connect(self._warn)
        dock.tabs.currentChanged.connect(lambda index: index == 1 and self._list_runs())
        dock.visibilityChanged.connect(lambda visible: visible and self.wake())
        session.started.connect(self._on_started)
        session.changed.connect(lambda _run: self._update_status())
        session.step_changed.connect(self._on_step)
        session.mask_arrived.connect(self._on_mask)
        session.ended.connect(self._on_ended)
        session.wound_down.connect(self._on_wound_down)
        self.map.settled.connect(self._on_settled)
        self._describer.described.connect(lambda value: dock.layers.show_recognised(value.get("layers") or []))
        self._backend.state_changed.connect(self._on_backend_state)
        self._backend.message.connect(self._on_message)
        self._backend.died.connect(self._on_death)
        self._backend.log.connect(self._on_log)
        QgsProject.instance().cleared.connect(self._on_cleared)

    # -- asking ------------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Start the backend ahead of the first question, where it is set up."""
        if self._is_set_up() and self._backend.state is State.STOPPED:
            self._backend.start()
        self._update_status()

    def ask(self) -> None:
        """Ask what the panel says, exporting layers that are no files first."""
        if self.session.is_running or self._exports:
            return
        if not self._dock.question.text():
            self._dock.say(tr("Write a question first."), bad=True)
            self._dock.question.edit.setFocus()
            return
        length, most = len(self._dock.question.text()), question_limit()
        if length > most:
            text = tr("The question has {0} characters; {1} are the most. Shorten it.")
            self._dock.say(text.format(wording.number(length, 0), wording.number(most, 0)), bad=True)
            self._dock.question.edit.setFocus()
            return
        if not self._is_set_up():
            self._dock.setup_wanted.emit()
            return
        self._dock.steps.show_all()  # the area of the next question is not the mask that was looked at
        try:
            self._dock.area_object()
        except AreaError as error:
            self._dock.say(str(error), bad=True)
            return
        self._export_next({})

    @property
    def is_exporting(self) -> bool:
        """Whether a layer that is no file is being saved for a question."""
        return bool(self._exports)

    def _export_next(self, files: dict[str, str]) -> None:
        pending = [
            choice for choice in self._dock.layers.choices() if choice.needs_export and choice.layer_id not in files
        ]
        if not pending:
            self._send(files)
            return
        layer = QgsProject.instance().mapLayer(pending[0].layer_id)
        if not isinstance(layer, QgsRasterLayer):
            return
        try:
            geometry = in_layer(self._dock.area.area(), layer, QgsProject.instance())
        except AreaError as error:
            self._dock.say(str(error), bad=True)
            return
        extent = geometry.boundingBox().intersect(layer.extent()) if geometry is not None else layer.extent()
        task = ExportTask(layer, extent, temporary.folder())
        self._exports = [task]
        self._dock.say(tr('Saving layer "{0}" for the model…').format(layer.name()))

        def done(path: str, error: str) -> None:
            self._exports = []
            if error:
                self._dock.say(error, bad=True)
            else:
                self._export_next({**files, layer.id(): path})

        task.exported.connect(done)
        QgsApplication.taskManager().addTask(task)

    def _send(self, files: dict[str, str]) -> None:
        dock, settings = self._dock, self._settings()
        layers = tuple(choice.to_message(files.get(choice.layer_id, "")) for choice in dock.layers.choices())
        try:
            area = dock.area_object()
        except AreaError as error:
            dock.say(str(error), bad=True)
            return
        question = Question(
            dock.question.text(),
            layers,
            dock.question.chosen_options(),
            area,
            settings.network,
            settings.device,
            settings.precision,
            {"max_size": settings.max_size, "tiled": settings.tiled},
            named_layers(QgsProject.instance(), {choice.layer_id for choice in dock.layers.choices()}),
            self._query,
            self._context.query if self._context is not None else None,
        )
        self._query = None
        settings.history = dock.question.remember(question.text)
        settings.save()
        try:
            self.session.ask(question, settings.runs(QgsProject.instance()))
        except OSError as error:
            text = tr("The folder for runs cannot be made: {0}. Choose another one in the settings.")
            dock.say(text.format(error), bad=True)

    def _ask_nearest(self, place: int) -> None:
        """Ask one of the questions that were offered in place of one that was not understood."""
        if self._shown is None or self.session.is_running or place >= len(self._shown.nearest):
            return
        nearest = self._shown.nearest[place]
        self._dock.question.set_text(nearest.text)
        self._query = nearest.query
        self.ask()

    def _drop_context(self) -> None:
        """The next question stands on its own."""
        self._context = None
        self._dock.question.show_context("")

    def _follow_on(self, run: Run) -> None:
        """Let the next question follow on this one."""
        self._context = run if run.query is not None else None
        self._dock.question.show_context(run.understood if run.query is not None else "")

    def stop(self) -> None:
        """Stop the question that runs."""
        self.session.cancel()
        self._dock.question.stop.setEnabled(False)

    # -- the run -----------------------------------------------------------------------------------------------------

    def _on_started(self, run: Run) -> None:
        self._show(run)
        self._dock.question.set_running(True)
        self._update_status()

    def _on_step(self, run: Run, number: int) -> None:
        if run is self._shown:
            self._dock.trace.touch(number)
        self._update_status()

    def _on_mask(self, run: Run, number: int) -> None:
        self.map.preview(run, number)
        if run is self._shown:
            self._dock.show_steps(run)

    def _on_ended(self, run: Run) -> None:
        self._dock.question.set_running(False)
        if run is self._shown:
            self._dock.trace.finish()
            self._dock.show_steps(run)
        self._follow_on(run)
        if run.error:
            self._warn(f"{run.error} {run.hint}".strip())
        if not self.session.is_winding_down(run):  # else its file is still being written
            self.map.settle(run)
        self._update_status()

    def _on_wound_down(self, run: Run) -> None:
        if run is self._shown:
            self._dock.trace.finish()
            self._dock.show_steps(run)
        self.map.settle(run)
        self._update_status()

    def _on_settled(self, run: Run) -> None:
        if run is self._shown:
            self._update_buttons(run)
            if self._dock.steps.current is not None:
                self.map.show(run, self._dock.steps.current)

    def _show(self, run: Run) -> None:
        self._shown = run
        self._dock.trace.show_run(run)
        self._dock.steps.set_steps([])
        self._dock.show_steps(run)
        self.map.begin(run)
        self._update_buttons(run)

    def _update_buttons(self, run: Run) -> None:
        self._dock.take_off.setEnabled(self.map.group(run) is not None)
        self._dock.export.setEnabled(bool(run.end_reason))
        fill_export_menu(
            self._dock.export.menu(),
            run,
            self._iface,
            lambda: self._dock.steps.current,
            lambda path: self.report(run, path),
        )

    def _on_moved(self, step: int | None) -> None:
        if self._shown is None:
            return
        self.map.show(self._shown, step)
        if step is None:
            self.map.zoom_back()
        else:
            self.map.zoom_to(self._shown, step)

    def _take_off(self) -> None:
        if self._shown is not None and self.map.remove(self._shown):
            self._dock.take_off.setEnabled(False)

    def open_run(self, path: str) -> None:
        """Show a run from its file, with its layers."""
        if self.session.is_running:
            self._warn(tr("A question is being answered. Wait, or stop it, then open the run."))
            return
        try:
            run = reopened(read_run(path))
        except RunFileError as error:
            self._warn(str(error))
            return
        self._show(run)
        self._follow_on(run)
        self.map.settle(run)
        self._dock.tabs.setCurrentIndex(0)

    def _forget(self, path: str) -> None:
        if self._shown is not None and Path(self._shown.gpkg) == Path(path):
            self.map.remove(self._shown)
            self._dock.take_off.setEnabled(False)

    def _follow(self, old: str, new: str) -> None:
        """A run's file has another name now."""
        for run in (self._shown, self.session.run):
            if run is not None and Path(run.gpkg) == Path(old):
                run.gpkg = new
        if self._shown is not None:
            self._update_buttons(self._shown)

    def _on_cleared(self) -> None:
        self.map.begin(Run(""))
        self._drop_context()
        if not self.session.is_running:
            self._shown = None
            self._dock.trace.clear()
            self._dock.steps.set_steps([])
            self._dock.take_off.setEnabled(False)
            self._dock.export.setEnabled(False)
        self._list_runs()

    def _list_runs(self) -> None:
        if self._dock.tabs.currentIndex() == 1:
            self._dock.runs.refresh(self._settings().runs(QgsProject.instance()))

    def detach(self) -> None:
        """Let go of the project, the map and a running question: the plugin is being unloaded."""
        QgsProject.instance().cleared.disconnect(self._on_cleared)
        self.map.detach()
        for task in self._exports:
            task.cancel()
        self._dock.layers.detach()
        self._dock.area.detach()

    # -- state -------------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """The layers changed: examples, pixel size, what is recognised."""
        choices, layers, settings = self._dock.layers.choices(), self._dock.layers.layers(), self._settings()
        self._dock.area.about(layers[0] if layers else None, settings.max_size, settings.tiled)
        dates = {choice.date for choice in choices if choice.date}
        self._dock.question.suggest(
            len(choices), has_sar=any(c.role == "sar" for c in choices), has_time=len(dates) > 1
        )
        self._describer.request([choice.to_message() for choice in choices if choice.path])
        self._update_status()

    def _on_backend_state(self, state: State) -> None:
        if state is State.READY:
            choices = self._dock.layers.choices()
            self._describer.request([choice.to_message() for choice in choices if choice.path])
        self._update_status()

    def _update_status(self) -> None:
        run = self.session.run
        self._dock.set_up.setVisible(not self._is_set_up())
        if not self._is_set_up():
            self._dock.say(tr("The model is not set up yet."))
        elif self.session.is_running and run is not None:
            self._dock.say(wording.activity_of(run), busy=True)
        else:
            self._dock.say(self._idle_line(run))

    def _idle_line(self, run: Run | None) -> str:
        state = {
            State.STARTING: tr("starting…"),
            State.STOPPED: tr("not running; starts with the next question"),
            State.CANCELLING: tr("finishing what it had begun…"),
        }.get(self._backend.state, tr("ready"))
        name = wording.network_name(self._settings().network)
        device = run.device if run is not None and run.device else str(self._backend.hello.get("device") or "")
        parts = [f"{name}: {state}"]
        if device:
            parts.append(wording.device_name(device))
        if run is not None and run.peak_mb:
            parts.append(tr("{0} MB memory").format(wording.number(run.peak_mb, 0)))
        return "  ·  ".join(parts)

    def _on_log(self, line: str) -> None:
        if self._settings().log_debug:
            QgsMessageLog.logMessage(line, LOG_TAG)

    def _copy_log(self) -> None:
        hello = self._backend.hello
        head = [
            f"backend {hello.get('backend', '?')}, device {hello.get('device', '?')}, state {self._backend.state.value}"
        ]
        QApplication.clipboard().setText("\n".join([*head, *self._backend.log_lines]))
        inform(self._iface, tr("The log is on the clipboard."))

    def _warn(self, text: str) -> None:
        warn(self._iface, text)

    # -- the report --------------------------------------------------------------------------------------------------

    @property
    def is_reporting(self) -> bool:
        """Whether a report is being written."""
        return bool(self._report_job)

    def report(self, run: Run, path: str) -> None:
        """Have the backend write a run's report."""
        self._report_job, self._report_path = uuid.uuid4().hex, path
        self._backend.send({"type": "report", "id": self._report_job, "gpkg": run.gpkg, "out": path})

    def _on_death(self, sentence: str) -> None:
        if self._report_job:
            self._report_job = ""
            self._warn(tr("The report was not written. {0}").format(sentence))

    def _on_message(self, message: dict) -> None:
        if message.get("id") != self._report_job or not self._report_job:
            return
        if message["type"] in ENDS:
            self._report_job = ""
        if message["type"] == "result":
            inform(self._iface, tr("The report is in {0}").format(self._report_path), success=True)
        elif message["type"] == "error":
            self._warn(f"{message['message']} {message.get('hint') or ''}".strip())
