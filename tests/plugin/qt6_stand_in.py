"""QGIS 4 is Qt 6. Where it cannot be installed: PyQt6 behind a small `qgis.PyQt`, everything else of QGIS a stand-in.

Opens every widget of the panel. PyQt6 refuses unscoped enums and what Qt 6 has dropped: that is what this is for.
Runs in a Python with PyQt6; prints the names of what was opened.
"""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path
from unittest.mock import MagicMock

os.environ["QT_QPA_PLATFORM"] = "offscreen"
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from PyQt6 import QtCore, QtGui, QtWidgets  # noqa: E402

application = QtWidgets.QApplication([])


class StandIns(types.ModuleType):
    """A module whose unknown names are empty classes."""

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        made = MagicMock(name=name)
        setattr(self, name, made)
        return made


class FileWidget(QtWidgets.QWidget):
    """As much of QgsFileWidget as is used."""

    class StorageMode:
        GetDirectory = 1

    def __init__(self, parent=None) -> None:
        super().__init__(parent)
        self._edit = QtWidgets.QLineEdit(self)

    def lineEdit(self):  # noqa: N802
        return self._edit

    def setFilePath(self, path: str) -> None:  # noqa: N802
        self._edit.setText(path)

    def filePath(self) -> str:  # noqa: N802
        return self._edit.text()

    def setStorageMode(self, _mode: int) -> None:  # noqa: N802
        pass


class CollapsibleBox(QtWidgets.QGroupBox):
    """As much of QgsCollapsibleGroupBox as is used."""

    def setCollapsed(self, _collapsed: bool) -> None:  # noqa: N802
        pass


class ColourButton(QtWidgets.QToolButton):
    """As much of QgsColorButton as is used."""

    def setColor(self, colour: QtGui.QColor) -> None:  # noqa: N802
        self._colour = colour

    def color(self) -> QtGui.QColor:
        return self._colour


class Settings:
    """As much of QgsSettings as is used."""

    def value(self, _name, default=None, type=None):
        return default

    def setValue(self, _name, _value) -> None:  # noqa: N802
        pass


def install() -> None:
    """Put the stand-ins where `import qgis` finds them."""
    for name in ("QAction", "QActionGroup", "QShortcut"):  # as QGIS's own shim does
        setattr(QtWidgets, name, getattr(QtGui, name))
    core, gui = StandIns("qgis.core"), StandIns("qgis.gui")
    core.QgsSettings = Settings
    core.QgsTask = type("QgsTask", (QtCore.QObject,), {})
    for name in ("QgsProcessingAlgorithm", "QgsProcessingProvider", "QgsProcessingException"):
        setattr(core, name, type(name, (Exception if name.endswith("Exception") else object,), {}))
    core.QgsApplication.getThemeIcon = lambda _name: QtGui.QIcon()
    core.QgsRasterLayer, core.QgsVectorLayer = type("QgsRasterLayer", (), {}), type("QgsVectorLayer", (), {})
    project = core.QgsProject.instance.return_value
    project.layerTreeRoot.return_value.findLayers.return_value = []
    project.layerTreeRoot.return_value.findGroups.return_value = []
    project.mapLayers.return_value = {}
    gui.QgsDockWidget = QtWidgets.QDockWidget
    gui.QgsFileWidget = FileWidget
    gui.QgsColorButton = ColourButton
    gui.QgsCollapsibleGroupBox = CollapsibleBox
    gui.QgsLayoutCustomDropHandler = gui.QgsCustomDropHandler = object
    gui.QgsOptionsPageWidget = QtWidgets.QWidget
    gui.QgsOptionsWidgetFactory = object
    qgis, shim = types.ModuleType("qgis"), types.ModuleType("qgis.PyQt")
    qgis.PyQt, qgis.core, qgis.gui = shim, core, gui
    shim.QtCore, shim.QtGui, shim.QtWidgets = QtCore, QtGui, QtWidgets
    modules = {"qgis": qgis, "qgis.PyQt": shim, "qgis.core": core, "qgis.gui": gui}
    modules |= {f"qgis.PyQt.{name}": getattr(shim, name) for name in ("QtCore", "QtGui", "QtWidgets")}
    sys.modules.update(modules)


def models_page(dialog):
    """Fill the models page as the backend would, with a machine that has a card."""
    rows = [
        {
            "name": name,
            "gpu": 1e10,
            "cpu": 1e10,
            "verdict": verdict,
            "card": "card",
            "package": "",
            "package_there": True,
        }
        for name, verdict in (("bf16", "gpu"), ("fp32", "no"), ("nf4", "gpu_busy"), ("int4", "no_card"))
    ]
    memory = {"parameters": 8e9, "tokens": 4096, "precisions": rows, "suggested": "bf16"}
    full = {"name": "/models/8b", "title": "TerraScope (8b)", "kind": "full", "available": True, "reason": ""}
    full |= {"bytes": 17e9, "sha256": "0", "origin": "folder", "removable": True, "memory": memory}
    card = {"name": "card", "total": 24e9, "free": 23e9}
    machine = {"memory_total": 3e10, "memory_free": 2e10, "cards": [card]}
    value = {"models": [full], "released": memory, "machine": machine, "full_packages": True}
    dialog.models.listed.emit(value)
    about = {"kind": "hub", "name": "a/b", "licence": "", "bytes": 1, "files": 2, "received": 0, "needs_disk": 1}
    dialog.models.described.emit({**about, "free_disk": 2, "target": "/models/b"})
    assert dialog.precision.count() == 3
    assert dialog.table.rowCount() == 4
    return dialog


