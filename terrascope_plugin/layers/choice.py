"""A raster of the project as the model will get it: file, kind of sensor, date, bands, and what to warn about."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qgis.core import Qgis, QgsCsException, QgsDistanceArea, QgsPointXY, QgsProject, QgsProviderRegistry, QgsRasterLayer

from ..i18n import tr

PROPERTY = "terrascope"  # custom properties terrascope/role, terrascope/date, terrascope/bands ...: kept in the project
#: What a user may say of a layer beside role, date and bands: text fields of the protocol's layer.
SETTINGS = ("scale", "offset", "nodata", "date_order", "alpha", "align")
_SAR_WORDS = re.compile(
    r"(?i)(?:^|[^a-z])(s1[abcd]?|sentinel-?1|sar|vv|vh|hh|hv|grd|rtc|gamma0|sigma0|alos|palsar|terrasar)(?:$|[^a-z])"
)
_DATES = (
    re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])(?!\d)"),
    re.compile(r"(?<!\d)((?:19[5-9]|20[0-4])\d)(?!\d)"),
)
BAND_NAMES = (
    "coastal",
    "blue",
    "green",
    "red",
    "rededge1",
    "rededge2",
    "rededge3",
    "nir",
    "nir08",
    "swir1",
    "swir2",
    "vv",
    "vh",
)


@dataclass
class LayerChoice:
    """One raster layer and what is known of it before anything is read.

    Attributes
    ----------
    path
        File that the backend can read; empty where the layer has to be exported first.
    role, date, bands
        "optical" or "sar"; ISO date, year, or None; band name -> 1-based number, empty: the backend recognises them.
    corrected
        Whether the user set role, date or bands (they then override what the backend recognises).
    settings
        What the user chose where the backend asked: "offset" -> "-1000".
    warnings
        Sentences shown beside the layer.
    """

    layer_id: str
    name: str
    path: str
    role: str
    date: str | None
    bands: dict[str, int]
    band_count: int
    corrected: bool
    warnings: tuple[str, ...]
    provider: str
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def needs_export(self) -> bool:
        """Whether the layer is no file and its pixels have to be saved first."""
        return not self.path

    def to_message(self, path: str = "") -> dict[str, Any]:
        """Return the protocol's layer object; `path` is the exported file where there is one."""
        result: dict[str, Any] = {"path": path or self.path, "name": self.name, **self.settings}
        if self.corrected:
            result["role"] = self.role
            if self.date:
                result["date"] = self.date
            if self.bands:
                result["bands"] = self.bands
        elif path and self.date:
            result["date"] = self.date
        return result


def file_of(layer: QgsRasterLayer) -> str:
    """Return the file behind a layer, empty where there is none (web map, virtual raster, database)."""
    if layer.providerType() != "gdal":
        return ""
    path = QgsProviderRegistry.instance().decodeUri("gdal", layer.source()).get("path") or layer.source()
    return str(Path(path)) if Path(path).is_file() else ""


def guess_role(text: str) -> str:
    """Return "sar" where a name speaks of radar, else "optical"."""
    return "sar" if _SAR_WORDS.search(text.replace("_", " ")) else "optical"


def guess_date(text: str) -> str | None:
    """Return an ISO date, or a bare year, that a name holds."""
    for pattern in _DATES:
        match = pattern.search(text)
        if match:
            return "-".join(match.groups())
    return None


def parse_bands(text: str) -> dict[str, int]:
    """Read "red=3 green=2" as kept in the project; anything else is left out."""
    pairs = (item.split("=", 1) for item in text.split() if "=" in item)
    return {name: int(number) for name, number in pairs if number.isdigit() and int(number) > 0}


def choice_of(layer: QgsRasterLayer) -> LayerChoice:
    """Describe a layer without reading pixels."""
    path = file_of(layer)
    names = " ".join(layer.bandName(band) for band in range(1, layer.bandCount() + 1))
    stem = Path(path).stem if path else ""
    stored = {key: str(layer.customProperty(f"{PROPERTY}/{key}", "") or "") for key in ("role", "date", "bands")}
    return LayerChoice(
        layer_id=layer.id(),
        name=layer.name(),
        path=path,
        role=stored["role"] or guess_role(f"{layer.name()} {stem} {names}"),
        date=stored["date"] or guess_date(layer.name()) or guess_date(stem),
        bands=parse_bands(stored["bands"]),
        band_count=layer.bandCount(),
        corrected=any(stored.values()),
        warnings=tuple(warnings_of(layer, path)),
        provider=layer.providerType(),
        settings={
            key: value for key in SETTINGS if (value := str(layer.customProperty(f"{PROPERTY}/{key}", "") or ""))
        },
    )


