"""Fingerprints of input files, quick also for very large ones."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

FULL_BYTES = 64 * 2**20
_BLOCK = 2**20
_SAMPLES = 16
_INSIDE = re.compile(r"/vsi(?:zip|tar)/(?P<archive>.+?\.(?:zip|tar\.gz|tgz|tar))/", re.IGNORECASE)


class Fingerprint(NamedTuple):
    """`value` is 64 hex digits, None where the path is not a plain file; `sampled` is True beyond `FULL_BYTES`."""

    value: str | None
    sampled: bool
    note: str


def fingerprint(path: str) -> Fingerprint:
    """Hash a file.

    Up to 64 MiB: SHA-256 of the whole content. Larger: SHA-256 over the size, the modification time and 17 blocks of
    1 MiB (first, last, 15 evenly between); the note says so. Of a file in a zip or tar: the archive's.
    """
    if inside := _INSIDE.match(path):
        path = inside["archive"]
    try:
        stat = Path(path).stat()
    except OSError:
        return Fingerprint(None, False, "not a local file: no hash")
    if not Path(path).is_file():
        return Fingerprint(None, False, "not a plain file: no hash")
    return _cached(str(Path(path).resolve()), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=256)
def _cached(path: str, size: int, mtime_ns: int) -> Fingerprint:
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        if size <= FULL_BYTES:
            while block := file.read(_BLOCK):
                digest.update(block)
            return Fingerprint(digest.hexdigest(), False, "")
        digest.update(f"{size}:{mtime_ns}:".encode())
        for i in range(_SAMPLES + 1):
            file.seek((size - _BLOCK) * i // _SAMPLES)
            digest.update(file.read(_BLOCK))
    note = f"hash of a sample: size, modification time and {_SAMPLES + 1} blocks of 1 MiB of {size / 2**20:.0f} MiB"
    return Fingerprint(digest.hexdigest(), True, note)


def forget_fingerprints() -> None:
    """Forget the hashes of files seen before, so that the next call reads them again."""
    _cached.cache_clear()
