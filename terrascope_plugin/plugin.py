"""Wiring: menu, toolbar, dock, options page, Processing provider."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction

from . import temporary
from .backend_process.process import BackendProcess
from .backend_process.supply import launch_for, python_for
from .i18n import PLUGIN_ROOT, install_translator, tr
from .layers import expressions, palette
from .processing.provider import TerraScopeProvider
from .settings import Settings

MENU = "TerraScope Reasoning"


class TerraScopePlugin:
    """What QGIS talks to. Without an `iface` (qgis_process) only the Processing provider is there."""

    def __init__(self, iface: QgisInterface | None) -> None:
        self.iface = iface
        self.settings = Settings.load()
        palette.use(self.settings.colours)
        self._translator = install_translator(self.settings.language)
        self.provider: TerraScopeProvider | None = None
        self._functions: list = []
        self.dock = self.controller = self.backend = self.action = self.options = None
        self.layout_drops = self.drops = None

    def initProcessing(self) -> None:  # noqa: N802 (QGIS's name)
        """Register the algorithms; all that qgis_process needs."""
        self.provider = TerraScopeProvider()
        QgsApplication.processingRegistry().addProvider(self.provider)
        self._functions = expressions.functions()
        expressions.register(self._functions)

    def initGui(self) -> None:  # noqa: N802 (QGIS's name)
        """Build the window's parts."""
        from .panel.controller import Controller
        from .panel.dock import Dock
        from .panel.layout_items import RunDropHandler
        from .panel.options_page import OptionsFactory
        from .panel.run_drops import RunFileDropHandler

        self.initProcessing()
        icon = QIcon(str(PLUGIN_ROOT / "resources" / "icons" / "terrascope.svg"))
        self.backend = BackendProcess(lambda: launch_for(self.settings), self.settings.grace_s)
        self.dock = Dock(self.iface, self.settings.history)
        self.iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.controller = Controller(
            self.iface, self.dock, self.backend, lambda: self.settings, lambda: bool(python_for(self.settings))
        )
        self.action = QAction(icon, tr("Ask about images"), self.iface.mainWindow())
        self.action.setCheckable(True)
        self.action.setObjectName("terrascopeReasoningAction")
        self.dock.setToggleVisibilityAction(self.action)
        self.iface.addToolBarIcon(self.action)
        self.iface.addPluginToRasterMenu(MENU, self.action)
        self.options = OptionsFactory(icon, self._settings_changed)
        self.iface.registerOptionsWidgetFactory(self.options)
        self.dock.options_wanted.connect(
            lambda: self.iface.showOptionsDialog(self.iface.mainWindow(), "TerraScopeOptions")
        )
        self.layout_drops = RunDropHandler(self.iface.mapCanvas())
        self.iface.registerCustomLayoutDropHandler(self.layout_drops)
        self.drops = RunFileDropHandler(self.controller.open_run)
        self.iface.registerCustomDropHandler(self.drops)
        self.dock.setup_wanted.connect(self.open_setup)
        self.dock.models_wanted.connect(self.open_models)
        QgsApplication.instance().aboutToQuit.connect(self._stop_backend)

    def unload(self) -> None:
        """Take everything away again, the backend first."""
        self._stop_backend()
        if self.provider is not None:
            QgsApplication.processingRegistry().removeProvider(self.provider)
            expressions.unregister(self._functions)
            self.provider = None
        if self.dock is not None:
            QgsApplication.instance().aboutToQuit.disconnect(self._stop_backend)
            self.controller.detach()
            self.iface.unregisterCustomLayoutDropHandler(self.layout_drops)
            self.iface.unregisterCustomDropHandler(self.drops)
            self.iface.unregisterOptionsWidgetFactory(self.options)
            self.iface.removePluginRasterMenu(MENU, self.action)
            self.iface.removeToolBarIcon(self.action)
            self.iface.removeDockWidget(self.dock)
            self.dock.deleteLater()
            self.action.deleteLater()
            self.dock = self.controller = self.backend = self.action = self.options = None
            self.layout_drops = self.drops = None

    def open_setup(self) -> None:
        """Open the set-up of the backend's environment."""
        from .panel.setup_dialog import SetupDialog

        SetupDialog(self.settings, self.backend, self.iface.mainWindow()).exec()
        self.controller.wake()

    def open_models(self) -> None:
        """Open the models page; without an environment the set-up comes first."""
        from .panel.models_dialog import ModelsDialog

        if not python_for(self.settings):
            self.open_setup()
            return
        dialog = ModelsDialog(self.settings, self.backend, self.iface.mainWindow())
        dialog.chosen.connect(self.controller.refresh)
        dialog.set_up_wanted.connect(dialog.reject)
        dialog.set_up_wanted.connect(self.open_setup)
        dialog.exec()

    def _settings_changed(self, settings: Settings) -> None:
        needs_restart = (settings.python, settings.environment_folder) != (
            self.settings.python,
            self.settings.environment_folder,
        )
        self.settings = settings
        palette.use(settings.colours)
        if needs_restart and self.backend is not None:
            self.backend.stop()
        if self.controller is not None:
            self.controller.refresh()

    def _stop_backend(self) -> None:
        if self.backend is not None:
            self.backend.stop(wait_ms=300)
        temporary.remove()
