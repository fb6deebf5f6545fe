"""From the encoder's probabilities to what a question asks: one kind, as many classes as it needs, unit, date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from terrascope.networks.embedded.purposes import PURPOSES, THREATS

Floats = NDArray[np.float32]

#: Below these probabilities the model does not know what is asked, or about which class.
SURE_KIND, SURE_CLASS = 0.15, 0.3
#: The same for the kind where no class is named.
SURE_NAMELESS = 0.25
#: From this probability of all refusals together on, a question is turned away.
SURE_REFUSAL = 0.5
#: What a known word that names a class adds to its probability.
_NAMED = 0.4
#: `classes` of a kind that takes one class or two, or two and more.
ONE_OR_TWO, TWO_OR_MORE = -2, -1
#: Kinds that need two time points. With one, another kind of at least this probability is taken instead.
TWO_DATES = frozenset({"change", "gain", "loss", "flooded_class", "change_any"})
_SECOND_BEST = 0.3
#: A kind that needs another number of classes than are named is this much less likely.
_MISFIT = 0.6
#: A purpose is this much less likely where its evidence is named.
_ITSELF = 0.5


class Limit(NamedTuple):
    """A share 0..1 that a question names, and whether it asks for more than that."""

    share: float
    above: bool

    def met_by(self, share: float) -> bool:
        """Whether a share is on the side that is asked for."""
        return share > self.share if self.above else share < self.share


class Reading(NamedTuple):
    """What a question asks, as read: names, how sure the kind is (0..1), and a limit that it names (kind "limit")."""

    kind: str
    labels: tuple[str, ...]
    unit: str
    early: bool
    sure: float
    limit: Limit | None = None


def reading_of(
    probabilities: Floats, manifest: Mapping[str, Any], named: Sequence[str] = (), dates: int = 2, plain: bool = False
) -> Reading:
    """Return the most probable reading that hangs together.

    Parameters
    ----------
    probabilities
        float32 [kinds + 2 x labels + units + 1]: kind, first class, other classes, unit, first date.
    manifest
        `kinds`, `labels`, `units` in that order, and `classes`: how many classes a kind needs, or which ones it has.
    named
        Classes that the question names in known words.
    dates
        Time points of the scene: a change cannot be seen in one.
    plain
        The question is made of nothing but known words (`question.ReadQuestion`), so that it is not turned away.
    """
    kinds, labels, units = (list(manifest[name]) for name in ("kinds", "labels", "units"))
    ends = np.cumsum([len(kinds), len(labels), len(labels), len(units)])
    of_kind, first, others, of_unit, early = np.split(probabilities, ends)
    fits = [_fit(manifest["classes"].get(kind, 1), named) * _aims(kind, named) for kind in kinds]
    found = (of_kind * np.array(fits, np.float32)).astype(np.float32)
    answers = [value for value, kind in zip(found, kinds) if not kind.startswith("refuse")]
    if plain and max(answers) < SURE_KIND:  # nothing but classes to go by: take a kind that needs as many
        found *= np.array([manifest["classes"].get(kind, 1) == len(named) for kind in kinds], np.float32)
    kind, sure = _kind(found, kinds, dates, plain, bool(named))
    chosen: tuple[str, ...] | None = ()
    if not kind.startswith("refuse"):
        chosen = _classes(manifest["classes"].get(kind, 1), first, others, labels, named)
    if chosen and kind in THREATS:
        chosen = _in_danger(kind, chosen)
    if chosen is None:
        kind, chosen = "refuse_class", ()
    return Reading(kind, chosen, units[int(of_unit.argmax())], bool(early[0] > 0.5), sure)


def _fit(wanted: int | Sequence[str], named: Sequence[str]) -> float:
    """How well the number of classes that a question names goes with what a kind of question needs, 0..1."""
    if len(named) == 2 and (not isinstance(wanted, int) or wanted in (0, 1)):
        return _MISFIT
    return _MISFIT if len(named) == 1 and wanted == 2 else 1.0


def _aims(kind: str, named: Sequence[str]) -> float:
    """How well a purpose goes with a question that names the very class that would be its evidence: such a question is
    rather about the class itself ("could there be farmland here")."""
    itself = len(named) == 1 and kind.startswith("suit_") and named[0] in PURPOSES[kind].classes
    return _ITSELF if itself else 1.0


def _in_danger(kind: str, chosen: Sequence[str]) -> tuple[str, str]:
    """What threatens and what is threatened: where people live, unless something else is named."""
    danger, people = PURPOSES[kind].classes
    return danger, next((label for label in chosen if label != danger), people)


def _kind(found: Floats, kinds: Sequence[str], dates: int, plain: bool, names: bool) -> tuple[str, float]:
    """The most probable kind. Turning a question away takes more: the refusals together must be likely."""
    refuses = sum(float(value) for value, kind in zip(found, kinds) if kind.startswith("refuse"))
    answers = [rank for rank in map(int, np.argsort(-found)) if not kinds[rank].startswith("refuse")]
    best = answers[0]
    if not plain and (refuses >= SURE_REFUSAL or found[best] < (SURE_KIND if names else SURE_NAMELESS)):
        refusal = max(("refuse_unseen", "refuse_class"), key=lambda kind: _of(found, kinds, kind))
        return refusal, refuses
    if dates == 1 and kinds[best] in TWO_DATES:
        rest = next(rank for rank in answers if kinds[rank] not in TWO_DATES)
        if found[rest] < min(_SECOND_BEST, float(found[best]) / 2):
            return "refuse_dates", float(found[best])
        best = rest
    return kinds[best], float(found[best])


def _of(found: Floats, kinds: Sequence[str], kind: str) -> float:
    return float(found[kinds.index(kind)]) if kind in kinds else 0.0


def _classes(
    wanted: int | Sequence[str], first: Floats, others: Floats, labels: Sequence[str], named: Sequence[str]
) -> tuple[str, ...] | None:
    """The classes of a question, None if one that is needed is not sure."""
    if not isinstance(wanted, int):
        return tuple(wanted)
    if wanted == 0:
        return ()
    if len(named) == wanted:
        return _leading([labels.index(label) for label in named], first, labels, named, wanted)
    score = np.maximum(first, others) + np.array([_NAMED * (label in named) for label in labels], np.float32)
    order = [int(rank) for rank in np.argsort(-score)]
    least = {TWO_OR_MORE: 2, ONE_OR_TWO: 1}.get(wanted, wanted)
    most = {TWO_OR_MORE: len(labels), ONE_OR_TWO: 2}.get(wanted, wanted)
    chosen = [rank for place, rank in enumerate(order[:most]) if place < least or score[rank] > 0.5]
    if any(score[rank] < SURE_CLASS for rank in chosen[:1]) or any(score[rank] < SURE_CLASS / 2 for rank in chosen):
        return None
    return _leading(chosen, first, labels, named, wanted)


def _leading(
    chosen: Sequence[int], first: Floats, labels: Sequence[str], named: Sequence[str], wanted: int
) -> tuple[str, ...]:
    """The class that is asked about first, then the others in the order of the question."""
    lead = max(chosen, key=lambda rank: (round(float(first[rank]), 1), -_place(labels[rank], named)))
    rest = [rank for rank in chosen if rank != lead]
    rest.sort(key=lambda rank: rank if wanted == TWO_OR_MORE else _place(labels[rank], named))
    return tuple(labels[rank] for rank in (lead, *rest))


def _place(label: str, named: Sequence[str]) -> int:
    return named.index(label) if label in named else len(named)


def as_vector(reading: Reading, manifest: Mapping[str, Any]) -> Floats:
    """Return a reading as the decoder takes it: ones and zeros in the order of `reading_of`."""
    kinds, labels, units = (list(manifest[name]) for name in ("kinds", "labels", "units"))
    found = np.zeros(len(kinds) + 2 * len(labels) + len(units) + 1, np.float32)
    found[kinds.index(reading.kind)] = 1
    for rank, label in enumerate(reading.labels):
        found[len(kinds) + labels.index(label) + (len(labels) if rank else 0)] = 1
    found[len(kinds) + 2 * len(labels) + units.index(reading.unit)] = 1
    found[-1] = reading.early
    return found
