"""Earlier questions: opened again from their files, with or without a backend."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from qgis.core import QgsProject
from qgis.PyQt.QtCore import QModelIndex, QRect, QSize, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QInputDialog,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..i18n import tr
from ..layers.file_change import reason_of
from ..plain_text import tooltip
from ..session.history import PastRun, delete_run, past_runs, rename_run
from . import wording
from .card import text_label
from .compare_dialog import CompareDialog
from .notices import is_agreed

AT_ONCE_S = 0.03  # files are read in the window's thread for as long as that


_WRAPPED = 0x1000  # Qt.TextFlag.TextWordWrap as the number that is wanted; Qt 5 and 6 make it in different ways


class _WholeText(QStyledItemDelegate):
    """Makes a row as high as its wrapped text; left alone, a tree cuts off what wraps."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # noqa: N802 (Qt's name)
        """Return the height at the column's width, seven lines at most."""
        size = super().sizeHint(option, index)
        width = self.parent().columnWidth(index.column()) - 12
        metrics = option.fontMetrics
        room = QRect(0, 0, max(width, 40), 7 * metrics.lineSpacing())
        text = metrics.boundingRect(room, _WRAPPED, str(index.data()))
        return QSize(size.width(), max(size.height(), min(text.height(), room.height()) + 10))


class RunsPage(QWidget):
    """Signals: `opened(str)` with a GeoPackage, `removed(str)` after a run was deleted, `renamed(str, str)`, old and
    new name, `failed(str)`.
    """

    opened = pyqtSignal(str)
    removed = pyqtSignal(str)
    renamed = pyqtSignal(str, str)
    failed = pyqtSignal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = Path()
        self._is_waiting = False
        self._listing: Iterator[PastRun] = iter(())
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._list_some)
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels([tr("Question and answer"), tr("When")])
        self.tree.setWordWrap(True)
        self.tree.setStyleSheet("QTreeWidget::item { padding: 4px 2px; }")
        self.tree.setRootIsDecorated(False)
        self.tree.setItemDelegateForColumn(0, _WholeText(self.tree))
        self.tree.setAlternatingRowColors(True)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.sectionResized.connect(lambda *_sizes: self.tree.scheduleDelayedItemsLayout())
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setAccessibleName(tr("Earlier questions"))
        self.place = text_label(small=True)
        self.open = QPushButton(tr("&Open"))
        self.rename = QPushButton(tr("Re&name…"))
        self.delete = QPushButton(tr("&Delete…"))
        self.compare = QPushButton(tr("&Compare two"))
        self.browse = QPushButton(tr("Open a &file…"))
        row = QHBoxLayout()
        for button in (self.open, self.rename, self.delete, self.compare):
            row.addWidget(button)
        last = QHBoxLayout()
        last.addWidget(self.browse)
        last.addStretch(1)
        column = QVBoxLayout(self)
        column.addWidget(self.tree, 1)
        column.addLayout(row)
        column.addLayout(last)
        column.addWidget(self.place)
        self.tree.itemDoubleClicked.connect(lambda _item, _column: self._open())
        self.tree.itemSelectionChanged.connect(self._update_buttons)
        self.open.clicked.connect(self._open)
        self.rename.clicked.connect(self._rename)
        self.delete.clicked.connect(self._delete)
        self.compare.clicked.connect(self._compare)
        self.browse.clicked.connect(self._browse)
        self._update_buttons()

    def refresh(self, folder: Path) -> None:
        """List the runs of a folder and of the project."""
        self._folder = folder
        self.tree.clear()
        self.place.setText(tr("Kept in {0}").format(folder))
        self._listing = past_runs(QgsProject.instance(), folder)
        self._list_some()
        self._update_buttons()

    def _list_some(self) -> None:
        """Read the next files, as many as nobody notices."""
        begun = time.monotonic()
        try:
            for run in self._listing:
                self._add(run)
                if time.monotonic() - begun > AT_ONCE_S:
                    self._soon.start(0)
                    return
        except OSError as error:
            self.place.setText(tr("The folder for runs cannot be read: {0}.").format(reason_of(error)))

    def _add(self, run: PastRun) -> None:
        problem = run.problem.replace(run.path, Path(run.path).name)
        answer = wording.typeset(run.answer) or problem or wording.end_of_reason(run.end_reason)
        item = QTreeWidgetItem([f"{run.question}\n{answer}", run.when.replace(" ", "\n")])
        item.setData(0, Qt.ItemDataRole.UserRole, run)
        item.setToolTip(0, tooltip(f"{run.question}\n{answer}\n{run.path}"))
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.tree.addTopLevelItem(item)

    def _selected(self) -> list[PastRun]:
        return [item.data(0, Qt.ItemDataRole.UserRole) for item in self.tree.selectedItems()]

    def _update_buttons(self) -> None:
        count = 0 if self._is_waiting else len(self.tree.selectedItems())
        self.open.setEnabled(count == 1)
        self.rename.setEnabled(count == 1)
        self.delete.setEnabled(count > 0)
        self.compare.setEnabled(count == 2)

    def _open(self) -> None:
        for run in self._selected()[:1]:
            self.opened.emit(run.path)

    def _browse(self) -> None:
        path, _filter = QFileDialog.getOpenFileName(self, tr("Open a run"), str(self._folder), "GeoPackage (*.gpkg)")
        if path:
            self.opened.emit(path)

    def _rename(self) -> None:
        run = self._selected()[0]

        def done(new: str, problem: str) -> None:
            if not problem:
                self.renamed.emit(run.path, new)
            self._changed(problem)

        name, accepted = QInputDialog.getText(self, tr("Rename"), tr("New file name"), text=Path(run.path).stem)
        if accepted and name.strip():
            rename_run(QgsProject.instance(), run.path, name.strip(), done, self._wait)

    def _delete(self) -> None:
        runs = self._selected()
        text = tr("Delete {0} with its masks for good? It is taken off the map too.").format(
            f'"{runs[0].question}"' if len(runs) == 1 else tr("{0} runs").format(len(runs))
        )
        if is_agreed(self, tr("Delete"), text):
            self._delete_next([run.path for run in runs])

    def _delete_next(self, paths: list[str]) -> None:
        def done(problem: str) -> None:
            if not problem:
                self.removed.emit(paths[0])
            self._changed(problem)
            self._delete_next(paths[1:])

        if paths:
            delete_run(QgsProject.instance(), paths[0], done, self._wait)

    def _compare(self) -> None:
        first, second = self._selected()
        CompareDialog(first.path, second.path, self).exec()

    def _wait(self) -> None:
        """Another program holds a file: say so while it is tried again."""
        self._is_waiting = True
        self._update_buttons()
        self.place.setText(tr("Another program has the file open; trying again for 5 seconds…"))

    def _changed(self, problem: str) -> None:
        """A file was changed, or could not be."""
        self._is_waiting = False
        if problem:
            self.failed.emit(problem)
        self.refresh(self._folder)
