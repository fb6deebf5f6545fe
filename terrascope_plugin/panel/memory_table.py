"""The memory that each precision of a model needs, against what this machine has."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from ..i18n import tr
from ..plain_text import tooltip
from . import wording
from .ink import ink

_FITS = {"gpu", "cpu"}


def precision_name(name: str) -> str:
    """Return a precision's name for people."""
    return {
        "bf16": "bfloat16",
        "fp16": "float16",
        "fp32": "float32",
        "nf4": tr("4 bit (nf4)"),
        "int4": tr("4 bit (int4)"),
    }.get(name, name)


def gigabytes(size: float) -> str:
    """Return a size in GB (10^9 bytes)."""
    return f"{wording.number(size / 1e9, 1)} GB"


def size(bytes_: float) -> str:
    """Return a size in the unit that reads best."""
    return gigabytes(bytes_) if bytes_ >= 1e9 else f"{wording.number(bytes_ / 1e6, 1)} MB"


def verdict(row: dict) -> str:
    """Return in words whether a precision fits this machine."""
    text = {
        "gpu": tr("fits on {0}").format(row["card"]),
        "gpu_busy": tr("fits on {0} once other programs free it").format(row["card"]),
        "cpu": tr("fits in memory, slow"),
        "cpu_busy": tr("fits in memory once other programs free it, slow"),
        "no_card": tr("needs a newer graphics card") if row["name"] == "int4" else tr("needs a graphics card"),
    }.get(row["verdict"], tr("does not fit"))
    if row["package"] and not row["package_there"] and not row["verdict"].startswith("no"):
        text += tr("; the environment lacks {0}").format(row["package"])
    return text


def machine_line(machine: dict) -> str:
    """Return what this machine has."""
    parts = []
    if machine.get("memory_total"):
        text = tr("{0} of memory, {1} free")
        parts.append(text.format(gigabytes(machine["memory_total"]), gigabytes(machine.get("memory_free") or 0)))
    for card in machine.get("cards") or []:
        text = tr("{0} with {1}, {2} free")
        parts.append(text.format(card["name"], gigabytes(card["total"]), gigabytes(card["free"])))
    if not machine.get("cards"):
        parts.append(tr("no graphics card for computing"))
    return tr("This machine: {0}.").format("; ".join(parts))


def suggestion(memory: dict) -> str:
    """Return which precision is the best here, or what to do where none fits."""
    if not memory["suggested"]:
        return tr("None fits this machine: use the embedded model here, or a machine with a larger graphics card.")
    name = precision_name(memory["suggested"])
    row = next(row for row in memory["precisions"] if row["name"] == memory["suggested"])
    if row["verdict"] == "cpu":
        return tr("Best here: {0} on the processor, which is slow.").format(name)
    return tr("Best here: {0}.").format(name)


class MemoryTable(QTableWidget):
    """One row a precision; reading only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 4, parent)
        self.setHorizontalHeaderLabels([tr("Precision"), tr("Graphics card"), tr("Processor"), tr("On this machine")])
        self.verticalHeader().setVisible(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in range(3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        self.setAccessibleName(tr("Memory of each precision"))

    def show_memory(self, memory: dict) -> None:
        """Fill in the answer of the backend for one model."""
        rows = memory["precisions"]
        self.setRowCount(len(rows))
        for number, row in enumerate(rows):
            fits = row["verdict"] in _FITS
            cells = [precision_name(row["name"]), gigabytes(row["gpu"]), gigabytes(row["cpu"])]
            for column, text in enumerate([*cells, f"{'✓' if fits else '–'} {verdict(row)}"]):
                item = QTableWidgetItem(text)
                item.setToolTip(tooltip(text))
                if column == 3 and fits:
                    item.setForeground(QColor(ink("good")))
                self.setItem(number, column, item)
        self.resizeRowsToContents()
        height = self.horizontalHeader().sizeHint().height() + 4
        self.setFixedHeight(height + sum(self.rowHeight(number) for number in range(len(rows))))
