"""What the masks say, computed once for each step or pair of steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from terrascope.masks.changes import change
from terrascope.masks.relations import adjacency, distance
from terrascope.masks.types import Adjacency, Change, Distance
from terrascope.reasoning.claim_text import key_of
from terrascope.reasoning.claim_types import StepEvidence

#: Pairs of masks that are related for one text; a text that asks for more has no claims that a person would check.
MOST_PAIRS = 64


class Facts:
    """Measurements of steps and, when first asked for, of pairs of steps."""

    def __init__(self, steps: Sequence[StepEvidence]) -> None:
        self.steps = tuple(steps)
        self.keys = {id(step): key_of(step.label) for step in self.steps}
        self._distances: dict[tuple[int, int], tuple[Distance, ...]] = {}
        self._adjacencies: dict[tuple[int, int], Adjacency] = {}
        self._changes: dict[tuple[int, int], Change] = {}

    def of_key(self, key: str) -> list[StepEvidence]:
        """Steps whose mask is of a class, in order."""
        return [step for step in self.steps if self.keys[id(step)] == key]

    def distances(self, one: StepEvidence, two: StepEvidence) -> tuple[Distance, ...]:
        """Distance of two masks between edges and between pixel centres; none past the limit of pairs."""
        pair = (id(one), id(two))
        if pair not in self._distances:
            if len(self._distances) >= MOST_PAIRS or one.mask.shape != two.mask.shape:
                return ()
            edges = distance(one.related, two.related, one.grid)
            self._distances[pair] = edges, distance(one.related, two.related, one.grid, between="centres")
        return self._distances[pair]

    def adjacency(self, one: StepEvidence, two: StepEvidence) -> Adjacency | None:
        """Adjacency of two masks; None past the limit of pairs."""
        pair = (id(one), id(two))
        if pair not in self._adjacencies:
            if len(self._adjacencies) >= MOST_PAIRS or one.mask.shape != two.mask.shape:
                return None
            self._adjacencies[pair] = adjacency(one.related, two.related, one.grid)
        return self._adjacencies[pair]

    def change(self, before: StepEvidence, after: StepEvidence) -> Change | None:
        """Change from one step's mask to another's; None past the limit of pairs."""
        pair = (id(before), id(after))
        if pair not in self._changes:
            if len(self._changes) >= MOST_PAIRS or before.mask.shape != after.mask.shape:
                return None
            valid = np.ones(before.mask.shape, bool)
            for step in (before, after):
                if step.valid is not None:
                    valid &= step.valid
            self._changes[pair] = change(before.mask, after.mask, valid, before.grid)
        return self._changes[pair]

    def over_time(self, key: str) -> tuple[StepEvidence, StepEvidence] | None:
        """First and last mask of a class, if there are masks of it at different dates or views."""
        found = sorted(self.of_key(key), key=lambda step: (step.date.isoformat() if step.date else "", step.view))
        if len(found) < 2 or (found[0].view, found[0].date) == (found[-1].view, found[-1].date):
            return None
        return found[0], found[-1]


def size(step: StepEvidence) -> float:
    """Area in m2, or pixels where there is no CRS."""
    area = step.measurement.area_m2
    return float(step.measurement.pixels) if area is None else area
