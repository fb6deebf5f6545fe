"""The place of a result: taken before any work is done, given its name when the work is complete.

A new name is written straight away, so that the file holds the steps so far from the first one on. Where an earlier
result has the name, the new one is written beside it, as `NAME-unfinished.gpkg`, and takes its place at the end: a run
that fails, is killed or stopped leaves the earlier result as it was.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from terrascope import files, temporary
from terrascope.errors import TerraScopeError, TraceError
from terrascope.locks import FileLock
from terrascope.trace.geopackage import read_trace, refuse_foreign, settle
from terrascope.trace.types import Trace

log = logging.getLogger(__name__)

UNFINISHED = "-unfinished"
#: Free bytes below which a run is not begun.
_LEAST_FREE = 4 * 2**20
#: Ends of a run that has said all that it had to say.
_COMPLETE = frozenset({"answered", "abstained", "degenerate", "length"})


class ResultPlace:
    """Takes the name of a result for one run. Use as a context manager, around everything that the run does.

    Parameters
    ----------
    path
        The name that is wanted.

    Attributes
    ----------
    target
        That name, absolute.
    work
        The file to write: `target`, or beside it where an earlier result is there.

    Raises
    ------
    TraceError
        If the name cannot be used: it is something else's file, an earlier result holds what TerraScope did not write,
        another program holds it, another run is writing it, or nothing can be written there.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.target = Path(path).absolute()
        self._lock = _lock_of(self.target)
        if not self._lock.acquire():
            raise TraceError(
                f"Another run is writing {self.target}.", "Choose another name, or wait until that run has ended."
            )
        try:
            _try_folder(self.target)
            self._earlier = _earlier_result(self.target)
            self.work = _beside(self.target) if self._earlier is not None else self.target
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> ResultPlace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def finish(self, trace: Trace) -> tuple[Path, str]:
        """Give a run that has ended its name. Returns where it is, and a warning if that is not where it was wanted."""
        if self._earlier is None:
            return self.work, ""
        if self._earlier.end_reason in _COMPLETE and trace.end_reason not in _COMPLETE:
            return self.work, f"The earlier result {self.target} is unchanged; this run is in {self.work}."
        try:
            settle(self.target)
            files.rename(self.work, self.target)
        except (TraceError, OSError) as error:
            log.warning("%s cannot take the name %s: %s", self.work, self.target, error)
            return self.work, (
                f"Another program holds {self.target}, which is unchanged; the result is in {self.work}."
            )
        return self.target, ""

    def fail(self, error: TerraScopeError, trace: Trace) -> None:
        """Tell in a run's error what has become of the files; see `leave`."""
        if self._earlier is not None:
            kept = f"The earlier result {self.target} is unchanged."
            if self.leave(trace):
                kept += f" The steps until then are in {self.work}."
            error.hint = f"{error.hint} {kept}".strip()

    def leave(self, trace: Trace) -> bool:
        """End a run that has no end of its own: without a mask it leaves nothing beside an earlier result.

        Returns True where its file stays.
        """
        if self._earlier is None or any(step.mask is not None for step in trace.steps):
            return True
        with suppress(OSError):
            self.work.unlink()
        return False


def _lock_of(target: Path) -> FileLock:
    try:
        name = os.path.normcase(os.path.realpath(target))
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
        return FileLock(temporary.locks_folder() / f"{digest[:32]}.lock")
    except (OSError, ValueError) as error:
        raise files.not_written(target, error) from error


def _try_folder(target: Path) -> None:
    """Find out now, not after the work, that a file can be written there."""
    if target.name in ("", ".", ".."):
        raise TraceError(f"{str(target)!r} is no name of a file.", "Give a folder and a name.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = files.part_of(target)
        part.touch()
        part.unlink()
        target.with_name(f"{target.name}-journal").exists()  # the longest name that is needed
        if shutil.disk_usage(target.parent).free < _LEAST_FREE:
            raise OSError(errno.ENOSPC, "less than 4 MiB are free on the disk")
    except (OSError, ValueError) as error:
        raise files.not_written(target, error) from error


def _earlier_result(target: Path) -> Trace | None:
    if not os.path.lexists(target):
        return None
    refuse_foreign(target)
    settle(target)
    return read_trace(target)


def _beside(target: Path) -> Path:
    number = 1
    while True:
        more = "" if number == 1 else f"-{number}"
        work = target.with_name(f"{target.stem}{UNFINISHED}{more}{target.suffix}")
        try:
            if os.path.lexists(work):
                refuse_foreign(work)
            return work
        except TraceError:
            number += 1

