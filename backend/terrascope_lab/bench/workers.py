"""Several processes that ask questions; at most a few samples wait at a time, so memory stays bounded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import TYPE_CHECKING

from terrascope_lab.bench.errors import BenchmarkFileError
from terrascope_lab.bench.results import SampleResult
from terrascope_lab.bench.samples import BenchSample

if TYPE_CHECKING:
    from terrascope_lab.bench.ask import Asker

#: Samples that wait for each worker.
_AHEAD = 2

_asker: Asker | None = None


def answers(
    samples: Iterator[tuple[int, BenchSample]], make: Callable[[], Asker], workers: int
) -> Iterator[tuple[int, SampleResult]]:
    """Yield results as they come, in any order.

    Raises
    ------
    BenchmarkFileError
        If a worker dies (out of memory, say); what was answered is kept.
    """
    # Processes are started afresh: ONNX Runtime and torch do not survive a fork.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (make,))
    waiting: dict[Future[SampleResult], int] = {}
    exhausted = False
    try:
        while True:
            while not exhausted and len(waiting) < workers * _AHEAD:
                following = next(samples, None)
                if following is None:
                    exhausted = True
                else:
                    waiting[pool.submit(_ask, following[1])] = following[0]
            if not waiting:
                return
            finished, _ = wait(waiting, return_when=FIRST_COMPLETED)
            for future in finished:
                yield waiting.pop(future), future.result()
    except BrokenProcessPool as error:
        raise BenchmarkFileError(
            f"One of the {workers} worker processes ended: the network cannot be loaded, or memory ran out.",
            "Run it again with --workers 1; it goes on where it was.",
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(make: Callable[[], Asker]) -> None:
    global _asker
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    _asker = make()


def _ask(sample: BenchSample) -> SampleResult:
    assert _asker is not None, "a worker begins before it is asked"
    return _asker.ask(sample)
