"""Which unit of area suits a size, as the backend has it (resources/units.json is generated from its table)."""

from __future__ import annotations

import json
import math
from functools import lru_cache
from typing import Any, NamedTuple

from qgis.PyQt.QtCore import QLocale

from .i18n import PLUGIN_ROOT


class Unit(NamedTuple):
    """A unit of area: its sign, and its size in square metres."""

    sign: str
    size: float


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads((PLUGIN_ROOT / "resources" / "units.json").read_text(encoding="utf-8"))
    return table


def suiting_area(square_metres: float) -> tuple[Unit, int]:
    """Return the unit of area that suits a size, and with how many decimals it is written."""
    step = next(each for each in _table()["area"] if each["below"] is None or abs(square_metres) < each["below"])
    value = abs(square_metres) / step["size"]
    if step["size"] == 1 or value == 0:
        return Unit(step["sign"], step["size"]), 0
    decimals = max(0, _table()["digits"] - 1 - math.floor(math.log10(value)))
    return Unit(step["sign"], step["size"]), decimals


def area_text(square_metres: float) -> str:
    """Return an area in the unit that suits it, as the reader's locale writes it, trailing zeros cut."""
    unit, decimals = suiting_area(square_metres)
    text = QLocale().toString(float(square_metres / unit.size), "f", decimals)
    return f"{text.rstrip('0').rstrip(QLocale().decimalPoint()) if decimals else text} {unit.sign}"


def area_label() -> str:
    """Return the QGIS expression that writes "mask_area_m2" the same way."""
    return str(_table()["area_label"])
