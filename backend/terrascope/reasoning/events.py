"""What the reasoning loop yields, as it happens. Steps count from 1; a step ends with its mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Union

from terrascope.networks.interface import MaskPrediction


class EndReason(str, Enum):
    """Why a run ended."""

    ANSWERED = "answered"
    ABSTAINED = "abstained"  #: the network says that it cannot tell
    DEGENERATE = "degenerate"  #: repetition, no answer, too many segments: never passed off as an answer
    LENGTH = "length"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class TextPiece:
    """Newly decoded text, special tokens kept. Text that leads to mask n has step n, what follows the last the next."""

    step: int
    text: str


@dataclass(frozen=True)
class StepBegun:
    """A [SEG] was written: a mask of `label` on view `view` is being decoded. `region` is the part of a query, as JSON
    data, that it shows."""

    step: int
    label: str
    view: int
    date_reason: str = ""
    region: Mapping[str, object] | None = None


@dataclass(frozen=True)
class MaskReady:
    """A step's mask; `derived` where it was computed from others, so that it has no probability of its own."""

    step: int
    label: str
    view: int
    prediction: MaskPrediction
    derived: bool = False


@dataclass(frozen=True)
class EvidenceReady:
    """Measurements of a step's mask, and the text that was fed to the network (empty if it is not fed).

    `derived` masks (for example gain = later and not earlier) carry a label and a bool array.
    """

    step: int
    text: str
    measurements: Mapping[str, object] = field(default_factory=dict)
    derived: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class TokensInjected:
    """Visual tokens under the mask went back into the context."""

    step: int
    views: Sequence[int]
    tokens: Sequence[int]


@dataclass(frozen=True)
class AnswerReady:
    """The parsed answer. `choice` is the option's letter for multiple choice."""

    text: str
    choice: str | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class Ended:
    """Last event of every run. `warnings` are sentences for the user (empty mask, no answer, ...)."""

    reason: EndReason
    warnings: Sequence[str] = ()
    output_ids: Sequence[int] = ()
    text: str = ""


Event = Union[TextPiece, StepBegun, MaskReady, EvidenceReady, TokensInjected, AnswerReady, Ended]
