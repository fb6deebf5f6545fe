"""What is known of a scene when a question about it is read: names, dates and sizes, no pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from terrascope.questions.query import Query


@dataclass(frozen=True)
class Layer:
    """A layer of the project that a question may name.

    Attributes
    ----------
    name
        As queries call it.
    kind
        "vector" (zones, roads: `Features`, `ByFeatures`) or "raster" (slope, height: `Limit`, `Mean`).
    columns
        Names of a vector layer's columns, each with the values that are known; empty where they are not.
    measures
        What a raster holds where its name does not say it: "slope", "height".
    """

    name: str
    kind: Literal["vector", "raster"] = "vector"
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    measures: str = ""


@dataclass(frozen=True)
class Context:
    """What a reader is told of a scene.

    Attributes
    ----------
    dates
        Of the images, ISO 8601, the earliest first; empty where nothing is known of them.
    layers
        Other layers that are there.
    bands
        Names of the bands; None where they are not known, which rules nothing out.
    pixel_m
        Side of a pixel on the ground in metres; None where it is not known, which rules nothing out.
    role
        "optical" or "sar".
    previous
        The query before, which a follow-up changes.
    """

    dates: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()
    bands: tuple[str, ...] | None = None
    pixel_m: float | None = None
    role: Literal["optical", "sar"] = "optical"
    previous: Query | None = None
