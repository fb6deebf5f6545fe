"""An area reads the same in the panel, on the map and in the answer."""

from __future__ import annotations

import pytest
from qgis.core import QgsExpression, QgsExpressionContext
from qgis.PyQt.QtCore import QLocale

from terrascope_plugin import units
from terrascope_plugin.panel import wording

AREAS = ((0, "0 m²"), (9_999, "9,999 m²"), (25_000, "2.5 ha"), (5_000_000, "500 ha"), (12_260_000, "12.26 km²"))


@pytest.fixture(autouse=True)
def english():
    before = QLocale()
    QLocale.setDefault(QLocale("en_US"))
    yield
    QLocale.setDefault(before)


@pytest.mark.parametrize(("area", "text"), AREAS)
def test_the_panel_writes_areas_as_answers_do(application, area, text):
    assert wording.area(area) == text


@pytest.mark.parametrize(("area", "text"), AREAS)
def test_the_map_writes_areas_as_answers_do(application, area, text):
    expression = QgsExpression(units.area_label().replace('"mask_area_m2"', f"{area}"))
    assert not expression.hasParserError()
    assert expression.evaluate(QgsExpressionContext()) == text, expression.evalErrorString()
