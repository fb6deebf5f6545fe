"""QGIS styles of the result tables, made from the class colours. `python scripts/generate.py` writes the shipped file.

The style of `masks` is categorised by label. The shipped file holds every class; a result file holds those that it has,
so that its legend is short. Labels without a category take the colour in the column `colour`. The largest part of each
mask carries the class name and the area of the whole mask.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import quoteattr  # nosec B406

from terrascope.landcover import COLOURS
from terrascope.units.table import area_expression

#: What stands on the map beside a mask: its class and area in a unit that suits its size, or its share.
LABEL_EXPRESSION = (
    '"label" || \'\\n\' || CASE WHEN "mask_area_m2" IS NOT NULL THEN '
    + area_expression('"mask_area_m2"')
    + " ELSE format_number(100 * coalesce(\"mask_share\", 0), 1) || ' %' END"
)


def _rgba(colour: str, alpha: int) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{alpha}"


def _symbol(name: str, colour: str, from_column: bool = False) -> str:
    properties = ""
    if from_column:
        properties = "".join(
            f'<Option name="{key}" type="Map"><Option name="active" type="bool" value="true"/>'
            f'<Option name="expression" type="QString" value={quoteattr(expression)}/>'
            '<Option name="type" type="int" value="3"/></Option>'
            for key, expression in (
                ("fillColor", "set_color_part(\"colour\", 'alpha', 110)"),
                ("outlineColor", '"colour"'),
            )
        )
        properties = f'<Option name="properties" type="Map">{properties}</Option>'
    return (
        f'<symbol name="{name}" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">'
        '<layer class="SimpleFill" enabled="1" locked="0" pass="0"><Option type="Map">'
        f'<Option name="color" type="QString" value="{_rgba(colour, 110)}"/>'
        f'<Option name="outline_color" type="QString" value="{_rgba(_darker(colour), 255)}"/>'
        '<Option name="outline_style" type="QString" value="solid"/>'
        '<Option name="outline_width" type="QString" value="0.4"/>'
        '<Option name="outline_width_unit" type="QString" value="MM"/>'
        '<Option name="joinstyle" type="QString" value="miter"/>'
        '<Option name="style" type="QString" value="solid"/></Option>'
        '<data_defined_properties><Option type="Map"><Option name="name" type="QString" value=""/>'
        f'{properties}<Option name="type" type="QString" value="collection"/></Option></data_defined_properties>'
        "</layer></symbol>"
    )


def _darker(colour: str) -> str:
    return "#" + "".join(f"{int(int(colour[i : i + 2], 16) * 0.7):02x}" for i in (1, 3, 5))


def masks_qml(colours: Mapping[str, str] = COLOURS) -> str:
    """Return the QML of the table `masks`, with a category for each label of `colours`, and one for all others."""
    names = [*colours]
    categories = "".join(
        f'<category render="true" symbol="{number}" value={quoteattr(name)} label={quoteattr(name)}/>'
        for number, name in enumerate(names)
    )
    categories += f'<category render="true" symbol="{len(names)}" value="" label="other"/>'
    symbols = "".join(_symbol(str(number), colours[name]) for number, name in enumerate(names))
    symbols += _symbol(str(len(names)), COLOURS["other"], from_column=True)
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
        '<qgis version="3.22.0" styleCategories="Symbology|Labeling|MapTips" labelsEnabled="1">'
        '<renderer-v2 type="categorizedSymbol" attr="label" enableorderby="1" forceraster="0" symbollevels="0">'
        f"<categories>{categories}</categories><symbols>{symbols}</symbols>"
        '<orderby><orderByClause asc="0" nullsFirst="0">"mask_area_m2"</orderByClause></orderby></renderer-v2>'
        '<labeling type="simple"><settings calloutType="simple">'
        f'<text-style fieldName={quoteattr(LABEL_EXPRESSION)} isExpression="1" fontSize="9" fontSizeUnit="Point"'
        ' fontWeight="75" namedStyle="Bold" textColor="20,20,20,255" textOpacity="1" multilineHeight="1">'
        '<text-buffer bufferDraw="1" bufferSize="0.9" bufferSizeUnits="MM" bufferColor="255,255,255,230"'
        ' bufferOpacity="1"/></text-style>'
        '<placement placement="1" placementFlags="10" centroidInside="1" priority="5"/>'
        '<rendering obstacle="0" drawLabels="1" displayAll="0" fontMinPixelSize="3"/>'
        '<dd_properties><Option type="Map"><Option name="name" type="QString" value=""/>'
        '<Option name="properties" type="Map"><Option name="Show" type="Map">'
        '<Option name="active" type="bool" value="true"/>'
        '<Option name="expression" type="QString" value="&quot;part&quot; = 1"/>'
        '<Option name="type" type="int" value="3"/></Option></Option>'
        '<Option name="type" type="QString" value="collection"/></Option></dd_properties>'
        "</settings></labeling>"
        '<mapTip>&lt;b&gt;[% "label" %]&lt;/b&gt; [% coalesce("date_text", \'\') %]&lt;br/&gt;step [% "step" %], '
        'part [% "part" %]: [% format_number(coalesce("area_m2", "pixels"), 0) %] '
        "[% if(\"area_m2\" IS NULL, 'px', 'm²') %]</mapTip>"
        "</qgis>\n"
    )
