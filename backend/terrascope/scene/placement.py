"""Where a raster lies: its upright pixel frame, and footprints of one frame in another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS as ProjCRS
from pyproj import Geod, Transformer
from pyproj.exceptions import CRSError as ProjCRSError
from pyproj.exceptions import ProjError
from rasterio.crs import CRS

from terrascope.errors import SceneError

_EDGE = 33  # points along each side of a footprint, and of the lattice inside it


@dataclass(frozen=True)
class Frame:
    """A pixel frame: size, affine transform (pixel corners to CRS) and CRS (None if unknown)."""

    width: int
    height: int
    transform: Affine
    crs: CRS | None

    def moved(self, transform: Affine, width: int, height: int) -> Frame:
        """Return a frame of another transform and size in the same CRS."""
        return Frame(width, height, transform, self.crs)


@dataclass(frozen=True)
class Placement:
    """A raster's upright frame and how to get there from the file.

    `flip_rows`, `flip_columns`: the file's rows (columns) run the other way. `placed_by`: "transform", "gcps" or
    "pixels" (no georeference: the frame is the pixel frame, row 0 at y = 0, y downwards negative).
    """

    frame: Frame
    placed_by: str
    flip_rows: bool = False
    flip_columns: bool = False


def upright(frame: Frame) -> tuple[Frame, bool, bool]:
    """Return the frame with north (or the CRS's y) up and east right where flips alone do it, and the flips."""
    t, flip_rows, flip_columns = frame.transform, False, False
    if t.determinant > 0:
        t, flip_rows = t @ Affine(1, 0, 0, 0, -1, frame.height), True
    if t.b == 0 and t.d == 0 and t.a < 0:
        t = t @ Affine(-1, 0, frame.width, 0, -1, frame.height)
        flip_rows, flip_columns = not flip_rows, True
    return frame.moved(t, frame.width, frame.height), flip_rows, flip_columns


def pixel_size(transform: Affine) -> tuple[float, float]:
    """Return the lengths of a pixel's two sides in CRS units."""
    return math.hypot(transform.a, transform.d), math.hypot(transform.b, transform.e)


def proj_crs(crs: CRS) -> ProjCRS | None:
    """Return the CRS for pyproj, None if pyproj does not understand it."""
    return _from_wkt(crs.to_wkt())


@lru_cache(maxsize=64)
def _from_wkt(wkt: str) -> ProjCRS | None:
    try:
        return ProjCRS.from_wkt(wkt)
    except ProjCRSError:
        return None


def metres_per_pixel(frame: Frame) -> tuple[float, float] | None:
    """Return the pixel size in metres (x, y) at the frame's centre; None without a CRS.

    Projected: CRS units times the unit's length, or geodesic lengths where the projection stretches them by more than
    `_STRETCH` (Web Mercator away from the equator). Geographic: geodesic lengths of the centre pixel's sides.
    """
    if frame.crs is None:
        return None
    crs = proj_crs(frame.crs)
    if crs is None:
        return None
    t = frame.transform
    if not crs.is_geographic:
        unit = crs.axis_info[0].unit_conversion_factor if crs.axis_info else 1.0
        x, y = pixel_size(t)
        flat = x * (unit or 1.0), y * (unit or 1.0)
        true = _on_the_ground(frame, crs)
        stretched = true is not None and any(abs(a / b - 1) > _STRETCH for a, b in zip(flat, true))
        return true if stretched else flat
    degree = crs.axis_info[0].unit_conversion_factor / math.radians(1.0) if crs.axis_info else 1.0
    geod = crs.get_geod() or Geod(ellps="WGS84")
    col, row = frame.width / 2, frame.height / 2
    sides = []
    for dc, dr in ((0.5, 0.0), (0.0, 0.5)):
        (x0, y0), (x1, y1) = t @ (col - dc, row - dr), t @ (col + dc, row + dr)
        lat0, lat1 = (min(90.0, max(-90.0, y * degree)) for y in (y0, y1))
        sides.append(float(geod.inv(x0 * degree, lat0, x1 * degree, lat1)[2]))
    return sides[0], sides[1]


#: Share by which maps of one country or zone distort lengths at most, so that the CRS's own metres are kept for them.
_STRETCH = 0.05


def _on_the_ground(frame: Frame, crs: ProjCRS) -> tuple[float, float] | None:
    """Geodesic lengths of the centre pixel's sides in a projected CRS; None where they cannot be told."""
    geographic, geod = crs.geodetic_crs, crs.get_geod()
    if geographic is None or geod is None:
        return None
    col, row = frame.width / 2, frame.height / 2
    cols, rows = np.array([col - 0.5, col + 0.5, col, col]), np.array([row, row, row - 0.5, row + 0.5])
    x, y = apply(frame.transform, cols, rows)
    try:
        lon, lat = Transformer.from_crs(crs, geographic, always_xy=True).transform(x, y)
    except (ProjError, ProjCRSError):
        return None
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        return None
    sides = (float(geod.inv(lon[i], lat[i], lon[i + 1], lat[i + 1])[2]) for i in (0, 2))
    a, b = sides
    return (a, b) if min(a, b) > 0 else None


def crs_name(crs: CRS | None) -> str:
    """Short name of a CRS for a sentence."""
    if crs is None:
        return "no CRS"
    code = crs.to_epsg() if crs else None
    if code:
        return f"EPSG:{code}"
    found = proj_crs(crs)
    return found.name if found else "a CRS of its own"


def crs_text(crs: CRS | None) -> str | None:
    """Authority code where the CRS has one, else WKT2."""
    if crs is None:
        return None
    authority = crs.to_authority(confidence_threshold=100) if crs else None
    if authority:
        return ":".join(authority)
    found = proj_crs(crs)
    return found.to_wkt() if found else crs.to_wkt()


def parse_crs(text: str) -> CRS:
    """Read an authority code, WKT or PROJ string.

    Raises
    ------
    SceneError
        If it is none of these.
    """
    try:
        return CRS.from_wkt(ProjCRS.from_user_input(text).to_wkt())
    except (ProjCRSError, ValueError) as error:
        raise SceneError(f"CRS {text[:80]!r} is not known.", "Give a code such as EPSG:32633, or WKT.") from error


def same_crs(one: CRS | None, other: CRS | None) -> bool:
    """True if two CRS are the same, axis order and names left aside."""
    if one is None or other is None:
        return one is other
    if one == other:
        return True
    a, b = proj_crs(one), proj_crs(other)
    return a is not None and b is not None and a.equals(b, ignore_axis_order=True)


def transform_points(
    x: NDArray[np.float64], y: NDArray[np.float64], source: CRS | None, target: CRS | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Transform points; inf where that is not possible. Same or missing CRS: unchanged."""
    if source is None or target is None or same_crs(source, target):
        return x, y
    try:
        change = Transformer.from_crs(
            ProjCRS.from_wkt(source.to_wkt()), ProjCRS.from_wkt(target.to_wkt()), always_xy=True
        )
        out = change.transform(x, y)
    except (ProjError, ProjCRSError) as error:
        raise SceneError(
            f"No way from {crs_name(source)} to {crs_name(target)}: {error}.", "Reproject the layers to one CRS."
        ) from error
    return np.asarray(out[0], dtype=float), np.asarray(out[1], dtype=float)


def lattice(frame: Frame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pixel coordinates (columns, rows) of a lattice over a frame, its border included."""
    cols, rows = np.meshgrid(np.linspace(0, frame.width, _EDGE), np.linspace(0, frame.height, _EDGE))
    return cols.ravel(), rows.ravel()


def apply(transform: Affine, x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
    """Apply an affine transform to arrays."""
    return transform.a * x + transform.b * y + transform.c, transform.d * x + transform.e * y + transform.f


def unwrap(x: NDArray[np.float64], frame: Frame) -> NDArray[np.float64]:
    """Shift longitudes by whole turns to lie nearest the centre of a geographic frame."""
    if frame.crs is None or not frame.crs.is_geographic:
        return x
    centre = (frame.transform @ (frame.width / 2, frame.height / 2))[0]
    return x - 360.0 * np.round((x - centre) / 360.0)


def footprint(of: Frame, on: Frame) -> tuple[float, float, float, float] | None:
    """Bounding box (column, row, column, row) of one frame in the pixels of another, None if nothing can be placed."""
    x, y = apply(of.transform, *lattice(of))
    x, y = transform_points(x, y, of.crs, on.crs)
    if on.crs is not None and not same_crs(of.crs, on.crs):
        x = unwrap(x, on)
    elif on.crs is not None and on.crs.is_geographic:
        shift = 360.0 * round(float((np.mean(x) - (on.transform @ (on.width / 2, on.height / 2))[0]) / 360.0))
        x = x - shift
    keep = np.isfinite(x) & np.isfinite(y)
    if not keep.any():
        return None
    cols, rows = apply(~on.transform, x[keep], y[keep])
    return float(cols.min()), float(rows.min()), float(cols.max()), float(rows.max())


def spans(frame: Frame, grid: Frame) -> tuple[float, float]:
    """Pixels of a frame that a grid pixel spans along the frame's columns and rows, at the grid's centre.

    1, 1 where that cannot be said.
    """
    col, row = grid.width / 2, grid.height / 2
    x, y = apply(grid.transform, np.array([col, col + 1, col]), np.array([row, row, row + 1]))
    x, y = transform_points(x, y, grid.crs, frame.crs)
    c, r = apply(~frame.transform, unwrap(x, frame), y)
    found = math.hypot(c[1] - c[0], c[2] - c[0]), math.hypot(r[1] - r[0], r[2] - r[0])
    return found if all(math.isfinite(s) and 0 < s < 1e6 for s in found) else (1.0, 1.0)
