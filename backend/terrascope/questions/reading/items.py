"""A question as a sequence of concepts: what its words, numbers, units, dates and names of layers stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

from terrascope.questions.reading.context import Context, Layer
from terrascope.questions.reading.lexicon import Concept, Concepts, Lexicon, Match, lexicon, unit_of
from terrascope.questions.reading.tokens import Token, plain_form, tokens_of
from terrascope.units.read import parse_number
from terrascope.units.table import AREA, LENGTH, SEPARATORS

_YEARS = range(1900, 2101)
_SIGNS: Mapping[str, tuple[Concept, ...]] = {
    ",": (Concept("w", "comma"), Concept("w", "and")),
    ";": (Concept("w", "comma"),),
    ":": (Concept("w", "comma"),),
    "(": (Concept("w", "comma"),),
    ")": (Concept("w", "comma"),),
    "-": (Concept("w", "dash"),),
    "/": (Concept("w", "and"), Concept("w", "slash")),
    "+": (Concept("w", "and"),),
    "&": (Concept("w", "and"),),
    "->": (Concept("w", "to"), Concept("change", "turn")),
    "→": (Concept("w", "to"), Concept("change", "turn")),
    "=>": (Concept("w", "to"), Concept("change", "turn")),
    ">": (Concept("compare", ">"),),
    "<": (Concept("compare", "<"),),
    ">=": (Concept("compare", ">="),),
    "≥": (Concept("compare", ">="),),
    "<=": (Concept("compare", "<="),),
    "≤": (Concept("compare", "<="),),
    "=": (Concept("compare", "="),),
    "%": (Concept("unit", "%"),),
    "°": (Concept("degree", ""),),
}
_SILENT = frozenset("?!.¿¡±‰")
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?$")
_DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})$")
_CHINESE = re.compile(r"(\d{4})\s?年(?:(\d{1,2})\s?月(?:(\d{1,2})\s?[日号])?)?$")


@dataclass(frozen=True)
class Quantity:
    """A number with a unit: in m2, m or as a share 0 to 1 by `kind` ("area", "length", "share"); `unit` as asked."""

    kind: str
    value: float
    unit: str


@dataclass(frozen=True)
class Item:
    """What some tokens stand for: one concept, or several of which the grammar takes the one that fits.

    `first` and `last` are the places of its tokens. `number`, `quantity`, `date` and `layer` hold what the concept of
    that kind is of; `number` also that of a year.
    """

    first: int
    last: int
    meanings: tuple[Concept, ...]
    text: str = ""
    number: float | None = None
    quantity: Quantity | None = None
    date: str | None = None
    layer: Layer | None = None
    name: str | None = None
    exact: bool = True

    def get(self, kind: str) -> str | None:
        """Return which of a kind this stands for, None if it is none of it."""
        for meaning in self.meanings:
            if meaning.kind == kind:
                return meaning.value
        return None

    def has(self, kind: str, *values: str) -> bool:
        """Say whether this may stand for one of some concepts of a kind; without values, for any."""
        return any(each.kind == kind and (not values or each.value in values) for each in self.meanings)


class UnknownWords(Protocol):
    """Something that says what a word that the lexicon lacks may stand for: a learnt tagger, a list of the project."""

    def concept_of(self, tokens: Sequence[Token], place: int, language: str) -> Concept | None:
        """Return the concept of a token in its sentence, None if that is not known either."""


def items_of(
    tokens: Sequence[Token], language: str, context: Context, unknown: UnknownWords | None = None, mend: bool = True
) -> list[Item]:
    """Return what the tokens of a question stand for, in order.

    Parameters
    ----------
    unknown
        Asked for words that neither the lexicon nor the project's layers have.
    mend
        Whether slips of the fingers are forgiven and compounds taken apart.
    """
    words, layers = lexicon(language), layer_words(context.layers, language)
    found: list[Item] = []
    place = 0
    tokens = list(tokens)
    mended: set[int] = set()
    while place < len(tokens):
        token = tokens[place]
        item = _date(token, place) or _number(tokens, place, language, words)
        match = words.longest(tokens, place)
        named = layers.longest(tokens, place)
        if item is None and named is not None and (match is None or named.length >= match.length):
            item = _named(tokens, place, named, match, context)
        if item is None and match is not None and match.length > 1:
            alone = words.longest(tokens[: place + 1], place)
            later = words.longest(tokens, place + 1)
            if (
                alone is not None
                and later is not None
                and later.length >= match.length
                and any(meaning[0].kind == "filler" for meaning in alone.meanings)
            ):  # "the land | cover": the article is none of the longer phrase behind it
                match = alone
        if item is None and match is not None:
            found += _matched(tokens, place, match)
            place += match.length
            continue
        if item is None:
            item = _sign_or_unit(tokens, place)
        if item is not None:
            found.append(item)
            place = item.last + 1
            continue
        spelt = token.kind == "word" and place not in mended and not (token.capital and language != "de")
        near = words.corrected(token.plain) if mend and spelt else None
        if near is not None and words.joined(token.plain) is None:
            mended.add(place)
            tokens[place] = token._replace(text=near, plain=near)
            continue
        if token.text not in _SILENT:
            found += _strange(tokens, place, words, layers, context, unknown if mend else None, mend)
        place += 1
    if language == "fr":
        found = [_is_or_east(item, tokens) for item in found]
    return _months(_one_of_a_unit(_spoken_numbers(found, tokens), tokens, language), tokens)


# --- names of the project --------------------------------------------------------------------------------------------
@lru_cache(maxsize=32)
def _layer_words(names: tuple[tuple[str, tuple[str, ...]], ...], language: str) -> Lexicon:
    words = Lexicon.__new__(Lexicon)
    words.language = language
    words.start()
    for number, (name, values) in enumerate(names):
        plain = re.sub(r"[_\-.]+", " ", name)
        for form in {name, plain}:
            words.add(form, (Concept("layer", str(number)),))
        for value in values:
            words.add(value, (Concept("named", f"{number} {value}"),))
    return words


def layer_words(layers: tuple[Layer, ...], language: str) -> Lexicon:
    """Return the names of a project's layers and of their features as phrases."""
    names = tuple(
        (layer.name, tuple(value for values in layer.columns.values() for value in values)) for layer in layers
    )
    return _layer_words(names, language)


