"""The masks of a trace as a GeoDataFrame, for people who go on in Python."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from terrascope.landcover.colours import colour_of
from terrascope.trace.geopackage import grid_of, read_trace
from terrascope.trace.parts import parts_of
from terrascope.trace.types import Trace, all_masks, summary_area, summary_share

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

#: Columns beside `geometry`.
COLUMNS: tuple[str, ...] = (
    "step", "label", "view", "view_name", "date", "part", "area_m2", "pixels", "mask_area_m2", "mask_share",
    "confidence", "derived", "colour",
)  # fmt: skip


def masks_geodataframe(trace: Trace, *, dissolve: bool = False) -> GeoDataFrame:
    """Return the masks of a trace, a row for each part that hangs together, as exact pixel outlines.

    Parameters
    ----------
    dissolve
        True for one row a mask instead, all of its parts in one MultiPolygon (`part` is then 0).

    Returns
    -------
    geopandas.GeoDataFrame
        Columns `COLUMNS` and `geometry`, in the CRS of the scene (none where it has none). Areas are m2, true on the
        ground; `mask_share` is 0..1 of the valid image. Empty masks have no row.

    Examples
    --------
    >>> frame = masks_geodataframe(read_trace("answer.gpkg"), dissolve=True)
    >>> frame[["label", "date", "mask_area_m2"]]
    """
    import geopandas
    import shapely

    grid, rows = grid_of(trace.grid), []
    for step in trace.steps:
        for label, rle, measurements, derived in all_masks(step):
            area = summary_area(measurements)
            parts = parts_of(rle.decode(), grid, area)
            common: dict[str, Any] = {
                "step": step.number, "label": label, "view": step.view, "view_name": step.view_name, "date": step.date,
                "mask_area_m2": area, "mask_share": summary_share(measurements),
                "confidence": None if derived else step.confidence, "derived": derived,
                "colour": colour_of(label, derived),
            }  # fmt: skip
            if dissolve and parts:
                whole = shapely.multipolygons(shapely.get_parts([part.geometry for part in parts]))
                pixels = sum(part.pixels for part in parts)
                rows.append({**common, "part": 0, "area_m2": area, "pixels": pixels, "geometry": whole})
                continue
            for number, part in enumerate(parts, 1):
                own = {"part": number, "area_m2": part.area_m2, "pixels": part.pixels, "geometry": part.geometry}
                rows.append({**common, **own})
    return geopandas.GeoDataFrame(rows, columns=[*COLUMNS, "geometry"], geometry="geometry", crs=trace.grid.crs)


def read_masks(path: str | os.PathLike[str], *, dissolve: bool = False) -> GeoDataFrame:
    """Return the masks of a result file. See `masks_geodataframe`.

    Raises
    ------
    TraceError
        If it is absent or no result of TerraScope.
    """
    return masks_geodataframe(read_trace(path), dissolve=dissolve)
