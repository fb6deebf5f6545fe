"""A run's file may be a stranger's, cut off, on a share, held by another program: it is shown as it is, or refused."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from conftest import ROOT, wait_until
from qgis.core import QgsProject, QgsVectorLayer
from qgis.PyQt.QtGui import QColor

from terrascope_plugin.layers import database_file, file_change, palette, results
from terrascope_plugin.layers.database_file import sqlite_uri
from terrascope_plugin.layers.file_change import FileChangeError, checked_name
from terrascope_plugin.layers.run_file import NoRunError, RunFileError, read_run
from terrascope_plugin.panel.layout_items import text_of
from terrascope_plugin.panel.run_on_map import layers_of_step
from terrascope_plugin.panel.trace_view import TraceView
from terrascope_plugin.session.history import delete_run, past_runs, put_in_place, rename_run
from terrascope_plugin.session.question import Run
from terrascope_plugin.session.reopen import reopened


@pytest.fixture
def project(application):
    """The project, empty before and after."""
    instance = QgsProject.instance()
    instance.clear()
    yield instance
    instance.clear()


@pytest.fixture
def own_run(written_run, tmp_path) -> Path:
    """A copy of a run that a test may spoil."""
    path = tmp_path / "own.gpkg"
    shutil.copyfile(written_run, path)
    return path


def on_map(project: QgsProject, path: str) -> list[QgsVectorLayer]:
    """Put a run's masks on the map."""
    run = reopened(read_run(path))
    group = results.make_group(project, path, run.question)
    masks = [mask for step in run.with_masks() for mask in layers_of_step(step)]
    return [results.add_mask(project, group, run.gpkg, mask) for mask in masks]


# --- what a run holds is shown ----------------------------------------------------------------------------------------


def test_what_the_backend_wrote_is_read_back_whole(written_run):
    run = reopened(read_run(written_run))
    assert run.question == 'How much "water" is there — 湖?' and run.options == ("10 %", "20 %")
    assert run.warnings == ["Step 3: the mask is empty."]
    assert [step.label for step in run.with_masks()] == ["tree", "riverbank", "water"]
    assert [mask.label for mask in run.steps[2].masks] == ["riverbank", "riverbank gain"]
    assert [claim.verdict for claim in run.claims] == ["supported", "contradicted", "not_checkable"]
    assert all(step.masks[0].area_m2 > 0 for step in run.with_masks())


# --- a stranger's file: values ----------------------------------------------------------------------------------------

VALUES: tuple[object, ...] = (
    None, "", "x", "12", -1, 0, 1, 3.7, 2**62, -(2**62), 1e308, float("inf"), float("-inf"), b"", b"\xff\x00\xfe",
    "[" * 5000, "{}", "[1, 2]", "null", "true", '"a"', "5", '{"measurements": 5}', '{"measurements": {"share": "x"}}',
    '{"measurements": {"area_m2": 1e999}}', '{"measurements": {"pixels": [1]}}', "9" * 5000, "\x00", "\ud7ff\u202e",
    "<img src='file:///etc/passwd'>", "#12", "#gggggg", "red; background: url(x)", "2020-13-45", "0000", "99999",
)  # fmt: skip
FIELDS = [
    (table, column)
    for table, columns in {
        "run": "created question options answer choice confidence end_reason network device warnings seconds record",
        "steps": "step text label view view_name date date_text area_m2 share confidence evidence empty record",
        "claims": "step claim verdict claimed measured unit reason record",
        "masks": "step label view view_name date date_text part area_m2 share pixels mask_area_m2 mask_share confidence"
        " colour derived",
    }.items()
    for column in columns.split()
]


def shown_or_refused(path: str) -> str:
    """Open a file as the panel does, everything but the window; "shown", or what is said of it."""
    try:
        file = read_run(path)
    except RunFileError as error:
        return str(error)
    run = reopened(file)
    text_of(run)
    for step in run.ordered():
        for mask in layers_of_step(step):
            results.source_of(run.gpkg, mask)
            assert QColor(mask.colour).isValid()
    return "shown"