def _named(tokens: Sequence[Token], place: int, named: Match, match: Match | None, context: Context) -> Item | None:
    concept = named.meanings[0][0]
    number, _, value = concept.value.partition(" ")
    layer = context.layers[int(number)]
    others = () if match is None or match.length != named.length else tuple(m[0] for m in match.meanings if len(m) == 1)
    if concept.kind == "named":
        others = ()
    return Item(place, place + named.length - 1, (concept, *others), layer=layer, name=value or None)


# --- words -----------------------------------------------------------------------------------------------------------
def _matched(tokens: Sequence[Token], place: int, match: Match) -> list[Item]:
    several = next((meaning for meaning in match.meanings if len(meaning) > 1), None)
    last = place + match.length - 1
    text = " ".join(token.plain for token in tokens[place : last + 1])
    if several is not None:
        return [Item(place, last, (concept,), text, exact=match.exact) for concept in several]
    meanings = tuple(meaning[0] for meaning in match.meanings)
    number = next((float(each.value) for each in meanings if each.kind == "number"), None)
    return [Item(place, last, meanings, text, number=number, exact=match.exact)]


def _strange(
    tokens: Sequence[Token],
    place: int,
    words: Lexicon,
    layers: Lexicon,
    context: Context,
    unknown: UnknownWords | None,
    mend: bool,
) -> list[Item]:
    """Items of a token that is no known word: known by a slip or as a compound, or strange."""
    token = tokens[place]
    if mend and token.kind == "word" and (parts := words.joined(token.plain)) is not None:
        found: list[Item] = []
        for part in parts:
            match = words.longest([token._replace(text=part, plain=part)], 0)
            found += [] if match is None else [
                replace(item, first=place, last=place) for item in _matched([token], 0, match)
            ]  # fmt: skip
        return found
    concept = None if unknown is None else unknown.concept_of(tokens, place, words.language)
    name = token.text if token.capital else None
    return [Item(place, place, (concept or Concept("unknown", token.plain),), token.plain, name=name)]


# --- numbers, units, dates -------------------------------------------------------------------------------------------
def _value(text: str, language: str) -> float:
    """The number that digits with separators are in a language."""
    decimal, _ = SEPARATORS[language]
    if decimal == "," and re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", text):
        text = text.replace(".", "")
    if decimal == "," and text.count(",") == 1:
        text = text.replace(".", "").replace(",", ".")
    return parse_number(text)[0]


