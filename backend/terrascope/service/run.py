"""One question from request to answer: scene, network, reasoning, evidence, claims, trace, messages."""

from __future__ import annotations

import importlib.metadata
import logging
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import terrascope
from terrascope import large
from terrascope.errors import TerraScopeError, TraceError
from terrascope.networks import stopping
from terrascope.networks.interface import Network, Prompt
from terrascope.networks.progress import listening
from terrascope.networks.registry import resolve
from terrascope.process_memory import own_peak_mb
from terrascope.questions.evaluate import Result
from terrascope.questions.query import Query, data
from terrascope.questions.tables import result_rows, text_rows
from terrascope.questions.wording import Wording
from terrascope.reasoning.events import AnswerReady, Ended, EndReason
from terrascope.reasoning.evidence import MeasuredEvidence
from terrascope.reasoning.loop import EvidenceProvider, reason
from terrascope.reasoning.program import Program
from terrascope.reasoning.settings import ReasoningSettings, ResolvedSettings
from terrascope.scene.types import Scene
from terrascope.service.asked import Asked, asked
from terrascope.service.claims import claims_of
from terrascope.service.recorder import Message, OnMessage, Recorder
from terrascope.service.request import QuestionRequest
from terrascope.service.workbench import Workbench
from terrascope.trace.geopackage import GeoPackageWriter
from terrascope.trace.jsonable import jsonable
from terrascope.trace.pictures import view_picture
from terrascope.trace.place import ResultPlace
from terrascope.trace.types import ClaimRecord, GridRecord, InputRecord, NetworkRecord, ResultRow, Trace

log = logging.getLogger(__name__)

#: Packages whose versions a trace records, where they are installed.
_RECORDED = ("numpy", "rasterio", "pyproj", "shapely", "scipy", "onnxruntime", "torch", "transformers", "tokenizers")


#: Characters of a question or an option, and options, that are read.
MAX_QUESTION, MAX_OPTIONS = 4000, 26


class Cancelled(Exception):
    """The user stopped the job before it had anything to show."""


def run_question(
    request: QuestionRequest,
    on_message: OnMessage,
    cancelled: Callable[[], bool] = lambda: False,
    workbench: Workbench | None = None,
) -> Trace:
    """Ask a question, and write the result as it comes.

    Parameters
    ----------
    on_message
        Takes each protocol message (without the job's id) as it happens; the last one is `end`.
    cancelled
        Asked at every token.
    workbench
        Keeps networks and scene for the next question.

    Raises
    ------
    TerraScopeError
        If the layers, the network or the file cannot be used. What was written until then stays.
    Cancelled
        If it was stopped before the first step.
    """
    clock = Clock()
    bench = workbench or Workbench()
    check_question(request)
    settings = ReasoningSettings.from_mapping(request.settings)
    with ResultPlace(request.out) as place:
        scene, network = prepare(bench, request, on_message, cancelled, clock)
        with clock.part("reading_s"):
            plan = asked(request, scene, network)
        if plan is not None:
            on_message(understood_message(plan))
        trace = begin_trace(request, scene, network, settings.resolved(network.info.defaults))
        if plan is not None:
            trace = replace(trace, understood=plan.text, query=plan.query_data)
        with clock.part("pictures_s"):
            pictures = {index: view_picture(view) for index, view in enumerate(scene.views)}
        with GeoPackageWriter(place.work, trace, pictures) as writer:
            recorder = Recorder(scene, writer, on_message)
            try:
                with clock.part("reasoning_s"), listening(_progress(on_message, lambda: False)):
                    if plan is None:
                        _reason(network, scene, request, settings, recorder, cancelled)
                    else:
                        _run_query(plan, request.question, recorder, cancelled)
            except TerraScopeError as error:
                _record_failure(recorder, writer, error, clock)
                writer.close()
                place.fail(error, writer.trace)
                raise
            if plan is not None:
                writer.put_results(result_rows_of(plan))
                if plan.query is not None and plan.program.result is not None:
                    on_message(results_message(plan.query, plan.program.result, plan.program))
            end = _conclude(recorder, writer, scene, network, on_message, clock, checked=plan is None)
        path, warning = place.finish(writer.trace)
    on_message({**end, "gpkg": str(path), "warnings": [*writer.trace.warnings, *([warning] if warning else [])]})
    return writer.trace


def check_question(request: QuestionRequest) -> None:
    """Refuse a question that is empty or endless.

    Raises
    ------
    TerraScopeError
        If it is.
    """
    if not request.question:
        raise TerraScopeError("There is no question.", "Write one.")
    for text, what in ((request.question, "question"), *((option, "option") for option in request.options)):
        if len(text) > MAX_QUESTION:
            raise TerraScopeError(
                f"The {what} has {len(text):,} characters; {MAX_QUESTION:,} are read.", "Write a shorter one."
            )
    if len(request.options) > MAX_OPTIONS:
        raise TerraScopeError(f"There are {len(request.options)} options; {MAX_OPTIONS} are read.", "Give fewer.")


