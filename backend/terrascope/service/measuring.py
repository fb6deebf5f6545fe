"""Measure masks that come from anywhere, without any model: a raster, a result of ours, or polygons."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.errors import TerraScopeError, TraceError
from terrascope.scene.types import Affine6, Grid
from terrascope.service.polygons import area_and_perimeter, overlaps, read_polygons, split_part
from terrascope.trace.geopackage import grid_of, read_trace
from terrascope.trace.jsonable import jsonable
from terrascope.trace.types import all_masks
from terrascope.units import area_text

#: More values than this in a raster, and it is no class map.
MAX_CLASSES = 64
_LISTED = 8
_OVERLAP_M2 = 0.01  # below, two polygons share a border that was rounded
_VECTORS = {".gpkg", ".geojson", ".json", ".shp", ".fgb", ".kml", ".gml", ".parquet"}


@dataclass(frozen=True)
class Measured:
    """Measurements of a file.

    Attributes
    ----------
    masks
        One measurement each, with a `label`, as JSON data.
    notes
        What was left out, repaired or counted once, as sentences.
    total_area_m2
        Ground that the masks cover together, overlaps counted once; None where areas are not known.
    """

    masks: list[dict[str, object]]
    notes: tuple[str, ...] = ()
    total_area_m2: float | None = None


def measure_file(path: str | os.PathLike[str]) -> list[dict[str, object]]:
    """Return the masks of `measured`."""
    return measured(path).masks


def measured(path: str | os.PathLike[str]) -> Measured:
    """Measure every mask of a file: each class value of a raster, each mask of a result GeoPackage, or each polygon
    feature. ``FILE|layername=NAME`` and ``FILE|band=NUMBER`` choose one of several.

    Of a raster the nodata value is left out, and 0 too unless it declares another nodata value.

    Raises
    ------
    TerraScopeError
        If it cannot be read, holds no mask, or several layers or bands of which none is chosen.
    """
    target, part = split_part(path)
    if target.suffix.lower() not in _VECTORS:
        return _measure_raster(target, part.get("band"))
    if target.suffix.lower() == ".gpkg" and not part:
        try:
            return _measure_result(target)
        except TraceError:
            if not target.is_file():
                raise
    return _measure_polygons(path)


def _measure_raster(path: Path, band: str | None) -> Measured:
    from rasterio.errors import RasterioError

    from terrascope.masks import measure
    from terrascope.scene.raster import environment, opened

    try:
        with environment(), opened(str(path)) as file:
            number = _band(file, path, band)
            values, valid = _read(file, number)
            background = file.nodatavals[number - 1] in (None, 0)
            a, b, c, d, e, f = tuple(file.transform)[:6]
            grid = Grid(file.width, file.height, Affine6(a, b, c, d, e, f), file.crs.to_wkt() if file.crs else None)
    except RasterioError as error:
        raise TerraScopeError(f"{path} cannot be read as a mask: {error}.", "Give a raster or vector file.") from error
    classes, has_zero = _classes(values, valid)
    if not background and has_zero:
        classes = sorted([*classes, 0])
    if not classes:
        raise TerraScopeError(f"{path} holds no mask: every pixel is 0 or nodata.", "Check the file.")
    if len(classes) > MAX_CLASSES:
        raise TerraScopeError(
            f"{path} holds more than {MAX_CLASSES} different values: it is an image, not a mask.",
            f"Give a raster of at most {MAX_CLASSES} class values.",
        )
    masks = [
        _entry(f"{value:g}", measure(_class_mask(values, valid, value), valid, grid).to_dict()) for value in classes
    ]
    note = "Value 0 is taken as background and left out; if it is a class, declare another nodata value (255)."
    return Measured(masks, (note,) if background and has_zero else (), _sum(masks))


def _sum(masks: list[dict[str, object]]) -> float | None:
    """Areas of masks that exclude each other, added up; None where one is not known."""
    areas = [each.get("area_m2") for each in masks]
    known = [float(area) for area in areas if isinstance(area, (int, float))]
    return sum(known) if known and len(known) == len(areas) else None


def _band(file: Any, path: Path, band: str | None) -> int:
    """The 1-based band that is measured: the one that is named, or the only one beside alpha."""
    able = [i for i, colour in zip(file.indexes, file.colorinterp) if colour.name != "alpha"] or [1]
    if band is not None:
        if not band.isdigit() or int(band) not in file.indexes:
            raise TerraScopeError(f"{path} has no band {band!r}.", f"Name one from 1 to {file.count}.")
        return int(band)
    if len(able) > 1:
        listed = ", ".join(f"{i} {file.descriptions[i - 1] or ''}".strip() for i in able[:_LISTED])
        raise TerraScopeError(
            f"{path} holds {len(able)} bands ({listed}): an image is not a mask, and of several masks one is measured.",
            f"Name the one with the classes: {path}|band={able[0]}",
        )
    return int(able[0])


def _read(file: Any, band: int) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Values and validity of a band, [H, W], strip by strip. A nodata value of 0 is the mask's background,
    which is part of the image all the same."""
    values = large.empty((file.height, file.width), file.dtypes[band - 1])
    valid = large.empty((file.height, file.width), np.bool_)
    for rows in large.strips(values.shape):
        window = ((rows.start, rows.stop), (0, file.width))
        values[rows] = file.read(band, window=window)
        valid[rows] = True if file.nodatavals[band - 1] == 0 else file.read_masks(band, window=window) > 0
        large.release(values, valid)
    return values, valid


