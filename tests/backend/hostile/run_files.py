"""Run files that somebody, or a disk, has changed."""

from __future__ import annotations

import io
import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from terrascope.service.measuring import measure_file
from terrascope.terminal import show_trace
from terrascope.trace.geopackage import read_pictures, read_trace
from terrascope.trace.report import render_report

ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 0.5, -0.0, 1e308, "", "x", "NaN", "\ud800",
    "\x00", "'; --", "<script>alert(1)</script>", "[% env('HOME') %]", [], {}, [None], [[]], {"a": None},
    "2020-13-45", "EPSG:0", "x" * 3000, [0, 0], [1e9, 1e9], [-5, 3], "optical", "answered",
]  # fmt: skip
_TABLES = ("run", "steps", "claims", "inputs", "masks", "layer_styles", "gpkg_contents")


def mutate(source: Path, target: Path, number: int) -> str:
    """Write a copy of `source` that differs by the number. Returns what was done."""
    draw = random.Random(number)
    shutil.copyfile(source, target)
    kind: Callable[[Path, random.Random], str] = draw.choice(
        [_bytes, _bytes, _cut, _column, _column, _record, _record, _record, _record, _drop]
    )
    return kind(target, draw)


def read_everything(path: Path, *, report: bool = True) -> None:
    """Read a run file in every way that the backend has."""
    trace = read_trace(path)
    pictures = read_pictures(path)
    if report:
        show_trace(Console(file=io.StringIO()), trace)
        render_report(trace, pictures)
        measure_file(path)


@contextmanager
def _changing(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        with connection:
            yield connection


def _bytes(path: Path, draw: random.Random) -> str:
    data = bytearray(path.read_bytes())
    for _ in range(draw.randint(1, 30)):
        data[draw.randrange(len(data))] = draw.randrange(256)
    path.write_bytes(data)
    return "bytes"


def _cut(path: Path, draw: random.Random) -> str:
    data = path.read_bytes()
    path.write_bytes(data[: draw.randrange(len(data))])
    return "cut"


def _odd(draw: random.Random) -> Any:
    value = draw.choice(ODD)
    if isinstance(value, (list, dict)):
        return json.dumps(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return float(value)
    if isinstance(value, str) and "\ud800" in value:
        return b"\xed\xa0\x80"
    return value


def _column(path: Path, draw: random.Random) -> str:
    with _changing(path) as connection:
        table = draw.choice(_TABLES)
        column = draw.choice([row[1] for row in connection.execute(f"PRAGMA table_info({table})")])
        value = _odd(draw)
        try:
            connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
        except sqlite3.IntegrityError:
            pass
    return f"{table}.{column} = {value!r}"


def _record(path: Path, draw: random.Random) -> str:
    with _changing(path) as connection:
        table = draw.choice(("run", "steps", "claims"))
        fid, text = draw.choice(connection.execute(f"SELECT fid, record FROM {table}").fetchall())
        data = json.loads(text)
        place, key = draw.choice(_places(data))
        if draw.random() < 0.15:
            del place[key]
        else:
            place[key] = draw.choice(ODD)
        connection.execute(f"UPDATE {table} SET record = ? WHERE fid = ?", (json.dumps(data), fid))
    return f"{table}.record {key!r}"


def _places(data: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in inner:
        found.append((data, key))
        found += _places(value)
    return found


def _drop(path: Path, draw: random.Random) -> str:
    with _changing(path) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        table = draw.choice(_TABLES)
        if draw.random() < 0.5:
            connection.execute(f"DELETE FROM {table}")
            return f"empty {table}"
        connection.execute(f"DROP TABLE {table}")
    return f"drop {table}"