def loosened(path: Path) -> None:
    """Take the constraints off a run's tables, as a stranger can: then every column holds anything."""
    with closing(sqlite3.connect(path)) as database:
        for table in ("run", "steps", "claims", "masks"):
            columns = ", ".join(f'"{row[1]}"' for row in database.execute(f"PRAGMA table_info({table})"))
            database.executescript(
                f"CREATE TABLE loose ({columns}); INSERT INTO loose SELECT * FROM {table}; DROP TABLE {table};"
                f"ALTER TABLE loose RENAME TO {table};"
            )


def test_whatever_a_column_holds_the_file_is_shown_or_refused_with_a_sentence(own_run, tmp_path):
    loosened(own_run)
    whole = own_run.read_bytes()
    assert shown_or_refused(str(own_run)) == "shown"
    path = tmp_path / "mutated.gpkg"
    outcomes: dict[str, int] = {"shown": 0, "refused": 0}
    for table, column in FIELDS:
        for value in VALUES:
            path.write_bytes(whole)
            with closing(sqlite3.connect(path)) as database, database:
                database.execute("PRAGMA synchronous = OFF")
                database.execute(f"UPDATE {table} SET {column} = ?", (value,))
            told = shown_or_refused(str(path))
            assert told == "shown" or "mutated.gpkg" in told, (table, column, value)
            outcomes["shown" if told == "shown" else "refused"] += 1
    assert sum(outcomes.values()) == len(FIELDS) * len(VALUES) > 1144
    assert min(outcomes.values()) > 300, outcomes


@pytest.mark.parametrize("statement", [
    "DROP TABLE masks", "DROP TABLE run", "DELETE FROM run", "ALTER TABLE steps RENAME TO s",
    "ALTER TABLE run DROP COLUMN question", "ALTER TABLE masks DROP COLUMN step",
    "ALTER TABLE masks DROP COLUMN colour",
    "ALTER TABLE steps DROP COLUMN record", "ALTER TABLE claims DROP COLUMN verdict",
    "ALTER TABLE claims DROP COLUMN fid",
    "DROP TABLE steps; CREATE VIEW steps AS SELECT * FROM claims",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
    " INSERT INTO steps (step, text, record) SELECT i + 10, 'x', '{}' FROM n",
])  # fmt: skip
def test_whatever_a_table_lacks_or_is_the_file_is_shown_or_refused(own_run, statement):
    loosened(own_run)
    with closing(sqlite3.connect(own_run)) as database:
        database.executescript(statement)
    told = shown_or_refused(str(own_run))
    assert told == "shown" or "own.gpkg" in told


def test_a_file_with_broken_bytes_is_shown_or_refused(own_run, tmp_path):
    whole, chance = own_run.read_bytes(), random.Random(4)
    path = tmp_path / "mutated.gpkg"
    for _ in range(300):
        spoilt = bytearray(whole)
        for _byte in range(chance.choice((1, 4, 64, 2000))):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        path.write_bytes(spoilt[: chance.choice((len(spoilt), len(spoilt), chance.randrange(len(spoilt))))])
        told = shown_or_refused(str(path))
        assert told == "shown" or "mutated.gpkg" in told


# --- a stranger's file: texts -----------------------------------------------------------------------------------------


def hostile(path: Path, canary: Path) -> None:
    """Fill every text of a run with what Qt and QGIS would render, load or evaluate, and its style with actions."""
    evil = f"<img src='{canary}'><b>BOLD</b> [% env('CANARY') %] &amp; a&b"
    style = (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis version='3.22.0'>"
        f"<attributeactions><actionsetting name='a' type='1' action='print({str(canary)!r})' id='{{1}}'"
        " capture='0' icon='' isEnabledOnlyWhenEditable='0' notificationMessage='' shortTitle=''/></attributeactions>"
        "<mapTip>[% env('CANARY') %]</mapTip>"
        "<customproperties><property key='evil' value='1'/></customproperties></qgis>"
    )
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE run SET question = ?, answer = ?, warnings = ?, network = ?", (evil,) * 4)
        database.execute("UPDATE steps SET text = ?, evidence = ?, view_name = ?", (evil,) * 3)
        database.execute("UPDATE steps SET label = ? WHERE label IS NOT NULL", (evil,))
        database.execute("UPDATE masks SET label = ?", (evil,))
        database.execute("UPDATE claims SET claim = ?, reason = ?, unit = ?, measured = ?", (evil,) * 4)
        database.execute("UPDATE layer_styles SET styleQML = ?", (style,))


