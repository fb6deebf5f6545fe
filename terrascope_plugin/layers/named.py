"""The layers of the project that a question may name: districts, roads, slope. Files only."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from qgis.core import QgsMapLayer, QgsProject, QgsProviderRegistry, QgsRasterLayer, QgsVectorLayer

from .results import RUN_PROPERTY


def named_layers(project: QgsProject, images: Collection[str]) -> dict[str, str]:
    """Return FILE, or FILE|layername=NAME, by the layer's name.

    `images` are the ids of the layers that are looked at. Results of TerraScope, and rasters of several bands, are no
    conditions; of layers with one name the first in the project is taken.
    """
    found: dict[str, str] = {}
    for layer in project.mapLayers().values():
        name = layer.name().strip()
        if layer.id() in images or not name or name in found or not layer.isValid():
            continue
        if layer.customProperty(RUN_PROPERTY) is not None or _in_run(project, layer):
            continue
        file = _file_of(layer)
        if file:
            found[name] = file
    return found


def _file_of(layer: QgsMapLayer) -> str:
    provider = {QgsVectorLayer: "ogr", QgsRasterLayer: "gdal"}.get(type(layer))
    if provider is None or layer.providerType() != provider:
        return ""
    if isinstance(layer, QgsRasterLayer) and layer.bandCount() != 1:
        return ""
    parts = QgsProviderRegistry.instance().decodeUri(provider, layer.source())
    path, part = str(parts.get("path") or ""), str(parts.get("layerName") or "")
    if not Path(path).is_file():
        return ""
    return f"{path}|layername={part}" if part else path


def _in_run(project: QgsProject, layer: QgsMapLayer) -> bool:
    node = project.layerTreeRoot().findLayer(layer.id())
    parent = node.parent() if node is not None else None
    while parent is not None:
        if parent.customProperty(RUN_PROPERTY):
            return True
        parent = parent.parent()
    return False
