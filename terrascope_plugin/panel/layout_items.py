"""A run in a print layout: the map as it is and the answer under it; also by dragging a run onto the page."""

from __future__ import annotations

from pathlib import Path

from qgis.core import (
    QgsLayout,
    QgsLayoutItemLabel,
    QgsLayoutItemMap,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsPrintLayout,
    QgsProject,
    QgsUnitTypes,
)
from qgis.gui import QgisInterface, QgsLayoutCustomDropHandler, QgsLayoutDesignerInterface, QgsMapCanvas
from qgis.PyQt.QtCore import QMimeData, QPointF, QUrl

from ..i18n import tr
from ..landcover import class_name
from ..layers.run_file import RunFileError, read_run
from ..plain_text import no_expression
from ..session.question import Run
from ..session.reopen import reopened
from . import wording

_GAP_MM = 3


def text_of(run: Run) -> str:
    """Return the whole trace as text."""
    lines = [run.question, ""]
    for place, step in enumerate(run.ordered(), 1):
        title = class_name(step.label) if step.label else tr("Conclusion")
        lines.append(" ".join(part for part in (f"{place}. {title}", step.date or "") if part))
        lines += [f"   {class_name(mask.label)}: {wording.extent_of(mask)}" for mask in step.masks]
        lines += [f"   {wording.typeset(step.text)}"] if step.text else []
        checked = dict.fromkeys(f"   [{claim.verdict}] {claim.text}" for claim in run.claims_of(step.number))
        lines += [wording.typeset(line) for line in checked]
    lines += ["", tr("Answer") + f": {wording.answer_of(run)}"]
    lines += [f"! {warning}" for warning in run.warnings]
    return "\n".join(lines)


def open_layout(run: Run, iface: QgisInterface) -> QgsPrintLayout:
    """Make a print layout of a run, and open it."""
    project = QgsProject.instance()
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    name, count = f"TerraScope: {run.question[:40]}", 1
    while project.layoutManager().layoutByName(name if count == 1 else f"{name} ({count})"):
        count += 1
    layout.setName(name if count == 1 else f"{name} ({count})")
    put_run(layout, run, iface.mapCanvas(), QPointF(10, 10), (277, 150), 40)
    project.layoutManager().addLayout(layout)
    iface.openLayoutDesigner(layout)
    return layout


def put_run(
    layout: QgsLayout, run: Run, canvas: QgsMapCanvas, corner: QPointF, size: tuple[float, float], text_height: float
) -> None:
    """Put the map as the window shows it on a page, and the run's text under it. Millimetres."""
    unit = QgsUnitTypes.LayoutMillimeters
    shown = QgsLayoutItemMap(layout)
    shown.setRect(20, 20, 20, 20)  # an item without a size loses its extent for good
    shown.attemptMove(QgsLayoutPoint(corner.x(), corner.y(), unit))
    shown.attemptResize(QgsLayoutSize(*size, unit))
    layout.addLayoutItem(shown)
    shown.setCrs(canvas.mapSettings().destinationCrs())
    shown.setMapRotation(canvas.rotation())
    shown.zoomToExtent(canvas.extent())
    label = QgsLayoutItemLabel(layout)
    label.setText(no_expression(text_of(run)))
    label.attemptMove(QgsLayoutPoint(corner.x(), corner.y() + size[1] + _GAP_MM, unit))
    label.attemptResize(QgsLayoutSize(size[0], text_height, unit))
    layout.addLayoutItem(label)


def drag_of(run: Run) -> QMimeData:
    """Return what is carried when a run is dragged: its file, for layouts and the map, and its text, for editors."""
    data = QMimeData()
    data.setText(text_of(run))
    if Path(run.gpkg).is_file():
        data.setUrls([QUrl.fromLocalFile(run.gpkg)])
    return data


class RunDropHandler(QgsLayoutCustomDropHandler):
    """Takes runs that are dropped on a page of the layout designer."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__()
        self._canvas = canvas

    def handleFileDrop(  # noqa: N802 (QGIS's name)
        self, designer: QgsLayoutDesignerInterface, point: QPointF, file: str
    ) -> bool:
        """Put the run of a file on the page; False for files that are no runs."""
        if not file.lower().endswith(".gpkg"):
            return False
        try:
            run = reopened(read_run(file))
        except RunFileError:
            return False
        put_run(designer.layout(), run, self._canvas, point, (140, 90), 40)
        return True
