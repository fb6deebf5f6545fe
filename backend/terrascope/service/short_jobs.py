"""Short jobs on several threads, each with a time limit: one file that does not answer holds up no other job.

A thread that waits inside a foreign library (a network drive that has gone) cannot be ended. It is given up: its job is
answered with an error, another thread takes its place, and what it says later is not heard.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

J = TypeVar("J")

THREADS = 4
#: Threads that were given up, beyond which no other takes their place.
GIVEN_UP = 32


class ShortJobs(Generic[J]):
    """Runs jobs side by side.

    Parameters
    ----------
    run
        Does a job; never raises.
    give_up
        Answers a job whose time is over, or that no thread is left for.
    seconds
        The time limit of a job.
    ready
        Waits until jobs can run (imports, the first time); that time does not count. Never raises.
    """

    def __init__(
        self,
        run: Callable[[J], None],
        give_up: Callable[[J], None],
        seconds: Callable[[J], float],
        ready: Callable[[], None] = lambda: None,
    ) -> None:
        self._run, self._give_up, self._seconds, self._ready = run, give_up, seconds, ready
        self._jobs: queue.Queue[J | None] = queue.Queue()
        self._lock = threading.Lock()
        self._lost = 0

    def start(self) -> None:
        """Start the threads."""
        for _ in range(THREADS):
            self._start_one()

    def put(self, job: J) -> None:
        """Hand in a job."""
        with self._lock:
            dead = self._lost >= GIVEN_UP + THREADS
        if dead:
            self._give_up(job)
        else:
            self._jobs.put(job)

    def stop(self) -> None:
        """Let threads end that have nothing to do."""
        for _ in range(THREADS):
            self._jobs.put(None)

    def _start_one(self) -> None:
        threading.Thread(target=self._work, name="short jobs", daemon=True).start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._ready()
            turn = _Turn(job)
            timer = threading.Timer(self._seconds(job), self._over, (turn,))
            timer.daemon = True
            timer.start()
            try:
                self._run(job)
            finally:
                timer.cancel()
                replaced = turn.close()
            if replaced:
                with self._lock:
                    is_missing = self._lost > GIVEN_UP  # no thread took this one's place
                    self._lost -= 1
                if not is_missing:
                    return

    def _over(self, turn: _Turn[J]) -> None:
        if not turn.give_up():
            return
        log.warning("a short job took too long and was given up")
        with self._lock:
            self._lost += 1
            another = self._lost <= GIVEN_UP
        self._give_up(turn.job)
        if another:
            self._start_one()


class _Turn(Generic[J]):
    """One job on one thread: it either ends by itself or is given up."""

    def __init__(self, job: J) -> None:
        self.job = job
        self._lock = threading.Lock()
        self._closed = self._given_up = False

    def close(self) -> bool:
        """Note that it has ended; True where it had been given up before."""
        with self._lock:
            self._closed = True
            return self._given_up

    def give_up(self) -> bool:
        """Give it up; False where it has ended already."""
        with self._lock:
            self._given_up = not self._closed
            return self._given_up
