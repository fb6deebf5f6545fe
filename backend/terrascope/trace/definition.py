"""The trace's definition (`resources/trace.schema.json`), and the check that holds records of a file to it.

A run file may come from anywhere. Its values are checked when it is read, so that whatever works with a trace later
(report, terminal, measuring) meets only what the definition allows. Of JSON Schema 2020-12 the words that the
definition uses are understood: the environment of the plugin has no validator.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from terrascope.errors import TraceError
from terrascope.resources import resource
from terrascope.trace.types import FORMAT_VERSION

#: Numbers of digits of an integer: 2^63 has 19.
_MAX_DIGITS = 19
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "number": (int, float), "integer": (int,),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip
#: The definition of a record by the name of its class in `trace.types`.
RECORDS = {"Trace": "", "Step": "step", "ClaimRecord": "claim"}


@lru_cache(maxsize=1)
def definition() -> dict[str, Any]:
    """Return the definition as it is published."""
    loaded: dict[str, Any] = json.loads(resource("trace.schema.json").read_text(encoding="utf-8"))
    return loaded


def parse_record(text: object, record: str) -> Any:
    """Return the JSON data of one record, checked.

    Parameters
    ----------
    text
        The JSON text as it stands in the file.
    record
        A key of `RECORDS`.

    Raises
    ------
    TraceError
        If it is no JSON text, or breaks the definition; the message names the place.
    """
    if not isinstance(text, str):
        raise TraceError(f"The {record} in the file is {type(text).__name__}, not text.", _DAMAGED)
    try:
        data = json.loads(text, parse_constant=_refuse, parse_int=_integer, parse_float=_number)
        if "\\u" in text:  # only an escape can hold half a surrogate pair
            json.dumps(data, ensure_ascii=False).encode("utf-8")
        _refuse_later_version(data)
        check(data, record)
    except (ValueError, RecursionError) as error:
        raise TraceError(f"The {record} is not JSON: {str(error)[:200]}.", _DAMAGED) from error
    return data


def _refuse_later_version(data: object) -> None:
    version, known = data.get("format_version") if isinstance(data, dict) else None, FORMAT_VERSION
    if isinstance(version, int) and version > known:
        raise TraceError(f"The trace has layout {version}, this version reads {known}.", "Update TerraScope.")


def check(data: object, record: str) -> None:
    """Hold JSON data to the definition of a record.

    Raises
    ------
    TraceError
        If it breaks it.
    """
    name = RECORDS[record]
    _check(data, definition()["$defs"][name] if name else definition(), record)


_DAMAGED = "The file is damaged, or another program wrote it."


def _check(value: Any, rule: Mapping[str, Any], where: str) -> None:
    if "$ref" in rule:
        _check(value, definition()["$defs"][rule["$ref"].rsplit("/", 1)[-1]], where)
    if "oneOf" in rule:
        _check_one_of(value, rule["oneOf"], where)
    if "type" in rule:
        _check_type(value, rule["type"], where)
    if "enum" in rule and value not in rule["enum"]:
        raise _wrong(value, f"one of {', '.join(map(str, rule['enum']))}", where)
    if "const" in rule and value != rule["const"]:
        raise _wrong(value, str(rule["const"]), where)
    if isinstance(value, str) and "pattern" in rule and not re.search(rule["pattern"], value):
        raise _wrong(value, f"of the form {rule['pattern']}", where)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if "exclusiveMinimum" in rule and value <= rule["exclusiveMinimum"]:
            raise _wrong(value, f"above {rule['exclusiveMinimum']}", where)
        low, high = rule.get("minimum"), rule.get("maximum")
        if (low is not None and value < low) or (high is not None and value > high):
            raise _wrong(value, f"within {low} and {high}", where)
    if isinstance(value, list):
        _check_list(value, rule, where)
    if isinstance(value, dict):
        _check_object(value, rule, where)


def _check_one_of(value: Any, rules: list[Mapping[str, Any]], where: str) -> None:
    if value is None and any(rule.get("type") == "null" for rule in rules):
        return
    for rule in rules:
        if rule.get("type") != "null":
            _check(value, rule, where)


def _check_type(value: Any, wanted: str | list[str], where: str) -> None:
    names = [wanted] if isinstance(wanted, str) else wanted
    for name in names:
        if isinstance(value, _TYPES[name]) and not (isinstance(value, bool) and name in ("number", "integer")):
            return
    raise _wrong(value, " or ".join(names), where)


def _check_list(value: list[Any], rule: Mapping[str, Any], where: str) -> None:
    if not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)):
        raise _wrong(value, f"a list of {rule.get('minItems', 0)} to {rule.get('maxItems', 'any number of')}", where)
    if "items" in rule:
        for item in value:
            _check(item, rule["items"], where)


def _check_object(value: dict[str, Any], rule: Mapping[str, Any], where: str) -> None:
    for name in rule.get("required", ()):
        if name not in value:
            raise TraceError(f"{where}.{name} is missing in the trace.", _DAMAGED)
    known, more = rule.get("properties", {}), rule.get("additionalProperties")
    for name, item in value.items():
        if name in known:
            _check(item, known[name], f"{where}.{name}")
        elif isinstance(more, Mapping):
            _check(item, more, f"{where}.{name[:40]}")


def _wrong(value: object, wanted: str, where: str) -> TraceError:
    text = repr(value[:80]) if isinstance(value, str) else repr(value)[:80]
    return TraceError(f"{where} in the trace is {text}, not {wanted}.", _DAMAGED)


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS + 1:
        raise ValueError(f"{text[:20]}... is too large a number")
    return int(text)


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text[:20]} is too large a number")
    return value
