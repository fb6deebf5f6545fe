"""Stopping an inference in the middle. The reasoning loop asks for a cancel between tokens; a network runs longer.

`watch` follows a cancel while a job runs, on the job's own thread; `run` starts an ONNX inference that it can end. An
inference of another thread is never touched.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnxruntime

#: How often a cancel is looked for.
EVERY_S = 0.02

_lock = threading.Lock()
_running: dict[int, onnxruntime.RunOptions] = {}
_stopped: set[int] = set()


class Interrupted(Exception):
    """The user stopped the job while a network was running."""


@contextmanager
def watch(cancelled: Callable[[], bool]) -> Iterator[None]:
    """While inside, end inferences of this thread as soon as `cancelled` says so."""
    thread, done = threading.get_ident(), threading.Event()

    def look() -> None:
        while not done.wait(EVERY_S):
            if cancelled():
                _stop(thread)
                return

    watcher = threading.Thread(target=look, name="stop watch", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        with _lock:
            _stopped.discard(thread)


def run(session: onnxruntime.InferenceSession, feeds: Mapping[str, Any]) -> list[Any]:
    """Run a session on its inputs; return all outputs.

    Raises
    ------
    Interrupted
        If the job of this thread was stopped, before or meanwhile.
    """
    import onnxruntime
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail

    thread, options = threading.get_ident(), onnxruntime.RunOptions()
    with _lock:
        if thread in _stopped:
            raise Interrupted
        _running[thread] = options
    try:
        outputs: list[Any] = session.run(None, dict(feeds), options)
    except Fail:
        if options.terminate:
            raise Interrupted from None
        raise
    finally:
        with _lock:
            del _running[thread]
    return outputs


def check() -> None:
    """End a long computation of this thread that is no inference.

    Raises
    ------
    Interrupted
        If the job of this thread was stopped.
    """
    with _lock:
        if threading.get_ident() in _stopped:
            raise Interrupted


def _stop(thread: int) -> None:
    with _lock:
        _stopped.add(thread)
        if thread in _running:
            _running[thread].terminate = True
