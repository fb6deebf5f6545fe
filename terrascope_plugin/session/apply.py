"""What each message of the backend changes in a run."""

from __future__ import annotations

from typing import Any

from ..layers.palette import shown
from .question import Claim, MaskOfStep, Nearest, Run, RunState

Message = dict[str, Any]


def apply(run: Run, message: Message) -> int | None:
    """Change the run by a message; return the number of the step that changed, None where none did."""
    kind = message["type"]
    handler = _HANDLERS.get(kind)
    if kind != "progress":
        run.progress = ""
    return handler(run, message) if handler else None


def _accepted(run: Run, _message: Message) -> None:
    run.state = RunState.RUNNING


def _scene(run: Run, message: Message) -> None:
    run.crs = message.get("crs")
    run.notes = [str(note) for note in message.get("notes", [])]
    run.warnings = [str(warning) for warning in message.get("warnings", [])]
    run.activity = "scene"


def _understood(run: Run, message: Message) -> None:
    run.understood = message["text"]
    run.query = message.get("query")
    run.not_used = [str(word) for word in message["not_used"]]
    run.nearest = [Nearest(str(each["text"]), each["query"]) for each in message["nearest"]]


def _results(run: Run, message: Message) -> None:
    run.columns = [str(name) for name in message["columns"]]
    run.rows = [[str(cell) for cell in row] for row in message["rows"]]


def _loading(run: Run, message: Message) -> None:
    run.network = message["network"]
    run.activity = "loading"


def _progress(run: Run, message: Message) -> None:
    run.progress = str(message.get("message", ""))


def _text(run: Run, message: Message) -> int:
    step = run.step(message["step"])
    step.raw_text += message["text"]
    run.activity = "text"
    return step.number


def _step(run: Run, message: Message) -> int:
    step = run.step(message["step"])
    step.label = message["label"]
    step.date = message.get("date")
    step.view_name = message.get("view_name", "")
    step.is_segmenting = True
    run.activity = "mask"
    return step.number


def _mask(run: Run, message: Message) -> int:
    step = run.step(message["step"])
    derived = bool(message.get("derived"))
    bbox = message.get("bbox")
    mask = MaskOfStep(
        label=message["label"],
        colour=shown(message.get("colour")),
        derived=derived,
        empty=bool(message.get("empty")),
        measurements=dict(message["measurements"]),
        bbox=tuple(bbox) if bbox else None,
        wkt=message.get("wkt") or "",
    )
    step.masks = [other for other in step.masks if (other.label, other.derived) != (mask.label, derived)] + [mask]
    if not derived:
        step.label = mask.label
        step.confidence = message.get("confidence")
        step.date = message.get("date") or step.date
        step.view_name = message.get("view_name") or step.view_name
    step.is_segmenting = False
    run.gpkg = message["gpkg"]
    return step.number


def _evidence(run: Run, message: Message) -> int:
    step = run.step(message["step"])
    step.evidence = message["text"]
    return step.number


def _claim(run: Run, message: Message) -> int:
    fields = {name: message.get(name) for name in ("claimed", "measured")}
    unit, reason = message.get("unit") or "", message.get("reason") or ""
    run.claims.append(Claim(message["step"], message["text"], message["verdict"], unit=unit, reason=reason, **fields))
    return int(message["step"])


def _answer(run: Run, message: Message) -> None:
    run.answer = message["text"]
    run.choice = message.get("choice")
    run.answer_confidence = message.get("confidence")


def _end(run: Run, message: Message) -> None:
    run.state = RunState.ENDED
    run.end_reason = message["reason"]
    run.gpkg = message.get("gpkg") or run.gpkg
    run.warnings += [str(warning) for warning in message.get("warnings", [])]
    run.seconds = message.get("seconds")
    run.peak_mb = message.get("peak_mb")
    run.device = message.get("device") or run.device
    run.network = message.get("network") or run.network
    for step in run.steps.values():
        step.is_segmenting = False


def _error(run: Run, message: Message) -> None:
    run.state = RunState.ENDED
    run.end_reason = run.end_reason or "error"
    run.error = message["message"]
    run.hint = message.get("hint") or ""
    for step in run.steps.values():
        step.is_segmenting = False


_HANDLERS = {
    "accepted": _accepted, "scene": _scene, "loading": _loading, "progress": _progress, "text": _text, "step": _step,
    "mask": _mask, "evidence": _evidence, "claim": _claim, "answer": _answer, "end": _end, "error": _error,
    "understood": _understood, "results": _results,
}  # fmt: skip
