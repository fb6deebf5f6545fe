"""A query and its result in words, in the languages of the table `wording.json`.

The words are nouns in a row ("area of trees, northern half, 2020"), which needs no grammar of a language beyond its own
phrases. A text says everything that the query holds, so that whoever reads it knows what was understood.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, singledispatchmethod
from pathlib import Path

from terrascope.landcover import CLASSES
from terrascope.questions import query as q
from terrascope.questions.tables import kind_of, written
from terrascope.units import area_text, length_text, number_text
from terrascope.units.table import AREA, LENGTH, SEPARATORS

#: Languages in which queries and answers are written.
LANGUAGES = tuple(SEPARATORS)
_SIGNS = {">": ">", ">=": "≥", "<": "<", "<=": "≤", "=": "=", "!=": "≠"}
_STOPS = {"zh": "。"}


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Mapping[str, str]]:
    text = (Path(__file__).parent / "wording.json").read_text(encoding="utf-8")
    found: Mapping[str, Mapping[str, str]] = json.loads(text)
    return found


def phrase(key: str, language: str, **fields: str) -> str:
    """Return a phrase of the table with its fields filled in; languages that the table lacks are written in English."""
    row = _table()[key]
    return row.get(language, row["en"]).format(**fields)


def capital(text: str) -> str:
    """Return a text with a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def sentence(text: str, language: str) -> str:
    """Return a text as a sentence: a capital letter at its beginning, a full stop at its end."""
    return capital(text) + ("" if text.endswith((".", "?", "!", "。")) else _STOPS.get(language, "."))


def class_text(name: str, language: str) -> str:
    """Return what a class is called; the name itself where it is none of the table."""
    land = CLASSES.get(name)
    if land is None:
        return name
    return land.names.get(language, land.names["en"]).name


def reason_text(reason: str, language: str) -> str:
    """Return why a question cannot be answered, one of `query.Reason`."""
    return phrase(f"reason {reason}", language)


