"""A trace as JSON, to the layout of `resources/trace.schema.json`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from terrascope import files
from terrascope.errors import TraceError
from terrascope.trace.definition import parse_record
from terrascope.trace.jsonable import build, jsonable
from terrascope.trace.types import Step, Trace, all_masks

#: Most pixels of a grid: 100,000 x 100,000.
MAX_PIXELS = 10**10
#: Largest number in a transform, in map units: millimetres reach round the earth ten thousand times.
FARTHEST = 1e15


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
    trace = build(Trace, parse_record(text, "Trace"))
    check_masks(trace, trace.steps)
    return trace


def check_masks(trace: Trace, steps: Iterable[Step]) -> None:
    """Check that the masks of steps lie on the trace's grid, and that the grid has a size that can be drawn.

    Raises
    ------
    TraceError
        If one does not.
    """
    height, width = trace.grid.height, trace.grid.width
    if height * width > MAX_PIXELS:
        raise TraceError(f"The grid of the trace has {width} x {height} pixels.", "The file is damaged.")
    a, b, _, d, e, _ = trace.grid.transform
    if not 0 < abs(a * e - b * d) < float("inf") or max(map(abs, trace.grid.transform)) > FARTHEST:
        raise TraceError(f"The transform of the trace is {trace.grid.transform}.", "The file is damaged.")
    for step in steps:
        for label, mask, _, _ in all_masks(step):
            if tuple(mask.size) != (height, width):
                raise TraceError(
                    f"The mask {label[:80]!r} of step {step.number} has the size {mask.size}, not {(height, width)}.",
                    "The file is damaged.",
                )


def write_json(trace: Trace, path: str | os.PathLike[str]) -> None:
    """Write the trace as a JSON file, whole or not at all."""
    files.write_text(Path(path), to_json(trace, indent=1) + "\n", _is_trace, "trace of TerraScope")


def _is_trace(path: Path) -> bool:
    try:
        read_json(path)
    except TraceError:
        return False
    return True


def read_json(path: str | os.PathLike[str]) -> Trace:
    """Read a trace from a JSON file.

    Raises
    ------
    TraceError
        If it cannot be read or is no trace.
    """
    try:
        return from_json(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TraceError(f"{path} cannot be read: {error}.", "Check the path.") from error
