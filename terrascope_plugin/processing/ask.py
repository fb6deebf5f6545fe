"""terrascope:ask and terrascope:query"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputFile,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingOutputString,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterField,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
    QgsRasterLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

from ..backend_process.messages import question_limit
from ..i18n import tr
from ..layers.run_file import NoRunError, RunFileError, read_run
from ..layers.writing import is_written
from ..settings import Settings
from .base import OUTPUT, Algorithm, follow
from .client import run_job

QUESTION, IMAGES, OPTIONS, RUN, QUERY = "QUESTION", "IMAGES", "OPTIONS", "RUN", "QUERY"
ZONES, ZONE_FIELD, LAYERS, RESULTS = "ZONES", "ZONE_FIELD", "LAYERS", "RESULTS"
ZONES_NAME = "zones"  # by which the backend knows the polygons


def _kept_file() -> str:
    """Return the name of a run that nobody named: a result, which outlives this process. Only its owner can read it."""
    return str(Path(tempfile.mkdtemp(prefix="terrascope-run-")) / "run.gpkg")


class AskAlgorithm(Algorithm):
    """A question about one or more images; out come the answer, the masks and the run."""

    def name(self) -> str:
        """Identifier."""
        return "ask"

    def displayName(self) -> str:  # noqa: N802 (QGIS's name)
        """Name in the toolbox."""
        return tr("Ask a question about images")

    def shortHelpString(self) -> str:  # noqa: N802 (QGIS's name)
        """Help beside the form."""
        return tr(
            "Answers a question about one image, an optical and a radar image, or a stack of dates. Every "
            "step of the reasoning leaves a mask; "
            "its area is measured. The run (a GeoPackage) can be opened again in the TerraScope panel."
        )

    def initAlgorithm(self, _configuration: dict | None = None) -> None:  # noqa: N802 (QGIS's name)
        """Parameters and outputs."""
        self.addParameter(
            QgsProcessingParameterMultipleLayers(IMAGES, tr("Images"), QgsProcessing.SourceType.TypeRaster)
        )
        self.add_question()
        self.addParameter(
            QgsProcessingParameterVectorLayer(
                ZONES, tr("One row a polygon of"), [QgsProcessing.SourceType.TypeVectorPolygon], optional=True
            )
        )
        self.addParameter(
            QgsProcessingParameterField(
                ZONE_FIELD, tr("Name of a polygon (polygons of one name are one row)"),
                parentLayerParameterName=ZONES, optional=True,
            )
        )  # fmt: skip
        self.addParameter(
            QgsProcessingParameterMultipleLayers(
                LAYERS, tr("Layers that the question names"), QgsProcessing.SourceType.TypeMapLayer, optional=True
            )
        )
        self.add_area()
        self.add_known()
        self.add_masks_output(tr("Masks"))
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                RESULTS, tr("Values"), QgsProcessing.SourceType.TypeVector, optional=True, createByDefault=False
            )
        )
        self.addParameter(
            QgsProcessingParameterFileDestination(
                RUN, tr("Run"), "GeoPackage (*.gpkg)", optional=True, createByDefault=False
            )
        )
        self.addOutput(QgsProcessingOutputString("ANSWER", tr("Answer")))
        self.addOutput(QgsProcessingOutputString("END", tr("How the run ended")))
        self.addOutput(QgsProcessingOutputFile("RUN_FILE", tr("GeoPackage of the run")))

    def add_question(self) -> None:
        """Add what is asked."""
        self.addParameter(QgsProcessingParameterString(QUESTION, tr("Question")))
        self.addParameter(
            QgsProcessingParameterString(
                OPTIONS, tr("Possible answers, one a line (multiple choice)"), multiLine=True, optional=True
            )
        )

    def question_fields(self, parameters: dict, context: QgsProcessingContext) -> dict[str, Any]:
        """Return what is asked, as fields of the protocol's `ask`. Raises QgsProcessingException."""
        fields: dict[str, Any] = {"question": self.parameterAsString(parameters, QUESTION, context)}
        lines = self.parameterAsString(parameters, OPTIONS, context).splitlines()
        options = [line.strip() for line in lines if line.strip()]
        return {**fields, "options": options} if options else fields

    def checkParameterValues(  # noqa: N802 (QGIS's name)
        self, parameters: dict, context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Say beforehand where the run's file must not be."""
        out = str(parameters.get(RUN) or "")
        if out not in ("", QgsProcessing.TEMPORARY_OUTPUT):
            problem = self._problem_of(out, parameters, context)
            if problem:
                return False, problem
        return super().checkParameterValues(parameters, context)

    def _problem_of(self, out: str, parameters: dict, context: QgsProcessingContext) -> str:
        """Return why a file cannot be the run's, empty where it can."""
        masks = parameters.get(OUTPUT)
        if isinstance(masks, QgsProcessingOutputLayerDefinition):
            masks = masks.sink.staticValue()
        inputs = [layer.source() for layer in self.parameterAsLayerList(parameters, IMAGES, context)]
        if Path(str(masks or "")) == Path(out) or any(Path(each.split("|")[0]) == Path(out) for each in inputs):
            return tr('"{0}" is wanted for two things at once. Give the run a file of its own.').format(out)
        if is_written(out):
            text = tr('"{0}" is being written by another question. Choose another name, or wait for its end.')
            return text.format(out)
        if Path(out).is_file():
            try:
                read_run(out)
            except NoRunError:
                return tr('"{0}" is there already and is no run. It is not replaced: choose another name.').format(out)
            except RunFileError as error:
                return str(error)
        return ""

    def processAlgorithm(  # noqa: N802 (QGIS's name)
        self, parameters: dict, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict:
        """Ask."""
        settings = Settings.load()
        layers = self.with_known(self.image_list(parameters, IMAGES, context), parameters, context)
        out = self.parameterAsFileOutput(parameters, RUN, context) or _kept_file()
        request = {
            "type": "ask",
            **self.question_fields(parameters, context),
            "layers": layers,
            "out": out,
            "settings": {"max_size": settings.max_size, "tiled": settings.tiled},
        }
        request.update(self._named(parameters, context, feedback))
        area = self.area_object(parameters, context)
        if area is not None:
            request["area"] = area
        for name in ("network", "device", "precision"):
            if getattr(settings, name) != "auto":
                request[name] = getattr(settings, name)
        answer = {"text": "", "choice": None}
        show = follow(feedback)

        def hear(message: dict) -> None:
            show(message)
            if message["type"] == "answer":
                answer.update(text=message["text"], choice=message.get("choice"))

        end = run_job(request, feedback, hear)
        if end["reason"] == "cancelled":
            return {}
        if not end.get("gpkg") and end["reason"] == "error":
            raise QgsProcessingException(tr("The question could not be answered."))
        masks = self.copy_masks(end.get("gpkg") or out, parameters, context, feedback)
        values = self._copy_values(end.get("gpkg") or out, parameters, context)
        text = (
            f"{answer['choice']} {answer['text']}".strip()
            if answer["choice"] and not answer["text"].startswith(answer["choice"])
            else answer["text"]
        )
        feedback.pushInfo(tr("Answer") + f": {text}")
        return {
            OUTPUT: masks,
            RESULTS: values,
            "ANSWER": text,
            "END": end["reason"],
            "RUN_FILE": end.get("gpkg") or out,
            RUN: end.get("gpkg") or out,
        }

    def _named(
        self, parameters: dict, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Return `named_layers` and `zones` of the protocol's `ask`."""

        def file_of(value: Any) -> str:
            path, part = self.parameterAsCompatibleSourceLayerPathAndLayerName(
                {ZONES: value}, ZONES, context, ["gpkg", "shp", "geojson"], "gpkg", feedback
            )
            return f"{path}|layername={part}" if part else path

        named: dict[str, str] = {}
        for layer in self.parameterAsLayerList(parameters, LAYERS, context):
            if isinstance(layer, QgsVectorLayer):
                named[layer.name()] = file_of(layer.id())
            elif isinstance(layer, QgsRasterLayer) and Path(layer.source()).is_file():
                named[layer.name()] = layer.source()
            else:
                raise QgsProcessingException(
                    tr('Layer "{0}" is not a file. Save it as a GeoTIFF first (Layer > Save As).').format(layer.name())
                )
        fields: dict[str, Any] = {}
        if self.parameterAsVectorLayer(parameters, ZONES, context) is not None:
            named[ZONES_NAME] = file_of(parameters[ZONES])
            column = self.parameterAsString(parameters, ZONE_FIELD, context)
            fields["zones"] = {"layer": ZONES_NAME, "column": column or None}
        return {**fields, "named_layers": named} if named else fields

    def _copy_values(self, gpkg: str, parameters: dict, context: QgsProcessingContext) -> str | None:
        """Copy the values of a run into the sink: a row a zone, date or class, with the polygon where there is one."""
        if not parameters.get(RESULTS):
            return None
        rows = read_run(gpkg).results
        measures = list(dict.fromkeys((row["measure"] or "", row["unit"] or "") for row in rows))
        fields = QgsFields()
        fields.append(QgsField("key", QVariant.String))
        for name, unit in measures:
            fields.append(QgsField(f"{name} ({unit})" if unit not in ("", "1") else name, QVariant.Double))
        fields.append(QgsField("text", QVariant.String))
        zones = self.parameterAsVectorLayer(parameters, ZONES, context)
        shapes = self._shapes(zones, self.parameterAsString(parameters, ZONE_FIELD, context)) if zones else {}
        kind = QgsWkbTypes.MultiPolygon if zones else QgsWkbTypes.NoGeometry
        crs = zones.crs() if zones else QgsCoordinateReferenceSystem()
        sink, name = self.parameterAsSink(parameters, RESULTS, context, fields, kind, crs)
        if sink is None:
            return None
        for key in dict.fromkeys(row["key"] or "" for row in rows):
            mine = {(row["measure"] or "", row["unit"] or ""): row for row in rows if (row["key"] or "") == key}
            feature = QgsFeature(fields)
            values = [mine[each]["value"] if each in mine else None for each in measures]
            feature.setAttributes([key, *values, "; ".join(row["text"] for row in mine.values() if row["text"])])
            if key in shapes:
                feature.setGeometry(shapes[key])
            if not sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert):
                raise QgsProcessingException(tr("The values could not be written: {0}").format(sink.lastError()))
        return name

    @staticmethod
    def _shapes(zones: QgsVectorLayer, column: str) -> dict[str, QgsGeometry]:
        """Polygons by the key of their row: the value of a column, or their number, those without a shape left out."""
        found: dict[str, list[QgsGeometry]] = {}
        number = 0
        for feature in zones.getFeatures():
            geometry = feature.geometry()
            if geometry.isNull() or geometry.isEmpty():
                continue
            number += 1
            key = str(feature[column]) if column else str(number)
            found.setdefault(key, []).append(geometry)
        shapes = {key: QgsGeometry.unaryUnion(each) for key, each in found.items()}
        for shape in shapes.values():
            shape.convertToMultiType()
        return shapes


class QueryAlgorithm(AskAlgorithm):
    """A question as data (JSON) in place of words: for models, scripts and other programs."""

    def name(self) -> str:
        """Identifier."""
        return "query"

    def displayName(self) -> str:  # noqa: N802 (QGIS's name)
        """Name in the toolbox."""
        return tr("Measure a query on images")

    def shortHelpString(self) -> str:  # noqa: N802 (QGIS's name)
        """Help beside the form."""
        return tr(
            "Measures what a query means: areas, shares, counts, distances and changes of classes, of their parts of a "
            "size, near other ground, inside polygons, by polygon, date or class. The query is JSON; the panel keeps "
            "that of every question in its run (table run, column query)."
        )

    def add_question(self) -> None:
        """Add what is asked."""
        self.addParameter(QgsProcessingParameterString(QUERY, tr("Query (JSON)"), multiLine=True))

    def question_fields(self, parameters: dict, context: QgsProcessingContext) -> dict[str, Any]:
        """See `AskAlgorithm`."""
        text = self.parameterAsString(parameters, QUERY, context)
        try:
            query = json.loads(text)
        except ValueError as error:
            raise QgsProcessingException(tr("The query is no JSON: {0}").format(error)) from error
        if not isinstance(query, dict):
            raise QgsProcessingException(tr("The query is no JSON: {0}").format(text[:80]))
        return {"question": text[: question_limit()], "query": query}
