"""terrascope:measure"""

from __future__ import annotations

import json

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterRasterLayer,
)

from ..i18n import tr
from ..layers.choice import file_of
from .base import Algorithm, follow
from .client import run_job


class MeasureAlgorithm(Algorithm):
    """A mask raster measured as the masks of a run are."""

    def name(self) -> str:
        """Identifier."""
        return "measure"

    def displayName(self) -> str:  # noqa: N802 (QGIS's name)
        """Name in the toolbox."""
        return tr("Measure a mask")

    def shortHelpString(self) -> str:  # noqa: N802 (QGIS's name)
        """Help beside the form."""
        return tr(
            "Measures a raster whose pixels are 0 outside and 1 inside a mask: true area, share, parts, "
            "perimeter, place."
        )

    def initAlgorithm(self, _configuration: dict | None = None) -> None:  # noqa: N802 (QGIS's name)
        """Parameters and outputs."""
        self.addParameter(QgsProcessingParameterRasterLayer("MASK", tr("Mask")))
        self.addOutput(QgsProcessingOutputNumber("AREA_M2", tr("Area (m²)")))
        self.addOutput(QgsProcessingOutputNumber("SHARE", tr("Share (0 to 1)")))
        self.addOutput(QgsProcessingOutputString("MEASUREMENTS", tr("All measurements (JSON)")))

    def processAlgorithm(
        self, parameters: dict, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict:  # noqa: N802
        """Measure."""
        layer = self.parameterAsRasterLayer(parameters, "MASK", context)
        path = file_of(layer)
        if not path:
            raise QgsProcessingException(
                tr('Layer "{0}" is not a file. Save it as a GeoTIFF first (Layer > Save As).').format(layer.name())
            )
        result = run_job({"type": "measure", "mask": path}, feedback, follow(feedback))
        if result["type"] == "end":
            return {}
        masks = result["value"].get("masks") or [{}]
        text = json.dumps(masks, ensure_ascii=False)
        feedback.pushInfo(json.dumps(masks, ensure_ascii=False, indent=1))
        return {"AREA_M2": masks[0].get("area_m2"), "SHARE": masks[0].get("share"), "MEASUREMENTS": text}
