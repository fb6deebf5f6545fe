"""The backend as a child process: JSON lines over stdin and stdout.

Commands are read on a thread of their own, so that ping, cancel and short jobs are answered while a question is being
reasoned about. Nothing heavy is imported before the first job: hello comes at once.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import terrascope
from terrascope.errors import ProtocolError, TerraScopeError
from terrascope.service.channel import Channel, Closed
from terrascope.service.protocol import check, version

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
GRACE_SECONDS = 5.0


class Server:
    """Serves one client until its stdin closes.

    Parameters
    ----------
    channel
        Where messages go.
    handlers
        The work of each job type; imported on first use, given by tests otherwise.
    """

    def __init__(self, channel: Channel, handlers: Callable[[str], Handler] | None = None) -> None:
        self._channel = channel
        self._handlers = handlers or _handler
        self._heavy: queue.Queue[Job | None] = queue.Queue()
        self._light: queue.Queue[Job | None] = queue.Queue()
        self._models: queue.Queue[Job | None] = queue.Queue()
        self._cancels: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def serve(self, stdin: BinaryIO) -> None:
        """Say hello, then work until the client closes stdin or says shutdown."""
        self._send(self._hello())
        threading.Thread(target=self._read, args=(stdin,), name="commands", daemon=True).start()
        threading.Thread(target=self._work, args=(self._light,), name="short jobs", daemon=True).start()
        threading.Thread(target=self._work, args=(self._models,), name="models", daemon=True).start()
        threading.Thread(target=_warm_up, name="warm up", daemon=True).start()
        self._work(self._heavy)

    def _read(self, stdin: BinaryIO) -> None:
        try:
            for line in stdin:
                if line.strip() and not self._command(line):
                    break
        except (OSError, ValueError):
            log.info("stdin is closed")
        self._leave()

    def _leave(self) -> None:
        with self._lock:
            for event in self._cancels.values():
                event.set()
        # A job that hangs in foreign code must not outlive the client.
        timer = threading.Timer(GRACE_SECONDS, os._exit, (0,))
        timer.daemon = True
        timer.start()
        self._light.put(None)
        self._models.put(None)
        self._heavy.put(None)

    def _command(self, line: bytes) -> bool:
        """Take one line; False if it was the last one."""
        message: object = None
        try:
            message = json.loads(line)
            kind = check(message, "client")["type"]
            assert isinstance(message, dict)  # nosec B101
            if kind == "shutdown":
                return False
            self._dispatch(kind, message)
        except (ProtocolError, ValueError) as error:
            job = message.get("id") if isinstance(message, dict) else None
            text = error if isinstance(error, ProtocolError) else ProtocolError(f"The line is not JSON: {error}.")
            self._send_error(text, job if isinstance(job, str) else None)
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
            self._send_error(
                ProtocolError(
                    f"The client speaks version {message['version']} of the protocol, the backend {version()}.",
                    "Install plugin and backend of the same version.",
                ),
                None,
            )
        self._send(self._hello())

    def _accept(self, kind: str, message: dict[str, Any]) -> None:
        job = message["id"]
        with self._lock:
            known = job in self._cancels
            if not known:
                self._cancels[job] = threading.Event()
        if known:
            raise ProtocolError(f"A job with the id {job!r} is running already.", "Give each job an id of its own.")
        self._send({"type": "accepted", "id": job})
        (self._heavy if kind in HEAVY else self._models if kind in MODELS else self._light).put(message)

    def _work(self, jobs: queue.Queue[Job | None]) -> None:
        while True:
            job = jobs.get()
            if job is None:
                return
            try:
                self._run(job)
            finally:
                with self._lock:
                    self._cancels.pop(job["id"], None)

    def _run(self, job: Job) -> None:
        name, cancelled = job["id"], self._cancels[job["id"]].is_set

        def send(message: dict[str, object]) -> None:
            self._send({**message, "id": name})

        try:
            if cancelled():
                send({"type": "end", "reason": "cancelled", "warnings": ["Stopped before it began."]})
                return
            self._handlers(job["type"])(job, send, cancelled)
        except TerraScopeError as error:
            self._send_error(error, name)
        except MemoryError:
            self._send_error(_out_of_memory(), name)
        # The one place for what nobody foresaw: the job fails with a message, the process and the client live on.
        except Exception as error:
            log.exception("the job %s failed", job["type"])
            self._send_error(_unforeseen(error), name)

    def _send_error(self, error: TerraScopeError, job: str | None) -> None:
        self._send({"type": "error", "code": error.code, "message": error.message, "hint": error.hint, "id": job})

    def _send(self, message: Mapping[str, object]) -> None:
        try:
            self._channel.send(message)
        except Closed:
            log.info("the client has gone")
            os._exit(0)

    @staticmethod
    def _hello() -> dict[str, object]:
        return {
            "type": "hello", "version": version(), "backend": terrascope.__version__, "pid": os.getpid(),
            "capabilities": [*HEAVY, *LIGHT, *MODELS, "cancel"],
        }  # fmt: skip


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
    channel = Channel.take_stdout()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    Server(channel).serve(sys.stdin.buffer)
    return 0
