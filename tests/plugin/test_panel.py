"""The panel as a window shows it."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import wait_until
from qgis.core import QgsProject
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtWidgets import QScrollArea

from terrascope_plugin.backend_process.process import State
from terrascope_plugin.panel.controller import Controller
from terrascope_plugin.panel.dock import Dock
from terrascope_plugin.session import history
from terrascope_plugin.session.history import rename_run
from terrascope_plugin.session.question import Run
from terrascope_plugin.settings import Settings

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


@pytest.fixture
def panel(dock, backend):
    """The panel at work, with the scripted child; (controller, process, texts over the map)."""
    from qgis.gui import QgsMessageBar

    made = []

    def make(mode: str):
        canvas, bar = QgsMapCanvas(), QgsMessageBar()
        process = backend(mode)
        iface = SimpleNamespace(mapCanvas=lambda: canvas, messageBar=lambda: bar)
        controller = Controller(iface, dock, process, Settings, lambda: True)
        _KEPT.extend((canvas, bar, controller))
        made.append(controller)
        return controller, process, lambda: [item.text() for item in bar.items()]

    yield make
    for controller in made:
        controller.map.detach()


def test_a_question_that_is_too_long_is_not_sent_and_the_limit_is_said(panel, dock):
    controller, process, _texts = panel("normal")
    dock.question.set_text("water " * 1000)
    controller.ask()
    assert "5,999 characters; 4,000 are the most" in dock.status.text()
    assert controller.session.run is None and process.state is State.STOPPED


def test_a_report_is_not_under_way_any_more_when_its_process_has_died(panel, dock, run_gpkg, tmp_path):
    controller, process, texts = panel("slow")
    process.start()
    assert wait_until(lambda: process.state is State.READY)
    os.kill(process.pid, signal.SIGSTOP)  # asked, not answered
    controller.report(Run("How much?", gpkg=run_gpkg), str(tmp_path / "report.html"))
    assert controller.is_reporting
    os.kill(process.pid, signal.SIGKILL)
    assert wait_until(lambda: not controller.is_reporting)
    assert any("The report was not written" in text for text in texts())


def test_a_report_is_not_under_way_any_more_when_its_process_was_ended(panel, run_gpkg, tmp_path):
    controller, process, _texts = panel("silent")
    controller.report(Run("How much?", gpkg=run_gpkg), str(tmp_path / "report.html"))
    assert controller.is_reporting
    process.stop()
    assert not controller.is_reporting


def test_the_shown_run_follows_its_file_to_another_name(panel, dock, run_gpkg, tmp_path):
    controller, _process, texts = panel("normal")
    path = tmp_path / "one.gpkg"
    shutil.copyfile(run_gpkg, path)
    controller.open_run(str(path))
    assert wait_until(lambda: not controller.map.is_settling)
    told: list = []
    rename_run(QgsProject.instance(), str(path), "two", lambda new, problem: told.append((new, problem)))
    dock.runs.renamed.emit(str(path), told[0][0])
    assert controller._shown.gpkg == str(tmp_path / "two.gpkg") and controller.map.group(controller._shown) is not None
    names = [action.text() for action in dock.export.menu().actions() if action.isEnabled()]
    assert "GeoPackage of the run…" in names and texts() == []
    QgsProject.instance().clear()


def test_a_list_that_cannot_be_read_says_so(dock, tmp_path, monkeypatch):
    """A share that is gone must not look like a folder without runs."""

    def unreachable(_folder: Path) -> list[str]:
        raise OSError(112, "Host is down", "//server/share")

    monkeypatch.setattr(history, "run_files", unreachable)
    dock.runs.refresh(tmp_path)
    assert "cannot be read: Host is down (//server/share)" in dock.runs.place.text()


def test_a_row_of_the_list_is_as_high_as_its_text(dock, run_gpkg, tmp_path):
    """Why a file cannot be read, and how a run ended, are the last lines of their rows."""
    shutil.copyfile(run_gpkg, tmp_path / "held.gpkg")
    tree = dock.runs.tree
    dock.tabs.setCurrentIndex(1)
    with closing(sqlite3.connect(tmp_path / "held.gpkg", isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        dock.runs.refresh(tmp_path)
    item = tree.topLevelItem(0)
    assert item.text(0).startswith('held\n"held.gpkg" is being written by another program')
    assert wait_until(lambda: tree.visualItemRect(item).height() > 3 * tree.fontMetrics().lineSpacing(), 3)


def test_a_long_list_is_read_while_the_window_lives(dock, run_gpkg, tmp_path):
    for number in range(150):
        shutil.copyfile(run_gpkg, tmp_path / f"{number}.gpkg")
    begun = time.thread_time()
    dock.runs.refresh(tmp_path)
    assert time.thread_time() - begun < 0.05 and 0 < dock.runs.tree.topLevelItemCount() < 150
    assert wait_until(lambda: dock.runs.tree.topLevelItemCount() == 150)
    dock.runs.refresh(tmp_path / "nothing")  # what was being listed is not listed any more
    assert not wait_until(lambda: dock.runs.tree.topLevelItemCount() > 0, 0.2)


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