def main() -> None:
    """Open everything."""
    install()
    import importlib

    for file in sorted((ROOT / "terrascope_plugin").rglob("*.py")):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        if "processing" not in name and not name.endswith(("plugin.plugin", "__init__")):
            importlib.import_module(name)
    from terrascope_plugin.backend_process.process import BackendProcess
    from terrascope_plugin.layers.choice import LayerChoice
    from terrascope_plugin.panel.bands_dialog import BandsDialog
    from terrascope_plugin.panel.colours_dialog import ColoursDialog
    from terrascope_plugin.panel.compare_dialog import CompareDialog
    from terrascope_plugin.panel.dock import Dock
    from terrascope_plugin.panel.models_dialog import ModelsDialog
    from terrascope_plugin.panel.options_page import OptionsPage
    from terrascope_plugin.panel.setup_dialog import SetupDialog
    from terrascope_plugin.session.apply import apply
    from terrascope_plugin.session.history import PastRun
    from terrascope_plugin.session.question import Run
    from terrascope_plugin.settings import Settings as PluginSettings

    iface = MagicMock()
    dock = Dock(iface, "")
    run = Run("How much water?", job="1")
    for message in (
        {"type": "text", "step": 1, "text": "The water [SEG]"},
        {"type": "step", "step": 1, "label": "water", "view": 0},
        {
            "type": "mask",
            "step": 1,
            "label": "water",
            "gpkg": "x",
            "measurements": {"share": 0.2, "area_m2": 5e5},
            "confidence": 0.8,
        },
        {
            "type": "claim",
            "step": 1,
            "text": "20 %",
            "verdict": "contradicted",
            "claimed": 20,
            "measured": 25.5,
            "unit": "%",
        },
        {"type": "answer", "text": "20 %"},
        {"type": "end", "reason": "answered"},
    ):
        apply(run, message)
    dock.show()
    dock.trace.show_run(run)
    dock.runs._add(PastRun("/runs/a.gpkg", "How much water?", "20 %", "2026-05-01 10:00", "answered"))
    dock.tabs.setCurrentIndex(1)
    assert not dock.grab().isNull() and dock.runs.tree.visualItemRect(dock.runs.tree.topLevelItem(0)).height() > 20
    dock.tabs.setCurrentIndex(0)
    dock.show_steps(run)
    dock.steps.go(1)
    key = QtGui.QKeyEvent(QtCore.QEvent.Type.KeyPress, QtCore.Qt.Key.Key_Right, QtCore.Qt.KeyboardModifier.NoModifier)
    application.sendEvent(dock.trace, key)
    where, nothing = QtCore.QPointF(5, 5), QtCore.Qt.MouseButton.NoButton
    left, none = QtCore.Qt.MouseButton.LeftButton, QtCore.Qt.KeyboardModifier.NoModifier
    for kind, button in ((QtCore.QEvent.Type.MouseButtonPress, left), (QtCore.QEvent.Type.MouseMove, nothing)):
        application.sendEvent(dock.trace.cards[-1], QtGui.QMouseEvent(kind, where, where, button, button, none))
    enter = QtGui.QKeyEvent(
        QtCore.QEvent.Type.KeyPress, QtCore.Qt.Key.Key_Return, QtCore.Qt.KeyboardModifier.NoModifier
    )
    application.sendEvent(dock.question.edit, enter)
    backend = BackendProcess(lambda: None)
    settings = PluginSettings()
    choice = LayerChoice("id", "scene", "scene.tif", "optical", None, {"red": 1}, 2, False, (), "gdal")
    quiet = types.SimpleNamespace(message=backend.message, died=backend.died, send=lambda _message: None)
    widgets = [
        dock,
        SetupDialog(settings, backend),
        OptionsPage(lambda _s: None),
        BandsDialog(choice, ["a", "b"], {}),
        ColoursDialog("{}"),
        models_page(ModelsDialog(settings, quiet)),
        CompareDialog("/nowhere/a.gpkg", "/nowhere/b.gpkg"),
    ]
    for widget in widgets:
        widget.show()
        application.processEvents()
        assert not widget.grab().isNull()
        sys.stdout.write(f"{type(widget).__name__}\n")


main()
sys.stdout.flush()
os._exit(0)
