"""From the encoder's probabilities to what a question asks: one kind, as many classes as it needs, unit, date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Below these probabilities the model does not know what is asked, or about which class.
SURE_KIND, SURE_CLASS = 0.25, 0.3


class Reading(NamedTuple):
    """What a question asks, as read: names, and how sure the kind is (0..1)."""

    kind: str
    labels: tuple[str, ...]
    unit: str
    early: bool
    sure: float


def reading_of(probabilities: NDArray[np.float32], manifest: Mapping[str, Any], named: Sequence[str] = ()) -> Reading:
    """Return the most probable reading that hangs together.

    Parameters
    ----------
    probabilities
        float32 [kinds + 2 x labels + units + 1]: kind, first class, other classes, unit, first date.
    manifest
        `kinds`, `labels`, `units` in that order, and `classes`: how many classes a kind needs, or which ones it has.
    named
        Classes that the question names in known words; they decide where they are as many as the kind needs.
    """
    kinds, labels, units = (list(manifest[name]) for name in ("kinds", "labels", "units"))
    ends = np.cumsum([len(kinds), len(labels), len(labels), len(units)])
    of_kind, first, others, of_unit, early = np.split(probabilities, ends)
    kind = kinds[int(of_kind.argmax())]
    sure = float(of_kind.max())
    if sure < SURE_KIND:
        kind = "refuse_unseen"
    wanted = manifest["classes"].get(kind, 1)
    if isinstance(wanted, int) and (len(named) == wanted > 0 or (wanted == -1 and len(named) > 1)):
        lead, *rest = named
        chosen: tuple[str, ...] | None = (lead, *(sorted(rest, key=labels.index) if wanted == -1 else rest))
    else:
        chosen = _classes(wanted, first, others, labels)
    if chosen is None:
        kind, chosen = "refuse_class", ()
    return Reading(kind, chosen, units[int(of_unit.argmax())], bool(early[0] > 0.5), sure)


def _classes(
    wanted: int | Sequence[str], first: NDArray[np.float32], others: NDArray[np.float32], labels: Sequence[str]
) -> tuple[str, ...] | None:
    """The classes of a question; -1 means two or more. None if a class that is needed is not sure."""
    if not isinstance(wanted, int):
        return tuple(wanted)
    if wanted == 0:
        return ()
    lead = int(first.argmax())
    if first[lead] < SURE_CLASS:
        return None
    rest = [i for i in np.argsort(-others) if i != lead]
    if wanted == -1:
        rest = sorted(i for i in rest if others[i] > 0.5) or rest[:1]
    else:
        rest = rest[: wanted - 1]
        if any(others[i] < SURE_CLASS * 0.6 for i in rest):
            return None
    return tuple(labels[i] for i in (lead, *rest))


def as_vector(reading: Reading, manifest: Mapping[str, Any]) -> NDArray[np.float32]:
    """Return a reading as the decoder takes it: ones and zeros in the order of `reading_of`."""
    kinds, labels, units = (list(manifest[name]) for name in ("kinds", "labels", "units"))
    found = np.zeros(len(kinds) + 2 * len(labels) + len(units) + 1, np.float32)
    found[kinds.index(reading.kind)] = 1
    for rank, label in enumerate(reading.labels):
        found[len(kinds) + labels.index(label) + (len(labels) if rank else 0)] = 1
    found[len(kinds) + 2 * len(labels) + units.index(reading.unit)] = 1
    found[-1] = reading.early
    return found
