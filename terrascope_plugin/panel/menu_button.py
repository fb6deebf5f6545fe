"""A button that opens a menu, its arrow beside the text."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QMenu, QPushButton, QSizePolicy, QWidget


class MenuButton(QPushButton):
    """A push button: a tool button draws its arrow over the text in some styles."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setAutoDefault(False)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setMenu(QMenu(self))
