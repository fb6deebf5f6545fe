"""Inside QGIS, against the real backend: what a user does in an hour, in two minutes. Writes facts.json."""

import os
import signal
import sys
import time
from pathlib import Path

sys.path[:0] = [os.environ["TERRASCOPE_SCRIPTS"], os.environ["TERRASCOPE_DESKTOP"]]

from desk import FACTS, Desk, open_desk  # noqa: E402
from in_qgis import OUT, Play, plugin, shoot, write_facts  # noqa: E402
from qgis.core import QgsCoordinateReferenceSystem, QgsProject  # noqa: E402
from qgis.PyQt.QtCore import Qt  # noqa: E402
from qgis.PyQt.QtTest import QTest  # noqa: E402
from qgis.utils import iface  # noqa: E402

SCENE = os.environ["TERRASCOPE_SCENE"]
DEMO = Path(os.environ.get("TERRASCOPE_DEMO", "/nonexistent"))


def first_question(desk: Desk):
    """A scene, a question by mouse and keys, the steps one by one."""
    desk.load(SCENE)
    yield 1500
    desk.type_question("How much of the area is covered by water?")
    desk.watch.reset()
    desk.press_ask()
    yield lambda: bool(desk.arrivals) or not desk.session.is_running
    FACTS["preview_on_map"] = bool(desk.controller.map._preview._bands) or not desk.session.is_running
    shoot("first_mask")
    yield lambda: not desk.session.is_running
    yield lambda: not desk.controller.map.is_settling
    FACTS["stall"] = {
        "worst_ms_by_clock": round(desk.watch.worst_ms, 1),
        "worst_ms_own_work": round(desk.watch.worst_cpu_ms, 1),
        "over_50_by_clock": desk.watch.over_50,
    }
    yield 1200
    desk.record("first")
    shoot("first_answer")
    QTest.keyClick(desk.dock.trace, Qt.Key.Key_Right)
    yield 900
    run = desk.session.run
    visible = [node for node in desk.controller.map.group(run).findLayers() if node.isVisible()]
    FACTS["stepping"] = {"current": desk.dock.steps.current, "visible_layers": len(visible)}
    shoot("first_step")
    desk.dock.steps.show_all()


def second_question_cancelled(desk: Desk):
    """Stop in mid-generation."""
    desk.type_question("Which covers more area: forest or built-up land?")
    desk.press_ask()
    yield lambda: bool(desk.session.run.steps) or not desk.session.is_running
    begun = time.monotonic()
    QTest.mouseClick(desk.dock.question.stop, Qt.MouseButton.LeftButton)
    yield lambda: not desk.session.is_running
    FACTS["cancel_ms"] = round((time.monotonic() - begun) * 1000)
    yield lambda: not desk.controller.map.is_settling
    desk.record("cancelled")
    shoot("cancelled")


def third_question_killed(desk: Desk):
    """The child dies; what arrived stays, and the next question works."""
    desk.type_question("Which covers more area: forest or built-up land?")
    desk.press_ask()
    yield lambda: bool(desk.arrivals) or not desk.session.is_running
    if desk.session.is_running:
        os.kill(desk.tool.backend.pid, signal.SIGKILL)
    yield lambda: not desk.session.is_running
    yield lambda: not desk.controller.map.is_settling
    yield 500
    desk.record("killed")
    shoot("killed")
    iface.messageBar().clearWidgets()


def export_save_reopen(desk: Desk):
    """Export, save the project, open it again: everything is found."""
    from terrascope_reasoning.terrascope_plugin.panel.export_menu import save_layers
    from terrascope_reasoning.terrascope_plugin.panel.layout_items import text_of

    yield from desk.ask("How much of the area is covered by water?")
    desk.record("again")
    run = desk.session.run
    FACTS["export"] = {"error": save_layers(run, None, str(OUT / "masks.gpkg")), "text": text_of(run)}
    desk.controller.report(run, str(OUT / "report.html"))
    yield lambda: not desk.controller.is_reporting
    FACTS["export"]["report"] = (OUT / "report.html").is_file()
    project = QgsProject.instance()
    project.write(str(OUT / "project.qgz"))
    project.clear()
    yield 500
    project.read(str(OUT / "project.qgz"))
    yield 1500
    groups = [group for group in project.layerTreeRoot().findGroups() if group.customProperty("terrascope/run")]
    layers = [node.layer() for group in groups for node in group.findLayers()]
    FACTS["reopened"] = {
        "groups": len(groups),
        "layers": len(layers),
        "valid": all(layer and layer.isValid() for layer in layers),
    }
    desk.dock.tabs.setCurrentIndex(1)
    yield 600
    FACTS["reopened"]["listed"] = desk.dock.runs.tree.topLevelItemCount()
    shoot("runs")
    desk.tool.backend.stop()
    desk.controller.open_run(run.gpkg)
    yield lambda: not desk.controller.map.is_settling
    yield 600
    FACTS["reopened"]["cards_without_backend"] = len(desk.dock.trace.cards)
    FACTS["reopened"]["backend"] = desk.tool.backend.state.value
    shoot("reopened")


