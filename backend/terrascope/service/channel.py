"""The line to the client: the real stdout, kept for the protocol, one JSON object a line, safe for several threads."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Mapping
from typing import BinaryIO

from terrascope.service.protocol import check


class Closed(Exception):
    """The client has gone: nothing can be sent any more."""


class Channel:
    """Sends messages.

    Parameters
    ----------
    stream
        Binary stream that the messages are written to.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    @classmethod
    def take_stdout(cls) -> Channel:
        """Keep the real stdout for messages, and send whatever else is printed (also by C libraries) to stderr."""
        sys.stdout.flush()
        real = os.dup(1)
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        return cls(os.fdopen(real, "wb"))

    def send(self, message: Mapping[str, object]) -> None:
        """Send one message. A byte of a file name that is no character becomes "?".

        Raises
        ------
        Closed
            If the client no longer reads.
        ProtocolError
            If the message does not follow the definition (a fault of the server, found at once).
        """
        check(dict(message), "server")
        text = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        line = text.encode("utf-8", errors="replace") + b"\n"
        with self._lock:
            try:
                self._stream.write(line)
                self._stream.flush()
            except (OSError, ValueError) as error:
                raise Closed from error
