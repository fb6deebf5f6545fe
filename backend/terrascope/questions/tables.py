"""What a query gave, as rows of text and as rows of `results` (row, by, key, value, unit)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from terrascope.questions import query as q
from terrascope.questions.evaluate import Result, Value
from terrascope.units import area_text, count_text, length_text, number_text, share_text

_KINDS: dict[type, str] = {
    q.Area: "area", q.ListParts: "area", q.NetChange: "area", q.Rate: "area", q.Classes: "area", q.Dominant: "area",
    q.Exists: "area", q.Share: "share", q.Count: "count", q.Perimeter: "length", q.Distance: "length",
    q.Border: "length", q.Mean: "number",
}  # fmt: skip
_UNITS = {"area": "m2", "length": "m", "share": "1", "count": "1", "number": "1"}


def written(number: float | None, kind: str, unit: str | None, has_metres: bool, language: str = "en") -> str:
    """Return a number of a kind in a unit that was asked for, or in one that suits; "-" for none."""
    if number is None:
        return "-"
    if kind in ("area", "length") and not has_metres:
        return f"{number_text(number, 0, language)} px"
    if kind == "area":
        return area_text(number, unit or "auto", language)
    if kind == "length":
        return length_text(number, unit or "auto", language)
    if kind == "share":
        return share_text(number, language)
    return count_text(round(number), language) if kind == "count" else number_text(number, 4, language)


def kind_of(measure: q.AnyMeasure) -> str:
    """Return what a measure's number is: area, length, share, count, number; empty where it has none."""
    return _KINDS.get(type(measure), "")


def text_rows(query: q.Query, result: Result, has_metres: bool) -> list[tuple[str, ...]]:
    """Return the rows of a result as text, the key first."""
    found = []
    for row in result.rows:
        cells = [
            _text(value, kind_of(measure), query, has_metres) for measure, value in zip(query.measures, row.values)
        ]
        found.append((row.key, *cells))
    return found


def result_rows(query: q.Query, result: Result, names: Sequence[str], has_metres: bool = True) -> list[dict[str, Any]]:
    """Return the rows of the table `results`: one a value; parts, and classes, one each behind their whole.

    Parameters
    ----------
    names
        What each measure of the query is called.
    has_metres
        False for a scene without a CRS: areas and lengths are pixels.
    """
    by = "" if query.by is None else str(query.by.__struct_config__.tag)
    found: list[dict[str, Any]] = []
    for number, row in enumerate(result.rows):
        for measure, name, value in zip(query.measures, names, row.values):
            kind = kind_of(measure)
            unit = "px" if kind in ("area", "length") and not has_metres else _UNITS.get(kind, "")
            head = {"row": number, "by": by, "key": row.key, "measure": name, "unit": unit}
            of_parts = "m2" if has_metres else "px"
            if value.number is not None or not value.parts:
                yes = None if value.yes is None else float(value.yes)
                found.append({**head, "value": yes if value.number is None else value.number, "text": value.text})
            found += [
                {
                    **head,
                    "key": " ".join(each for each in (row.key, part) if each),
                    "value": area,
                    "text": part,
                    "unit": of_parts,
                }
                for part, area in value.parts
            ]
    return found


def _text(value: Value, kind: str, query: q.Query, has_metres: bool) -> str:
    if value.parts and not value.text:
        return ", ".join(
            f"{name}: {written(area, 'area', query.unit, has_metres, query.language)}" for name, area in value.parts
        )
    words = [value.text] if value.text else []
    if value.yes is not None:
        words.append("yes" if value.yes else "no")
    if value.number is not None or not words:
        words.append(written(value.number, kind, query.unit, has_metres, query.language))
    return " ".join(words)
