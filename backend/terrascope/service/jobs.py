"""The work of each job that a client can ask for. One function a job; the server and the command line call them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from terrascope.networks.registry import available_networks, resolve
from terrascope.service import models
from terrascope.service.change import measure_change
from terrascope.service.describe import describe_layers
from terrascope.service.measuring import measured
from terrascope.service.probe import probe_environment
from terrascope.service.recorder import Message
from terrascope.service.request import QuestionRequest, question_request, scene_request
from terrascope.service.run import Cancelled, run_question
from terrascope.service.stdio import Handler, Job
from terrascope.service.workbench import Workbench
from terrascope.trace.types import Trace, all_masks, summary_area, summary_share

Send = Callable[[Message], None]
Check = Callable[[], bool]


@lru_cache(maxsize=1)
def handlers() -> dict[str, Handler]:
    """Return the handlers of this process, with one workbench between them."""
    return make_handlers(Workbench())


def make_handlers(bench: Workbench) -> dict[str, Handler]:
    """Return a handler for each job type; those that use a network share `bench`."""

    def ask(job: Job, send: Send, cancelled: Check) -> None:
        with_cancel(lambda: run_question(question_request(job), send, cancelled, bench), send)

    def segment(job: Job, send: Send, cancelled: Check) -> None:
        def work() -> None:
            ends: list[Message] = []
            trace = run_question(segment_request(job), _all_but_end(send, ends), cancelled, bench)
            if trace.end_reason == "cancelled":
                send(ends[-1])
            else:
                send({"type": "result", "value": result_value(trace, str(ends[-1]["gpkg"]))})

        with_cancel(work, send)

    def change(job: Job, send: Send, cancelled: Check) -> None:
        def work() -> None:
            trace, changes, path = measure_change(segment_request(job), job["phrase"], send, cancelled, bench)
            value = result_value(trace, str(path))
            send({"type": "result", "value": {**value, "changes": changes, **(changes[-1] if changes else {})}})

        with_cancel(work, send)

    return {
        "ask": ask,
        "segment": segment,
        "change": change,
        "describe": _describe,
        "measure": _measure,
        "report": _report,
        "networks": _networks,
        "probe": _probe,
        "models": models.overview,
        "model_info": models.information,
        "import_model": models.import_model,
        "remove_model": models.remove_model,
    }


def with_cancel(work: Callable[[], object], send: Send) -> None:
    """Do the work; if it is stopped before it has anything to show, end it as cancelled."""
    try:
        work()
    except Cancelled:
        send({"type": "end", "reason": "cancelled", "warnings": ["Stopped before the first step."]})


def segment_request(job: Job) -> QuestionRequest:
    """Return the question that asks for the masks of a phrase."""
    phrase = str(job["phrase"]).strip().rstrip(".?!")
    question = f"Please segment the {phrase}." if phrase else ""
    return question_request({**job, "question": question})


def result_value(trace: Trace, gpkg: str) -> dict[str, object]:
    """Return what `segment` and `change` give back of a trace."""
    return {
        "gpkg": gpkg,
        "masks": [
            {"step": step.number, "label": label, "view": step.view, "date": step.date, "derived": derived,
             "area_m2": summary_area(measurements), "share": summary_share(measurements),
             "confidence": None if derived else step.confidence}
            for step in trace.steps
            for label, _, measurements, derived in all_masks(step)
        ],
        "answer": trace.answer.text if trace.answer else None,
        "reason": trace.end_reason,
        "warnings": list(trace.warnings),
    }  # fmt: skip


def _all_but_end(send: Send, ends: list[Message]) -> Send:
    def forward(message: Message) -> None:
        if message["type"] == "end":
            ends.append(message)
        elif message["type"] not in ("claim", "answer"):
            send(message)

    return forward


def _describe(job: Job, send: Send, cancelled: Check) -> None:
    send({"type": "result", "value": describe_layers(scene_request(job))})


def _measure(job: Job, send: Send, cancelled: Check) -> None:
    found = measured(job["mask"])
    value = {"masks": found.masks, "notes": list(found.notes), "total_area_m2": found.total_area_m2}
    send({"type": "result", "value": value})


def _report(job: Job, send: Send, cancelled: Check) -> None:
    from terrascope.trace.report import write_report

    send({"type": "result", "value": {"path": str(write_report(job["gpkg"], job["out"]))}})


def _networks(job: Job, send: Send, cancelled: Check) -> None:
    listed = [each._asdict() for each in available_networks()]
    send({"type": "result", "value": {"networks": listed, "default": resolve(None)}})


def _probe(job: Job, send: Send, cancelled: Check) -> None:
    send({"type": "result", "value": probe_environment()})
