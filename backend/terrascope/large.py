"""Arrays of a size that memory need not hold: beyond a limit they live in a temporary file that is gone with them.

Such an array is a plain NumPy array over a file. Whoever goes through one does so in strips of rows and lets go of each
strip (`release`), so that the process never holds more of it than a strip.
"""

from __future__ import annotations

import math
import mmap
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import IO, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from terrascope import files, temporary
from terrascope.errors import SceneError

Array = NDArray[Any]

#: An array beyond this size lives in a file.
KEEP_BYTES = 96 * 2**20
#: Pixels of a strip.
STRIP = 1 << 22

_check: ContextVar[Callable[[], None] | None] = ContextVar("terrascope_strip_check", default=None)


def empty(shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """Return an array of zeros, in memory up to `KEEP_BYTES`, else in a temporary file.

    Raises
    ------
    SceneError
        If the temporary folder has no room.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size <= KEEP_BYTES:
        return np.zeros(shape, dtype)
    refuse_without_room(size)
    with temporary_file(size) as file:
        return np.memmap(file, dtype, "r+", shape=shape)


def temporary_file(size: int) -> IO[bytes]:
    """Return a nameless file of so many bytes, all of them on the disk, in this process's temporary folder.

    Raises
    ------
    SceneError
        If the temporary folder has no room.
    """
    try:
        file = tempfile.TemporaryFile(dir=temporary.folder())  # noqa: SIM115 - lives as long as what is mapped to it
    except OSError as error:
        raise _no_room(size, str(error.strerror)) from error
    try:
        files.allocate(file.fileno(), size)
    except OSError as error:
        file.close()
        raise _no_room(size, str(error.strerror)) from error
    return file


def refuse_without_room(size: float) -> None:
    """Refuse to go on where the temporary folder has no room for so many bytes.

    Raises
    ------
    SceneError
        If it has not.
    """
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if size > 0.95 * free:
        raise _no_room(size, f"{free / 2**30:.1f} GiB are free")


def _no_room(size: float, why: str) -> SceneError:
    folder = tempfile.gettempdir()
    return SceneError(
        f"Tiles of this area need {size / 2**30:.1f} GiB in the temporary folder {folder}: {why}.",
        "Choose a smaller area, ask without tiles, or set TMPDIR to a folder with more room.",
    )


def in_file(array: Array) -> bool:
    """Say whether an array, or what it is a part of, lives in a file."""
    return _mapping(array) is not None


def release(*arrays: Array) -> None:
    """Let go of the memory that holds pages of arrays in files; their contents stay. Others are left alone."""
    for array in arrays:
        mapping = _mapping(array)
        if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
            mapping.madvise(mmap.MADV_DONTNEED)


def _mapping(array: Array) -> mmap.mmap | None:
    part: Any = array
    while part is not None:
        if isinstance(part, mmap.mmap):
            return part
        part = getattr(part, "base", None)
    return None


def strips(shape: tuple[int, ...], pixels: int | None = None) -> Iterator[slice]:
    """Cut an image [H, W] into strips of rows of about so many pixels; `STRIP` where none are named."""
    step = max(1, (STRIP if pixels is None else pixels) // max(shape[-1], 1))
    check = _check.get()
    for first in range(0, shape[0], step):
        if check is not None:
            check()
        yield slice(first, min(first + step, shape[0]))


@contextmanager
def interrupted_by(check: Callable[[], None]) -> Iterator[None]:
    """While inside, `check` is called before each strip that this thread works on; what it raises ends the work."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def joined(function: np.ufunc, one: Array, two: Array) -> NDArray[np.bool_]:
    """Return function(one, two) of two bool arrays [H, W], strip by strip where they are large."""
    found: NDArray[np.bool_] = empty(one.shape, np.bool_)
    for rows in strips(one.shape):
        function(one[rows], two[rows], out=found[rows])
        release(one, two, found)
    return found


def within(mask: Array, valid: Array) -> NDArray[np.bool_]:
    """Return mask and valid, both bool [H, W]; the mask itself where nothing of it lies outside."""
    mask = np.asarray(mask, np.bool_)
    for rows in strips(mask.shape):
        outside = bool((mask[rows] > valid[rows]).any())
        release(mask, valid)
        if outside:
            return joined(np.logical_and, mask, valid)
    return mask


def count(mask: Array) -> int:
    """Return the number of pixels of a bool array [H, W]."""
    found = 0
    for rows in strips(mask.shape, 4 * STRIP):
        found += int(np.count_nonzero(mask[rows]))
        release(mask)
    return found


def sampled(array: Array, step: int) -> Array:
    """Return every step-th row and column of [..., H, W] as an array in memory."""
    height, width = array.shape[-2:]
    rows = range(0, height, step)
    found = np.empty((*array.shape[:-2], len(rows), -(-width // step)), array.dtype)
    for number, row in enumerate(rows):
        found[..., number, :] = array[..., row, ::step]
        if number % 32 == 31:
            release(array)
    release(array)
    return found
