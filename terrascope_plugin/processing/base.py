"""What the algorithms share: layers in, masks out."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureSink,
    QgsFields,
    QgsProcessing,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterString,
    QgsRasterLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QIcon

from .. import temporary
from ..backend_process.messages import question_limit
from ..i18n import PLUGIN_ROOT, tr
from ..layers.area import crs_text
from ..layers.choice import choice_of, with_settings
from ..settings import Settings
from .style import colour_on_map

AREA, OUTPUT, MASKS_FILE, KNOWN = "AREA", "OUTPUT", "GEOPACKAGE", "KNOWN"


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

    def add_known(self) -> None:
        """Add what is known of the images, for where the backend asks."""
        self.addParameter(
            QgsProcessingParameterString(
                KNOWN, tr("Known of the images (offset=-1000 date_order=mdy ...)"), optional=True
            )
        )

    def with_known(
        self, layers: list[dict[str, Any]], parameters: dict, context: QgsProcessingContext
    ) -> list[dict[str, Any]]:
        """Return the protocol's layers with what the parameter says of all of them.

        Raises
        ------
        QgsProcessingException
            If it cannot be read.
        """
        text = self.parameterAsString(parameters, KNOWN, context)
        try:
            return [with_settings(layer, text) for layer in layers]
        except ValueError as error:
            raise QgsProcessingException(
                tr('"{0}" in {1} is not understood. Write NAME=VALUE, such as offset=-1000.').format(error, KNOWN)
            ) from None

    def add_masks_output(self, title: str) -> None:
        """Add the polygon sink."""
        self.addParameter(
            QgsProcessingParameterFeatureSink(
                OUTPUT, title, QgsProcessing.SourceType.TypeVectorPolygon, optional=True, createByDefault=True
            )
        )

    def checkParameterValues(  # noqa: N802 (QGIS's name)
        self, parameters: dict, context: QgsProcessingContext
    ) -> tuple[bool, str]:
        """Say what is wrong before anything starts, by its name and value."""
        for name in ("QUESTION", "PHRASE"):
            definition = self.parameterDefinition(name)
            text = self.parameterAsString(parameters, name, context) if definition is not None else ""
            if definition is not None and not text.strip():
                return False, tr('"{0}" is empty. Write what the images are to be asked.').format(
                    definition.description()
                )
            if len(text) > question_limit():
                return False, tr('"{0}" has {1} characters; {2} are the most. Shorten it.').format(
                    definition.description(), len(text), question_limit()
                )
        layers_only = {name: _without_products(value) for name, value in parameters.items()}
        for definition in self.parameterDefinitions():
            value = layers_only.get(definition.name())
            if value and not definition.checkValueIsAcceptable(value, context):
                shown = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
                return False, tr('"{0}" cannot be used for "{1}": is the path right, and can QGIS open it?').format(
                    shown, definition.description()
                )
        if any(parameters.get(name) and not value for name, value in layers_only.items()):
            return True, ""  # QGIS does not know folders and archives of products as layers; all else was looked at
        return super().checkParameterValues(layers_only, context)

    def network_object(self) -> dict[str, str]:
        """Return the protocol's model as the settings have it; empty: the backend chooses."""
        network = Settings.load().network
        return {} if network in ("", "auto") else {"network": network}

    def image_list(self, parameters: dict, name: str, context: QgsProcessingContext) -> list[dict[str, Any]]:
        """Return the protocol's layers of a parameter that takes several rasters.

        Raises
        ------
        QgsProcessingException
            If there is none, or one cannot be opened or is no file.
        """
        given = parameters.get(name)
        listed = given if isinstance(given, (list, tuple)) else str(given or "").split(";")
        products = [str(each).strip() for each in listed if _is_product(each)]
        if products and len(products) == len(listed):
            return [{"path": each} for each in products]
        wanted = [each for each in listed if not _is_product(each)]
        layers = self.parameterAsLayerList({**parameters, name: wanted}, name, context)
        if len(layers) < len(wanted) or not all(isinstance(layer, QgsRasterLayer) for layer in layers):
            opened = {layer.source() for layer in layers} | {layer.id() for layer in layers}
            lost = [str(each) for each in wanted if isinstance(each, str) and each.strip() not in opened]
            raise QgsProcessingException(
                tr('"{0}" cannot be opened as a raster.').format('", "'.join(lost) or self.displayName())
            )
        if not layers:
            raise QgsProcessingException(tr("Give at least one raster layer."))
        return [{"path": each} for each in products] + [_layer_object(layer) for layer in layers]

    def image(self, parameters: dict, name: str, context: QgsProcessingContext) -> dict[str, Any]:
        """Return the protocol's layer of a parameter that takes one raster. Raises QgsProcessingException."""
        layer = self.parameterAsRasterLayer(parameters, name, context)
        if layer is None:
            raise QgsProcessingException(self.invalidRasterError(parameters, name))
        return _layer_object(layer)

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
        """Return the name of a GeoPackage whose masks are copied out of it; it is gone with this process."""
        return str(temporary.folder() / f"{uuid.uuid4().hex}.gpkg")

    def copy_masks(
        self, gpkg: str, parameters: dict, context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> str | None:
        """Copy the masks of a run into the sink; return its id, None where none is wanted."""
        options = QgsVectorLayer.LayerOptions(context.transformContext())
        options.loadDefaultStyle = False
        source = QgsVectorLayer(f"{gpkg}|layername=masks", "masks", "ogr", options)
        if not source.isValid():
            raise QgsProcessingException(tr('The masks in "{0}" cannot be read.').format(gpkg))
        fields, places = QgsFields(), []
        for place, field in enumerate(source.fields()):
            if field.name().lower() != "fid":  # each file numbers its own rows
                fields.append(field)
                places.append(place)
        crs = source.crs()
        if "undefined" in crs.description().lower():  # the GeoPackage's way to say that there is no CRS
            crs = QgsCoordinateReferenceSystem()
        sink, name = self.parameterAsSink(parameters, OUTPUT, context, fields, QgsWkbTypes.MultiPolygon, crs)
        if sink is None:
            return None
        for feature in source.getFeatures():
            if feedback.isCanceled():
                break
            copy = QgsFeature(fields)
            copy.setGeometry(feature.geometry())
            copy.setAttributes([feature.attribute(place) for place in places])
            if not sink.addFeature(copy, QgsFeatureSink.Flag.FastInsert):
                raise QgsProcessingException(tr("The masks could not be written: {0}").format(sink.lastError()))
        colour_on_map(name, context)
        return name


#: Files that stand for a product of several rasters; the backend reads them, QGIS cannot.
_PRODUCT_ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".json", "_mtl.txt", "_mtl.xml", "mtd_msil1c.xml",
                    "mtd_msil2a.xml")  # fmt: skip


