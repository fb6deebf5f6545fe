"""SQLite files of the user: their address, and what a writer that was killed has left beside them."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path, PurePath
from urllib.parse import quote

from ..settings import data_folder

#: A file that another program writes to at this moment is waited for as long as nobody notices.
BUSY_S = 0.2
LEFT_BY_A_WRITER = ("-journal", "-wal", "-shm")


def sqlite_uri(path: str | PurePath, mode: str) -> str:
    """Return SQLite's address of an absolute path.

    The authority stays empty whatever the path is: SQLite refuses `file://server/share/x`, which is what the standard
    library makes of a Windows share. A share is `file:////server/share/x`, a drive `file:///C:/x`.
    """
    text = (path if isinstance(path, PurePath) else Path(path)).as_posix()
    return f"file://{quote(os.fsencode(text if text.startswith('/') else '/' + text), safe='/:')}?mode={mode}"


def is_cut_off(path: Path) -> bool:
    """Whether a writer is at the file, or was killed while it was: then a journal with something in it lies beside."""
    for suffix in LEFT_BY_A_WRITER[:2]:
        try:
            if path.with_name(path.name + suffix).stat().st_size:
                return True
        except OSError:
            continue
    return False


def recover(path: Path) -> None:
    """Take back what a killed writer had not finished. Does nothing to a file that is whole or being written.

    Raises
    ------
    sqlite3.Error
        If the file is no database, in use, or must not be written.
    """
    if is_cut_off(path):
        with closing(sqlite3.connect(sqlite_uri(path.absolute(), "rw"), uri=True, timeout=BUSY_S)) as database:
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()


def open_to_read(path: Path) -> tuple[sqlite3.Connection, Path]:
    """Open a database for reading; return it with the file that it was read from.

    That is another one only where a killed writer left a file in a folder that must not be written: a recovered copy
    of it in the plugin's data folder.

    Raises
    ------
    sqlite3.Error, OSError
        If the file is no database, in use, or cannot be copied.
    """
    path = path.absolute()
    try:
        recover(path)
    except sqlite3.OperationalError as error:
        if is_locked(error):
            raise
        path = _recovered_copy(path)
        recover(path)
    try:
        return _connect(sqlite_uri(path, "ro")), path
    except sqlite3.OperationalError as error:
        if is_locked(error) or is_cut_off(path):
            raise
        # The last writer used a write-ahead log; to read such a file SQLite makes another one beside it, which it
        # cannot in a folder that must not be written. There is no log, so nothing is missed without.
        return _connect(sqlite_uri(path, "ro") + "&immutable=1"), path


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_S)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    except UnicodeDecodeError as error:  # damaged, and SQLite's message about it holds the damage
        connection.close()
        raise sqlite3.DatabaseError("the file is damaged") from error
    return connection


def is_locked(error: sqlite3.Error) -> bool:
    """Whether another program is at the file right now. (Python has SQLite's error codes only from 3.11 on.)"""
    return "locked" in str(error) or "busy" in str(error)


def _recovered_copy(path: Path) -> Path:
    """Copy a database with its journals; the same state of a file is copied once."""
    state = [str(path)]
    sources = [path, *(path.with_name(path.name + suffix) for suffix in LEFT_BY_A_WRITER)]
    sources = [source for source in sources if source.is_file()]
    for source in sources:
        about = source.stat()
        state.append(f"{about.st_size} {about.st_mtime_ns}")
    digest = hashlib.sha256("\n".join(state).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    folder = data_folder() / "recovered" / digest
    if not folder.is_dir():
        part = folder.with_name(f"{digest}.{os.getpid()}.part")
        part.mkdir(parents=True, exist_ok=True)
        for source in sources:
            shutil.copyfile(source, part / source.name)
        part.rename(folder)
    return folder / path.name
