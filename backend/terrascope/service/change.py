"""Change of one class over the dates of a scene: a mask a date, and gain, loss and persistence from date to date."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from terrascope.errors import SceneError, TerraScopeError
from terrascope.networks.interface import MaskPrediction, Network, Prompt
from terrascope.reasoning.events import EvidenceReady, MaskReady, StepBegun
from terrascope.reasoning.evidence import MeasuredEvidence
from terrascope.reasoning.loop import reason
from terrascope.reasoning.settings import ReasoningSettings
from terrascope.scene.types import Role, Scene, View
from terrascope.service.recorder import OnMessage, Recorder
from terrascope.service.request import QuestionRequest
from terrascope.service.run import Cancelled, Clock, begin_trace, check_question, prepare
from terrascope.service.workbench import Workbench
from terrascope.trace.geopackage import GeoPackageWriter
from terrascope.trace.jsonable import jsonable
from terrascope.trace.pictures import view_picture
from terrascope.trace.place import ResultPlace
from terrascope.trace.types import Answer, Trace
from terrascope.units import area_text, share_text


def measure_change(
    request: QuestionRequest,
    phrase: str,
    on_message: OnMessage,
    cancelled: Callable[[], bool],
    bench: Workbench,
) -> tuple[Trace, list[dict[str, object]], Path]:
    """Segment a phrase at every date and measure what changed between one date and the next.

    Returns the trace, for each pair of dates an object with `from`, `to`, `gain`, `loss`, `persistent` and the net, and
    the file that they are in.

    Raises
    ------
    SceneError
        If the scene has no two views of one sensor.
    TerraScopeError
        If the network gives no mask for the phrase.
    """
    check_question(request)
    with ResultPlace(request.out) as place:
        clock = Clock()
        scene, network = prepare(bench, request, on_message, cancelled, clock)
        views = dated_views(scene)
        asked = replace(request, question=f"How did {phrase} change?")
        settings = ReasoningSettings.from_mapping(request.settings)
        trace = begin_trace(asked, scene, network, settings.resolved(network.info.defaults))
        pictures = {index: view_picture(view) for index, view in enumerate(scene.views)}
        changes: list[dict[str, object]] = []
        with GeoPackageWriter(place.work, trace, pictures) as writer:
            recorder = Recorder(scene, writer, on_message)
            try:
                _compare(network, scene, views, phrase, request.question, settings, cancelled, recorder, changes)
            except TerraScopeError as error:
                writer.close()
                place.fail(error, writer.trace)
                raise
            except Cancelled:
                writer.close()
                place.leave(writer.trace)
                raise
            answer = Answer(change_text(phrase, changes))
            writer.put_run(replace(writer.trace, answer=answer, end_reason="answered", timings=clock.timings()))
        path, _ = place.finish(writer.trace)
    return writer.trace, changes, path


def _compare(
    network: Network,
    scene: Scene,
    views: list[int],
    phrase: str,
    question: str,
    settings: ReasoningSettings,
    cancelled: Callable[[], bool],
    recorder: Recorder,
    changes: list[dict[str, object]],
) -> None:
    from terrascope.masks import change

    before: MaskPrediction | None = None
    for number, index in enumerate(views, 1):
        recorder.take(StepBegun(number, phrase, index))
        seen = _segment(network, scene, scene.views[index], question, settings, cancelled)
        recorder.take(MaskReady(number, phrase, index, seen))
        if before is not None:
            old, new = scene.views[views[number - 2]], scene.views[index]
            found = change(before.mask, seen.mask, old.valid & new.valid, scene.grid)
            derived = {
                f"{phrase} gain": found.gain_mask,
                f"{phrase} loss": found.loss_mask,
                f"{phrase} persistent": found.persistent_mask,
            }
            figures = jsonable({"from": _name(old), "to": _name(new), **found.to_dict()})
            assert isinstance(figures, dict)  # nosec B101
            changes.append(figures)
            recorder.take(EvidenceReady(number, "", {}, derived))
        before = seen
    recorder.flush()


def change_text(phrase: str, changes: list[dict[str, Any]]) -> str:
    """Say in a sentence what changed from the first date to the last, and from each to the next."""
    parts = []
    for each in changes:
        gain, loss, net = each["gain"], each["loss"], each["net_area_m2"]
        if net is None:
            sizes = [share_text(each[name]["share"]) for name in ("gain", "loss")]
            balance = f"{100 * each['net_share']:+.1f} % of the image"
        else:
            sizes = [area_text(gain["area_m2"]), area_text(loss["area_m2"])]
            balance = f"{'-' if net < 0 else '+'}{area_text(abs(net))}"
        parts.append(f"{each['from']} to {each['to']}: gained {sizes[0]}, lost {sizes[1]}, net {balance}")
    return f"{phrase}: " + "; ".join(parts)


def dated_views(scene: Scene) -> list[int]:
    """Return the views to compare, the earliest first: the optical ones, or the SAR ones where there are no two."""
    for role in (Role.OPTICAL, Role.SAR):
        found = [index for index, view in enumerate(scene.views) if view.role is role]
        if len(found) >= 2:
            # Views without a date keep their place in the order of the layers.
            if all(scene.views[index].date is not None for index in found):
                found.sort(key=lambda index: str(scene.views[index].date))
            return found
    raise SceneError("Change needs two images of the same kind, one a date.", "Choose at least two layers.")


def _segment(
    network: Network,
    scene: Scene,
    view: View,
    question: str,
    settings: ReasoningSettings,
    cancelled: Callable[[], bool],
) -> MaskPrediction:
    alone = replace(scene, views=(view,))
    events = reason(network, alone, Prompt(question), settings, evidence=MeasuredEvidence(alone), cancelled=cancelled)
    found = [event.prediction for event in events if isinstance(event, MaskReady)]
    if cancelled():
        raise Cancelled
    if not found:
        raise TerraScopeError(
            f"The network {network.info.name!r} gave no mask for {question!r} on {view.name!r}.",
            "Name a land cover, such as water, forest or buildings.",
        )
    mask = np.any([each.mask for each in found], axis=0) & view.valid
    probability = np.max([each.probability for each in found], axis=0)
    return MaskPrediction(mask, probability, float(np.mean([each.confidence for each in found])))


def _name(view: View) -> str:
    return view.date_text or view.name
