"""Which part of the images, and how the model will see it."""

from __future__ import annotations

from qgis.core import QgsGeometry, QgsProject, QgsRasterLayer, QgsRectangle
from qgis.gui import QgisInterface, QgsMapToolExtent
from qgis.PyQt.QtCore import QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ..i18n import tr
from ..layers.area import Area, AreaError, AreaKind, in_layer, seen_pixels, selection_area, view_area
from ..layers.choice import file_of, metres_of, pixel_size_m
from ..layers.export import export_size
from . import wording
from .card import muted, text_label
from .notices import inform


class AreaRow(QWidget):
    """A combo for the area, and a line that says the pixel size that the model will see."""

    changed = pyqtSignal()

    def __init__(self, iface: QgisInterface, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._iface = iface
        self._rectangle: Area | None = None
        self._tool: QgsMapToolExtent | None = None
        self._layer: QgsRasterLayer | None = None
        self._max_size, self._tiled = 1024, False
        self.kind = QComboBox()
        for kind, text in (
            (AreaKind.VIEW, tr("Map view")),
            (AreaKind.LAYER, tr("Whole layer")),
            (AreaKind.SELECTION, tr("Selected polygon")),
            (AreaKind.RECTANGLE, tr("Rectangle drawn on the map…")),
        ):
            self.kind.addItem(text, kind)
        self.seen = muted(text_label(small=True))
        row = QHBoxLayout()
        label = QLabel(tr("A&rea"))
        label.setBuddy(self.kind)
        row.addWidget(label)
        row.addWidget(self.kind, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addLayout(row)
        column.addWidget(self.seen)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(150)
        self._soon.timeout.connect(self._describe)
        self.kind.activated.connect(self._on_kind)
        iface.mapCanvas().extentsChanged.connect(self._describe_soon)

    def about(self, layer: QgsRasterLayer | None, max_size: int, tiled: bool) -> None:
        """Say which layer comes first and how the model works."""
        self._layer, self._max_size, self._tiled = layer, max_size, tiled
        self._soon.start()

    def area(self) -> Area:
        """Return the chosen area.

        Raises
        ------
        AreaError
            If nothing is selected or drawn.
        """
        kind = self.kind.currentData()
        if kind is AreaKind.VIEW:
            return view_area(self._iface.mapCanvas().mapSettings())
        if kind is AreaKind.SELECTION:
            return selection_area(self._iface.activeLayer())
        if kind is AreaKind.RECTANGLE:
            if self._rectangle is None:
                raise AreaError(tr("Draw a rectangle on the map first."))
            return self._rectangle
        return Area(AreaKind.LAYER, None, QgsProject.instance().crs())

    def stop_drawing(self) -> None:
        """Give the map back its former tool."""
        if self._tool is not None:
            self._iface.mapCanvas().unsetMapTool(self._tool)
            self._tool = None

    def detach(self) -> None:
        """Let go of the map."""
        self.stop_drawing()
        self._soon.stop()
        self._iface.mapCanvas().extentsChanged.disconnect(self._describe_soon)

    def _describe_soon(self) -> None:
        self._soon.start()

    def _on_kind(self) -> None:
        if self.kind.currentData() is AreaKind.RECTANGLE:
            canvas = self._iface.mapCanvas()
            self._tool = QgsMapToolExtent(canvas)
            self._tool.extentChanged.connect(self._on_drawn)
            canvas.setMapTool(self._tool)
            inform(self._iface, tr("Drag a rectangle on the map."))
        else:
            self.stop_drawing()
        self._soon.start()
        self.changed.emit()

    def _on_drawn(self, extent: QgsRectangle) -> None:
        if extent.isEmpty():
            return
        crs = self._iface.mapCanvas().mapSettings().destinationCrs()
        self._rectangle = Area(AreaKind.RECTANGLE, QgsGeometry.fromRect(QgsRectangle(extent)), crs)
        self._soon.start()
        self.changed.emit()

    def _pixels(self, layer: QgsRasterLayer) -> tuple[int, int, float | None]:
        """Return width and height that are read, and the size of a pixel in metres (None without a CRS)."""
        if file_of(layer):
            return *seen_pixels(self.area(), layer, QgsProject.instance()), pixel_size_m(layer)
        local = in_layer(self.area(), layer, QgsProject.instance())
        extent = layer.extent() if local is None else local.boundingBox().intersect(layer.extent())
        width, height = export_size(layer, extent)
        return width, height, metres_of(layer, extent.center(), extent.height() / height)

    def _describe(self) -> None:
        layer = self._layer
        self.seen.setVisible(layer is not None)
        if layer is None:
            return
        try:
            width, height, native = self._pixels(layer)
        except AreaError as error:
            self.seen.setText(f"⚠ {error}")
            return
        factor = 1.0 if self._tiled else max(1.0, max(width, height) / self._max_size)
        text = tr("{0} × {1} pixels").format(width, height)
        if native is not None:
            decimals = 0 if native * factor >= 10 else 2
            size = wording.number(native * factor, decimals)
            text += "  ·  " + tr("the model sees {0} m per pixel").format(size)
        if factor > 1.0:
            text += "  ·  " + tr("reduced {0} times; choose a smaller area for detail").format(
                wording.number(factor, 1)
            )
        elif self._tiled and max(width, height) > self._max_size:
            text += "  ·  " + tr("in tiles")
        self.seen.setText(text)
