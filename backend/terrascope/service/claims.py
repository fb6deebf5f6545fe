"""The claims of a run's text, checked against its masks, as the trace records them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from terrascope.networks.embedded.evidence_text import SIGNS
from terrascope.scene.types import Scene
from terrascope.service.recorder import Recorder
from terrascope.trace.types import ClaimRecord, Step

if TYPE_CHECKING:
    from terrascope.reasoning.claims import StepEvidence

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
    from terrascope.reasoning.claims import check_claims

    evidence = [each for step in recorder.steps for each in _evidence(recorder, scene, step)]
    if not options and len(evidence) > 1:
        evidence = [_with_body(recorder, each) for each in evidence]
    text = "".join(step.text for step in recorder.steps)
    return tuple(
        ClaimRecord(
            step=claim.step,
            text=claim.text,
            verdict=claim.verdict.value,
            claimed=claim.claimed,
            measured=claim.measured,
            unit=SIGNS.get(claim.unit, claim.unit),
            reason=claim.reason,
        )
        for claim in check_claims(text, evidence, question=question, options=options)
    )


def _with_body(recorder: Recorder, step: StepEvidence) -> StepEvidence:
    """A step as it was related to others: without the specks of a predicted mask."""
    from terrascope.masks.regions import SPECK_PIXELS, without_specks

    if step.step in recorder.given:
        return step
    return replace(step, body=without_specks(step.mask, SPECK_PIXELS)[0])


def _evidence(recorder: Recorder, scene: Scene, step: Step) -> list[StepEvidence]:
    """The masks of a step: its own, and those derived from it (gain, loss)."""
    from terrascope.masks import measure
    from terrascope.reasoning.claims import StepEvidence

    if step.number not in recorder.masks or step.view is None:
        return []
    view, grid = scene.views[step.view], scene.grid
    own = (step.label or UNNAMED, *recorder.masks[step.number])
    derived = [(each.label, each.mask.decode()) for each in step.derived]
    named = [own, *((label, mask, measure(mask, view.valid, grid)) for label, mask in derived)]
    return [
        StepEvidence(step.number, label, mask, measured, grid, step.view, view.date, view.valid)
        for label, mask, measured in named
    ]
