"""What is asked: one question as the rooms below need it, read from a protocol message or built by the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from terrascope.errors import TerraScopeError
from terrascope.questions.query import ByFeatures, Query, from_data
from terrascope.scene.request import Area, LayerRequest

#: Settings that belong to the scene; all others are the reasoning loop's.
SCENE_SETTINGS = ("max_size", "tiled")
DEFAULT_MAX_SIZE = 1024
MAX_SIZE = 100_000


@dataclass(frozen=True)
class SceneRequest:
    """Layers and area, the longest side in pixels that is read, and whether it is segmented by tiles."""

    layers: tuple[LayerRequest, ...]
    area: Area | None = None
    max_size: int = DEFAULT_MAX_SIZE
    tiled: bool = False


@dataclass(frozen=True)
class QuestionRequest:
    """One question; `out` is the GeoPackage to write. `settings` are those of the reasoning loop.

    `query` is what it means as data, where the asker says so; `layers` are vector and raster files by the name that a
    question or a query calls them; `context` is the query of the question before, for one that follows on it;
    `zones` asks for one row a polygon of a named layer, whatever the question says.
    """

    question: str
    scene: SceneRequest
    out: Path
    options: tuple[str, ...] = ()
    network: str | None = None
    device: str | None = None
    precision: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    query: Query | None = None
    layers: Mapping[str, Path] = field(default_factory=dict)
    context: Query | None = None
    zones: ByFeatures | None = None


def scene_request(message: Mapping[str, Any]) -> SceneRequest:
    """Read layers, area and scene settings of a message.

    Raises
    ------
    TerraScopeError
        If one of them cannot be.
    """
    settings = message.get("settings") or {}
    return SceneRequest(
        layers=tuple(LayerRequest.from_dict(each) for each in message["layers"]),
        area=Area.from_dict(message["area"]) if message.get("area") else None,
        max_size=_whole(settings.get("max_size", DEFAULT_MAX_SIZE), "max_size"),
        tiled=bool(settings.get("tiled", False)),
    )


def question_request(message: Mapping[str, Any]) -> QuestionRequest:
    """Read an `ask` message."""
    settings = message.get("settings") or {}
    return QuestionRequest(
        question=message["question"].strip(),
        scene=scene_request(message),
        out=Path(message["out"]),
        options=tuple(str(each) for each in message.get("options") or ()),
        network=message.get("network"),
        device=message.get("device"),
        precision=message.get("precision"),
        settings={name: value for name, value in settings.items() if name not in SCENE_SETTINGS},
        query=_query(message.get("query")),
        layers={str(name): Path(path) for name, path in (message.get("named_layers") or {}).items()},
        context=_query(message.get("context")),
        zones=_zones(message.get("zones")),
    )


def _zones(value: Mapping[str, Any] | None) -> ByFeatures | None:
    """Read {layer, column}."""
    if not value:
        return None
    if not isinstance(value.get("layer"), str) or not isinstance(value.get("column"), (str, type(None))):
        raise TerraScopeError("zones has no layer.", 'Give {"layer": NAME, "column": NAME or null}.')
    return ByFeatures(layer=value["layer"], column=value.get("column") or None)


def _query(value: object) -> Query | None:
    """Read a query that is JSON data."""
    return None if value is None else from_data(value)


def _whole(value: object, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 1 <= value <= MAX_SIZE:
        raise TerraScopeError(f"{name} is {str(value)[:40]!r}.", f"Give a number of pixels from 1 to {MAX_SIZE}.")
    return int(value)
