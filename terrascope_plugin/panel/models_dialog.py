"""The models of this machine: which one answers, what each needs, adding and removing TerraScope 8B."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..backend_process.process import BackendProcess
from ..i18n import tr
from ..landcover import class_name
from ..plain_text import tooltip
from ..session.models import Models
from ..settings import Settings
from . import wording
from .add_model import AddModel
from .card import muted, text_label
from .memory_table import MemoryTable, machine_line, precision_name, size, suggestion
from .notices import is_agreed

_MODEL = Qt.ItemDataRole.UserRole


class ModelsDialog(QDialog):
    """A list of models and the chosen one's card.

    Signals
    -------
    chosen()
        Another model or precision is in the settings now.
    set_up_wanted()
        The environment is to be set up.
    """

    chosen = pyqtSignal()
    set_up_wanted = pyqtSignal()

    def __init__(self, settings: Settings, backend: BackendProcess, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._machine: dict = {}
        self._folders: set[str] = set()
        self.models = Models(backend, self)
        self.setWindowTitle(tr("Models"))
        self.resize(760, 640)
        self.list = QListWidget()
        self.list.setMaximumWidth(230)
        self.list.setAccessibleName(tr("Models"))
        self.title = text_label(bold=True)
        self.facts = text_label()
        self.facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.table = MemoryTable()
        self.machine = muted(text_label(small=True))
        self.precision = QComboBox()
        self.precision_row = QWidget()
        form = QFormLayout(self.precision_row)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(tr("&Precision"), self.precision)
        self.use = QPushButton(tr("&Use this model"))
        self.use.setDefault(True)
        self.remove = QPushButton(tr("&Remove…"))
        buttons = QHBoxLayout()
        buttons.addWidget(self.use)
        buttons.addWidget(self.remove)
        buttons.addStretch(1)
        card = QVBoxLayout()
        for widget in (self.title, self.facts, self.table, self.machine, self.precision_row):
            card.addWidget(widget)
        card.addLayout(buttons)
        card.addStretch(1)
        upper = QHBoxLayout()
        upper.addWidget(self.list)
        upper.addLayout(card, 1)
        self.add = AddModel(self.models)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        close.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        column = QVBoxLayout(self)
        column.addLayout(upper, 1)
        column.addWidget(self.add)
        column.addWidget(close)
        self.list.currentItemChanged.connect(lambda _now, _before: self._show_current())
        self.use.clicked.connect(self._use)
        self.remove.clicked.connect(self._remove)
        self.add.set_up_wanted.connect(self.set_up_wanted)
        self.add.known.connect(self.refresh)
        self.models.listed.connect(self._fill)
        self.models.imported.connect(lambda value: self.refresh(value["folder"]))
        self.models.removed.connect(self._removed)
        self.models.failed.connect(self._failed)
        self._select = ""
        self._show_current()
        self.refresh()

    def refresh(self, select: str = "") -> None:
        """Ask the backend for the models again; `select` is the one to show then."""
        self._select = select
        self.title.setText(tr("Looking at the models…"))
        self._folders |= {name for name in (select, self._settings.network) if name not in ("", "auto", "embedded")}
        self.models.list(sorted(self._folders))

    def done(self, result: int) -> None:
        """Close; a running import is asked about first."""
        if self.models.is_importing:
            question = tr("A model is being imported. Stop it? What has been fetched is kept.")
            if not is_agreed(self, self.windowTitle(), question):
                return
            self.models.cancel()
        self.models.detach()
        super().done(result)

    def _network(self) -> str:
        return "embedded" if self._settings.network in ("", "auto") else self._settings.network

    def _fill(self, value: dict) -> None:
        self._machine = value["machine"]
        wanted = self._select or self._network()
        self.list.clear()
        models = list(value["models"])
        if all(model["kind"] == "embedded" for model in models):
            models.append({"kind": "none", "name": "", "title": tr("TerraScope 8B"), "memory": value["released"]})
        for model in models:
            name = tr("Embedded model") if model["kind"] == "embedded" else model["title"]
            item = QListWidgetItem(f"✓ {name}" if model["name"] == self._network() else name)
            item.setData(_MODEL, model)
            item.setToolTip(tooltip(model["name"]))
            self.list.addItem(item)
            if model["name"] == wanted:
                self.list.setCurrentItem(item)
        if self.list.currentItem() is None:
            self.list.setCurrentRow(0)
        self.add.show_environment(bool(value["full_packages"]))

    def current(self) -> dict | None:
        """Return the model whose card is shown."""
        item = self.list.currentItem()
        return None if item is None else item.data(_MODEL)

    def _show_current(self) -> None:
        model = self.current()
        for widget in (self.table, self.machine, self.precision_row, self.remove):
            widget.setVisible(False)
        self.use.setEnabled(False)
        if model is None:
            return
        self.title.setText(self.list.currentItem().text().removeprefix("✓ "))
        self.facts.setText("\n".join(_facts(model)))
        if model["kind"] != "embedded":
            self.table.show_memory(model["memory"])
            self.table.setVisible(True)
            self.machine.setText(f"{machine_line(self._machine)}\n{suggestion(model['memory'])}")
            self.machine.setVisible(True)
        if model["kind"] == "full":
            self._offer_precisions(model["memory"])
            self.precision_row.setVisible(True)
            self.remove.setVisible(bool(model["removable"]))
        in_use = model["name"] == self._network()
        self.use.setVisible(model["kind"] != "none")
        self.use.setEnabled(bool(model.get("available")) and not (in_use and model["kind"] == "embedded"))

    def _offer_precisions(self, memory: dict) -> None:
        self.precision.clear()
        self.precision.addItem(tr("Choose for me (never 4 bit)"), "auto")
        for row in memory["precisions"]:
            if not row["verdict"].startswith("no") and row["package_there"]:
                self.precision.addItem(f"{precision_name(row['name'])}, {verdict_place(row)}", row["name"])
        kept = self._settings.precision
        only_small = memory["suggested"] in ("nf4", "int4")
        index = self.precision.findData(memory["suggested"] if kept == "auto" and only_small else kept)
        self.precision.setCurrentIndex(max(0, index))

    def _use(self) -> None:
        model = self.current()
        if model is None:
            return
        self._settings.network = model["name"]
        self._settings.precision = self.precision.currentData() if model["kind"] == "full" else "auto"
        self._settings.save()
        self.chosen.emit()
        self.refresh(model["name"])

    def _remove(self) -> None:
        model = self.current()
        question = tr("Delete {0} ({1}) from this machine?").format(model["name"], size(model["bytes"]))
        if is_agreed(self, self.windowTitle(), question):
            self.models.remove(model["name"])

    def _removed(self, folder: str) -> None:
        if self._settings.network == folder:
            self._settings.network = "embedded"
            self._settings.save()
            self.chosen.emit()
        self.refresh()

    def _failed(self, kind: str, sentence: str) -> None:
        if kind == "models":
            self.title.setText(tr("The models cannot be listed."))
            self.facts.setText(sentence)
        elif kind == "remove_model":
            self.facts.setText(sentence)


def verdict_place(row: dict) -> str:
    """Return where a precision would run, in few words."""
    return tr("graphics card") if row["verdict"].startswith("gpu") else tr("processor")


def _facts(model: dict) -> list[str]:
    if model["kind"] == "none":
        return [
            tr("Not on this machine. The paper's full model, 8 billion parameters; its weights are imported below."),
            tr("Memory for one image and {0} tokens:").format(model["memory"]["tokens"]),
        ]
    lines = [_state(model)]
    if model["kind"] == "embedded":
        lines.append(tr("Small and quick, runs on any processor. Measured figures: see the project's vision results."))
        classes = [class_name(name) for name in model["classes"]]
        lines.append(tr("Knows: {0}.").format(", ".join(classes)))
        lines.append(tr("Size: {0}.").format(size(model["bytes"])))
        if model["origin"]:
            lines.append(tr("Word embeddings: {0}.").format(model["origin"]))
    else:
        count = model["memory"]["parameters"]
        text = (
            tr("{0} billion parameters, {1} on disk.") if count >= 1e8 else tr("{0} million parameters, {1} on disk.")
        )
        lines.append(text.format(wording.number(count / (1e9 if count >= 1e8 else 1e6), 2), size(model["bytes"])))
        if model["origin"]:
            lines.append(tr("Imported from {0}.").format(model["origin"]))
        lines.append(tr("Folder: {0}").format(model["name"]))
    if model["sha256"]:
        lines.append(tr("SHA-256: {0}").format(model["sha256"]))
    return lines


def _state(model: dict) -> str:
    if model.get("wrong_files"):
        return tr("Damaged: {0}. Install the plugin again.").format(", ".join(model["wrong_files"]))
    if not model["available"]:
        return tr("Cannot be used: {0}").format(model["reason"])
    return (
        tr("Ready. Its files are those that ship: their hashes were compared.")
        if model["kind"] == "embedded"
        else tr("Ready.")
    )
