"""A run on the map: one group, one layer a step's mask, shown together or one at a time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsDateTimeRange,
    QgsLayerTreeGroup,
    QgsLayerTreeLayer,
    QgsProject,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QDate, QDateTime, QTime

from .style import MAP_TIP, apply_style

RUN_PROPERTY = "terrascope/run"  # on the group: the run's identity (its file's name)
STEP_PROPERTY = "terrascope/step"  # on each layer
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?!\d)")


class MaskLayer(NamedTuple):
    """One layer to be made. `date` is ISO text or None."""

    step: int
    label: str
    colour: str
    derived: bool
    date: str | None
    title: str


def run_identity(gpkg: str) -> str:
    """Return what a run's group is known by: the file's name, so that a moved project still finds it."""
    return gpkg.replace("\\", "/").rsplit("/", 1)[-1]


def find_group(project: QgsProject, gpkg: str) -> QgsLayerTreeGroup | None:
    """Return the group of a run, None where it is not on the map."""
    wanted = run_identity(gpkg)
    for group in project.layerTreeRoot().findGroups(True):
        if group.customProperty(RUN_PROPERTY) == wanted:
            return group
    return None


def hide_other_runs(project: QgsProject, gpkg: str) -> None:
    """Take the tick off the groups of other runs: masks of several questions over each other say nothing."""
    for group in project.layerTreeRoot().findGroups(True):
        identity = group.customProperty(RUN_PROPERTY)
        if identity and identity != run_identity(gpkg):
            group.setItemVisibilityChecked(False)


def make_group(project: QgsProject, gpkg: str, title: str) -> QgsLayerTreeGroup:
    """Return the group of a run, made on top of the layer tree where it is new."""
    group = find_group(project, gpkg)
    if group is None:
        group = project.layerTreeRoot().insertGroup(0, title)
        group.setCustomProperty(RUN_PROPERTY, run_identity(gpkg))
    return group


def source_of(gpkg: str, mask: MaskLayer) -> str:
    """Return the layer's URI: a subset of the run's GeoPackage, so that one file holds everything."""
    label = mask.label.replace("'", "''")
    subset = f'"step" = {mask.step} AND "label" = \'{label}\' AND "derived" = {int(mask.derived)}'
    return f"{gpkg}|layername=masks|subset={subset}"


def add_mask(project: QgsProject, group: QgsLayerTreeGroup, gpkg: str, mask: MaskLayer) -> QgsVectorLayer | None:
    """Add one mask's layer below those of earlier steps; None where it is there already or cannot be opened."""
    key = f"{mask.step}/{mask.label}/{int(mask.derived)}"
    if any(node.customProperty(STEP_PROPERTY) == key for node in group.findLayers()):
        return None
    options = QgsVectorLayer.LayerOptions(project.transformContext())
    options.loadDefaultStyle = False
    layer = QgsVectorLayer(source_of(gpkg, mask), mask.title, "ogr", options)
    if not layer.isValid():
        return None
    layer.setReadOnly(True)
    if "undefined" in layer.crs().description().lower():  # the GeoPackage's way to say that there is no CRS
        layer.setCrs(QgsCoordinateReferenceSystem())
    apply_style(layer, mask.colour)
    layer.setMapTipTemplate(MAP_TIP)
    if mask.date:
        set_date(layer, mask.date)
    project.addMapLayer(layer, False)
    group.addLayer(layer).setCustomProperty(STEP_PROPERTY, key)
    return layer


def set_date(layer: QgsVectorLayer, date: str) -> None:
    """Give a layer the time range of its date (a day, a month or a year): the temporal controller plays a stack."""
    match = _DATE.match(date)
    if match is None:
        return
    year, month, day = match.groups()
    begin = QDate(int(year), int(month or 1), int(day or 1))
    if not begin.isValid():
        return
    end = begin if day else (begin.addMonths(1) if month else begin.addYears(1)).addDays(-1)
    properties = layer.temporalProperties()
    properties.setMode(Qgis.VectorTemporalMode.FixedTemporalRange)
    properties.setFixedTemporalRange(QgsDateTimeRange(QDateTime(begin, QTime(0, 0)), QDateTime(end, QTime(23, 59, 59))))
    properties.setIsActive(True)


def step_of(node: QgsLayerTreeLayer) -> int:
    """Return the step of a layer in a run's group, 0 where it has none."""
    return int(str(node.customProperty(STEP_PROPERTY) or "0").split("/")[0])


def show_step(group: QgsLayerTreeGroup, step: int | None) -> None:
    """Show one step alone; None: all of them."""
    group.setItemVisibilityChecked(True)
    for node in group.findLayers():
        node.setItemVisibilityChecked(step is None or step_of(node) == step)


def extent_of_step(
    project: QgsProject, group: QgsLayerTreeGroup, step: int
) -> tuple[QgsRectangle, QgsVectorLayer] | None:
    """Return the extent of a step's masks in their layer's CRS, with a layer that has that CRS."""
    layers = [node.layer() for node in group.findLayers() if step_of(node) == step and node.layer() is not None]
    extent = QgsRectangle()
    extent.setMinimal()
    for layer in layers:
        if not layer.extent().isEmpty():
            extent.combineExtentWith(layer.extent())
    return (extent, layers[0]) if layers and not extent.isEmpty() else None


def layers_of(group: QgsLayerTreeGroup, steps: Sequence[int] | None = None) -> list[QgsVectorLayer]:
    """Return the group's layers, of some steps or of all."""
    nodes = (node for node in group.findLayers() if node.layer() is not None)
    return [node.layer() for node in nodes if steps is None or step_of(node) in steps]


def remove_run(project: QgsProject, gpkg: str) -> bool:
    """Take a run off the map in one go, layers and group; the file stays. Return whether it was there."""
    group = find_group(project, gpkg)
    if group is None:
        return False
    project.removeMapLayers([node.layerId() for node in group.findLayers()])
    parent = group.parent()
    if parent is not None:
        parent.removeChildNode(group)
    return True