def warnings_of(layer: QgsRasterLayer, path: str) -> list[str]:
    """Return what a user should know before asking, in sentences."""
    found = []
    if not layer.crs().isValid():
        found.append(tr("No CRS: areas will be in pixels. Set it in Layer > Properties > Source."))
    if not path:
        found.append(tr("Not a file: its pixels in the area are saved as a GeoTIFF first."))
    if layer.providerType() == "wms":
        found.append(tr("Web layer: the picture as drawn is used, without its original bands."))
    provider = layer.dataProvider()
    if (
        provider is not None
        and layer.bandCount()
        and provider.dataType(1) in (Qgis.DataType.CFloat32, Qgis.DataType.CFloat64)
    ):
        found.append(tr("Complex radar: the amplitude is used."))
    return found


def store_correction(layer: QgsRasterLayer, role: str, date: str, bands: dict[str, int]) -> None:
    """Keep what the user corrected with the layer, in the project."""
    layer.setCustomProperty(f"{PROPERTY}/role", role)
    layer.setCustomProperty(f"{PROPERTY}/date", date)
    layer.setCustomProperty(f"{PROPERTY}/bands", " ".join(f"{name}={number}" for name, number in bands.items()))
    QgsProject.instance().setDirty(True)


def store_setting(layer: QgsRasterLayer, name: str, value: str) -> None:
    """Keep with the layer, in the project, which reading of it the user chose.

    `name` is one of `SETTINGS`, or "bands" with names in the file's order between commas.
    """
    if name == "bands":
        value = " ".join(f"{band}={number}" for band, number in bands_in_order(value).items())
    layer.setCustomProperty(f"{PROPERTY}/{name}", value)
    QgsProject.instance().setDirty(True)


def bands_in_order(names: str) -> dict[str, int]:
    """Read "red,green,blue", the names in the file's order; "-" is a band that is not used."""
    return {name.strip(): place for place, name in enumerate(names.split(","), 1) if name.strip() not in ("", "-")}


def with_settings(message: dict[str, Any], text: str) -> dict[str, Any]:
    """Return the protocol's layer with what "offset=-1000 date_order=mdy" says of it.

    Raises
    ------
    ValueError
        If a part is no NAME=VALUE, or the name is unknown; its text is that part.
    """
    known = {}
    for part in text.replace(";", " ").split():
        name, equals, value = part.partition("=")
        if not equals or not value or name not in ("role", "date", "bands", *SETTINGS):
            raise ValueError(part)
        known[name] = bands_in_order(value) if name == "bands" else value
    return {**message, **known}


def forget_correction(layer: QgsRasterLayer) -> None:
    """Go back to what is recognised."""
    for key in ("role", "date", "bands", *SETTINGS):
        layer.removeCustomProperty(f"{PROPERTY}/{key}")


def rasters(project: QgsProject) -> list[QgsRasterLayer]:
    """Return the project's usable rasters in the order of the layer tree, topmost first."""
    ordered = (node.layer() for node in project.layerTreeRoot().findLayers())
    return [layer for layer in ordered if isinstance(layer, QgsRasterLayer) and layer.isValid()]


def differing_grids(layers: list[QgsRasterLayer]) -> str:
    """Return a sentence where the layers do not share one grid, empty where they do."""
    shapes = {
        (layer.width(), layer.height(), layer.crs().authid(), layer.extent().toString(3))
        for layer in layers
        if file_of(layer)
    }
    if len(shapes) < 2:
        return ""
    return tr("The layers have different grids; they are brought to the finest one.")


def pixel_size_m(layer: QgsRasterLayer) -> float | None:
    """Return the layer's own pixel size on the ground in metres, at its middle; None without a CRS."""
    return metres_of(layer, layer.extent().center(), layer.rasterUnitsPerPixelY())


def metres_of(layer: QgsRasterLayer, place: QgsPointXY, units: float) -> float | None:
    """Return the metres on the ground of some units of the layer's CRS, northwards from a place; None without a CRS."""
    if not layer.crs().isValid():
        return None
    ruler = QgsDistanceArea()
    ruler.setSourceCrs(layer.crs(), QgsProject.instance().transformContext())
    ruler.setEllipsoid(layer.crs().ellipsoidAcronym() or "EPSG:7030")
    try:
        return ruler.measureLine(QgsPointXY(place), QgsPointXY(place.x(), place.y() + units))
    except QgsCsException:
        return None
