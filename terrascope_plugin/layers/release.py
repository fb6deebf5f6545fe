"""Layers let go of a file while it is renamed, replaced or deleted: Windows refuses that for a file that is open."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from qgis.core import QgsCoordinateReferenceSystem, QgsMapLayer, QgsProject, QgsVectorLayer, QgsWkbTypes


class _Held(NamedTuple):
    """A layer of a file: what follows the file's name in its source, and what a change of the source resets."""

    layer: QgsVectorLayer
    rest: str
    read_only: bool
    crs: QgsCoordinateReferenceSystem


def file_of_layer(layer: QgsMapLayer) -> str:
    """Return the file that a layer reads from, empty where it is none."""
    return layer.source().split("|", 1)[0] if layer.providerType() == "ogr" else ""


class Released:
    """The layers of a project that read from a file, empty until `attach`. Style, order and place stay theirs."""

    def __init__(self, project: QgsProject, path: str) -> None:
        self._held = [
            _Held(layer, layer.source()[len(file_of_layer(layer)) :], layer.readOnly(), layer.crs())
            for layer in project.mapLayers().values()
            if isinstance(layer, QgsVectorLayer) and _is_same(file_of_layer(layer), path)
        ]
        for held in self._held:
            nothing = QgsWkbTypes.displayString(held.layer.wkbType())
            held.layer.setDataSource(nothing, held.layer.name(), "memory", False)

    def attach(self, path: str) -> None:
        """Let the layers read from `path`. The file's own style is not loaded: theirs is kept."""
        for held in self._held:
            held.layer.setDataSource(f"{path}{held.rest}", held.layer.name(), "ogr", False)
            held.layer.setReadOnly(held.read_only)
            held.layer.setCrs(held.crs)


def edited_layer(project: QgsProject, path: str) -> str:
    """Return the name of a layer of a file that is being edited, empty where there is none."""
    for layer in project.mapLayers().values():
        if isinstance(layer, QgsVectorLayer) and layer.isEditable() and _is_same(file_of_layer(layer), path):
            return layer.name()
    return ""


def _is_same(one: str, other: str) -> bool:
    return bool(one) and Path(one) == Path(other)
