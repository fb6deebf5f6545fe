"""Standard input and output of the processes that TerraScope starts. Standard library only: nothing heavy comes before.

A process that talks over its standard input keeps a private copy of it and puts the null device in its place. Else a
thread that waits for a line holds the pipe while libraries load: on Windows the Fortran runtime of OpenBLAS asks the
system about descriptor 0 under the loader's lock, and that question waits until the read is over (numpy #24290). A
library or a raster (`/vsistdin/`) that reads standard input finds it empty, and children inherit nothing.
"""

from __future__ import annotations

import io
import os
import sys
from typing import BinaryIO, TextIO


def take_stdin() -> BinaryIO:
    """Return standard input for this process alone; descriptor 0 is the null device from then on."""
    try:
        private = os.dup(0)
    except OSError:  # started without a standard input: that is one that has ended
        private = os.open(os.devnull, os.O_RDONLY)
    null = os.open(os.devnull, os.O_RDONLY)
    if null != 0:
        os.dup2(null, 0)
        os.close(null)
    if sys.platform == "win32":
        _tell_windows()
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the process
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(private, os.O_BINARY)
    return os.fdopen(private, "rb")


def _tell_windows() -> None:
    """Set the system's own handle too: a library with another C runtime asks for that one."""
    if sys.platform == "win32":
        import ctypes
        import msvcrt

        ctypes.windll.kernel32.SetStdHandle(-10, msvcrt.get_osfhandle(0))


def speak_utf8() -> None:
    """Write UTF-8 into files and pipes, whatever the system's code page; a terminal shows "?" for what it cannot."""
    for stream in (sys.stdout, sys.stderr):
        _set(stream)


def _set(stream: TextIO) -> None:
    if not isinstance(stream, io.TextIOWrapper):  # a notebook, a test, or none at all (pythonw)
        return
    if stream.isatty():
        stream.reconfigure(errors="replace")
    else:
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def in_utf8_mode() -> None:
    """Start this program anew in Python's UTF-8 mode where file names and arguments have another encoding (C locale).

    Does not return in that case. On Windows they are UTF-8 always.
    """
    if sys.platform != "win32" and not sys.flags.utf8_mode and sys.getfilesystemencoding() != "utf-8":
        arguments = sys.orig_argv[1:]
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *arguments])  # nosec B606
