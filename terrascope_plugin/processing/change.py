"""terrascope:change"""

from __future__ import annotations

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from ..i18n import tr
from .base import OUTPUT, Algorithm, follow
from .client import run_job

_KINDS = ("gain", "loss", "persistent")


class ChangeAlgorithm(Algorithm):
    """What a phrase names, before and after: gain, loss and what stayed."""

    def name(self) -> str:
        """Identifier."""
        return "change"

    def displayName(self) -> str:  # noqa: N802 (QGIS's name)
        """Name in the toolbox."""
        return tr("Measure change between two dates")

    def shortHelpString(self) -> str:  # noqa: N802 (QGIS's name)
        """Help beside the form."""
        return tr("Marks what a phrase names in an earlier and a later image, and measures gain, loss and what stayed.")

    def initAlgorithm(self, _configuration: dict | None = None) -> None:  # noqa: N802 (QGIS's name)
        """Parameters and outputs."""
        self.addParameter(QgsProcessingParameterRasterLayer("BEFORE", tr("Earlier image")))
        self.addParameter(QgsProcessingParameterRasterLayer("AFTER", tr("Later image")))
        self.addParameter(QgsProcessingParameterString("PHRASE", tr("What to compare"), "water"))
        self.add_area()
        self.add_known()
        self.add_masks_output(tr("Masks"))
        for kind, title in zip(_KINDS, (tr("Gain"), tr("Loss"), tr("Unchanged"))):
            self.addOutput(QgsProcessingOutputNumber(f"{kind.upper()}_M2", tr("{0} (m²)").format(title)))

    def processAlgorithm(  # noqa: N802 (QGIS's name)
        self, parameters: dict, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict:
        """Compare."""
        out = self.new_file()
        layers = [self.image(parameters, name, context) for name in ("BEFORE", "AFTER")]
        layers = self.with_known(layers, parameters, context)
        phrase = self.parameterAsString(parameters, "PHRASE", context)
        request = {"type": "change", "phrase": phrase, "layers": layers, "out": out}
        request.update(self.network_object())
        area = self.area_object(parameters, context)
        if area is not None:
            request["area"] = area
        result = run_job(request, feedback, follow(feedback))
        if result["type"] == "end":
            return {}
        value = result["value"]
        outputs = {OUTPUT: self.copy_masks(value.get("gpkg") or out, parameters, context, feedback)}
        for kind in _KINDS:
            outputs[f"{kind.upper()}_M2"] = (value.get(kind) or {}).get("area_m2")
        return outputs
