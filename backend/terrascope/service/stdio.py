"""The backend as a child process: JSON lines over stdin and stdout.

Commands are read on a thread of their own, so that ping, cancel and short jobs are answered while a question is being
reasoned about. Nothing heavy is imported before the first job: hello comes at once.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, BinaryIO, NamedTuple

import terrascope
from terrascope import gdal_limits, standard_streams, temporary
from terrascope.errors import ProtocolError, TerraScopeError
from terrascope.service.channel import Channel, Closed
from terrascope.service.lines import lines, parse
from terrascope.service.protocol import MAX_ID, check, version
from terrascope.service.short_jobs import ShortJobs

log = logging.getLogger(__name__)

Job = Mapping[str, Any]
#: A job's work: takes the message, a sender without the id, and says by the callable whether it was cancelled.
Handler = Callable[[Job, Callable[[dict[str, object]], None], Callable[[], bool]], None]

#: Jobs that use a network run one after the other; the others run beside them.
HEAVY = ("ask", "segment", "change", "probe")
LIGHT = ("describe", "measure", "report", "networks")
#: Jobs about models: they wait for networks and disks, and run one after the other beside the rest.
MODELS = ("models", "model_info", "import_model", "remove_model")
#: Seconds that a running job has to stop when the client has gone.
GRACE_SECONDS = 1.5
#: Seconds that a short job may take. A description reads headers and a sparse sample; a report draws every mask, and a
#: mask to measure may be a large raster.
LIMITS = {"describe": 60.0, "networks": 60.0, "report": 600.0, "measure": 1800.0}
#: Jobs that may wait or run at a time.
MAX_JOBS = 1000
_ENDS = ("end", "result", "error")


class Server:
    """Serves one client until its stdin closes.

    Parameters
    ----------
    channel
        Where messages go.
    handlers
        The work of each job type; imported on first use, given by tests otherwise.
    limits
        Seconds that a short job may take, by type.
    """

    def __init__(
        self,
        channel: Channel,
        handlers: Callable[[str], Handler] | None = None,
        limits: Mapping[str, float] = LIMITS,
    ) -> None:
        self._channel = channel
        self._handlers = handlers or _handler
        self._heavy: queue.Queue[_Accepted | None] = queue.Queue()
        self._models: queue.Queue[_Accepted | None] = queue.Queue()
        self._limits = limits
        self._light = ShortJobs(
            self._run, self._took_too_long, lambda job: limits[job.message["type"]], ready=self._import_handlers
        )
        self._cancels: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def serve(self, stdin: BinaryIO) -> None:
        """Say hello, then work until the client closes stdin or says shutdown."""
        self._send(self._hello())
        threading.Thread(target=self._read, args=(stdin,), name="commands", daemon=True).start()
        threading.Thread(target=self._work, args=(self._models,), name="models", daemon=True).start()
        threading.Thread(target=_warm_up, name="warm up", daemon=True).start()
        self._light.start()
        self._work(self._heavy)

    def _read(self, stdin: BinaryIO) -> None:
        try:
            for line in lines(stdin):
                if line.strip() and not self._command(line):
                    break
        except (OSError, ValueError):
            log.info("stdin is closed")
        finally:  # whatever happens here, a process without a client ends
            self._leave()

    def _leave(self) -> None:
        # A job that hangs in foreign code must not outlive the client.
        timer = threading.Timer(GRACE_SECONDS, _end_process)
        timer.daemon = True
        timer.start()
        with self._lock:
            for event in self._cancels.values():
                event.set()
        self._light.stop()
        self._models.put(None)
        self._heavy.put(None)

    def _command(self, line: bytes) -> bool:
        """Take one line; False if it was the last one. Whatever it holds, it is answered and the next one is read."""
        job: str | None = None
        try:
            message = parse(line)
            job = _id_of(message)
            kind = check(message, "client")["type"]
            if kind == "shutdown":
                return False
            self._dispatch(kind, message)
        except ProtocolError as error:
            self._send_error(error, job)
        except MemoryError:
            self._send_error(_out_of_memory(), job)
        # The one place for what nobody foresaw in a line: a thread that reads commands must not die of one.
        except Exception as error:
            log.exception("a line of %d bytes could not be taken", len(line))
            self._send_error(_unforeseen(error), job)
        return True

    def _dispatch(self, kind: str, message: dict[str, Any]) -> None:
        if kind == "ping":
            self._send({"type": "pong", "n": message["n"]})
        elif kind == "hello":
            self._greeted(message)
        elif kind == "cancel":
            with self._lock:
                event = self._cancels.get(message["id"])
            if event is not None:
                event.set()
        else:
            self._accept(kind, message)

    def _greeted(self, message: Mapping[str, Any]) -> None:
        if message["version"] != version():
            spoken = str(message["version"])[:20]
            self._send_error(
                ProtocolError(
                    f"The client speaks version {spoken} of the protocol, the backend {version()}.",
                    "Install plugin and backend of the same version.",
                ),
                None,
            )
        self._send(self._hello())

    def _accept(self, kind: str, message: dict[str, Any]) -> None:
        job, event = message["id"], threading.Event()
        with self._lock:
            known, full = job in self._cancels, len(self._cancels) >= MAX_JOBS
            if not known and not full:
                self._cancels[job] = event
        if known:
            raise ProtocolError(f"A job with the id {job!r} is running already.", "Give each job an id of its own.")
        if full:
            raise ProtocolError(f"{MAX_JOBS} jobs wait or run already.", "Wait until some have ended.")
        self._send({"type": "accepted", "id": job})
        accepted = _Accepted(message, event, _Line(self._send, job, partial(self._forget, job)))
        if kind in HEAVY:
            self._heavy.put(accepted)
        elif kind in MODELS:
            self._models.put(accepted)
        else:
            self._light.put(accepted)

    def _forget(self, job: str) -> None:
        with self._lock:
            self._cancels.pop(job, None)

    def _work(self, jobs: queue.Queue[_Accepted | None]) -> None:
        while (job := jobs.get()) is not None:
            self._run(job)

    def _run(self, job: _Accepted) -> None:
        cancelled, send = job.cancel.is_set, job.line.send
        try:
            if cancelled():
                send({"type": "end", "reason": "cancelled", "warnings": ["Stopped before it began."]})
                return
            self._handlers(job.message["type"])(job.message, send, cancelled)
        except TerraScopeError as error:
            send(_error_message(error))
        except MemoryError:
            send(_error_message(_out_of_memory()))
        # The one place for what nobody foresaw: the job fails with a message, the process and the client live on.
        except Exception as error:
            log.exception("the job %s failed", job.message["type"])
            send(_error_message(_unforeseen(error)))
        finally:
            job.line.close()

    def _import_handlers(self) -> None:
        try:
            self._handlers("describe")
        except (ImportError, OSError):
            log.info("the handlers cannot be imported; each job says so")

    def _took_too_long(self, job: _Accepted) -> None:
        kind = job.message["type"]
        job.line.send(
            _error_message(
                TerraScopeError(
                    f"There was no answer to {kind!r} within {self._limits[kind]:g} seconds.",
                    "The disk or server that a file lies on does not answer: copy the file to this machine.",
                )
            )
        )

    def _send_error(self, error: TerraScopeError, job: str | None) -> None:
        self._send({**_error_message(error), "id": job})

    def _send(self, message: Mapping[str, object]) -> None:
        try:
            self._channel.send(message)
        except Closed:
            log.info("the client has gone")
            _end_process()

    @staticmethod
    def _hello() -> dict[str, object]:
        return {
            "type": "hello", "version": version(), "backend": terrascope.__version__, "pid": os.getpid(),
            "capabilities": [*HEAVY, *LIGHT, *MODELS, "cancel"],
        }  # fmt: skip


class _Line:
    """What one job sends: nothing follows the message that ends it, and with that message its id is free again."""

    def __init__(self, send: Callable[[Mapping[str, object]], None], job: str, forget: Callable[[], None]) -> None:
        self._send, self._job, self._forget = send, job, forget
        self._lock = threading.Lock()
        self._is_over = False

    def send(self, message: Mapping[str, object]) -> None:
        """Send a message with the job's id."""
        with self._lock:
            if self._is_over:
                return
            self._is_over = message["type"] in _ENDS
            if self._is_over:
                self._forget()  # before the message: the client may use the id again at once
        self._send({**message, "id": self._job})

    def close(self) -> None:
        """Free the id of a job whose work has ended without a word."""
        with self._lock:
            if not self._is_over:
                self._is_over = True
                self._forget()


