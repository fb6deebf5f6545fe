"""The result GeoPackage: written at once, a transaction a step, read back as the identical trace.

The file is complete and valid from the first moment: it is built under another name, moved into place, and every step
is one SQLite transaction with a rollback journal. A process that is killed after step 3 leaves a file with 3 steps.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from terrascope import files, large, temporary
from terrascope.errors import TraceError
from terrascope.landcover.colours import colour_of
from terrascope.scene.types import Affine6, Grid
from terrascope.trace.definition import parse_record
from terrascope.trace.geopackage_schema import APPLICATION_ID, create_tables, foreign_contents, srs_of
from terrascope.trace.json_io import check_masks, from_json
from terrascope.trace.jsonable import build, jsonable
from terrascope.trace.parts import Outline, drawn_within, geometry_blobs, is_streamed, stream_parts
from terrascope.trace.styles import masks_qml
from terrascope.trace.types import (
    ClaimRecord,
    GridRecord,
    MaskEntry,
    ResultRow,
    Step,
    Trace,
    all_masks,
    summary_area,
    summary_share,
)

#: Seconds to wait for a GIS that reads the file at the moment of writing.
BUSY_SECONDS = 20.0
#: Seconds to wait for it before a result is replaced.
SETTLE_SECONDS = 5.0
#: Media types of the small pictures.
PICTURE_TYPES = ("image/jpeg", "image/png")
_AT_ONCE = 512  # parts that are written at a time


class Picture(NamedTuple):
    """A small picture of a view, as it is stored in the table `inputs`."""

    data: bytes
    media_type: str


class GeoPackageWriter:
    """Writes one trace, step by step. Use as a context manager; not thread-safe.

    Parameters
    ----------
    path
        The file. An earlier TerraScope result of that name is replaced; any other file is left alone.
    trace
        What is known before the first step (question, inputs, grid, network). Its steps and claims are written too.
    pictures
        Small pictures of the views by view index.

    Raises
    ------
    TraceError
        If the file cannot be written there, or belongs to something else.
    """

    def __init__(
        self, path: str | os.PathLike[str], trace: Trace, pictures: Mapping[int, Picture] | None = None
    ) -> None:
        self.path = Path(path).absolute()
        self._trace = trace
        self._grid = grid_of(trace.grid)
        self._written: dict[int, list[MaskEntry]] = {}
        self._colours: dict[str, str] = {}
        self._srs = srs_of(trace.grid.crs)
        refuse_foreign(self.path)
        try:
            with files.named_beside(self.path) as part:
                with closing(_connect(part)) as connection:
                    create_tables(connection, self._srs, {"masks": masks_qml({})})
                    with connection:
                        self._insert_header(connection, pictures or {})
                settle(self.path)
        except (OSError, ValueError, sqlite3.Error) as error:
            raise files.not_written(self.path, error) from error
        self._connection = _connect(self.path)
        try:
            for step in trace.steps:
                self.put_step(step)
            if trace.claims:
                self.put_claims(trace.claims)
            if trace.results:
                self.put_results(trace.results)
        except BaseException:
            self._connection.close()
            raise

    def __enter__(self) -> GeoPackageWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. What was written stays."""
        self._connection.close()

    @property
    def trace(self) -> Trace:
        """The trace as it stands in the file."""
        return self._trace

    def put_step(self, step: Step) -> Outline:
        """Write a step, or write it anew with what has come since.

        Returns the outline of the step's own mask where it is new; an empty one where it is not.
        """
        return self.put_outlined(step)[0]

    def put_outlined(self, step: Step) -> list[Outline]:
        """Write a step as `put_step` does, and return an outline for its own mask and for each derived one."""
        masks = all_masks(step)
        before = self._written.get(step.number, [])
        # Text, tokens and derived masks come after the mask: its polygons, the costly part, stay as they are.
        kept = len(before) if masks[: len(before)] == before else 0
        tolerance = drawn_within(self._grid)
        found = [Outline(tolerance) for _ in masks] or [Outline(tolerance)]
        rows = [self._mask_rows(step, entry, outline) for entry, outline in list(zip(masks, found))[kept:]]
        with self._transaction() as connection:
            if before and not kept:
                connection.execute("DELETE FROM masks WHERE step = ?", (step.number,))
            connection.execute("DELETE FROM steps WHERE step = ?", (step.number,))
            for each, outline in zip(rows, found[kept:]):
                insert = f"INSERT INTO masks ({_MASK_COLUMNS}) VALUES ({_marks(_MASK_COLUMNS)})"  # nosec B608
                connection.executemany(insert, each)
                if outline.bounds is not None:
                    connection.execute(_EXTEND_BOUNDS, outline.bounds)
            insert = f"INSERT INTO steps ({_STEP_COLUMNS}) VALUES ({_marks(_STEP_COLUMNS)})"  # nosec B608
            connection.execute(insert, _step_row(step))
            if self._add_colours(masks):
                connection.execute(_SET_STYLE, (masks_qml(self._colours),))
        self._written[step.number] = masks
        self._trace = self._trace.with_step(step)
        return found

    def put_claims(self, claims: Sequence[ClaimRecord]) -> None:
        """Write the claims, in place of those that were there."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM claims")
            connection.executemany(
                f"INSERT INTO claims ({_CLAIM_COLUMNS}) VALUES ({_marks(_CLAIM_COLUMNS)})",  # nosec B608
                [
                    (each.step, each.text, each.verdict, _text(each.claimed), _text(each.measured), each.unit,
                     each.reason, _dump(each))
                    for each in claims
                ],
            )  # fmt: skip
        self._trace = replace(self._trace, claims=tuple(claims))

    def put_results(self, results: Sequence[ResultRow]) -> None:
        """Write the values of the query, in place of those that were there."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM results")
            connection.executemany(
                f"INSERT INTO results ({_RESULT_COLUMNS}) VALUES ({_marks(_RESULT_COLUMNS)})",  # nosec B608
                [
                    (each.row, each.by, each.key, each.measure, each.value, each.unit, each.text, each.low, each.high)
                    for each in results
                ],
            )
        self._trace = replace(self._trace, results=tuple(results))

    def put_run(self, trace: Trace) -> None:
        """Write what is known of the run as a whole: answer, end reason, warnings, timings."""
        with self._transaction() as connection:
            columns = ", ".join(f"{each.strip()} = ?" for each in _RUN_COLUMNS.split(","))
            connection.execute(f"UPDATE run SET {columns}", _run_row(trace))  # nosec B608
        self._trace = replace(trace, steps=self._trace.steps, claims=self._trace.claims)

    def _insert_header(self, connection: sqlite3.Connection, pictures: Mapping[int, Picture]) -> None:
        insert = f"INSERT INTO run ({_RUN_COLUMNS}) VALUES ({_marks(_RUN_COLUMNS)})"  # nosec B608
        connection.execute(insert, _run_row(self._trace))
        for view, each in enumerate(self._trace.inputs):
            picture = pictures.get(view)
            connection.execute(
                f"INSERT INTO inputs ({_INPUT_COLUMNS}) VALUES ({_marks(_INPUT_COLUMNS)})",  # nosec B608
                (view, each.name, each.role, _full_date(each.date), each.date, each.path, each.sha256,
                 ", ".join(each.bands), each.sensor, picture.data if picture else None,
                 picture.media_type if picture else None),
            )  # fmt: skip

    def _mask_rows(self, step: Step, entry: MaskEntry, outline: Outline) -> Iterable[tuple[object, ...]]:
        """Rows of the table `masks`; each part is added to the outline. Those of a large mask come one by one."""
        mask = entry.mask.decode()
        rows = self._rows_of(step, entry, outline, mask)
        return rows if is_streamed(mask) else list(rows)

    def _rows_of(
        self, step: Step, entry: MaskEntry, outline: Outline, mask: NDArray[np.bool_]
    ) -> Iterator[tuple[object, ...]]:
        share, area = summary_share(entry.measurements), summary_area(entry.measurements)
        total, colour = large.count(mask), colour_of(entry.label, entry.derived)
        date, confidence = _full_date(step.date), None if entry.derived else step.confidence
        parts, number = stream_parts(mask, self._grid, area), 0
        region = None if entry.derived else _text(step.region)
        while some := list(itertools.islice(parts, _AT_ONCE)):
            geometries = [part.geometry for part in some]
            bounds = shapely.bounds(geometries).reshape(-1, 4)
            outline.add(geometries, bounds)
            for part, blob in zip(some, geometry_blobs(geometries, bounds, self._srs.srs_id)):
                number += 1
                weight = part.area_m2 / area if part.area_m2 is not None and area else part.pixels / total
                yield (
                    blob, step.number, entry.label, step.view, step.view_name, date, step.date, number, part.area_m2,
                    None if share is None else share * weight, part.pixels, area, share, confidence, colour,
                    entry.derived, region,
                )  # fmt: skip

    def _add_colours(self, masks: Sequence[MaskEntry]) -> bool:
        new = {each.label: colour_of(each.label, each.derived) for each in masks if each.label not in self._colours}
        self._colours.update(new)
        return bool(new)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
        except sqlite3.Error as error:
            raise files.not_written(self.path, error) from error


