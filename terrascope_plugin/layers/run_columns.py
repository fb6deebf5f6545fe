"""What a run's file may hold, column by column: SQLite keeps anything in any column, and a file may be a stranger's."""

from __future__ import annotations

import json
import math
from typing import Any

from ..backend_process.messages import definition
from .palette import is_colour

MAX_TEXT = 200_000  # characters of one text: a model writes some thousands
MAX_RECORD = 64 * 1024 * 1024  # characters of a step's JSON, which holds its mask
MAX_STEP = 100_000
MAX_NUMBER = 1e18  # square metres and pixels of the whole Earth are below it

#: Columns by table: what they hold, and whether they must be there. Columns that are not listed are not used.
COLUMNS: dict[str, dict[str, tuple[str, bool]]] = {
    "run": {
        "created": ("moment", False),
        "question": ("text", True),
        "options": ("lines", False),
        "understood": ("text", False),
        "query": ("data", False),
        "answer": ("text", False),
        "choice": ("text", False),
        "confidence": ("number", False),
        "end_reason": ("end_reason", False),
        "network": ("text", False),
        "device": ("text", False),
        "warnings": ("lines", False),
        "seconds": ("number", False),
    },
    "steps": {
        "step": ("step", True),
        "text": ("text", False),
        "label": ("text", False),
        "view_name": ("text", False),
        "date": ("moment", False),
        "date_text": ("moment", False),
        "area_m2": ("number", False),
        "share": ("number", False),
        "confidence": ("number", False),
        "evidence": ("text", False),
        "empty": ("flag", False),
        "record": ("record", False),
    },
    "claims": {
        "step": ("step", True),
        "claim": ("text", True),
        "verdict": ("verdict", True),
        "claimed": ("value", False),
        "measured": ("value", False),
        "unit": ("text", False),
        "reason": ("text", False),
    },
    "results": {
        "row": ("step", True),
        "key": ("text", False),
        "measure": ("text", False),
        "value": ("number", False),
        "unit": ("text", False),
        "text": ("text", False),
    },
    "masks": {
        "step": ("step", True),
        "label": ("text", True),
        "derived": ("flag", True),
        "view_name": ("text", False),
        "date": ("moment", False),
        "date_text": ("moment", False),
        "colour": ("colour", False),
        "confidence": ("number", False),
        "area_m2": ("number", False),
        "share": ("number", False),
        "pixels": ("number", False),
        "parts": ("number", False),
    },
}
MEASUREMENTS = ("area_m2", "share", "pixels")


class ColumnError(ValueError):
    """A value that a column must not have; the text names the column."""


def checked(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with each value as what its column holds (see COLUMNS); empty ones are None.

    Raises
    ------
    ColumnError
        If a value is of another kind, too large, or missing.
    """
    result = {}
    for name, (kind, needed) in COLUMNS[table].items():
        value = row.get(name)
        if value is None and needed:
            raise ColumnError(f"{table}.{name}")
        try:
            result[name] = _KINDS[kind](value) if value is not None else [] if kind == "lines" else None
        except (ValueError, TypeError, RecursionError) as error:
            raise ColumnError(f"{table}.{name}") from error
    return result


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise ValueError
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError
    if not math.isfinite(value) or abs(value) > MAX_NUMBER:
        raise ValueError
    return value


def _step(value: Any) -> int:
    if not isinstance(value, int) or not 0 <= value <= MAX_STEP:
        raise ValueError
    return value


def _flag(value: Any) -> bool:
    if value not in (0, 1):
        raise ValueError
    return bool(value)


def _moment(value: Any) -> str:
    """A date, or a bare year, of which SQLite makes a number in a DATE column."""
    return str(value) if type(value) is int and 0 <= value <= 9999 else _text(value)


def _value(value: Any) -> str | float:
    return _text(value).strip('"') if isinstance(value, str) else _number(value)


def _lines(value: Any) -> list[str]:
    return [line for line in _text(value).split("\n") if line]


def _colour(value: Any) -> str:
    if not is_colour(_text(value)):
        raise ValueError
    return value


def _one_of(name: str, value: Any) -> str:
    if _text(value) not in definition()["objects"][name]["enum"]:
        raise ValueError
    return value


def _data(value: Any) -> dict[str, Any]:
    """A JSON object."""
    found = json.loads(_text(value))
    if not isinstance(found, dict):
        raise ValueError
    return found


def _record(value: Any) -> dict[str, Any]:
    """A step's JSON; its measurements, where it has some, are numbers or empty."""
    if not isinstance(value, str) or len(value) > MAX_RECORD:
        raise ValueError
    record = json.loads(value)
    if record is None:
        return {}
    measurements = record.get("measurements") if isinstance(record, dict) else 0
    if not isinstance(measurements, (dict, type(None))):
        raise ValueError
    for name in MEASUREMENTS:
        if measurements and measurements.get(name) is not None:
            _number(measurements[name])
    return record


_KINDS = {
    "text": _text,
    "number": _number,
    "step": _step,
    "flag": _flag,
    "moment": _moment,
    "value": _value,
    "lines": _lines,
    "colour": _colour,
    "record": _record,
    "data": _data,
    "verdict": lambda value: _one_of("verdict", value),
    "end_reason": lambda value: _one_of("end_reason", value),
}
