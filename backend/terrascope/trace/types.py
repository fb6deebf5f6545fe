"""The trace of one question: what was asked, seen, segmented, measured, claimed and answered.

Every field is JSON data already (dates are ISO text, mappings hold plain numbers, text and lists), so that a trace that
was written and read again is equal to the one that was written.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from terrascope.trace.jsonable import jsonable

#: Version of the JSON layout (`resources/trace.schema.json`) and of the GeoPackage tables. What 1 lacks (query,
#: results, regions) is not known of a file of layout 1.
FORMAT_VERSION = 2


@dataclass(frozen=True)
class MaskRle:
    """A mask as COCO run lengths: `size` is (height, width), `counts` the compressed text, runs down the columns."""

    size: tuple[int, int]
    counts: str

    @classmethod
    def encode(cls, mask: NDArray[np.bool_]) -> MaskRle:
        """Encode a bool mask [H, W]."""
        from terrascope.masks.rle import encode

        height, width = mask.shape
        return cls((int(height), int(width)), str(encode(np.asarray(mask, dtype=bool))["counts"]))

    def decode(self) -> NDArray[np.bool_]:
        """Return the mask, bool [H, W]."""
        from terrascope.masks.rle import decode

        return np.asarray(decode({"size": list(self.size), "counts": self.counts}), dtype=bool)


@dataclass(frozen=True)
class InputRecord:
    """One view of the scene and the file it came from.

    `native_pixel_size` is in the file's own CRS units; `date` is ISO 8601 text, no more than is known (a day, a month
    or a year).
    """

    name: str
    role: str
    path: str
    date: str | None = None
    bands: tuple[str, ...] = ()
    scale: str = ""
    sha256: str | None = None
    sensor: str | None = None
    sensor_reason: str = ""
    native_pixel_size: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class GridRecord:
    """The grid that every mask of the trace lies on (rasterio order of the transform), and how it was chosen."""

    width: int
    height: int
    transform: tuple[float, float, float, float, float, float]
    crs: str | None = None
    gsd_m: tuple[float, float] | None = None
    native_gsd_m: tuple[float, float] | None = None
    tiled: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NetworkRecord:
    """Which network answered, where it ran, and with which settings."""

    name: str
    version: str
    weights_sha256: str
    device: str
    dtype: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class DerivedMask:
    """A mask that was computed from masks (gain, loss), not segmented."""

    label: str
    mask: MaskRle
    measurements: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One step: a piece of reasoning, and the mask that ends it (none for text before or after the masks).

    `measurements` are those of the mask alone, `relations` what was measured for the evidence (against other masks and
    dates), `evidence` the text of it that the network read. `tokens` are the (view, token index) pairs of the visual
    tokens that went back into its context; `confidence` is the network's own estimate in [0, 1]. `region` is the part
    of the query whose ground the mask shows (`questions.query`), None where no query was run.
    """

    number: int
    text: str = ""
    label: str | None = None
    view: int | None = None
    view_name: str | None = None
    date: str | None = None
    date_reason: str = ""
    mask: MaskRle | None = None
    measurements: Mapping[str, object] = field(default_factory=dict)
    relations: Mapping[str, object] = field(default_factory=dict)
    evidence: str = ""
    confidence: float | None = None
    derived: tuple[DerivedMask, ...] = ()
    tokens: tuple[tuple[int, int], ...] = ()
    region: Mapping[str, object] | None = None


@dataclass(frozen=True)
class ResultRow:
    """A value that a query gave: of which row (zone, date, class), which measure of it, in which unit.

    `value` is in m2, m, 1 (a share 0..1, a count, a mean) as `unit` says; None where there is none. `low` and `high`
    bound it where an interval is known. `text` is a name (a class, a place), empty for a number.
    """

    row: int
    by: str
    key: str
    measure: str
    value: float | None
    unit: str
    text: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class ClaimRecord:
    """A number or statement of the text, and what the masks say: supported, contradicted or not_checkable."""

    step: int
    text: str
    verdict: str
    claimed: object = None
    measured: object = None
    unit: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Answer:
    """The parsed answer; `choice` is the option's letter for multiple choice."""

    text: str
    choice: str | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class Trace:
    """The whole run. `end_reason` is None while it runs, and for ever if the process was killed.

    `understood` says in words what the question was taken to mean, `query` the same as data; empty and None where the
    network read the question itself, as the full model does.
    """

    question: str
    grid: GridRecord
    inputs: tuple[InputRecord, ...]
    network: NetworkRecord
    options: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    claims: tuple[ClaimRecord, ...] = ()
    answer: Answer | None = None
    end_reason: str | None = None
    warnings: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    understood: str = ""
    query: Mapping[str, object] | None = None
    results: tuple[ResultRow, ...] = ()
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: str = field(default_factory=lambda: utc_now())
    format_version: int = FORMAT_VERSION

    def step(self, number: int) -> Step:
        """Return the step with this number.

        Raises
        ------
        KeyError
            If there is none.
        """
        for step in self.steps:
            if step.number == number:
                return step
        raise KeyError(number)

    def with_step(self, step: Step) -> Trace:
        """Return a copy in which `step` is added, or takes the place of the one with its number."""
        others = [other for other in self.steps if other.number != step.number]
        return replace(self, steps=tuple(sorted([*others, step], key=lambda each: each.number)))


def utc_now() -> str:
    """Return the time in the one form that GeoPackage allows, for example 2026-01-31T12:00:00.000Z."""
    now = dt.datetime.now(dt.timezone.utc)
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"


def measurements_of(values: Mapping[str, object]) -> dict[str, object]:
    """Return measurements as plain JSON data (NumPy scalars, tuples, dates, not-a-number turned into it)."""
    plain = jsonable(values)
    assert isinstance(plain, dict)  # nosec B101
    return plain


def result_table(results: Sequence[ResultRow]) -> tuple[list[str], list[list[ResultRow | None]], list[str]]:
    """Return the values of a query as a table: names of the measures, a row of values a key, and the keys.

    A value that a key has none of is None.
    """
    names = list(dict.fromkeys(each.measure for each in results))
    keys = list(dict.fromkeys(each.key for each in results))
    found: dict[tuple[str, str], ResultRow] = {(each.key, each.measure): each for each in results}
    return names, [[found.get((key, name)) for name in names] for key in keys], keys


def summary_area(measurements: Mapping[str, object]) -> float | None:
    """Return the mask's area in square metres, None where it has none."""
    value = measurements.get("area_m2")
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def summary_share(measurements: Mapping[str, object]) -> float | None:
    """Return the mask's share of the valid image, 0..1: by true area where there is one, else by pixels."""
    value = measurements.get("area_share")
    value = measurements.get("share") if value is None else value
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


class MaskEntry(NamedTuple):
    """One mask of a step, its own or a derived one."""

    label: str
    mask: MaskRle
    measurements: Mapping[str, object]
    derived: bool


def all_masks(step: Step) -> list[MaskEntry]:
    """Return the step's own mask, if it has one, and its derived ones."""
    own = [MaskEntry(step.label or "", step.mask, step.measurements, False)] if step.mask is not None else []
    return [*own, *(MaskEntry(each.label, each.mask, each.measurements, True) for each in step.derived)]
