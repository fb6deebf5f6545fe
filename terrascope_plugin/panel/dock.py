"""The panel: what to ask about, the question, the trace, earlier runs."""

from __future__ import annotations

from qgis.core import QgsApplication, QgsProject
from qgis.gui import QgisInterface, QgsDockWidget
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QScrollArea,
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
from .ink import ink
from .layers_box import LayersBox
from .menu_button import MenuButton
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
        self.set_up = QPushButton(tr("Set up the model…"))
        self.set_up.setVisible(False)
        self.set_up.clicked.connect(self.setup_wanted)
        self.trace = TraceView()
        self.steps = StepBar()
        self.export = MenuButton(tr("Export"))
        self.export.setEnabled(False)
        self.take_off = QToolButton()
        self.take_off.setIcon(QgsApplication.getThemeIcon("/mActionRemoveLayer.svg"))
        self.take_off.setAccessibleName(tr("Remove from map"))
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

    def say(self, text: str, *, bad: bool = False, busy: bool = False) -> None:
        """Show a line of status: what went wrong in the colour for that, what is being done in bold."""
        self.status.setStyleSheet(f"color: {ink('bad')}" if bad else "")
        font = self.status.font()
        font.setBold(busy)
        self.status.setFont(font)
        self.status.setText(text)

    def show_steps(self, run: Run) -> None:
        """Tell the step bar and the export menu what there is."""
        self.steps.set_steps([step.number for step in run.with_masks()])

    def _ask_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(6)
        for widget in (self.layers, self.area, self.question):
            column.addWidget(widget)
        state = QHBoxLayout()
        state.addWidget(self.status, 1)
        state.addWidget(self.set_up)
        column.addLayout(state)
        line = QFrame()
        line.setFrameShape(QFrame.Shape.HLine)
        line.setFrameShadow(QFrame.Shadow.Sunken)
        column.addWidget(line)
        row = QHBoxLayout()
        row.addWidget(self.steps, 1)
        row.addWidget(self.take_off)
        row.addWidget(self.export)
        column.addLayout(row)
        column.addWidget(self.trace, 1)
        self.trace.setMinimumHeight(110)
        scroll = QScrollArea()  # in a low window the page scrolls; without it the window would be made higher
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(page)
        scroll.setMinimumWidth(page.minimumSizeHint().width() + scroll.verticalScrollBar().sizeHint().width())
        return scroll

    def _menu_button(self) -> QToolButton:
        button = QToolButton()
        button.setText("☰")
        button.setAutoRaise(True)
        button.setStyleSheet("QToolButton::menu-indicator { image: none; }")
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
