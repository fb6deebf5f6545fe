"""Lines of bytes from a stream, of bounded length: what a client sends may be of any size, memory is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from terrascope.errors import ProtocolError

#: Longest line that is read: an area of two million corners as text is this long.
MAX_LINE_BYTES = 64 * 2**20
#: Brackets and commas of a line, beyond which it is not parsed: each object takes a hundred times its text in memory.
MAX_BRACKETS, MAX_COMMAS = 100_000, 4_000_000


class TooLong(bytes):
    """The beginning of a line that was longer than `MAX_LINE_BYTES`; the rest was thrown away."""


def lines(stream: BinaryIO, limit: int = MAX_LINE_BYTES) -> Iterator[bytes]:
    """Yield each line without its end; one that is too long as `TooLong`. A last line without an end counts."""
    while line := stream.readline(limit + 1):
        if len(line) > limit and not line.endswith(b"\n"):
            head = TooLong(line[:80])
            del line
            while (rest := stream.readline(2**16)) and not rest.endswith(b"\n"):
                pass
            yield head
        else:
            yield line.rstrip(b"\r\n")


def parse(line: bytes) -> Any:
    """Return the JSON value of a line.

    Raises
    ------
    ProtocolError
        If it is too long, no UTF-8, no JSON, or holds what no answer can (a lone surrogate, a number that is none).
    """
    if isinstance(line, TooLong):
        raise ProtocolError(
            f"A line of more than {MAX_LINE_BYTES // 2**20} MiB was thrown away.", "Send an area with fewer corners."
        )
    if line.count(b"[") + line.count(b"{") > MAX_BRACKETS or line.count(b",") > MAX_COMMAS:
        raise ProtocolError(
            f"A line of {len(line)} bytes holds too many values.",
            f"At most {MAX_BRACKETS:,} objects and lists, and {MAX_COMMAS:,} commas, are read.",
        )
    try:
        text = line.decode("utf-8")
        value = json.loads(text, parse_constant=_refuse)
        if "\\u" in text:  # only an escape can bring half a surrogate pair past the decoder
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise ProtocolError("The line holds half a character (a lone surrogate).", "Send valid Unicode.") from error
    except ValueError as error:
        raise ProtocolError(f"The line is not JSON: {error}.") from error
    except RecursionError as error:
        raise ProtocolError("The line is nested too deeply to be read.") from error
    return value


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is no number")
