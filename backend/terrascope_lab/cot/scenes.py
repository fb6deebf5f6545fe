"""A labelled scene: pictures of one place, and the masks of its classes at each time point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from terrascope.errors import TerraScopeError

Mask = NDArray[np.bool_]
Picture = NDArray[np.uint8]


class DataError(TerraScopeError):
    """A data set, or a file of Terra-CoT samples, is not as it should be."""

    code = "data"


@dataclass(frozen=True)
class Moment:
    """One time point.

    Attributes
    ----------
    optical
        uint8 [H, W, 3] red, green, blue; None where there is only radar.
    sar
        uint8 [H, W, 3] VH, VV and their mean; None where there is no radar.
    masks
        bool [H, W] by label, pixels outside the scene's `valid` not set. A label whose class the data set knows but
        that is nowhere here has an empty mask: "no water" is knowledge. Masks of one moment do not overlap, unless the
        scene says so.
    objects
        Single objects (buildings) by label, each bool [H, W]; their union is the label's mask.
    """

    optical: Picture | None
    masks: Mapping[str, Mask] = field(default_factory=dict)
    sar: Picture | None = None
    objects: Mapping[str, Sequence[Mask]] = field(default_factory=dict)

    @property
    def picture(self) -> Picture:
        """The picture that stands for this moment."""
        picture = self.optical if self.optical is not None else self.sar
        assert picture is not None, "a moment has at least one picture"
        return picture


@dataclass(frozen=True)
class LabelledScene:
    """A place with one or two time points.

    Attributes
    ----------
    source, name
        Data set and image; together they identify the scene.
    moments
        One or two, earlier first, of one size.
    valid
        bool [H, W]: pixels that are labelled at every time point.
    gsd_m
        Pixel size in metres; None where it is not known: no areas and distances are asked.
    sensor, place
        For captions; empty where not known.
    captions
        Texts that came with the image.
    questions
        (question, answer) pairs that came with the image.
    """

    source: str
    name: str
    moments: tuple[Moment, ...]
    valid: Mask
    gsd_m: float | None = None
    sensor: str = ""
    place: str = ""
    captions: tuple[str, ...] = ()
    questions: tuple[tuple[str, str], ...] = ()

    @property
    def scene_id(self) -> str:
        """`source/name`."""
        return f"{self.source}/{self.name}"

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that some moment knows, in the order of the first moment that does."""
        return tuple(dict.fromkeys(label for moment in self.moments for label in moment.masks))


class Reader(Protocol):
    """A data set: names of its scenes at once, each scene when it is asked for (also in another process)."""

    source: str

    def names(self) -> Sequence[str]:
        """Names of the scenes, in a fixed order."""

    def load(self, name: str) -> LabelledScene:
        """Read one scene."""


def from_map(
    labels: NDArray[np.integer], legend: Mapping[int, str], ignore: Mask | None = None
) -> tuple[dict[str, Mask], Mask]:
    """Split a label map into masks.

    Parameters
    ----------
    labels
        Integer [H, W].
    legend
        Label by value; several values may have one label. Values that it lacks are not labelled.
    ignore
        bool [H, W]: not labelled whatever the map says.

    Returns
    -------
    Masks by label, empty ones too, and the pixels that are labelled.
    """
    low = int(labels.min())
    values = {low + int(at) for at in np.flatnonzero(np.bincount((labels.astype(np.int64) - low).reshape(-1)))}
    known = {value for value in legend if value in values}
    valid = np.isin(labels, list(known)) if known != values else np.ones(labels.shape, bool)
    if ignore is not None:
        valid &= ~ignore
    masks: dict[str, Mask] = {}
    for value, label in legend.items():
        mask = (labels == value) & valid if value in known else np.zeros(labels.shape, bool)
        masks[label] = masks[label] | mask if label in masks else mask
    return masks, valid


def windows(height: int, width: int, side: int) -> list[tuple[int, int, int, int]]:
    """Cut an image in windows of about `side` pixels, (row, column, height, width), row by row, nothing left over."""
    rows, cols = max(1, round(height / side)), max(1, round(width / side))
    edges = [[length * k // n for k in range(n + 1)] for length, n in ((height, rows), (width, cols))]
    return [
        (top, left, bottom - top, right - left)
        for top, bottom in zip(edges[0], edges[0][1:])
        for left, right in zip(edges[1], edges[1][1:])
    ]


def union(parts: Sequence[Mask]) -> Mask:
    """Return the union of at least one mask."""
    whole = parts[0].copy()
    for part in parts[1:]:
        whole |= part
    return whole
