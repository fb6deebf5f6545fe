"""What the algorithms share: layers in, masks out."""

from __future__ import annotations

import tempfile
import uuid
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsFeature,
    QgsFeatureSink,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSink,
    QgsRasterLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QIcon

from ..i18n import PLUGIN_ROOT, tr
from ..layers.area import crs_text
from ..layers.choice import choice_of

AREA, OUTPUT, MASKS_FILE = "AREA", "OUTPUT", "GEOPACKAGE"


class Algorithm(QgsProcessingAlgorithm):
    """A TerraScope algorithm. Subclasses say their name and what they do."""

    def createInstance(self) -> QgsProcessingAlgorithm:  # noqa: N802 (QGIS's name)
        """Another one of the same kind."""
        return type(self)()

    def icon(self) -> QIcon:
        """The plugin's icon."""
        return QIcon(str(PLUGIN_ROOT / "resources" / "icons" / "terrascope.svg"))

    def add_area(self) -> None:
        """Add the optional extent."""
        self.addParameter(QgsProcessingParameterExtent(AREA, tr("Area (all of the images if empty)"), optional=True))

    def add_masks_output(self, title: str) -> None:
        """Add the polygon sink."""
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                OUTPUT, title, QgsProcessing.SourceType.TypeVectorPolygon, optional=True, createByDefault=True
            )
        )

    def layer_objects(self, layers: list[QgsRasterLayer]) -> list[dict[str, Any]]:
        """Return the protocol's layers.

        Raises
        ------
        QgsProcessingException
            If there is none, or one is no file.
        """
        if not layers:
            raise QgsProcessingException(tr("Give at least one raster layer."))
        result = []
        for layer in layers:
            choice = choice_of(layer)
            if choice.needs_export:
                raise QgsProcessingException(
                    tr('Layer "{0}" is not a file. Save it as a GeoTIFF first (Layer > Save As).').format(layer.name())
                )
            result.append(choice.to_message())
        return result

    def area_object(self, parameters: dict, context: QgsProcessingContext) -> dict[str, Any] | None:
        """Return the protocol's area, None for everything."""
        if not parameters.get(AREA):
            return None
        extent = self.parameterAsExtent(parameters, AREA, context)
        if extent.isEmpty():
            return None
        crs = self.parameterAsExtentCrs(parameters, AREA, context)
        return {
            "bbox": [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()],
            "crs": crs_text(crs),
        }

    def new_file(self) -> str:
        """Return the name of a GeoPackage for a run in the temporary folder."""
        folder = Path(tempfile.gettempdir()) / "terrascope-reasoning"
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder / f"{uuid.uuid4().hex}.gpkg")

    def copy_masks(
        self, gpkg: str, parameters: dict, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> str | None:
        """Copy the masks of a run into the sink; return its id, None where none is wanted."""
        source = QgsVectorLayer(f"{gpkg}|layername=masks", "masks", "ogr")
        if not source.isValid():
            raise QgsProcessingException(tr('The masks in "{0}" cannot be read.').format(gpkg))
        sink, name = self.parameterAsSink(
            parameters, OUTPUT, context, source.fields(), QgsWkbTypes.MultiPolygon, source.crs()
        )
        if sink is None:
            return None
        for feature in source.getFeatures():
            if feedback.isCanceled():
                break
            sink.addFeature(QgsFeature(feature), QgsFeatureSink.Flag.FastInsert)
        return name


def follow(feedback: QgsProcessingFeedback):
    """Return a function that shows a job's messages as progress."""
    texts: dict[int, str] = {}

    def hear(message: dict) -> None:
        kind = message["type"]
        if kind == "progress":
            feedback.setProgress(100 * message["fraction"])
            if message.get("message"):
                feedback.pushInfo(message["message"])
        elif kind == "loading":
            feedback.setProgressText(tr("Loading the model…"))
        elif kind == "scene":
            feedback.setProgress(10)
            for note in [*message.get("notes", []), *message.get("warnings", [])]:
                feedback.pushInfo(str(note))
        elif kind == "text":
            texts[message["step"]] = texts.get(message["step"], "") + message["text"]
        elif kind == "mask":
            share = message["measurements"].get("share")
            feedback.pushInfo(
                f"{message['step']}. {message['label']}: {share:.1%}" if isinstance(share, float) else message["label"]
            )
            feedback.setProgress(min(90, 10 + 20 * message["step"]))
        elif kind == "claim":
            feedback.pushInfo(f"[{message['verdict']}] {message['text']}")
        elif kind == "end":
            for warning in message.get("warnings", []):
                feedback.pushWarning(str(warning))

    return hear
