"""Measured evidence: after each mask, what it measures and how it relates to the masks before it, as facts and as
text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from terrascope import large, masks
from terrascope.landcover import LABELS
from terrascope.masks import regions
from terrascope.masks.regions import SPECK_PIXELS
from terrascope.networks.embedded.evidence_text import Facts, write
from terrascope.networks.embedded.question import speaks_of_flood
from terrascope.networks.interface import MaskPrediction
from terrascope.reasoning.events import EvidenceReady
from terrascope.scene.time_points import time_points
from terrascope.scene.types import Scene

Mask = NDArray[np.bool_]

#: Between dates that lie no more days apart, water that was not there before is taken as a flood.
FLOOD_DAYS = 92

_FAR = re.compile(r"\b(distance|far|apart|close|near|away)", re.IGNORECASE)

#: Class labels of the loop -> the words that the embedded model knows them by.
MODEL_WORDS: dict[str, str] = {
    "tree": "trees", "forest": "trees", "crop": "cropland", "farmland": "cropland", "shrub": "shrubs", "bare": "bare land",  # noqa: E501
    "building": "buildings", "road": "roads", "built": "built-up area", "built-up": "built-up area", "cloud": "clouds",
    **{label: label for label in LABELS},
}  # fmt: skip


class Sized(NamedTuple):
    """A mask's share 0..1 of the valid area, area in m2 (None without a CRS), parts, and word for its place."""

    share: float
    area: float | None
    patches: int
    where: str | None
    details: dict[str, object]


class Near(NamedTuple):
    """Whether two masks touch, their common border (m), least distance (m) and in pixels."""

    touching: bool
    border: float | None
    distance: float | None
    distance_px: float | None
    details: dict[str, object]


class Measurer(Protocol):
    """Measures masks of one scene. `view` is an index into its views."""

    def sized(self, mask: Mask, view: int) -> Sized:
        """Measure one mask."""

    def near(self, one: Mask, two: Mask) -> Near:
        """Relate two masks that both hold something."""


@dataclass
class Measured:
    """A mask that was measured."""

    label: str
    view: int
    mask: Mask
    sized: Sized
    given: bool = False


@dataclass
class EvidenceBook:
    """The masks of one answer and the facts that follow from them.

    Parameters
    ----------
    measurer
        Does the measuring.
    time_of
        Time point (0, 1, ...) of each view.
    flood
        Whether water that a later view has and an earlier one has not is to be called a flood.
    least_pixels
        Parts of predicted masks with fewer pixels are left out where two masks are related.
    """

    measurer: Measurer
    time_of: Sequence[int]
    flood: Callable[[int, int], bool] = lambda before, after: False
    least_pixels: int = 0
    steps: list[Measured] = field(default_factory=list)

    def add(
        self, label: str, view: int, mask: Mask, given: bool = False
    ) -> tuple[Facts, dict[str, object], dict[str, object]]:
        """Measure the next mask, predicted or `given`. Returns its facts, plain measurements for the trace, and derived
        masks by name."""
        sized = self.measurer.sized(mask, view)
        step = Measured(label, view, mask, sized, given)
        values: dict[str, object] = {
            "share": sized.share,
            "area": sized.area,
            "patches": sized.patches,
            "where": sized.where if mask.any() else None,
        }
        measurements: dict[str, object] = dict(sized.details)
        derived: dict[str, object] = {}
        before = self.steps[-1] if self.steps else None
        if before is not None and before.view == view and before.label != label:
            values.update(self._relation(step, before, measurements))
        rivals = {s.label: s.sized.share for s in self.steps if s.view == view} | {label: sized.share}
        if len(rivals) > 1:
            values.update(most=max(rivals, key=lambda k: rivals[k]), least=min(rivals, key=lambda k: rivals[k]))
        earlier = [s for s in self.steps if s.label == label and self.time_of[s.view] < self.time_of[view]]
        if earlier:
            values.update(self._change(step, earlier[-1], measurements, derived))
        self.steps.append(step)
        return Facts(**values), measurements, derived  # type: ignore[arg-type]

    def _relation(self, step: Measured, other: Measured, measurements: dict[str, object]) -> dict[str, object]:
        mine, theirs = step.sized, other.sized
        difference = mine.share - theirs.share
        together = self.measurer.sized(large.joined(np.logical_or, step.mask, other.mask), step.view)
        found: dict[str, object] = {
            "other": other.label,
            "order": "equal" if abs(difference) < 5e-6 else "larger" if difference > 0 else "smaller",
            "difference_share": abs(difference),
            "difference_area": None if mine.area is None or theirs.area is None else abs(mine.area - theirs.area),
            "together_share": together.share,
            "together_area": together.area,
        }
        if step.mask.any() and other.mask.any():
            (one, specks), (two, more) = self._body(step), self._body(other)
            near = self.measurer.near(one, two)
            found.update(touching=near.touching, border=near.border if near.touching else None)
            found.update(distance=near.distance, distance_px=None if near.distance is not None else near.distance_px)
            relation: dict[str, object] = {"to": other.label, **near.details}
            if specks or more:
                found["left_out_below"] = relation["left_out_below_px"] = self.least_pixels
                relation["left_out_parts"] = {step.label: specks, other.label: more}
            measurements["relation"] = relation
        return found

    def _body(self, step: Measured) -> tuple[Mask, int]:
        """A mask without its specks, and how many these are."""
        if step.given or self.least_pixels < 2:
            return step.mask, 0
        return regions.without_specks(step.mask, self.least_pixels)

    def _change(
        self, step: Measured, before: Measured, measurements: dict[str, object], derived: dict[str, object]
    ) -> dict[str, object]:
        gain = large.joined(np.greater, step.mask, before.mask)
        loss = large.joined(np.greater, before.mask, step.mask)
        gained, lost = self.measurer.sized(gain, step.view), self.measurer.sized(loss, step.view)
        since = f"t{self.time_of[before.view] + 1}"
        flooded = step.label == "water" and self.flood(before.view, step.view)
        derived["flooded" if flooded else f"{step.label} gained"] = gain
        derived[f"{step.label} lost"] = loss
        measurements["change"] = {"since": since, "gain": gained.details, "loss": lost.details}
        found: dict[str, object] = {
            "since": since,
            "gain_share": gained.share,
            "gain_area": gained.area,
            "loss_share": lost.share,
            "loss_area": lost.area,
            "net_share": gained.share - lost.share,
            "net_area": None if gained.area is None or lost.area is None else gained.area - lost.area,
        }
        others = [s for s in self.steps if s.view == before.view and s.label != step.label]
        if others:
            turned = large.joined(np.logical_and, gain, others[0].mask)
            overlap = self.measurer.sized(turned, step.view)
            found.update(overlap_label=others[0].label, overlap_share=overlap.share, overlap_area=overlap.area)
            derived[f"{others[0].label} turned to {step.label}"] = turned
            measurements["overlap"] = {"with": others[0].label, **overlap.details}
        return found


