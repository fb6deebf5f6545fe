"""The text of the shown step, over the lower edge of the map. Not part of printed or exported maps."""

from __future__ import annotations

from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QEvent, QObject, Qt
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QLabel


class MapCaption(QLabel):
    """A label over the map that lets clicks through."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas.viewport())
        self._canvas = canvas
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setVisible(False)
        canvas.viewport().installEventFilter(self)

    def show_text(self, text: str, colour: str) -> None:
        """Show a text with the class colour beside it; empty hides."""
        self.setText(text)
        colour = QColor(colour).name()  # "#rrggbb", whatever was given: it goes into a style sheet
        self.setStyleSheet(
            "QLabel { background: rgba(18, 24, 30, 215); color: white; border-radius: 4px; padding: 7px 10px; "
            f"border-left: 6px solid {colour}; }}"
        )
        self._place()
        self.setVisible(bool(text))
        self.raise_()

    def detach(self) -> None:
        """Take the caption off the map for good."""
        self._canvas.viewport().removeEventFilter(self)
        self.setParent(None)
        self.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
        """Follow the map's size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        area = self._canvas.viewport().rect()
        width = max(120, min(area.width() - 32, 720))
        height = min(self.heightForWidth(width), max(40, area.height() // 3))
        self.setGeometry((area.width() - width) // 2, area.height() - height - 18, width, height)
