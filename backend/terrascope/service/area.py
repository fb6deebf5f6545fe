"""An area of interest as people write it on the command line: a file of polygons, or an extent."""

from __future__ import annotations

import re
from pathlib import Path

from terrascope.errors import TerraScopeError
from terrascope.scene.request import Area

_NUMBER = r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*"
_BBOX = re.compile(rf"^{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}(?:@(.+))?$")


def read_area(text: str) -> Area:
    """Read ``xmin,ymin,xmax,ymax``, with ``@EPSG:4326`` or the like where the CRS is not the image's, or a vector file.

    Raises
    ------
    TerraScopeError
        If it is neither, or the file holds no polygon.
    """
    match = _BBOX.match(text)
    if match:
        low_x, low_y, high_x, high_y = (float(each) for each in match.groups()[:4])
        return Area(bbox=(low_x, low_y, high_x, high_y), crs=match.group(5))
    path = Path(text)
    try:
        is_there = path.exists()
    except (OSError, ValueError):  # too long for a name, or with a character that names cannot have
        is_there = False
    if not is_there:
        raise TerraScopeError(
            f"The area {text[:200]!r} is no file and no extent.", "Write xmin,ymin,xmax,ymax, or a file of polygons."
        )
    return _from_file(path)


def _from_file(path: Path) -> Area:
    import geopandas
    from pyogrio.errors import DataSourceError

    try:
        frame = geopandas.read_file(path)
    except (DataSourceError, OSError, ValueError) as error:
        raise TerraScopeError(f"{path} cannot be read: {error}.", "Give a vector file of polygons.") from error
    polygons = frame.geometry[frame.geom_type.isin(["Polygon", "MultiPolygon"])]
    if polygons.empty:
        raise TerraScopeError(f"{path} holds no polygon.", "Give a vector file of polygons.")
    return Area(wkt=polygons.union_all().wkt, crs=frame.crs.to_wkt() if frame.crs is not None else None)
