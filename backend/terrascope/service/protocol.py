"""The protocol's definition (`resources/protocol.schema.json`), and the check that holds messages to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from terrascope.errors import ProtocolError
from terrascope.resources import resource

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
    "null": (type(None),),
}


#: Longest id of a job, in characters.
MAX_ID = 200


@lru_cache(maxsize=1)
def definition() -> dict[str, Any]:
    """Return the definition as it is published."""
    loaded: dict[str, Any] = json.loads(resource("protocol.schema.json").read_text(encoding="utf-8"))
    return loaded


def version() -> int:
    """Return the protocol's version number."""
    return int(definition()["version"])


def check(message: object, side: str) -> Mapping[str, Any]:
    """Check a message of one side ("client" or "server"), with the layers and the area inside it.

    Raises
    ------
    ProtocolError
        If it is no object, its type is unknown, or a field is missing or of another type.
    """
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise ProtocolError(f"A message must be an object with a type, not {_short(message)}.")
    kind = message["type"]
    shapes = definition()[side]
    if kind not in shapes:
        raise ProtocolError(f"The message type {kind[:80]!r} is unknown.", f"Known: {', '.join(sorted(shapes))}.")
    shape = shapes[kind]
    _check_fields(message, shape, f"the message {kind!r}")
    objects = definition()["objects"]
    if side == "client":  # fields that this type does not have are ignored, whatever they hold
        if len(message["id"] if "id" in shape["required"] else "") > MAX_ID:
            raise ProtocolError(f"The id of {kind!r} has more than {MAX_ID} characters.")
        for layer in message["layers"] if "layers" in shape["required"] else ():
            _check_fields(layer, objects["layer"], f"a layer of {kind!r}")
        if "area" in shape["optional"] and "area" in message:
            _check_fields(message["area"], objects["area"], f"the area of {kind!r}")
    if kind == "end" and message["reason"] not in objects["end_reason"]["enum"]:
        raise ProtocolError(f"The end reason {message['reason']!r} is unknown.")
    if kind == "claim" and message["verdict"] not in objects["verdict"]["enum"]:
        raise ProtocolError(f"The verdict {message['verdict']!r} is unknown.")
    return message


def _check_fields(message: object, shape: Mapping[str, Any], where: str) -> None:
    if not isinstance(message, dict):
        raise ProtocolError(f"In {where} an object is expected, not {_short(message)}.")
    for name, wanted in shape["required"].items():
        if name not in message:
            raise ProtocolError(f"The field {name!r} is missing in {where}.")
        _check_type(message[name], wanted, name, where)
    for name, wanted in shape["optional"].items():
        if name in message:
            _check_type(message[name], wanted, name, where)


def _check_type(value: object, wanted: object, name: str, where: str) -> None:
    names = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(names, list):  # {}: anything
        return
    for each in names:
        if isinstance(value, _TYPES[each]) and not (isinstance(value, bool) and each in ("integer", "number")):
            return
    raise ProtocolError(f"The field {name!r} in {where} is {_short(value)}, not {' or '.join(names)}.")


def _short(value: object) -> str:
    """A value in a sentence: containers by their type alone, which may be huge or nested deeply."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    return repr(value[:60]) if isinstance(value, str) else repr(value)[:60]
