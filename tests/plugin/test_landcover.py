"""Classes have a name in each language of the table, and the colours of the table."""

from __future__ import annotations

from terrascope_plugin import i18n, landcover
from terrascope_plugin.layers import palette


def test_every_class_has_a_german_name(application):
    translator = i18n.install_translator("de")
    try:
        assert landcover.class_name("built-up area") == "Siedlungsfläche"
        assert landcover.class_name("trees lost") == "Bäume verloren"
        assert landcover.class_name("flooded") == "überflutet"
        names = {landcover.class_name(label) for label in landcover.classes()}
        assert len(names) == len(landcover.classes()) and names.isdisjoint(landcover.classes())
    finally:
        application.removeTranslator(translator)
        i18n.install_translator("en")
    assert landcover.class_name("cropland") == "cropland"
    assert landcover.class_name("Ferris wheel") == "Ferris wheel"


def test_a_part_has_the_name_of_its_class(application):
    assert landcover.class_name("tree", "de") == landcover.class_name("trees", "de") == "Bäume"
    assert landcover.class_name("trees", "zh") == "树木"


def test_a_colour_that_was_kept_for_a_part_is_that_of_its_class():
    assert palette.parse('{"tree": "#123456", "water": "blue"}') == {"trees": "#123456"}
