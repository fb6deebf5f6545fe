"""Polygons of a vector file as they are meant: one layer, valid rings, holes taken away, overlaps known."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from terrascope.errors import TerraScopeError

if TYPE_CHECKING:
    from pyproj import Geod
    from shapely.geometry.base import BaseGeometry

#: How a part of a file is named after it, as QGIS does: FILE|layername=NAME, FILE|band=2.
_PART = "|"
_LABELS = ("label", "class", "name")
_NAMED = 5  # features that a sentence names


@dataclass(frozen=True)
class Polygons:
    """Valid polygons and multipolygons, x before y.

    Attributes
    ----------
    labels
        One for each geometry: the field "label", "class" or "name", else the feature's number (1 is the first).
    crs
        A pyproj CRS, None without one.
    notes
        What was repaired or left out, as sentences.
    """

    geometries: tuple[BaseGeometry, ...]
    labels: tuple[str, ...]
    crs: Any
    notes: tuple[str, ...]


def split_part(path: str | os.PathLike[str]) -> tuple[Path, dict[str, str]]:
    """Return the file and what is chosen of it: ``data.gpkg|layername=fields`` gives {"layername": "fields"}."""
    name, *parts = str(path).split(_PART)
    if not parts or Path(path).exists():
        return Path(path), {}
    pairs = (part.partition("=") for part in parts)
    return Path(name), {key.strip().lower(): value.strip() for key, _, value in pairs}


def read_polygons(path: str | os.PathLike[str]) -> Polygons:
    """Read the polygons of a file, or of the layer that ``FILE|layername=NAME`` names.

    Raises
    ------
    TerraScopeError
        If it cannot be read, holds several layers of polygons and none is named, holds no polygon, or a feature's
        rings enclose nothing.
    """
    import geopandas
    from pyogrio.errors import DataLayerError, DataSourceError

    file, part = split_part(path)
    try:
        layer = part.get("layername") or _only_layer(file)
        frame = geopandas.read_file(file, layer=layer) if layer else geopandas.read_file(file)
    except (DataSourceError, DataLayerError, OSError, ValueError) as error:
        raise TerraScopeError(f"{path} cannot be read: {error}.", "Give a raster or a vector file.") from error
    if not isinstance(frame, geopandas.GeoDataFrame):
        raise TerraScopeError(f"{path} holds no polygon.", "Give a layer of polygons.")
    column = next((each for name in _LABELS for each in frame.columns if str(each).lower() == name), None)
    labels = frame[column].astype(str).tolist() if column is not None else [str(i) for i in range(1, len(frame) + 1)]
    kept, kept_labels, notes = _polygonal(str(path), list(frame.geometry), labels, named=column is not None)
    if not kept:
        raise TerraScopeError(f"{path} holds no polygon.", "Give a layer of polygons.")
    return Polygons(tuple(kept), tuple(kept_labels), frame.crs, tuple(notes))


def _only_layer(file: Path) -> str | None:
    """The one layer that can hold polygons; None where the file's first layer is all there is."""
    import pyogrio

    layers = [(str(name), kind) for name, kind in pyogrio.list_layers(file)]
    able = [
        name for name, kind in layers if kind is not None and not str(kind).removeprefix("2.5D ").startswith(_NO_AREA)
    ]
    if len(able) > 1:
        listed = ", ".join(able)
        raise TerraScopeError(
            f"{file} holds {len(able)} layers with polygons: {listed}.", f"Name one of them: {file}|layername={able[0]}"
        )
    return able[0] if able else None


_NO_AREA = ("Point", "MultiPoint", "LineString", "MultiLineString", "CircularString", "CompoundCurve", "MultiCurve")


def _polygonal(
    path: str, geometries: Sequence[Any], labels: Sequence[str], *, named: bool
) -> tuple[list[BaseGeometry], list[str], list[str]]:
    from shapely.validation import explain_validity, make_valid

    kept, kept_labels, repaired, others = [], [], [], 0
    for number, (geometry, label) in enumerate(zip(geometries, labels), 1):
        feature = f'feature {number} ("{label}")' if named else f"feature {number}"
        if geometry is None or geometry.is_empty or not _has_area(geometry):
            others += 1
            continue
        polygon = geometry
        if not geometry.is_valid:
            why = explain_validity(geometry)
            polygon = _areas_of(make_valid(geometry))
            if polygon is None:
                raise TerraScopeError(
                    f"The rings of {feature} of {path} enclose nothing: {why}.",
                    "Repair it (Vector > Geometry Tools > Fix Geometries) or delete it.",
                )
            repaired.append(f"{feature}: {why}")
        kept.append(_areas_of(polygon) or polygon)
        kept_labels.append(label)
    notes = []
    if repaired:
        more = f" and {len(repaired) - _NAMED} more" if len(repaired) > _NAMED else ""
        notes.append(f"Invalid polygons were repaired: {'; '.join(repaired[:_NAMED])}{more}.")
    if others:
        notes.append(f"{others} of {len(geometries)} features are no polygons and are left out.")
    return kept, kept_labels, notes


def _has_area(geometry: BaseGeometry) -> bool:
    if geometry.geom_type == "GeometryCollection":
        return any(_has_area(part) for part in geometry.geoms)  # type: ignore[attr-defined]
    return geometry.geom_type in ("Polygon", "MultiPolygon")


def _areas_of(geometry: BaseGeometry) -> BaseGeometry | None:
    """The polygons of a geometry as one polygon or multipolygon, None without any."""
    import shapely

    parts = [p for p in shapely.get_parts(_flat(geometry)) if p.geom_type == "Polygon" and p.area > 0]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _flat(geometry: BaseGeometry) -> Any:
    import shapely

    parts = shapely.get_parts(geometry)
    while any(p.geom_type not in ("Polygon", "Point", "LineString", "LinearRing") for p in parts):
        parts = shapely.get_parts(parts)
    return shapely.GeometryCollection(list(parts))


def area_and_perimeter(geometry: BaseGeometry, geod: Geod) -> tuple[float, float]:
    """Geodesic area in m2, holes taken away, and length of all rings in m, holes included.

    Rings may run either way round: GeoPackage and GEOS do not prescribe it. `geometry`: valid, in degrees, x before y.
    """
    import shapely

    area = perimeter = 0.0
    for polygon in shapely.get_parts(geometry):
        for ring, sign in [(polygon.exterior, 1.0), *((hole, -1.0) for hole in polygon.interiors)]:
            x, y = ring.coords.xy
            ring_area, length = geod.polygon_area_perimeter(x, y)
            area += sign * abs(ring_area)
            perimeter += length
    return area, perimeter


def overlaps(geometries: Sequence[BaseGeometry]) -> list[BaseGeometry | None]:
    """For each geometry the part that earlier ones cover too, None where none does."""
    import shapely

    tree = shapely.STRtree(list(geometries))
    found: list[BaseGeometry | None] = [None] * len(geometries)
    pairs = tree.query(list(geometries), predicate="intersects")
    earlier: dict[int, list[int]] = {}
    for one, other in zip(*pairs):
        if other < one:
            earlier.setdefault(int(one), []).append(int(other))
    for number, others in earlier.items():
        covered = shapely.union_all([geometries[i] for i in others])
        found[number] = _areas_of(shapely.intersection(geometries[number], covered))
    return found
