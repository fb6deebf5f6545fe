"""How a mask looks on the map: one stable colour a class, an outline, a label with the area."""

from __future__ import annotations

from qgis.core import (
    QgsFillSymbol,
    QgsPalLayerSettings,
    QgsSingleSymbolRenderer,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QColor

from .. import units

#: The whole mask's area, as in the panel, at its largest part; pixels where the mask has no CRS.
LABEL = (
    "CASE WHEN \"part\" <> 1 THEN ''"
    ' WHEN "mask_area_m2" IS NULL THEN format_number(sum("pixels"), 0) || \' px\''
    f" ELSE {units.area_label()} END"
)
#: Under the mouse: the class. Without a template of its own QGIS renders the text of a column as HTML there.
MAP_TIP = "[% replace(replace(\"label\", '&', '&amp;'), '<', '&lt;') %]"


def warm_up() -> None:
    """Have QGIS load what labels need: the first time it takes 40 ms, which nobody should wait for in mid-question."""
    QgsPalLayerSettings()


def symbol_of(colour: str) -> QgsFillSymbol:
    """Return a mask's symbol: a see-through fill and an outline."""
    outline = QColor(colour).darker(150)
    fill = QColor(colour)
    fill.setAlpha(120)
    properties = {
        "color": _rgba(fill),
        "outline_color": _rgba(outline),
        "outline_width": "0.26",
        "outline_width_unit": "MM",
        "joinstyle": "round",
    }
    return QgsFillSymbol.createSimple(properties)


def apply_style(layer: QgsVectorLayer, colour: str, *, labels: bool = True) -> None:
    """Give a mask layer its symbol and labels."""
    layer.setRenderer(QgsSingleSymbolRenderer(symbol_of(colour)))
    if not labels:
        return
    settings = QgsPalLayerSettings()
    settings.fieldName = LABEL
    settings.isExpression = True
    settings.fitInPolygonOnly = True
    text, buffer = QgsTextFormat(), QgsTextBufferSettings()
    text.setSize(8.5)
    text.setColor(QColor("#1a1a1a"))
    buffer.setEnabled(True)
    buffer.setSize(0.9)
    buffer.setColor(QColor("#ffffff"))
    text.setBuffer(buffer)
    settings.setFormat(text)
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)


def _rgba(colour: QColor) -> str:
    return f"{colour.red()},{colour.green()},{colour.blue()},{colour.alpha()}"
