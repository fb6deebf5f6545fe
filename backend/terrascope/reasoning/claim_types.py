"""What a claim is, and the evidence that it is held against."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any, Union

import numpy as np
from numpy.typing import NDArray

from terrascope.masks.types import Measurement
from terrascope.scene.types import Grid

Value = Union[float, bool, str, None]


class Verdict(str, Enum):
    """What the masks say of a claim."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    NOT_CHECKABLE = "not_checkable"


class ClaimKind(str, Enum):
    """What a claim is about."""

    SHARE = "share"
    AREA = "area"
    LENGTH = "length"  #: distance, common border or perimeter
    PIXELS = "pixels"
    COUNT = "count"
    CHANGE = "change"
    ADJACENCY = "adjacency"
    COMPARISON = "comparison"
    EXISTENCE = "existence"


@dataclass(frozen=True)
class StepEvidence:
    """A step's mask and its measurement.

    Attributes
    ----------
    step
        Number of the step, from 1.
    label
        What the mask is of, as the text calls it ("forest", "flooded area").
    mask, valid
        bool [H, W] on `grid`; `valid` None means everywhere.
    measurement
        Of this mask on this grid.
    view, date
        Index of the view in the scene, and its date if known.
    body
        The mask as it was related to others, without its specks; None for the mask itself.
    """

    step: int
    label: str
    mask: NDArray[np.bool_]
    measurement: Measurement
    grid: Grid
    view: int = 0
    date: dt.date | None = None
    valid: NDArray[np.bool_] | None = None
    body: NDArray[np.bool_] | None = None

    @property
    def related(self) -> NDArray[np.bool_]:
        """What distances, touching and common borders are measured with."""
        return self.mask if self.body is None else self.body


@dataclass(frozen=True)
class Claim:
    """One statement of the text and what the masks say of it.

    Attributes
    ----------
    step
        Step in whose text it stands.
    text
        The sentence.
    claimed, measured, unit
        Both values, in the unit of the text ("%", "ha", "m", ...; empty for counts, yes/no and names). `measured` is
        None where there is nothing to compare with.
    reason
        A sentence: what was compared, or why it could not be.
    steps
        Numbers of the steps whose masks were used.
    start, end
        Where the claim stands in the text (characters).
    """

    step: int
    text: str
    kind: ClaimKind
    verdict: Verdict
    claimed: Value
    measured: Value
    unit: str
    reason: str
    steps: tuple[int, ...] = field(default=())
    start: int = 0
    end: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        values = asdict(self)
        return {**values, "kind": self.kind.value, "verdict": self.verdict.value, "steps": list(self.steps)}