_MASK_COLUMNS = (
    "geom, step, label, view, view_name, date, date_text, part, area_m2, share, pixels, mask_area_m2, mask_share,"
    " confidence, colour, derived, region"
)
_STEP_COLUMNS = (
    "step, text, label, view, view_name, date, date_text, area_m2, share, confidence, evidence, empty, record"
)
_RESULT_COLUMNS = 'row, "by", "key", measure, value, unit, text, low, high'
_CLAIM_COLUMNS = "step, claim, verdict, claimed, measured, unit, reason, record"
_INPUT_COLUMNS = "view, name, role, date, date_text, path, sha256, bands, sensor, picture, picture_type"
_RUN_COLUMNS = (
    "id, created, question, options, understood, query, answer, choice, confidence, end_reason, network,"
    " network_version, weights_sha256, device, settings, versions, warnings, seconds, record"
)


_EXTEND_BOUNDS = (
    "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ','now'),"
    " min_x = min(coalesce(min_x, ?1), ?1), min_y = min(coalesce(min_y, ?2), ?2),"
    " max_x = max(coalesce(max_x, ?3), ?3), max_y = max(coalesce(max_y, ?4), ?4) WHERE table_name = 'masks'"
)


_SET_STYLE = (
    "UPDATE layer_styles SET styleQML = ?, update_time = strftime('%Y-%m-%dT%H:%M:%fZ','now')"
    " WHERE f_table_name = 'masks'"
)


