"""Turns the loop's events into the trace, the GeoPackage and the protocol's messages, as they happen."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.landcover.colours import colour_of
from terrascope.masks import Measurement, measure
from terrascope.networks.interface import MaskPrediction
from terrascope.reasoning.events import (
    AnswerReady,
    Ended,
    EndReason,
    Event,
    EvidenceReady,
    MaskReady,
    StepBegun,
    TextPiece,
    TokensInjected,
)
from terrascope.scene.types import Scene
from terrascope.trace.geopackage import GeoPackageWriter
from terrascope.trace.parts import Outline
from terrascope.trace.text import ReadableStream
from terrascope.trace.types import Answer, DerivedMask, MaskRle, Step, measurements_of

log = logging.getLogger(__name__)

Message = dict[str, object]
OnMessage = Callable[[Message], None]


class Recorder:
    """Records one run.

    Parameters
    ----------
    scene
        What the question is about.
    writer
        The result file, its header written.
    on_message
        Takes each message, without the job's id.
    """

    def __init__(self, scene: Scene, writer: GeoPackageWriter, on_message: OnMessage) -> None:
        self._scene = scene
        self._writer = writer
        self._send = on_message
        self._texts: dict[int, str] = {}
        self._readable = ReadableStream()
        self._steps: dict[int, Step] = {}
        self.masks: dict[int, tuple[NDArray[np.bool_], Measurement]] = {}
        self.given: set[int] = set()
        self.answer: Answer | None = None
        self.ended: Ended | None = None

    @property
    def steps(self) -> list[Step]:
        """The steps so far, in order."""
        return [self._steps[number] for number in sorted(self._steps)]

    def take(self, event: Event) -> None:
        """Record one event and tell the client of it."""
        if isinstance(event, TextPiece):
            self._text(event)
        elif isinstance(event, StepBegun):
            self._begun(event)
        elif isinstance(event, MaskReady):
            self._mask(event)
        elif isinstance(event, TokensInjected):
            pairs = tuple((int(view), int(token)) for view, token in zip(event.views, event.tokens))
            self._steps[event.step] = replace(self._steps[event.step], tokens=pairs)
        elif isinstance(event, EvidenceReady):
            self._evidence(event)
        elif isinstance(event, AnswerReady):
            sure = None if event.confidence is None else event.confidence * self._scene.likely
            self.answer = Answer(event.text, event.choice, sure)
        elif isinstance(event, Ended):
            self.ended = event
            self.flush()

    def flush(self) -> None:
        """Write what has not been written yet: text without a mask, tokens, the text of the last steps."""
        for number, text in self._texts.items():
            step = replace(self._steps.get(number, Step(number)), text=text)
            self._steps[number] = step
        for step in self.steps:
            if step not in self._writer.trace.steps:
                self._writer.put_step(step)

    def cut_off(self) -> None:
        """End a run that was stopped while a mask was worked on: masks that are not in the file yet are dropped."""
        written = {step.number: step for step in self._writer.trace.steps}
        for number, step in self._steps.items():
            before = written.get(number, Step(number))
            self._steps[number] = replace(
                step, mask=before.mask, derived=before.derived, measurements=before.measurements
            )
        self.take(Ended(EndReason.CANCELLED, ("Stopped while a mask was measured and outlined.",)))

    def _text(self, event: TextPiece) -> None:
        self._texts[event.step] = self._texts.get(event.step, "") + event.text
        shown = self._readable.feed(event.text)
        if shown:
            self._send({"type": "text", "step": event.step, "text": shown})

    def _begun(self, event: StepBegun) -> None:
        view = self._scene.views[event.view]
        date = view.date_text
        self._steps[event.step] = Step(
            event.step, self._texts.get(event.step, ""), event.label, event.view, view.name, date, event.date_reason,
            region=event.region,
        )  # fmt: skip
        self._send(
            {"type": "step", "step": event.step, "label": event.label, "view": event.view, "date": date,
             "view_name": view.name}
        )  # fmt: skip

    def _mask(self, event: MaskReady) -> None:
        if event.step not in self._steps:
            self._begun(StepBegun(event.step, event.label, event.view))
        prediction = event.prediction
        mask = large.within(prediction.mask, self._scene.views[event.view].valid)
        measurement = self._measure(mask, event.view, None if event.derived else prediction)
        measurements = measurements_of(measurement.to_dict()) | interval_of(prediction, measurement)
        step = replace(
            self._steps[event.step],
            text=self._texts.get(event.step, ""),
            mask=MaskRle.encode(mask),
            measurements=measurements,
            confidence=_plain_number(prediction.confidence),
        )
        self._steps[event.step] = step
        self.masks[event.step] = mask, measurement
        if prediction.given:
            self.given.add(event.step)
        outline = self._writer.put_step(step)
        self._send(self._mask_message(step, step.label or "", step.measurements, outline, derived=False))

    def _evidence(self, event: EvidenceReady) -> None:
        step = self._steps[event.step]
        derived = tuple(self._derived(label, value, step) for label, value in event.derived.items())
        found = measurements_of(event.measurements)
        relations = {name: value for name, value in found.items() if name not in step.measurements}
        step = replace(step, evidence=event.text, derived=derived, relations=relations)
        self._steps[event.step] = step
        outlines = self._writer.put_outlined(step)
        self._send({"type": "evidence", "step": event.step, "text": event.text, "measurements": dict(step.relations)})
        for each, outline in zip(derived, outlines[len(outlines) - len(derived) :]):
            self._send(self._mask_message(step, each.label, each.measurements, outline, derived=True))

    def _derived(self, label: str, value: object, step: Step) -> DerivedMask:
        mask = np.asarray(value, dtype=bool)
        measured = self._measure(mask, step.view or 0, None)
        return DerivedMask(label, MaskRle.encode(mask), measurements_of(measured.to_dict()))

    def _measure(self, mask: NDArray[np.bool_], view: int, prediction: MaskPrediction | None) -> Measurement:
        seen = self._scene.views[view]
        probability = prediction.probability if prediction is not None else None
        return measure(mask, seen.valid, self._scene.grid, probability=probability, bands=seen)

    def _mask_message(
        self, step: Step, label: str, measurements: Mapping[str, object], outline: Outline, derived: bool
    ) -> Message:
        message: Message = {
            "type": "mask", "step": step.number, "label": label, "gpkg": str(self._writer.path),
            "measurements": dict(measurements), "date": step.date, "view": step.view, "view_name": step.view_name,
            "confidence": None if derived else step.confidence, "colour": colour_of(label, derived),
            "empty": measurements.get("pixels") == 0, "derived": derived,
        }  # fmt: skip
        if outline.bounds is not None:
            message["bbox"] = list(outline.bounds)
            wkt = outline.wkt()
            if wkt is not None:
                message["wkt"] = wkt
        return {key: value for key, value in message.items() if value is not None or key in ("date", "confidence")}


def interval_of(prediction: MaskPrediction, measurement: Measurement) -> dict[str, object]:
    """Return the model interval of a mask as a measurement: shares, and areas where the mask has one."""
    found = prediction.model_interval
    if found is None:
        return {}
    interval: dict[str, object] = {"level": found.level, "places": found.places, "share": [found.low, found.high]}
    whole = measurement.valid_area_m2
    if whole is not None:
        interval["area_m2"] = [found.low * whole, found.high * whole]
    return {"model_interval": interval}


def _plain_number(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
