"""The runs of a project: those on the map and those in its folder."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from qgis.core import QgsProject

from ..i18n import tr
from ..layers import writing
from ..layers.database_file import LEFT_BY_A_WRITER, is_cut_off, is_locked, recover
from ..layers.file_change import FileChangeError, checked_name, patiently
from ..layers.release import Released, edited_layer
from ..layers.results import RUN_PROPERTY, find_group, remove_run
from ..layers.run_file import NoRunError, RunFileError, read_run, run_files


class PastRun(NamedTuple):
    """One line of the list. `problem` says why a file that may be a run cannot be read; empty where it can."""

    path: str
    question: str
    answer: str
    when: str
    end_reason: str
    problem: str = ""


def past_runs(project: QgsProject, folder: Path) -> Iterator[PastRun]:
    """Yield the runs, newest first; files that are something else are left out. Raises OSError for the folder."""
    for path in dict.fromkeys([*run_files(folder), *_on_map(project)]):
        try:
            row = read_run(path, head=True).run
        except NoRunError:
            continue
        except RunFileError as error:
            yield PastRun(path, Path(path).stem, "", "", "", str(error))
            continue
        when = (row["created"] or "")[:16].replace("T", " ")
        question = row["question"] or Path(path).stem
        yield PastRun(path, question, row["answer"] or "", when, row["end_reason"] or "")


def _on_map(project: QgsProject) -> list[str]:
    paths = []
    for group in project.layerTreeRoot().findGroups(True):
        if group.customProperty(RUN_PROPERTY):
            sources = (node.layer().source() for node in group.findLayers() if node.layer() is not None)
            paths += [str(Path(source.split("|")[0])) for source in sources][:1]
    return paths


def delete_run(
    project: QgsProject, path: str, then: Callable[[str], None], waiting: Callable[[], None] = lambda: None
) -> None:
    """Delete a run's file and take it off the map. `then` gets "" or a sentence; a file that stays stays on the map."""

    def delete() -> None:
        _refuse_busy(project, path)
        released = Released(project, path)
        try:
            Path(path).unlink(missing_ok=True)  # at a second try only what lies beside it may be left
        except OSError:
            released.attach(path)
            raise
        remove_run(project, path)
        for suffix in LEFT_BY_A_WRITER:
            Path(path + suffix).unlink(missing_ok=True)

    patiently(delete, path, then, waiting)


def rename_run(
    project: QgsProject,
    path: str,
    name: str,
    then: Callable[[str, str], None],
    waiting: Callable[[], None] = lambda: None,
) -> None:
    """Rename a run's file; on the map its layers follow. `then` gets the new path and "", or the old and a sentence."""
    old = Path(path)
    try:
        new = old.with_name(checked_name(name, ".gpkg"))
    except FileChangeError as error:
        then(path, str(error))
        return

    def rename() -> None:
        if new.exists() and not new.samefile(old):  # the same one: only the case of the name changes
            raise FileExistsError(0, tr("there is a file of that name already"), new.name)
        _refuse_busy(project, path)
        group = find_group(project, path)
        released = Released(project, path)
        try:
            make_whole(old)
            old.rename(new)
        except (OSError, FileChangeError):
            released.attach(path)
            raise
        released.attach(str(new))
        if group is not None:
            group.setCustomProperty(RUN_PROPERTY, new.name)

    patiently(rename, path, lambda problem: then(path if problem else str(new), problem), waiting)


def put_in_place(
    project: QgsProject, part: str, target: str, then: Callable[[str], None], waiting: Callable[[], None] = lambda: None
) -> None:
    """Let a file that was written beside its place take it; layers of an earlier one there follow.

    `then` gets "" or a sentence; the earlier file is whole then, and the new one gone.
    """

    def replace() -> None:
        _refuse_busy(project, target)
        released = Released(project, target)
        try:
            make_whole(Path(target))
            Path(part).replace(target)
        finally:
            released.attach(target)

    def done(problem: str) -> None:
        if problem:
            Path(part).unlink(missing_ok=True)
        then(problem)

    patiently(replace, target, done, waiting)


def make_whole(path: Path) -> None:
    """Take back what a killed writer left half done: a database that moves without its journal is damaged.

    Raises
    ------
    FileChangeError
        If that cannot be done.
    OSError
        If another program is at the file now.
    """
    try:
        recover(path)
    except sqlite3.Error as error:
        if is_locked(error):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(path)) from error
        raise FileChangeError(tr('"{0}" cannot be read: {1}.').format(path, error)) from error
    if is_cut_off(path):
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(path))


def _refuse_busy(project: QgsProject, path: str) -> None:
    if writing.is_written(path):
        raise FileChangeError(tr('"{0}" is being written by a question. Wait for its end.').format(Path(path).name))
    name = edited_layer(project, path)
    if name:
        raise FileChangeError(tr('Layer "{0}" is being edited. Save or discard its changes first.').format(name))
