"""Inside QGIS, against the real backend: radar and optical, web maps, time, layout, runs. Writes facts.json."""

import os
import sys
from pathlib import Path

sys.path[:0] = [os.environ["TERRASCOPE_SCRIPTS"], os.environ["TERRASCOPE_DESKTOP"]]

from desk import FACTS, Desk, open_desk  # noqa: E402
from in_qgis import OUT, Play, shoot, write_facts  # noqa: E402
from qgis.core import (  # noqa: E402
    QgsDateTimeRange,
    QgsInterval,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsTemporalNavigationObject,
    QgsUnitTypes,
)
from qgis.PyQt.QtCore import QPointF, Qt, QTimer  # noqa: E402
from qgis.PyQt.QtGui import QImage  # noqa: E402
from qgis.PyQt.QtTest import QTest  # noqa: E402
from qgis.PyQt.QtWidgets import QApplication, QInputDialog, QMessageBox  # noqa: E402
from qgis.utils import iface  # noqa: E402

SCENE = os.environ["TERRASCOPE_SCENE"]
DATA = Path(os.environ.get("TERRASCOPE_IMAGES", "/nonexistent"))
PORT = os.environ.get("TERRASCOPE_TILES", "")


def masks_on_map(desk: Desk):
    """Return the layers of the last run's group."""
    group = desk.controller.map.group(desk.session.run)
    return [node.layer() for node in group.findLayers()] if group is not None else []


def radar_and_optical(desk: Desk):
    """One place, Sentinel-2 and Sentinel-1: the roles are seen, and the question is answered."""
    pairs = sorted((DATA / "terramesh_s1s2" / "S2L2A").glob("*.tif"))
    if not pairs:
        FACTS["radar"] = "skipped: no radar images"
        return
    QgsProject.instance().clear()
    optical = desk.load(pairs[0], f"s2_{pairs[0].stem}")
    radar = desk.load(DATA / "terramesh_s1s2" / "S1RTC" / pairs[0].name, f"s1_{pairs[0].stem}")
    yield 800
    iface.layerTreeView().setSelectedLayers([optical, radar]) if hasattr(
        iface.layerTreeView(), "setSelectedLayers"
    ) else None
    desk.dock.layers.tick({optical.id(), radar.id()})
    yield 1500
    roles = sorted(choice.role for choice in desk.dock.layers.choices())
    shoot("radar_layers")
    yield from desk.ask("How much of the area is covered by water?")
    desk.record("radar")
    FACTS["radar"]["roles"] = roles
    shoot("radar")


def web_maps(desk: Desk):
    """XYZ and WMS layers are exported as pixels, and the panel says so before anything runs."""
    if not PORT:
        FACTS["xyz"] = FACTS["wms"] = "skipped: no tile server"
        return
    sources = {
        "xyz": f"type=xyz&url=http://127.0.0.1:{PORT}/{{z}}/{{x}}/{{y}}.png&zmin=0&zmax=16",
        "wms": f"crs=EPSG:3857&format=image/png&layers=scene&styles&url=http://127.0.0.1:{PORT}/wms",
    }
    place = QgsRasterLayer(SCENE, "place")
    for name, source in sources.items():
        QgsProject.instance().clear()
        layer = QgsRasterLayer(source, name, "wms")
        if not layer.isValid():
            FACTS[name] = {"end": "invalid layer", "error": layer.error().message()}
            continue
        QgsProject.instance().addMapLayer(layer)
        canvas = iface.mapCanvas()
        canvas.setDestinationCrs(layer.crs())
        yield 500  # QGIS zooms to the first layer of a session when it comes to it
        if name == "xyz":
            canvas.setExtent(QgsRectangle(0, 0, 1e6, 1e6))  # where this map has no picture
            desk.dock.layers.tick({layer.id()})
            yield 800
            desk.type_question("How much of the area is covered by water?")
            desk.press_ask()
            yield lambda: not desk.controller.is_exporting
            FACTS["no_tiles"] = {"said": desk.dock.status.text()}
            shoot("no_tiles")
        canvas.setExtent(canvas.mapSettings().layerExtentToOutputExtent(place, place.extent()))
        canvas.zoomByFactor(0.5)
        yield 1500
        desk.dock.layers.tick({layer.id()})
        yield 800
        warned = [warning for choice in desk.dock.layers.choices() for warning in choice.warnings]
        shoot(f"{name}_layers")
        extent = canvas.extent()
        yield from desk.ask("How much of the area is covered by water?")
        desk.record(name)
        inside = extent.buffered(extent.width() * 0.02)
        to_map = canvas.mapSettings().layerExtentToOutputExtent
        FACTS[name]["warned"] = warned
        FACTS[name]["inside_view"] = all(inside.contains(to_map(layer, layer.extent())) for layer in masks_on_map(desk))
        shoot(name)


