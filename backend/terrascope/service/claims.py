"""The claims of a run's text, checked against its masks, as the trace records them."""

from __future__ import annotations

from terrascope.scene.types import Scene
from terrascope.service.recorder import Recorder
from terrascope.trace.types import ClaimRecord, Step

#: How a mask is called whose text names nothing.
UNNAMED = "region"


def claims_of(
    recorder: Recorder, scene: Scene, question: str = "", options: tuple[str, ...] = ()
) -> tuple[ClaimRecord, ...]:
    """Check every claim of the text that the network wrote; measured evidence that it was given is no claim.

    Parameters
    ----------
    recorder
        The run, at its end.
    scene
        What was asked about.
    question, options
        What was asked: it says what a bare answer ("Yes", "B", "32 %") is about.
    """
    from terrascope.reasoning.claims import StepEvidence, check_claims

    evidence: list[StepEvidence] = []
    for step in recorder.steps:
        evidence.extend(_evidence(recorder, scene, step))
    text = "".join(step.text for step in recorder.steps)
    return tuple(
        ClaimRecord(
            step=claim.step,
            text=claim.text,
            verdict=claim.verdict.value,
            claimed=claim.claimed,
            measured=claim.measured,
            unit=claim.unit,
            reason=claim.reason,
        )
        for claim in check_claims(text, evidence, question=question, options=options)
    )


def _evidence(recorder: Recorder, scene: Scene, step: Step) -> list:
    from terrascope.masks import measure
    from terrascope.reasoning.claims import StepEvidence

    mask = recorder.masks.get(step.number)
    if mask is None or step.view is None:
        return []
    view = scene.views[step.view]
    named = [(step.label or UNNAMED, mask), *((each.label, each.mask.decode()) for each in step.derived)]
    return [
        StepEvidence(
            step.number, label, each, measure(each, view.valid, scene.grid), scene.grid, step.view, view.date, view.valid
        )
        for label, each in named
    ]
