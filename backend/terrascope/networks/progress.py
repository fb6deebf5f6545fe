"""Progress of what a network does for long, told to whoever runs the question on this thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Tell = Callable[[float, str], None]

_listener: ContextVar[Tell | None] = ContextVar("terrascope_progress", default=None)


@contextmanager
def listening(tell: Tell) -> Iterator[None]:
    """While inside, `tell(fraction 0..1, sentence)` gets the progress of this thread's networks."""
    token = _listener.set(tell)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(fraction: float, message: str) -> None:
    """Say how far a network is; nothing happens where nobody listens."""
    listener = _listener.get()
    if listener is not None:
        listener(fraction, message)


class Clock:
    """Tells how many of the tiles of an image are done, and how long the rest will take.

    Parameters
    ----------
    total
        Number of tiles.
    name
        Of the image; without one, nothing is told.
    """

    def __init__(self, total: int, name: str) -> None:
        self._total, self._name = total, name
        self._done, self._start = 0, time.monotonic()
        if name:
            tell(0.0, f"{name}: {total:,} tiles at native pixel size")

    def one_done(self) -> None:
        """Count a tile."""
        self._done += 1
        if not self._name:
            return
        left = (time.monotonic() - self._start) / self._done * (self._total - self._done)
        tell(self._done / self._total, f"{self._name}: tile {self._done:,} of {self._total:,}, {_about(left)} left")


def _about(seconds: float) -> str:
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60)} min" if seconds < 5400 else f"about {seconds / 3600:.1f} h"
