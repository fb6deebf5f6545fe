"""The units of area and length that people use in GIS, and which of them suits a size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple


class Unit(NamedTuple):
    """A unit: its sign in text, and its size in the base unit (m2 or m)."""

    sign: str
    size: float


AREA: Mapping[str, Unit] = {
    "m2": Unit("m²", 1.0),
    "ha": Unit("ha", 1e4),
    "km2": Unit("km²", 1e6),
    "acre": Unit("acres", 4046.8564224),
    "ft2": Unit("sq ft", 0.09290304),
    "mi2": Unit("sq mi", 2_589_988.110336),
}
LENGTH: Mapping[str, Unit] = {
    "m": Unit("m", 1.0),
    "km": Unit("km", 1000.0),
    "ft": Unit("ft", 0.3048),
    "mi": Unit("mi", 1609.344),
}
#: Up to which size in the base unit a unit is taken where none was asked for: hectares up to ten square kilometres,
#: as maps of land cover have it.
AUTO_AREA: tuple[tuple[float, str], ...] = ((1e4, "m2"), (1e7, "ha"), (math.inf, "km2"))
AUTO_LENGTH: tuple[tuple[float, str], ...] = ((1e4, "m"), (math.inf, "km"))
#: Significant digits of an area or length: a pixel more or less of a mask of ten thousand pixels.
DIGITS = 4
#: Decimal separator and separator of thousands, by language.
SEPARATORS: Mapping[str, tuple[str, str]] = {
    "en": (".", ","),
    "de": (",", "."),
    "fr": (",", "\u202f"),
    "es": (",", "."),
    "pt": (",", "."),
    "it": (",", "."),
    "zh": (".", ","),
}


def suiting(size: float, steps: tuple[tuple[float, str], ...]) -> str:
    """Return the unit of the first step that a size stays below."""
    return next(unit for limit, unit in steps if abs(size) < limit or math.isinf(limit))


def area_expression(column: str) -> str:
    """Return a QGIS expression (3.22) that writes an area in m2 as `area_text` does, in the locale of whoever looks."""
    cases = []
    for limit, name in AUTO_AREA:
        unit = AREA[name]
        text = f"{_significant(f'{column} / {unit.size:.0f}') if name != 'm2' else f'format_number({column}, 0)'}"
        text += f" || ' {unit.sign}'"
        cases.append(f"ELSE {text}" if math.isinf(limit) else f"WHEN {column} < {limit:.0f} THEN {text}")
    return f"CASE {' '.join(cases)} END"


def _significant(value: str) -> str:
    """Write a value with `DIGITS` digits, trailing zeros cut: QGIS 3.22 knows no function for that."""
    most = f"max(0, {DIGITS - 1} - floor(log10(max(1, @v))))"
    fewer = " ".join(f"WHEN round(@v, {n}) = round(@v, @d) THEN {n}" for n in range(DIGITS - 1))
    number = f"format_number(@v, CASE {fewer} ELSE @d END)"
    return f"with_variable('v', {value}, with_variable('d', {most}, {number}))"