def test_texts_of_a_file_are_shown_as_they_are_in_every_widget(own_run, application, tmp_path):
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QLabel, QWidget

    from terrascope_plugin.panel.compare_dialog import CompareDialog
    from terrascope_plugin.panel.runs_page import RunsPage

    hostile(own_run, tmp_path / "canary.png")
    view, page = TraceView(), RunsPage()
    view.show_run(reopened(read_run(str(own_run))))
    page.refresh(tmp_path)
    dialog = CompareDialog(str(own_run), str(tmp_path / "<b>gone</b>.gpkg"))
    checked = 0
    for top in (view, page, dialog):
        for widget in [top, *top.findChildren(QWidget)]:
            assert "<img" not in widget.toolTip() and "<b>BOLD" not in widget.toolTip()
            if isinstance(widget, QLabel) and ("BOLD" in widget.text() or "gone" in widget.text()):
                checked += 1
                is_plain = widget.textFormat() == Qt.TextFormat.PlainText
                assert is_plain or ("<img" not in widget.text() and "<b>BOLD" not in widget.text()), widget.text()
    assert checked > 10
    item = page.tree.topLevelItem(0)
    assert "&lt;img" in item.toolTip(0) and "<img" not in item.toolTip(0)


def test_messages_over_the_map_and_questions_show_a_text_as_it_is(application):
    from types import SimpleNamespace

    from qgis.gui import QgsMessageBar
    from qgis.PyQt.QtCore import Qt, QTimer
    from qgis.PyQt.QtWidgets import QApplication, QMessageBox, QTextEdit

    from terrascope_plugin.panel import notices

    bar = QgsMessageBar()
    text = "<b>BOLD</b> <img src='/etc/x.png'> a & b"
    notices.warn(SimpleNamespace(messageBar=lambda: bar), text)
    (shown,) = (edit for edit in bar.currentItem().findChildren(QTextEdit) if "BOLD" in edit.toPlainText())
    assert text in shown.toPlainText()
    formats = []

    def answer() -> None:
        box = QApplication.activeModalWidget()
        formats.append((type(box), box.textFormat(), box.text()))
        box.button(QMessageBox.StandardButton.Yes).click()

    QTimer.singleShot(100, answer)
    assert notices.is_agreed(bar, "title", text)
    assert formats == [(QMessageBox, Qt.TextFormat.PlainText, text)]


def test_a_print_layout_evaluates_nothing_of_a_run(own_run, application, monkeypatch, tmp_path):
    from types import SimpleNamespace

    from qgis.core import QgsLayoutItemLabel, QgsPrintLayout
    from qgis.gui import QgsMapCanvas
    from qgis.PyQt.QtCore import QPointF

    from terrascope_plugin.panel.layout_items import RunDropHandler

    monkeypatch.setenv("CANARY", "the secret")
    hostile(own_run, tmp_path / "canary.png")
    canvas, layout = QgsMapCanvas(), QgsPrintLayout(QgsProject.instance())
    layout.initializeDefaults()
    designer = SimpleNamespace(layout=lambda: layout)
    assert RunDropHandler(canvas).handleFileDrop(designer, QPointF(10, 10), str(own_run))
    (label,) = (item for item in layout.items() if isinstance(item, QgsLayoutItemLabel))
    run = reopened(read_run(str(own_run)))
    assert label.currentText() == text_of(run) and "[% env('CANARY') %]" in label.currentText()
    assert label.mode() == QgsLayoutItemLabel.ModeFont


