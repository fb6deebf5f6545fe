"""Masks of a network for the classes of a scene, asked for as in stage-1 training: "Please segment the X."."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from terrascope.landcover.words import labels_in
from terrascope.networks.interface import MaskPrediction, Network, Prompt
from terrascope.reasoning.events import MaskReady
from terrascope.reasoning.evidence import MeasuredEvidence
from terrascope.reasoning.loop import reason
from terrascope.scene.types import Affine6, Grid, Role, Scale, Scene, Source, View
from terrascope_lab.cot.scenes import LabelledScene, Mask

#: Classes that are looked for where the data set names none.
COMMON: tuple[str, ...] = (
    "water", "trees", "grass", "cropland", "shrubs", "bare land", "built-up area", "wetland",
)  # fmt: skip


@dataclass
class Annotation:
    """Masks without overlap by label, the network's confidence in each, and the classes that it refused."""

    masks: dict[str, Mask] = field(default_factory=dict)
    confidence: dict[str, float] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)


def annotate(
    network: Network, scene: LabelledScene, labels: Sequence[str], least_confidence: float = 0.0
) -> Annotation:
    """Ask a network for the classes of the first moment of a scene.

    Where two masks claim a pixel, the more probable one has it.

    Parameters
    ----------
    least_confidence
        Masks that the network is less sure of are left out, as if they had not been asked for.
    """
    asked = as_scene(scene)
    found, predictions = Annotation(), {}
    for label in labels:
        prediction = _first_mask(network, asked, label)
        if prediction is None or prediction.confidence < least_confidence:
            found.unknown.append(label)
            continue
        predictions[label] = prediction
        found.confidence[label] = float(prediction.confidence)
    found.masks = _apart(predictions, scene.valid)
    return found


def _first_mask(network: Network, scene: Scene, label: str) -> MaskPrediction | None:
    """The first mask of the chain, if it is of the class that was asked for."""
    evidence = MeasuredEvidence(scene) if network.info.measured_evidence else None
    prompt = Prompt(f"Please segment the {label}.")
    with closing(reason(network, scene, prompt, evidence=evidence)) as events:  # type: ignore[type-var]
        for event in events:
            if isinstance(event, MaskReady):
                same = set(labels_in(event.label)) & set(labels_in(label))
                return event.prediction if same or event.label == label else None
    return None


def _apart(predictions: dict[str, MaskPrediction], valid: Mask) -> dict[str, Mask]:
    best: NDArray[np.float32] = np.zeros(valid.shape, np.float32)
    for prediction in predictions.values():
        best = np.maximum(best, np.where(prediction.mask, prediction.probability, 0))
    masks: dict[str, Mask] = {}
    taken = ~valid
    for label, prediction in predictions.items():
        mask = prediction.mask & (prediction.probability >= best) & ~taken
        masks[label] = mask
        taken = taken | mask
    return masks


def as_scene(scene: LabelledScene) -> Scene:
    """Return the first moment of a labelled scene as networks see it: display values on a plain grid, no CRS."""
    moment = scene.moments[0]
    height, width = scene.valid.shape
    seen = np.ones((height, width), bool)
    views = []
    if moment.optical is not None:
        views.append(_view(scene, moment.optical, Role.OPTICAL, ("red", "green", "blue"), seen))
    if moment.sar is not None:
        views.append(_view(scene, moment.sar[..., :2], Role.SAR, ("vh", "vv"), seen))
    size = None if scene.gsd_m is None else (scene.gsd_m, scene.gsd_m)
    step = scene.gsd_m or 1.0
    return Scene(Grid(width, height, Affine6(step, 0, 0, 0, -step, 0), None), tuple(views), size, size)


def _view(scene: LabelledScene, picture: NDArray[np.uint8], role: Role, bands: tuple[str, ...], seen: Mask) -> View:
    pixels = np.moveaxis(picture, -1, 0).astype(np.float32) / np.float32(255)
    return View(scene.scene_id, role, None, bands, Scale.DISPLAY, pixels, seen, Source(scene.scene_id))
