"""Taking a run elsewhere: GeoPackage, chosen steps, report, picture, text, print layout."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from qgis.core import (
    QgsLayoutItemLabel,
    QgsLayoutItemMap,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsPrintLayout,
    QgsProject,
    QgsUnitTypes,
    QgsVectorFileWriter,
)
from qgis.gui import QgisInterface
from qgis.PyQt.QtWidgets import QApplication, QFileDialog, QMenu

from ..i18n import tr
from ..layers.results import find_group, layers_of
from ..session.question import Run
from . import wording


def fill_export_menu(
    menu: QMenu, run: Run, iface: QgisInterface, current: Callable[[], int | None], report: Callable[[str], None]
) -> None:
    """Put the actions for a run into a menu. `current` gives the shown step; `report` writes a report to a path."""
    menu.clear()
    has_file = Path(run.gpkg).is_file()

    def add(text: str, action: Callable[[], None], *, needs_file: bool = True) -> None:
        entry = menu.addAction(text)
        entry.triggered.connect(lambda _checked=False: action())
        entry.setEnabled(has_file or not needs_file)

    add(tr("GeoPackage of the run…"), lambda: _copy_file(run, iface))
    add(tr("Masks of the shown step…"), lambda: _save_steps(run, iface, current()))
    add(tr("Report (HTML)…"), lambda: _with_path(iface, run, tr("Save the report"), "html", report))
    add(
        tr("Picture of the map…"),
        lambda: _with_path(iface, run, tr("Save the picture"), "png", iface.mapCanvas().saveAsImage),
        needs_file=False,
    )
    add(tr("Text to the clipboard"), lambda: QApplication.clipboard().setText(text_of(run)), needs_file=False)
    add(tr("New print layout"), lambda: open_layout(run, iface), needs_file=False)


def text_of(run: Run) -> str:
    """Return the whole trace as text."""
    lines = [run.question, ""]
    for place, step in enumerate(run.ordered(), 1):
        title = wording.class_name(step.label) if step.label else tr("Conclusion")
        lines.append(" ".join(part for part in (f"{place}. {title}", step.date or "") if part))
        lines += [f"   {wording.class_name(mask.label)}: {wording.extent_of(mask)}" for mask in step.masks]
        lines += [f"   {wording.typeset(step.text)}"] if step.text else []
        checked = dict.fromkeys(f"   [{claim.verdict}] {claim.text}" for claim in run.claims_of(step.number))
        lines += [wording.typeset(line) for line in checked]
    lines += ["", tr("Answer") + f": {wording.answer_of(run)}"]
    lines += [f"! {warning}" for warning in run.warnings]
    return "\n".join(lines)


def open_layout(run: Run, iface: QgisInterface) -> QgsPrintLayout:
    """Make a print layout with the map as it is and the answer under it, and open it."""
    project = QgsProject.instance()
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    name, count = f"TerraScope: {run.question[:40]}", 1
    while project.layoutManager().layoutByName(name if count == 1 else f"{name} ({count})"):
        count += 1
    layout.setName(name if count == 1 else f"{name} ({count})")
    unit = QgsUnitTypes.LayoutMillimeters
    shown = QgsLayoutItemMap(layout)
    shown.setRect(20, 20, 20, 20)  # an item without a size loses its extent for good
    shown.attemptMove(QgsLayoutPoint(10, 10, unit))
    shown.attemptResize(QgsLayoutSize(277, 150, unit))
    layout.addLayoutItem(shown)
    canvas = iface.mapCanvas()
    shown.setCrs(canvas.mapSettings().destinationCrs())
    shown.setMapRotation(canvas.rotation())
    shown.zoomToExtent(canvas.extent())
    label = QgsLayoutItemLabel(layout)
    label.setText(text_of(run))
    label.attemptMove(QgsLayoutPoint(10, 163, unit))
    label.attemptResize(QgsLayoutSize(277, 40, unit))
    layout.addLayoutItem(label)
    project.layoutManager().addLayout(layout)
    iface.openLayoutDesigner(layout)
    return layout


def _with_path(iface: QgisInterface, run: Run, title: str, suffix: str, action: Callable[[str], object]) -> None:
    start = str(Path(run.gpkg).with_suffix(f".{suffix}"))
    path, _filter = QFileDialog.getSaveFileName(iface.mainWindow(), title, start, f"*.{suffix}")
    if path:
        action(path if path.endswith(f".{suffix}") else f"{path}.{suffix}")


def _copy_file(run: Run, iface: QgisInterface) -> None:
    def copy(path: str) -> None:
        if Path(path) == Path(run.gpkg):
            return
        try:
            shutil.copyfile(run.gpkg, path)
        except OSError as error:
            iface.messageBar().pushWarning("TerraScope", tr("The file could not be written: {0}").format(error))

    start = str(Path(run.gpkg).with_name(Path(run.gpkg).stem + "_copy.gpkg"))
    path, _filter = QFileDialog.getSaveFileName(iface.mainWindow(), tr("Save the run"), start, "GeoPackage (*.gpkg)")
    if path:
        copy(path if path.endswith(".gpkg") else f"{path}.gpkg")


def save_layers(run: Run, step: int | None, path: str) -> str:
    """Write the masks of a step, or of all, into a file, a layer each. Return an error text, empty if all is well."""
    project = QgsProject.instance()
    group = find_group(project, run.gpkg)
    layers = layers_of(group, None if step is None else [step]) if group is not None else []
    if not layers:
        return tr("There is no mask to save.")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    for index, layer in enumerate(layers):
        options.layerName = layer.name()
        if index:
            options.actionOnExistingFile = QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
        result = QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, project.transformContext(), options)
        if result[0] != QgsVectorFileWriter.WriterError.NoError:
            return str(result[1])
    return ""


def _save_steps(run: Run, iface: QgisInterface, step: int | None) -> None:
    start = str(Path(run.gpkg).with_name(Path(run.gpkg).stem + (f"_step{step}" if step else "_masks") + ".gpkg"))
    path, _filter = QFileDialog.getSaveFileName(iface.mainWindow(), tr("Save the masks"), start, "GeoPackage (*.gpkg)")
    if path:
        error = save_layers(run, step, path if path.endswith(".gpkg") else f"{path}.gpkg")
        if error:
            iface.messageBar().pushWarning("TerraScope", error)