def _marks(columns: str) -> str:
    return ", ".join("?" for _ in columns.split(","))


def _full_date(text: str | None) -> str | None:
    """A day for a date of which only the month (the 1st stands for it) or the year (1 July) is known."""
    return None if text is None else text + {4: "-07-01", 7: "-01"}.get(len(text), "")


def _step_row(step: Step) -> tuple[object, ...]:
    area, share = summary_area(step.measurements), summary_share(step.measurements)
    empty = None if step.mask is None else step.measurements.get("pixels") == 0
    return (
        step.number, step.text, step.label, step.view, step.view_name, _full_date(step.date), step.date, area, share,
        step.confidence, step.evidence, empty, _dump(step),
    )  # fmt: skip


def _run_row(trace: Trace) -> tuple[object, ...]:
    answer = trace.answer
    return (
        trace.id, trace.created, trace.question, "\n".join(trace.options), trace.understood,
        _text(trace.query), answer.text if answer else None,
        answer.choice if answer else None, answer.confidence if answer else None, trace.end_reason, trace.network.name,
        trace.network.version, trace.network.weights_sha256, trace.network.device, _text(trace.network.settings),
        _text(trace.versions), "\n".join(trace.warnings), trace.timings.get("total_s"),
        _dump(replace(trace, steps=(), claims=())),
    )  # fmt: skip


def _dump(value: object) -> str:
    return json.dumps(jsonable(value), ensure_ascii=False, allow_nan=False)


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else _dump(value)


def grid_of(record: GridRecord) -> Grid:
    """Return the scene grid that a trace's masks lie on."""
    return Grid(record.width, record.height, Affine6(*record.transform), record.crs)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = OFF")
    return connection


def refuse_foreign(path: Path) -> None:
    """Refuse to write over anything but a result that TerraScope alone has written.

    Raises
    ------
    TraceError
        If there is another file, or a result that somebody has added a layer, a column or a style to.
    """
    files.refuse_other(path, _is_result, "TerraScope result")
    if not path.exists():
        return
    with open_result(path) as connection:
        foreign = foreign_contents(connection)
    if foreign:
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        raise TraceError(
            f"{path} holds what TerraScope did not write: {', '.join(foreign[:3])}{more}.",
            "Choose another name for the result; this file was left as it is.",
        )


def _is_result(path: Path) -> bool:
    try:
        read_trace(path)
    except TraceError:
        return False
    return True


