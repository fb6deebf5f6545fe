"""Renaming, replacing and deleting files that other programs may hold, without losing any and without waiting in line.

On Windows a file that is open somewhere (another QGIS, a virus scanner, a sync program) is not renamed, replaced or
deleted. Most let go within seconds, so a refused change is tried again, with growing pauses, for five seconds.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

from qgis.PyQt.QtCore import QTimer

from ..i18n import tr

#: Pauses between tries: five seconds together.
PAUSES_MS = (50, 100, 200, 400, 800, 1600, 1850)
#: Windows: access denied (a scanner at work, a file that is being deleted), sharing violation, lock violation.
_HELD_ON_WINDOWS = frozenset({5, 32, 33})
_HELD = frozenset({errno.EBUSY, errno.ETXTBSY})
#: What no file may be called on one of the systems that a project travels between.
_FORBIDDEN = '<>:"/\\|?*'
_RESERVED = frozenset({"CON", "PRN", "AUX", "NUL", *(f"{name}{n}" for name in ("COM", "LPT") for n in range(1, 10))})
_MAX_NAME_BYTES = 200  # file systems take 255; beside the file lie others with longer names
_SYNCED = ("OneDrive", "OneDriveCommercial", "OneDriveConsumer")


class FileChangeError(Exception):
    """A change that cannot be made; the text is for the user."""


def checked_name(name: str, suffix: str) -> str:
    """Return a file name with its suffix.

    Raises
    ------
    FileChangeError
        If no file can be called so on every system.
    """
    stem = name[: -len(suffix)] if name.lower().endswith(suffix) else name
    stem = stem.strip()
    bad = sorted({letter for letter in stem if letter in _FORBIDDEN or ord(letter) < 32})
    if bad:
        shown = " ".join(letter if ord(letter) >= 32 else repr(letter)[1:-1] for letter in bad)
        raise FileChangeError(tr('"{0}" cannot be the name of a file: it holds {1}.').format(name, shown))
    is_reserved = stem.split(".")[0].upper() in _RESERVED
    is_long = len((stem + suffix).encode("utf-8", "replace")) > _MAX_NAME_BYTES
    if not stem or stem.endswith(".") or is_reserved or is_long:
        raise FileChangeError(tr('"{0}" cannot be the name of a file. Choose a shorter or another one.').format(name))
    return stem + suffix


def is_held(error: OSError) -> bool:
    """Whether a change failed because a program has the file open now."""
    return getattr(error, "winerror", None) in _HELD_ON_WINDOWS or error.errno in _HELD


def patiently(
    change: Callable[[], None],
    path: str,
    then: Callable[[str], None],
    waiting: Callable[[], None] = lambda: None,
    _tries: int = 0,
) -> None:
    """Make a change; `then` gets "" or a sentence for the user. Returns at once: while a program holds the file it is
    tried again from the event loop, after `waiting` was called once.

    `change` raises OSError where it fails, FileChangeError with a sentence; it leaves everything as it was then.
    """
    try:
        change()
    except FileChangeError as error:
        then(str(error))
    except OSError as error:
        if not is_held(error):
            then(tr("That did not work: {0}.").format(reason_of(error)))
        elif _tries == len(PAUSES_MS):
            then(held_sentence(path))
        else:
            if not _tries:
                waiting()
            QTimer.singleShot(PAUSES_MS[_tries], lambda: patiently(change, path, then, waiting, _tries + 1))
    else:
        then("")


def reason_of(error: OSError) -> str:
    """Return what an error of the system says, with the file that it is about."""
    words = error.strerror or str(error)
    return f"{words} ({error.filename})" if error.filename else words


def held_sentence(path: str) -> str:
    """Return a sentence about a file that a program does not let go of, with its name where the system tells it."""
    holders = holders_of(path)
    name = Path(path).name
    if holders:
        text = tr('"{0}" is in use by {1} and was not let go of within 5 seconds. Close it there, then try again.')
        return text.format(name, ", ".join(holders))
    text = tr(
        '"{0}" is in use by another program, which did not let go of it within 5 seconds: another QGIS window, a virus '
        "scanner, or a program that syncs the folder. Nothing was changed. Close it there, then try again."
    )
    return text.format(name)


def holders_of(path: str) -> list[str]:
    """Return the programs that hold a file, as far as the system tells: who syncs its folder, who opened it."""
    found = [f"OneDrive ({os.environ[name]})" for name in _SYNCED if _is_inside(path, os.environ.get(name, ""))][:1]
    if sys.platform != "linux":
        return found
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(link.readlink()) == os.path.realpath(path) for link in (process / "fd").iterdir()):
                name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
                found.append(tr("{0} (process {1})").format(name, process.name))
        except OSError:  # ended since, or of another user
            continue
    return found


def _is_inside(path: str, folder: str) -> bool:
    return bool(folder) and Path(folder) in Path(path).parents
