"""Peak memory of this process, and what is free, read the same way everywhere."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path


def own_peak_mb() -> float | None:
    """Return the process's peak memory in MiB; None where the system does not tell.

    On Linux this is VmHWM: `ru_maxrss` survives exec, so a child would report its parent's memory.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    return _max_rss_mb(children=False)


def peak_mb_with_children() -> float | None:
    """Return the larger of this process's peak and its largest finished child's, in MiB."""
    peaks = [peak for peak in (own_peak_mb(), _max_rss_mb(children=True)) if peak is not None]
    return max(peaks, default=None)


def _max_rss_mb(*, children: bool) -> float | None:
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)


def give_back() -> None:
    """Return memory that was freed to the system, where its C library (glibc) keeps it for later: after a large raster
    was read, that is the size of GDAL's cache."""
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)


def free_mb() -> float | None:
    """Return the memory that a program can still take without swapping, in MiB; None where the system does not tell."""
    info = Path("/proc/meminfo")
    if info.exists():
        for line in info.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("MemAvailable:"):
                return round(int(line.split()[1]) / 1024, 1)
    if sys.platform == "win32":
        return _free_mb_windows()
    return None


def _free_mb_windows() -> float | None:
    if sys.platform != "win32":
        return None

    class Status(ctypes.Structure):
        _fields_ = [
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "page", "free_page", "virtual", "v", "x")),
        ]

    status = Status(length=ctypes.sizeof(Status))
    if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return round(status.free / 2**20, 1)
