"""The common grid: which layer gives it, what part of it is asked about, how coarse it is read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
import shapely.affinity
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import geometry_mask
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from terrascope import large
from terrascope.errors import SceneError
from terrascope.scene.blocks import output_size
from terrascope.scene.layer import Layer
from terrascope.scene.placement import (
    Frame,
    apply,
    crs_name,
    footprint,
    metres_per_pixel,
    parse_crs,
    pixel_size,
    same_crs,
    transform_points,
    unwrap,
)
from terrascope.scene.request import Area
from terrascope.scene.types import Role

#: Corners of an area beyond which it is simplified to the pixel size first, and that are read at most after that.
MANY_CORNERS, MOST_CORNERS = 10_000, 300_000
_SNAP = 1e-3  # pixels; an edge this near to a pixel border is on it


@dataclass(frozen=True)
class Choice:
    """The chosen grid.

    Attributes
    ----------
    grid
        The frame that is read.
    native
        The same part at the reference layer's own pixel size.
    polygon
        In pixel coordinates of `native` (x column, y row downwards); None where no polygon bounds the view.
    notes
        What was chosen and why.
    """

    grid: Frame
    native: Frame
    reference: Layer
    polygon: BaseGeometry | None
    notes: tuple[str, ...]


def choose(layers: Sequence[Layer], area: Area | None, max_size: int, tiled: bool) -> Choice:
    """Choose the common grid.

    The reference is the optical layer with the smallest pixels that has a CRS (the first of equals; SAR if there is no
    optical layer; without any CRS the first layer). Its CRS and pixel grid are the scene's. The extent is what all
    layers share, or the area.

    Raises
    ------
    SceneError
        If layers do not overlap, cannot be placed together, or the area is not on them.
    """
    reference = _reference(layers)
    base = reference.placement.frame
    notes: list[str] = []
    if len(layers) > 1:
        notes.append(f'Grid of "{reference.name}" ({crs_name(base.crs)}), {_why(reference, layers)}.')
    notes += _assumed_places(layers, reference)
    box, shared_note = _shared(layers, reference)
    if shared_note:
        notes.append(shared_note)
    polygon = None
    box = _inward(box)
    if area is not None:
        box, polygon, note = _within(area, base, box, reference)
        notes.append(note)
    c0, r0 = math.floor(box[0] + _SNAP), math.floor(box[1] + _SNAP)
    c1, r1 = math.ceil(box[2] - _SNAP), math.ceil(box[3] - _SNAP)
    c0, r0, c1, r1 = max(0, c0), max(0, r0), min(base.width, max(c1, c0 + 1)), min(base.height, max(r1, r0 + 1))
    width, height = c1 - c0, r1 - r0
    native = base.moved(base.transform @ Affine.translation(c0, r0), width, height)
    if polygon is not None:
        polygon = shapely.affinity.translate(polygon, -c0, -r0)
    out_w, out_h = (width, height) if tiled else output_size(width, height, max_size)
    grid = base.moved(native.transform @ Affine.scale(width / out_w, height / out_h), out_w, out_h)
    return Choice(grid, native, reference, polygon, tuple(notes))


def _fineness(layer: Layer) -> float:
    metres = metres_per_pixel(layer.placement.frame)
    return math.sqrt(metres[0] * metres[1]) if metres else math.inf


def _reference(layers: Sequence[Layer]) -> Layer:
    placed = [x for x in layers if x.placement.frame.crs is not None] or list(layers)
    optical = [x for x in placed if x.role is Role.OPTICAL] or placed
    finest = min(_fineness(x) for x in optical)
    return next(x for x in optical if _fineness(x) <= finest * 1.001 or math.isinf(finest))


def _why(reference: Layer, layers: Sequence[Layer]) -> str:
    if reference.placement.frame.crs is None:
        return "the first layer, since none has a CRS"
    kind = "optical layer" if reference.role is Role.OPTICAL else "layer"
    others = [x for x in layers if x is not reference and x.role is reference.role]
    if all(abs(_fineness(x) / max(_fineness(reference), 1e-12) - 1) < 1e-3 for x in others):
        return f"the first {kind} with a CRS" if others else f"the {kind}"
    return f"the {kind} with the smallest pixels"


def _assumed_places(layers: Sequence[Layer], reference: Layer) -> list[str]:
    """Notes on layers without CRS that are taken to lie where the reference lies; error where that cannot be."""
    base, notes = reference.placement.frame, []
    for layer in layers:
        frame = layer.placement.frame
        if layer is reference or (frame.crs is not None and base.crs is not None):
            continue
        if base.crs is None and layer.placement.placed_by == reference.placement.placed_by == "transform":
            continue
        if layer.placement.placed_by == "transform" and base.crs is not None and _meets(footprint(frame, base), base):
            notes.append(f'"{layer.name}" has no CRS; its coordinates are taken as {crs_name(base.crs)}.')
        elif (frame.width, frame.height) == (base.width, base.height):
            notes.append(f'"{layer.name}" has no georeference; it is taken to cover "{reference.name}" pixel by pixel.')
        else:
            raise SceneError(
                f'"{layer.name}" ({frame.width} x {frame.height} px) has no CRS and cannot be placed on '
                f'"{reference.name}" ({base.width} x {base.height} px).',
                "Set its CRS in Layer > Properties > Source, or georeference it.",
            )
    return notes


Box = tuple[float, float, float, float]


def _meets(box: Box | None, frame: Frame) -> bool:
    return box is not None and box[0] < frame.width and box[1] < frame.height and box[2] > 0 and box[3] > 0


def _shared(layers: Sequence[Layer], reference: Layer) -> tuple[Box, str]:
    base = reference.placement.frame
    box: Box = (0.0, 0.0, float(base.width), float(base.height))
    for layer in layers:
        if layer is reference or placed_as_reference(layer, reference):
            continue
        other = footprint(layer.placement.frame, base)
        if other is None or not _meets(other, base):
            raise SceneError(
                f'"{layer.name}" and "{reference.name}" do not overlap.',
                "Choose layers of the same place, or check their CRS.",
            )
        box = (max(box[0], other[0]), max(box[1], other[1]), min(box[2], other[2]), min(box[3], other[3]))
    if box[2] - box[0] <= 0 or box[3] - box[1] <= 0:
        raise SceneError("The layers have no part that all of them cover.", "Leave out the layer that lies apart.")
    share = (box[2] - box[0]) * (box[3] - box[1]) / (base.width * base.height)
    if share > 0.999:
        return box, ""
    return box, f'Clipped to the extent that all layers share, {share:.0%} of "{reference.name}".'


def placed_as_reference(layer: Layer, reference: Layer) -> bool:
    """True where a layer without a place of its own is taken to cover the reference pixel by pixel."""
    frame, base = layer.placement.frame, reference.placement.frame
    if layer is reference or (frame.crs is not None and base.crs is not None):
        return False
    if layer.placement.placed_by == "transform" and (base.crs is None or _meets(footprint(frame, base), base)):
        return base.crs is None and reference.placement.placed_by != "transform"
    return (frame.width, frame.height) == (base.width, base.height)


def _within(area: Area, base: Frame, box: Box, reference: Layer) -> tuple[Box, BaseGeometry | None, str]:
    if area.window is not None:
        col, row, w, h = area.window
        if w <= 0 or h <= 0:
            raise SceneError(f"The pixel window {area.window} is empty.", "Give column, row, width and height above 0.")
        wanted: Box = (col, row, col + w, row + h)
        polygon, label = None, f"pixel window {col}, {row}, {w} x {h}"
    else:
        shape, label = _geometry(area, base)
        wanted = shape.bounds
        flat = shape.area >= (1 - 1e-6) * shapely.box(*wanted).area  # nothing but its own bounding box
        polygon = None if flat or (area.wkt is None and _straight(base)) else shape
    cut: Box = (max(box[0], wanted[0]), max(box[1], wanted[1]), min(box[2], wanted[2]), min(box[3], wanted[3]))
    if cut[2] - cut[0] <= _SNAP or cut[3] - cut[1] <= _SNAP:
        raise SceneError(
            f'The area ({label}) does not touch "{reference.name}" ({_extent_text(base)}).',
            "Draw it on the layers, or check its CRS.",
        )
    whole = (wanted[2] - wanted[0]) * (wanted[3] - wanted[1])
    share = (cut[2] - cut[0]) * (cut[3] - cut[1]) / whole if whole > 0 else 1.0
    outside = f", of which {share:.0%} is on the layers" if share < 0.995 else ""
    inside = "; pixels whose centre is outside it are not valid" if polygon is not None else ""
    return cut, polygon, f"Area: {label}{outside}{inside}."


def _inward(box: Box) -> Box:
    """Whole pixels inside the box, at least one."""
    c0, r0 = math.ceil(box[0] - _SNAP), math.ceil(box[1] - _SNAP)
    return c0, r0, max(c0 + 1, math.floor(box[2] + _SNAP)), max(r0 + 1, math.floor(box[3] + _SNAP))


def _straight(base: Frame) -> bool:
    return base.transform.b == 0 and base.transform.d == 0


def _extent_text(base: Frame) -> str:
    xs, ys = apply(base.transform, np.array([0.0, base.width]), np.array([0.0, base.height]))
    return f"{min(xs):.6g}, {min(ys):.6g}, {max(xs):.6g}, {max(ys):.6g} in {crs_name(base.crs)}"


def _geometry(area: Area, base: Frame) -> tuple[BaseGeometry, str]:
    """The area in pixel coordinates of the base frame."""
    crs = parse_crs(area.crs) if area.crs else base.crs
    if area.wkt is not None:
        shape, label = _polygon(area.wkt), "polygon"
    elif area.bbox is not None:
        x0, y0, x1, y1 = area.bbox
        if not all(math.isfinite(v) for v in area.bbox):
            raise SceneError(f"The extent {area.bbox} is not finite.", "Draw the area again.")
        if x0 > x1 and crs is not None and crs.is_geographic:
            x1 += 360.0
        if x0 >= x1 or y0 >= y1:
            raise SceneError(f"The extent {area.bbox} is empty.", "Give x min, y min, x max, y max.")
        shape, label = shapely.box(x0, y0, x1, y1), "extent"
    else:
        raise SceneError("The area is empty.", "Give an extent, a polygon or a pixel window.")
    if area.crs and base.crs is None:
        raise SceneError(
            f"The area is given in {crs_name(crs)}, but the layer has no CRS.",
            "Give the area as a pixel window, or set the layer's CRS.",
        )
    if not same_crs(crs, base.crs):
        label += f" in {crs_name(crs)}"
        x0, y0, x1, y1 = shape.bounds
        shape = shapely.segmentize(shape, max(x1 - x0, y1 - y0, 1e-12) / 64)

    def to_pixels(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = transform_points(xy[:, 0], xy[:, 1], crs, base.crs)
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise SceneError(
                f"The area reaches where {crs_name(base.crs)} is not defined.", "Draw a smaller area on the layers."
            )
        x = _one_turn(x, base)
        return np.column_stack(apply(~base.transform, x, y))

    placed = shapely.transform(shape, to_pixels)
    if shapely.get_num_coordinates(placed) > MANY_CORNERS:
        before = int(shapely.get_num_coordinates(placed))
        placed = _thinned(placed)
        label += f" of {before:,} corners, simplified to a quarter of a pixel"
        if shapely.get_num_coordinates(placed) > MANY_CORNERS:
            return placed, label  # filled by the even-odd rule as it is: mending millions of crossings has no end
    return (placed if placed.is_valid else shapely.make_valid(placed)), label


def _thinned(shape: BaseGeometry) -> BaseGeometry:
    """Simplify a shape in pixel coordinates to a quarter of a pixel, in a time that goes by its number of corners.

    Raises
    ------
    SceneError
        If nothing is left of it, or too much.
    """
    snapped = shapely.remove_repeated_points(shapely.transform(shape, lambda xy: np.round(4 * xy) / 4))
    parts = shapely.get_parts(snapped)
    parts = parts[shapely.area(parts) > 0]
    corners = int(shapely.get_num_coordinates(parts).sum())
    if not len(parts):
        raise SceneError("The area has no surface at the layers' pixel size.", "Draw a larger polygon.")
    if corners > MOST_CORNERS:
        raise SceneError(
            f"The area has {corners:,} corners that lie a quarter of a pixel apart or more; {MOST_CORNERS:,} are read.",
            "Simplify or dissolve it first (Vector > Geometry Tools > Simplify).",
        )
    return shapely.multipolygons(parts) if len(parts) > 1 else parts[0]


def _one_turn(x: NDArray[np.float64], base: Frame) -> NDArray[np.float64]:
    """Shift a geographic shape as a whole by full turns to the base frame; unwrap it where it jumps."""
    if base.crs is None or not base.crs.is_geographic:
        return x
    if x.max() - x.min() > 180.0 and base.width * pixel_size(base.transform)[0] < 180.0:
        return unwrap(x, base)
    middle = float((x.max() + x.min()) / 2)
    return x + (float(unwrap(np.array([middle]), base)[0]) - middle)


def _polygon(wkt: str) -> BaseGeometry:
    try:
        shape = shapely.from_wkt(wkt.split(";", 1)[1] if wkt.upper().startswith("SRID=") else wkt)
    except (ShapelyError, TypeError) as error:
        raise SceneError(f"The area is not WKT: {wkt[:60]!r} ({error}).", "Give a POLYGON or MULTIPOLYGON.") from error
    shape = shapely.force_2d(shape)
    if shapely.get_num_coordinates(shape) <= MANY_CORNERS and not shape.is_valid:
        shape = shapely.make_valid(shape)
    if shape.is_empty or shape.area == 0:
        raise SceneError(f"The area {wkt[:60]!r} has no surface.", "Draw a polygon.")
    return shape


def inside(choice: Choice) -> NDArray[np.bool_] | None:
    """Bool [H, W] of the grid's pixels whose centre is in the polygon, None where there is no polygon."""
    if choice.polygon is None:
        return None
    grid, native = choice.grid, choice.native
    scale = Affine.scale(native.width / grid.width, native.height / grid.height)
    found: NDArray[np.bool_] = large.empty((grid.height, grid.width), np.bool_)
    for rows in large.strips(found.shape, 4 * large.STRIP):
        part = scale @ Affine.translation(0, rows.start)
        found[rows] = geometry_mask([choice.polygon], found[rows].shape, part, invert=True)
        large.release(found)
    return found
