"""Reading a run's GeoPackage without the backend: the question, its steps, claims and answer.

A file may come from a stranger. What is handed out has the kinds of values that `run_columns` lists; a file that holds
anything else is refused. Styles, triggers and expressions of a file are never looked at.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..i18n import tr
from .database_file import is_locked, open_to_read
from .run_columns import ColumnError, checked

REQUIRED = frozenset({"masks", "steps", "claims", "run"})
MAX_ROWS = 10_000  # rows of one table: a run has some dozens


class RunFileError(Exception):
    """A file that cannot be shown as a run; the text is for the user."""


class NoRunError(RunFileError):
    """A file that is something else than a run."""


@dataclass
class RunFile:
    """What a GeoPackage holds. Rows are dicts by column name; `masks` has one row a step's mask (parts joined).

    `path` is the file that was read; `asked` the one that was asked for, which is another one only where a killed
    writer left it in a folder that must not be written (then `path` is a recovered copy).
    """

    path: str
    asked: str
    run: dict[str, Any]
    steps: list[dict[str, Any]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    masks: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)


def read_run(path: str, *, head: bool = False) -> RunFile:
    """Read a run. Milliseconds: geometry is not touched. With `head`, for lists, only the table `run` is read.

    Raises
    ------
    NoRunError
        If the file was not written by TerraScope.
    RunFileError
        If it is missing, in use, damaged, or holds what no run holds.
    """
    if not Path(path).is_file():
        raise RunFileError(tr('"{0}" is not there any more. If it was moved, open it from its new place.').format(path))
    try:
        connection, found = open_to_read(Path(path))
        with closing(connection) as database:
            result = _read_head(database, path, str(found) if found != Path(path).absolute() else path)
            if not head:
                _read_rows(database, result)
            return result
    except sqlite3.Error as error:
        if is_locked(error):
            text = tr('"{0}" is being written by another program. Try again when that has ended.')
            raise RunFileError(text.format(path)) from error
        raise RunFileError(tr('"{0}" cannot be read: {1}.').format(path, error)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise RunFileError(tr('"{0}" cannot be read: {1}.').format(path, error)) from error
    except ColumnError as error:
        text = tr('"{0}" is damaged, or was not written by TerraScope: {1} holds what no run holds.')
        raise RunFileError(text.format(path, error)) from error


def _read_head(database: sqlite3.Connection, asked: str, path: str) -> RunFile:
    database.row_factory = sqlite3.Row
    database.execute("PRAGMA trusted_schema = OFF")
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    lacking = ", ".join(sorted(REQUIRED - tables))
    if lacking:
        raise NoRunError(tr('"{0}" is no run of TerraScope: it lacks the tables {1}.').format(asked, lacking))
    run = _rows(database, "run", "SELECT * FROM run")
    if not run:
        raise NoRunError(tr('"{0}" is no run of TerraScope: it holds no question.').format(asked))
    return RunFile(path, asked, run[0])


def _read_rows(database: sqlite3.Connection, result: RunFile) -> None:
    result.steps = [_dated(row) for row in _rows(database, "steps", "SELECT * FROM steps ORDER BY step")]
    result.claims = _rows(database, "claims", "SELECT * FROM claims ORDER BY step, fid")
    tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "results" in tables:  # files of the first version have none
        result.results = _rows(database, "results", "SELECT * FROM results ORDER BY fid")
    columns = {row["name"] for row in database.execute("PRAGMA table_info(masks)")}
    result.masks = [_dated(row) for row in _rows(database, "masks", _masks_query("date_text" in columns))]


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


def _rows(database: sqlite3.Connection, table: str, query: str) -> list[dict[str, Any]]:
    rows = database.execute(query).fetchmany(MAX_ROWS + 1)
    if len(rows) > MAX_ROWS:
        raise ColumnError(table)
    return [checked(table, dict(row)) for row in rows]


def run_files(folder: Path) -> list[str]:
    """Return the GeoPackages of a folder, newest first. Raises OSError where the folder cannot be read."""
    if not folder.is_dir():
        return []
    dated = []
    for file in folder.glob("[!.]*.gpkg"):  # those with a dot are being written
        try:
            dated.append((file.stat().st_mtime, str(file)))
        except OSError:  # deleted since
            continue
    return [path for _when, path in sorted(dated, reverse=True)]