def settle(path: Path) -> None:
    """Bring a result that is to be replaced to rest: a transaction that was cut off is rolled back, no journal is left.

    Raises
    ------
    TraceError
        If another program is at work in it.
    """
    if not path.exists():  # a journal without its file would be played into the next one of that name
        for leftover in ("-wal", "-shm", "-journal"):
            path.with_name(path.name + leftover).unlink(missing_ok=True)
        return
    try:
        with closing(sqlite3.connect(path, timeout=SETTLE_SECONDS, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise files.not_written(path, error) from error


@contextmanager
def open_result(path: str | os.PathLike[str]) -> Iterator[sqlite3.Connection]:
    """Open a result file for reading.

    Raises
    ------
    TraceError
        If it is absent, no GeoPackage, or not written by TerraScope.
    """
    target = Path(path).absolute()
    try:
        is_there = target.is_file()
    except (OSError, ValueError) as error:
        raise TraceError(f"{target} cannot be read: {error}.", "Check the path.") from error
    if not is_there:
        raise TraceError(f"{target} is not there.", "Check the path.")
    try:
        connection = _connect_to_read(target)
        with closing(connection):
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID or not {
                "run", "steps", "claims", "masks",
            } <= names:  # fmt: skip
                raise TraceError(f"{target} is no TerraScope result.", "Open a file that TerraScope has written.")
            yield connection
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:  # SQLite's own messages quote damaged names
        raise TraceError(f"{target} cannot be read: {error}.", "The file is damaged or no GeoPackage.") from error


def _connect_to_read(path: Path) -> sqlite3.Connection:
    # "rw" first: a file whose writer was killed has a journal that only a writer may roll back.
    try:
        return _opened(path, "mode=rw")
    except sqlite3.OperationalError as error:
        if any(_size(path.with_name(path.name + journal)) for journal in ("-journal", "-wal")):
            return _copy_opened(path)
        first = error
    for mode in ("mode=ro", "immutable=1"):
        with suppress(sqlite3.OperationalError):
            return _opened(path, mode)
    raise first


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(files.sqlite_uri(path, mode), uri=True, timeout=BUSY_SECONDS)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _copy_opened(path: Path) -> sqlite3.Connection:
    """Open a copy in memory, recovered by its journal: the folder of the file may not be written to."""
    with tempfile.TemporaryDirectory(dir=temporary.folder()) as folder:
        for name in (path.name, f"{path.name}-journal", f"{path.name}-wal"):
            if path.with_name(name).is_file():
                shutil.copyfile(path.with_name(name), Path(folder) / name)
        memory = sqlite3.connect(":memory:")
        with closing(_opened(Path(folder) / path.name, "mode=rw")) as recovered:
            recovered.backup(memory)
        return memory


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def read_trace(path: str | os.PathLike[str]) -> Trace:
    """Read the trace of a result file. A run that was cut off has the steps it had, and `end_reason` None.

    Raises
    ------
    TraceError
        If it cannot be read.
    """
    with open_result(path) as connection:
        row = connection.execute("SELECT record FROM run ORDER BY fid DESC").fetchone()
        if row is None:
            raise TraceError(f"{path} holds no run.", "The file is damaged.")
        trace = from_json(row[0])
        step_rows = connection.execute("SELECT record FROM steps ORDER BY step").fetchall()
        claim_rows = connection.execute("SELECT record FROM claims ORDER BY fid").fetchall()
    steps = [build(Step, parse_record(text, "Step")) for (text,) in step_rows]
    claims = [build(ClaimRecord, parse_record(text, "ClaimRecord")) for (text,) in claim_rows]
    check_masks(trace, steps)
    return replace(trace, steps=tuple(steps), claims=tuple(claims))


def read_pictures(path: str | os.PathLike[str]) -> dict[int, Picture]:
    """Return the small pictures of the views, by view index."""
    with open_result(path) as connection:
        rows = connection.execute("SELECT view, picture, picture_type FROM inputs WHERE picture IS NOT NULL")
        pictures = {}
        for view, data, kind in rows:
            if not isinstance(view, int) or not isinstance(data, bytes) or kind not in PICTURE_TYPES:
                raise TraceError(f"A picture of {path} is damaged.", "The file is damaged.")
            pictures[view] = Picture(data, kind)
        return pictures


def write_geopackage(trace: Trace, path: str | os.PathLike[str], pictures: Mapping[int, Picture] | None = None) -> Path:
    """Write a whole trace at once. Returns the file's absolute path."""
    with GeoPackageWriter(path, trace, pictures) as writer:
        return writer.path
