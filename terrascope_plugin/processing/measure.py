"""terrascope:measure"""

from __future__ import annotations

import json
import uuid
from typing import Any

from qgis.core import (
    QgsFeature,
    QgsFeatureSink,
    QgsFeatureSource,
    QgsField,
    QgsFields,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterMapLayer,
    QgsRasterLayer,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

from .. import temporary
from ..i18n import tr
from ..layers.choice import file_of
from .base import OUTPUT, Algorithm, follow
from .client import run_job

#: Columns of the table: name here, name in a measurement.
_NUMBERS = ("area_m2", "share", "pixels", "perimeter_m", "parts")
_LABELS = ("label", "class", "name")


class MeasureAlgorithm(Algorithm):
    """Masks that come from anywhere, measured as the masks of a run are."""

    def name(self) -> str:
        """Identifier."""
        return "measure"

    def displayName(self) -> str:  # noqa: N802 (QGIS's name)
        """Name in the toolbox."""
        return tr("Measure masks")

    def shortHelpString(self) -> str:  # noqa: N802 (QGIS's name)
        """Help beside the form."""
        return tr(
            "Measures every class value of a raster (0 is outside), or every polygon of a layer: true area, share, "
            "parts, perimeter, place. The numbers are those of all masks together; the table has a row for each."
        )

    def initAlgorithm(self, _configuration: dict | None = None) -> None:  # noqa: N802 (QGIS's name)
        """Parameters and outputs."""
        kinds = [QgsProcessing.SourceType.TypeRaster, QgsProcessing.SourceType.TypeVectorPolygon]
        self.addParameter(QgsProcessingParameterMapLayer("MASK", tr("Masks (raster or polygons)"), types=kinds))
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                OUTPUT, tr("Table"), QgsProcessing.SourceType.TypeVector, optional=True, createByDefault=False
            )
        )
        self.addOutput(QgsProcessingOutputNumber("AREA_M2", tr("Area (m²)")))
        self.addOutput(QgsProcessingOutputNumber("SHARE", tr("Share (0 to 1)")))
        self.addOutput(QgsProcessingOutputNumber("COUNT", tr("Number of masks")))
        self.addOutput(QgsProcessingOutputString("MEASUREMENTS", tr("All measurements (JSON)")))

    def processAlgorithm(  # noqa: N802 (QGIS's name)
        self, parameters: dict, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict:
        """Measure."""
        layer = self.parameterAsLayer(parameters, "MASK", context)
        if isinstance(layer, QgsRasterLayer):
            path = file_of(layer)
            if not path:
                raise QgsProcessingException(
                    tr('Layer "{0}" is not a file. Save it as a GeoTIFF first (Layer > Save As).').format(layer.name())
                )
        elif isinstance(layer, QgsVectorLayer):
            path = _polygons_file(self.parameterAsSource(parameters, "MASK", context), layer, context)
        else:
            raise QgsProcessingException(tr("Give a raster of class values or a layer of polygons."))
        result = run_job({"type": "measure", "mask": path}, feedback, follow(feedback))
        if result["type"] == "end":
            return {}
        value = result["value"]
        masks = value.get("masks") or []
        for note in value.get("notes") or []:
            feedback.pushWarning(note)
        feedback.pushInfo(json.dumps(masks, ensure_ascii=False, indent=1))
        return {
            OUTPUT: self._table(masks, parameters, context),
            # Of the ground, overlaps counted once; a server of an older version does not give it.
            "AREA_M2": value["total_area_m2"] if "total_area_m2" in value else _total(masks, "area_m2"),
            "SHARE": _total(masks, "share"),
            "COUNT": len(masks),
            "MEASUREMENTS": json.dumps(masks, ensure_ascii=False),
        }

    def _table(self, masks: list[dict[str, Any]], parameters: dict, context: QgsProcessingContext) -> str | None:
        fields = QgsFields()
        fields.append(QgsField("label", QVariant.String))
        for name in _NUMBERS:
            fields.append(QgsField(name, QVariant.Double))
        sink, identifier = self.parameterAsSink(parameters, OUTPUT, context, fields, QgsWkbTypes.NoGeometry)
        if sink is None:
            return None
        for mask in masks:
            row = QgsFeature(fields)
            row.setAttributes([str(mask.get("label", "")), *(mask.get(name) for name in _NUMBERS)])
            sink.addFeature(row, QgsFeatureSink.Flag.FastInsert)
        return identifier


def _total(masks: list[dict[str, Any]], name: str) -> float | None:
    values = [mask[name] for mask in masks if isinstance(mask.get(name), (int, float))]
    return float(sum(values)) if values else None


def _polygons_file(source: QgsFeatureSource | None, layer: QgsVectorLayer, context: QgsProcessingContext) -> str:
    """Write a layer's polygons, or the selected ones where only those are to be used, into a file; return its path.

    A file of the layer's own would not do: it may be in memory, filtered, or one of several in a GeoPackage.
    """
    if source is None or QgsWkbTypes.geometryType(source.wkbType()) != QgsWkbTypes.PolygonGeometry:
        raise QgsProcessingException(tr('Layer "{0}" has no polygons to measure.').format(layer.name()))
    named = [field.name() for field in source.fields() if field.name().lower() in _LABELS]
    fields = QgsFields()
    fields.append(QgsField("label", QVariant.String))
    path = str(temporary.folder() / f"{uuid.uuid4().hex}.gpkg")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", "polygons"
    kind = QgsWkbTypes.flatType(QgsWkbTypes.multiType(source.wkbType()))
    writer = QgsVectorFileWriter.create(path, fields, kind, source.sourceCrs(), context.transformContext(), options)
    for feature in source.getFeatures():
        copy = QgsFeature(fields)
        geometry = feature.geometry()
        geometry.convertToMultiType()
        copy.setGeometry(geometry)
        copy.setAttributes([str(feature[named[0]]) if named else str(feature.id())])
        writer.addFeature(copy, QgsFeatureSink.Flag.FastInsert)
    error = writer.errorMessage()
    del writer  # closes the file
    if error:
        raise QgsProcessingException(tr("The file could not be written: {0}").format(error))
    return path