def test_neither_style_nor_actions_of_a_file_are_taken_over(own_run, project, monkeypatch, tmp_path):
    from qgis.core import QgsExpression, QgsExpressionContext, QgsExpressionContextUtils

    monkeypatch.setenv("CANARY", "the secret")
    hostile(own_run, tmp_path / "canary.png")
    layers = on_map(project, str(own_run))
    told: list = []
    rename_run(project, str(own_run), "renamed", lambda *done: told.append(done))
    assert told[0][1] == ""
    for layer in layers:
        assert layer.isValid() and layer.featureCount() > 0
        assert layer.actions().actions() == [] and layer.customProperty("evil") is None
        context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
        context.setFeature(next(layer.getFeatures()))
        tip = QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)
        assert "&lt;img" in tip and "<img" not in tip and "secret" not in tip


def test_a_run_that_is_dropped_on_the_window_is_opened_as_a_run(own_run, application, tmp_path):
    """QGIS would load its tables with the style in it."""
    from terrascope_plugin.panel.run_drops import RunFileDropHandler

    opened: list[str] = []
    handler = RunFileDropHandler(opened.append)
    other = tmp_path / "other.gpkg"
    other.write_bytes(b"")
    assert handler.handleFileDrop(str(own_run)) and opened == [str(own_run)]
    assert not handler.handleFileDrop(str(other)) and not handler.handleFileDrop("/nowhere/a.tif")


def test_temporary_files_are_of_this_process_alone_and_go_with_it():
    from terrascope_plugin import temporary

    folder = temporary.folder()
    assert folder.stat().st_mode & 0o077 == 0 and temporary.folder() == folder
    (folder / "exported.tif").write_bytes(b"pixels")
    temporary.remove()
    assert not folder.exists() and temporary.folder() != folder
    temporary.remove()


def test_only_a_colour_reaches_a_style_sheet(application):
    from qgis.gui import QgsMapCanvas

    from terrascope_plugin.panel.card import Card
    from terrascope_plugin.panel.map_caption import MapCaption

    evil = "red; background-image: url(/etc/x.png)"
    card, canvas = Card(), QgsMapCanvas()
    card.paint_edge(evil)
    caption = MapCaption(canvas)
    caption.show_text("x", evil)
    assert "url" not in card.styleSheet() + caption.styleSheet()
    assert palette.shown(evil) == palette.shown(None) == palette.DEFAULT and palette.shown("#2166ff") == "#2166ff"


def test_no_widget_is_given_a_text_that_qt_could_take_for_html():
    """Labels are made by `text_label` (plain) or with a text of ours; tool tips and messages go through one place."""
    import ast

    wrong = []
    for file in sorted((ROOT / "terrascope_plugin").rglob("*.py")):
        if file.name in ("notices.py", "setup_dialog.py"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            is_ours = all(
                isinstance(each, ast.Constant)
                or (isinstance(each, ast.Call) and getattr(each.func, "id", "") in ("tr", "tooltip", "class_name"))
                or ast.unparse(each) in ("class_name(label)",)
                for each in node.args
            )
            where = f"{file.name}:{node.lineno}"
            if name == "QLabel" and not is_ours and file.name != "card.py":
                wrong.append(f"{where} QLabel")
            elif name == "setToolTip" and not is_ours and ast.unparse(node.args[-1])[:8] != "tooltip(":
                if not (
                    file.name == "step_bar.py" and ast.unparse(node.args[0]) == "text"
                ):  # a constant at its callers
                    wrong.append(f"{where} setToolTip")
            elif name in ("pushWarning", "pushInfo", "pushMessage", "pushSuccess", "pushCritical"):
                if "messageBar" in ast.unparse(node.func):
                    wrong.append(f"{where} {name}")
            elif ast.unparse(node.func).startswith("QMessageBox."):
                wrong.append(f"{where} QMessageBox")
    assert wrong == []


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        (PurePosixPath("/tmp/a b/ü?#%.gpkg"), "file:///tmp/a%20b/%C3%BC%3F%23%25.gpkg?mode=ro"),
        (PureWindowsPath(r"C:\Users\Jürgen\run.gpkg"), "file:///C:/Users/J%C3%BCrgen/run.gpkg?mode=ro"),
        (PureWindowsPath(r"\\server\share\run.gpkg"), "file:////server/share/run.gpkg?mode=ro"),
        (PurePosixPath("//server/share/run.gpkg"), "file:////server/share/run.gpkg?mode=ro"),
    ],
)
def test_the_address_of_a_database_has_no_server_in_it(path, uri):
    assert sqlite_uri(path, "ro") == uri


