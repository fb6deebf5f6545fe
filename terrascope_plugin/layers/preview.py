"""A mask on the map before its layer is there: a rubber band in the map's CRS."""

from __future__ import annotations

from qgis.core import QgsGeometry, QgsWkbTypes
from qgis.gui import QgsMapCanvas, QgsRubberBand
from qgis.PyQt.QtGui import QColor

from ..plain_text import tooltip
from .area import crs_of


class MaskPreview:
    """Rubber bands of the masks of the run that is going on."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        self._canvas = canvas
        self._bands: dict[tuple[int, str], QgsRubberBand] = {}

    def show(self, step: int, label: str, wkt: str, crs: str | None, colour: str) -> bool:
        """Draw a mask given as WKT; return whether there was something to draw."""
        geometry = QgsGeometry.fromWkt(wkt)
        if geometry.isNull() or geometry.isEmpty():
            return False
        self.remove(step, label)
        band = QgsRubberBand(self._canvas, QgsWkbTypes.PolygonGeometry)
        fill, line = QColor(colour), QColor(colour).darker(140)
        fill.setAlpha(110)
        band.setFillColor(fill)
        band.setStrokeColor(line)
        band.setWidth(2)
        band.setToGeometry(geometry, crs_of(crs))
        band.setToolTip(tooltip(label))
        self._bands[(step, label)] = band
        return True

    def remove(self, step: int, label: str) -> None:
        """Take one mask away."""
        band = self._bands.pop((step, label), None)
        if band is not None:
            self._canvas.scene().removeItem(band)

    def clear(self) -> None:
        """Take everything away."""
        for step, label in list(self._bands):
            self.remove(step, label)