def _record_failure(recorder: Recorder, writer: GeoPackageWriter, error: TerraScopeError, clock: Clock) -> None:
    try:
        recorder.flush()
        writer.put_run(replace(writer.trace, end_reason="error", warnings=(str(error),), timings=clock.timings()))
    except TraceError:  # the disk is full, or another program holds the file: what failed first is what is told
        log.warning("the failure cannot be noted in %s", writer.path, exc_info=True)


def prepare(
    bench: Workbench,
    request: QuestionRequest,
    on_message: OnMessage,
    cancelled: Callable[[], bool],
    clock: Clock | None = None,
) -> tuple[Scene, Network]:
    """Open the scene and load the network, with their messages.

    Raises
    ------
    Cancelled
        If it was stopped between the two, or after them.
    """
    clock = clock or Clock()
    with clock.part("scene_s"):
        scene = bench.scene(request.scene, _progress(on_message, cancelled))
    on_message(scene_message(scene))
    _stop_if(cancelled)
    name = resolve(request.network)
    if not bench.has_network(request.network, request.device, request.precision):
        on_message({"type": "loading", "network": name, "message": f"Loading the network {Path(name).name!r}"})
    with clock.part("load_s"):
        network = bench.network(request.network, request.device, request.precision)
    _stop_if(cancelled)
    return scene, network


def scene_message(scene: Scene) -> Message:
    """Return the `scene` message of an opened scene."""
    grid = scene.grid
    views = [
        {"name": each.name, "role": each.role.value, "date": each.date_text,
         "bands": list(each.bands), "scale": each.scale.value, "sensor": each.source.sensor, "path": each.source.path}
        for each in scene.views
    ]  # fmt: skip
    return {
        "type": "scene", "width": grid.width, "height": grid.height, "views": views, "notes": list(scene.notes),
        "tiled": scene.tiled, "crs": grid.crs, "gsd_m": list(scene.gsd_m) if scene.gsd_m else None,
        "native_gsd_m": list(scene.native_gsd_m) if scene.native_gsd_m else None, "transform": list(grid.transform),
    }  # fmt: skip


def begin_trace(request: QuestionRequest, scene: Scene, network: Network, settings: ResolvedSettings) -> Trace:
    """Return the trace as it stands before the first step."""
    info = network.info
    return Trace(
        question=request.question,
        options=request.options,
        grid=_grid_record(scene),
        inputs=tuple(
            InputRecord(
                name=view.name, role=view.role.value, path=view.source.path,
                date=view.date_text, bands=tuple(view.bands), scale=view.scale.value,
                sha256=view.source.sha256, sensor=view.source.sensor, sensor_reason=view.source.sensor_reason,
                native_pixel_size=_pair(view.source.native_pixel_size), notes=tuple(view.source.notes),
            )
            for view in scene.views
        ),
        network=NetworkRecord(
            info.name, info.version, info.weights_sha256, info.device, info.dtype, _settings(request, settings)
        ),
        versions=_versions(),
    )  # fmt: skip


def _reason(
    network: Network,
    scene: Scene,
    request: QuestionRequest,
    settings: ReasoningSettings,
    recorder: Recorder,
    cancelled: Callable[[], bool],
) -> None:
    prompt = Prompt(request.question, request.options)
    evidence = evidence_for(scene, prompt)
    try:
        with large.interrupted_by(stopping.check):
            for event in reason(network, scene, prompt, settings, evidence=evidence, cancelled=cancelled):
                recorder.take(event)
    except stopping.Interrupted:  # while a large mask was measured or outlined
        recorder.cut_off()


def _run_query(plan: Asked, question: str, recorder: Recorder, cancelled: Callable[[], bool]) -> None:
    """Run the query of a question, or say why there is none."""
    if plan.query is None:
        recorder.take(AnswerReady(plan.refusal(question)))
        recorder.take(Ended(EndReason.ABSTAINED))
        return
    try:
        with large.interrupted_by(stopping.check):
            for event in plan.program.events(plan.query, plan.note, cancelled):
                recorder.take(event)
    except stopping.Interrupted:
        recorder.cut_off()


def understood_message(plan: Asked) -> Message:
    """Return the `understood` message: what the question was taken to mean, and what of it was not used."""
    wording = Wording("en", tuple(plan.program.ground.dates), plan.program.has_metres)
    nearest = [
        {"text": replace(wording, language=each.language).query(each), "query": data(each)}
        for each in plan.understood.nearest
    ]
    return {
        "type": "understood", "text": plan.text, "query": plan.query_data, "not_used": list(plan.not_used),
        "nearest": nearest, "reason": plan.understood.reason, "reader": plan.understood.reader,
    }  # fmt: skip


def results_message(query: Query, result: Result, program: Program) -> Message:
    """Return the `results` message: the values as text, a row a zone, date or class."""
    wording = Wording(query.language, tuple(program.ground.dates), program.has_metres)
    columns = ["", *(wording.measure(each) for each in query.measures)]
    return {
        "type": "results",
        "columns": columns,
        "rows": [list(row) for row in text_rows(query, result, program.has_metres)],
    }


