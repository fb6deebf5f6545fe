"""What leaves the panel arrives whole."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from osgeo import gdal, osr
from qgis.core import QgsLayoutExporter, QgsLayoutItemMap, QgsProject, QgsRasterLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtGui import QImage

from terrascope_plugin.panel.export_menu import open_layout
from terrascope_plugin.panel.wording import answer_of
from terrascope_plugin.session.question import Run


@pytest.fixture
def canvas(application, tmp_path):
    """A map that shows an image of many colours."""
    project = QgsProject.instance()
    project.clear()
    file = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "scene.tif"), 64, 64, 1, gdal.GDT_Byte)
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(32633)
    file.SetProjection(reference.ExportToWkt())
    file.SetGeoTransform((500_000, 10, 0, 5_100_000, 0, -10))
    file.GetRasterBand(1).WriteRaster(0, 0, 64, 64, bytes((x * 4) % 256 for _y in range(64) for x in range(64)))
    del file
    layer = QgsRasterLayer(str(tmp_path / "scene.tif"), "scene")
    project.addMapLayer(layer)
    project.setCrs(layer.crs())
    made = QgsMapCanvas()
    made.resize(400, 400)
    made.setDestinationCrs(layer.crs())
    made.setLayers([layer])
    made.setExtent(layer.extent())
    yield made
    project.clear()


def test_the_print_layout_shows_the_map_of_the_window(canvas, tmp_path):
    iface = SimpleNamespace(mapCanvas=lambda: canvas, openLayoutDesigner=lambda _layout: None)
    layout = open_layout(Run("How much water is there?"), iface)
    (shown,) = (item for item in layout.items() if isinstance(item, QgsLayoutItemMap))
    assert shown.extent().contains(canvas.layers()[0].extent().buffered(-50))
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 60
    QgsLayoutExporter(layout).exportToImage(str(tmp_path / "layout.png"), settings)
    picture = QImage(str(tmp_path / "layout.png"))
    row = picture.height() // 3
    assert len({picture.pixel(x, row) for x in range(picture.width())}) > 20


@pytest.mark.parametrize(
    ("answer", "choice", "shown"),
    [
        ("Water covers 17.35 % of the area (17.31 km2).", None, "Water covers 17.35 % of the area (17.31 km²)."),
        ("Water covers 17 %.", "B", "B: 20 %\nWater covers 17 %."),
        ("B", "B", "B: 20 %"),
        ("20 %.", "B", "B: 20 %"),
    ],
)
def test_an_answer_reads_as_one_would_write_it(answer, choice, shown):
    run = Run("How much water is there?", options=("10 %", "20 %") if choice else (), answer=answer, choice=choice)
    assert answer_of(run) == shown