def _number(tokens: Sequence[Token], place: int, language: str, words: Lexicon) -> Item | None:
    token = tokens[place]
    negative = token.text == "-" and place + 1 < len(tokens) and tokens[place + 1].kind == "number"
    if negative and (
        place == 0 or tokens[place - 1].kind in ("number", "date") or tokens[place - 1].end == token.start
    ):
        return None
    if negative:
        place += 1
    elif token.kind != "number":
        return None
    number = _value(tokens[place].text, language) * (-1 if negative else 1)
    factor = words.longest(tokens, place + 1) if place + 1 < len(tokens) else None
    scale = 1.0 if factor is None else next(
        (float(m[0].value) for m in factor.meanings if m[0].kind == "number" and float(m[0].value) >= 100), 1.0
    )  # fmt: skip
    last = place if scale == 1.0 or factor is None else place + factor.length
    first = place - 1 if negative else place
    number *= scale
    return with_unit(number, tokens, first, last, words)


def with_unit(number: float, tokens: Sequence[Token], first: int, last: int, words: Lexicon) -> Item:
    """Return the item of a number that ends at a token, with the unit that follows if there is one."""
    text = tokens[last].text
    unit = unit_at(tokens, last + 1, words)
    if unit is not None:
        sign, length = unit
        size = {**AREA, **LENGTH}.get(sign)
        kind = "share" if sign == "%" else "area" if sign in AREA else "length"
        value = number / 100 if size is None else number * size.size
        return Item(
            first,
            last + length,
            (Concept("quantity", kind),),
            text,
            number=number,
            quantity=Quantity(kind, value, sign),
        )
    match = words.longest(tokens, last + 1) if last + 1 < len(tokens) else None
    if match is not None and any(meaning[0].kind == "degree" for meaning in match.meanings):
        return Item(first, last + match.length, (Concept("number", "degree"),), text, number=number)
    if first == last and re.fullmatch(r"\d{4}", text) and int(text) in _YEARS:
        return Item(first, last, (Concept("date", ""), Concept("number", "")), text, number=number, date=text)
    return Item(first, last, (Concept("number", ""),), text, number=number)


def unit_at(tokens: Sequence[Token], place: int, words: Lexicon) -> tuple[str, int] | None:
    """Return the sign of the unit of area, length or share at a token, and how many tokens it takes."""
    dashed = (
        place < len(tokens) and tokens[place].text == "-" and place > 0 and tokens[place].start == tokens[place - 1].end
    )
    skip = 1 if dashed else 0
    place += skip
    if place >= len(tokens):
        return None
    match = words.longest(tokens, place)
    if match is not None:
        sign = next((m[0].value for m in match.meanings if m[0].kind == "unit"), None)
        if sign is not None:
            return (sign, match.length + skip) if sign in AREA or sign in LENGTH or sign == "%" else None
    for length in (3, 2, 1):
        some = tokens[place : place + length]
        if len(some) == length and all(token.kind in ("word", "sign") for token in some):
            sign = unit_of(" ".join(token.text for token in some))
            if sign is not None and (sign in AREA or sign in LENGTH or sign == "%"):
                return sign, length + skip
    return None


def _sign_or_unit(tokens: Sequence[Token], place: int) -> Item | None:
    token = tokens[place]
    if token.text in _SIGNS:
        return Item(place, place, _SIGNS[token.text], token.text)
    for length in (3, 2, 1):
        some = tokens[place : place + length]
        if len(some) == length and all(each.kind == "word" for each in some):
            sign = unit_of(" ".join(each.text for each in some))
            if sign is not None and (sign in AREA or sign in LENGTH):
                return Item(place, place + length - 1, (Concept("unit", sign),), token.text)
    return None


def _date(token: Token, place: int) -> Item | None:
    if token.kind != "date":
        return None
    if match := _ISO.match(token.text):
        parts = match.groups()
    elif match := _DAY_FIRST.match(token.text):
        parts = match.groups()[::-1]
    elif match := _CHINESE.match(token.text):
        parts = match.groups()
    else:
        short = int(token.text[1:])
        parts = (str(short + (1900 if short > 50 else 2000)), None, None)
    date = "-".join(f"{int(part):02}" for part in parts if part)
    return Item(place, place, (Concept("date", ""),), token.text, date=date)


