"""The frame of a question: what is measured of its phrases, for what it is split, and what the number is held against.

`Frame.query` puts together what the grammar of regions and the cues of a question ("how many", "per", "which ... most",
"did ... grow") give. Whatever it takes is marked as used; what is left over and carries meaning is the reader's matter.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from terrascope.questions import query as q
from terrascope.questions.reading.cues import Cue, Cues
from terrascope.questions.reading.grammar import Condition, Noun, Phrase, Unanswerable, join, union

_PLAIN = ("area", "share", "count", "list", "perimeter", "position", "exists", "howmuch", "length")
#: So many dates make a measure each where the rows are zones.
_DATES_AS_MEASURES = 4
_TWO_DATES = ("net", "grow", "shrink")


class Frame(Cues):
    """Reads a whole question from items."""

    def query(self) -> q.Query:
        """Return the query.

        Raises
        ------
        Unanswerable
            If there is none.
        """
        self.left = list(self.items)
        self.changing = any(item.has("change", "net", "grow", "shrink", "gained", "lost", "kept", "turn") or (
            item.has("measure", "rate", "transitions")) for item in self.items)  # fmt: skip
        last = self.items[-1] if self.items else None
        if last is not None and last.has("yn", "tail") and last.has("w", "not"):  # "... 没有?"
            self.drop(len(self.items) - 1, len(self.items) - 1)
        self._outputs()
        self._dates()
        self._by()
        self._sequence()
        query = self._put_together()
        return replace_query(query, by=query.by or self.by, unit=self.unit or query.unit, language=self.language,
                             output=self.output)  # fmt: skip

    # --- putting together ---------------------------------------------------------------------------------------------
    def _put_together(self) -> q.Query:
        zones = self.by is not None and not isinstance(self.by, q.ByDates)
        few = 2 <= len(self.context.dates) <= _DATES_AS_MEASURES
        if self.series and zones and few and not self.dates and not self.changing:  # a measure a date, a row a zone
            self.dates, self.series = list(self.context.dates), False
        nouns = [noun for phrase in self.phrases for noun in phrase.nouns]
        for noun in nouns:
            changes = noun.of_kind("change")
            same = [each for each in changes if each.text == changes[0].text]
            if len(same) > 1:  # said twice
                noun.conditions = [each for each in noun.conditions if each not in same] + same[:1]
                changes = noun.of_kind("change")
            if len(changes) > 1:  # "gained, lost, kept": each of them
                self._split(noun, changes)
        nouns = [noun for phrase in self.phrases for noun in phrase.nouns]
        for noun in nouns:
            if self.edge and noun.kind in ("class", "before"):
                noun.conditions.append(Condition("edge"))
        limits = {
            node.value_of
            for noun in nouns for each in noun.conditions if each.region is not None
            for node in (each.region, *q.walk(each.region)) if isinstance(node, q.Limit)
        }  # fmt: skip
        self.value = next((value for value in self.values if value not in limits), None)
        self._conditions(nouns)
        self._lift(nouns)
        nouns = [noun for phrase in self.phrases for noun in phrase.nouns]
        for build in (
            self._transitions, self._table, self._ranking, self._mean, self._distance_asked, self._border,
            self._comparison, self._net, self._share_of, self._touching, self._plain,
        ):  # fmt: skip
            query = build(nouns)
            if query is not None:
                return self._confined(query, nouns)
        raise Unanswerable(None)

    def _conditions(self, nouns: list[Noun]) -> None:
        """Let what stands apart and only sets conditions ("slope < 5 %") hold for the classes."""
        named = [noun for noun in nouns if noun.kind in ("class", "before")]
        loose = [noun for noun in nouns if noun.kind in ("ground", "value") and noun.conditions]
        if self.loosely("w", "as share of"):
            return
        if (
            not named
            or not loose
            or self.measured("share", "compare", "distance", "border")
            or any(self.items[cue.place].text.endswith(" of") for cue in self.measured("howmuch"))
            or self.unit == "%"
        ):
            return
        groups = [phrase for phrase in self.phrases if any(noun in named for noun in phrase.nouns)]
        if len(groups) > 1:
            return
        for noun in named:
            noun.conditions = [*noun.conditions, *(each for other in loose for each in other.conditions)]
        self.phrases = [phrase for phrase in self.phrases if not any(noun in loose for noun in phrase.nouns)]

    def _split(self, noun: Noun, changes: list[Condition]) -> None:
        for phrase in self.phrases:
            if noun in phrase.nouns:
                place = phrase.nouns.index(noun)
                several = [noun.without(*[other for other in changes if other is not each]) for each in changes]
                phrase.nouns[place : place + 1] = several
                phrase.joints += ["comma"] * (len(several) - 1)

    def _lift(self, nouns: list[Noun]) -> None:
        """Let dates and places that are said once hold for the whole question."""
        dates = list(dict.fromkeys(each.text for noun in nouns for each in noun.of_kind("date")))
        dates = list(dict.fromkeys([*dates, *self.dates]))
        several = len(dates) > 1
        for noun in nouns:
            if several and noun.of_kind("date"):
                noun.conditions = [each for each in noun.conditions if each.kind != "date" or several]
            else:
                noun.conditions = [each for each in noun.conditions if each.kind != "date"]
        self.dates = dates
        named = [noun for noun in nouns if noun.kind in ("class", "layer", "before", "value")]
        bare: list[Noun] = []
        for noun in nouns:  # "... than in the western half": a place and no ground of its own
            if (
                noun.kind == "image"
                and named
                and noun.conditions
                and len(noun.of_kind("place")) == len(noun.conditions)
            ):
                self.places += [each.region for each in noun.conditions if each.region is not None]
                noun.conditions = []
                bare.append(noun)
        self.phrases = [
            phrase for phrase in self.phrases if not any(noun is each for noun in phrase.nouns for each in bare)
        ]
        self._inside(nouns)
        for noun in [noun for noun in nouns if noun.kind == "except"]:
            self.confined = q.Not(of=noun.base)
            self.phrases = [phrase for phrase in self.phrases if noun not in phrase.nouns]
        places = [(noun, each) for noun in nouns for each in noun.of_kind("place")]
        regions = list(dict.fromkeys([each.region for _, each in places if each.region is not None] + self.places))
        self.all_places = regions
        if len(regions) == 1 and not any(each.joined and self._share_asked() for _, each in places):
            for noun, each in places:
                noun.conditions.remove(each)
            self.places = regions

    def _inside(self, nouns: list[Noun]) -> None:
        """A layer that is only where to look: "inside the parish, ..."."""
        others = [noun for noun in nouns if noun.kind in ("class", "value", "before")]
        for noun in [noun for noun in nouns if noun.kind == "layer" and not noun.conditions]:
            alone = all(noun not in phrase.nouns or len(phrase.nouns) == 1 for phrase in self.phrases)
            word = self.at(noun.start - 1)
            if (others and alone and word is not None and word.has("w", "in", "without", "of")) or (
                others and alone and noun.start == 0 and self.has(noun.end, "w", "comma")
            ):  # fmt: skip
                outside = word is not None and word.has("w", "without") and not word.has("w", "in")
                self.confined = q.Not(of=noun.base) if outside else noun.base
                if outside:
                    self.take(noun.start - 1)
                self.phrases = [phrase for phrase in self.phrases if noun not in phrase.nouns]

    def _share_asked(self) -> bool:
        return bool(self.measured("share", "howmuch")) or self.unit == "%"

    def _confined(self, query: q.Query, nouns: list[Noun]) -> q.Query:
        inside = self.places[0] if len(self.places) == 1 and query.inside is None else query.inside
        halves = _split_places(query.by)
        if halves and all(half in self.all_places for half in halves):  # "which half, the north or the south"
            query = replace_query(query, measures=tuple(_anywhere(each, halves) for each in query.measures))
            inside = None if inside in halves else inside
            self.all_places = [place for place in self.all_places if place not in halves]
        if self.confined is not None:
            inside = self.confined if inside is None else q.AllOf(of=(self.confined, inside))
        date = query.date
        if date is None and len(self.dates) == 1 and not has_change(query):
            date = self.dates[0]
        if date == "last":
            date = None
        measures = query.measures
        plain = query.test is None and not has_change(query) and not any(isinstance(n, q.At) for n in q.walk(query))
        if len(self.dates) > 1 and plain:  # a measure a date
            measures = tuple(
                msgspec.structs.replace(each, of=q.At(of=each.of, date=day))  # type: ignore[union-attr]
                for day in self.dates for each in measures
            )  # fmt: skip
        query = replace_query(query, measures=measures)
        self._all_said(replace_query(query, inside=inside, date=date))
        return replace_query(query, inside=inside, date=date)

    def _all_said(self, query: q.Query) -> None:
        """Ask back where a query leaves out a place or a date that was named."""
        nodes = list(q.walk(query))
        if len(self.all_places) > 1 and not all(place in nodes for place in self.all_places):
            raise Unanswerable(None, "several places")
        told = {query.date} | {node.date for node in nodes if isinstance(node, q.At)}
        for node in nodes:
            if isinstance(node, (q.Change, q.Turned, q.NetChange, q.Rate)):
                told |= {node.start, node.end}
        if isinstance(query.by, q.ByDates):
            return
        named = {*self.dates, *(self.range or ()), self.start, self.end} - {None, "first", "last"}
        if not named <= told:
            raise Unanswerable(None, "several dates")

    def _span(self) -> tuple[str, str]:
        """The two dates of a change."""
        if self.range is not None:
            return self.range
        dates = sorted(set(self.dates) - {"first", "last"})
        if self.start is None and self.end is None and len(dates) >= 2:
            return dates[0], dates[-1]
        end = self.end or "last"
        start = self.start or "first"
        if len(dates) == 1 and self.start is None and self.end is None:
            end = dates[0]
        return start, end

    def region(self, noun: Noun) -> q.Region:
        """Return the ground of a noun with its dates and, where it has some of its own, its places."""
        start, end = self._span()
        place = self.places[0] if len(self.places) == 1 else None
        bare = noun.without(*noun.of_kind("date", "place"))
        found = bare.region(place, start, end)
        for each in noun.of_kind("place"):
            found = join(found, each.region or q.Everything())
        dates = noun.of_kind("date")
        if len(dates) == 1 and not any(isinstance(node, (q.Change, q.Turned)) for node in (found, *q.walk(found))):
            found = q.At(of=found, date=dates[0].text)
        return found

    def subjects(self) -> list[Noun]:
        """Return the nouns that are measured, the image left out."""
        found = [
            noun for phrase in self.phrases for noun in phrase.nouns
            if noun.kind not in ("image", "ground") or noun.conditions
        ]  # fmt: skip
        said = [noun.base for noun in found if noun.conditions and noun.kind == "class"]
        if self.loosely("w", "as share of"):
            return found
        return [noun for noun in found if noun.conditions or noun.rank or noun.base not in said]  # said again

    def subject(self) -> q.Region:
        """Return the ground that is measured; asks back where none is named."""
        found = self.subjects()
        if not found:
            raise Unanswerable(None, "no region")
        return self.joined(found)

    def joined(self, nouns: Sequence[Noun]) -> q.Region:
        """Return the ground of some nouns together."""
        return union([self.region(noun) for noun in nouns])

    # single kinds of questions
    def _transitions(self, nouns: list[Noun]) -> q.Query | None:
        cues = self.measured("transitions")
        if cues:
            raise Unanswerable(None, "transitions")
        return None

    def _table(self, nouns: list[Noun]) -> q.Query | None:
        """All classes of an image or a region; the one with the most ground."""
        dominant = self.measured("dominant")
        classes = self.measured("classes")
        if not (dominant or classes) or (self.which and isinstance(self.by, q.ByFeatures) and not dominant):
            return None
        of = list(self.subjects())
        if classes and not dominant and any(noun.kind == "class" and not noun.negated for noun in of):
            return None
        if self.changes and not dominant:
            return None
        self.take(*(cue.place for cue in (*dominant, *classes)))
        self.take(*(cue.place for cue in self.measured("list", "area", "share", "howmuch", "exists")))
        self.take(*(cue.place for cue in self.loosely("classword")))
        if len(of) == 1 and of[0].kind == "layer" and not of[0].conditions:
            self.confined, of = of[0].base, []
        region = self.joined(of) if of else q.Everything()
        if isinstance(self.by, q.ByClasses):
            self.by = None
        if dominant:
            return q.Query(measures=(q.Dominant(of=region),), by=self._dates_by())
        if self.output == "sentence" and self.measured("list"):
            self.output = "table"
        return q.Query(measures=(q.Classes(of=region),), by=self._dates_by())

    def _dates_by(self) -> q.By | None:
        if self.by is not None and self.series and not isinstance(self.by, q.ByDates):
            raise Unanswerable(None, "two splits")
        if self.by is not None:
            return self.by
        if self.series:
            return q.ByDates()
        return None

    def _ranking(self, nouns: list[Noun]) -> q.Query | None:
        """Which zone, date, class or half has the most."""
        most = self.loosely("most") + self.loosely("rank", "largest", "smallest") + self.loosely("more", ">", "<")
        if self.by is None or not (self.which or self.when) or not (most or self.zone_rank):
            return None
        item = self.items[most[0].place] if most else None
        order = self.zone_rank
        if item is not None and not order:
            more = "largest" if item.get("more") == ">" else "smallest"
            order = item.get("most") or item.get("rank") or more
        self.take(*(cue.place for cue in most[:1]))
        count = self.count or 1
        self.which = False
        self.take(*(cue.place for cue in self.measured("exists")))
        self.measures = [cue for cue in self.measures if not self.items[cue.place].has("measure", "exists")]
        test = q.Ranked(order=order, count=count)  # type: ignore[arg-type]
        if (
            isinstance(self.by, q.ByClasses)
            and not self.subjects()
            and not self.value
            and count == 1
            and order == "largest"
        ):
            self.take(*(cue.place for cue in self.measured("area", "share")))
            self.by = None
            return q.Query(measures=(q.Dominant(),))
        if isinstance(self.by, q.ByClasses) and not self.subjects() and self.value is None:
            self.take(*(cue.place for cue in self.measured("area", "share")))
            return q.Query(measures=(q.Area(of=q.Everything()),), by=self.by, test=test)
        inner = self._first(self._mean, self._net, self._share_of, self._plain)
        falls = any(cue.value == "shrink" for cue in self.changes)
        if falls and isinstance(inner.measures[0], q.NetChange):  # what shrank most has the least balance
            test = q.Ranked(order="smallest" if order == "largest" else "largest", count=count)
        return replace_query(inner, by=self.by, test=test)

    def _first(self, *builds: object) -> q.Query:
        nouns = [noun for phrase in self.phrases for noun in phrase.nouns]
        for build in builds:
            query = build(nouns)  # type: ignore[operator]
            if query is not None:
                return query  # type: ignore[no-any-return]
        raise Unanswerable(None)

    def _threshold(self, kinds: Sequence[str] = ("area", "share", "length", "number")) -> q.Threshold | None:
        """A number that the measure is held against: a limit that no phrase took."""
        for cue in self.loosely("compare") + self.loosely("more"):
            for kind in kinds:
                found = self.bounds(cue.place, kind)
                if found is None:
                    continue
                low, high, end = found
                self.limit_kind = kind
                test = self.items[cue.place].get("compare") or ">"
                value = low if low is not None else high
                if value is None or (low is not None and high is not None):
                    continue
                if kind == "number" and not self._counts(cue.place, end, value):
                    continue
                self.take(*range(cue.place, end))
                return q.Threshold(test=test, value=value)  # type: ignore[arg-type]
            after = self.skip(cue.place + 1, "than", "of")
            if self.has(after, "fraction") and "share" in kinds:
                self.take(cue.place, after)
                self.limit_kind = "share"
                test = self.items[cue.place].get("compare") or self.items[cue.place].get("more") or ">"
                value = float(self.items[after].get("fraction") or 0)
                return q.Threshold(test=test, value=value)  # type: ignore[arg-type]
        for place in self.loose:
            item = self.items[place]
            if item.has("quantity") and self.has(place + 1, "compare"):
                kind = item.quantity.kind if item.quantity is not None else ""
                found = self.bounds(place, kind)
                if found is not None and kind in kinds:
                    low, high, end = found
                    self.limit_kind = kind
                    self.take(*range(place, end))
                    value = low if low is not None else high
                    return q.Threshold(test=self.items[place + 1].get("compare"), value=value or 0.0)  # type: ignore[arg-type]
        return None

    def _counts(self, first: int, end: int, value: float) -> bool:
        """Say whether a number without a unit is one of things ("more than 10 lakes"), or of a mean."""
        if self.value is not None:
            return True
        whole = value == int(value) and not any(self.has(place, "number", "degree") for place in range(first, end))
        return whole and (bool(self.measured("count")) or self.yes_no() or self.which)

    def _mean(self, nouns: list[Noun]) -> q.Query | None:
        if self.value is None:
            return None
        self.take(*(cue.place for cue in self.measured("mean", "howmuch", "dominant", "list", "classes")))
        self.take(*(cue.place for cue in (*self.loosely("w", "in"), *self.measured("compare"))))
        found = self.subjects() if self.subjects() else []
        test = self._threshold(("number",))
        dates = self.dates if len(self.dates) > 1 else []
        by = self._dates_by()
        if self.changes:
            return self._mean_change(found)
        if isinstance(by, q.ByClasses) or not found:
            measures: list[q.AnyMeasure] = [
                q.Mean(value_of=self.value, of=self.joined(found) if found else q.Everything())
            ]
        else:
            measures = [q.Mean(value_of=self.value, of=self.region(noun)) for noun in found]
        if dates and not any(noun.of_kind("date") for noun in found) and len(measures) == 1:
            one = measures[0]
            assert isinstance(one, q.Mean)
            measures = [q.Mean(value_of=one.value_of, of=q.At(of=one.of, date=date)) for date in dates]
        return q.Query(measures=tuple(measures), by=by, test=test)

    def _mean_change(self, found: list[Noun]) -> q.Query | None:
        raise Unanswerable(None, "change of a mean")

    def _pair(self, nouns: list[Noun]) -> tuple[q.Region, q.Region] | None:
        """The two regions of a measure of two."""
        found = self.subjects()
        if len(found) >= 2:
            groups = [phrase for phrase in self.phrases if any(noun in found for noun in phrase.nouns)]
            if len(groups) == 2:
                one, two = ([noun for noun in group.nouns if noun in found] for group in groups)
                return self.joined(one), self.joined(two)
            return self.region(found[0]), self.joined(found[1:])
        return None

    def _distance_asked(self, nouns: list[Noun]) -> q.Query | None:
        cues = self.measured("distance")
        closer = self.loosely("more", "near", "far")
        if not cues and not closer:
            found = self.subjects()
            if not self.yes_no() or len(found) != 1 or self.measured("exists", "count", "list", "share", "area"):
                return None
            last = found[0].conditions[-1] if found[0].conditions else None
            if last is None or last.kind not in ("near", "far") or not last.joined or last.high is None:
                return None
            one = found[0].without(last)
            test: q.Comparison = "<=" if last.kind == "near" else ">"
            return q.Query(
                measures=(q.Distance(of=self.region(one), to=last.region or q.Everything()),),
                test=q.Threshold(test=test, value=last.high),
            )
        if closer:
            found = self.subjects()
            if len(found) < 3:
                return None
            self.take(*(cue.place for cue in closer))
            one, two, three = found[:3]
            near = closer[0].value == "near"
            return q.Query(
                measures=(q.Distance(of=self.region(one), to=self.region(two)),),
                test=q.Compared(
                    to=q.Distance(of=self.region(one), to=self.region(three)),
                    test=None if not self.yes_no() else "<" if near else ">",
                ),
            )
        pair = self._pair(nouns)
        if pair is None:
            raise Unanswerable(None, "distance of one region")
        self.take(*(cue.place for cue in (*cues, *self.loosely("w", "between"))))
        self.take(*(cue.place for cue in self.measured("howmuch", "length")))
        self.take(*(cue.place for cue in self.loosely("rank", "nearest")))
        return q.Query(measures=(q.Distance(of=pair[0], to=pair[1]),), test=self._threshold(("length",)))

    def _border(self, nouns: list[Noun]) -> q.Query | None:
        cues = self.measured("border")
        if not cues:
            return None
        pair = self._pair(nouns)
        if pair is None:
            found = self.subjects()
            if len(found) == 1 and self.items[cues[0].place].has("measure", "perimeter"):
                return None
            if len(found) == 1 and found[0].of_kind("touch"):
                touch = found[0].of_kind("touch")[0]
                pair = self.region(found[0].without(touch)), touch.region or q.Everything()
            else:
                raise Unanswerable(None, "border of one region")
        self.take(*(cue.place for cue in (*cues, *self.loosely("w", "between"))))
        self.take(*(cue.place for cue in self.measured("howmuch", "length", "position", "area")))
        return q.Query(measures=(q.Border(of=pair[0], to=pair[1]),), test=self._threshold(("length",)))

    def _comparison(self, nouns: list[Noun]) -> q.Query | None:
        """Two things beside each other: "more forest than water", "which is larger", "how many times"."""
        found = self.subjects()
        more = self.loosely("more", ">", "<")
        difference, times = self.measured("difference"), self.measured("times")
        compare = self.measured("compare")
        count = self.measured("count")
        bare = [cue for cue in self.loosely("compare") if self.bounds(cue.place, "number") is None]
        factor = self.loosely("times")
        if not (more or difference or times or compare or bare):
            return None
        groups = self._sides(found)
        if groups is None:
            return None
        one, two = groups
        kind = "count" if count or (found[0].plural and self._countable(found)) else "area"
        if self.measured("share") and not times:
            kind = "share"
        make = {"count": q.Count, "share": q.Share, "area": q.Area}[kind]
        self.take(*(cue.place for cue in self.measured("classes")))
        self.take(*(cue.place for cue in (*more, *difference, *times, *compare, *bare, *factor, *count)))
        self.take(*(cue.place for cue in self.measured("area", "share", "howmuch", "exists")))
        self.take(*(cue.place for cue in self.loosely("w", "or", "only")))
        asked_which = (
            self.which or bool(self.loosely("w", "which")) or bool(self.measured("position", "compare", "times"))
        )
        self.which = False
        if compare and not (more or difference or times or bare):
            return q.Query(measures=(make(of=one), make(of=two)), by=self._dates_by())
        test: q.Comparison | None = None
        if (self.yes_no() or (self.question and not asked_which and not difference)) and (more or bare):
            value = more[0].value if more else bare[0].value
            test = value if value in (">", "<", ">=", "<=", "=") else ">"  # type: ignore[assignment]
        scale = float(factor[0].value) if factor else 1.0
        if times:
            self.unit = "times"
        return q.Query(
            measures=(make(of=one),), test=q.Compared(to=make(of=two), test=test, times=scale), by=self._dates_by()
        )

    def _countable(self, found: list[Noun]) -> bool:
        """Say whether single things are compared by their number: houses, lakes; not woods or clouds."""
        names = {noun.base.name for noun in found if isinstance(noun.base, q.Cover)}
        return names == {"buildings"}

    def _sides(self, found: list[Noun]) -> tuple[q.Region, q.Region] | None:
        """The two sides of a comparison: two nouns, or one at two places or two dates."""
        if len(found) == 2:
            one, two = found
            return self.region(one), self.region(two)
        if len(found) > 2:
            groups = [phrase for phrase in self.phrases if any(noun in found for noun in phrase.nouns)]
            if len(groups) == 2:
                return self.joined(groups[0].nouns), self.joined(groups[1].nouns)
            return None
        if len(found) == 1:
            noun = found[0]
            if len(self.all_places) == 2:
                bare = replace(noun, conditions=[each for each in noun.conditions if each.kind != "place"])
                region = self.region(bare)
                self.places = []
                return join(region, self.all_places[0]), join(region, self.all_places[1])
            if len(self.dates) == 1 and self.loosely("times"):  # "less than half of what it was in May"
                bare = noun.without(*noun.of_kind("date"))
                region, date = self.region(bare), self.dates[0]
                self.dates = []
                return region, q.At(of=region, date=date)
            if len(self.dates) == 2:
                bare = noun.without(*noun.of_kind("date"))
                region = self.region(bare)
                one_date, two_date = self.dates
                self.dates = []
                return q.At(of=region, date=one_date), q.At(of=region, date=two_date)
        return None

    def _net(self, nouns: list[Noun]) -> q.Query | None:
        """Change on balance: "did it grow", "net change", "rate"."""
        rate = self.measured("rate")
        changes = [cue for cue in self.changes if cue.value in _TWO_DATES]
        moved = [cue for cue in self.changes if cue.value in ("gained", "lost", "kept")]
        found = self.subjects()
        change_nouns = [noun for noun in found if noun.of_kind("change")]
        if not (rate or changes or moved):
            return None
        start, end = self._span()
        if rate and any(noun.of_kind("turn", "turn from") for noun in found):
            raise Unanswerable(None, "rate of a transition")
        if rate and (change_nouns or moved or changes or not found):
            bare = [noun.without(*noun.of_kind("change")) for noun in found]
            self.take(*(cue.place for cue in (*rate, *changes, *moved)))
            self.take(*(cue.place for cue in self.measured("mean", "area", "howmuch")))
            return q.Query(
                measures=tuple(q.Rate(of=self.region(noun), start=start, end=end) for noun in bare or ())
                or (q.Rate(of=q.Everything(), start=start, end=end),),
                by=self._dates_by(),
            )
        if rate:
            return None
        if not found and isinstance(self.by, q.ByClasses) and (moved or changes):  # "which class lost the most"
            self.take(*(cue.place for cue in (*moved, *changes, *self.measured("area", "howmuch"))))
            if any(cue.value == "lost" for cue in moved):
                self.changes.append(Cue("shrink", moved[0].place))
            return q.Query(measures=(q.NetChange(of=q.Everything(), start=start, end=end),), by=self.by)
        if moved and not changes:
            for noun in found:
                if not noun.of_kind("change"):
                    noun.conditions.append(Condition("change", text=moved[0].value))
            self.take(*(cue.place for cue in moved[:1]))
            if not found:
                raise Unanswerable(None, "no region")
            if len(moved) > 1:
                return self._balance(found, moved, ())
            return None
        if not found and (self.by is not None or any(cue.value != "net" for cue in changes)):
            raise Unanswerable(None, "no region")
        self.take(*(cue.place for cue in changes))
        self.take(*(cue.place for cue in self.measured("area", "howmuch", "compare", "difference", "classes")))
        if moved:
            return self._balance(found, moved, changes)
        if not found:
            return q.Query(
                measures=(q.NetChange(of=q.Everything(), start=start, end=end),), by=self.by or q.ByClasses()
            )
        test: q.Test | None = None
        yes_no = self.yes_no() or (
            self.question
            and not self.measures
            and not self.which
            and not self.loosely("w", "which")
            and self.by is None
        )
        verb = next((cue.value for cue in changes if cue.value != "net"), "net")
        limit = self._threshold(("area",))
        if limit is not None:
            value = -limit.value if verb == "shrink" else limit.value
            sign = (
                {">": "<", "<": ">", ">=": "<=", "<=": ">="}.get(limit.test, limit.test)
                if verb == "shrink"
                else limit.test
            )
            test = q.Threshold(test=sign, value=value)  # type: ignore[arg-type]
        elif yes_no and verb != "net":
            test = q.Threshold(test=">" if verb == "grow" else "<", value=0.0)
        if self.measured("share") or self.unit == "%":
            raise Unanswerable(None, "relative change")
        where = self.measured("position")
        if where and verb in ("grow", "shrink") and test is None:  # where is a matter of the ground that came or went
            self.take(*(cue.place for cue in where))
            how = "gained" if verb == "grow" else "lost"
            of = q.Change(of=self.joined(found), how=how, start=start, end=end)  # type: ignore[arg-type]
            return q.Query(measures=(q.Position(of=of), q.Area(of=of)), by=self._dates_by())
        measures = tuple(q.NetChange(of=self.region(noun), start=start, end=end) for noun in found)
        return q.Query(measures=measures, test=test, by=self._dates_by())

    def _balance(self, found: list[Noun], moved: Sequence[Cue], changes: Sequence[Cue]) -> q.Query:
        """Several sides of a change: gained, lost, kept, on balance."""
        start, end = self._span()
        self.take(*(cue.place for cue in (*moved, *changes)))
        of = self.joined([noun.without(*noun.of_kind("change")) for noun in found])
        measures: list[q.AnyMeasure] = [
            q.Area(of=q.Change(of=of, how=cue.value, start=start, end=end)) for cue in moved  # type: ignore[arg-type]
        ]  # fmt: skip
        if changes:
            measures.append(q.NetChange(of=of, start=start, end=end))
        return q.Query(measures=tuple(measures), by=self._dates_by())

    def _share_of(self, nouns: list[Noun]) -> q.Query | None:
        """A share of something: of the image, of another region, of what lies in a part of it."""
        cues = self.measured("share")
        loose = self._threshold(("share",)) if self.subjects() else None
        howmuch = self.measured("howmuch")
        majority = self.loosely("majority")
        as_share = self.loosely("w", "as share of")
        fraction = self.loosely("fraction")
        image = [noun for noun in nouns if noun.kind in ("image", "ground") and not noun.conditions]
        but = len(self.subjects()) == 1 and any(noun.kind == "image" and noun.of_kind("not in") for noun in nouns)
        of_image = bool(howmuch and (image or but) and self.subjects())  # "how much of the image is (not) water"
        parted = any(
            self.items[cue.place].text.endswith(" of") or self.has(cue.place + 1, "w", "of") for cue in howmuch
        )
        found = self.subjects()
        predicate = None
        for noun in found:
            for each in noun.conditions:
                asked_of = any(self.items[cue.place].text.endswith(" of") for cue in howmuch)
                asked_of = asked_of or self.language == "de"
                if not (cues or loose or self.unit == "%" or asked_of):
                    continue
                said = (
                    (each.kind in ("was", "turn") and bool(cues))
                    or (each.joined and each.kind in ("place", "near", "far", "in", "touch"))
                    or each.text == "patches"
                )
                if said and (cues or howmuch or loose or self.unit == "%"):
                    predicate = (noun, each)
        if not (cues or loose or self.unit == "%" or of_image or as_share or majority or (howmuch and predicate)
                or (parted and len(found) == 2 and len(self.phrases) == 2)):  # fmt: skip
            return None
        if not found:
            return None
        if self.also_share:
            return None
        others = [
            cue
            for cue in self.measured("count", "list", "position", "perimeter")
            if not self.items[cue.place].has("measure", "share") and not (self.by is not None and loose is not None)
        ]
        if others:
            return None
        self.take(
            *(cue.place for cue in (*cues, *howmuch, *as_share, *majority, *self.measured("area", "exists", "list")))
        )
        if majority and loose is None:
            loose = q.Threshold(test=">", value=0.5)
        if fraction and loose is None and self.yes_no():
            self.take(fraction[0].place)
            loose = q.Threshold(test="=", value=float(fraction[0].value))
        measures: tuple[q.AnyMeasure, ...]
        raw = [noun for phrase in self.phrases for noun in phrase.nouns if noun.kind == "class"]
        if cues and len(raw) == 2 and raw[0].base == raw[1].base and raw[0].conditions and not raw[1].conditions:
            measures = (q.Share(of=self.region(raw[0]), whole=self.region(raw[1])),)  # "..., share of all of it"
            return q.Query(measures=measures, by=self._dates_by(), test=loose)
        if predicate is not None and len(found) == 1:
            noun, each = predicate
            whole = self.region(noun.without(each))
            of = each.region or q.Everything()
            if each.kind == "near":
                of = q.Near(of=of, metres=each.high or 0.0)
            elif each.kind == "far":
                of = q.Not(of=q.Near(of=of, metres=each.high or 0.0))
            elif each.kind in ("touch", "size", "was", "turn"):
                of = self.region(noun)
            measures = (q.Share(of=of, whole=whole),)
            self.places = [] if each.kind == "place" else self.places
        elif len(found) >= 2 and len(groups := self._groups(found)) >= 2:
            if len(groups) == 2:
                one, two = ([noun for noun in group.nouns if noun in found] for group in groups)
                if as_share or self._whole_second():
                    of, whole = self.joined(one), self.joined(two)
                else:
                    of, whole = self.joined(two), self.joined(one)
                measures = (q.Share(of=of, whole=whole),)
            else:
                measures = tuple(q.Share(of=self.region(noun)) for noun in found)
        elif len(found) == 1 and len(found[0].of_kind("in")) == 1 and found[0].kind == "class":
            inner = found[0].of_kind("in")[0]
            region = inner.region or q.Everything()
            if isinstance(region, q.Features):
                measures = (q.Share(of=self.region(found[0].without(inner))),)
                return q.Query(measures=measures, by=self._dates_by(), test=loose, inside=region)
            measures = (q.Share(of=self.region(found[0].without(inner)), whole=region),)
        elif len(found) > 1 and not self._together():
            measures = tuple(q.Share(of=self.region(noun)) for noun in found)
        else:
            measures = (q.Share(of=self.joined(found), whole=self._whole_of_parts(found)),)
        return q.Query(measures=measures, by=self._dates_by(), test=loose)

    def _whole_of_parts(self, found: list[Noun]) -> q.Region:
        """Of what is lost or kept, a share is that of what there was at the first date."""
        noun = found[0]
        change = noun.of_kind("change")
        if len(found) != 1 or not change or change[0].text == "gained":
            return q.Everything()
        return q.At(of=self.region(noun.without(*change)), date=self._span()[0])

    def _groups(self, found: list[Noun]) -> list[Phrase]:
        """Return the phrases that name what is measured."""
        return [phrase for phrase in self.phrases if any(noun in found for noun in phrase.nouns)]

    def _whole_second(self) -> bool:
        """Say whether the whole is named after the part: "share of forest in vegetation"."""
        return False

    def _together(self) -> bool:
        joints = [joint for phrase in self.phrases for joint in phrase.joints]
        together = self.loosely("w", "together")
        self.take(*(cue.place for cue in together))
        return bool(together) or "or" in joints or any(item.has("w", "together") for item in self.left)

    def _touching(self, nouns: list[Noun]) -> q.Query | None:
        found = self.subjects()
        verb = self.question and not self.measures and self.language in ("es", "fr", "it", "pt")
        if not (self.yes_no() or verb or (self.question and self.measured("touch"))) or (
            self.measured("exists", "count", "list", "area", "share") and not self.measured("touch")
        ):
            return None
        cues = self.measured("touch")
        if len(found) == 1 and found[0].conditions and found[0].conditions[-1].kind == "touch" and not self.measures:
            touch = found[0].conditions[-1]
            of = self.region(found[0].without(touch))
            return q.Query(measures=(q.Touches(of=of, to=touch.region or q.Everything()),))
        if cues and len(found) == 2:
            self.take(*(cue.place for cue in cues))
            return q.Query(measures=(q.Touches(of=self.region(found[0]), to=self.region(found[1])),))
        return None

    def _plain(self, nouns: list[Noun]) -> q.Query | None:
        """One or several measures of one or several regions."""
        found = self.subjects()
        image = [noun for noun in nouns if noun.kind in ("image", "ground")]
        kinds = [cue for cue in self.measures if self.items[cue.place].has("measure", *_PLAIN)]
        if not found and image and kinds:
            found = image[:1]
        if not found:
            raise Unanswerable(None, "no region")
        test: q.Test | None = None
        names = list(dict.fromkeys(self._plain_name(cue) for cue in kinds))
        if "howmuch" in names:
            names = ["area" if name == "howmuch" else name for name in names]
        size = [each for each in found[-1].of_kind("size") if each.joined or self.yes_no()]
        verb = self.question and not names and not self.which and self.language != "en"  # "O lago é maior que 10 ha?"
        limit = None
        zones = self.which and isinstance(self.by, q.ByFeatures) and not found[-1].plural
        if zones and found[-1].of_kind("size"):
            size = found[-1].of_kind("size")
        if (
            size
            and (self.yes_no() or zones or (verb and size[-1].joined))
            and found[-1].conditions[-1] is size[-1]
            and not ("exists" in names or "count" in names or "list" in names)
        ):
            each = size[-1]
            found[-1].conditions.remove(each)
            low = each.low is not None
            limit = q.Threshold(test=">" if low else "<", value=each.low if low else each.high or 0.0)  # type: ignore[arg-type]
            names = [name for name in names if name == "perimeter"] or ["area"]
        if limit is None:
            limit = self._threshold()
            if limit is not None:
                names = self._measure_of_limit(names, found)
        test = limit
        self.take(*(cue.place for cue in kinds))
        if "position" in names:
            self.take(*(cue.place for cue in self.loosely("majority")))
        if limit is not None and "exists" in names:
            names = [name for name in names if name != "exists"] or ["area"]
        names = [name for name in names if name != "exists" or len(names) == 1]
        if "list" in names and len(names) > 1 and "count" not in names and set(names) <= {"list", "area", "howmuch"}:
            names = ["list"]
        if not names:
            names = [self._default(found)]
        if self.also_share:
            names = list(dict.fromkeys([*names, "share"]))
        if names == ["list"] and self.by is not None:
            names = ["area"]
        if (
            self.language == "zh"
            and len(names) > 1
            and any(self.items[cue.place].has("measure", "howmuch") for cue in kinds)
        ):
            names = [
                self._plain_name(cue) for cue in kinds if not self.items[cue.place].has("measure", "howmuch")
            ] or names
        layers = [noun for noun in found if noun.kind == "layer" and not noun.conditions]
        if layers and len(layers) < len(found) and len(self.phrases) > 1:
            raise Unanswerable(None, "zones beside classes")
        if names == ["length"]:
            raise Unanswerable(None, "length")
        if not self._coordinated(found):
            raise Unanswerable(None, "regions that nothing joins")
        regions = self._regions(found, names)
        measures = tuple(dict.fromkeys(self._measure(name, region) for region in regions for name in names))
        test = self._none_of(found, test)
        if test is not None and limit is None:
            measures = tuple(self._measure(names[0], self.joined(found)) for _ in (0,))
        by = self._dates_by()
        if (len(self.dates) > 1 and not any(noun.of_kind("date") for noun in found)) or (
            len(found) == 1 and len(found[0].of_kind("date")) > 1
        ):
            bare = self.joined([noun.without(*noun.of_kind("date")) for noun in found])
            measures = tuple(self._measure(name, q.At(of=bare, date=date)) for date in self.dates for name in names)
        if (
            self.range is not None
            and not any(has_change(q.Query(measures=(each,))) for each in measures)
            and by is None
        ):
            by = q.ByDates()
        return q.Query(measures=measures, by=by, test=test)

    def _none_of(self, found: list[Noun], test: q.Test | None) -> q.Test | None:
        """ "Which districts have no wetland": those where there is none of it."""
        if test is None and isinstance(self.by, q.ByFeatures) and self.which and len(found) == 1 and found[0].negated:
            found[0].negated = False
            return q.Threshold(test="=", value=0.0)
        return test

    def _plain_name(self, cue: Cue) -> str:
        item = self.items[cue.place]
        counted = item.has("measure", "count") or self.language == "zh"
        if item.has("measure", "howmuch") and counted:  # "combien de": of things, or of a stuff
            things = [
                noun
                for noun in self.subjects()
                if noun.plural or noun.is_parts or noun.base == q.Cover(name="buildings")
            ]
            patches = any(self.items[place].has("patch") for place in self.loose)
            return "count" if things or patches else "howmuch"
        for each in item.meanings:
            if each.kind == "measure" and each.value in _PLAIN:
                return each.value
        return cue.value

    def _measure_of_limit(self, names: list[str], found: list[Noun]) -> list[str]:
        fits = {"share": ("share",), "area": ("area",), "length": ("perimeter",)}.get(self.limit_kind, ("count",))
        return [name for name in names if name in fits] or [fits[0]]

    def _default(self, found: list[Noun]) -> str:
        if self.yes_no():
            return "exists"
        if self.which or any(noun.is_parts for noun in found):
            return "list"
        return "area"

    def _coordinated(self, found: list[Noun]) -> bool:
        """Say whether what is measured is named in one phrase, or in several that a word joins ("and", a comma)."""
        groups = self._groups(found)
        if len({noun.base for noun in found}) == 1:
            return True
        return all(
            any(
                self.has(place, "w", "and", "or", "comma", "slash", "dash", "to") for place in range(one.end, two.start)
            )
            for one, two in itertools.pairwise(groups)
        )

    def _regions(self, found: list[Noun], names: list[str]) -> list[q.Region]:
        if len(found) == 1 or self._together() or names[0] in ("exists", "list", "position"):
            return [self.joined(found)]
        return [self.region(noun) for noun in found]

    def _measure(self, name: str, region: q.Region) -> q.AnyMeasure:
        if name == "share":
            return q.Share(of=region)
        made: dict[str, type] = {
            "area": q.Area, "count": q.Count, "list": q.ListParts, "perimeter": q.Perimeter, "position": q.Position,
            "exists": q.Exists,
        }  # fmt: skip
        if name not in made:  # "length" of what has none here
            raise Unanswerable(None, name)
        return made[name](of=region)  # type: ignore[no-any-return]


def has_change(query: q.Query) -> bool:
    """Say whether a query is about a change between two dates."""
    return any(isinstance(node, (q.Change, q.Turned, q.NetChange, q.Rate)) for node in q.walk(query))


def replace_query(query: q.Query, **fields: object) -> q.Query:
    """Return a query with other fields."""
    return msgspec.structs.replace(query, **fields)


def _split_places(by: q.By | None) -> tuple[q.Within, ...]:
    """The two halves into which a question is split."""
    if not isinstance(by, q.ByParts) or by.parts == "ninths":
        return ()
    return tuple(q.Within(place=place) for place in by.parts.split("-"))  # type: ignore[arg-type]


def _anywhere(measure: q.AnyMeasure, places: Sequence[q.Within]) -> q.AnyMeasure:
    """A measure whose region is not confined to some places."""
    of = getattr(measure, "of", None)
    if not isinstance(of, q.AllOf):
        return measure
    left = tuple(each for each in of.of if each not in places)
    if not left:
        return msgspec.structs.replace(measure, of=q.Everything())
    return msgspec.structs.replace(measure, of=left[0] if len(left) == 1 else q.AllOf(of=left))
