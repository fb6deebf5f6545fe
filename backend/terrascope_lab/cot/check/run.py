"""Check whole files, in parallel, in bounded memory."""

from __future__ import annotations

import json
import multiprocessing
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from terrascope_lab.cot.check.compare import check_answer, check_caption
from terrascope_lab.cot.check.derive import derive
from terrascope_lab.cot.check.evidence import Mismatch, take_apart
from terrascope_lab.cot.formats.json_list import read_list
from terrascope_lab.cot.formats.names import GROUPS
from terrascope_lab.cot.formats.parquet import read_parquet
from terrascope_lab.cot.scenes import DataError

_BATCH = 64
_AHEAD = 3
_PICTURES = ("image", "pre_image", "post_image")


class Problem(NamedTuple):
    """A sample that is not as it should be."""

    sample: str
    problem: str


@dataclass
class CheckReport:
    """What a check found."""

    samples: int = 0
    tasks: Counter[str] = field(default_factory=Counter)
    mismatches: list[Problem] = field(default_factory=list)


def check_entry(entry: Mapping[str, Any], images: Path | None = None) -> None:
    """Check one sample: its form, its picture's size, its answer.

    Raises
    ------
    Mismatch
        Names the first thing that is wrong.
    """
    missing = [name for name in ("conversations", "labels", "masks", "seg_info", "level", "task") if name not in entry]
    if missing:
        raise Mismatch(f"it has no {', '.join(missing)}")
    evidence = take_apart(entry)
    if images is not None:
        _check_pictures(entry, images)
    if entry["level"] == "cap":
        check_caption(evidence)
        return
    try:
        truth = derive(entry["task"], evidence)
    except Mismatch:
        raise
    except (KeyError, IndexError, ValueError, ZeroDivisionError) as error:
        raise Mismatch(f"{entry['task']} cannot be derived: {error!r}") from error
    check_answer(evidence, truth)


def check_files(files: Iterable[Path], images: Path | None = None, *, processes: int = 2) -> CheckReport:
    """Check files of samples.

    Parameters
    ----------
    images
        Folder of the pictures; None: they are not looked at.
    """
    report, seen = CheckReport(), set[str]()
    entries = (entry for path in files for entry in _entries(path))
    for checked in _checked(_batches(entries), images, processes):
        for sample, task, problem in checked:
            report.samples += 1
            report.tasks[task] += 1
            if sample in seen:
                report.mismatches.append(Problem(sample, "its id is there twice"))
            seen.add(sample)
            if problem:
                report.mismatches.append(Problem(sample, problem))
    return report


def files_of(data: Path) -> list[Path]:
    """Return the files of a build (its JSON lists), or the file itself.

    Raises
    ------
    DataError
        If there are none.
    """
    found = [data / f"{group}.json" for group in GROUPS] if data.is_dir() else [data]
    found = [path for path in found if path.exists()]
    if not found:
        raise DataError(f"{data} holds no Terra-CoT file.", "Make one with `terrascope cot build`.")
    return found


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    yield from read_parquet(path) if path.suffix == ".parquet" else read_list(path)


def _check_pictures(entry: Mapping[str, Any], images: Path) -> None:
    from PIL import Image, UnidentifiedImageError

    wanted = (entry["width"], entry["height"])
    names = [entry[name] for name in _PICTURES if name in entry]
    if len(entry.get("roles", ())) > 1:
        names += [f"{band}/{entry['image']}" for band in ("vh", "vv")]
    for name in names:
        try:
            with Image.open(images / name) as picture:
                if picture.size != wanted:
                    raise Mismatch(f"{name} is {picture.size}, the masks {wanted} (width, height)")
        except (OSError, UnidentifiedImageError) as error:
            raise Mismatch(f"{name} cannot be opened: {error}") from error


Checked = list[tuple[str, str, str]]


def _check_batch(lines: list[str], images: Path | None) -> Checked:
    found = []
    for line in lines:
        entry = json.loads(line)
        try:
            check_entry(entry, images)
            problem = ""
        except Mismatch as error:
            problem = str(error)
        found.append((str(entry.get("id")), str(entry.get("task")), problem))
    return found


def _batches(entries: Iterable[dict[str, Any]]) -> Iterator[list[str]]:
    lines: list[str] = []
    for entry in entries:
        lines.append(json.dumps(entry))
        if len(lines) == _BATCH:
            yield lines
            lines = []
    if lines:
        yield lines


def _checked(batches: Iterable[list[str]], images: Path | None, processes: int) -> Iterator[Checked]:
    if processes <= 1:
        yield from (_check_batch(lines, images) for lines in batches)
        return
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        waiting: deque[Future[Checked]] = deque()
        for lines in batches:
            waiting.append(pool.submit(_check_batch, lines, images))
            if len(waiting) >= _AHEAD * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