class _Accepted(NamedTuple):
    """A job that waits or runs."""

    message: Job
    cancel: threading.Event
    line: _Line


def _id_of(message: object) -> str | None:
    """The id to answer to; None for one that nobody can have given to a job."""
    job = message.get("id") if isinstance(message, dict) else None
    return job if isinstance(job, str) and len(job) <= MAX_ID else None


def _error_message(error: TerraScopeError) -> dict[str, object]:
    return {"type": "error", "code": error.code, "message": error.message, "hint": error.hint, **error.details}


def _end_process() -> None:
    temporary.remove()
    os._exit(0)


def _handler(kind: str) -> Handler:
    from terrascope.service.jobs import handlers

    return handlers()[kind]


def _warm_up() -> None:
    """Import what jobs need while nobody waits for it. What cannot be imported is said by the job that needs it."""
    try:
        _handler("ask")
    except ImportError:
        log.warning("the backend's environment is incomplete", exc_info=True)


def _out_of_memory() -> TerraScopeError:
    error = TerraScopeError("There is not enough memory for this.", "Choose a smaller area, or close other programs.")
    error.code = "memory"
    return error


def _unforeseen(error: Exception) -> TerraScopeError:
    return TerraScopeError(
        f"Something went wrong that should not: {type(error).__name__}: {error}.",
        "Please report it with the log of the backend.",
    )


def main() -> int:
    """Serve this process's stdin and stdout."""
    stdin = standard_streams.take_stdin()
    channel = Channel.take_stdout()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    gdal_limits.set_for_process()
    Server(channel).serve(stdin)
    return 0
