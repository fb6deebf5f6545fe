"""Class colours for masks that Processing puts on the map."""

from __future__ import annotations

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsMapLayer,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingLayerPostProcessorInterface,
    QgsRendererCategory,
)
from qgis.PyQt.QtGui import QColor

from ..i18n import PLUGIN_ROOT
from ..layers.style import symbol_of

STYLE = PLUGIN_ROOT / "resources" / "styles" / "masks.qml"


class ClassColours(QgsProcessingLayerPostProcessorInterface):
    """Gives a layer of masks the shipped style."""

    def postProcessLayer(  # noqa: N802 (QGIS's name)
        self, layer: QgsMapLayer, _context: QgsProcessingContext, _feedback: QgsProcessingFeedback
    ) -> None:
        """Load the style, and add the layer's own labels to it (window's thread)."""
        layer.loadNamedStyle(str(STYLE))
        renderer = layer.renderer()
        if isinstance(renderer, QgsCategorizedSymbolRenderer):
            for feature in layer.getFeatures():
                label, colour = str(feature["label"]), str(feature["colour"])
                if renderer.categoryIndexForValue(label) < 0 and QColor(colour).isValid():
                    renderer.addCategory(QgsRendererCategory(label, symbol_of(colour), label))
        layer.triggerRepaint()


#: QGIS keeps no Python reference to a post-processor; one serves every layer.
_COLOURS = ClassColours()


def colour_on_map(identifier: str, context: QgsProcessingContext) -> None:
    """Have a layer coloured by class where it is going to be shown."""
    if context.willLoadLayerOnCompletion(identifier):
        context.layerToLoadOnCompletionDetails(identifier).setPostProcessor(_COLOURS)
