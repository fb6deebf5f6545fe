"""Inside QGIS, for `make run`: the scene, a question, the steps as they come, the answer, the files."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from in_qgis import OUT, Play, arrange_window, plugin, shoot, write_facts
from qgis.core import QgsContrastEnhancement, QgsProject, QgsRasterLayer, QgsRasterMinMaxOrigin
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.utils import iface


def natural_colours(layer: QgsRasterLayer) -> None:
    """Show red, green, blue with a stretch, as a user would set it."""
    renderer = layer.renderer()
    if layer.bandCount() >= 3 and hasattr(renderer, "setRedBand"):
        renderer.setRedBand(3)
        renderer.setGreenBand(2)
        renderer.setBlueBand(1)
    layer.setContrastEnhancement(
        QgsContrastEnhancement.ContrastEnhancementAlgorithm.StretchToMinimumMaximum,
        QgsRasterMinMaxOrigin.Limits.CumulativeCut,
    )


def drawn() -> bool:
    """Whether the map is complete."""
    return not iface.mapCanvas().isDrawing()


def stages():
    """One stage after the other; yields what to wait for."""
    stays = bool(os.environ.get("TERRASCOPE_STAY"))
    yield 800
    tool = plugin()
    tool.settings.runs_folder = str(OUT / "runs")
    tool.dock.show()
    tool.dock.raise_()
    if not stays:
        arrange_window()
        yield 300
    scene = os.environ["TERRASCOPE_SCENE"]
    layer = QgsRasterLayer(scene, Path(scene).stem)
    natural_colours(layer)
    QgsProject.instance().addMapLayer(layer)
    iface.mapCanvas().setExtent(layer.extent())
    iface.layerTreeView().setCurrentLayer(layer)
    yield 1000
    yield drawn
    shoot("1_scene")
    question = os.environ["TERRASCOPE_QUESTION"]
    QTest.keyClicks(tool.dock.question.edit, question)
    yield 300
    shoot("2_question")
    begun = time.monotonic()
    QTest.mouseClick(tool.dock.question.ask, Qt.MouseButton.LeftButton)
    session = tool.controller.session
    yield lambda: session.run is not None and (bool(session.run.with_masks()) or not session.is_running)
    shoot("3_first_mask")
    yield lambda: not session.is_running
    seconds = time.monotonic() - begun
    yield lambda: not tool.controller.map.is_settling
    yield 1000
    yield drawn
    shoot("4_answer")
    run = session.run
    for number, step in enumerate(run.with_masks(), 1):
        tool.dock.steps.choose(step.number)
        yield 800
        yield drawn
        shoot(f"5_step_{number}")
    tool.dock.steps.show_all()
    if not run.error:
        tool.controller.report(run, str(OUT / "report.html"))
        yield lambda: (OUT / "report.html").is_file() or not tool.controller.is_reporting
        shutil.copyfile(run.gpkg, OUT / "run.gpkg")
    answer = run.answer or run.error
    write_facts(
        {
            "question": question,
            "answer": answer,
            "end": run.end_reason,
            "seconds": round(seconds, 1),
            "masks": len(run.with_masks()),
        }
    )
    line = f'Asked "{question}" about {Path(scene).name}; {run.end_reason} after {seconds:.1f} s: {answer}\n'
    line += f"Pictures, run.gpkg and report.html are in {OUT}\n"
    (OUT / "result.txt").write_text(line, encoding="utf-8")
    if stays:
        yield lambda: False


PLAY = Play(stages(), limit_s=86_400 if os.environ.get("TERRASCOPE_STAY") else 120)
