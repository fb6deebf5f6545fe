"""safetensors files as bytes: checked headers, verbatim headers, streamed writing. No torch, no pickle."""

from __future__ import annotations

import hashlib
import json
import mmap
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from terrascope.errors import CheckpointError

DTYPE_BYTES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
}  # fmt: skip
_MAX_HEADER = 100_000_000  # limit of the safetensors format
_CHUNK = 1 << 24
_FETCH_AGAIN = "Copy or download the file again."


class Entry(NamedTuple):
    """One tensor of a file: dtype name of the format, shape, byte range inside the data block."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int

    @property
    def size(self) -> int:
        """Bytes of the tensor."""
        return self.end - self.start


@dataclass(frozen=True)
class TensorFile:
    """A safetensors file whose header was read and found consistent with the file's size."""

    path: Path
    header: bytes  #: header text, padding included, without the 8 length bytes
    entries: Mapping[str, Entry]  #: in the order of their bytes
    metadata: Mapping[str, str]

    @property
    def data_start(self) -> int:
        """Offset of the data block in the file."""
        return 8 + len(self.header)

    @contextmanager
    def open(self) -> Iterator[memoryview]:
        """Map the data block; slices of it are the tensors' bytes."""
        with self.path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            view = memoryview(mapped)
            data = view[self.data_start :]
            try:
                yield data
            finally:
                data.release()
                view.release()


def read_tensor_file(path: Path) -> TensorFile:
    """Read and check the header of a safetensors file.

    Raises
    ------
    CheckpointError
        If the file is not safetensors, its header is damaged, or its length is not what the header promises.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        prefix = stream.read(8)
        length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else 0
        if not 2 <= length <= _MAX_HEADER:
            raise CheckpointError(f"{path.name!r} is not a safetensors file ({size} bytes).", _FETCH_AGAIN)
        header = stream.read(length)
    if len(header) < length:
        raise CheckpointError(
            f"{path.name!r} is cut short: its header has {length} bytes, {len(header)} are there.", _FETCH_AGAIN
        )
    try:
        table = json.loads(header)
        metadata = table.pop("__metadata__", {})
        entries = {
            key: Entry(value["dtype"], tuple(value["shape"]), *value["data_offsets"]) for key, value in table.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CheckpointError(f"The header of {path.name!r} cannot be read: {error}.", _FETCH_AGAIN) from error
    entries = dict(sorted(entries.items(), key=lambda item: (item[1].start, item[1].end)))
    _check_entries(path, entries, size - 8 - length)
    return TensorFile(path, header, entries, metadata)


def _check_entries(path: Path, entries: Mapping[str, Entry], data_bytes: int) -> None:
    position = 0
    for key, entry in entries.items():
        if entry.dtype not in DTYPE_BYTES:
            raise CheckpointError(f"Tensor {key!r} in {path.name!r} has the unknown type {entry.dtype!r}.")
        if entry.start != position or entry.size != entry_bytes(entry.dtype, entry.shape):
            raise CheckpointError(f"The byte range of tensor {key!r} in {path.name!r} is wrong.", _FETCH_AGAIN)
        position = entry.end
    if data_bytes != position:
        state = "cut short" if data_bytes < position else "too long"
        raise CheckpointError(
            f"{path.name!r} is {state}: its header promises {position} bytes of weights, {data_bytes} are there.",
            _FETCH_AGAIN,
        )


def entry_bytes(dtype: str, shape: Sequence[int]) -> int:
    """Bytes that a tensor takes."""
    count = DTYPE_BYTES[dtype]
    for side in shape:
        count *= side
    return count


def build_header(tensors: Mapping[str, tuple[str, tuple[int, ...]]], metadata: Mapping[str, str]) -> bytes:
    """Write a header for tensors {key: (dtype, shape)} that follow each other in this order."""
    table: dict[str, object] = {"__metadata__": dict(metadata)} if metadata else {}
    position = 0
    for key, (dtype, shape) in tensors.items():
        end = position + entry_bytes(dtype, shape)
        table[key] = {"dtype": dtype, "shape": list(shape), "data_offsets": [position, end]}
        position = end
    text = json.dumps(table, separators=(",", ":"), ensure_ascii=False).encode()
    return text + b" " * (-len(text) % 8)


class Written(NamedTuple):
    """A file that was written."""

    size: int
    sha256: str


def write_tensor_file(path: Path, header: bytes, blocks: Iterable[memoryview]) -> Written:
    """Write header and data blocks one after another; nothing larger than a block is held in memory."""
    digest = hashlib.sha256()
    size = 0
    with path.open("wb") as stream:
        for block in (struct.pack("<Q", len(header)), header):
            stream.write(block)
            digest.update(block)
            size += len(block)
        for data in blocks:
            stream.write(data)
            digest.update(data)
            size += len(data)
    return Written(size, digest.hexdigest())


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, as hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
