"""Plain JSON data from what the rooms compute, and back into the trace's dataclasses."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from terrascope.errors import TraceError

T = TypeVar("T")


def jsonable(value: object) -> object:
    """Return `value` as JSON data: dict, list, str, int, float, bool or None.

    Dataclasses and mappings become objects, sets are sorted, dates are ISO text; numbers that are not finite become
    None, because JSON has no word for them.

    Raises
    ------
    TypeError
        If the value (for example an array of more than 10,000 numbers) has no business in a trace.
    """
    if value is None or isinstance(value, (str, bool)):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Enum):
        return jsonable(value.value)
    if isinstance(value, (int, np.integer)):
        return bool(value) if isinstance(value, np.bool_) else int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: jsonable(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return [jsonable(item) for item in sorted(value, key=str)]
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if isinstance(value, np.ndarray) and value.size <= 10_000:
        return jsonable(value.tolist())
    raise TypeError(f"{type(value).__name__} cannot be written into a trace")


def build(kind: type[T], data: object) -> T:
    """Build a dataclass of `kind` from JSON data, strictly.

    Raises
    ------
    TraceError
        If a field is missing or of another type. Fields that are not known are ignored (a later version wrote them).
    """
    if not isinstance(data, dict):
        raise TraceError(f"{kind.__name__} in the trace is {data!r}, not an object.", "The file is damaged.")
    hints = _hints(kind)
    values: dict[str, Any] = {}
    for each in dataclasses.fields(kind):  # type: ignore[arg-type]
        if each.name in data:
            values[each.name] = _build_value(hints[each.name], data[each.name], f"{kind.__name__}.{each.name}")
        elif each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING:
            raise TraceError(f"{kind.__name__}.{each.name} is missing in the trace.", "The file is damaged.")
    return kind(**values)


_known_hints: dict[Any, dict[str, Any]] = {}


def _hints(kind: Any) -> dict[str, Any]:
    """Type hints of a class; to work them out takes longer than to build an object."""
    if kind not in _known_hints:
        _known_hints[kind] = get_type_hints(kind)
    return _known_hints[kind]


def _build_value(hint: Any, value: object, where: str) -> object:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is object:
        return value
    if _is_union(hint):
        if value is None and type(None) in arguments:
            return None
        (inner,) = [each for each in arguments if each is not type(None)]
        return _build_value(inner, value, where)
    if dataclasses.is_dataclass(hint):
        return build(hint, value)  # type: ignore[arg-type]
    if origin is tuple:
        if not isinstance(value, list):
            raise _wrong(where, value, "a list")
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return tuple(_build_value(arguments[0], item, where) for item in value)
        if len(arguments) != len(value):
            raise _wrong(where, value, f"a list of {len(arguments)}")
        return tuple(_build_value(inner, item, where) for inner, item in zip(arguments, value))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise _wrong(where, value, "an object")
        return {key: _build_value(arguments[1], item, where) for key, item in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise _wrong(where, value, hint.__name__)
    return value


def _is_union(hint: Any) -> bool:
    return get_origin(hint) is Union or type(hint).__name__ == "UnionType"


def _wrong(where: str, value: object, wanted: str) -> TraceError:
    return TraceError(f"{where} in the trace is {str(value)[:80]!r}, not {wanted}.", "The file is damaged.")
