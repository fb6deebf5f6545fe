"""Layers that are no files, saved as GeoTIFF in a background task."""

from __future__ import annotations

import re
from pathlib import Path

from qgis.core import (
    QgsCoordinateTransformContext,
    QgsRasterBandStats,
    QgsRasterFileWriter,
    QgsRasterLayer,
    QgsRasterPipe,
    QgsRectangle,
    QgsTask,
)
from qgis.PyQt.QtCore import pyqtSignal

from ..i18n import tr

MAX_SIDE = 2048
WEB_SIDE = 1024  # a web map has any number of pixels: as many as the model looks at are asked for


def export_size(layer: QgsRasterLayer, extent: QgsRectangle) -> tuple[int, int]:
    """Return the (width, height) in pixels that an extent of a layer is saved with."""
    long_side = max(extent.width(), extent.height())
    if layer.providerType() == "wms":
        scale = long_side / WEB_SIDE
    else:
        own = layer.rasterUnitsPerPixelX() if layer.width() else 0.0
        scale = max(own, long_side / MAX_SIDE)
    return max(1, round(extent.width() / scale)), max(1, round(extent.height() / scale))


def shows_anything(file: Path) -> bool:
    """Say whether a saved picture (red, green, blue, alpha) has a pixel that is not transparent."""
    saved = QgsRasterLayer(str(file), file.stem, "gdal")
    if not saved.isValid() or saved.bandCount() < 4:
        return saved.isValid()
    return saved.dataProvider().bandStatistics(4, QgsRasterBandStats.Stats.Max).maximumValue > 0


class ExportTask(QgsTask):
    """Saves what a layer holds (or, for a web map, shows) in an extent of its own CRS."""

    exported = pyqtSignal(str, str)  # path, "" or error text for the user

    def __init__(self, layer: QgsRasterLayer, extent: QgsRectangle, folder: Path) -> None:
        super().__init__(tr('Saving layer "{0}" for the model').format(layer.name()), QgsTask.Flag.CanCancel)
        self._name = layer.name()
        self._crs = layer.crs()
        self._extent = extent
        self._file = folder / (re.sub(r"[^A-Za-z0-9]+", "_", layer.name())[:40] + f"_{id(self):x}.tif")
        self._error = ""
        self._pipe = QgsRasterPipe()
        self._pipe.set(layer.dataProvider().clone())
        self._is_picture = layer.providerType() == "wms"
        if self._is_picture and layer.renderer() is not None:
            self._pipe.set(layer.renderer().clone())
        self._size = export_size(layer, extent)

    def run(self) -> bool:
        """Write the file (worker thread)."""
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._error = str(error)
            return False
        writer = QgsRasterFileWriter(str(self._file))
        writer.setOutputFormat("GTiff")
        code = writer.writeRaster(self._pipe, *self._size, self._extent, self._crs, QgsCoordinateTransformContext())
        if code != QgsRasterFileWriter.WriterError.NoError:
            self._error = tr(
                'Layer "{0}" could not be saved as a file (error {1}). Save it yourself: Layer > Save As.'
            ).format(self._name, int(code))
        elif self._is_picture and not shows_anything(self._file):
            self._error = tr(
                'Layer "{0}" shows nothing in the area: there are no tiles at this place and zoom, or they did not '
                "come. Zoom to where the map shows a picture, then ask again."
            ).format(self._name)
        return not self._error

    def finished(self, worked: bool) -> None:
        """Tell what became of it (window's thread)."""
        self.exported.emit(str(self._file) if worked else "", "" if worked else self._error or tr("Cancelled."))