def test_a_run_on_a_share_is_listed_opened_renamed_and_deleted(own_run, project, tmp_path):
    share = f"/{tmp_path}"  # //tmp/...: on Linux the same folder, by a path as those of Windows shares
    assert share.startswith("//") and not share.startswith("///")
    path = f"{share}/own.gpkg"
    (listed,) = past_runs(project, Path(share))
    assert listed.path == path and listed.problem == "" and listed.question.startswith("How much")
    layers = on_map(project, path)
    assert len(layers) == 4 and all(layer.isValid() for layer in layers)
    told: list = []
    rename_run(project, path, "other", lambda *done: told.append(done))
    assert told == [(f"{share}/other.gpkg", "")] and all(layer.isValid() for layer in layers)
    delete_run(project, f"{share}/other.gpkg", told.append)
    assert told[1] == "" and list(past_runs(project, Path(share))) == [] and not project.mapLayers()


def test_a_file_name_that_is_no_utf_8_is_opened(own_run, tmp_path):
    path = os.fsdecode(os.fsencode(str(tmp_path)) + b"/gr\xfcn.gpkg")
    own_run.rename(path)
    assert reopened(read_run(path)).question.startswith("How much")


# --- cut off ----------------------------------------------------------------------------------------------------------

_KILLED = """
import sqlite3, sys, os, time
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size = 1")
database.execute("BEGIN IMMEDIATE")
database.execute("UPDATE run SET answer = 'half of it'")
for n in range(200):
    row = ("x" * 4000,)
    database.execute("INSERT INTO claims (step, claim, verdict, record) VALUES (1, ?, 'supported', '{}')", row)
print("ready", flush=True)
time.sleep(60)
"""


