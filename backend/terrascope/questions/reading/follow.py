"""Follow-ups: the query before with what a fragment says put in its place.

"And in 2010?" replaces the date, "same for farmland" the class, "in acres" the unit, "5 km?" the distance, "how many?"
the measure, "only in the south" the place, "per district" the split. What a fragment adds to the ground ("within a mile
of the river") is added to that of the query before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from terrascope.questions import query as q
from terrascope.questions.reading.frame import Frame, has_change
from terrascope.questions.reading.grammar import Noun, Unanswerable
from terrascope.questions.reading.items import Item

_MEASURES: dict[str, type] = {
    "area": q.Area, "count": q.Count, "list": q.ListParts, "perimeter": q.Perimeter, "position": q.Position,
    "exists": q.Exists, "howmuch": q.Area,
}  # fmt: skip


def main_region(query: q.Query) -> q.Region | None:
    """Return the ground that a query measures; None where that is all there is."""
    of = getattr(query.measures[0], "of", None)
    return None if of is None or of == q.Everything() else of


def old_region(query: q.Query) -> q.Region | None:
    """Return the ground of a query that asks for an amount of it."""
    return main_region(query) if isinstance(query.measures[0], (q.Area, q.Count, q.ListParts, q.Share)) else None


def mapped(node: Any, change: Callable[[Any], Any]) -> Any:
    """Return a query or a part of one with each of its parts changed, the inner before the outer."""
    fields: dict[str, Any] = {}
    for name in node.__struct_fields__:
        value = getattr(node, name)
        if isinstance(value, tuple):
            fields[name] = tuple(mapped(each, change) if isinstance(each, msgspec.Struct) else each for each in value)
        elif isinstance(value, msgspec.Struct):
            fields[name] = mapped(value, change)
    return change(msgspec.structs.replace(node, **fields) if fields else node)


class Follow(Frame):
    """Reads a fragment as a change of the query before."""

    def query(self) -> q.Query:
        """Return the query before with what the fragment says; raises as `Frame.query` does."""
        before = self.context.previous
        assert before is not None
        self.left = list(self.items)
        self.changing = has_change(before) or any(item.has("change") for item in self.items)
        if self._all("follow", "sure"):
            self._take_all()
            return before
        if self._all("follow", "which"):
            self._take_all()
            region = self._main(before)
            return msgspec.structs.replace(
                before, measures=(q.ListParts(of=region),), test=None, language=self.language
            )
        query = before
        self._outputs()
        self._dates()
        self._by()
        self._lead()
        query = self._limits(query)
        added = self._added(query)
        if added is None:
            self._sequence()
        else:
            query = added
        outside = [cue for cue in self.loosely("w", "without") if not self.phrases]
        if outside and query.inside is not None:
            self.take(outside[0].place)
            query = msgspec.structs.replace(query, inside=q.Not(of=query.inside))
        query = self._ground(query)
        query = self._places(query)
        query = self._when(query)
        query = self._measure_asked(query)
        query = self._ranked(query)
        if self.by is not None or self.series:
            query = msgspec.structs.replace(query, by=self.by or q.ByDates())
        if self.unit is not None:
            query = self._in_unit(query)
        if self.output != "sentence":
            query = msgspec.structs.replace(query, output=self.output)  # type: ignore[arg-type]
        if query == before:
            raise Unanswerable(None, "nothing new")
        return msgspec.structs.replace(query, language=self.language)

    def _span(self) -> tuple[str, str]:
        """The two dates of a change: those of the query before where none are named."""
        before = self.context.previous
        named = self.range or self.start or self.end or self.dates
        change = None if before is None or named else next(
            (node for node in q.walk(before) if isinstance(node, (q.Change, q.Turned, q.NetChange, q.Rate))), None
        )  # fmt: skip
        return super()._span() if change is None else (change.start, change.end)

    def _main(self, query: q.Query) -> q.Region:
        region = main_region(query)
        if region is None:
            raise Unanswerable(None, "no region")
        return region

    def _all(self, kind: str, *values: str) -> bool:
        """Say whether a fragment is nothing but a cue of a kind."""
        some = [item for item in self.items if not item.has("filler") and not item.has("w", "and", "comma")]
        return (
            bool(some)
            and any(item.has(kind, *values) for item in some)
            and all(item.has(kind, *values) or item.has("pron") or item.has("w", "be", "of", "that") for item in some)
        )

    def _take_all(self) -> None:
        self.take(*range(len(self.items)))

    def _lead(self) -> None:
        """Cut off the words that only say that the question goes on ("and", "same for", "now")."""
        place = 0
        while (item := self.at(place)) is not None:
            leads = item.has("follow", "same", "what") or item.has("w", "and", "only", "comma", "of", "to")
            if item.has("follow", "same") or (place == 0 and leads and not _says_more(item)) or item.has("w", "only"):
                self.drop(place, place)
            else:
                place += 1

    # what replaces what
    def _limits(self, query: q.Query) -> q.Query:
        """A number alone replaces the one of its kind: "5 km?", "try 250 m", "make the cutoff .25"."""
        meant = [
            place for place, item in enumerate(self.items)
            if item.date is None
            and not any(item.has(kind) for kind in ("filler", "w", "follow", "pron", "measure"))
        ]  # fmt: skip
        if not meant or not all(
            self.items[place].has("quantity") or self.items[place].has("number") or self.items[place].has("compare")
            for place in meant
        ):
            return query
        for kind in ("length", "area", "share", "number"):
            value = next((self._number(place, kind) for place in meant if self._number(place, kind) is not None), None)
            if value is None:
                continue
            hits: list[Any] = []
            found = mapped(query, partial(_with_limit, kind=kind, value=value, hits=hits))
            if len(hits) == 1:
                self.take(*meant)
                self.items = [item for item in self.items if item.has("measure")]
                return found  # type: ignore[no-any-return]
        return query

    def _added(self, query: q.Query) -> q.Query | None:
        """What a fragment says of the ground that was measured: "within a mile of the river"."""
        if self.before is None:
            return None
        place = 0
        while (item := self.at(place)) is not None and (
            item.has("w", "which") or any(item.has(kind) for kind in ("pron", "measure", "filler"))
        ):
            place += 1
        if self.at(place) is None or self._place(self.skip(place, "in", "of", "comma")) is not None:
            return None
        noun = Noun(self.before, "before", end=place, parts=any(isinstance(m, q.Count) for m in query.measures))
        self._after(noun, False)
        noun.conditions = [each for each in noun.conditions if each.kind not in ("place", "date")]
        if not noun.conditions or noun.end == place:
            return None
        if noun.conditions[0].kind == "not in" and query.inside is not None:
            return None
        for each in range(place):
            if self.items[each].has("measure"):
                self._cue_alone(each)
        self.take(*range(place, noun.end))
        start, end = self._span()
        new, old = noun.region(None, start, end), self.before
        self.items = self.items[noun.end :]
        self._sequence_rest()
        return mapped(query, lambda node: new if node == old else node)  # type: ignore[no-any-return]

    def _cue_alone(self, place: int) -> None:
        self.asked = self.items[place]
        self.take(place)

    def _sequence_rest(self) -> None:
        self._sequence()

    def _ground(self, query: q.Query) -> q.Query:
        """Another class in the place of the one before."""
        nouns = [noun for phrase in self.phrases for noun in phrase.nouns if noun.kind in ("class", "layer", "value")]
        if not nouns:
            return query
        layers = [noun for noun in nouns if noun.kind == "layer"]
        if layers and len(layers) == len(nouns):
            region = self.joined(layers)
            return msgspec.structs.replace(query, inside=region)
        asked = [cue for cue in self.measures if self.items[cue.place].has("measure", "share")]
        if (
            asked
            and old_region(query) is not None
            and any(item.has("pron") or item.has("w", "as share of") for item in self.left)
            and all(not noun.conditions for noun in nouns)
        ):
            self.take(*(cue.place for cue in asked))
            self.measures = []
            share = q.Share(of=self._main(query), whole=self.joined(nouns))
            return msgspec.structs.replace(query, measures=(share,), test=None, unit=None)
        start, end = self._span()
        plain = [noun.without(*noun.of_kind("date", "place")) for noun in nouns if noun.kind != "layer"]
        new = [noun.region(None, start, end) for noun in plain]
        old = main_region(query)
        covers = [node for node in q.walk(query.measures[0]) if isinstance(node, q.Cover)]
        bare = all(not noun.conditions for noun in plain)
        for phrase in self.phrases:
            for noun in phrase.nouns:
                self.places += [each.region for each in noun.of_kind("place") if each.region is not None]
                self.dates += [each.text for each in noun.of_kind("date")]
        if old is None or not covers:
            raise Unanswerable(None, "no class before")
        moves = any(noun.of_kind("change") for noun in nouns)
        if moves and isinstance(query.measures[0], (q.NetChange, q.Rate)):
            raise Unanswerable(None, "another kind of change")
        target: q.Region = covers[0] if bare else old
        of = new[0] if len(new) == 1 else q.AnyOf(of=tuple(new))
        return mapped(query, lambda node: of if node == target else node)  # type: ignore[no-any-return]

    def _places(self, query: q.Query) -> q.Query:
        places = list(self.places)
        for phrase in self.phrases:
            for noun in phrase.nouns:
                if noun.kind in ("image", "ground", "before"):
                    places += [each.region for each in noun.of_kind("place") if each.region is not None]
        if len(dict.fromkeys(places)) == 1:
            return msgspec.structs.replace(query, inside=places[0])
        return query

    def _when(self, query: q.Query) -> q.Query:
        dates = list(dict.fromkeys(self.dates))
        for phrase in self.phrases:
            for noun in phrase.nouns:
                if noun.kind in ("image", "ground", "before"):
                    dates += [each.text for each in noun.of_kind("date") if each.text not in dates]
        if self.range is not None or self.start is not None or self.end is not None:
            start, end = self._span()
            kept = {} if self.start is None or self.end is not None else {"start": self.start}
            return mapped(query, lambda node: _with_span(node, kept or {"start": start, "end": end}))  # type: ignore[no-any-return]
        if len(dates) != 1:
            return query
        if has_change(query):
            if dates[0] == "first":
                raise Unanswerable(None, "a change that ends before it begins")
            return mapped(query, lambda node: _with_span(node, {"end": dates[0]}))  # type: ignore[no-any-return]
        return msgspec.structs.replace(query, date=None if dates[0] == "last" else dates[0])

    def _measure_asked(self, query: q.Query) -> q.Query:
        asked = [self.items[cue.place] for cue in self.measures]
        self.take(*(cue.place for cue in self.measures))
        if (alone := getattr(self, "asked", None)) is not None:
            asked.append(alone)
        names = [each.value for item in asked for each in item.meanings if each.kind == "measure"]
        if not names:
            return query
        name = names[0]
        region = main_region(query)
        if isinstance(query.by, q.ByFeatures) and name in ("count", "list"):
            raise Unanswerable(None, "number of rows")
        if name == "share":
            if region is None:
                return query
            return msgspec.structs.replace(query, measures=(q.Share(of=region),), unit=None)
        if name in ("howmuch", "exists", "area") and any(
            isinstance(each, (q.Area, q.NetChange)) for each in query.measures
        ):
            return query
        if name not in _MEASURES or region is None:
            if name in ("compare", "difference"):
                raise Unanswerable(None, name)
            return query
        test = query.test if isinstance(query.test, q.Ranked) else None
        return msgspec.structs.replace(query, measures=(_MEASURES[name](of=region),), test=test, unit=None)

    def _ranked(self, query: q.Query) -> q.Query:
        ranks = self.loosely("most") + self.loosely("rank", "largest", "smallest")
        if not ranks:
            rank = next((noun.rank for phrase in self.phrases for noun in phrase.nouns
                         if noun.rank and noun.kind == "before"), None)  # fmt: skip
            if rank is None:
                return query
            region = self._main(query)
            part = q.Parts(of=region, **{rank[0]: rank[1]})  # type: ignore[arg-type]
            return msgspec.structs.replace(query, measures=(q.ListParts(of=part),), test=None)
        item = self.items[ranks[0].place]
        order = item.get("most") or item.get("rank") or "largest"
        count = next(
            (int(each.number) for each in self.items if each.number is not None and each.quantity is None), None
        )
        for place, each in enumerate(self.items):
            if each.number is not None and each.quantity is None:
                self.take(place)
        self.take(ranks[0].place)
        if isinstance(query.test, q.Ranked) and query.by is not None:
            test = q.Ranked(order=order, count=count or query.test.count)  # type: ignore[arg-type]
            return msgspec.structs.replace(query, test=test)
        if query.by is not None:
            return msgspec.structs.replace(query, test=q.Ranked(order=order, count=count or 1))  # type: ignore[arg-type]
        if isinstance(self._main(query), q.Features):
            raise Unanswerable(None, "features are not ranked by their size")
        part = q.Parts(of=self._main(query), **{order: count or 1})  # type: ignore[arg-type]
        return msgspec.structs.replace(query, measures=(q.ListParts(of=part),), test=None)

    def _in_unit(self, query: q.Query) -> q.Query:
        if self.unit == "%":
            region = main_region(query)
            if isinstance(query.measures[0], q.Area) and region is not None:
                return msgspec.structs.replace(query, measures=(q.Share(of=region),), unit=None)
        return msgspec.structs.replace(query, unit=self.unit)


def _says_more(item: Item) -> bool:
    """Say whether a word that leads on may carry a meaning that must not be cut off."""
    return item.has("w", "without", "not", "or") or item.has("follow", "drop") or item.has("date") or item.has("change")


def _with_limit(node: Any, kind: str, value: float, hits: list[Any]) -> Any:
    fields: dict[str, Any] = {}
    if kind == "length" and isinstance(node, (q.Near, q.Parts)) and node.metres is not None:
        fields = {"metres": value}
    elif kind == "area" and isinstance(node, q.Parts) and (node.over_m2 is None) != (node.under_m2 is None):
        fields = {"over_m2" if node.over_m2 is not None else "under_m2": value}
    elif kind in ("number", "share") and isinstance(node, q.Limit):
        fields = {"value": value if kind == "number" else value * 100}
    elif kind == "number" and isinstance(node, q.Features) and node.named is not None:
        fields = {"named": f"{value:g}"}
    elif isinstance(node, q.Threshold) and kind in ("share", "length", "area"):
        fields = {"value": value}
    if fields:
        hits.append(node)
        return msgspec.structs.replace(node, **fields)
    return node


def _with_span(node: Any, span: dict[str, str]) -> Any:
    if isinstance(node, (q.Change, q.Turned, q.NetChange, q.Rate)):
        return msgspec.structs.replace(node, **span)
    return node