def _spoken_numbers(items: list[Item], tokens: Sequence[Token]) -> list[Item]:
    """Put numbers in words together: "two hundred" is 200, "twenty one" 21."""
    found: list[Item] = []
    for item in items:
        before = found[-1] if found else None
        if before is not None and item.has("number") and before.has("number") and not before.has("date") and (
            item.quantity is None and tokens[before.last].kind != "number" and tokens[item.first].kind != "number"
        ):  # fmt: skip
            one, two = before.number or 0.0, item.number or 0.0
            number = one * two if two >= 100 else one + two
            found[-1] = Item(before.first, item.last, (Concept("number", ""),), before.text, number=number)
            continue
        found.append(item)
    return found


_ARTICLES: Mapping[str, frozenset[str]] = {
    "en": frozenset({"a", "an"}), "de": frozenset({"ein", "eine", "einen", "einem", "einer", "eines"}),
    "fr": frozenset({"un", "une", "d"}), "es": frozenset({"un", "una"}), "pt": frozenset({"um", "uma"}),
    "it": frozenset({"un", "una", "uno"}), "zh": frozenset(),
}  # fmt: skip


def _is_or_east(item: Item, tokens: Sequence[Token]) -> Item:
    """ "Est" is the east behind an article or a part of the image, and "is" else."""
    if not item.has("place", "east") or item.text != "est":
        return item
    before = tokens[item.first - 1].plain if item.first else ""
    if before in (
        "l",
        "moitie",
        "tiers",
        "quart",
        "partie",
        "cote",
        "bord",
        "coin",
        "zone",
        "secteur",
        "quadrant",
        "nord",
        "sud",
    ):
        return item
    return replace(item, meanings=tuple(each for each in item.meanings if each.kind != "place"))


def _one_of_a_unit(items: list[Item], tokens: Sequence[Token], language: str) -> list[Item]:
    """Numbers before a unit that stands apart are quantities: "half an acre"; "a mile" is one of it."""
    found: list[Item] = []
    for item in items:
        sign = item.get("unit")
        size = {**AREA, **LENGTH}.get(sign or "")
        before = found[-1] if found else None
        if sign is None or size is None or before is None:
            found.append(item)
            continue
        article = tokens[item.first - 1].text in _ARTICLES[language] and len(found) > 1 and any(
            found[-2].has(kind) for kind in ("compare", "w")
        )  # fmt: skip
        number = before.number if before.quantity is None and before.date is None else None
        if number is None and not article:
            found.append(item)
            continue
        kind = "area" if sign in AREA else "length"
        quantity = Quantity(kind, (number or 1.0) * size.size, sign)
        first = before.first if number is not None or before.last == item.first - 1 else item.first
        if first == before.first:
            found.pop()
        found.append(
            Item(first, item.last, (Concept("quantity", kind),), item.text, number=number or 1.0, quantity=quantity)
        )
    return found


def _months(items: list[Item], tokens: Sequence[Token]) -> list[Item]:
    """Put days, months and years together: "31 July 2019" is 2019-07-31; a month alone is a date "-07"."""
    found: list[Item] = []
    place = 0
    while place < len(items):
        item = items[place]
        month = item.get("month")
        after = items[place + 1] if place + 1 < len(items) else None
        if after is not None and after.has("w", "of", "comma") and place + 2 < len(items) and month is not None:
            nearby = items[place + 2]
            after = nearby if nearby.date is not None and len(nearby.date) == 4 else after
        before = found[-1] if found else None
        named = before is not None and before.has("date")
        if month is None or (item.has("filler") and (after is None or after.date is None) and not named):
            found.append(item)
            place += 1
            continue
        day = before if before is not None and before.has("number") and 1 <= (before.number or 0) <= 31 else None
        year = after.date if after is not None and after.date is not None and len(after.date) == 4 else None
        date = f"{year or ''}-{int(month):02}" + (f"-{int(day.number or 0):02}" if day is not None else "")
        if day is not None:
            found.pop()
        last = after.last if year is not None and after is not None else item.last
        found.append(Item(item.first if day is None else day.first, last, (Concept("date", ""),), item.text, date=date))
        place = next((n for n in range(place, len(items)) if items[n].first > last), len(items))
    return found


def concepts_text(items: Sequence[Item]) -> str:
    """Return items as one line, for looking at."""
    return " ".join("|".join(f"{each.kind}:{each.value}" for each in item.meanings) for item in items)


__all__ = ["Concepts", "Item", "Quantity", "UnknownWords", "concepts_text", "items_of", "plain_form", "tokens_of"]
