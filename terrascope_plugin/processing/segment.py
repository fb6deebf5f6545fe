"""terrascope:segment"""

from __future__ import annotations

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterString,
)

from ..i18n import tr
from .base import OUTPUT, Algorithm, follow
from .client import run_job


class SegmentAlgorithm(Algorithm):
    """A phrase to polygons."""

    def name(self) -> str:
        """Identifier."""
        return "segment"

    def displayName(self) -> str:  # noqa: N802 (QGIS's name)
        """Name in the toolbox."""
        return tr("Find what a phrase names")

    def shortHelpString(self) -> str:  # noqa: N802 (QGIS's name)
        """Help beside the form."""
        return tr(
            'Marks what a phrase names ("water", "the forest", "buildings") as polygons with area, share '
            "and confidence."
        )

    def initAlgorithm(self, _configuration: dict | None = None) -> None:  # noqa: N802 (QGIS's name)
        """Parameters and outputs."""
        self.addParameter(
            QgsProcessingParameterMultipleLayers("IMAGES", tr("Images"), QgsProcessing.SourceType.TypeRaster)
        )
        self.addParameter(QgsProcessingParameterString("PHRASE", tr("What to find"), "water"))
        self.add_area()
        self.add_known()
        self.add_masks_output(tr("Masks"))

    def processAlgorithm(  # noqa: N802 (QGIS's name)
        self, parameters: dict, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict:
        """Segment."""
        out = self.new_file()
        layers = self.with_known(self.image_list(parameters, "IMAGES", context), parameters, context)
        request = {
            "type": "segment",
            "phrase": self.parameterAsString(parameters, "PHRASE", context),
            "layers": layers,
            "out": out,
            **self.network_object(),
        }
        area = self.area_object(parameters, context)
        if area is not None:
            request["area"] = area
        result = run_job(request, feedback, follow(feedback))
        if result["type"] == "end":
            return {}
        return {OUTPUT: self.copy_masks(result["value"].get("gpkg") or out, parameters, context, feedback)}
