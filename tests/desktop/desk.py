"""The plugin under the tester's hands, for scripts inside QGIS."""

from __future__ import annotations

import time
from pathlib import Path

from in_qgis import OUT, StallWatch, arrange_window, plugin
from qgis.core import QgsApplication, QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.utils import iface

FACTS: dict = {}


def open_desk():
    """Give the window its size and show the panel; runs are kept with the other results. `desk = yield from ...`."""
    yield 800
    desk = Desk()
    FACTS["profile"] = QgsApplication.qgisSettingsDirPath()
    desk.tool.settings.runs_folder = str(OUT / "runs")
    desk.dock.show()
    desk.dock.raise_()
    arrange_window()
    yield 300
    return desk


class Desk:
    """The panel, what is typed into it, and what became of the questions."""

    def __init__(self) -> None:
        self.tool = plugin()
        self.dock, self.controller, self.session = self.tool.dock, self.tool.controller, self.tool.controller.session
        self.watch = StallWatch()
        self.arrivals: list[tuple[float, int]] = []
        self.session.mask_arrived.connect(lambda _run, step: self.arrivals.append((time.monotonic(), step)))

    def load(self, path, name: str = "") -> QgsRasterLayer:
        layer = QgsRasterLayer(str(path), name or Path(path).stem)
        QgsProject.instance().addMapLayer(layer)
        iface.mapCanvas().setExtent(iface.mapCanvas().mapSettings().layerExtentToOutputExtent(layer, layer.extent()))
        return layer

    def type_question(self, text: str) -> None:
        self.dock.question.edit.clear()
        self.dock.question.edit.setFocus()
        QTest.keyClicks(self.dock.question.edit, text)

    def press_ask(self) -> None:
        self.arrivals.clear()
        self.former = self.session.run
        self.asked = time.monotonic()
        QTest.mouseClick(self.dock.question.ask, Qt.MouseButton.LeftButton)

    def ask(self, text: str):
        """Ask and wait for the end and for the layers."""
        self.type_question(text)
        self.press_ask()
        yield lambda: self.session.run is not self.former
        yield lambda: not self.session.is_running
        yield lambda: not self.controller.map.is_settling
        yield 700
        yield lambda: not iface.mapCanvas().isDrawing()

    def record(self, name: str) -> None:
        """Note what became of the last question."""
        run = self.session.run
        group = self.controller.map.group(run)
        layers = [node.layer() for node in group.findLayers()] if group is not None else []
        FACTS[name] = {
            "question": run.question,
            "end": run.end_reason,
            "answer": run.answer,
            "error": run.error,
            "masks": len(run.with_masks()),
            "non_empty": sum(not mask.empty for step in run.with_masks() for mask in step.masks),
            "layers": len(layers),
            "layers_valid": all(layer.isValid() and layer.featureCount() > 0 for layer in layers),
            "claims": [c.verdict for c in run.claims],
            "dates": sorted({step.date for step in run.with_masks() if step.date}),
            "file": Path(run.gpkg).is_file(),
            "arrivals_s": [round(at - self.asked, 2) for at, _step in self.arrivals],
            "warnings": run.warnings,
            "device": run.device,
        }
