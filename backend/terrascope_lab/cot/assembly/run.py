"""A whole build: parts by several processes, merged in order into one file a group."""

from __future__ import annotations

import json
import multiprocessing
import random
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from terrascope_lab.cot.assembly.settings import PART_SCENES, BuildSettings, claim
from terrascope_lab.cot.assembly.worker import Job, Worker
from terrascope_lab.cot.formats.json_list import ListWriter
from terrascope_lab.cot.formats.names import GROUPS, group_of
from terrascope_lab.cot.scenes import DataError

#: Parts under way for each process: enough to keep it busy, few enough to hold back.
_AHEAD = 2
Progress = Callable[[int, int], None]

_worker: Worker | None = None


@dataclass
class BuildReport:
    """What a build made."""

    samples: int = 0
    files: dict[str, int] = field(default_factory=dict)
    levels: Counter[str] = field(default_factory=Counter)
    tasks: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON values."""
        return {
            "samples": self.samples, "files": self.files, "levels": dict(sorted(self.levels.items())),
            "tasks": dict(sorted(self.tasks.items())), "sources": dict(sorted(self.sources.items())),
            "skipped": [{"scene": scene, "reason": reason} for scene, reason in self.skipped],
        }  # fmt: skip


def build(
    settings: BuildSettings,
    out: Path,
    *,
    samples: int | None = None,
    processes: int = 2,
    progress: Progress = lambda samples, scenes: None,
) -> BuildReport:
    """Build into a folder: `single.json`, `temporal.json`, `optical_sar.json`, `images/`, `summary.json`.

    Parameters
    ----------
    samples
        Stop after so many; None: all that the settings give.
    processes
        1 works in this process.
    progress
        Told the number of samples and scenes so far.

    Raises
    ------
    DataError
        If a source cannot be opened, the folder holds another build, or nothing can be asked.
    """
    jobs = plan(settings)
    claim(out, settings)
    report = BuildReport()
    with ExitStack() as stack:
        writers = {group: stack.enter_context(ListWriter(out / f"{group}.json")) for group in GROUPS}
        scenes = 0
        for job, part in _parts(settings, out, jobs, processes, stack):
            scenes += len(job.scenes)
            _merge(part, writers, report, samples)
            progress(report.samples, scenes)
            if samples is not None and report.samples >= samples:
                break
        report.files = {writer.path.name: writer.count for writer in writers.values()}
    if report.samples == 0:
        reasons = "; ".join(f"{scene}: {reason}" for scene, reason in report.skipped[:3])
        raise DataError(
            f"No scene allows a question by the rules. {reasons}".strip(),
            "Scenes without masks are annotated first: terrascope cot annotate.",
        )
    text = json.dumps(report.to_dict(), indent=1, ensure_ascii=False)
    (out / "summary.json").write_text(text + "\n", encoding="utf-8")
    return report


def plan(settings: BuildSettings) -> list[Job]:
    """Return the parts of a build: all images, shuffled by the seed; windows of one image stay together."""
    images: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for i, spec in enumerate(settings.sources):
        for name in spec.open().names():
            images.setdefault((i, name.partition("@")[0]), []).append((i, name))
    order = list(images.values())
    random.Random(settings.seed).shuffle(order)
    scenes = [scene for windows in order for scene in windows]
    return [
        Job(number, tuple(scenes[start : start + PART_SCENES]))
        for number, start in enumerate(range(0, len(scenes), PART_SCENES))
    ]


def _merge(part: Path, writers: dict[str, ListWriter], report: BuildReport, most: int | None) -> None:
    with part.open(encoding="utf-8") as stream:
        for line in stream:
            entry = json.loads(line)
            if "skipped" in entry:
                report.skipped.append((entry["skipped"], entry["reason"]))
                continue
            if most is not None and report.samples >= most:
                return
            writers[group_of(entry)].add_text(line.rstrip("\n"))
            report.samples += 1
            report.levels[entry["level"]] += 1
            report.tasks[entry["task"]] += 1
            report.sources[entry["source"]] += 1


def _parts(
    settings: BuildSettings, out: Path, jobs: Iterable[Job], processes: int, stack: ExitStack
) -> Iterator[tuple[Job, Path]]:
    """Parts in order, whoever makes them."""
    if processes <= 1:
        worker = Worker(settings, out)
        for job in jobs:
            yield job, worker.run(job)
        return
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(settings, out)
    )
    stack.callback(pool.shutdown, cancel_futures=True)
    waiting: deque[tuple[Job, Future[Path]]] = deque()
    for job in jobs:
        waiting.append((job, pool.submit(_run, job)))
        if len(waiting) >= _AHEAD * processes:
            done, future = waiting.popleft()
            yield done, future.result()
    while waiting:
        done, future = waiting.popleft()
        yield done, future.result()


def _begin(settings: BuildSettings, out: Path) -> None:
    global _worker
    _worker = Worker(settings, out)


def _run(job: Job) -> Path:
    assert _worker is not None, "the process was not begun"
    return _worker.run(job)