def _is_product(value: Any) -> bool:
    """Say whether a value is the path of a product's folder, archive, metadata file or STAC item."""
    if not isinstance(value, str) or not value.strip():
        return False
    path = Path(value.strip())
    try:
        return path.is_dir() or (path.is_file() and path.name.lower().endswith(_PRODUCT_ENDINGS))
    except (OSError, ValueError):
        return False


def _without_products(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [each for each in value if not _is_product(each)]
    return value


def _layer_object(layer: QgsRasterLayer) -> dict[str, Any]:
    choice = choice_of(layer)
    if choice.needs_export:
        raise QgsProcessingException(
            tr('Layer "{0}" is not a file. Save it as a GeoTIFF first (Layer > Save As).').format(layer.name())
        )
    return choice.to_message()


def follow(feedback: QgsProcessingFeedback) -> Callable[[dict], None]:
    """Return a function that shows a job's messages as progress: reading to 10 %, each mask a step, the end 100 %."""
    reached = 0.0

    def advance(percent: float) -> None:
        nonlocal reached
        reached = max(reached, percent)
        feedback.setProgress(reached)

    def hear(message: dict) -> None:
        kind = message["type"]
        if kind == "progress":
            advance(10 * message["fraction"])
            if message.get("message"):
                feedback.pushInfo(message["message"])
        elif kind == "loading":
            feedback.setProgressText(tr("Loading the model…"))
        elif kind == "scene":
            advance(10)
            for note in [*message.get("notes", []), *message.get("warnings", [])]:
                feedback.pushInfo(str(note))
        elif kind == "mask":
            advance(min(90, 10 + 20 * message["step"]))
            feedback.pushInfo(_mask_line(message))
        elif kind == "claim":
            feedback.pushInfo(f"[{message['verdict']}] {message['text']}")
        elif kind in ("end", "result"):
            for warning in (message.get("value") or message).get("warnings") or []:
                feedback.pushWarning(str(warning))
            if message.get("reason") != "cancelled":
                advance(100)

    return hear


def _mask_line(message: dict) -> str:
    share = message["measurements"].get("share")
    size = f": {share:.1%}" if isinstance(share, float) else ""
    return f"{message['step']}. {message['label']}{size}"
