"""A query as reasoning: every region is a step with a mask, and the answer is measured from the masks.

The events are those of the token loop, so that trace, GeoPackage, panel and report take both alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from terrascope.errors import TerraScopeError
from terrascope.networks import stopping
from terrascope.networks.interface import MaskPrediction, ModelInterval
from terrascope.questions import query as q
from terrascope.questions.answers import answer_text
from terrascope.questions.evaluate import Evaluator, Result
from terrascope.questions.regions import Ground, RegionError
from terrascope.questions.tables import kind_of, written
from terrascope.questions.wording import Wording, phrase, reason_text, sentence
from terrascope.reasoning.events import AnswerReady, Ended, EndReason, Event, MaskReady, StepBegun, TextPiece
from terrascope.units import share_text

#: Masks that a query may have; more are refused with the number.
MOST_STEPS = 200
#: Regions that are places and not ground of some kind: no steps of their own.
_PLACES = (q.Everything, q.Within, q.Polygon, q.Features)
#: A share of the image that was not observed is said from this on.
_HIDDEN = 0.005


class SteppedGround(Ground, Protocol):
    """A ground whose classes have probabilities and whose dates are views of a scene."""

    def probability(self, name: str, date: str) -> NDArray[np.float32]:
        """Of a class, float32 [H, W]."""

    def model_interval(self, name: str, date: str) -> ModelInterval | None:
        """Of the share of a class."""

    def view_of(self, date: str) -> int:
        """Index of the view that shows a date."""


@dataclass(frozen=True)
class PlannedStep:
    """A region whose mask is drawn, and the date that it is of."""

    region: q.Region
    date: str


@dataclass
class Program:
    """Runs queries on one scene.

    Attributes
    ----------
    ground
        Masks and values by class and date.
    grounds
        The same with classes held back and favoured: what the masks could as well have been. Empty: how sure an answer
        is, is not known.
    """

    ground: SteppedGround
    has_metres: bool
    grounds: Sequence[Ground] = ()
    result: Result | None = None

    def events(self, query: q.Query, words: str = "", cancelled: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        """Yield the steps of a query as they are drawn, the answer and the end.

        Parameters
        ----------
        words
            A sentence about words of the question that were not used; it is said with the answer.
        """
        evaluator = Evaluator(self.ground)
        wording = Wording(query.language, tuple(self.ground.dates), self.has_metres)
        number = 0
        try:
            with stopping.watch(cancelled):
                for planned in steps_of(query, evaluator):
                    if cancelled():
                        raise stopping.Interrupted
                    mask = evaluator.masks.mask(planned.region, planned.date)
                    number += 1
                    yield from self._step(number, planned, mask, wording)
                self.result = evaluator.run(query)
                text = answer_text(query, self.result, self.ground.dates, self.has_metres)
                sure = self._certainty(query)
        except stopping.Interrupted:
            yield Ended(EndReason.CANCELLED, ("Stopped before the answer.",))
            return
        except RegionError as error:
            yield AnswerReady(refusal_text(error.reason, query.language, str(error)))
            yield Ended(EndReason.ABSTAINED, (str(error),))
            return
        more = (self._interval(evaluator, query), self._hidden(evaluator, query), words)
        text = " ".join(each for each in (text, *more) if each)
        yield AnswerReady(text, None, sure)
        yield Ended(EndReason.ANSWERED)

    def _step(self, number: int, planned: PlannedStep, mask: NDArray[np.bool_], wording: Wording) -> Iterator[Event]:
        label = Wording("en", wording.dates, wording.has_metres).region(planned.region)
        view = self.ground.view_of(planned.date)
        dated = f", {planned.date}" if len(self.ground.dates) > 1 and not _is_change(planned.region) else ""
        key = "find" if isinstance(planned.region, q.Cover) else "derive"
        said = phrase(key, wording.language, of=f"{wording.region(planned.region)}{dated}")
        yield TextPiece(number, sentence(said, wording.language) + " [SEG]\n")
        yield StepBegun(number, label, view, region=q.data(planned.region))
        if not isinstance(planned.region, q.Cover):
            prediction = MaskPrediction(mask, mask.astype(np.float32), float("nan"))
            yield MaskReady(number, label, view, prediction, derived=True)
            return
        probability = self.ground.probability(planned.region.name, planned.date)
        sure = float(probability.mean(where=mask)) if mask.any() else float("nan")
        interval = self.ground.model_interval(planned.region.name, planned.date)
        yield MaskReady(number, label, view, MaskPrediction(mask, probability, sure, model_interval=interval))

    def _certainty(self, query: q.Query) -> float | None:
        """How much (0..1) of what the masks could as well have been leads to the same answer."""
        if not self.grounds or self.result is None:
            return None
        try:
            others = [Evaluator(ground).run(query) for ground in self.grounds]
        except RegionError:
            return None
        return agreement([self.result, *others])

    def _interval(self, evaluator: Evaluator, query: q.Query) -> str:
        """The model interval of a share or an area of one class in the whole image."""
        measure = query.measures[0]
        if self.result is None or len(query.measures) > 1 or query.by is not None or query.inside is not None:
            return ""
        if isinstance(query.test, q.Compared):  # of one of the two it would say too much
            return ""
        if not isinstance(measure, (q.Share, q.Area)) or not isinstance(measure.of, q.Cover):
            return ""
        if isinstance(measure, q.Share) and measure.whole != q.Everything():
            return ""
        number = self.result.rows[0].values[0].number
        date = evaluator.masks.date_of(query.date)
        found = self.ground.model_interval(measure.of.name, date)
        if found is None or number is None:
            return ""
        whole = 1.0
        if isinstance(measure, q.Area):
            share = float(
                evaluator.masks.mask(measure.of, date).sum() / evaluator.masks.mask(q.Everything(), date).sum()
            )
            if not share:
                return ""
            whole = number / share
        low, high = (
            written(bound * whole, kind_of(measure), query.unit, self.has_metres, query.language)
            for bound in (found.low, found.high)
        )
        return phrase(
            "model interval",
            query.language,
            low=low,
            high=high,
            level=f"{100 * found.level:.0f}",
            places=str(found.places),
        )

    def _hidden(self, evaluator: Evaluator, query: q.Query) -> str:
        """How much of the image nobody saw, where that is worth saying."""
        date = evaluator.masks.date_of(query.date)
        hidden = 1 - float(evaluator.masks.mask(q.Everything(), date).mean())
        if hidden < _HIDDEN:
            return ""
        return phrase("hidden", query.language, share=share_text(hidden, query.language))


def refusal_text(reason: str, language: str, detail: str = "") -> str:
    """Return the answer to a question that cannot be answered: that it cannot, and why."""
    why = reason_text(reason, language)
    head = f"{phrase('no answer', language)}: {why}"
    return " ".join(part for part in (sentence(head, language), detail if language == "en" else "") if part)


def steps_of(query: q.Query, evaluator: Evaluator) -> list[PlannedStep]:
    """Return the regions of a query whose masks are drawn, the inner before the outer, each once a date.

    Raises
    ------
    TerraScopeError
        If there are more than `MOST_STEPS`.
    RegionError
        If a date is not there.
    """
    masks = evaluator.masks
    dates = evaluator.scene.dates if isinstance(query.by, q.ByDates) else (masks.date_of(query.date),)
    found: list[PlannedStep] = []

    def add(region: q.Region, date: str) -> None:
        planned = PlannedStep(region, date)
        if not isinstance(region, _PLACES) and planned not in found:
            found.append(planned)

    def visit(region: q.Region, date: str) -> None:
        if isinstance(region, q.At):
            visit(region.of, masks.date_of(region.date))
            return
        if isinstance(region, (q.Change, q.Turned)):
            before, after = masks.two_dates(region.start, region.end)
            visit(region.of, before)
            visit(region.into if isinstance(region, q.Turned) else region.of, after)
            add(region, after)
            return
        if isinstance(region, q.Not):  # what is left out is drawn, what is left is not
            visit(region.of, date)
            return
        for each in q.children(region):
            visit(each, date)  # type: ignore[arg-type]
        add(region, date)

    tests = [query.test.to] if isinstance(query.test, q.Compared) else []
    for measure in (*query.measures, *tests):
        for date in dates:
            for name in ("whole", "to", "of"):
                region = getattr(measure, name, None)
                if region is None:
                    continue
                if isinstance(measure, (q.NetChange, q.Rate)):
                    for each in masks.two_dates(measure.start, measure.end):
                        visit(region, each)
                    if not isinstance(region, _PLACES):  # what a net change is the balance of
                        for how in ("gained", "lost"):
                            visit(q.Change(of=region, how=how, start=measure.start, end=measure.end), date)  # type: ignore[arg-type]
                elif isinstance(measure, (q.Classes, q.Dominant)) and region == q.Everything():
                    for cover in evaluator.classes(date):
                        visit(q.Cover(name=cover), date)
                else:
                    visit(region, date)
            of = getattr(measure, "of", None)
            if query.inside is not None and of is not None and not isinstance(of, _PLACES):
                visit(query.inside, date)
                add(q.AllOf(of=(of, query.inside)), masks.date_of(of.date) if isinstance(of, q.At) else date)
    if isinstance(query.by, q.ByClasses):
        for cover in evaluator.classes(dates[-1]):
            add(q.Cover(name=cover), dates[-1])
    if len(found) > MOST_STEPS:
        raise TerraScopeError(
            f"The question needs {len(found)} masks; {MOST_STEPS} are drawn at most.", "Ask of fewer dates or classes."
        )
    return found


def agreement(results: Sequence[Result]) -> float:
    """Return how well results agree, 0..1: the found one first, those of smaller and larger masks behind it.

    Verdicts, names and ranks: the part of the results that say the same. Numbers: 1 less half the relative width of
    their range.
    """
    first = results[0]
    if first.verdict or first.ranked:
        return _same([(each.verdict, each.ranked) for each in results])
    if first.compared:  # which is larger
        return _same([_larger(each) for each in results])
    scores = []
    for row, rows in zip(first.rows, zip(*(each.rows for each in results))):
        for place, value in enumerate(row.values):
            values = [each.values[place] for each in rows]
            if value.text or value.yes is not None:
                scores.append(_same([(each.text, each.yes) for each in values]))
                continue
            numbers = [each.number for each in values if each.number is not None]
            if len(numbers) < len(values):
                scores.append(_same([each.number is None for each in values]))
            elif numbers:
                low, high = min(map(abs, numbers)), max(map(abs, numbers))
                one_sign = min(numbers) >= 0 or max(numbers) <= 0
                scores.append((1 - (high - low) / (high + low) if one_sign else 0.0) if high > 0 else 1.0)
    return float(min(scores)) if scores else 1.0


def _larger(result: Result) -> tuple[bool | None, ...]:
    """Whether each row's first value is larger than the one that it is held against; None where one is lacking."""
    pairs = [(row.values[0].number, other.number) for row, other in zip(result.rows, result.compared)]
    return tuple(None if mine is None or other is None else mine > other for mine, other in pairs)


def _same(values: Sequence[object]) -> float:
    return sum(each == values[0] for each in values) / len(values)


def _is_change(region: q.Region) -> bool:
    return isinstance(region, (q.Change, q.Turned)) or any(
        isinstance(each, (q.Change, q.Turned, q.At)) for each in q.walk(region)
    )
