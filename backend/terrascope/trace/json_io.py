"""A trace as JSON, to the layout of `resources/trace.schema.json`."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from terrascope.errors import TraceError
from terrascope.trace.jsonable import build, jsonable
from terrascope.trace.types import FORMAT_VERSION, Trace


def to_json(trace: Trace, indent: int | None = None) -> str:
    """Return the trace as JSON text."""
    return json.dumps(jsonable(trace), ensure_ascii=False, indent=indent, allow_nan=False)


def from_json(text: str) -> Trace:
    """Return the trace that `to_json` wrote.

    Raises
    ------
    TraceError
        If the text is no JSON, no trace, or written by a later version of the layout.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise TraceError(f"The trace is not JSON: {error}.", "The file is damaged or of another kind.") from error
    version = data.get("format_version", FORMAT_VERSION) if isinstance(data, dict) else None
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise TraceError(f"The trace has layout {version}, this version reads {FORMAT_VERSION}.", "Update TerraScope.")
    return build(Trace, data)


def write_json(trace: Trace, path: str | os.PathLike[str]) -> None:
    """Write the trace as a JSON file, whole or not at all."""
    target = Path(path)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.write_text(to_json(trace, indent=1) + "\n", encoding="utf-8")
        part.replace(target)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise TraceError(f"{target} cannot be written: {error.strerror}.", "Choose another folder.") from error


def read_json(path: str | os.PathLike[str]) -> Trace:
    """Read a trace from a JSON file.

    Raises
    ------
    TraceError
        If it cannot be read or is no trace.
    """
    try:
        return from_json(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise TraceError(f"{path} cannot be read: {error}.", "Check the path.") from error
