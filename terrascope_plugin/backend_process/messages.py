"""JSON lines between the plugin and the backend, held to resources/protocol.schema.json."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from ..i18n import PLUGIN_ROOT

Message = dict[str, Any]
#: What ends a job. Nothing about it follows.
ENDS = frozenset({"end", "result", "error"})
MAX_LINE_BYTES = 64 * 1024 * 1024
_TYPES: dict[str, Any] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


class ProtocolError(Exception):
    """A message that the definition does not allow."""


@lru_cache(maxsize=1)
def definition() -> dict[str, Any]:
    """Return the protocol's definition."""
    return json.loads((PLUGIN_ROOT / "resources" / "protocol.schema.json").read_text(encoding="utf-8"))


def protocol_version() -> int:
    """Return the version that this plugin speaks."""
    return int(definition()["version"])


def question_limit() -> int:
    """Return the most characters that a question, or a phrase, may have."""
    return int(definition()["limits"]["question"])


def check(message: Message, side: str) -> None:
    """Raise ProtocolError where a message of `side` ("client" or "server") breaks the definition."""
    kind = message.get("type")
    rules = definition()[side].get(kind) if isinstance(kind, str) else None
    if rules is None:
        raise ProtocolError(f'unknown message type "{kind}"')
    for name, expected in rules["required"].items():
        if name not in message:
            raise ProtocolError(f'message "{kind}" lacks "{name}"')
        _check_type(kind, name, message[name], expected)
    for name, expected in rules["optional"].items():
        if name in message and expected and message[name] is not None:
            _check_type(kind, name, message[name], expected)


def _check_type(kind: object, name: str, value: object, expected: str | list[str]) -> None:
    names = [expected] if isinstance(expected, str) else expected
    is_bool_for_number = isinstance(value, bool) and "boolean" not in names
    if is_bool_for_number or not any(isinstance(value, _TYPES[item]) for item in names):
        raise ProtocolError(f'"{name}" of message "{kind}" is {type(value).__name__}, expected {" or ".join(names)}')


def encode(message: Message) -> bytes:
    """Return one line for the backend, checked.

    In ASCII, with escapes: a file name on Linux need not be UTF-8, and could not be sent otherwise.
    """
    check(message, "client")
    return json.dumps(message, separators=(",", ":")).encode("ascii") + b"\n"


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


class LineReader:
    """Turns chunks of bytes into messages; lines that are no messages are handed out apart, never lost."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> tuple[list[Message], list[str]]:
        """Return the messages that are complete now, and the lines that were not messages."""
        self._rest += chunk
        messages: list[Message] = []
        strays: list[str] = []
        *lines, rest = self._rest.split(b"\n")
        self._rest = bytearray(rest)
        if len(self._rest) > MAX_LINE_BYTES:
            strays.append(f"a line of more than {MAX_LINE_BYTES} bytes was dropped")
            self._rest.clear()
        for line in lines:
            if not line.strip():
                continue
            text = line.decode("utf-8", errors="replace")
            try:
                message = json.loads(text, parse_constant=_no_number)
                if not isinstance(message, dict):
                    raise ProtocolError("not an object")
                check(message, "server")
            except (ValueError, ProtocolError, RecursionError) as error:
                strays.append(f"{text[:300]} ({error})")
            else:
                messages.append(message)
        return messages, strays
