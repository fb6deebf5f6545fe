"""Folders that appear under their name only when they are complete, and of which nothing finished is lost. No torch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from terrascope import files
from terrascope.errors import CheckpointError

#: Hashes of the weight files; written last.
WEIGHTS = "weights.json"
#: Stands in a folder that is being written, and says that it is ours and whether it is complete.
MARK = ".terrascope-partial"
_BEGUN, _FINISHED = "unfinished", "finished"


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """Give a work folder beside `folder`; it takes that name when all went well and is removed when not.

    What is finished is never removed: where the name is refused for too long (a virus scanner, a sync client), the work
    folder stays, and `adopt_finished` gives it its name later.

    Raises
    ------
    CheckpointError
        If `folder` is in use, or a folder that is not ours has the work folder's name, or the name is refused.
    """
    _refuse_used(folder)
    work = partial_of(folder)
    if _state(work) == _FINISHED:
        raise CheckpointError(
            f"A model is complete in {str(work)!r}, but has not got its name.",
            f"Rename it to {folder.name!r} and import that, or remove it.",
        )
    if work.exists() and _state(work) is None:
        raise CheckpointError(f"{str(work)!r} was not made by TerraScope.", "Move it away, or choose another folder.")
    remove_partial(folder)
    try:
        work.mkdir(parents=True)
        (work / MARK).write_text(_BEGUN, encoding="utf-8")
    except OSError as error:
        raise CheckpointError(
            f"{str(work)!r} cannot be made: {error.strerror or error}.", "Choose another folder, or free some space."
        ) from error
    try:
        yield work
        (work / MARK).write_text(_FINISHED, encoding="utf-8")
        _give_name(work, folder)
    finally:
        remove_partial(folder)


def adopt_finished(folder: Path, origin: str) -> bool:
    """Give a conversion that was finished earlier its name. Returns False where there is none of that origin.

    Raises
    ------
    CheckpointError
        If the name is refused again.
    """
    work = partial_of(folder)
    if _state(work) != _FINISHED or _origin(work) != origin:
        return False
    _refuse_used(folder)
    _give_name(work, folder)
    return True


def remove_partial(folder: Path) -> None:
    """Remove the work folder of `folder` if we made it and it is not finished."""
    work = partial_of(folder)
    if _state(work) == _BEGUN:
        shutil.rmtree(work, ignore_errors=True)


def partial_of(folder: Path) -> Path:
    """Name of the work folder of `folder`."""
    if folder.name in ("", ".", ".."):
        raise CheckpointError(f"{str(folder)!r} is no name of a new folder.", "Give a folder with a name of its own.")
    return folder.with_name(folder.name + ".partial")


def _refuse_used(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CheckpointError(f"{str(folder)!r} exists and is not empty.", "Choose another folder.")


def _state(work: Path) -> str | None:
    try:
        text = (work / MARK).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    return text if text in (_BEGUN, _FINISHED) else None


def _origin(work: Path) -> object:
    try:
        record = json.loads((work / WEIGHTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record.get("origin") if isinstance(record, dict) else None


def _give_name(work: Path, folder: Path) -> None:
    try:
        if folder.is_dir():
            folder.rmdir()
        files.rename(work, folder)
    except OSError as error:
        raise CheckpointError(
            f"The model is complete in {str(work)!r}, but cannot be named {folder.name!r}: {error.strerror or error}.",
            "Another program holds the folder (a virus scanner, a sync client): close it there, then import again. "
            "Nothing is fetched or converted anew.",
        ) from error
    with suppress(OSError):
        (folder / MARK).unlink()