def other_scenes(desk: Desk):
    """A time stack, radar, a layer without CRS, a canvas in another CRS and rotated."""
    project = QgsProject.instance()
    cases = {
        "stack": (
            [DEMO / f"pucallpa_landsat_{year}.tif" for year in (1985, 1995, 2010, 2020)],
            "How much forest was lost between the first and the last image?",
        ),
        "no_crs": ([DEMO / "spyndex_s2_B02B03B04B08_nocrs.tif"], "How much of the area is covered by water?"),
    }
    for name, (paths, question) in cases.items():
        if not all(path.is_file() for path in paths):
            FACTS[name] = "skipped: no demo scenes"
            continue
        project.clear()
        layers = []
        for path in paths:
            layers.append(desk.load(path))
        yield 800
        desk.dock.layers.tick({layer.id() for layer in layers})
        yield 800
        shoot(f"{name}_layers")
        yield from desk.ask(question)
        desk.record(name)
        extents = (
            [node.layer().extent() for node in desk.controller.map.group(desk.session.run).findLayers()]
            if FACTS[name]["layers"]
            else []
        )
        FACTS[name]["inside_layer"] = all(
            layers[0].extent().buffered(1e-6 + layers[0].rasterUnitsPerPixelX()).contains(extent) for extent in extents
        )
        shoot(name)
    project.clear()
    layer = desk.load(SCENE)
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    yield 500
    canvas = iface.mapCanvas()
    canvas.setRotation(25)
    canvas.setExtent(canvas.mapSettings().layerExtentToOutputExtent(layer, layer.extent()))
    canvas.zoomByFactor(0.5)
    yield 1200
    desk.type_question("How much of the area is covered by water?")
    desk.press_ask()
    yield lambda: bool(desk.arrivals) or not desk.session.is_running
    shoot("rotated_preview")
    yield lambda: not desk.session.is_running
    yield lambda: not desk.controller.map.is_settling
    yield 1000
    desk.record("rotated")
    shoot("rotated")
    canvas.setRotation(0)


def dialogs(desk: Desk):
    """Every dialog opens."""
    from terrascope_reasoning.terrascope_plugin.panel.options_page import OptionsPage
    from terrascope_reasoning.terrascope_plugin.panel.setup_dialog import SetupDialog

    dialog = SetupDialog(desk.tool.settings, desk.tool.backend, iface.mainWindow())
    dialog.show()
    yield 600
    shoot("setup", dialog)
    dialog.reject()
    page = OptionsPage(lambda _settings: None)
    page.resize(640, 520)
    page.show()
    yield 500
    shoot("options", page)
    page.close()


def reload_plugin(desk: Desk):
    """Reloading leaves no child and no widget behind."""
    from qgis import utils

    desk.tool.backend.start()
    yield lambda: desk.tool.backend.state.value == "ready"
    pid = desk.tool.backend.pid
    utils.reloadPlugin("terrascope_reasoning")
    yield 1500
    FACTS["reload"] = {
        "old_child_gone": not Path(f"/proc/{pid}").exists(),
        "docks": len(iface.mainWindow().findChildren(type(plugin().dock))),
    }


def close_in_the_middle(desk: Desk):
    """QGIS is closed while a question runs; the check outside looks for the child."""
    desk = Desk()  # the plugin was loaded anew
    desk.load(SCENE)
    yield 800
    desk.type_question("Which covers more area: forest or built-up land?")
    desk.press_ask()
    yield lambda: bool(desk.session.run and desk.session.run.steps) or not desk.session.is_running
    FACTS["closed_child"] = {"pid": desk.tool.backend.pid, "was_running": desk.session.is_running}


def steps():
    """All of it."""
    desk = yield from open_desk()
    if os.environ.get("SCRIPTED"):
        Launch = type(desk.tool.backend._launch())
        desk.tool.backend.stop()
        desk.tool.backend._launch = lambda: Launch(
            os.environ["TERRASCOPE_PYTHON"],
            (os.environ["SCRIPTED"],),
            {"PYTHONPATH": os.environ["SCRIPTED"].split("/tests/")[0] + "/backend", "DELAY": "0.1"},
        )
    stages = [
        first_question,
        second_question_cancelled,
        third_question_killed,
        export_save_reopen,
        other_scenes,
        dialogs,
        reload_plugin,
        close_in_the_middle,
    ]
    wanted = os.environ.get("STAGES", "").split()
    for stage in stages:
        if not wanted or stage.__name__ in wanted:
            yield from stage(desk)
            write_facts(FACTS)
    FACTS["complete"] = True
    write_facts(FACTS)


PLAY = Play(steps(), limit_s=400)