@dataclass(frozen=True)
class Wording:
    """Writes queries in one language.

    Attributes
    ----------
    language
        ISO 639-1.
    dates
        Of the scene, in order: "first" and "last" are then written as dates.
    has_metres
        False for a scene without a CRS: areas and lengths are in pixels.
    """

    language: str = "en"
    dates: Sequence[str] = ()
    has_metres: bool = True

    def query(self, query: q.Query, asked: bool = True, measured: bool = True) -> str:
        """Return a query as one line: what is measured, where, when, split by what.

        Where it is to say what was `asked`, also what the number is held against, and its unit; what is `measured` can
        be left out.
        """
        parts = [" + ".join(self.measure(each) for each in query.measures)] if measured else []
        if query.inside is not None:
            parts.append(self.modifier(query.inside) or self.region(query.inside))
        if query.date is not None:
            parts.append(self.date(query.date))
        if query.by is not None:
            parts.append(self._by(query.by))
        if query.test is not None and asked:
            parts.append(self.test(query))
        if query.unit is not None and asked:
            parts.append(unit_text(query.unit))
        return capital(self._row(parts))

    def region(self, region: q.Region) -> str:
        """Return a region as a noun with what is said of it."""
        return self._region(region)

    def modifier(self, region: q.Region) -> str | None:
        """Return what a region says of another with which it is joined ("northern half"); None for a noun."""
        if isinstance(region, q.Not):
            if isinstance(region.of, q.Near):
                return self._say("far", metres=self._metres(region.of.metres), of=self.region(region.of.of))
            return self._say("but not", of=self.modifier(region.of) or self.region(region.of))
        if isinstance(region, q.Within):
            corner = region.place == "centre" or (region.part == "third" and "-" in region.place)  # as of the ninths
            return self._say(f"{'ninth' if corner else region.part} {region.place}")
        if isinstance(region, q.Polygon):
            return self._say("polygon")
        if isinstance(region, q.Features):
            if region.named is None:
                return self._say("features", layer=region.layer)
            return self._say("feature", named=region.named, layer=region.layer)
        if isinstance(region, q.Near):
            return self._say("near", metres=self._metres(region.metres), of=self.region(region.of))
        if isinstance(region, q.Limit):
            value = number_text(region.value, _decimals(region.value), self.language)
            return self._say("limit", name=region.value_of, test=_SIGNS[region.test], value=value)
        if isinstance(region, (q.AllOf, q.AnyOf)):
            found = [self.modifier(each) for each in region.of]
            if all(each is not None for each in found):
                texts = [each for each in found if each is not None]
                return self._row(texts) if isinstance(region, q.AllOf) else self._joined("or", texts)
        return None

    def measure(self, wanted: q.AnyMeasure) -> str:
        """Return what is measured, of what."""
        tag = str(wanted.__struct_config__.tag)
        fields: dict[str, str] = {}
        of = getattr(wanted, "of", None)
        if of is not None:
            fields["of"] = self._parts_of(of) if isinstance(wanted, (q.Count, q.ListParts)) else self.region(of)
        if isinstance(wanted, q.Share):
            if wanted.whole == q.Everything():
                return self._say("share", **fields)
            return self._say("share in", **fields, whole=self.region(wanted.whole))
        if isinstance(wanted, (q.Distance, q.Border, q.Touches)):
            fields["to"] = self.region(wanted.to)
        if isinstance(wanted, q.Mean):
            fields["name"] = wanted.value_of
        if isinstance(wanted, (q.NetChange, q.Rate)):
            fields.update(start=self.date(wanted.start), end=self.date(wanted.end))
        text = self._say(tag, **fields)
        if isinstance(wanted, (q.Classes, q.Dominant)) and wanted.of != q.Everything():
            return self._row([text, self.modifier(wanted.of) or self.region(wanted.of)])
        return text

    def date(self, text: str) -> str:
        """Return a date as it is written; "first" and "last" as the scene's own."""
        if text in ("first", "last"):
            return self.dates[0 if text == "first" else -1] if self.dates else self._say(text)
        return text

    def _parts_of(self, region: q.Region) -> str:
        """The parts of a region: what is counted and listed."""
        return self.region(region if isinstance(region, q.Parts) else q.Parts(of=region))

    @singledispatchmethod
    def _region(self, region: object) -> str:
        found = self.modifier(region)  # type: ignore[arg-type]
        if found is None:
            raise TypeError(f"{type(region).__name__} is no region")
        return self._row([self._say("everything"), found])

    @_region.register
    def _(self, region: q.Cover) -> str:
        return class_text(region.name, self.language)

    @_region.register
    def _(self, region: q.Everything) -> str:
        return self._say("everything")

    @_region.register
    def _(self, region: q.AnyOf) -> str:
        return self._joined("or", [self.modifier(each) or self.region(each) for each in region.of])

    @_region.register
    def _(self, region: q.AllOf) -> str:
        said = [(self.modifier(each), each) for each in region.of]
        nouns = [self.region(each) for modifier, each in said if modifier is None]
        more = [modifier for modifier, _ in said if modifier is not None]
        return self._row([self._joined("both", nouns) if nouns else self._say("everything"), *more])

    @_region.register
    def _(self, region: q.Not) -> str:
        if isinstance(region.of, q.Near):
            return self._row([self._say("everything"), self.modifier(region) or ""])
        return self._say("not", of=self.region(region.of))

    @_region.register
    def _(self, region: q.Minus) -> str:
        near = region.without
        if isinstance(near, q.Parts) and near.near is not None and near == q.Parts(
            of=region.of, near=near.near, metres=near.metres
        ):  # fmt: skip
            far = self._say("far", metres=self._metres(near.metres or 0), of=self.region(near.near))
            return self._row([self.region(region.of), far])
        return self._row([self.region(region.of), self.modifier(q.Not(of=region.without)) or ""])

    @_region.register
    def _(self, region: q.Parts) -> str:
        said = [self._say("patches", of=self.region(region.of))]
        if region.over_m2 is not None:
            said.append(self._say("over", area=self._area(region.over_m2)))
        if region.under_m2 is not None:
            said.append(self._say("under", area=self._area(region.under_m2)))
        if region.touching is not None:
            said.append(self._say("touching", of=self.region(region.touching)))
        if region.near is not None:
            said.append(self._say("near", metres=self._metres(region.metres or 0), of=self.region(region.near)))
        if region.whole:
            said.append(self._say("whole"))
        for key, count in (("largest", region.largest), ("smallest", region.smallest)):
            if count is not None:
                said.append(self._say(f"{key} one") if count == 1 else self._say(key, count=str(count)))
        return self._row(said)

    @_region.register
    def _(self, region: q.At) -> str:
        return self._row([self.region(region.of), self.date(region.date)])

    @_region.register
    def _(self, region: q.Change) -> str:
        return self._say(
            region.how, of=self.region(region.of), start=self.date(region.start), end=self.date(region.end)
        )

    @_region.register
    def _(self, region: q.Turned) -> str:
        return self._say(
            "turned", of=self.region(region.of), into=self.region(region.into),
            start=self.date(region.start), end=self.date(region.end),
        )  # fmt: skip

    def _by(self, by: q.By) -> str:
        if isinstance(by, q.ByFeatures):
            if by.column is None:
                return self._say("by features", layer=by.layer)
            return self._say("by column", layer=by.layer, column=by.column)
        if isinstance(by, q.ByDates):
            return self._say("by dates")
        if isinstance(by, q.ByClasses):
            return self._say("by classes")
        return self._say("by ninths" if by.parts == "ninths" else "by halves")

    def test(self, query: q.Query) -> str:
        """Return what the number of a query is held against; empty for a plain number."""
        if query.test is None:
            return ""
        test = query.test
        if isinstance(test, q.Threshold):
            kind = kind_of(query.measures[0])
            value = written(test.value, kind, query.unit, self.has_metres, self.language)
            return self._say("threshold", test=_SIGNS[test.test], value=value)
        if isinstance(test, q.Compared):
            text = self._say("compared", other=self.measure(test.to))
            if test.test is None:
                return text
            times = "" if test.times == 1 else f" {number_text(test.times, _decimals(test.times), self.language)} ×"
            return f"{_SIGNS[test.test]}{times} {text}"
        assert isinstance(test, q.Ranked)  # nosec B101
        if test.count == 1:
            return self._say(f"{test.order} one")
        return self._say(f"ranked {test.order}", count=str(test.count))

    def _joined(self, key: str, texts: Sequence[str]) -> str:
        """Several texts joined two by two."""
        text = texts[0]
        for each in texts[1:]:
            text = self._say(key, one=text, two=each)
        return text

    def _row(self, texts: Sequence[str]) -> str:
        return ("，" if self.language == "zh" else ", ").join(text for text in texts if text)

    def _area(self, square_metres: float) -> str:
        return area_text(square_metres, language=self.language)

    def _metres(self, metres: float) -> str:
        return length_text(metres, language=self.language)

    def _say(self, key: str, **fields: str) -> str:
        return phrase(key, self.language, **fields)


def unit_text(unit: str) -> str:
    """Return the sign of a unit of a query."""
    for table in (AREA, LENGTH):
        if unit in table:
            return table[unit].sign
    return "×" if unit == "times" else unit


def _decimals(value: float) -> int:
    """How many decimals a number that a person wrote has, six at most."""
    text = f"{value:.6f}".rstrip("0")
    return len(text) - text.index(".") - 1
