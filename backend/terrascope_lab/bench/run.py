"""Ask a network the questions of a benchmark: resumable at any sample, on one or several processes.

Every answered sample is one line of a JSON-lines file, flushed at once; a second run skips what is there. Nothing but
the ids of the answered samples is kept in memory, so a run may have any length.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from terrascope_lab.bench.results import SampleResult, drop_cut_line, iterate_results
from terrascope_lab.bench.samples import BenchSample

if TYPE_CHECKING:
    from terrascope_lab.bench.ask import Asker

#: Called with the number of the sample in the file and its result.
Tell = Callable[[int, SampleResult], None]


def run(
    samples: Iterable[BenchSample],
    make: Callable[[], Asker],
    out: Path,
    *,
    workers: int = 1,
    progress: Tell | None = None,
) -> int:
    """Ask every sample that `out` does not hold yet; return how many were asked.

    Parameters
    ----------
    make
        Makes what asks; called once, or once in each process. With several workers it must be importable by them (a
        module's function, or a `functools.partial` of one).
    out
        JSON-lines file of per-sample results, continued if it exists.
    workers
        Processes. Each loads the network.

    Raises
    ------
    TerraScopeError
        If the network cannot be loaded, or a worker dies.
    """
    drop_cut_line(out)
    done = {result.sample_id for result in iterate_results(out)}
    asked = 0
    left = ((number, sample) for number, sample in enumerate(samples) if sample.sample_id not in done)
    with out.open("a", encoding="utf-8") as stream:
        for number, result in _answers(left, make, workers):
            stream.write(json.dumps(result.to_dict(), ensure_ascii=False) + "\n")
            stream.flush()
            asked += 1
            if progress is not None:
                progress(number, result)
    return asked


def run_side_by_side(samples: Iterable[BenchSample], askers: Mapping[Path, Asker], tell: Tell | None = None) -> int:
    """Ask each sample in several ways in turn, each with a results file of its own; return how many were asked.

    Askers that share a network and a shelf look at a picture once for all ways, and for all questions about it that
    stand together.
    """
    done = {}
    for path in askers:
        drop_cut_line(path)
        done[path] = {result.sample_id for result in iterate_results(path)}
    asked = 0
    with ExitStack() as stack:
        streams = {path: stack.enter_context(path.open("a", encoding="utf-8")) for path in askers}
        for number, sample in enumerate(samples):
            for path, asker in askers.items():
                if sample.sample_id not in done[path]:
                    result = asker.ask(sample)
                    streams[path].write(json.dumps(result.to_dict(), ensure_ascii=False) + "\n")
                    streams[path].flush()
                    asked += 1
                    if tell is not None:
                        tell(number, result)
    return asked


def _answers(
    samples: Iterator[tuple[int, BenchSample]], make: Callable[[], Asker], workers: int
) -> Iterator[tuple[int, SampleResult]]:
    if workers > 1:
        from terrascope_lab.bench.workers import answers

        yield from answers(samples, make, workers)
        return
    asker: Asker | None = None
    for number, sample in samples:
        asker = asker or make()  # nothing to ask: nothing is loaded
        yield number, asker.ask(sample)


def iterate_limited(samples: Iterable[BenchSample], per_task: int | None) -> Iterator[BenchSample]:
    """Pass on at most `per_task` samples of each task (all where it is None)."""
    counts: Counter[str] = Counter()
    for sample in samples:
        counts[sample.task] += 1
        if per_task is None or counts[sample.task] <= per_task:
            yield sample
