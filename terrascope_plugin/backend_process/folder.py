"""Which folder is ours: the rule that keeps the set-up from ever taking, clearing or deleting a folder of the user.

An environment folder of ours holds a marker and, each in a folder of its own, what the set-up made::

    terrascope-environment.json    the marker, written before anything else, removed last
    terrascope-environment.lock    held while a window sets up or removes
    venv/                          the Python environment
    uv/  python/  cache/           the program that makes it, a Python that was fetched, downloads of a set-up under way
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

MARKER = "terrascope-environment.json"
LOCK = "terrascope-environment.lock"
#: Made inside a chosen folder that holds something else already.
SUBFOLDER = "terrascope-environment"
FORMAT = 2
VENV, UV, PYTHON, CACHE = "venv", "uv", "python", "cache"
_OURS = (VENV, UV, PYTHON, CACHE)
#: What an environment has at its top; anything else there was put in by somebody.
_OF_A_VENV = frozenset(
    {
        "bin", "scripts", "include", "lib", "lib64", "share", "etc", "man", "dlls", "pyvenv.cfg", ".gitignore",
        "cachedir.tag", ".lock", "concrt140.dll", "msvcp140.dll", "msvcp140_1.dll", "msvcp140_2.dll",
        "msvcp140_atomic_wait.dll", "msvcp140_codecvt_ids.dll", "vcamp140.dll", "vccorlib140.dll", "vcomp140.dll",
        "vcruntime140_threads.dll",
    }
)  # fmt: skip


def read_marker(folder: Path) -> dict[str, Any]:
    """Return what was written when the environment was made; empty where there is none of ours.

    A marker of the first format says that a folder is ours as a whole, which may not be so; it gives no right.
    """
    try:
        found = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.get("format") == FORMAT else {}


def is_free_or_ours(folder: Path) -> bool:
    """Say whether the set-up may write into a folder: it is not there, empty, or carries our marker."""
    if read_marker(folder):
        return True
    try:
        return not any(entry.name != LOCK for entry in os.scandir(folder))
    except FileNotFoundError:
        return True
    except OSError:
        return False


def own_folder(chosen: Path) -> Path:
    """Return the folder for the environment: the chosen one, or a subfolder of it where it holds other things."""
    return chosen if is_free_or_ours(chosen) else chosen / SUBFOLDER


def foreign(folder: Path) -> list[str]:
    """Return what lies in the environment itself that no environment has: it was put there by somebody."""
    try:
        return sorted(entry.name for entry in (folder / VENV).iterdir() if entry.name.lower() not in _OF_A_VENV)
    except OSError:
        return []


def extended(path: Path, system: str = sys.platform) -> str:
    r"""Return a path that Windows takes beyond 260 characters (``\\?\C:\...``, ``\\?\UNC\server\...``)."""
    text = str(path)
    if system != "win32" or text.startswith("\\\\?\\"):
        return text
    return "\\\\?\\UNC\\" + text[2:] if text.startswith("\\\\") else "\\\\?\\" + text


def delete_what_is_ours(folder: Path) -> list[str]:
    """Delete what the set-up made in a folder, then the folder if nothing else is in it. Slow.

    Returns
    -------
    list of str
        What was left since it is not ours, relative to the folder.

    Raises
    ------
    OSError
        If a file cannot be deleted (Windows: a program uses it).
    """
    left = [f"{VENV}/{name}" for name in foreign(folder)]
    for name in _OURS:
        path = folder / name
        if name == VENV and left:
            for entry in list(path.iterdir()):
                if entry.name.lower() in _OF_A_VENV:
                    _delete(entry)
        else:
            _delete(path)
    (folder / MARKER).unlink(missing_ok=True)
    (folder / LOCK).unlink(missing_ok=True)
    try:
        folder.rmdir()
    except OSError:  # something else is in it, and stays
        left += sorted(entry.name for entry in folder.iterdir() if entry.name not in _OURS)
    return left


def _delete(path: Path) -> None:
    """Delete a file or a folder; of a link the link alone."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(extended(path), onerror=_writable_first)


def _writable_first(again: Callable[[str], object], path: str, problem: Any) -> None:
    """Windows refuses to delete a file that is marked read-only, as some packages' files are."""
    try:
        Path(path).chmod(stat.S_IWRITE)
        again(path)
    except OSError:
        raise problem[1] from None
