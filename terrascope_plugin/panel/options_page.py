"""The plugin's page in QGIS's Options dialog."""

from __future__ import annotations

from collections.abc import Callable

from qgis.gui import QgsFileWidget, QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QCheckBox, QComboBox, QFormLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from ..i18n import tr
from ..settings import Settings
from .card import muted, text_label
from .colours_dialog import ColoursDialog


class OptionsPage(QgsOptionsPageWidget):
    """A form over the Settings dataclass."""

    def __init__(self, saved: Callable[[Settings], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._saved = saved
        self._settings = settings = Settings.load()
        form = QFormLayout()
        self.network = self._combo(
            (
                (tr("Embedded (small, any processor)"), "embedded"),
                (tr("Choose for me"), "auto"),
                (tr("TerraScope 8B from a folder"), "folder"),
            )
        )
        self.folder = self._folder(tr("Folder of an imported TerraScope model"))
        is_folder = settings.network not in ("auto", "embedded")
        self._select(self.network, "folder" if is_folder else settings.network)
        self.folder.setFilePath(settings.network if is_folder else "")
        self.network.currentIndexChanged.connect(self._update)
        form.addRow(tr("&Model"), self.network)
        form.addRow(tr("Model &folder"), self.folder)
        devices = (
            (tr("Choose for me"), "auto"),
            (tr("Processor (CPU)"), "cpu"),
            (tr("Graphics card (CUDA)"), "cuda"),
            (tr("Apple graphics (MPS)"), "mps"),
        )
        self.device = self._combo(devices, settings.device)
        form.addRow(tr("&Device"), self.device)
        precisions = (
            (tr("Choose for me"), "auto"),
            ("bfloat16", "bf16"),
            ("float16", "fp16"),
            ("float32", "fp32"),
            (tr("4 bit (nf4)"), "nf4"),
            (tr("4 bit (int4)"), "int4"),
        )
        self.precision = self._combo(precisions, settings.precision)
        form.addRow(tr("&Precision"), self.precision)
        self.max_size = QSpinBox()
        self.max_size.setRange(128, 4096)
        self.max_size.setSingleStep(128)
        self.max_size.setSuffix(" px")
        self.max_size.setValue(settings.max_size)
        form.addRow(tr("&Largest side at once"), self.max_size)
        self.tiled = QCheckBox(tr("Cut larger areas into &tiles at full detail (slower)"))
        self.tiled.setChecked(settings.tiled)
        form.addRow("", self.tiled)
        self._colours = settings.colours
        self.colours = QPushButton(tr("Class &colours…"))
        self.colours.clicked.connect(self._choose_colours)
        form.addRow("", self.colours)
        self.runs = self._folder(tr("Next to the project"))
        self.runs.setFilePath(settings.runs_folder)
        form.addRow(tr("Keep &runs in"), self.runs)
        self.environment = self._folder(str(Settings().environment()))
        self.environment.setFilePath(settings.environment_folder)
        form.addRow(tr("&Environment folder"), self.environment)
        self.python = QgsFileWidget()
        self.python.setFilePath(settings.python)
        self.python.lineEdit().setPlaceholderText(tr("The environment that the set-up makes"))
        form.addRow(tr("Own P&ython instead"), self.python)
        self.grace = QSpinBox()
        self.grace.setRange(1, 60)
        self.grace.setSuffix(" s")
        self.grace.setValue(settings.grace_s)
        form.addRow(tr("End a model that does not &stop after"), self.grace)
        self.language = self._combo(((tr("As QGIS"), ""), ("English", "en"), ("Deutsch", "de")), settings.language)
        form.addRow(tr("&Language (after a restart)"), self.language)
        self.log_debug = QCheckBox(tr("Write everything that the model's process says to the lo&g"))
        self.log_debug.setChecked(settings.log_debug)
        form.addRow("", self.log_debug)
        column = QVBoxLayout(self)
        column.addWidget(
            muted(
                text_label(
                    tr(
                        "The model runs in a process and a Python environment of its own. QGIS's Python is "
                        "never changed."
                    )
                )
            )
        )
        column.addLayout(form)
        column.addStretch(1)
        self._update()

    def apply(self) -> None:
        """Save (QGIS calls this at OK)."""
        settings = Settings.load()
        kind = self.network.currentData()
        settings.network = (self.folder.filePath() or "auto") if kind == "folder" else kind
        settings.device = self.device.currentData()
        settings.precision = self.precision.currentData()
        settings.max_size = self.max_size.value()
        settings.tiled = self.tiled.isChecked()
        settings.colours = self._colours
        settings.runs_folder = self.runs.filePath()
        settings.environment_folder = self.environment.filePath()
        settings.python = self.python.filePath()
        settings.grace_s = self.grace.value()
        settings.language = self.language.currentData()
        settings.log_debug = self.log_debug.isChecked()
        settings.save()
        self._saved(settings)

    def _choose_colours(self) -> None:
        dialog = ColoursDialog(self._colours, self)
        if dialog.exec():
            self._colours = dialog.stored()

    def _update(self) -> None:
        self.folder.setEnabled(self.network.currentData() == "folder")

    def _combo(self, items: tuple[tuple[str, str], ...], value: str = "") -> QComboBox:
        combo = QComboBox()
        for text, data in items:
            combo.addItem(text, data)
        self._select(combo, value)
        return combo

    @staticmethod
    def _select(combo: QComboBox, value: str) -> None:
        combo.setCurrentIndex(max(0, combo.findData(value)))

    @staticmethod
    def _folder(placeholder: str) -> QgsFileWidget:
        widget = QgsFileWidget()
        widget.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        widget.lineEdit().setPlaceholderText(placeholder)
        return widget


class OptionsFactory(QgsOptionsWidgetFactory):
    """Gives QGIS the page."""

    def __init__(self, icon: QIcon, saved: Callable[[Settings], None]) -> None:
        super().__init__("TerraScope Reasoning", icon)
        self._saved = saved

    def createWidget(self, parent: QWidget) -> QgsOptionsPageWidget:  # noqa: N802 (QGIS's name)
        """Make the page."""
        page = OptionsPage(self._saved, parent)
        page.setObjectName("TerraScopeOptions")
        return page
