"""What leaves the panel arrives whole."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from conftest import wait_until
from osgeo import gdal, osr
from qgis.core import (
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemMap,
    QgsPrintLayout,
    QgsProject,
    QgsRasterLayer,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QPointF
from qgis.PyQt.QtGui import QImage

from terrascope_plugin.layers import palette
from terrascope_plugin.panel.layout_items import RunDropHandler, drag_of, open_layout
from terrascope_plugin.panel.wording import answer_of
from terrascope_plugin.session.question import Question, Run, RunState
from terrascope_plugin.session.session import Session


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


def test_a_run_that_is_dropped_on_a_page_is_a_map_with_its_answer(canvas, backend, tmp_path):
    process = backend("normal")
    session = Session(process)
    run = session.ask(Question("How much water is there?", ({"path": "/nowhere/scene.tif"},)), tmp_path)
    assert wait_until(lambda: run.state is RunState.ENDED)
    data = drag_of(run)
    assert run.answer in data.text()
    layout = QgsPrintLayout(QgsProject.instance())
    layout.initializeDefaults()
    designer, handler = SimpleNamespace(layout=lambda: layout), RunDropHandler(canvas)
    (file,) = (url.toLocalFile() for url in data.urls())
    assert handler.handleFileDrop(designer, QPointF(30, 40), file)
    (shown,) = (item for item in layout.items() if isinstance(item, QgsLayoutItemMap))
    (label,) = (item for item in layout.items() if isinstance(item, QgsLayoutItemLabel))
    assert (shown.pagePos().x(), shown.pagePos().y()) == (30, 40) and run.answer in label.text()
    other = tmp_path / "other.gpkg"
    other.write_bytes(b"")
    assert not handler.handleFileDrop(designer, QPointF(0, 0), str(other))
    assert not handler.handleFileDrop(designer, QPointF(0, 0), "/nowhere/picture.png")


def test_the_users_own_class_colours_are_shown_for_every_name_of_a_class(application):
    forest = palette.shipped()["trees"]
    palette.use('{"tree": "#123456", "water": "no colour"}')
    try:
        assert palette.shown(forest) == palette.shown(forest.upper()) == "#123456"
        assert palette.shown(palette.shipped()["water"]) == palette.shipped()["water"]
    finally:
        palette.use("")
    assert palette.shown(forest) == forest


def test_the_colours_dialog_keeps_only_what_was_changed(application):
    from terrascope_plugin.panel.colours_dialog import ColoursDialog

    dialog = ColoursDialog('{"trees": "#123456"}')
    assert dialog.stored() == '{"trees": "#123456"}'
    dialog.reset()
    assert dialog.stored() == ""
