"""The panel: what to ask about, the question, the trace, earlier runs."""

from __future__ import annotations

from qgis.core import QgsProject
from qgis.gui import QgisInterface, QgsDockWidget
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSplitter,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..i18n import tr
from ..layers.area import AreaError, to_message
from ..session.question import Run
from .area_row import AreaRow
from .card import text_label
from .layers_box import LayersBox
from .question_box import QuestionBox
from .runs_page import RunsPage
from .step_bar import StepBar
from .trace_view import TraceView


class Dock(QgsDockWidget):
    """Holds the widgets and their layout; `Controller` connects them with the rest.

    Signals
    -------
    options_wanted, setup_wanted, models_wanted, log_wanted
        Buttons of the panel's head.
    """

    options_wanted = pyqtSignal()
    setup_wanted = pyqtSignal()
    models_wanted = pyqtSignal()
    log_wanted = pyqtSignal()

    def __init__(self, iface: QgisInterface, history: str) -> None:
        super().__init__(tr("TerraScope Reasoning"))
        self.setObjectName("TerraScopeReasoningDock")
        self.layers = LayersBox(iface)
        self.area = AreaRow(iface)
        self.question = QuestionBox(history)
        self.status = text_label(small=True)
        self.status.setTextFormat(Qt.TextFormat.RichText)
        self.set_up = QPushButton(tr("Set up the model…"))
        self.set_up.setVisible(False)
        self.set_up.clicked.connect(self.setup_wanted)
        self.trace = TraceView()
        self.steps = StepBar()
        self.export = QToolButton()
        self.export.setText(tr("Export"))
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export.setMenu(QMenu(self.export))
        self.export.setEnabled(False)
        self.take_off = QToolButton()
        self.take_off.setText(tr("Remove from map"))
        self.take_off.setToolTip(
            tr("Take this run's group off the map; its file stays and can be opened again under Runs")
        )
        self.take_off.setEnabled(False)
        self.runs = RunsPage()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self._ask_page(), tr("Question"))
        self.tabs.addTab(self.runs, tr("Runs"))
        self.tabs.setCornerWidget(self._menu_button(), Qt.Corner.TopRightCorner)
        self.setWidget(self.tabs)
        self.setMinimumWidth(330)
        self.trace.stepped.connect(self.steps.go)
        self.trace.step_chosen.connect(self.steps.choose)
        self.steps.moved.connect(self.trace.set_current)

    def layer_objects(self) -> list[dict]:
        """Return the protocol's layer objects of ticked layers that are files."""
        return [choice.to_message() for choice in self.layers.choices() if choice.path]

    def area_object(self) -> dict | None:
        """Return the protocol's area for the ticked layers; raises AreaError."""
        layers = self.layers.layers()
        if not layers:
            raise AreaError(tr("Tick the images that the question is about."))
        return to_message(self.area.area(), layers[0], QgsProject.instance())

    def say(self, text: str, *, bad: bool = False) -> None:
        """Show a line of status."""
        self.status.setText(f'<span style="color:#c62828">{text}</span>' if bad else text)

    def show_steps(self, run: Run) -> None:
        """Tell the step bar and the export menu what there is."""
        self.steps.set_steps([step.number for step in run.with_masks()])

    def _ask_page(self) -> QWidget:
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(6, 6, 6, 2)
        column.setSpacing(6)
        column.addWidget(self.layers)
        column.addWidget(self.area)
        column.addWidget(self.question)
        state = QHBoxLayout()
        state.addWidget(self.status, 1)
        state.addWidget(self.set_up)
        column.addLayout(state)
        column.addStretch(1)
        lower = QWidget()
        column = QVBoxLayout(lower)
        column.setContentsMargins(6, 2, 6, 6)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.addWidget(self.steps, 1)
        row.addWidget(self.take_off)
        row.addWidget(self.export)
        column.addLayout(row)
        column.addWidget(self.trace, 1)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(upper)
        splitter.addWidget(lower)
        splitter.setStretchFactor(0, 0)
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([1, 1000])
        return splitter

    def _menu_button(self) -> QToolButton:
        button = QToolButton()
        button.setText("☰")
        button.setAutoRaise(True)
        button.setToolTip(tr("Models, settings, set-up and log"))
        button.setAccessibleName(tr("Models, settings, set-up and log"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.addAction(tr("Set up the model…")).triggered.connect(self.setup_wanted)
        menu.addAction(tr("Models…")).triggered.connect(self.models_wanted)
        menu.addAction(tr("Settings…")).triggered.connect(self.options_wanted)
        menu.addAction(tr("Copy the log for a bug report")).triggered.connect(self.log_wanted)
        button.setMenu(menu)
        return button
