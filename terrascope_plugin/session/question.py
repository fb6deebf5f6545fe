"""A question as it leaves the panel, and the run that comes of it. Plain data: no widgets, no process."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..layers.palette import DEFAULT

_TAGS = re.compile(r"</?(?:think|answer|seg|box)>|\[SEG\]|<\|[^|>]*\|>|<REGION>")
_PARTIAL_TAG = re.compile(r"(?:<[^<>]{0,12}|\[S?E?G?)$")


class RunState(Enum):
    """Where a run is."""

    PREPARING = "preparing"
    RUNNING = "running"
    CANCELLING = "cancelling"
    ENDED = "ended"


@dataclass(frozen=True)
class Question:
    """What is asked. `layers`, `area`, `query` and `context` (the query of the question before) are protocol objects;
    `named` are files by the name that a question may call them."""

    text: str
    layers: tuple[dict[str, Any], ...]
    options: tuple[str, ...] = ()
    area: dict[str, Any] | None = None
    network: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    settings: dict[str, Any] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    query: dict[str, Any] | None = None
    context: dict[str, Any] | None = None

    def to_message(self, job: str, out: str) -> dict[str, Any]:
        """Return the protocol's `ask`."""
        message: dict[str, Any] = {
            "type": "ask",
            "id": job,
            "question": self.text,
            "layers": list(self.layers),
            "out": out,
        }
        if self.options:
            message["options"] = list(self.options)
        if self.area is not None:
            message["area"] = self.area
        for name in ("network", "device", "precision"):
            if getattr(self, name) not in ("", "auto"):
                message[name] = getattr(self, name)
        if self.settings:
            message["settings"] = self.settings
        if self.named:
            message["named_layers"] = self.named
        if self.query is not None:
            message["query"] = self.query
        if self.context is not None:
            message["context"] = self.context
        return message


@dataclass
class Claim:
    """A number of the text beside the measured one."""

    step: int
    text: str
    verdict: str
    claimed: Any = None
    measured: Any = None
    unit: str = ""
    reason: str = ""


@dataclass
class MaskOfStep:
    """What is known of one mask."""

    label: str
    colour: str = DEFAULT
    derived: bool = False
    empty: bool = False
    measurements: dict[str, Any] = field(default_factory=dict)
    bbox: tuple[float, ...] | None = None
    wkt: str = ""

    @property
    def area_m2(self) -> float | None:
        """Area in square metres, None without a CRS."""
        return _number(self.measurements.get("area_m2"))

    @property
    def share(self) -> float | None:
        """Share of the valid pixels, 0..1."""
        return _number(self.measurements.get("share"))

    @property
    def pixels(self) -> float | None:
        """Pixels of the mask."""
        return _number(self.measurements.get("pixels"))


@dataclass
class StepOfRun:
    """One step as it grows. A step without masks is text before the answer."""

    number: int
    raw_text: str = ""
    label: str = ""
    view_name: str = ""
    date: str | None = None
    confidence: float | None = None
    evidence: str = ""
    masks: list[MaskOfStep] = field(default_factory=list)
    is_segmenting: bool = False

    @property
    def text(self) -> str:
        """The text for reading, without the model's control marks."""
        return readable(self.raw_text)

    @property
    def mask(self) -> MaskOfStep | None:
        """The step's own mask, not derived ones."""
        return next((mask for mask in self.masks if not mask.derived), None)


@dataclass(frozen=True)
class Nearest:
    """A question that could be asked in place of one that was not understood."""

    text: str
    query: dict[str, Any]


@dataclass
class Run:
    """One question's run, as far as it has come.

    `understood` is what the question was taken to mean, `query` the same as data; `columns` and `rows` are the values
    that it gave, as text.
    """

    question: str
    gpkg: str = ""
    out: str = ""  # the file that was asked for; `gpkg` is where it is
    options: tuple[str, ...] = ()
    job: str = ""
    state: RunState = RunState.PREPARING
    activity: str = ""
    progress: str = ""
    steps: dict[int, StepOfRun] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    answer: str = ""
    choice: str | None = None
    answer_confidence: float | None = None
    end_reason: str = ""
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error: str = ""
    hint: str = ""
    device: str = ""
    network: str = ""
    seconds: float | None = None
    peak_mb: float | None = None
    crs: str | None = None
    inputs: list[str] = field(default_factory=list)
    understood: str = ""
    query: dict[str, Any] | None = None
    not_used: list[str] = field(default_factory=list)
    nearest: list[Nearest] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)

    def step(self, number: int) -> StepOfRun:
        """Return a step, made where it is new."""
        return self.steps.setdefault(number, StepOfRun(number))

    def ordered(self) -> list[StepOfRun]:
        """Return the steps that have something to show, in order."""
        return [
            self.steps[number]
            for number in sorted(self.steps)
            if self.steps[number].text or self.steps[number].masks or self.steps[number].label
        ]

    def with_masks(self) -> list[StepOfRun]:
        """Return the steps that have a mask."""
        return [step for step in self.ordered() if step.masks]

    def claims_of(self, number: int) -> list[Claim]:
        """Return the claims that were checked in a step."""
        return [claim for claim in self.claims if claim.step == number]


def readable(text: str) -> str:
    """Return decoded text without control marks; a mark that is still arriving is held back, an answer is cut off."""
    text = text.split("<answer>")[0]
    text = _PARTIAL_TAG.sub("", _TAGS.sub("", text))
    return re.sub(r"[ \t]{2,}", " ", re.sub(r"\s+([.,;:])", r"\1", text)).strip()


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