def cut_off(path: Path) -> None:
    """Kill a writer of a file in the middle of a transaction whose pages are in the file already."""
    writer = subprocess.Popen([sys.executable, "-c", _KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout.readline() == "ready\n"
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert path.with_name(path.name + "-journal").stat().st_size > 512


def test_a_run_whose_writer_was_killed_is_listed_and_opened_as_it_was_before(own_run, project, tmp_path):
    before = read_run(str(own_run))
    cut_off(own_run)
    (listed,) = past_runs(project, tmp_path)
    assert listed.problem == "" and listed.answer == "10 %"
    assert read_run(str(own_run)) == before
    assert not database_file.is_cut_off(own_run)


def test_a_cut_off_run_in_a_folder_that_must_not_be_written_is_shown_from_a_copy(own_run, tmp_path, monkeypatch):
    before = reopened(read_run(str(own_run)))
    cut_off(own_run)
    monkeypatch.setattr(database_file, "data_folder", lambda: tmp_path / "data")
    real = sqlite3.connect

    def connect(address, **options):
        if address == sqlite_uri(own_run, "rw"):  # what SQLite says there; root may write everywhere
            raise sqlite3.OperationalError("attempt to write a readonly database")
        return real(address, **options)

    monkeypatch.setattr(database_file.sqlite3, "connect", connect)
    file = read_run(str(own_run))
    run = reopened(file)
    assert file.asked == str(own_run) and Path(run.gpkg).is_relative_to(tmp_path / "data")
    assert (run.answer, len(run.claims)) == (before.answer, len(before.claims))
    assert str(own_run) in run.warnings[-1] and "copy" in run.warnings[-1]
    assert database_file.is_cut_off(own_run)  # untouched
    assert read_run(str(own_run)).path == file.path  # copied once


_AS_NOBODY = """
import sys
sys.path.insert(0, sys.argv[1])
from terrascope_plugin.layers.run_file import read_run
file = read_run(sys.argv[2])
print(file.path, file.asked, file.run["answer"], sep="|")
"""


def test_another_user_reads_a_cut_off_run_that_only_its_owner_may_write(own_run):
    """The same for real: another user, who may read the folder and write elsewhere."""
    nobody = 65534
    there = Path(tempfile.mkdtemp(prefix="terrascope-test-"))
    try:
        folder, home = there / "runs", there / "home"
        for each in (folder, home):
            each.mkdir()
        cut_off(own_run)
        for file in own_run.parent.glob("own.gpkg*"):
            shutil.copyfile(file, folder / file.name)
        if os.geteuid() != 0 or subprocess.run(["/bin/ls", str(ROOT)], user=nobody, capture_output=True).returncode:
            pytest.skip("needs root, and a checkout that another user can read")
        there.chmod(0o755)
        os.chown(home, nobody, nobody)
        variables = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_RUNTIME_DIR": str(home)}
        command = ["/usr/bin/python3", "-c", _AS_NOBODY, str(ROOT), str(folder / "own.gpkg")]
        told = subprocess.run(command, user=nobody, group=nobody, env=variables, capture_output=True, text=True)
        found, asked, answer = told.stdout.strip().splitlines()[-1].split("|")
        assert (asked, answer) == (str(folder / "own.gpkg"), "10 %") and found.startswith(str(home)), told.stderr
        assert database_file.is_cut_off(folder / "own.gpkg")
    finally:
        shutil.rmtree(there)


def test_a_run_that_is_being_written_is_listed_with_that_reason(own_run, project, tmp_path):
    with closing(sqlite3.connect(own_run, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        (listed,) = past_runs(project, tmp_path)
        assert "being written by another program" in listed.problem
    (listed,) = past_runs(project, tmp_path)
    assert listed.problem == ""


def test_a_cut_off_run_is_made_whole_before_it_gets_another_name(own_run, project):
    cut_off(own_run)
    told: list = []
    rename_run(project, str(own_run), "other", lambda *done: told.append(done))
    assert told[0][1] == "" and read_run(told[0][0]).run["answer"] == "10 %"
    assert not own_run.with_name("own.gpkg-journal").exists()


# --- held by another program ------------------------------------------------------------------------------------------


class Windows:
    """Renames, replaces and deletes as Windows does: refused while anybody has the file open, this process included.

    `until` is when another program lets go of the file that it holds.
    """

    def __init__(self, monkeypatch) -> None:
        self.file, self.until, self.refused = "", 0.0, 0
        for name in ("rename", "replace", "unlink"):
            monkeypatch.setattr(os, name, self._careful(getattr(os, name)))

    def hold(self, path: Path, seconds: float) -> None:
        self.file, self.until = str(path), time.monotonic() + seconds

    def _careful(self, change):
        def changed(path, *rest, **options):
            for each in (path, *rest[:1]):
                if os.path.exists(each) and (self._is_held(str(each)) or is_open_here(str(each))):
                    self.refused += 1
                    error = PermissionError(errno.EACCES, "The process cannot access the file", str(each))
                    error.winerror = 32
                    raise error
            return change(path, *rest, **options)

        return changed

    def _is_held(self, path: str) -> bool:
        return path == self.file and time.monotonic() < self.until


def is_open_here(path: str) -> bool:
    """Whether this process has a file open."""
    for number in os.listdir("/proc/self/fd"):
        try:
            if os.path.realpath(path) == os.readlink(f"/proc/self/fd/{number}"):
                return True
        except OSError:
            continue
    return False


@pytest.fixture
def windows(monkeypatch) -> Windows:
    """A system that refuses to change files that are open."""
    return Windows(monkeypatch)


def test_layers_let_go_of_a_file_that_gets_another_name(own_run, project, windows):
    layers = on_map(project, str(own_run))
    table = QgsVectorLayer(f"{own_run}|layername=steps", "the user's own look at the steps", "ogr")
    project.addMapLayer(table)
    assert is_open_here(str(own_run))
    looks = [layer.renderer().symbol().color().name() for layer in layers]
    counts = [layer.featureCount() for layer in layers]
    times = [layer.temporalProperties().fixedTemporalRange() for layer in layers]
    told: list = []
    rename_run(project, str(own_run), "other name", lambda *done: told.append(done))
    assert told == [(str(own_run.with_name("other name.gpkg")), "")] and windows.refused == 0
    assert all("other name.gpkg" in layer.source() and layer.isValid() and layer.readOnly() for layer in layers)
    assert [layer.featureCount() for layer in layers] == counts
    assert [layer.renderer().symbol().color().name() for layer in layers] == looks
    assert [layer.temporalProperties().fixedTemporalRange() for layer in layers] == times
    assert all(layer.labelsEnabled() and layer.temporalProperties().isActive() for layer in layers)
    assert table.isValid() and table.featureCount() == 4 and not table.readOnly()
    assert results.find_group(project, told[0][0]) is not None


def test_a_layer_without_crs_stays_without_one(project, run_gpkg, tmp_path):
    path = tmp_path / "plain.gpkg"
    shutil.copyfile(run_gpkg, path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE gpkg_geometry_columns SET srs_id = -1")
        database.execute("UPDATE gpkg_contents SET srs_id = -1")
    (layer, *_rest) = on_map(project, str(path))
    assert not layer.crs().isValid()
    rename_run(project, str(path), "other", lambda *_done: None)
    assert layer.isValid() and "other.gpkg" in layer.source() and not layer.crs().isValid()


def changes(project: QgsProject, path: Path, tmp_path: Path):
    """Each change of a file, as (name, function of (then, waiting))."""
    part = tmp_path / ".part.gpkg"
    return {
        "rename": lambda then, waiting: rename_run(
            project, str(path), "new", lambda _new, problem: then(problem), waiting
        ),
        "delete": lambda then, waiting: delete_run(project, str(path), then, waiting),
        "replace": lambda then, waiting: (
            shutil.copyfile(path, part),
            put_in_place(project, str(part), str(path), then, waiting),
        ),
    }


@pytest.mark.parametrize("change", ["rename", "delete", "replace"])
def test_a_change_waits_for_a_lock_of_3_s_and_the_window_lives(change, own_run, project, windows, tmp_path):
    from qgis.PyQt.QtCore import QTimer

    on_map(project, str(own_run))
    windows.hold(own_run, 3)
    told, waits, ticks = [], [], []
    clock = QTimer()
    clock.timeout.connect(lambda: ticks.append(time.thread_time()))  # own work: the machine is shared
    clock.start(10)
    begun = time.monotonic()
    changes(project, own_run, tmp_path)[change](told.append, lambda: waits.append(1))
    assert told == [] and waits == [1]  # it returned while the file was held
    assert wait_until(lambda: bool(told), 60)
    assert told == [""] and time.monotonic() - begun >= 3 and 0 < windows.refused <= len(file_change.PAUSES_MS)
    assert max(b - a for a, b in zip(ticks, ticks[1:])) < 0.5
    assert own_run.exists() == (change == "replace")
    assert len(project.mapLayers()) == (0 if change == "delete" else 4)
    assert all(layer.isValid() and layer.featureCount() for layer in project.mapLayers().values())


@pytest.mark.parametrize("change", ["rename", "delete", "replace"])
def test_a_change_under_a_lock_that_stays_says_so_and_leaves_everything(
    change, own_run, project, windows, tmp_path, monkeypatch
):
    if change != "rename":  # one of them waits its five seconds
        monkeypatch.setattr(file_change, "PAUSES_MS", (20, 50, 100))
    layers = on_map(project, str(own_run))
    before = own_run.read_bytes()
    windows.hold(own_run, 60)
    told: list[str] = []
    begun = time.monotonic()
    changes(project, own_run, tmp_path)[change](told.append, lambda: None)
    assert wait_until(lambda: bool(told), 60)
    assert windows.refused == len(file_change.PAUSES_MS) + 1
    assert change != "rename" or 4.9 < time.monotonic() - begun
    assert "own.gpkg" in told[0] and "within 5 seconds" in told[0]
    assert all(layer.isValid() and layer.featureCount() and str(own_run) in layer.source() for layer in layers)
    assert own_run.read_bytes() == before and results.find_group(project, str(own_run)) is not None
    assert sorted(each.name for each in tmp_path.glob("*.gpkg")) == ["own.gpkg"]
    assert not (tmp_path / ".part.gpkg").exists()


def test_a_refused_replacement_leaves_the_journal_of_the_file_that_stays(
    own_run, project, windows, tmp_path, monkeypatch
):
    cut_off(own_run)
    monkeypatch.setattr(file_change, "PAUSES_MS", (20, 50, 100))
    windows.hold(own_run, 60)
    told: list[str] = []
    part = tmp_path / ".part.gpkg"
    shutil.copyfile(own_run, part)
    put_in_place(project, str(part), str(own_run), told.append)
    assert wait_until(lambda: bool(told), 60) and "within 5 seconds" in told[0]
    assert read_run(str(own_run)).run["answer"] == "10 %"  # rolled back, not torn


def test_who_holds_a_file_is_named(own_run, monkeypatch):
    code = "import sys, time; f = open(sys.argv[1]); print(1, flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code, str(own_run)], stdout=subprocess.PIPE)
    try:
        holder.stdout.readline()
        assert f"process {holder.pid}" in file_change.held_sentence(str(own_run))
    finally:
        holder.kill()
        holder.wait()
    assert "virus scanner" in file_change.held_sentence(str(own_run))
    monkeypatch.setenv("OneDrive", str(own_run.parent))
    assert "OneDrive" in file_change.held_sentence(str(own_run))


@pytest.mark.parametrize(
    "name",
    ["a/b", "a\\b", "a:b", "what?", "a*b", 'a"b', "<a>", "a|b", "a\nb", "CON", "nul.gpkg", "a.", "  ", "x" * 250],
)
def test_a_name_that_no_file_can_have_is_refused_with_a_sentence(name, own_run, project):
    told: list = []
    rename_run(project, str(own_run), name, lambda *done: told.append(done))
    assert told[0][0] == str(own_run) and "cannot be the name of a file" in told[0][1]
    assert own_run.exists() and len(list(own_run.parent.iterdir())) == 1


def test_names_that_files_can_have(own_run, project):
    assert checked_name("Überflutung 湖 (2).gpkg", ".gpkg") == "Überflutung 湖 (2).gpkg"
    assert checked_name("v1.2", ".gpkg") == "v1.2.gpkg"
    with pytest.raises(FileChangeError):
        checked_name("", ".gpkg")
    other = own_run.with_name("taken.gpkg")
    other.write_bytes(b"somebody's")
    told: list = []
    rename_run(project, str(own_run), "taken", lambda *done: told.append(done))
    assert "already" in told[0][1] and other.read_bytes() == b"somebody's" and own_run.exists()


# --- leaving the panel ------------------------------------------------------------------------------------------------


def test_masks_are_never_saved_over_the_run_that_they_come_from(own_run, project):
    from terrascope_plugin.panel.export_menu import copy_run, save_steps

    on_map(project, str(own_run))
    run, before, told = Run("q", gpkg=str(own_run)), own_run.read_bytes(), []
    save_steps(run, None, str(own_run), told.append)
    assert "file of the run itself" in told[0] and own_run.read_bytes() == before
    save_steps(run, None, str(own_run.with_name("masks.gpkg")), told.append)
    assert told[1] == "" and QgsVectorLayer(str(own_run.with_name("masks.gpkg")), "m", "ogr").isValid()
    copy = own_run.with_name("copy.gpkg")
    copy_run(run, str(copy), told.append)
    assert wait_until(lambda: len(told) == 3) and told[2] == ""
    assert read_run(str(copy)).run == read_run(str(own_run)).run
    assert sorted(each.name for each in own_run.parent.glob("*.gpkg")) == ["copy.gpkg", "masks.gpkg", "own.gpkg"]


def test_files_that_are_something_else_are_not_listed(project, tmp_path):
    with closing(sqlite3.connect(tmp_path / "roads.gpkg")) as database, database:
        database.execute("CREATE TABLE roads (fid INTEGER)")
    (tmp_path / "empty.gpkg").write_bytes(b"")
    assert list(past_runs(project, tmp_path)) == []
    with pytest.raises(NoRunError, match="roads.gpkg"):
        read_run(str(tmp_path / "roads.gpkg"))


def test_the_record_of_a_step_is_json(own_run):
    with closing(sqlite3.connect(own_run)) as database, database:
        database.execute("UPDATE steps SET record = ?", (json.dumps({"measurements": {"share": 0.25}}),))
    assert reopened(read_run(str(own_run))).steps[1].masks[0].share == 0.25