class SceneMeasurer:
    """Measures on a scene's grid with the mask algebra.

    Parameters
    ----------
    as_benchmark
        Distances as the paper's benchmark defines them: between the masks without their specks (3 x 3 opening), from
        pixel centre to pixel centre. Else from edge to edge of the masks as they are.
    """

    def __init__(self, scene: Scene, as_benchmark: bool = False) -> None:
        self._scene = scene
        self._as_benchmark = as_benchmark

    def sized(self, mask: Mask, view: int) -> Sized:
        """See `Measurer`."""
        found = masks.measure(mask, self._scene.views[view].valid, self._scene.grid)
        share = found.area_share if found.area_share is not None else found.share
        return Sized(share, found.area_m2, found.components, found.where, found.to_dict())

    def near(self, one: Mask, two: Mask) -> Near:
        """See `Measurer`."""
        grid = self._scene.grid
        if self._as_benchmark:
            bodies = regions.opened(one), regions.opened(two)
            if bodies[0].any() and bodies[1].any():
                apart = masks.distance(*bodies, grid, between="centres")
                meeting = masks.adjacency(*bodies, grid)
                found: dict[str, object] = {"adjacency": meeting.to_dict(), "distance": apart.to_dict()}
                return Near(meeting.touches, meeting.border_m, apart.distance_m, apart.distance_px, found)
        border, distance = masks.adjacency(one, two, grid), masks.distance(one, two, grid)
        details: dict[str, object] = {"adjacency": border.to_dict(), "distance": distance.to_dict()}
        return Near(border.touches, border.border_m, distance.distance_m, distance.distance_px, details)


class MeasuredEvidence:
    """The loop's evidence provider: measures each mask of one answer and writes it as text.

    Parameters
    ----------
    scene
        What is asked about.
    question
        Where it speaks of a flood, gained water is called flooded; else only between dates a few months apart.
    options
        Of a multiple-choice question: it is measured as benchmarks are, which for a distance means between the masks
        without what is narrower than three pixels. Without options, parts of predicted masks with fewer than
        `SPECK_PIXELS` pixels are left out of distances, touching and common borders, and the text says so.
    """

    def __init__(self, scene: Scene, question: str = "", options: Sequence[str] = ()) -> None:
        time_of = [0] * len(scene.views)
        for rank, point in enumerate(time_points(scene.views)):
            for view in point:
                time_of[view] = rank
        self._valid = [view.valid for view in scene.views]
        self._views = scene.views
        self._asked = speaks_of_flood(question)
        self._book = EvidenceBook(
            SceneMeasurer(scene, bool(options) and _FAR.search(question) is not None),
            time_of,
            self._is_flood,
            0 if options else SPECK_PIXELS,
        )

    def after_mask(self, step: int, label: str, view: int, prediction: MaskPrediction) -> EvidenceReady:
        """Measure the mask of a step; only valid pixels count."""
        mask = large.within(prediction.mask, self._valid[view])
        facts, measurements, derived = self._book.add(MODEL_WORDS.get(label, label), view, mask, prediction.given)
        return EvidenceReady(step, write(facts), measurements, derived)

    def _is_flood(self, before: int, after: int) -> bool:
        """Floods come and go within months; water that is new after years is a reservoir or a river's new bed."""
        one, two = self._views[before], self._views[after]
        if one.date is None or two.date is None or "year" in (one.date_precision, two.date_precision):
            return self._asked
        return self._asked or abs((two.date - one.date).days) <= FLOOD_DAYS
