"""The cues of a question: units, dates, what it is split for, and the phrases and cue words that are left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from terrascope.questions import query as q
from terrascope.questions.reading.context import Context
from terrascope.questions.reading.grammar import Grammar, Phrase, Unanswerable, column_of
from terrascope.questions.reading.items import Item
from terrascope.questions.reading.lexicon import Concept
from terrascope.units.table import AREA

#: What may be left over without changing what is meant: words of the grammar, fillers.
_WEAK_WORDS = frozenset({
    "of", "in", "and", "be", "that", "to", "than", "with", "from", "together", "comma", "dash", "slash", "which", "or",
    "away", "sized", "only",
})  # fmt: skip
#: What must not be left over even where a word may also be one of the grammar.
_STRONG = frozenset({
    "compare", "class", "classes", "change", "number", "quantity", "unknown", "most", "rank", "place", "thing", "layer",
    "fraction", "times", "more", "zone", "when", "halves", "refuse",
})  # fmt: skip


def is_weak(item: Item) -> bool:
    """Say whether an item may be left over without changing what is meant."""
    if any(each.kind == "filler" for each in item.meanings):
        return True
    if any(each.kind in _STRONG or (each.kind == "w" and each.value not in _WEAK_WORDS) for each in item.meanings):
        return False
    return any(
        each.kind in ("yn", "image", "pron", "sort", "ground", "patch", "single")
        or (each.kind == "w" and each.value in _WEAK_WORDS)
        or (each.kind == "date" and each.value in ("in",))
        for each in item.meanings
    )


class Cue(NamedTuple):
    """A cue of a kind and where it stands."""

    value: str
    place: int


class Cues(Grammar):
    """Takes a question apart: what holds for all of it is cut out, the rest is phrases and cue words."""

    def __init__(self, items: Sequence[Item], context: Context, language: str, before: q.Region | None = None) -> None:
        super().__init__(list(items), context, before)
        self.items: list[Item] = list(items)
        self.language = language
        self.also_share = self.sorted = self.question = False
        self.used: set[int] = set()
        self.left: list[Item] = list(items)
        self.changing = False
        self.zone_rank = ""
        self.count: int | None = None
        self.by: q.By | None = None
        self.which = False
        self.when = False
        self.output: str = "sentence"
        self.unit: str | None = None
        self.start: str | None = None
        self.end: str | None = None
        self.range: tuple[str, str] | None = None
        self.series = False
        self.edge = False
        self.phrases: list[Phrase] = []
        self.places: list[q.Region] = []
        self.dates: list[str] = []
        self.measures: list[Cue] = []
        self.changes: list[Cue] = []
        self.value: str | None = None
        self.confined: q.Region | None = None
        self.limit_kind = ""
        self.values: list[str] = []

    # --- bookkeeping --------------------------------------------------------------------------------------------------
    def take(self, *places: int) -> None:
        """Mark items as used."""
        for place in places:
            item = self.at(place)
            if item is not None:
                self.used.add(item.first)

    def drop(self, first: int, last: int) -> None:
        """Take items and cut them out of the question."""
        self.take(*range(first, last + 1))
        self.items = [*self.items[:first], *self.items[last + 1 :]]

    def yes_no(self) -> bool:
        """Say whether yes or no is asked for."""
        first = next((item for item in self.left if not item.has("w", "comma", "and")), None)
        asked = first is not None and (first.has("yn") or first.has("measure", "exists"))
        tails = [item for item in self.left if item.has("yn", "tail")]
        return asked or any(item is self.left[-1] or not item.has("w", "not") for item in tails)

    def left_over(self) -> list[Item]:
        """Return the items that carry meaning and were not used."""
        return [item for item in self.left if item.first not in self.used and not is_weak(item)]

    # --- the parts of a question --------------------------------------------------------------------------------------
    def _rank_is_asked(self, place: int) -> bool:
        return self.by is not None and (self.which or self.when)

    def _outputs(self) -> None:
        place = 0
        while (item := self.at(place)) is not None:
            if item.has("out"):
                self.output = item.get("out") or "sentence"
                self.drop(place, place)
            elif item.has("sort") and not item.has("rank"):
                self.sorted = True
                self.drop(place, place)
            elif item.text == "ha" and item.has("unit") and self.language in ("es", "it", "pt") and not (
                place == len(self.items) - 1 or self.has(place - 1, "w", "in", "comma", "and")
                or self.has(place - 1, "measure", "count")
            ):  # fmt: skip
                self.drop(place, place)  # the verb
            elif item.has("unit") and item.get("unit") != "none" and item.quantity is None:
                unit = item.get("unit")
                counted = self.has(place - 1, "measure", "count", "howmuch")
                if self.unit is None and self.has(place - 1, "w", "together") and unit in AREA:  # "total ha"
                    self.unit = unit
                    self.items[place] = replace(item, meanings=(Concept("measure", "area"),))
                elif self.unit is None:
                    self.unit = unit
                    self.used.add(item.first)
                    self.items = [*self.items[:place], *self.items[place + 1 :]]
                    if counted:
                        self._unit_asked(place - 1, unit or "")
                elif "%" in (self.unit, unit) and self.unit != unit:
                    self.unit = unit if self.unit == "%" else self.unit
                    self.also_share = True
                    self.drop(place, place)
                else:
                    place += 1
            else:
                place += 1

    def _unit_asked(self, place: int, unit: str) -> None:
        """ "How many hectares" asks for an area, "how many percent" for a share."""
        kind = "share" if unit == "%" else "length" if unit in ("m", "km", "ft", "mi") else "area"
        self.items[place] = replace(self.items[place], meanings=(Concept("measure", kind),))

    # dates
    def _dates(self) -> None:
        self.items = self._short_years([self._dated(item) for item in self.items])
        place = 0
        while place < len(self.items):
            item = self.items[place]
            if item.has("when", "all") and not (self.changing and (item.has("measure", "rate") or item.has("change"))):
                self.series = True
                self.drop(place, place)
                continue
            if item.date is None:
                place += 1
                continue
            before, after = self.at(place - 1), self.at(place + 1)
            second = self.at(place + 2)
            opened = (before is not None and before.has("w", "between")) or (
                before is not None and before.has("date", "between", "since")
            )
            linked = after is not None and (
                after.has("w", "to", "dash") or after.has("date", "until")
                or (after.has("w", "and") and (opened or self.changing))
            )  # fmt: skip
            adjacent = opened and after is not None and after.date is not None
            if linked and second is not None and second.date is not None:
                self.range = (item.date, second.date)
                self.drop(place - 1 if opened else place, place + 2)
                place = max(place - 1, 0)
                continue
            if adjacent and after is not None and after.date is not None:
                self.range = (item.date, after.date)
                self.drop(place - 1, place + 1)
                continue
            if after is not None and after.has("date", "since tail"):
                self.start = item.date
                self.drop(place, place + 1)
                continue
            since = before is not None and before.has("date", "since")
            until = before is not None and before.has("date", "until")
            if since and before is not None and before.has("date", "in") and not self.changing:
                since = False
            if until and before is not None and not self.changing:
                until = False
            if since and item.date not in ("last",):
                self.start = item.date
                self.drop(place - 1, place)
                place = max(place - 1, 0)
                continue
            if until:
                self.end = item.date
                self.drop(place - 1, place)
                place = max(place - 1, 0)
                continue
            place += 1

    def _short_years(self, items: list[Item]) -> list[Item]:
        """Two digits of a year beside a whole one: "between 92 and 2022"."""
        found = list(items)
        for place, item in enumerate(items[:-2]):
            number = item.number
            links = items[place + 1].has("w", "and", "to", "dash") or items[place + 1].has("change", "turn") or (
                items[place + 1].has("date", "until"))  # fmt: skip
            later = items[place + 2].date
            plain = item.quantity is None and item.date is None and number is not None and 0 <= number < 100
            if plain and number == int(number or 0) and links and later is not None and len(later) == 4:
                year = int(number or 0) + (1900 if (number or 0) > 50 else 2000)
                found[place] = replace(item, date=str(year), meanings=(Concept("date", ""),))
                if items[place + 1].has("change"):
                    found[place + 1] = replace(items[place + 1], meanings=(Concept("w", "to"),))
        return found

    def _dated(self, item: Item) -> Item:
        """A date with what the images say of it: the year of a month alone, "first" and "last"."""
        if item.date is not None and item.date.startswith("-"):
            found = [date for date in self.context.dates if date[4 : 4 + len(item.date)] == item.date]
            if not found:
                if self.context.dates and all(len(date) >= 7 for date in self.context.dates):
                    raise Unanswerable("one date only" if len(self.context.dates) == 1 else "layer missing")
                return replace(item, date=None, meanings=(Concept("unknown", item.text),))
            return replace(item, date=found[-1][: 4 + len(item.date)])
        if item.date is None and item.has("when", "first", "last") and not item.has("change") and not item.has("rank"):
            return replace(item, date=item.get("when"), meanings=(*item.meanings, Concept("date", "")))
        return item

    # by
    def _by(self) -> None:
        place = 0
        while place < len(self.items):
            found = self._by_at(place)
            if found is not None:
                by, first, last, which = found
                if isinstance(by, q.ByClasses) and any(
                    self._by_at(later) is not None for later in range(last + 1, len(self.items))
                ):  # "all classes per district"
                    place = last + 1
                    continue
                self.by, self.which = by, which
                self.drop(first, last)
                if isinstance(by, q.ByParts):  # "which half is greener, north or south"
                    for later, item in enumerate(self.items):
                        if item.has("halves", "north-south", "east-west"):
                            self.by = q.ByParts(parts=item.get("halves"))  # type: ignore[arg-type]
                            self.drop(later, later)
                            break
                return
            place += 1

    def _by_at(self, place: int) -> tuple[q.By, int, int, bool] | None:
        item = self.items[place]
        if (found := self._zones(place)) is not None:
            return found
        if item.has("when") and item.get("when") == "":
            self.when = True
            return q.ByDates(), place, place, True
        if item.has("halves", "north-south", "east-west", "ninths"):
            parts = item.get("halves")
            for later in range(len(self.items) - 1, place, -1):
                if self.has(later, "halves", "half") or self.has(later, "w", "which"):
                    self.drop(later, later)
                    return q.ByParts(parts=parts), place, place, True  # type: ignore[arg-type]
            first = place - 1 if self.has(place - 1, "by") or self.has(place - 1, "w", "which") else place
            last = place + 1 if self.has(place + 1, "part") else place
            return q.ByParts(parts=parts), first, last, self.has(first, "w", "which")  # type: ignore[arg-type]
        which = item.has("w", "which") or item.has("follow", "which")
        if item.has("by") or which:
            after = self.skip(place + 1, "of", "in", "and")
            while (
                self.has(after, "number")
                or self.has(after, "rank")
                or self.has(after, "by")
                or self.has(after, "filler")
            ):
                if self._target(after) is not None:
                    break
                after += 1
            target = self._target(after)
            if target is None:
                return None
            if which and target[0] is None:
                return None
            count = next(
                (int(each.number) for each in self.items[place:after] if each.number is not None), None
            )  # fmt: skip
            self.count = count
            by, last = target
            assert by is not None
            return by, place, last, which
        return None

    def _zones(self, place: int) -> tuple[q.By, int, int, bool] | None:
        """Zones that are the subject: "parcels with over 40 % trees", "parish by parish", "did any district ..."."""
        item = self.items[place]
        if item.layer is None or item.layer.kind != "vector" or not item.has("layer") or not _is_zone(item):
            return None
        by = q.ByFeatures(layer=item.layer.name, column=_name_column(self.context, item))
        if (self.has(place + 1, "by") or self.has(place + 1, "w", "to", "of")) and (
            (after := self.at(place + 2)) is not None and after.layer is item.layer
        ):  # fmt: skip
            return by, place, place + 2, False
        leads = all(
            any(each.has(kind) for kind in ("filler", "yn", "by", "rank", "sort")) or each.number is not None
            or each.has("measure", "list", "count") or each.has("w", "of", "in", "comma", "which")
            for each in self.items[:place]
        )  # fmt: skip
        follows = self.at(self.skip(place + 1))
        listed = self.sorted
        if leads and listed:
            last = self.skip(place + 1)
            return by, place, last if self.has(last, "by") else place, False
        said = follows is not None and not (follows.has("number") or follows.has("named")) and (
            follows.has("w", "with", "that", "without", "be", "not") or follows.has("compare") or follows.has("change")
            or follows.has("class")
        )  # fmt: skip
        ranks = [each for each in self.items[:place] if each.has("rank", "largest", "smallest") or each.has("most")]
        if leads and ranks:  # "top 3 districts by tree cover"
            self.zone_rank = ranks[0].get("most") or ranks[0].get("rank") or "largest"
            self.count = next((int(each.number) for each in self.items[:place] if each.number is not None), None)
            behind = self.skip(place + 1, "with", "that")
            return by, 0, behind if self.has(behind, "by") else place, True
        most = self.skip(place + 1, "with", "that", "be")
        if leads and self.has(place + 1, "w", "with") and (self.has(most, "most") or self.has(most, "rank")):
            self.count = next((int(each.number) for each in self.items[:place] if each.number is not None), None)
            return by, 0, place + 1, True
        any_of = self.has(place - 1, "rank", "nearest") or self.has(place - 1, "by")
        if (leads and said) or (any_of and self.yes_no()):
            return by, place - 1 if any_of and not self.has(place - 1, "w", "which") else place, place, True
        return None

    def _target(self, place: int) -> tuple[q.By | None, int] | None:
        """What a question is split for: the features of a layer, dates, classes, halves."""
        item = self.at(place)
        if item is None:
            return None
        if item.layer is not None and item.layer.kind == "vector" and item.has("layer"):
            return q.ByFeatures(layer=item.layer.name, column=_name_column(self.context, item)), place
        if item.has("zone"):
            raise Unanswerable("layer missing", item.text)
        if item.has("classword") and not item.has("patch"):
            return q.ByClasses(), place
        if item.has("date", "word"):
            return q.ByDates(), place
        if item.has("halves", "half") and not self.has(place - 1, "place"):
            return q.ByParts(parts="north-south"), place
        if item.has("part", "half") and not item.has("ground") and not self.has(place - 1, "place"):
            return q.ByParts(parts="ninths"), place
        return None

    # phrases and cues
    def _sequence(self) -> None:
        place = 0
        self.loose: list[int] = []
        while place < len(self.items):
            item = self.items[place]
            phrase = None
            before_noun = self.language == "zh" and item.has("w", "from")
            names = any(item.has(kind) for kind in ("class", "classes", "layer", "ground", "image"))
            if before_noun or names or not item.has("measure"):
                phrase = self.phrase(place)
            if (
                phrase is not None
                and phrase.first.kind in ("image", "ground")
                and item.has("measure")
                and not (phrase.first.conditions)
            ):
                phrase = None
            if phrase is not None and phrase.end > place:
                self.take(*range(phrase.start, phrase.end))
                self.phrases.append(phrase)
                for cue, value in sorted(self.cues.items()):
                    self.measures.append(Cue(value, cue))
                self.cues = {}
                place = phrase.end
                continue
            self._cue(place, item)
            place += 1

    def _cue(self, place: int, item: Item) -> None:
        if item.date is not None:
            self.dates.append(item.date)
            self.take(place)
            return
        averaged = item.has("measure", "mean") and any(each.has("value") or each.has("height") for each in self.items)
        if not averaged and (found := self._place(place)) is not None and found[0].region is not None:
            self.places.append(found[0].region)
            self.take(*range(place, found[1]))
            # the items behind it are looked at again and are weak or used
        elif item.has("measure") and not (item.has("height") and self.raster(item.get("height") or "")):
            self.measures.append(Cue(item.get("measure") or "", place))
        elif item.has("change", "turn") and any(
            noun.of_kind("turn") for phrase in self.phrases for noun in phrase.nouns
        ):  # "ist zu Siedlung geworden"
            self.take(place)
        elif item.has("change") and item.get("change") != "was":
            self.changes.append(Cue(item.get("change") or "", place))
        elif item.has("edge"):
            self.edge = True
            self.take(place)
        elif item.has("value") or item.has("height") or (item.layer is not None and item.layer.kind == "raster"):
            self.values.append(self.value_name(item))
            self.take(place)
        else:
            self.loose.append(place)

    def loosely(self, kind: str, *values: str) -> list[Cue]:
        """Return cues of a kind that no phrase took."""
        return [
            Cue(self.items[place].get(kind) or "", place)
            for place in self.loose
            if self.items[place].has(kind, *values)
        ]

    def measured(self, *values: str) -> list[Cue]:
        """Return the cues of some measures."""
        return [cue for cue in self.measures if self.items[cue.place].has("measure", *values)]


def _is_zone(item: Item) -> bool:
    """Say whether the features of a layer are zones, and not things such as roads."""
    kinds = {each.value for each in item.meanings if each.kind == "zone"}
    return not kinds or not kinds <= {"road", "river", "rail", "building", "coast"}


def _name_column(context: Context, item: Item) -> str | None:
    layer = item.layer
    return None if layer is None or not layer.columns else column_of(layer, "")
