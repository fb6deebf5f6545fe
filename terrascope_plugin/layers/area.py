"""The area of a question: map view, layer, selected polygon or drawn rectangle, as the protocol's area object."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsMapSettings,
    QgsPointXY,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ..i18n import tr


class AreaKind(Enum):
    """Where the area comes from."""

    VIEW = "view"
    LAYER = "layer"
    SELECTION = "selection"
    RECTANGLE = "rectangle"


class Area(NamedTuple):
    """A polygon with its CRS. `geometry` None: the whole first layer."""

    kind: AreaKind
    geometry: QgsGeometry | None
    crs: QgsCoordinateReferenceSystem


class AreaError(Exception):
    """An area that cannot be used; the text is for the user."""


def view_area(settings: QgsMapSettings) -> Area:
    """Return what the map shows; a rotated canvas gives the rotated rectangle."""
    ring = [QgsPointXY(point) for point in settings.visiblePolygon()]
    return Area(AreaKind.VIEW, QgsGeometry.fromPolygonXY([[*ring, ring[0]]]), settings.destinationCrs())


def selection_area(layer: object) -> Area:
    """Return the union of the selected polygons of the active vector layer.

    Raises
    ------
    AreaError
        If there is no polygon layer, or nothing is selected in it.
    """
    if not isinstance(layer, QgsVectorLayer) or layer.geometryType() != QgsWkbTypes.PolygonGeometry:
        raise AreaError(tr("Make a polygon layer active and select a polygon in it, or choose another area."))
    geometries = [feature.geometry() for feature in layer.selectedFeatures()]
    if not geometries:
        raise AreaError(
            tr('No polygon is selected in layer "{0}". Select one, or choose another area.').format(layer.name())
        )
    return Area(AreaKind.SELECTION, QgsGeometry.unaryUnion(geometries), layer.crs())


def crs_text(crs: QgsCoordinateReferenceSystem) -> str | None:
    """Return an authority code, else WKT 2, None where there is no CRS."""
    if not crs.isValid():
        return None
    return crs.authid() or crs.toWkt(QgsCoordinateReferenceSystem.WKT_PREFERRED)


def crs_of(text: str | None) -> QgsCoordinateReferenceSystem:
    """Return the CRS of an authority code or WKT; an invalid one where there is none."""
    crs = QgsCoordinateReferenceSystem()
    if text:
        crs.createFromUserInput(text)
    return crs


def in_layer(area: Area, layer: QgsRasterLayer, project: QgsProject) -> QgsGeometry | None:
    """Return the area in the layer's own coordinates, None for the whole layer.

    Raises
    ------
    AreaError
        If it cannot be brought to the layer's CRS or does not touch the layer.
    """
    if area.geometry is None:
        return None
    geometry = QgsGeometry(area.geometry)
    if area.crs.isValid() and layer.crs().isValid() and area.crs != layer.crs():
        geometry = geometry.densifyByCount(8)
        try:
            geometry.transform(QgsCoordinateTransform(area.crs, layer.crs(), project))
        except QgsCsException as error:
            raise AreaError(
                tr('The area cannot be brought to the CRS of layer "{0}". Choose "Whole layer".').format(layer.name())
            ) from error
    extent = layer.extent()
    if not geometry.intersects(extent):
        raise AreaError(
            tr('The area does not touch layer "{0}". Zoom to the layer, or choose "Whole layer".').format(layer.name())
        )
    if geometry.contains(QgsGeometry.fromRect(extent.buffered(-extent.width() * 1e-6))):
        return None
    return geometry


def to_message(area: Area, layer: QgsRasterLayer, project: QgsProject) -> dict[str, Any] | None:
    """Return the protocol's area for a question whose first layer is `layer`; None for the whole layer.

    A layer without a CRS has no coordinates that the backend could know: it gets a window in pixels.

    Raises
    ------
    AreaError
        As `in_layer`.
    """
    local = in_layer(area, layer, project)
    if local is None or area.geometry is None:
        return None
    if not layer.crs().isValid():
        return {"window": list(window_of(local.boundingBox(), layer))}
    box = local.boundingBox().intersect(layer.extent())
    if area.kind is AreaKind.SELECTION or not _is_box(local):
        clipped = local.intersection(QgsGeometry.fromRect(layer.extent()))
        return {"wkt": clipped.asWkt(), "crs": crs_text(layer.crs())}
    return {"bbox": [box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum()], "crs": crs_text(layer.crs())}


def _is_box(geometry: QgsGeometry) -> bool:
    return geometry.area() >= 0.97 * geometry.boundingBox().area()


def window_of(box: QgsRectangle, layer: QgsRasterLayer) -> tuple[int, int, int, int]:
    """Return (column, row, width, height) in the layer's pixels of a box in its coordinates, at least one pixel."""
    extent = layer.extent()
    x, y = layer.rasterUnitsPerPixelX(), layer.rasterUnitsPerPixelY()
    left = max(0, int((box.xMinimum() - extent.xMinimum()) / x))
    top = max(0, int((extent.yMaximum() - box.yMaximum()) / y))
    right = min(layer.width(), int((box.xMaximum() - extent.xMinimum()) / x) + 1)
    bottom = min(layer.height(), int((extent.yMaximum() - box.yMinimum()) / y) + 1)
    return left, top, max(1, right - left), max(1, bottom - top)


def seen_pixels(area: Area, layer: QgsRasterLayer, project: QgsProject) -> tuple[int, int]:
    """Return how many of the layer's own pixels the area covers, (width, height). Raises AreaError as `in_layer`."""
    local = in_layer(area, layer, project)
    if local is None:
        return layer.width(), layer.height()
    return window_of(local.boundingBox().intersect(layer.extent()), layer)[2:]
