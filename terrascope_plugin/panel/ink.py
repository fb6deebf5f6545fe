"""Colours of meaning that can be read on the theme's background, light or dark."""

from __future__ import annotations

from qgis.PyQt.QtGui import QPalette
from qgis.PyQt.QtWidgets import QApplication

_LIGHT = {"good": "#2e7d32", "bad": "#c62828", "doubtful": "#c77700", "quiet": "#6b7280"}
_DARK = {"good": "#81c784", "bad": "#ef9a9a", "doubtful": "#ffb74d", "quiet": "#a0a6b0"}


def ink(meaning: str) -> str:
    """Return the colour of "good", "bad", "doubtful" or "quiet"."""
    ground = QApplication.palette().color(QPalette.ColorRole.Base)
    return (_DARK if ground.lightness() < 128 else _LIGHT)[meaning]
