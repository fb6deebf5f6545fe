"""The part of the models page that imports a published checkpoint: where from, what it would bring, progress."""

from __future__ import annotations

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QGroupBox,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ..i18n import tr
from ..session.models import Models
from .card import muted, text_label
from .ink import ink
from .memory_table import size


class AddModel(QGroupBox):
    """Looks a source up first; only then it can be imported.

    Signals: `set_up_wanted()`, and `known(str)` with the folder of a model that is imported already.
    """

    set_up_wanted = pyqtSignal()
    known = pyqtSignal(str)

    def __init__(self, models: Models, parent: QWidget | None = None) -> None:
        super().__init__(tr("Add TerraScope 8B"), parent)
        self._models = models
        self._can_import = False
        self._about: dict = {}
        self.source = QLineEdit()
        self.source.setPlaceholderText(tr("Folder, or ORGANISATION/NAME@COMMIT on Hugging Face"))
        self.source.setAccessibleName(tr("Where the model comes from"))
        self.browse = QPushButton(tr("&Folder…"))
        self.look = QPushButton(tr("&Look up"))
        self.about = text_label()
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setVisible(False)
        self.doing = muted(text_label(small=True))
        self.start = QPushButton(tr("&Import"))
        self.start.setEnabled(False)
        self.stop = QPushButton(tr("&Stop"))
        self.stop.setVisible(False)
        self.set_up = QPushButton(tr("Set up the model…"))
        self.set_up.setVisible(False)
        first = QHBoxLayout()
        first.addWidget(self.source, 1)
        first.addWidget(self.browse)
        first.addWidget(self.look)
        last = QHBoxLayout()
        last.addWidget(self.doing, 1)
        for button in (self.set_up, self.start, self.stop):
            last.addWidget(button)
        column = QVBoxLayout(self)
        column.addLayout(first)
        column.addWidget(self.about)
        column.addWidget(self.bar)
        column.addLayout(last)
        self.say(tr("Nothing is fetched before you have seen its size and licence."))
        self.source.textChanged.connect(self._changed)
        self.source.returnPressed.connect(self.look_up)
        self.browse.clicked.connect(self._browse)
        self.look.clicked.connect(self.look_up)
        self.start.clicked.connect(self.begin)
        self.stop.clicked.connect(self._stop)
        self.set_up.clicked.connect(self.set_up_wanted)
        models.described.connect(self._described)
        models.progressed.connect(self._progressed)
        models.imported.connect(lambda value: self._ended(tr("Imported to {0}").format(value["folder"])))
        models.stopped.connect(lambda sentence: self._ended(sentence))
        models.failed.connect(self._failed)
        self._changed()

    def say(self, text: str, *, bad: bool = False) -> None:
        """Show a sentence."""
        self.about.setText(text)
        self.about.setStyleSheet(f"color: {ink('bad')}" if bad else "")

    def show_environment(self, has_full_packages: bool) -> None:
        """Say whether this environment can import and run such a model at all."""
        self._can_import = has_full_packages
        self.set_up.setVisible(not has_full_packages)
        self.doing.setText(
            "" if has_full_packages else tr("The environment is for the embedded model; set it up for TerraScope 8B.")
        )
        self._update()

    def look_up(self) -> None:
        """Ask what there is. Nothing is fetched."""
        if self.look.isEnabled():
            self.say(tr("Looking…"))
            self.look.setEnabled(False)
            self._models.describe(self.source.text().strip())

    def begin(self) -> None:
        """Import what was looked up."""
        self.bar.setValue(0)
        self._set_busy(True)
        self._models.import_from(self.source.text().strip())

    def _browse(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Folder of a published model"), self.source.text())
        if folder:
            self.source.setText(folder)
            self.look_up()

    def _stop(self) -> None:
        self.stop.setEnabled(False)
        self._models.cancel()

    def _changed(self) -> None:
        self._about = {}
        self._update()

    def _update(self) -> None:
        busy = self._models.is_importing
        self.look.setEnabled(not busy and bool(self.source.text().strip()))
        room = self._about.get("needs_disk", 0) <= self._about.get("free_disk", 0)
        self.start.setEnabled(not busy and self._can_import and self._about.get("kind") in ("hub", "folder") and room)

    def _described(self, about: dict) -> None:
        self._about = about
        licence = about["licence"] or tr("not stated")
        lines = [
            tr("{0}: {1} in {2} files. Licence: {3}.").format(
                about["name"], size(about["bytes"]), about["files"], licence
            )
        ]
        if about["kind"] == "imported":
            lines.append(tr("It is imported already, and in the list above."))
        else:
            text = tr("Needs {0} on disk, {1} are free; goes to {2}.")
            lines.append(text.format(size(about["needs_disk"]), size(about["free_disk"]), about["target"]))
        if about["kind"] == "hub" and about["received"]:
            lines.append(tr("{0} are here from an earlier try and are used.").format(size(about["received"])))
        if about["kind"] == "imported":
            self.known.emit(about["target"])
        room = about["needs_disk"] <= about["free_disk"]
        self.say("\n".join(lines), bad=not room)
        self._update()

    def _progressed(self, fraction: float, text: str) -> None:
        self.bar.setValue(int(fraction * 1000))
        self.doing.setText(text)

    def _ended(self, sentence: str, *, bad: bool = False) -> None:
        self._about = {}
        self._set_busy(False)
        self.doing.setText("")
        self.say(sentence, bad=bad)

    def _failed(self, kind: str, sentence: str) -> None:
        if kind == "import_model":
            self._ended(sentence, bad=True)
        elif kind == "model_info":
            self.say(sentence, bad=True)
            self._update()

    def _set_busy(self, busy: bool) -> None:
        self.bar.setVisible(busy)
        self.stop.setVisible(busy)
        self.stop.setEnabled(busy)
        self.start.setVisible(not busy)
        for widget in (self.source, self.browse):
            widget.setEnabled(not busy)
        self._update()
        if busy:
            self.start.setEnabled(False)
            self.look.setEnabled(False)
