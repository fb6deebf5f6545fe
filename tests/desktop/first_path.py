"""Inside QGIS: load a scene, ask by mouse and keyboard, watch the steps, step through, save."""

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, os.environ["TERRASCOPE_SCRIPTS"])

from in_qgis import Play, StallWatch, plugin, shoot, write_facts  # noqa: E402
from qgis.core import QgsProject, QgsRasterLayer  # noqa: E402
from qgis.PyQt.QtCore import Qt  # noqa: E402
from qgis.PyQt.QtTest import QTest  # noqa: E402
from qgis.utils import iface  # noqa: E402


def steps():
    facts = {}
    window = iface.mainWindow()
    window.setGeometry(0, 0, 1600, 1000)
    project = QgsProject.instance()
    yield 800
    tool = plugin()
    if os.environ.get("SCRIPTED"):
        sys.path.insert(0, str(Path(os.environ["TERRASCOPE_SCRIPTS"]).parent))
        launch = __import__("terrascope_plugin.backend_process.child_environment", fromlist=["Launch"]).Launch
        tool.backend.stop()
        tool.backend._launch = lambda: launch(
            "/usr/bin/python3", (os.environ["SCRIPTED"], os.environ.get("MODE", "slow")), {}
        )
    tool.dock.show()
    tool.dock.raise_()
    shoot("00_empty")
    layer = QgsRasterLayer(os.environ["RASTER"], Path(os.environ["RASTER"]).stem)
    project.addMapLayer(layer)
    iface.mapCanvas().setExtent(layer.extent())
    yield 1500
    shoot("01_scene")
    question = os.environ.get("QUESTION", "How much of the area is covered by water?")
    watch = StallWatch()
    edit = tool.dock.question.edit
    edit.setFocus()
    QTest.keyClicks(edit, question)
    yield 200
    watch.reset()
    started = time.monotonic()
    QTest.mouseClick(tool.dock.question.ask, Qt.MouseButton.LeftButton)
    session = tool.controller.session
    yield lambda: bool(session.run and session.run.with_masks()) or not session.is_running
    facts["first_mask_s"] = round(time.monotonic() - started, 2)
    yield 400
    shoot("02_first_mask")
    yield lambda: not session.is_running
    facts["answer_s"] = round(time.monotonic() - started, 2)
    yield lambda: not tool.controller.map.is_settling
    facts.update(
        stall_ms=round(watch.worst_ms, 1), stall_cpu_ms=round(watch.worst_cpu_ms, 1), stalls_over_50=watch.over_50
    )
    yield 1500
    shoot("03_answer")
    run = session.run
    facts.update(
        end=run.end_reason,
        error=run.error,
        answer=run.answer,
        gpkg=run.gpkg,
        warnings=run.warnings,
        masks=len(run.with_masks()),
    )
    QTest.mouseClick(tool.dock.steps.next, Qt.MouseButton.LeftButton)
    yield 1500
    shoot("04_step")
    write_facts(facts)
    print(json.dumps(facts))


PLAY = Play(steps())
