"""Which device really works: proven by running a kernel on it, never by a flag."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch

from terrascope.errors import NetworkError

log = logging.getLogger(__name__)

ORDER = ("cuda", "mps", "cpu")
_SIDE = 256


class DeviceProof(NamedTuple):
    """A device that computed a known product correctly.

    Attributes
    ----------
    name
        For torch: "cuda:0", "mps", "cpu".
    title
        For people: the card's own name.
    memory_bytes, free_bytes
        Memory of the device; None where it cannot be asked.
    seconds
        Time of the second run of the kernel.
    bf16
        Whether bfloat16 works as well.
    """

    name: str
    title: str
    memory_bytes: int | None
    free_bytes: int | None
    seconds: float
    bf16: bool


def prove(name: str) -> DeviceProof:
    """Run a matrix product on a device and compare it with the exact result.

    Raises
    ------
    NetworkError
        If the device is not there, or the kernel fails or is wrong; says which.
    """
    kind = name.split(":")[0]
    if kind not in ORDER:
        raise NetworkError(f"There is no device {name!r}.", f"Use one of {', '.join(ORDER)} or auto.")
    if kind == "cuda" and not torch.cuda.is_available():
        why = "this torch was built without CUDA" if torch.version.cuda is None else "the driver shows no card"
        raise NetworkError(
            f"Device {name!r} cannot be used: {why}.", "Install the CUDA build and a driver for it, or use cpu."
        )
    if kind == "mps" and not torch.backends.mps.is_available():
        raise NetworkError(f"Device {name!r} cannot be used: there is no Apple GPU here.", "Use cpu.")
    device = torch.device(name)
    try:
        seconds = _product(device, torch.float32)
    except (RuntimeError, AssertionError) as error:
        raise NetworkError(
            f"Device {name!r} is there and does not compute: {(str(error) or repr(error)).splitlines()[0]}.",
            "Update its driver, install the torch build that fits the card, or use cpu.",
        ) from error
    try:
        _product(device, torch.bfloat16)
        bf16 = True
    except (RuntimeError, AssertionError, TypeError):
        bf16 = False
    total, free = _memory(device)
    return DeviceProof(_full_name(device), _title(device), total, free, seconds, bf16)


def choose(wanted: str | None) -> tuple[DeviceProof, tuple[str, ...]]:
    """Return a working device, and why better ones were passed over.

    Parameters
    ----------
    wanted
        A device's name, or "auto" or None for the first of CUDA, MPS, CPU that works.

    Raises
    ------
    NetworkError
        If a device was named and does not work.
    """
    if wanted not in (None, "", "auto"):
        return prove(str(wanted)), ()
    reasons: list[str] = []
    for name in ORDER[:-1]:
        try:
            return prove(name), tuple(reasons)
        except NetworkError as error:
            reasons.append(error.message)
            log.info("%s", error.message)
    return prove("cpu"), tuple(reasons)


@contextmanager
def memory_errors(device: str) -> Iterator[None]:
    """Say what to do where a device runs out of memory.

    Raises
    ------
    NetworkError
        In place of torch's own error.
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise NetworkError(
            f"{device} ran out of memory.",
            "Close other programs that use it, load the model in nf4 or int4, or ask about fewer images.",
        ) from error


def _product(device: torch.device, dtype: torch.dtype) -> float:
    """Multiply small whole numbers, exact in every type; return the seconds of the second run."""
    left = (torch.arange(_SIDE * _SIDE).reshape(_SIDE, _SIDE) % 5 - 2).to(torch.float32)
    expected = left @ torch.eye(_SIDE)[:, torch.arange(_SIDE - 1, -1, -1)]
    on_device = left.to(device, dtype)
    flip = torch.eye(_SIDE)[:, torch.arange(_SIDE - 1, -1, -1)].to(device, dtype)
    seconds = 0.0
    for _ in range(2):
        begun = time.perf_counter()
        result = (on_device @ flip).float().cpu()  # the copy waits for the kernel
        seconds = time.perf_counter() - begun
    if not torch.equal(result, expected):
        raise AssertionError("a matrix product came out wrong")
    return seconds


def _full_name(device: torch.device) -> str:
    if device.type == "cuda" and device.index is None:
        return f"cuda:{torch.cuda.current_device()}"
    return str(device)


def _title(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return "Apple GPU" if device.type == "mps" else f"CPU ({torch.get_num_threads()} threads)"


def _memory(device: torch.device) -> tuple[int | None, int | None]:
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return total, free
    if device.type == "mps":
        total = torch.mps.recommended_max_memory()
        return total, total - torch.mps.driver_allocated_memory()
    return _host_memory()


def _host_memory() -> tuple[int | None, int | None]:
    """Physical and available memory of the machine, where the system can be asked."""
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        return page * os.sysconf("SC_PHYS_PAGES"), page * os.sysconf("SC_AVPHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None, None
