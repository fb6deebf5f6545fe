"""Puts a run on the map: outlines while it runs, layers from its GeoPackage, one step at a time."""

from __future__ import annotations

from qgis.core import QgsLayerTreeGroup, QgsProject, QgsRectangle
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..landcover import class_name
from ..layers.preview import MaskPreview
from ..layers.results import (
    MaskLayer,
    add_mask,
    extent_of_step,
    find_group,
    hide_other_runs,
    make_group,
    remove_run,
    show_step,
)
from ..layers.style import warm_up
from ..session.question import Run, StepOfRun
from . import wording
from .map_caption import MapCaption

PAUSE_MS = 15  # between two layers: opening one takes some milliseconds, the window stays alive


class RunOnMap(QObject):
    """Keeps the map in step with a run. `settled(Run)` when all layers of an ended run are there."""

    settled = pyqtSignal(object)

    def __init__(self, canvas: QgsMapCanvas, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._project = QgsProject.instance()
        self._preview = MaskPreview(canvas)
        self._caption = MapCaption(canvas)
        self._run: Run | None = None
        self._before: QgsRectangle | None = None  # what the map showed before it went to a mask
        self._zoomed: QgsRectangle | None = None
        self._queue: list[tuple[Run, MaskLayer]] = []
        self._settling: list[Run] = []
        self._timer = QTimer(self)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._add_next)
        warm_up()

    @property
    def is_settling(self) -> bool:
        """Whether layers are still being added."""
        return self._timer.isActive()

    def begin(self, run: Run) -> None:
        """A run starts or is shown again."""
        self._preview.clear()
        self._caption.show_text("", "#888888")
        self._run = run
        if run.gpkg:
            hide_other_runs(self._project, run.gpkg)

    def preview(self, run: Run, number: int) -> None:
        """A mask arrived: draw it at once."""
        for mask in run.steps[number].masks:
            if mask.wkt:
                self._preview.show(number, mask.label, mask.wkt, run.crs, mask.colour)

    def settle(self, run: Run) -> None:
        """A run ended: outlines give way to layers of its file."""
        self._queue = [item for item in self._queue if item[0] is not run]
        self._queue += [(run, layer) for step in run.ordered() for layer in layers_of_step(step)]
        self._settling = [each for each in self._settling if each is not run] + [run]
        self._timer.start()

    def show(self, run: Run, number: int | None) -> None:
        """Show one step alone with its text on the map, or all."""
        group = find_group(self._project, run.gpkg)
        if group is not None:
            show_step(group, number)
        step = run.steps.get(number) if number is not None else None
        if step is None:
            self._caption.show_text("", "#888888")
            return
        size = wording.extent_of(step.mask) if step.mask else ""
        head = " — ".join(part for part in (class_name(step.label), step.date or "", size) if part)
        self._caption.show_text(f"{head}\n{step.text}".strip(), step.mask.colour if step.mask else "#888888")

    def zoom_to(self, run: Run, number: int) -> None:
        """Bring a step's mask into view; the map stays where it is when the whole mask is well visible."""
        group = find_group(self._project, run.gpkg)
        found = extent_of_step(self._project, group, number) if group is not None else None
        if found is None:
            return
        extent, layer = found
        box = self._canvas.mapSettings().layerExtentToOutputExtent(layer, extent)
        view = self._canvas.extent()
        if view.contains(box) and box.width() * box.height() > 0.05 * view.width() * view.height():
            return
        box.scale(1.15)
        if self._before is None or not self._is_where_it_went():
            self._before = QgsRectangle(view)
        self._canvas.setExtent(box)
        self._zoomed = QgsRectangle(self._canvas.extent())
        self._canvas.refresh()

    def zoom_back(self) -> None:
        """Show again what the map showed before it went to masks, unless the user has moved it since."""
        if self._before is not None and self._is_where_it_went():
            self._canvas.setExtent(self._before)
            self._canvas.refresh()
        self._before = self._zoomed = None

    def _is_where_it_went(self) -> bool:
        return self._zoomed is not None and self._canvas.extent() == self._zoomed

    def remove(self, run: Run) -> bool:
        """Take a run off the map; its file stays."""
        self._queue = [item for item in self._queue if item[0] is not run]
        self._settling = [each for each in self._settling if each is not run]
        self._preview.clear()
        self._caption.show_text("", "#888888")
        return remove_run(self._project, run.gpkg)

    def group(self, run: Run) -> QgsLayerTreeGroup | None:
        """Return the run's group in the layer tree."""
        return find_group(self._project, run.gpkg)

    def detach(self) -> None:
        """Leave the map as it was."""
        self._timer.stop()
        self._preview.clear()
        self._caption.detach()

    def _add_next(self) -> None:
        if not self._queue:
            self._timer.stop()
            runs, self._settling = self._settling, []
            for run in runs:
                self._finish(run)
            return
        run, mask = self._queue.pop(0)
        group = make_group(self._project, run.gpkg, group_title(run))
        add_mask(self._project, group, run.gpkg, mask)
        if run is self._run:
            self._preview.remove(mask.step, mask.label)

    def _finish(self, run: Run) -> None:
        if run is self._run:  # another one may have begun meanwhile
            self._preview.clear()
        group = find_group(self._project, run.gpkg)
        if group is not None:  # the tree view opens a group only at a change
            group.setExpanded(False)
            group.setExpanded(True)
        self.settled.emit(run)


def group_title(run: Run) -> str:
    """Return a group's name: the question."""
    return run.question if len(run.question) <= 60 else run.question[:57] + "…"


def layers_of_step(step: StepOfRun) -> list[MaskLayer]:
    """Return the layers of a step: its mask and the derived ones; empty masks have none."""
    result = []
    for mask in step.masks:
        if mask.empty or mask.pixels == 0:
            continue
        when = step.date or ""
        title = f"{step.number} {class_name(mask.label)}" + (f" {when}" if when else "")
        result.append(MaskLayer(step.number, mask.label, mask.colour, mask.derived, step.date, title))
    return result