def result_rows_of(plan: Asked) -> tuple[ResultRow, ...]:
    """Return the values of a query that was run; none where it was not."""
    if plan.query is None or plan.program.result is None:
        return ()
    metres = plan.program.has_metres
    wording = Wording("en", tuple(plan.program.ground.dates), metres)
    names = [wording.measure(each) for each in plan.query.measures]
    return tuple(ResultRow(**row) for row in result_rows(plan.query, plan.program.result, names, metres))


def evidence_for(scene: Scene, prompt: Prompt) -> EvidenceProvider:
    """Return what measures each mask; a trace keeps relations and changes also where the network does not read them."""
    return MeasuredEvidence(scene, prompt.question, prompt.options)


def _conclude(
    recorder: Recorder,
    writer: GeoPackageWriter,
    scene: Scene,
    network: Network,
    on_message: OnMessage,
    clock: Clock,
    checked: bool = True,
) -> Message:
    """Write what is known at the end; return the message that says so, without the file's last name.

    Statements are `checked` against the masks where a network wrote them; an answer that is made of measured values has
    none that could differ.
    """
    ended = recorder.ended
    assert ended is not None, "the loop always ends with Ended"  # nosec B101
    claims: tuple[ClaimRecord, ...] = ()
    if checked and ended.reason is not EndReason.CANCELLED:  # whoever stops does not wait
        with clock.part("claims_s"):
            claims = claims_of(recorder, scene, writer.trace.question, writer.trace.options)
    if claims:
        writer.put_claims(claims)
    for claim in claims:
        on_message(_claim_message(claim))
    answer = recorder.answer
    if answer is not None:
        on_message({"type": "answer", "text": answer.text, "choice": answer.choice, "confidence": answer.confidence})
    warnings = (*ended.warnings, *_contradictions(claims))
    writer.put_run(
        replace(writer.trace, answer=answer, end_reason=ended.reason.value, warnings=warnings, timings=clock.timings())
    )
    end: Message = {
        "type": "end", "reason": ended.reason.value,
        "seconds": clock.timings()["total_s"], "device": network.info.device, "network": network.info.name,
    }  # fmt: skip
    peak = own_peak_mb()
    if peak is not None:
        end["peak_mb"] = peak
    return end


def _contradictions(claims: tuple[ClaimRecord, ...]) -> tuple[str, ...]:
    """One sentence for the user where the text says other than its own masks."""
    number = sum(claim.verdict == "contradicted" for claim in claims)
    if number == 0:
        return ()
    said = "1 statement of the text contradicts" if number == 1 else f"{number} statements of the text contradict"
    return (f"{said} the masks: trust the measured values, and look at the checks.",)


def _claim_message(claim: ClaimRecord) -> Message:
    return {
        "type": "claim", "step": claim.step, "text": claim.text, "verdict": claim.verdict, "claimed": claim.claimed,
        "measured": claim.measured, "unit": claim.unit, "reason": claim.reason,
    }  # fmt: skip


def _grid_record(scene: Scene) -> GridRecord:
    grid = scene.grid
    a, b, c, d, e, f = (float(each) for each in grid.transform)
    return GridRecord(
        grid.width, grid.height, (a, b, c, d, e, f), grid.crs, _pair(scene.gsd_m), _pair(scene.native_gsd_m),
        scene.tiled, tuple(scene.notes),
    )  # fmt: skip


def _settings(request: QuestionRequest, settings: ResolvedSettings) -> dict[str, object]:
    values: dict[str, object] = {**settings.to_dict(), "max_size": request.scene.max_size}
    if request.precision:
        values["precision"] = request.precision
    if request.scene.area is not None:
        values["area"] = request.scene.area
    plain = jsonable(values)
    assert isinstance(plain, dict)  # nosec B101
    return plain


def _pair(value: tuple[float, float] | None) -> tuple[float, float] | None:
    return None if value is None else (float(value[0]), float(value[1]))


def _versions() -> dict[str, str]:
    found = {"terrascope": terrascope.__version__, "python": platform.python_version(), "system": platform.platform()}
    for package in _RECORDED:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _progress(on_message: OnMessage, cancelled: Callable[[], bool]) -> Callable[[float, str], None]:
    """Return a function that passes progress on, ten times a second at most, and raises Cancelled to end it."""
    last = 0.0

    def tell(fraction: float, message: str) -> None:
        nonlocal last
        _stop_if(cancelled)
        now = time.monotonic()
        if now - last >= 0.1:
            last = now
            on_message({"type": "progress", "fraction": min(max(float(fraction), 0.0), 1.0), "message": message})

    return tell


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise Cancelled


class Clock:
    """Seconds of the run's parts."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._parts: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._parts[name] = round(time.perf_counter() - begin, 3)

    def timings(self) -> Mapping[str, float]:
        return {**self._parts, "total_s": round(time.perf_counter() - self._start, 3)}
