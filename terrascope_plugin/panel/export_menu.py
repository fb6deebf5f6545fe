"""Taking a run elsewhere: GeoPackage, chosen steps, report, picture, text, print layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qgis.core import QgsApplication, QgsProject, QgsVectorFileWriter
from qgis.gui import QgisInterface
from qgis.PyQt.QtWidgets import QApplication, QFileDialog, QMenu

from ..i18n import tr
from ..layers.copying import CopyTask, part_of
from ..layers.results import find_group, layers_of
from ..session.history import put_in_place
from ..session.question import Run
from .layout_items import open_layout, text_of
from .notices import warn


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


def _with_path(iface: QgisInterface, run: Run, title: str, suffix: str, action: Callable[[str], object]) -> None:
    start = str(Path(run.gpkg).with_suffix(f".{suffix}"))
    path, _filter = QFileDialog.getSaveFileName(iface.mainWindow(), title, start, f"*.{suffix}")
    if path:
        action(path if path.endswith(f".{suffix}") else f"{path}.{suffix}")


def _copy_file(run: Run, iface: QgisInterface) -> None:
    start = str(Path(run.gpkg).with_name(Path(run.gpkg).stem + "_copy.gpkg"))
    path, _filter = QFileDialog.getSaveFileName(iface.mainWindow(), tr("Save the run"), start, "GeoPackage (*.gpkg)")
    if path:
        copy_run(run, path if path.endswith(".gpkg") else f"{path}.gpkg", lambda text: text and warn(iface, text))


def copy_run(run: Run, path: str, then: Callable[[str], object]) -> None:
    """Copy a run's file in the background; `then` gets "" or a sentence. A file of that name is replaced at the end."""
    if Path(path) == Path(run.gpkg):
        then("")
        return
    part = part_of(path)
    task = CopyTask(run.gpkg, part)

    def copied(error: str) -> None:
        if error:
            Path(part).unlink(missing_ok=True)
            then(tr("The file could not be written: {0}").format(error))
        else:
            put_in_place(QgsProject.instance(), part, path, then)

    task.copied.connect(copied)
    QgsApplication.taskManager().addTask(task)


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
        path = path if path.endswith(".gpkg") else f"{path}.gpkg"
        save_steps(run, step, path, lambda text: text and warn(iface, text))


def save_steps(run: Run, step: int | None, path: str, then: Callable[[str], object]) -> None:
    """Write masks beside `path` and put them there; `then` gets "" or a sentence."""
    if Path(path) == Path(run.gpkg):
        then(tr("That is the file of the run itself. Choose another name."))
        return
    part = part_of(path)
    error = save_layers(run, step, part)
    if error:
        Path(part).unlink(missing_ok=True)
        then(error)
    else:
        put_in_place(QgsProject.instance(), part, path, then)
