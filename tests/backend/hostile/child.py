"""A backend process, watched: for tests and for the soak."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty, Queue
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
SCRIPTED = ROOT / "tests" / "backend" / "service" / "scripted_service.py"
SERVE = ("-m", "terrascope", "serve")


class Child:
    """A backend whose messages are kept in order."""

    def __init__(self, *command: str, stderr: int = subprocess.DEVNULL, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *(command or SERVE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
            env={**os.environ, "PYTHONPATH": str(ROOT / "backend"), "OMP_NUM_THREADS": "1", **environment},
        )  # fmt: skip
        self.messages: Queue[dict[str, Any] | None] = Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.messages.put(json.loads(line))
        self.messages.put(None)

    def send(self, *messages: dict[str, Any] | bytes) -> None:
        assert self.process.stdin is not None
        for message in messages:
            raw = message if isinstance(message, bytes) else json.dumps(message).encode()
            self.process.stdin.write(raw + b"\n")
        self.process.stdin.flush()

    def until(self, *kinds: str, job: str | None = None, timeout: float = 60, **fields: Any) -> list[dict[str, Any]]:
        """Messages up to the first of one of the kinds (of a job, with fields of these values)."""
        seen: list[dict[str, Any]] = []
        end = time.monotonic() + timeout
        while True:
            try:
                message = self.messages.get(timeout=max(0.01, end - time.monotonic()))
            except Empty:
                raise AssertionError(f"no {kinds} within {timeout} s; seen {str(seen)[-2000:]}") from None
            if message is None:
                raise AssertionError(f"the backend has ended; seen {str(seen)[-2000:]}")
            seen.append(message)
            fits = message["type"] in kinds and (job is None or message.get("id") == job)
            if fits and all(message.get(name) == value for name, value in fields.items()):
                return seen

    def peak_mb(self) -> float:
        """The most memory that it has held (Linux)."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("VmHWM:"))

    def leave(self, timeout: float) -> int:
        """Close its stdin; its exit code once it has ended."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(timeout)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    pass