def time_plays(desk: Desk):
    """QGIS's own temporal controller plays the masks of a stack, one date after the other."""
    years = (1985, 1995, 2010, 2020)
    paths = [DATA / "demo_scenes" / f"pucallpa_landsat_{year}.tif" for year in years]
    if not all(path.is_file() for path in paths):
        FACTS["time"] = "skipped: no stack"
        return
    QgsProject.instance().clear()
    layers = []
    for path in paths:
        layers.append(desk.load(path))
    yield 800
    desk.dock.layers.tick({layer.id() for layer in layers})
    yield 1000
    yield from desk.ask("How much forest was lost between the first and the last image?")
    desk.record("time")
    dated = [layer for layer in masks_on_map(desk) if layer.temporalProperties().isActive()]
    ranges = [layer.temporalProperties().fixedTemporalRange() for layer in dated]
    FACTS["time"]["dated_layers"] = len(dated)
    if not dated:
        return
    controller = iface.mapCanvas().temporalController()
    controller.setTemporalExtents(
        QgsDateTimeRange(min(each.begin() for each in ranges), max(each.end() for each in ranges))
    )
    controller.setFrameDuration(QgsInterval(1, QgsUnitTypes.TemporalYears))
    controller.setNavigationMode(QgsTemporalNavigationObject.NavigationMode.Animated)
    seen = []
    for frame in range(controller.totalFrameCount()):
        controller.setCurrentFrameNumber(frame)
        now = controller.dateTimeRangeForFrameNumber(frame)
        visible = [x.name() for x in dated if x.temporalProperties().isVisibleInTemporalRange(now)]
        if visible:
            seen.append((now.begin().date().year(), visible))
            yield 600
            yield lambda: not iface.mapCanvas().isDrawing()
            shoot(f"time_{now.begin().date().year()}")
    FACTS["time"]["played"] = seen
    FACTS["time"]["frames_show_one_date"] = all(len({name.split()[-1] for name in names}) == 1 for _, names in seen)
    controller.setNavigationMode(QgsTemporalNavigationObject.NavigationMode.NavigationOff)


def layout(desk: Desk):
    """The result goes into a print layout, with its text."""
    from qgis.core import QgsLayoutExporter, QgsLayoutItemLabel, QgsLayoutItemMap
    from terrascope_reasoning.terrascope_plugin.panel.layout_items import drag_of
    from terrascope_reasoning.terrascope_plugin.panel.wording import answer_of

    QgsProject.instance().clear()
    desk.load(SCENE)
    yield 800
    yield from desk.ask("How much of the area is covered by water?")
    run = desk.session.run
    actions = {action.text().replace("&", ""): action for action in desk.dock.export.menu().actions()}
    actions["New print layout"].trigger()
    yield 1500
    made = QgsProject.instance().layoutManager().printLayouts()[-1]
    labels = [item.text() for item in made.items() if isinstance(item, QgsLayoutItemLabel)]
    maps = [item for item in made.items() if isinstance(item, QgsLayoutItemMap)]
    picture = str(OUT / "layout.png")
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 80
    QgsLayoutExporter(made).exportToImage(picture, settings)
    FACTS["layout"] = {
        "maps": len(maps),
        "says_the_answer": any(answer_of(run) in text for text in labels),
        "picture": Path(picture).is_file(),
        "colours": len({QImage(picture).pixel(x, 150) for x in range(60, 800, 3)}),
    }
    for designer in iface.openLayoutDesigners():
        (file,) = (url.toLocalFile() for url in drag_of(run).urls())
        dropped = desk.tool.layout_drops.handleFileDrop(designer, QPointF(20, 20), file)
        FACTS["layout"]["dropped"] = dropped and sum(isinstance(x, QgsLayoutItemMap) for x in made.items()) == 2
        designer.window().close()
    yield 500


