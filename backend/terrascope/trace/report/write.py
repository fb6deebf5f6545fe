"""Render the report and write it as one file that needs nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from terrascope.errors import TraceError
from terrascope.trace.geopackage import Picture, read_pictures, read_trace
from terrascope.trace.report.content import content
from terrascope.trace.types import Trace


def render_report(trace: Trace, pictures: Mapping[int, Picture]) -> str:
    """Return the report's HTML. Whatever stands in the trace is shown as text, never as markup."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(content(trace, pictures))


def write_report(gpkg: str | os.PathLike[str], out: str | os.PathLike[str]) -> Path:
    """Make the report of a result file. Returns the HTML file's absolute path.

    Raises
    ------
    TraceError
        If the result cannot be read, or the report not be written.
    """
    html = render_report(read_trace(gpkg), read_pictures(gpkg))
    target = Path(out).absolute()
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(html, encoding="utf-8")
        part.replace(target)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise TraceError(f"{target} cannot be written: {error.strerror}.", "Choose another folder.") from error
    return target
