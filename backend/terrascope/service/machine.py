"""What this machine has: memory, and graphics cards as their driver reports them. No torch is needed."""

from __future__ import annotations

import csv
import ctypes
import logging
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

log = logging.getLogger(__name__)

_QUERY = ("--query-gpu=name,memory.total,memory.free,compute_cap", "--format=csv,noheader,nounits")
MIB = 1 << 20


class Card(NamedTuple):
    """A graphics card: its memory in bytes, and for NVIDIA the compute capability."""

    kind: str
    name: str
    total: int
    free: int
    capability: float | None = None


class Machine(NamedTuple):
    """Memory in bytes; None where the system does not tell."""

    memory_total: int | None
    memory_free: int | None
    cards: tuple[Card, ...]


def this_machine() -> Machine:
    """Ask the system and the drivers."""
    total, free = host_memory()
    cards = nvidia_cards()
    if sys.platform == "darwin" and platform.machine() == "arm64" and total is not None:
        cards = (*cards, Card("mps", "Apple GPU", total, free if free is not None else total))
    return Machine(total, free, cards)


def host_memory() -> tuple[int | None, int | None]:
    """Return installed and available memory in bytes."""
    if sys.platform == "win32":
        return _windows_memory()
    total = _sysconf("SC_PHYS_PAGES")
    return total, _available() or _sysconf("SC_AVPHYS_PAGES")


def nvidia_cards() -> tuple[Card, ...]:
    """Return the cards that NVIDIA's driver lists; none where there is no driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    try:
        command = [program, *_QUERY]
        answer = subprocess.run(  # nosec B603
            command, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace", timeout=10,
            check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("nvidia-smi does not answer: %s", error)
        return ()
    return parse_cards(answer.stdout)


def parse_cards(text: str) -> tuple[Card, ...]:
    """Read what nvidia-smi prints: name, total and free MiB, compute capability, one card a line."""
    found = []
    for row in csv.reader(text.splitlines(), skipinitialspace=True):
        try:
            name, total, free = row[0].strip(), int(row[1]) * MIB, int(row[2]) * MIB
        except (IndexError, ValueError):
            continue
        try:
            capability: float | None = float(row[3])
        except (IndexError, ValueError):
            capability = None
        found.append(Card("cuda", name, total, free, capability))
    return tuple(found)


def _sysconf(name: str) -> int | None:
    try:
        return int(os.sysconf("SC_PAGE_SIZE")) * int(os.sysconf(name))
    except (AttributeError, ValueError, OSError):
        return None


def _available() -> int | None:
    """Memory that programs can still get, caches that can be dropped included (Linux)."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


class _MemoryStatus(ctypes.Structure):
    """Windows' MEMORYSTATUSEX."""

    _fields_ = [
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total", ctypes.c_uint64),
        ("free", ctypes.c_uint64),
        ("rest", ctypes.c_uint64 * 5),
    ]


def _windows_memory() -> tuple[int | None, int | None]:
    status = _MemoryStatus()
    status.length = ctypes.sizeof(status)
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 (only Windows has it)
    if not kernel.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None, None
    return int(status.total), int(status.free)
