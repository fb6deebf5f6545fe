"""An area of interest as people write it on the command line: a file of polygons, or an extent."""

from __future__ import annotations

import re

from terrascope.errors import TerraScopeError
from terrascope.scene.request import Area
from terrascope.service.polygons import read_polygons, split_part

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
    try:
        is_there = split_part(text)[0].exists()
    except (OSError, ValueError):  # too long for a name, or with a character that names cannot have
        is_there = False
    if not is_there:
        raise TerraScopeError(
            f"The area {text[:200]!r} is no file and no extent.", "Write xmin,ymin,xmax,ymax, or a file of polygons."
        )
    return _from_file(text)


def _from_file(text: str) -> Area:
    import shapely

    polygons = read_polygons(text)
    crs = polygons.crs
    return Area(wkt=shapely.union_all(polygons.geometries).wkt, crs=crs.to_wkt() if crs is not None else None)
