"""Writing files so that nothing is lost: beside, then renamed; only over what is ours; and why where it fails."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePath
from urllib.parse import quote

from terrascope.errors import TraceError

#: Seconds that a rename is tried for where another program holds the file; virus scanners and sync clients let go.
RETRY_SECONDS = 5.0
_FIRST_PAUSE, _GROWTH = 0.05, 1.6
_HELD = "a virus scanner, a sync client such as OneDrive, or a GIS that shows it"
#: Windows: access denied, sharing violation, lock violation.
_HELD_ON_WINDOWS = frozenset({5, 32, 33})
_FULL = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG})


def rename(source: Path, target: Path) -> None:
    """Rename a file, over `target` where that is there, or a folder. Tried for 5 s while another program holds either.

    Raises
    ------
    OSError
        If it cannot be renamed. `source` is then where it was.
    """
    deadline, pause = time.monotonic() + RETRY_SECONDS, _FIRST_PAUSE
    while True:
        try:
            source.replace(target)
            return
        except OSError as error:
            left = deadline - time.monotonic()
            if left <= 0 or not _may_pass(error, target):
                raise
            time.sleep(min(pause, left))
            pause *= _GROWTH


def _may_pass(error: OSError, target: Path) -> bool:
    """Whether it fails because somebody holds the file, not because the folder forbids it."""
    if getattr(error, "winerror", None) in _HELD_ON_WINDOWS:
        return True
    return error.errno in (errno.EACCES, errno.EPERM, errno.EBUSY) and os.access(target.parent, os.W_OK)


def part_of(target: Path) -> Path:
    """Name beside `target` under which it is being written."""
    stem = target.name.encode("utf-8", "surrogateescape")[:200].decode("utf-8", "ignore")
    return target.with_name(f".{stem}.{os.getpid()}.part")


def write_text(target: Path, text: str, is_ours: Callable[[Path], bool], what: str) -> None:
    """Write a text file in UTF-8, whole or not at all, in place of an earlier one of the same kind.

    Parameters
    ----------
    is_ours
        Says of an existing file whether it is of this kind and was written by TerraScope.
    what
        What kind that is, for the error: "report of TerraScope".

    Raises
    ------
    TraceError
        If another file is there, or it cannot be written. What was there stays as it is.
    """
    refuse_other(target, is_ours, what)
    part = part_of(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8", errors="replace")
        rename(part, target)
    except OSError as error:
        raise not_written(target, error) from error
    finally:
        with suppress(OSError):
            part.unlink()


def refuse_other(target: Path, is_ours: Callable[[Path], bool], what: str) -> None:
    """Refuse a name that something else has.

    Raises
    ------
    TraceError
        If the file is there and is not `what`, or the name cannot be one.
    """
    if target.name in ("", ".", ".."):
        raise TraceError(f"{str(target)!r} is no name of a file.", "Give a folder and a name.")
    try:
        status = target.lstat()
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise not_written(target, error) from error
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode)) or not is_ours(target):
        raise TraceError(f"{target} exists and is no {what}.", "Choose another name; it was left as it is.")


def not_written(target: PurePath, error: Exception) -> TraceError:
    """Return the error for a file that cannot be written, with the way out for its reason."""
    reason = getattr(error, "strerror", None) or str(error)
    number, winerror = getattr(error, "errno", None), getattr(error, "winerror", None)
    if number in _FULL or "disk is full" in reason:
        hint = "The disk or quota is full: free some space, or choose a folder on another disk."
    elif number == errno.ENAMETOOLONG or winerror == 206 or "too long" in reason:
        hint = "Choose a shorter name, or a folder that is not so deep."
    elif winerror in _HELD_ON_WINDOWS or number == errno.EBUSY or "locked" in reason:
        hint = f"Another program holds the file ({_HELD}): close it there, then try again."
    elif number in (errno.EACCES, errno.EPERM, errno.EROFS) or "readonly" in reason:
        hint = f"Choose a folder that you may write to; or another program holds the file ({_HELD})."
    else:
        hint = "Check that the folder exists, is writable and has room, and that no other program holds the file."
    return TraceError(f"{target} cannot be written: {reason}.", hint)


def sqlite_uri(path: PurePath, mode: str) -> str:
    """Return the URI by which SQLite opens an absolute path, also one on a network share (`//server/share/...`).

    `as_uri` puts the server where SQLite reads an authority, which it refuses.
    """
    text = path.as_posix()
    return f"file://{'' if text.startswith('/') else '/'}{quote(text, errors='surrogateescape')}?{mode}"


def allocate(handle: int, size: int) -> None:
    """Give a file its size with every block of it on the disk: a hole that cannot be filled later ends the process that
    has mapped it (SIGBUS).

    Raises
    ------
    OSError
        If there is no room.
    """
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, size)
        return
    block = bytes(2**20)
    done = 0
    while done < size:
        done += os.write(handle, block[: min(len(block), size - done)])
    os.lseek(handle, 0, os.SEEK_SET)


@contextmanager
def named_beside(target: Path) -> Iterator[Path]:
    """Give the name to write under; the file takes the name `target` when all went well, and is removed when not."""
    part = part_of(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        yield part
        rename(part, target)
    finally:
        with suppress(OSError):
            part.unlink()
