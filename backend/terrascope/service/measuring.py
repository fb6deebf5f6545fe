"""Measure masks that come from anywhere, without any model: a raster, a result of ours, or polygons."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.errors import TerraScopeError, TraceError
from terrascope.scene.types import Affine6, Grid
from terrascope.trace.geopackage import grid_of, read_trace
from terrascope.trace.jsonable import jsonable
from terrascope.trace.types import all_masks

#: More values than this in a raster, and it is no class map.
MAX_CLASSES = 64
_VECTORS = {".gpkg", ".geojson", ".json", ".shp", ".fgb", ".kml", ".gml", ".parquet"}


def measure_file(path: str | os.PathLike[str]) -> list[dict[str, object]]:
    """Measure every mask of a file: each class value of a raster (0 and nodata left out), each mask of a result
    GeoPackage, or each polygon feature.

    Returns
    -------
    list of dict
        One measurement each, with a `label`, as JSON data.

    Raises
    ------
    TerraScopeError
        If it cannot be read, or holds no mask.
    """
    target = Path(path)
    if target.suffix.lower() not in _VECTORS:
        return _measure_raster(target)
    if target.suffix.lower() == ".gpkg":
        try:
            return _measure_result(target)
        except TraceError:
            if not target.is_file():
                raise
    return _measure_polygons(target)


def _measure_raster(path: Path) -> list[dict[str, object]]:
    from rasterio.errors import RasterioError

    from terrascope.masks import measure
    from terrascope.scene.raster import environment, opened

    try:
        with environment(), opened(str(path)) as file:
            values, valid = _read(file)
            a, b, c, d, e, f = tuple(file.transform)[:6]
            grid = Grid(file.width, file.height, Affine6(a, b, c, d, e, f), file.crs.to_wkt() if file.crs else None)
    except RasterioError as error:
        raise TerraScopeError(f"{path} cannot be read as a mask: {error}.", "Give a raster or vector file.") from error
    classes = _classes(values, valid)
    if not classes:
        raise TerraScopeError(f"{path} holds no mask: every pixel is 0 or nodata.", "Check the file.")
    if len(classes) > MAX_CLASSES:
        raise TerraScopeError(
            f"{path} holds more than {MAX_CLASSES} different values: it is an image, not a mask.",
            f"Give a raster of at most {MAX_CLASSES} class values.",
        )
    return [
        _entry(f"{value:g}", measure(_class_mask(values, valid, value), valid, grid).to_dict()) for value in classes
    ]


def _read(file: Any) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Values and validity of the first band, [H, W], strip by strip. A nodata value of 0 is the mask's background,
    which is part of the image all the same."""
    values = large.empty((file.height, file.width), file.dtypes[0])
    valid = large.empty((file.height, file.width), np.bool_)
    for rows in large.strips(values.shape):
        window = ((rows.start, rows.stop), (0, file.width))
        values[rows] = file.read(1, window=window)
        valid[rows] = True if file.nodata == 0 else file.read_masks(1, window=window) > 0
        large.release(values, valid)
    return values, valid


def _classes(values: NDArray[Any], valid: NDArray[np.bool_]) -> list[Any]:
    """The values of the valid pixels but 0, in order; of very many, some."""
    found: set[Any] = set()
    for rows in large.strips(values.shape):
        found.update(np.unique(values[rows][valid[rows]]).tolist())
        large.release(values, valid)
        if len(found) > MAX_CLASSES + 1:
            break
    return sorted(found - {0})


def _class_mask(values: NDArray[Any], valid: NDArray[np.bool_], value: Any) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = large.empty(values.shape, np.bool_)
    for rows in large.strips(values.shape):
        mask[rows] = (values[rows] == value) & valid[rows]
        large.release(values, valid, mask)
    return mask


def _measure_result(path: Path) -> list[dict[str, object]]:
    from terrascope.masks import measure

    trace = read_trace(path)
    grid = grid_of(trace.grid)
    found: list[dict[str, object]] = []
    for step in trace.steps:
        for label, rle, measurements, derived in all_masks(step):
            mask = rle.decode()
            again = measure(mask, np.ones_like(mask), grid).to_dict()
            # The share is of the image's valid pixels, which only the run knew.
            kept = {key: measurements[key] for key in ("share", "valid_pixels") if key in measurements}
            found.append(_entry(label, {**again, **kept, "step": step.number, "date": step.date, "derived": derived}))
    if not found:
        raise TerraScopeError(f"{path} holds no mask.", "The run ended before its first mask.")
    return found


def _measure_polygons(path: Path) -> list[dict[str, object]]:
    import geopandas
    from pyogrio.errors import DataSourceError
    from pyproj import Geod

    try:
        frame = geopandas.read_file(path)
    except (DataSourceError, OSError, ValueError) as error:
        raise TerraScopeError(f"{path} cannot be read: {error}.", "Give a raster or a vector file.") from error
    frame = frame[frame.geometry.notna() & frame.geom_type.isin(["Polygon", "MultiPolygon"])]
    if frame.empty:
        raise TerraScopeError(f"{path} holds no polygon.", "Give a layer of polygons.")
    names = [each for each in frame.columns if each.lower() in ("label", "class", "name")]
    labels = frame[names[0]].astype(str).tolist() if names else [str(each) for each in frame.index]
    if frame.crs is None:
        return [
            _entry(label, {"area_m2": None, "area": geometry.area, "area_method": "none", "perimeter_m": None})
            for label, geometry in zip(labels, frame.geometry)
        ]
    geod: Geod = frame.crs.get_geod()
    found = []
    for label, geometry in zip(labels, frame.geometry.to_crs(frame.crs.geodetic_crs)):
        area, perimeter = geod.geometry_area_perimeter(geometry)
        found.append(_entry(label, {"area_m2": abs(area), "area_method": "geodesic", "perimeter_m": perimeter}))
    return found


def _entry(label: str, measurement: dict[str, object]) -> dict[str, object]:
    plain = jsonable({"label": label, **measurement})
    assert isinstance(plain, dict)  # nosec B101
    return plain
