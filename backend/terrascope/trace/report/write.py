"""Render the report and write it as one file that needs nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from terrascope import files
from terrascope.trace.geopackage import Picture, read_pictures, read_trace
from terrascope.trace.report.content import content
from terrascope.trace.types import Trace


def render_report(trace: Trace, pictures: Mapping[int, Picture]) -> str:
    """Return the report's HTML. Whatever stands in the trace is shown as text, never as markup."""
    return _template().render(content(trace, pictures))


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


def write_report(gpkg: str | os.PathLike[str], out: str | os.PathLike[str]) -> Path:
    """Make the report of a result file. Returns the HTML file's absolute path.

    Raises
    ------
    TraceError
        If the result cannot be read, or the report not be written.
    """
    target = Path(out).absolute()
    refuse_other_report(target)
    html = render_report(read_trace(gpkg), read_pictures(gpkg))
    files.write_text(target, html, _is_report, _WHAT)
    return target


def refuse_other_report(out: str | os.PathLike[str]) -> None:
    """Refuse a name that something else than a report of ours has.

    Raises
    ------
    TraceError
        If it has.
    """
    files.refuse_other(Path(out).absolute(), _is_report, _WHAT)


_WHAT = "report of TerraScope"
#: What stands in the head of our reports, the first ones included.
_GENERATOR, _FIRST_TITLE = b'<meta name="generator" content="TerraScope">', "\u2013 TerraScope</title>".encode()


def _is_report(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(64 * 2**10)
    return head.startswith(b"<!DOCTYPE html>") and (_GENERATOR in head or _FIRST_TITLE in head)
