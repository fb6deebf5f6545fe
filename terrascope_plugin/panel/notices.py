"""Messages over the map and questions to the user, with texts shown as they are."""

from __future__ import annotations

from html import escape

from qgis.core import Qgis
from qgis.gui import QgisInterface
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QMessageBox, QWidget

TITLE = "TerraScope"


def warn(iface: QgisInterface, text: str) -> None:
    """Show a warning over the map. A message with a title is HTML."""
    iface.messageBar().pushMessage(TITLE, escape(text), Qgis.MessageLevel.Warning)


def inform(iface: QgisInterface, text: str, *, success: bool = False) -> None:
    """Show a message over the map."""
    level = Qgis.MessageLevel.Success if success else Qgis.MessageLevel.Info
    iface.messageBar().pushMessage(TITLE, escape(text), level)


def is_agreed(parent: QWidget, title: str, question: str) -> bool:
    """Ask yes or no."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(title)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(question)
    box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.No)
    box.setDefaultButton(QMessageBox.StandardButton.No)
    box.exec()
    return box.standardButton(box.clickedButton()) == QMessageBox.StandardButton.Yes
