"""The user's own class colours."""

from __future__ import annotations

import json

from qgis.gui import QgsColorButton
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QDialog, QDialogButtonBox, QGridLayout, QLabel, QVBoxLayout, QWidget

from ..i18n import tr
from ..landcover import class_name
from ..layers import palette

_COLUMNS = 2


class ColoursDialog(QDialog):
    """One button a class; Reset goes back to the colours that ship."""

    def __init__(self, stored: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Class colours"))
        own = palette.parse(stored)
        grid = QGridLayout()
        self.buttons: dict[str, QgsColorButton] = {}
        for place, (label, colour) in enumerate(palette.shipped().items()):
            button = QgsColorButton()
            button.setColor(QColor(own.get(label, colour)))
            button.setAccessibleName(class_name(label))
            row, column = divmod(place, _COLUMNS)
            grid.addWidget(QLabel(class_name(label)), row, 2 * column)
            grid.addWidget(button, row, 2 * column + 1)
            self.buttons[label] = button
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel | kinds.RestoreDefaults)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        buttons.button(kinds.RestoreDefaults).clicked.connect(self.reset)
        column = QVBoxLayout(self)
        column.addLayout(grid)
        column.addWidget(buttons)

    def reset(self) -> None:
        """Show the colours that ship."""
        for label, colour in palette.shipped().items():
            self.buttons[label].setColor(QColor(colour))

    def stored(self) -> str:
        """Return what goes into the settings: only what differs from the colours that ship."""
        now = {label: button.color().name() for label, button in self.buttons.items()}
        own = {label: colour for label, colour in now.items() if colour != palette.shipped()[label]}
        return json.dumps(own) if own else ""
