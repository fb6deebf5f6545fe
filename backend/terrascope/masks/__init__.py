"""Mask algebra: measure, relate, compare, outline and encode masks on a georeferenced grid.

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from terrascope.masks.changes import change as change
    from terrascope.masks.errors import MaskError as MaskError
    from terrascope.masks.geodesy import Ground as Ground
    from terrascope.masks.geodesy import ground as ground
    from terrascope.masks.measurement import measure as measure
    from terrascope.masks.polygons import Part as Part
    from terrascope.masks.polygons import polygonise as polygonise
    from terrascope.masks.polygons import polygonise_labels as polygonise_labels
    from terrascope.masks.relations import adjacency as adjacency
    from terrascope.masks.relations import compare as compare
    from terrascope.masks.relations import distance as distance
    from terrascope.masks.types import Adjacency as Adjacency
    from terrascope.masks.types import Change as Change
    from terrascope.masks.types import Comparison as Comparison
    from terrascope.masks.types import Distance as Distance
    from terrascope.masks.types import Measurement as Measurement
    from terrascope.masks.types import Method as Method

_HOMES = {
    "measure": "measurement",
    "distance": "relations",
    "adjacency": "relations",
    "compare": "relations",
    "change": "changes",
    "polygonise": "polygons",
    "polygonise_labels": "polygons",
    "Part": "polygons",
    "Ground": "geodesy",
    "ground": "geodesy",
    "MaskError": "errors",
    "Measurement": "types",
    "Distance": "types",
    "Adjacency": "types",
    "Change": "types",
    "Comparison": "types",
    "Method": "types",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
