"""The panel as a window shows it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from conftest import wait_until
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtWidgets import QScrollArea

from terrascope_plugin.panel.dock import Dock

_KEPT: list = []  # a map and a panel are destroyed in any order at the end of a test, which QGIS does not bear


@pytest.fixture
def dock(application):
    """The panel, narrow and low."""
    canvas = QgsMapCanvas()
    made = Dock(SimpleNamespace(mapCanvas=lambda: canvas), "")
    _KEPT.extend((canvas, made))
    made.resize(330, 420)
    made.show()
    yield made
    made.layers.detach()
    made.area.detach()
    made.close()


@pytest.mark.parametrize("running", [False, True])
def test_nothing_is_cut_off_at_the_side_of_a_narrow_panel(dock, running):
    dock.question.set_running(running)
    dock.steps.set_steps(list(range(1, 21)))
    dock.steps.choose(12)
    page = dock.tabs.widget(0)
    assert isinstance(page, QScrollArea)
    assert wait_until(lambda: 0 < page.widget().width() <= page.viewport().width(), 5)
    assert dock.question.stop.isVisible() == running and dock.question.ask.isVisible() != running


def test_a_low_panel_does_not_make_the_window_higher(dock):
    assert dock.minimumSizeHint().height() < 400
