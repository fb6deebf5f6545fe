"""Two runs side by side."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QVBoxLayout, QWidget

from ..i18n import tr
from ..layers.run_file import RunFileError, read_run
from ..session.reopen import reopened
from .card import text_label
from .trace_view import TraceView


class CompareDialog(QDialog):
    """The traces of two files next to each other."""

    def __init__(self, first: str, second: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Two runs side by side"))
        self.resize(980, 700)
        row = QHBoxLayout()
        for path in (first, second):
            column = QVBoxLayout()
            try:
                run = reopened(read_run(path))
            except RunFileError as error:
                column.addWidget(text_label(str(error)))
            else:
                title = text_label(run.question)
                view = TraceView()
                view.show_run(run)
                column.addWidget(title)
                column.addWidget(view, 1)
            row.addLayout(column, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(row, 1)
        column.addWidget(buttons)