def _classes(values: NDArray[Any], valid: NDArray[np.bool_]) -> tuple[list[Any], bool]:
    """The values of the valid pixels but 0, in order (of very many, some), and whether 0 is one of them."""
    found: set[Any] = set()
    for rows in large.strips(values.shape):
        found.update(np.unique(values[rows][valid[rows]]).tolist())
        large.release(values, valid)
        if len(found) > MAX_CLASSES + 1:
            break
    return sorted(found - {0}), 0 in found


def _class_mask(values: NDArray[Any], valid: NDArray[np.bool_], value: Any) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = large.empty(values.shape, np.bool_)
    for rows in large.strips(values.shape):
        mask[rows] = (values[rows] == value) & valid[rows]
        large.release(values, valid, mask)
    return mask


def _measure_result(path: Path) -> Measured:
    from terrascope.masks import measure

    trace = read_trace(path)
    grid = grid_of(trace.grid)
    found: list[dict[str, object]] = []
    together: NDArray[np.bool_] | None = None
    for step in trace.steps:
        for label, rle, measurements, derived in all_masks(step):
            mask = rle.decode()
            together = mask.copy() if together is None else np.logical_or(together, mask, out=together)
            again = measure(mask, np.ones_like(mask), grid).to_dict()
            # The share is of the image's valid pixels, which only the run knew.
            kept = {key: measurements[key] for key in ("share", "valid_pixels") if key in measurements}
            found.append(_entry(label, {**again, **kept, "step": step.number, "date": step.date, "derived": derived}))
    if not found:
        raise TerraScopeError(f"{path} holds no mask.", "The run ended before its first mask.")
    total = None if together is None else measure(together, np.ones_like(together), grid).to_dict().get("area_m2")
    return Measured(found, (), float(total) if isinstance(total, (int, float)) else None)


def _measure_polygons(path: str | os.PathLike[str]) -> Measured:
    import geopandas

    polygons = read_polygons(path)
    shared = overlaps(polygons.geometries)
    labels = polygons.labels
    if polygons.crs is None or polygons.crs.geodetic_crs is None:
        return Measured(
            [
                _entry(label, {"area_m2": None, "area": geometry.area, "area_method": "none", "perimeter_m": None})
                for label, geometry in zip(labels, polygons.geometries)
            ],
            polygons.notes,
        )
    geod = polygons.crs.get_geod()
    on_globe = geopandas.GeoSeries(polygons.geometries, crs=polygons.crs).to_crs(polygons.crs.geodetic_crs)
    common = geopandas.GeoSeries(shared, crs=polygons.crs).to_crs(polygons.crs.geodetic_crs)
    found, total, twice = [], 0.0, 0.0
    for label, geometry, part in zip(labels, on_globe, common):
        area, perimeter = area_and_perimeter(geometry, geod)
        entry: dict[str, object] = {"area_m2": area, "area_method": "geodesic", "perimeter_m": perimeter}
        overlap = area_and_perimeter(part, geod)[0] if part is not None else 0.0
        if overlap > _OVERLAP_M2:
            entry["overlap_m2"] = overlap
            twice += overlap
        total += area - overlap
        found.append(_entry(label, entry))
    notes = list(polygons.notes)
    if twice:
        notes.append(
            f"Polygons overlap: {area_text(twice)} lies in more than one; together they cover {area_text(total)}, "
            "each place counted once."
        )
    return Measured(found, tuple(notes), total)


def _entry(label: str, measurement: dict[str, object]) -> dict[str, object]:
    plain = jsonable({"label": label, **measurement})
    assert isinstance(plain, dict)  # nosec B101
    return plain