def answer_dialog(text: str = "") -> None:
    """Fill and accept the dialog that opens next."""

    def act() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QInputDialog):
            dialog.setTextValue(text)
            dialog.accept()
        elif isinstance(dialog, QMessageBox):
            dialog.button(QMessageBox.StandardButton.Yes).click()
        elif dialog is not None:
            shoot("compare", dialog)
            dialog.accept()
        else:
            QTimer.singleShot(200, act)

    QTimer.singleShot(700, act)


def runs(desk: Desk):
    """Earlier questions are renamed, compared, taken off the map in one action, deleted."""
    first = desk.session.run
    yield from desk.ask("Which covers more area: forest or built-up land?")
    second = desk.session.run
    page = desk.dock.runs
    desk.dock.tabs.setCurrentIndex(1)
    yield 600

    def select(*paths: str) -> None:
        page.tree.clearSelection()
        for row in range(page.tree.topLevelItemCount()):
            item = page.tree.topLevelItem(row)
            if Path(item.data(0, Qt.ItemDataRole.UserRole).path).name in {Path(path).name for path in paths}:
                item.setSelected(True)

    select(first.gpkg, second.gpkg)
    shoot("runs_page")
    answer_dialog()
    QTest.mouseClick(page.compare, Qt.MouseButton.LeftButton)
    compared = (OUT / "compare.png").is_file()
    select(second.gpkg)
    answer_dialog("renamed")
    QTest.mouseClick(page.rename, Qt.MouseButton.LeftButton)
    renamed = Path(second.gpkg).with_name("renamed.gpkg")
    project = QgsProject.instance()
    groups = [g for g in project.layerTreeRoot().findGroups() if g.customProperty("terrascope/run") == renamed.name]
    valid = [node.layer().isValid() for group in groups for node in group.findLayers()]
    FACTS["runs"] = {
        "compared": compared,
        "renamed": renamed.is_file(),
        "layers_follow": all(valid) and len(groups) == 1,
    }
    select(str(renamed))
    answer_dialog()
    QTest.mouseClick(page.delete, Qt.MouseButton.LeftButton)
    left = [layer.source() for layer in project.mapLayers().values() if "renamed" in layer.source()]
    FACTS["runs"]["deleted"] = not renamed.exists() and not left
    desk.controller.open_run(first.gpkg)
    yield lambda: not desk.controller.map.is_settling
    before = len(masks_of(first.gpkg))
    QTest.mouseClick(desk.dock.take_off, Qt.MouseButton.LeftButton)
    FACTS["runs"]["undo_in_one_action"] = {
        "layers_before": before,
        "layers_after": len(masks_of(first.gpkg)),
        "file_stays": Path(first.gpkg).is_file(),
        "group_gone": desk.controller.map.group(first) is None,
    }
    yield 300


def masks_of(gpkg: str) -> list:
    """Return the project's layers out of one run's file."""
    return [x for x in QgsProject.instance().mapLayers().values() if Path(gpkg).name in x.source()]


def steps():
    """All of it."""
    desk = yield from open_desk()
    wanted = os.environ.get("STAGES", "").split()
    for stage in (radar_and_optical, web_maps, time_plays, layout, runs):
        if not wanted or stage.__name__ in wanted:
            yield from stage(desk)
            write_facts(FACTS)
    FACTS["complete"] = True
    write_facts(FACTS)


PLAY = Play(steps(), limit_s=400)
