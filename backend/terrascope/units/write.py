"""Numbers as people read them, by language."""

from __future__ import annotations

import math

from terrascope.units.table import AREA, AUTO_AREA, AUTO_LENGTH, DIGITS, LENGTH, SEPARATORS, Unit, suiting

_LESS = {
    "en": "less than",
    "de": "weniger als",
    "fr": "moins de",
    "es": "menos de",
    "pt": "menos de",
    "it": "meno di",
    "zh": "少于",
}


def number_text(value: float, decimals: int, language: str = "en") -> str:
    """Return a number with so many decimals and with separators of thousands, as a language writes it."""
    decimal, thousands = SEPARATORS[language]
    separators = {ord(","): thousands, ord("."): decimal}
    return f"{value:,.{decimals}f}".translate(separators)


def significant_text(value: float, digits: int = DIGITS, language: str = "en") -> str:
    """Return a number with so many significant digits, trailing zeros cut; digits before the point are all kept."""
    if value == 0 or not math.isfinite(value):
        return number_text(value, 0, language)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    decimal = SEPARATORS[language][0]
    text = number_text(round(value, decimals), decimals, language)
    return text.rstrip("0").rstrip(decimal) if decimals else text


def area_text(square_metres: float, unit: str = "auto", language: str = "en") -> str:
    """Return an area in a unit of `table.AREA`; "auto": m² below 1 ha, ha below 10 km², km² above."""
    return _sized(square_metres, AREA[suiting(square_metres, AUTO_AREA) if unit == "auto" else unit], language)


def length_text(metres: float, unit: str = "auto", language: str = "en") -> str:
    """Return a length in a unit of `table.LENGTH`; "auto": m below 10 km, km above."""
    return _sized(metres, LENGTH[suiting(metres, AUTO_LENGTH) if unit == "auto" else unit], language)


def share_text(share: float, language: str = "en") -> str:
    """Return a share 0..1 in percent; what is there but rounds to nothing is said to be less than the smallest step."""
    percent = 100 * share
    if 0 < percent < 0.01:
        return f"{_LESS[language]} {number_text(0.01, 2, language)} %"
    return f"{number_text(percent, 2 if 0 < percent < 0.1 else 1, language)} %"


def count_text(count: int, language: str = "en") -> str:
    """Return a whole number."""
    return number_text(count, 0, language)


def _sized(value: float, unit: Unit, language: str) -> str:
    if unit.size == 1:
        return f"{number_text(value, 0, language)} {unit.sign}"
    return f"{significant_text(value / unit.size, language=language)} {unit.sign}"
