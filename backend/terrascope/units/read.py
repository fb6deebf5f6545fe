"""Numbers with units in running text.

Understands thousands separators ("12,345", "12 345", "1.234.567"), a decimal comma ("3,5 ha"), number words ("twenty"
and "two thirds"), factors ("2.5 million"), ranges ("10-20 %") and the units of area and length that people use in GIS.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Kind(str, Enum):
    """What a number with its unit is."""

    SHARE = "share"  #: of a whole; base unit 1 (12 % is 0.12)
    AREA = "area"  #: base unit m2
    LENGTH = "length"  #: base unit m
    PIXELS = "pixels"
    COUNT = "count"  #: a number without a unit


@dataclass(frozen=True)
class Quantity:
    """A number in a text.

    Attributes
    ----------
    value, unit
        As written; the unit by its usual sign ("%", "m2", "ha", "km2", "m", "km", "ft", "mi", "acre", "ft2", "mi2",
        "px"), empty where there is none. For a range, `value` is its middle.
    kind, base
        What it is, and its value in the kind's base unit.
    low, high
        Ends of a range in the base unit; both are `base` where the text gives one number.
    decimals
        Digits behind the decimal separator, which says how far it was rounded.
    start, end
        Where it stands in the text (characters).
    """

    value: float
    unit: str
    kind: Kind
    base: float
    low: float
    high: float
    decimals: int
    start: int
    end: int


_METRE = r"met(?:re|er)s?"
_UNITS: tuple[tuple[str, Kind, float, str], ...] = (
    (
        "%",
        Kind.SHARE,
        0.01,
        r"%|per\s?cent(?:age)?(?:\s+points?)?\b|pct\b\.?|prozent\b",
    ),
    (
        "km2",
        Kind.AREA,
        1e6,
        rf"km\s?(?:2|²|\^\s?2|\*\*2)(?!\d)|sq\.?\s?km\b|square\s+kilo{_METRE}\b|quadratkilometer\b",
    ),
    (
        "mi2",
        Kind.AREA,
        2_589_988.110336,
        r"mi\s?(?:2|²|\^\s?2)(?!\d)|sq\.?\s?mi(?:les?)?\b|square\s+miles?\b",
    ),
    (
        "ft2",
        Kind.AREA,
        0.09290304,
        r"ft\s?(?:2|²|\^\s?2)(?!\d)|sq\.?\s?f(?:t|eet|oot)\b|square\s+f(?:ee|oo)t\b",
    ),
    (
        "m2",
        Kind.AREA,
        1.0,
        rf"m\s?(?:2|²|\^\s?2|\*\*2)(?!\d)|sq\.?\s?m(?:et(?:re|er)s?)?\b|square\s+{_METRE}\b|quadratmeter\b|qm\b",
    ),
    ("ha", Kind.AREA, 1e4, r"ha\b|hectares?\b|hektar\b"),
    ("acre", Kind.AREA, 4046.8564224, r"acres?\b|ac\b"),
    ("km", Kind.LENGTH, 1000.0, rf"km\b|kilo{_METRE}\b"),
    ("cm", Kind.LENGTH, 0.01, rf"cm\b|centi{_METRE}\b"),
    ("mi", Kind.LENGTH, 1609.344, r"mi\b|miles?\b"),
    ("ft", Kind.LENGTH, 0.3048, r"ft\b|feet\b|foot\b"),
    ("m", Kind.LENGTH, 1.0, rf"m\b(?!\s?[²^])|{_METRE}\b"),
    ("px", Kind.PIXELS, 1.0, r"px\b|pixels?\b|pix\b"),
)
_UNIT = re.compile(
    r"[\s\u00a0\u2009\u202f-]{0,2}(?:" + "|".join(f"(?P<u{i}>{unit[3]})" for i, unit in enumerate(_UNITS)) + ")",
    re.IGNORECASE,
)
_GAP = "[ \u00a0\u2009\u202f'’]"
_NUMBER = re.compile(
    rf"(?P<sign>(?<![\w.,)%²])[-−–+])?(?<![\w.^])(?<![A-Za-z]-)(?:(?<!,)|(?<=\s,))"
    rf"(?P<number>\d{{1,3}}(?:{_GAP}\d{{3}})+(?:[.,]\d+)?(?![\d])|\d+(?:[.,]\d+)*|\.\d+)"
    rf"(?P<exponent>[eE][-+]?\d{{1,3}}|\s?[x×*]\s?10\s?\^?\s?[-−+]?\d{{1,2}})?"
)
_FACTORS = {
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "millions": 1e6,
    "mio": 1e6,
    "billion": 1e9,
    "hundred": 1e2,
    "dozen": 12.0,
}
_FACTOR = re.compile(r"\s?(k)\b|\s(thousand|millions?|mio|billion|hundred|dozen)\b", re.IGNORECASE)
_UNITS_SPOKEN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS_SPOKEN = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: rank for rank, word in enumerate(_UNITS_SPOKEN.split())}
_TENS = {word: 10 * rank for rank, word in enumerate(_TENS_SPOKEN.split(), 2)}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_PARTS = {
    "half": 2,
    "halves": 2,
    "third": 3,
    "thirds": 3,
    "quarter": 4,
    "quarters": 4,
    "fifth": 5,
    "fifths": 5,
    "tenth": 10,
    "tenths": 10,
}
_ANY_WORD = "|".join([*_SMALL, *_TENS, *_SCALES])
_WORDS = re.compile(rf"\b(?:{_ANY_WORD})(?:(?:[\s-]+(?:and\s+)?)(?:{_ANY_WORD}))*\b", re.IGNORECASE)
_FRACTION = re.compile(
    rf"\b(?:(?P<many>{'|'.join(list(_SMALL)[1:11])})[\s-]+)?(?:an?\s+)?(?P<part>{'|'.join(_PARTS)})\b(?!\s+(?:image|date|scene|view|time))",
    re.IGNORECASE,
)
_NOTHING = re.compile(r"^\W*(?:none|nothing|nil)\b", re.IGNORECASE)
_RANGE = re.compile(r"^\s*(?:-|–|—|−|to|and|bis)\s*$", re.IGNORECASE)
_BETWEEN = re.compile(r"\bbetween\s*$", re.IGNORECASE)
_MAX_TEXT = 20_000


def quantities(text: str) -> list[Quantity]:
    """Return the numbers of a text with their units, in order. Reads at most the first 20,000 characters."""
    text = text[:_MAX_TEXT]
    found = _digits(text)
    taken = bytearray(len(text))
    for quantity in found:
        taken[quantity.start : quantity.end] = b"\1" * (quantity.end - quantity.start)
    for quantity in [*_fractions(text), *_words(text)]:
        if not any(taken[quantity.start : quantity.end]):
            found.append(quantity)
            taken[quantity.start : quantity.end] = b"\1" * (quantity.end - quantity.start)
    if not found and (nothing := _NOTHING.match(text)):
        found.append(_quantity(0.0, "", 0, nothing.start(), nothing.end()))
    return _joined(sorted(found, key=lambda quantity: quantity.start), text)


def closeness(given: Quantity, offered: Sequence[Quantity]) -> float | None:
    """Return how far a quantity is from the nearest of an option's quantities, 0 within a range; None if no kind fits.

    Shares differ by percentage points, all else by the logarithm of the ratio, so that 10 ha lies between 5 and 20.
    A number without a unit is read in the option's unit, and the other way round.
    """
    away = [distance for option in offered if (distance := _distance(given, option)) is not None]
    return min(away) if away else None


def _distance(given: Quantity, option: Quantity) -> float | None:
    value, low, high = given.base, option.low, option.high
    if given.kind is not option.kind:
        if Kind.COUNT not in (given.kind, option.kind):
            return None
        scale = option.base / option.value if option.kind is not Kind.COUNT and option.value else 1.0
        value, low, high = given.value * scale, option.low, option.high
        if option.kind is Kind.COUNT:
            value = given.value
    if low <= value <= high:
        return 0.0
    if option.kind is Kind.SHARE or given.kind is Kind.SHARE:
        return min(abs(value - low), abs(value - high))
    if value <= 0 or low <= 0:
        return 1e3 + min(abs(value - low), abs(value - high)) if (value <= 0) != (low <= 0) else abs(value - low)
    return min(abs(math.log(value / low)), abs(math.log(value / high)))


def parse_number(text: str) -> tuple[float, int]:
    """Return (value, decimals) of digits with separators.

    A last separator followed by other than three digits is the decimal one; so is a single dot. A single comma before
    three digits, and any separator that occurs twice, separates thousands ("0,125" has nothing to separate).
    """
    digits = re.sub(_GAP, "", text)
    commas, dots = digits.count(","), digits.count(".")
    if commas and dots:
        decimal = "," if digits.rfind(",") > digits.rfind(".") else "."
        if digits.count(decimal) > 1:
            decimal = ""
    elif commas == 1:
        head, tail = digits.split(",")
        decimal = "" if len(tail) == 3 and head.strip("0") and len(head) <= 3 else ","
    else:
        decimal = "." if dots == 1 else ""
    if decimal:
        head, _, tail = digits.rpartition(decimal)
        return float(f"{re.sub('[.,]', '', head) or '0'}.{tail or '0'}"), len(tail)
    return float(re.sub("[.,]", "", digits) or "0"), 0


def _digits(text: str) -> list[Quantity]:
    found: list[Quantity] = []
    for match in _NUMBER.finditer(text):
        if found and match.start() < found[-1].end:
            continue  # the 2 of "m 2"
        number = match.group("number")
        value, decimals = parse_number(number)
        if match.group("exponent"):
            power = int(
                re.sub(
                    r".*10\s?\^?\s?|^[eE]",
                    "",
                    match.group("exponent").replace("−", "-").strip(),
                )
                or 0
            )
            value, decimals = value * 10.0**power if abs(power) < 300 else math.inf, 0
        if (match.group("sign") or "+") in "-−–" and match.group("sign"):
            value = -value
        if math.isfinite(value):
            found.append(_with_unit(text, value, decimals, match.start(), match.end()))
    return found


def _words(text: str) -> list[Quantity]:
    return [_with_unit(text, _spoken(match.group(0)), 0, match.start(), match.end()) for match in _WORDS.finditer(text)]


def _spoken(words: str) -> float:
    total = current = 0.0
    for word in re.split(r"[\s-]+", words.lower()):
        if word in _SMALL or word in _TENS:
            current += _SMALL.get(word, _TENS.get(word, 0))
        elif word == "hundred":
            current = (current or 1) * 100
        elif word in _SCALES:
            total, current = total + (current or 1) * _SCALES[word], 0
    return total + current


def _fractions(text: str) -> list[Quantity]:
    found = []
    for match in _FRACTION.finditer(text):
        part, many = match.group("part").lower(), (match.group("many") or "").lower()
        if (
            part in ("third", "quarter", "fifth", "tenth")
            and not many
            and not re.match(r"an?\s", match.group(0), re.IGNORECASE)
        ):
            continue  # "the third image"
        value = 100.0 * (_SMALL[many] if many else 1) / _PARTS[part]
        if value <= 100:
            found.append(_quantity(value, "%", 0, match.start(), match.end()))
    return found


def _with_unit(text: str, value: float, decimals: int, start: int, end: int) -> Quantity:
    factor = _FACTOR.match(text, end)
    if factor:
        value *= _FACTORS[(factor.group(1) or factor.group(2)).lower()]
        decimals, end = 0, factor.end()
    unit = _UNIT.match(text, end)
    if unit is None:
        return _quantity(value, "", decimals, start, end)
    return _quantity(value, _UNITS[int(str(unit.lastgroup)[1:])][0], decimals, start, unit.end())


def _quantity(value: float, unit: str, decimals: int, start: int, end: int) -> Quantity:
    kind, scale = next(
        ((kind, scale) for sign, kind, scale, _ in _UNITS if sign == unit),
        (Kind.COUNT, 1.0),
    )
    base = value * scale
    return Quantity(value, unit, kind, base, base, base, decimals, start, end)


def _joined(found: list[Quantity], text: str) -> list[Quantity]:
    """Make ranges of pairs: "10-20 %", "between 5 and 7 ha". The first end takes the second's unit."""
    joined: list[Quantity] = []
    for quantity in found:
        last = joined[-1] if joined else None
        between = text[last.end : quantity.start] if last else ""
        and_only = between.strip().lower() == "and"
        opened = last is not None and _BETWEEN.search(text[max(last.start - 12, 0) : last.start]) is not None
        if (
            last is not None
            and last.unit in ("", quantity.unit)
            and abs(last.value) <= abs(quantity.value)
            and (_RANGE.match(between) or (not between and quantity.value < 0 and last.low == last.high))
            and (not and_only or opened)
            and last.low == last.high
        ):
            high = abs(quantity.base) if not between else quantity.base
            scale = high / abs(quantity.value) if quantity.value else 1.0
            low = last.value * scale
            value = (last.value + (high / scale if scale else 0.0)) / 2
            joined[-1] = Quantity(
                value,
                quantity.unit,
                quantity.kind,
                (low + high) / 2,
                low,
                high,
                quantity.decimals,
                last.start,
                quantity.end,
            )
            continue
        joined.append(quantity)
    return joined
