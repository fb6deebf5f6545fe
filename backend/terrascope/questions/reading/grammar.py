"""The grammar of regions: which ground a sequence of concepts means.

A phrase is one or several nouns ("forest or shrubs"), each with what stands before it ("the three largest", "not") and
after it ("over 2 ha", "within 200 m of water", "in the northern half", "lost since 2009"). It is the same in all
languages: what stands where is left to the order of the concepts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from terrascope.questions import query as q
from terrascope.questions.reading.context import Context, Layer
from terrascope.questions.reading.items import Item

#: Metres that "near" means where no distance is given; what was understood is said.
NEAR_M = 500.0
_PLACES: dict[str, q.Place] = {
    "north": "north", "south": "south", "east": "east", "west": "west", "north-east": "north-east",
    "north-west": "north-west", "south-east": "south-east", "south-west": "south-west", "centre": "centre",
}  # fmt: skip
_OPPOSITE: dict[str, q.Comparison] = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "=": "!=", "!=": "="}


class Unanswerable(Exception):
    """What a question asks for cannot be had; `reason` is one of `query.Reason`, or None to ask back."""

    def __init__(self, reason: q.Reason | None, what: str = "") -> None:
        super().__init__(reason or what)
        self.reason = reason
        self.what = what


@dataclass
class Condition:
    """What is said of a noun: its kind, a region or numbers, and whether "is" or "that" joins it to the noun."""

    kind: str
    region: q.Region | None = None
    low: float | None = None
    high: float | None = None
    text: str = ""
    joined: bool = False
    test: str = ""


@dataclass
class Noun:
    """A noun of a phrase with all that is said of it."""

    base: q.Region
    kind: str  # class, layer, image, ground, value, before
    parts: bool = False
    plural: bool = False
    rank: tuple[str, int] | None = None
    negated: bool = False
    conditions: list[Condition] = field(default_factory=list)
    layer: Layer | None = None
    start: int = 0
    end: int = 0

    def of_kind(self, *kinds: str) -> list[Condition]:
        """Return what is said of it, of some kinds."""
        return [each for each in self.conditions if each.kind in kinds]

    def without(self, *conditions: Condition) -> Noun:
        """Return the noun without some of what is said of it."""
        return replace(self, conditions=[each for each in self.conditions if each not in conditions])

    @property
    def is_parts(self) -> bool:
        """Say whether single parts are meant rather than all of it."""
        return self.parts or self.rank is not None or bool(self.of_kind("size", "touch", "nottouch", "edge"))

    def region(self, place: q.Region | None = None, start: str = "first", end: str = "last") -> q.Region:
        """Return what ground is meant. A place matters to which are the largest: those of the place."""
        found: q.Region = q.Not(of=self.base) if self.negated else self.base
        parts = self.is_parts
        for each in self.conditions:
            found = _cut(found, each, parts, start, end)
        limits: dict[str, object] = {}
        minus: list[q.Region] = []
        for each in self.conditions if parts else ():
            if each.kind == "size":
                limits["over_m2"] = each.low if each.low is not None else limits.get("over_m2")
                limits["under_m2"] = each.high if each.high is not None else limits.get("under_m2")
            elif each.kind == "near" and "near" not in limits:
                limits |= {"near": each.region, "metres": each.high}
            elif each.kind == "near":
                minus.append(q.Not(of=q.Near(of=_is(each.region), metres=each.high or 0.0)))
            elif each.kind == "touch" and "touching" not in limits:
                limits["touching"] = each.region
            elif each.kind == "touch":
                found = q.Parts(of=found, touching=each.region)
            elif each.kind == "edge":
                limits["whole"] = True
        if self.rank is not None and place is not None:
            found = q.AllOf(of=(found, place))
        beyond = [each for each in self.conditions if parts and each.kind in ("far", "nottouch")]
        if beyond and self.rank is None:
            found = q.Parts(of=found, **limits) if limits else found  # type: ignore[arg-type]
            for each in beyond:
                found = q.Minus(of=found, without=_met(found, each))
            return found
        for each in beyond:
            found = q.Minus(of=found, without=_met(found, each))
        if self.rank is not None:
            limits["largest" if self.rank[0] == "largest" else "smallest"] = self.rank[1]
        return q.Parts(of=found, **limits) if limits else found  # type: ignore[arg-type]


def _is(region: q.Region | None) -> q.Region:
    return q.Everything() if region is None else region


def _met(of: q.Region, each: Condition) -> q.Region:
    if each.kind == "far":
        return q.Parts(of=of, near=each.region, metres=each.high)
    return q.Parts(of=of, touching=each.region)


def _cut(found: q.Region, each: Condition, parts: bool, start: str, end: str) -> q.Region:
    """Return a region with a condition that holds pixel by pixel."""
    region = _is(each.region)
    if each.kind == "near" and not parts:
        return join(found, q.Near(of=region, metres=each.high or 0.0))
    if each.kind == "far" and not parts:
        return join(found, q.Not(of=q.Near(of=region, metres=each.high or 0.0)))
    if each.kind == "in" or each.kind == "limit" or each.kind == "was":
        return join(found, region)
    if each.kind == "not in":
        return q.Not(of=region) if found == q.Everything() else q.Minus(of=found, without=region)
    if each.kind == "change":
        return q.Change(of=found, how=each.text, start=start, end=end)  # type: ignore[arg-type]
    if each.kind == "turn":
        return q.Turned(of=found, into=region, start=start, end=end)
    if each.kind == "turn from":
        return q.Turned(of=region, into=found, start=start, end=end)
    return found


def join(one: q.Region, two: q.Region) -> q.Region:
    """Return the ground of both regions."""
    if one == q.Everything():
        return two
    if two == q.Everything():
        return one
    return q.AllOf(of=(*(one.of if isinstance(one, q.AllOf) else (one,)), two))


@dataclass
class Phrase:
    """Nouns that stand together, and what joins each to the one before ("and", "or", "comma")."""

    nouns: list[Noun]
    joints: list[str]
    start: int
    end: int

    @property
    def first(self) -> Noun:
        """Return the first noun."""
        return self.nouns[0]


def union(regions: Sequence[q.Region]) -> q.Region:
    """Return the ground of any of some regions."""
    one = tuple(dict.fromkeys(regions))
    return one[0] if len(one) == 1 else q.AnyOf(of=one)


_NEGATIONS = frozenset({"not", "nicht", "pas", "no", "nao", "non", "ni"})
_PARTS = {"0.5": "half", "0.3333333333333333": "third", "0.25": "quarter"}
_SKIPPED = ("comma", "be", "that", "with")
_LINKS = ("of", "from", "to", "near", "in", "comma", "touch")


class Grammar:
    """Reads phrases from items; marks in `used` what it takes.

    `items` are those that carry meaning, pure fillers left out.
    """

    def __init__(self, items: Sequence[Item], context: Context, before: q.Region | None = None) -> None:
        self.items = list(items)
        self.context = context
        self.before = before
        self.language = "en"
        self.also: Condition | None = None
        self.cues: dict[int, str] = {}
        self._under_way: set[int] = set()

    # --- looking ------------------------------------------------------------------------------------------------------
    def at(self, place: int) -> Item | None:
        """Return the item at a place, None beyond the end."""
        return self.items[place] if 0 <= place < len(self.items) else None

    def has(self, place: int, kind: str, *values: str) -> bool:
        """Say whether there is an item at a place that may stand for something."""
        item = self.at(place)
        return item is not None and item.has(kind, *values)

    def skip(self, place: int, *words: str) -> int:
        """Return the next place that holds none of some words of the grammar, nor a filler."""
        while (item := self.at(place)) is not None and (
            (words and item.has("w", *words)) or item.has("filler")
        ) and not any(item.has(kind) for kind in ("class", "classes", "layer", "compare", "place")):  # fmt: skip
            place += 1
        return place

    # --- phrases ------------------------------------------------------------------------------------------------------
    def phrase(self, place: int, nested: bool = False) -> Phrase | None:
        """Return the phrase that begins at a place."""
        start = place
        first = self.noun(place, nested)
        if first is None:
            return None
        nouns, joints = [first], []
        place = first.end
        while first.kind != "except":
            joint = self._joint(place)
            if joint is None:
                break
            name, after = joint
            if (nested or first.kind in ("layer", "ground", "image", "value")) and name == "comma":
                break
            following = self.noun(after, nested, follows=True)
            if following is None or following.kind in ("image", "ground", "value", "before"):
                break
            nouns.append(following)
            joints.append(name)
            place = following.end
        if first.kind != "except":
            self._share_conditions(nouns, joints)
        return Phrase(nouns, joints, start, place)

    def _joint(self, place: int) -> tuple[str, int] | None:
        """What joins the next noun: "and", "or", "comma"; where it would begin."""
        item = self.at(place)
        if item is None or not item.has("w", "and", "or", "comma", "slash"):
            return None
        name = "or" if item.has("w", "or") else "comma" if item.has("w", "comma") else "and"
        if item.has("w", "slash"):
            name = "slash"
        place += 1
        while self.has(place, "w", "and", "or", "comma", "of", "in"):
            name = "or" if self.has(place, "w", "or") else "and" if self.has(place, "w", "and") else name
            place += 1
        return name, self.skip(place)

    def _share_conditions(self, nouns: list[Noun], joints: list[str]) -> None:
        """Let what is said of the last noun hold for those before that have nothing of their own."""
        last = nouns[-1]
        if len(nouns) < 2 or any(noun.conditions or noun.negated for noun in nouns[:-1]):
            return
        for noun in nouns[:-1]:
            noun.conditions = list(last.conditions)
            noun.parts = noun.parts or (last.parts and noun.plural)

    # --- nouns --------------------------------------------------------------------------------------------------------
    def noun(self, place: int, nested: bool = False, follows: bool = False) -> Noun | None:
        """Return the noun that begins at a place, with all that is said of it."""
        start = place
        count, rank, negated, excluded = 1, "", False, False
        before: list[Condition] = []
        while True:
            place = self.skip(place)
            item = self.at(place)
            if item is None:
                return None
            if item.has("rank", "largest", "smallest") and not rank and self._head_follows(place + 1):
                rank = item.get("rank") or ""
                place += 1
                if self.has(place, "number") and (self.at(place).number or 0) < 1000:  # type: ignore[union-attr]
                    count = int(self.at(place).number or 1)  # type: ignore[union-attr]
                    place += 1
            elif item.has("number") and self._rank_follows(place + 1):
                count = int(item.number or 1)
                place += 1
            elif item.has("rank", "nearest"):
                place += 1
            elif item.has("w", "not") and not negated and self._head_follows(place + 1):
                negated = True
                place += 1
            elif item.has("w", "without") and place == 0 and not nested and self._head_follows(place + 1):
                excluded = negated = True
                place += 1
            elif item.has("change", "gained", "lost", "kept") and self._head_follows(place + 1, of=True):
                before.append(Condition("change", text=item.get("change") or ""))
                place = self.skip(place + 1, "of")
            elif (said := self._said_before(place)) is not None:
                before.append(said[0])
                place = said[1]
            elif (
                item.has("number") and item.quantity is None and not item.has("date") and self._ranked_after(place + 1)
            ):
                count = int(item.number or 1)
                place += 1
            elif (sized := self._sized_before(place)) is not None:
                before.append(sized[0])
                place = sized[1]
            else:
                break
        noun = self._head(place, nested)
        if noun is None and (rank or before) and self.before is not None and not follows:
            noun = Noun(self.before, "before", start=place, end=place)
        if noun is None:
            return None
        if self.has(noun.end, "rank", "nearest"):
            noun.end += 1
        noun.start, noun.negated = start, negated
        behind = self.skip(noun.end, "be", "that") if count > 1 else noun.end
        if not rank and self.has(behind, "rank", "largest", "smallest") and noun.kind == "class":
            noun.end = behind
            ahead = self.at(noun.end)
            if ahead is not None and not (self._rank_is_asked(noun.end)):
                rank = ahead.get("rank") or ""
                noun.end += 1
        if rank:
            noun.rank = (rank, count)
        noun.conditions = [*before, *noun.conditions]
        if noun.kind == "ground" and (moved := self._change(noun.end)) is not None:  # "Surface restée en eau"
            inner = self._head(self.skip(moved[1], "of", "in", "be"), nested)
            if inner is not None and inner.kind == "class":
                noun.base, noun.kind, noun.end = inner.base, "class", inner.end
                noun.conditions.append(moved[0])
        if negated and noun.kind in ("class", "layer"):
            self._negated_union(noun)
        if excluded:
            noun.kind = "except"
            return noun
        self._after(noun, nested)
        if rank and count > 1:
            noun.plural = True
        if noun.kind == "ground" and not noun.conditions and nested:
            return None
        return noun

    def _negated_union(self, noun: Noun) -> None:
        """ "Neither forest nor water nor town": all of them are meant by the one negation."""
        regions = [noun.base]
        while True:
            joint = self._joint(noun.end)
            if joint is None and not self.has(noun.end, "w", "not"):
                break
            place = noun.end if joint is None else joint[1]
            while self.has(place, "w", "not") or self.has(place, "filler"):
                place += 1
            following = self._head(place, True)
            if following is None or following.kind not in ("class", "layer"):
                break
            regions.append(following.base)
            noun.end = following.end
        noun.base = union(regions)

    def _head_follows(self, place: int, of: bool = False) -> bool:
        """Say whether a noun begins within a few items: adjectives, numbers and articles may stand between."""
        for _ in range(4):
            item = self.at(place)
            if item is None:
                return False
            if item.has("class") or item.has("classes") or item.has("layer") or item.has("patch"):
                return True
            if item.has("pron") and self.before is not None:
                return True
            if not (
                item.has("number") or item.has("filler") or item.has("rank") or item.has("w", "not")
                or (of and item.has("w", "of", "in")) or item.has("change", "gained", "lost", "kept")
            ):  # fmt: skip
                return False
            place += 1
        return False

    def _ranked_after(self, place: int) -> bool:
        """Say whether a noun with its rank behind it begins here: "(4) parches de bosque más grandes"."""
        for ahead in range(place, place + 5):
            item = self.at(ahead)
            if item is None:
                return False
            if item.has("rank", "largest", "smallest") and ahead > place:
                return True
            known = item.has("class") or item.has("classes") or item.has("patch") or item.has("filler")
            if not (known or item.has("w", "of", "be", "that")):
                return False
        return False

    def _rank_is_asked(self, place: int) -> bool:
        """Say whether a rank behind a noun is what the question asks for, rather than which of the nouns is meant."""
        return False

    def _said_before(self, place: int) -> tuple[Condition, int] | None:
        """What stands before its noun, joined by a particle: "距离水体500米以内的森林", "大于5公顷的湖泊"."""
        if self.language != "zh" or place in self._under_way:
            return None
        for reader in (self._distance_whose, self._tail, self._size, self._limit_after, self._relation):
            self._under_way.add(place)  # what is read from here may begin with a noun: it is not to be read for ever
            found = reader(place)
            self._under_way.discard(place)
            if found is None:
                continue
            after = found[1]
            while self.has(after, "w", "of", "that", "comma") or self.has(after, "filler"):
                after += 1
            if after > found[1] and self._head_follows(after):
                return found[0], after
        return None

    def _rank_follows(self, place: int) -> bool:
        item = self.at(place)
        return item is not None and item.has("rank", "largest", "smallest") and self._head_follows(place + 1)

    def _sized_before(self, place: int) -> tuple[Condition, int] | None:
        """A size before its noun: "über 2 ha große Wälder"."""
        found = self._size(place)
        if found is None or not self.has(found[1], "w", "sized"):
            return None
        after = self.skip(found[1] + 1, "of")
        return (found[0], after) if self._head_follows(after) else None

    def _head(self, place: int, nested: bool) -> Noun | None:
        item = self.at(place)
        if item is None:
            return None
        if item.layer is not None and item.layer.kind == "vector" and (item.has("layer") or item.has("named")):
            return self._layer(place)
        if item.has("named") and item.layer is not None:
            return self._layer(place)
        name = item.get("class") or item.get("classes")
        if name is not None:
            return self._class(place, name)
        if item.has("patch"):
            after = self.skip(place + 1, "of")
            inner = self.at(after)
            if inner is not None and (inner.has("class") or inner.has("classes")):
                noun = self._class(after, inner.get("class") or inner.get("classes") or "")
                noun.parts = noun.plural = True
                return noun
            if self.before is not None and not item.has("ground"):
                return Noun(self.before, "before", parts=True, plural=True, end=place + 1)
        if item.has("pron") and self.before is not None:
            return Noun(self.before, "before", parts=isinstance(self.before, q.Parts), end=place + 1)
        if item.has("w", "within") and not nested and self._length(self.skip(place + 1, "of")) is not None:
            strip = self._distance(place)
            if strip is not None:
                return Noun(q.Everything(), "value", conditions=[strip[0]], end=strip[1])
        limit = self._limit(place)
        if limit is not None:
            after, condition = limit
            end = after
            while self.has(end, "patch") or self.has(end, "ground"):
                end += 1
            return Noun(q.Everything(), "value", parts=False, conditions=[condition], end=end)
        if item.has("place") or (
            (item.has("part") or item.get("fraction") in _PARTS)
            and self.has(place + 1, "w", "of")
            and self.has(place + 2, "place")
        ):
            found = self._place(place)
            if found is not None:
                return Noun(q.Everything(), "image", conditions=[found[0]], end=found[1])
        if item.has("image"):
            return Noun(q.Everything(), "image", end=place + 1)
        if item.has("ground"):
            return Noun(q.Everything(), "ground", end=place + 1, plural=item.has("patch"))
        return None

    def _class(self, place: int, name: str) -> Noun:
        item = self.items[place]
        noun = Noun(q.Cover(name=name), "class", plural=item.has("classes"), end=place + 1)
        if self.language == "fr" and item.text.endswith(("s", "x")) and item.text not in ("bois", "marais"):
            noun.plural = True
        after = place + 1
        if self.has(after, "patch") and not self.has(after, "measure"):
            noun.parts = noun.plural = True
            noun.end = after + 1
        return noun

    def _layer(self, place: int) -> Noun:
        item = self.items[place]
        layer = item.layer
        assert layer is not None
        end = place + 1
        name = item.name
        after = self.at(end)
        if name is None and after is not None and after.has("named") and after.layer is layer:
            name, end = after.name, end + 1
        elif name is None and after is not None and after.has("number") and after.quantity is None:
            name, end = f"{after.number:g}", end + 1
        elif name is None and (names := self._proper(end)) is not None:
            name, end = names
        if name is None:
            return Noun(q.Features(layer=layer.name), "layer", plural=True, layer=layer, end=end)
        column = column_of(layer, name)
        return Noun(q.Features(layer=layer.name, column=column, named=name), "layer", layer=layer, end=end)

    def _proper(self, place: int) -> tuple[str, int] | None:
        """A proper name after the noun of a layer: strange words that begin with a capital letter."""
        return None

    # --- what is said after the noun ----------------------------------------------------------------------------------
    def _after(self, noun: Noun, nested: bool) -> None:
        readers: list[Callable[[int], tuple[Condition, int] | None]] = [self._size_after, self._limit_after]
        if not nested:
            readers = [
                self._edge, self._distance, self._distance_whose, self._relation, self._in_patches, self._size_after,
                self._limit_after, self._tail, self._date_after, self._turn, self._change, self._was, self._place_after,
                self._in, self._without, self._height,
            ]  # fmt: skip
        if nested and noun.kind == "layer":
            return  # lines have no size
        if noun.kind == "image":
            readers = [reader for reader in readers if reader not in (self._size_after, self._in_patches, self._height)]
        while True:
            place, joined = self._connected(noun.end, nested)
            found = None
            for begin in dict.fromkeys((noun.end, place)):
                for reader in readers:
                    found = reader(begin)
                    if found is not None:
                        break
                if found is not None:
                    break
            if found is None:
                area = self.at(noun.end)
                skipped = area is not None and area.has("measure", "area", "share") and noun.end not in self.cues
                if skipped and not nested and any(
                    reader(begin) is not None
                    for begin in dict.fromkeys((noun.end + 1, self._connected(noun.end + 1)[0]))
                    for reader in readers
                ):  # fmt: skip
                    self.cues[noun.end] = (area.get("measure") or "") if area is not None else ""
                    noun.end += 1
                    continue
                return
            condition, noun.end = found
            condition.joined = joined and begin != noun.start
            if condition.kind == "not in" and noun.of_kind("touch") and self._negates(begin):
                condition.kind = "nottouch"  # "that touch water but not a road"
            noun.conditions.append(condition)
            if self.also is not None:
                noun.conditions.append(self.also)
                self.also = None

    def _connected(self, place: int, nested: bool = False) -> tuple[int, bool]:
        """Where what is said of a noun may begin, behind "that are", "with", a comma, "and"."""
        joined = False
        while (item := self.at(place)) is not None:
            if nested and item.has("w", "comma", "and"):
                break  # what comes behind it is said of the outer noun
            if item.has("w", "be", "that", "with"):
                joined = joined or not item.has("measure")
            elif not (item.has("w", "comma", "and", "of", "only") or item.has("filler") or item.has("pron")):
                break
            if item.has("place") or item.has("change", "turn", "was") or (item.has("class") or item.has("classes")):
                break
            place += 1
        return place, joined

    def _negates(self, place: int) -> bool:
        item = self.at(place)
        return item is not None and (item.has("w", "not") or bool(_NEGATIONS & set(item.text.split())))

    # sizes
    def _size_after(self, place: int) -> tuple[Condition, int] | None:
        return self._size(place)

    def _in_patches(self, place: int) -> tuple[Condition, int] | None:
        """A size of the parts in which something lies: "in patches smaller than 1 acre"."""
        begin = place + 1 if self.has(place, "w", "in") else place
        if not self.has(begin, "patch") or self.has(begin, "class"):
            return None
        found = self._size(self._connected(begin + 1)[0])
        if found is None:
            return None
        found[0].text = "patches"
        return found

    def _size(self, place: int) -> tuple[Condition, int] | None:
        """A size of parts: "over 2 ha", "2 ha or more", "between 1 and 5 ha", "2 to 5 ha"."""
        found = self.bounds(place, "area")
        if found is None:
            return None
        low, high, end = found
        if self.has(end, "measure", "area") and not self._head_follows(self.skip(end + 1, "of")):
            end += 1
        elif (
            self.has(end, "w", "of", "in") and self.has(end + 1, "measure", "area") and not self._head_follows(end + 2)
        ):
            end += 2
        return Condition("size", low=low, high=high), end

    def bounds(self, place: int, kind: str) -> tuple[float | None, float | None, int] | None:
        """Return the least and the greatest of some numbers of a kind, and where they end; None where there are none.

        `kind` is that of a quantity, or "number" for numbers with whatever unit.
        """
        between = self.has(place, "w", "between") or self.has(place, "date", "between")
        begin = self.skip(place + 1) if between else place
        if (one := self._number(begin, kind, loose=True)) is not None:
            middle = begin + 1
            if self.has(middle, "w", "and" if between else "to", "to", "dash"):
                two = self._number(middle + 1, kind)
                if two is not None:
                    scale = 1.0
                    first, second = self.items[begin], self.items[middle + 1]
                    if first.quantity is None and second.quantity is not None and kind != "number":
                        scale = second.quantity.value / (second.number or 1.0)
                    return one * scale, two, middle + 2
        if between:
            return None
        test = self.at(place)
        if test is not None and test.has("compare") and not test.has("compare", "=", "!="):
            after = self.skip(place + 1, "of", "than")
            value = self._number(after, kind)
            if value is not None:
                low, high = _sides(test.get("compare") or "", value)
                end = after + 1
                if low is not None and self.has(end, "w", "and") and self.has(end + 1, "compare"):
                    upper = self.bounds(end + 1, kind)
                    one_kind = upper is not None and self._unit_kind(after) == self._unit_kind(upper[2] - 1)
                    if upper is not None and upper[0] is None and one_kind:
                        return low, upper[1], upper[2]
                return low, high, end
        value = self._number(place, kind)
        if value is not None and self.has(place + 1, "compare"):
            low, high = _sides(self.items[place + 1].get("compare") or "", value)
            if self._number(place + 2, kind) is None:
                return low, high, place + 2
        return None

    def _unit_kind(self, place: int) -> str:
        item = self.at(place)
        return "" if item is None or item.quantity is None else item.quantity.kind

    def _number(self, place: int, kind: str, loose: bool = False) -> float | None:
        item = self.at(place)
        if item is None:
            return None
        if item.quantity is not None and item.quantity.kind == kind:
            return item.quantity.value
        if kind == "number" and item.number is not None:
            return item.quantity.value if item.quantity is not None and item.quantity.kind == "length" else item.number
        return item.number if loose and item.number is not None and item.quantity is None else None

    # distances
    def _distance(self, place: int) -> tuple[Condition, int] | None:
        """A distance to another region: "within 200 m of water", "more than 1 km from any road", "100 m around"."""
        far = bare_limit = False
        begin = place
        negated = self.has(begin, "w", "not", "without")
        if negated:
            begin = self.skip(begin + 1)
        item = self.at(begin)
        if item is None:
            return None
        if item.has("w", "within", "beyond") or item.has("compare") or item.has("more", "near", "far"):
            value = item.get("compare")
            bare_limit = item.has("compare") and not item.has("w", "within", "beyond")
            far = (
                (value in (">", ">=")) if value is not None else item.has("w", "beyond") and not item.has("w", "within")
            )
            far = far or item.has("more", "far")
            begin = self.skip(begin + 1, "than", "of", "in", "within")
            if self.has(begin, "compare"):
                far = self.items[begin].get("compare") in (">", ">=")
                begin += 1
        elif item.has("w", "in", "of", "at"):
            begin += 1
        low_high = self.bounds(begin, "length") if not self._length(begin) else None
        if low_high is not None:
            far, metres, end = low_high[0] is not None, low_high[0] or low_high[1] or 0.0, low_high[2]
        elif (length := self._length(begin)) is not None:
            metres, end = length, begin + 1
            if self.has(end, "compare"):
                far = self.items[end].get("compare") in (">", ">=")
                end += 1
        else:
            return None
        if bare_limit and not self.has(end, "w", "from", "of", "to", "away", "near"):
            return None
        after = self.skip(end, *_LINKS, "be", "away")
        if after == end and not self.has(end - 1, "w"):
            ahead = self.at(after)
            if ahead is None or not (ahead.has("class") or ahead.has("classes") or ahead.has("layer")):
                return None
        inner = self.phrase(after, nested=True)
        if inner is None:
            return None
        region = union([noun.region() for noun in inner.nouns])
        return Condition("far" if far != negated else "near", region=region, high=metres), inner.end

    def _length(self, place: int) -> float | None:
        item = self.at(place)
        found = item is not None and item.quantity is not None and item.quantity.kind == "length"
        return item.quantity.value if found and item is not None and item.quantity is not None else None

    def _distance_whose(self, place: int) -> tuple[Condition, int] | None:
        """A distance that comes after its noun: "whose distance to water is under 500 m", "距离水体500米以内"."""
        item = self.at(place)
        if item is None or not (item.has("measure", "distance") or item.has("w", "from", "away")):
            return None
        after = self.skip(place + 1, "of", "from", "to", "in", "between")
        inner = self.phrase(after, nested=True)
        if inner is None:
            return None
        place = self.skip(inner.end, "be", "in", "within", "of", "comma")
        found = self.bounds(place, "length")
        far = False
        if found is not None:
            far, metres, end = found[0] is not None, found[0] or found[1] or 0.0, found[2]
        elif (length := self._length(place)) is not None:
            metres, end = length, place + 1
        else:
            return None
        while self.has(end, "w", "within", "in", "beyond") and not self.has(end, "w", "and"):
            far = far or (self.has(end, "w", "beyond") and not self.has(end, "w", "within"))
            end += 1
        region = union([noun.region() for noun in inner.nouns])
        return Condition("far" if far else "near", region=region, high=metres), end

    def _relation(self, place: int) -> tuple[Condition, int] | None:
        """A relation without a distance: near, far from, touching, not touching."""
        if self.has(place, "w", "with") and (found := self._with_near(place)) is not None:
            return found
        negated = self.has(place, "w", "not", "without")
        begin = self.skip(place + 1) if negated else place
        item = self.at(begin)
        if item is None or (item.has("class") or item.has("classes")):
            return None
        kind = next((each for each in ("nottouch", "touch", "far", "near") if item.has("w", each)), None)
        if kind is None:
            kind = "touch" if item.has("measure", "touch") else None
        if kind is None:
            return None
        if negated:
            kind = {"touch": "nottouch", "near": "far", "far": "near"}.get(kind, kind)
        inner = self.phrase(self.skip(begin + 1, "of", "to", "in", "and"), nested=True)
        if inner is None or inner.first.kind in ("image",):
            return None
        regions = [noun.region() for noun in inner.nouns]
        if kind == "touch" and "and" in inner.joints and len(regions) == 2:  # both are touched
            self.also = Condition(kind, region=regions[1])
            regions = regions[:1]
        return Condition(kind, region=union(regions), high=NEAR_M if kind in ("near", "far") else None), inner.end

    def _with_near(self, place: int) -> tuple[Condition, int] | None:
        """ "With a tree right up against them": what touches or is near is named first."""
        inner = self.phrase(self.skip(place + 1), nested=True)
        if inner is None or inner.first.kind != "class":
            return None
        after = self.at(inner.end)
        kind = next((each for each in ("touch", "near") if after is not None and after.has("w", each)), None)
        if kind is None or not (self.has(inner.end + 1, "pron") or inner.end + 1 >= len(self.items)):
            return None
        region = union([noun.region() for noun in inner.nouns])
        return Condition(kind, region=region, high=NEAR_M if kind == "near" else None), inner.end + 2

    def _tail(self, place: int) -> tuple[Condition, int] | None:
        """A relation whose verb comes last: "der an Wasser grenzt", "与道路相邻"."""
        begin = place
        negated = self.has(begin, "w", "not")
        begin = self.skip(begin + 1 if negated else begin, "of", "in", "from", "to", "and", "that", "comma", "with")
        item = self.at(begin)
        if item is None or not (item.has("class") or item.has("classes") or item.has("layer") or item.has("rank")):
            return None
        if not any(self.has(ahead, "w", "touch tail", "nottouch tail") for ahead in range(begin + 1, begin + 5)):
            return None
        inner = self.phrase(begin, nested=True)
        if inner is None:
            return None
        end = inner.end
        negated = negated or self.has(end, "w", "not")
        end = self.skip(end + 1 if self.has(end, "w", "not") else end)
        if not self.has(end, "w", "touch tail", "nottouch tail"):
            return None
        negated = negated or self.has(end, "w", "nottouch tail")
        region = union([noun.region() for noun in inner.nouns])
        return Condition("nottouch" if negated else "touch", region=region), end + 1

    # pixel by pixel
    def _in(self, place: int) -> tuple[Condition, int] | None:
        negated = self.has(place, "w", "not", "without")
        begin = self.skip(place + 1) if negated else place
        item = self.at(begin)
        if item is None or not item.has("w", "in", "within"):
            return None
        inner = self.phrase(self.skip(begin + 1, "of", "in"), nested=True)
        if inner is None or inner.first.kind in ("image", "ground"):
            return None
        region = union([noun.region() for noun in inner.nouns])
        return Condition("not in" if negated else "in", region=region), inner.end

    def _without(self, place: int) -> tuple[Condition, int] | None:
        item = self.at(place)
        if item is None or not item.has("w", "without", "not") or item.has("w", "and"):
            return None
        inner = self.phrase(self.skip(place + 1, "of", "in", "be", "from"), nested=True)
        if inner is None or inner.first.kind in ("image", "ground", "before"):
            return None
        noun = inner.first
        if noun.negated:
            return None
        if noun.kind == "class" and noun.of_kind("size") and self.has(place, "w", "without"):
            size = noun.of_kind("size")[0]
            del size
        region = union([each.region() for each in inner.nouns])
        return Condition("not in", region=region), inner.end

    def _limit_after(self, place: int) -> tuple[Condition, int] | None:
        found = self._limit(place)
        return None if found is None else (found[1], found[0])

    def _limit(self, place: int) -> tuple[int, Condition] | None:
        """A limit of a band, an index or a raster layer: "NDVI > 0.6", "slope between 10 and 20 degrees"."""
        begin = self.skip(place, "in", "with") if self.has(place, "w", "with", "in") else place
        item = self.at(begin)
        if item is not None and item.has("compare") and (turned := self._turned_limit(begin)) is not None:
            return turned
        if item is None or not (item.has("value") or item.has("height") or _raster(item)):
            return None
        again = item.get("height")
        while again is not None and self.has(begin + 1, "height", again):  # "on slopes steeper than"
            begin += 1
        after = self.skip(begin + 1, "of", "be", "in", "with", "that")
        dated = self._dated_limits(item, begin + 1)
        if dated is not None:
            return dated
        found = self.bounds(after, "number")
        if found is None:
            return None
        low, high, end = found
        name = self.value_name(item)
        strict = self._tests(after)
        regions: list[q.Region] = []
        if low is not None:
            regions.append(q.Limit(value_of=name, test=">=" if strict == ">=" or high is not None else ">", value=low))
        if high is not None:
            regions.append(q.Limit(value_of=name, test="<=" if strict == "<=" or low is not None else "<", value=high))
        region = regions[0] if len(regions) == 1 else q.AllOf(of=tuple(regions))
        return end, Condition("limit", region=region)

    def _turned_limit(self, place: int) -> tuple[int, Condition] | None:
        """A limit whose name comes last: "über 20° Neigung"."""
        found = self.bounds(place, "number")
        if found is None:
            return None
        after = self.skip(found[2], "of")
        item = self.at(after)
        if item is not None and item.has("height", "slope") and self._unit_kind(found[2] - 1) == "length":
            return None
        if item is None or not (item.has("height") or _raster(item)) or (found[0] is None) == (found[1] is None):
            return None
        low, high, _ = found
        value = low if low is not None else high or 0.0
        region = q.Limit(value_of=self.value_name(item), test=">" if low is not None else "<", value=value)
        return after + 1, Condition("limit", region=region)

    def _dated_limits(self, item: Item, place: int) -> tuple[int, Condition] | None:
        """Limits of several dates: "NDVI above 0.6 in April but under 0.3 in September"."""
        regions: list[q.Region] = []
        end = place
        while True:
            begin = self.skip(end, "of", "be", "in", "with", "that", "and", "comma", "without" if regions else "of")
            while self.has(begin, "date", "in") and not self._has_date(begin):
                begin += 1
            day = self.at(begin)
            date = day.date if day is not None else None
            begin = self.skip(begin + 1, "of", "be", "in") if date is not None else begin
            found = self.bounds(begin, "number")
            if found is None:
                break
            low, high, after = found
            if date is None:
                later = after
                while self.has(later, "date", "in") and not self._has_date(later):
                    later += 1
                day = self.at(later)
                date = day.date if day is not None else None
                after = later + 1 if date is not None else after
            if date is None or (low is not None and high is not None):
                break
            test: q.Comparison = ">" if low is not None else "<"
            limit = q.Limit(value_of=self.value_name(item), test=test, value=low if low is not None else high or 0.0)
            regions.append(q.At(of=limit, date=date))
            end = after
        if len(regions) < 2:
            return None
        return end, Condition("limit", region=q.AllOf(of=tuple(regions)))

    def _has_date(self, place: int) -> bool:
        item = self.at(place)
        return item is not None and item.date is not None

    def _tests(self, place: int) -> str:
        for each in (place, place + 1):
            if self.has(each, "compare"):
                return self.items[each].get("compare") or ""
        return ""

    def _height(self, place: int) -> tuple[Condition, int] | None:
        """A height without its word: "pasture above 1500 m"."""
        found = self.bounds(place, "length")
        if found is None or not self.has(place, "compare"):
            return None
        low, high, end = found
        name = self.raster("height")
        if name is None:
            raise Unanswerable("needs a height model")
        value = low if low is not None else high or 0.0
        region = q.Limit(value_of=name, test=">" if low is not None else "<", value=value)
        return Condition("limit", region=region), end

    def value_name(self, item: Item) -> str:
        """Return the name of a band, an index or a raster layer.

        Raises
        ------
        Unanswerable
            If there is none such.
        """
        if item.layer is not None and item.layer.kind == "raster":
            return item.layer.name
        kind = item.get("height")
        if kind is not None:
            name = self.raster(kind)
            if name is None:
                raise Unanswerable("needs a height model")
            return name
        value = item.get("value") or ""
        if value.startswith("unknown") or value == "thermal":
            raise Unanswerable("band missing")
        return value

    def raster(self, measures: str) -> str | None:
        """Return the raster layer that holds slope or height."""
        for layer in self.context.layers:
            if layer.kind == "raster" and layer.measures == measures:
                return layer.name
        return None

    # places
    def _place_after(self, place: int) -> tuple[Condition, int] | None:
        begin = self.skip(place, "in", "of", "within", "comma", "only")
        return self._place(begin)

    def _place(self, place: int) -> tuple[Condition, int] | None:
        """A part of the image: "northern half", "south", "top third", "north-east corner"."""
        begin = place
        part: q.Region | None = None
        word: str | None = None
        item = self.at(begin)
        if item is None or item.has("halves", "north-south", "east-west"):
            return None
        if (
            (fraction := item.get("fraction")) in _PARTS and not item.has("part") and not item.has("place")
        ):  # "la mitad norte"
            after = self.skip(begin + 1, "of", "in")
            ahead = self.at(after)
            if ahead is None or not ahead.has("place"):
                return None
            word, begin, item = _PARTS[fraction or ""], after, ahead
        if item.has("part") and not item.has("place"):
            word = item.get("part")
            after = self.skip(begin + 1, "of", "in")
            item = self.at(after)
            if item is None or not item.has("place"):
                return None
            begin = after
        if not item.has("place"):
            return None
        where = _PLACES[item.get("place") or ""]
        end = begin + 1
        if word is None and (behind := self.at(end)) is not None and behind.has("part"):
            word = behind.get("part")
            end += 1
        if self.has(end, "w", "of") and self.has(end + 1, "image"):
            end += 2
        elif self.has(end, "image") and not self.has(end, "ground"):
            end += 1
        part = place_region(where, word or "half")
        return Condition("place", region=part), end

    # dates
    def _date_after(self, place: int) -> tuple[Condition, int] | None:
        while self.has(place, "date", "in") or self.has(place, "w", "in", "of", "comma", "and", "or", "slash"):
            item = self.at(place)
            if item is not None and item.date is not None:
                break
            place += 1
        item = self.at(place)
        if item is None or item.date is None:
            return None
        return Condition("date", text=item.date), place + 1

    # change
    def _change(self, place: int) -> tuple[Condition, int] | None:
        item = self.at(place)
        if item is None or not item.has("change", "gained", "lost", "kept"):
            return None
        return Condition("change", text=item.get("change") or ""), place + 1

    def _turn(self, place: int) -> tuple[Condition, int] | None:
        item = self.at(place)
        if item is None or not item.has("change", "turn"):
            return None
        inner = self.phrase(self.skip(place + 1, "of", "in", "to", "be"), nested=True)
        if inner is None or inner.first.kind not in ("class", "value"):
            return None
        return Condition("turn", region=union([noun.region() for noun in inner.nouns])), inner.end

    def _was(self, place: int) -> tuple[Condition, int] | None:
        item = self.at(place)
        if item is None or not item.has("change", "was"):
            return None
        inner = self.phrase(self.skip(place + 1, "of", "in", "be"), nested=True)
        if inner is None or inner.first.kind not in ("class", "value"):
            return None
        end = inner.end
        date = "first"
        after = self.skip(end, "in")
        if self.has(after, "date") and (found := self.at(after)) is not None and found.date is not None:
            date, end = found.date, after + 1
        region = union([noun.region() for noun in inner.nouns])
        return Condition("was", region=q.At(of=region, date=date)), end

    def _edge(self, place: int) -> tuple[Condition, int] | None:
        return (Condition("edge"), place + 1) if self.has(place, "edge") else None


def _raster(item: Item) -> bool:
    return item.layer is not None and item.layer.kind == "raster"


def _sides(test: str, value: float) -> tuple[float | None, float | None]:
    return (value, None) if test in (">", ">=") else (None, value)


def place_region(where: q.Place, part: str) -> q.Region:
    """Return a part of the image; a quarter is what is in both of two halves."""
    if part == "quarter":
        part = "half"
    return q.Within(place=where, part="half" if where == "centre" else part)  # type: ignore[arg-type]


def column_of(layer: Layer, name: str) -> str | None:
    """Return the column of a layer that holds a name: by its values, else by what it is called."""
    for column, values in layer.columns.items():
        if name in values:
            return column
    likely = ("name", "id", "fid", "nr", "no", "number", "code", "label")
    columns = list(layer.columns)
    return next((each for each in columns if each.lower() in likely), columns[0] if columns else "name")
