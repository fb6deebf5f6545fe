"""Reading a run's GeoPackage without the backend: the question, its steps, claims and answer."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import pathname2url

from ..i18n import tr

REQUIRED = frozenset({"masks", "steps", "claims", "run"})


class RunFileError(Exception):
    """A file that is no run; the text is for the user."""


@dataclass
class RunFile:
    """What a GeoPackage holds. Rows are dicts by column name; `masks` has one row a step's mask (parts joined)."""

    path: str
    run: dict[str, Any]
    steps: list[dict[str, Any]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    masks: list[dict[str, Any]] = field(default_factory=list)


def read_run(path: str) -> RunFile:
    """Read a run. Milliseconds: geometry is not touched.

    Raises
    ------
    RunFileError
        If the file is missing, damaged, or was not written by TerraScope.
    """
    if not Path(path).is_file():
        raise RunFileError(tr('"{0}" is not there any more. If it was moved, open it from its new place.').format(path))
    uri = f"file:{pathname2url(str(Path(path).absolute()))}?mode=ro"
    try:
        with closing(sqlite3.connect(uri, uri=True, timeout=0.2)) as database:
            database.row_factory = sqlite3.Row
            tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            lacking = ", ".join(sorted(REQUIRED - tables))
            if lacking:
                raise RunFileError(tr('"{0}" is no run of TerraScope: it lacks the tables {1}.').format(path, lacking))
            run = _rows(database, "SELECT * FROM run LIMIT 1")
            result = RunFile(path, run[0] if run else {})
            result.steps = [_dated(row) for row in _rows(database, "SELECT * FROM steps ORDER BY step")]
            result.claims = _rows(database, "SELECT * FROM claims ORDER BY step, fid")
            columns = {row["name"] for row in _rows(database, "PRAGMA table_info(masks)")}
            result.masks = [_dated(row) for row in _rows(database, _masks_query("date_text" in columns))]
    except sqlite3.Error as error:
        raise RunFileError(tr('"{0}" cannot be read: {1}.').format(path, error)) from error
    return result


def _masks_query(has_text: bool) -> str:
    """Return the query for the masks, their parts joined. Files of the first version have no `date_text`."""
    date = "min(date_text) AS date_text, min(date) AS date" if has_text else "min(date) AS date"
    return (
        f"SELECT step, label, derived, min(view_name) AS view_name, {date}, min(colour) AS colour,"  # nosec B608
        " min(confidence) AS confidence, min(mask_area_m2) AS area_m2, min(mask_share) AS share,"
        " sum(pixels) AS pixels, count(*) AS parts FROM masks"
        " GROUP BY step, label, derived ORDER BY step, derived, label"
    )


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    """Let `date` be what is known of a date, a bare year too; the DATE column of GIS tools is a whole day."""
    return {**row, "date": row.get("date_text") or row.get("date")}


def _rows(database: sqlite3.Connection, query: str) -> list[dict[str, Any]]:
    return [dict(row) for row in database.execute(query)]


def json_column(row: dict[str, Any], name: str, default: Any) -> Any:
    """Return a column that holds JSON, `default` where it is empty or broken."""
    try:
        value = json.loads(row.get(name) or "null")
    except ValueError:
        return default
    return default if value is None else value


def run_files(folder: Path) -> list[str]:
    """Return the GeoPackages of a folder, newest first."""
    if not folder.is_dir():
        return []
    files = sorted(folder.glob("*.gpkg"), key=lambda file: file.stat().st_mtime, reverse=True)
    return [str(file) for file in files]
