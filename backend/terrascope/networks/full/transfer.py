"""Moving tensors between the two layouts as runs of bytes.

All rules of the key map cut, join or copy tensors along their first axis, so the conversion never looks at a number: it
is exact in every precision, and one tensor at a time is all it holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from terrascope.errors import CheckpointError
from terrascope.networks.full.keymap import Kind, Link
from terrascope.networks.full.published import listed
from terrascope.networks.full.tensor_file import TensorFile, Written, build_header, entry_bytes, write_tensor_file


class Piece(NamedTuple):
    """A run of bytes in one of the source files."""

    file: str
    start: int
    end: int


class Target(NamedTuple):
    """A tensor to be written: dtype, shape and where its bytes come from, in order."""

    dtype: str
    shape: tuple[int, ...]
    pieces: tuple[Piece, ...]


def piece_of(files: Mapping[str, TensorFile], where: Mapping[str, str], key: str) -> Piece:
    entry = files[where[key]].entries[key]
    return Piece(where[key], entry.start, entry.end)


def _one_dtype(files: Mapping[str, TensorFile], where: Mapping[str, str], keys: tuple[str, ...]) -> str:
    types = {files[where[key]].entries[key].dtype for key in keys}
    if len(types) > 1:
        raise CheckpointError(f"{listed(list(keys))} belong together and have different types: {sorted(types)}.")
    return types.pop()


def _cut(piece: Piece, parts: int, part: int) -> Piece:
    step = (piece.end - piece.start) // parts
    return Piece(piece.file, piece.start + part * step, piece.start + (part + 1) * step)


def joined(
    files: Mapping[str, TensorFile], where: Mapping[str, str], keys: tuple[str, ...], shape: tuple[int, ...]
) -> Target:
    return Target(_one_dtype(files, where, keys), shape, tuple(piece_of(files, where, key) for key in keys))


def to_ours(
    link: Link, files: Mapping[str, TensorFile], where: Mapping[str, str], shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[tuple[str, Target]]:
    yield from _moved(
        link.published, link.ours, files, where, shapes, join=link.kind is Kind.JOIN, cut=link.kind is Kind.SPLIT
    )


def to_published(
    link: Link, files: Mapping[str, TensorFile], where: Mapping[str, str], shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[tuple[str, Target]]:
    yield from _moved(link.ours, link.published, files, where, shapes, join=link.kind is Kind.SPLIT, cut=True)


def _moved(
    sources: tuple[str, ...],
    targets: tuple[str, ...],
    files: Mapping[str, TensorFile],
    where: Mapping[str, str],
    shapes: Mapping[str, tuple[int, ...]],
    *,
    join: bool,
    cut: bool,
) -> Iterator[tuple[str, Target]]:
    """Join all sources into the one target, or give each target its part of the first source (all without `cut`)."""
    if join:
        yield targets[0], joined(files, where, sources, shapes[targets[0]])
        return
    source, count = sources[0], len(targets)
    dtype, whole = _one_dtype(files, where, (source,)), piece_of(files, where, source)
    for part, key in enumerate(targets):
        yield key, Target(dtype, shapes[key], (_cut(whole, count, part) if cut else whole,))


def write_targets(path: Path, header: bytes, targets: Mapping[str, Target], files: Mapping[str, TensorFile]) -> Written:
    used = {piece.file for target in targets.values() for piece in target.pieces}
    with ExitStack() as stack:
        data = {name: stack.enter_context(files[name].open()) for name in used}

        def blocks() -> Iterator[memoryview]:
            for target in targets.values():
                for piece in target.pieces:
                    block = data[piece.file][piece.start : piece.end]
                    try:
                        yield block
                    finally:
                        block.release()

        return write_tensor_file(path, header, blocks())


def in_shards(targets: Mapping[str, Target], limit: int) -> list[dict[str, Target]]:
    shards: list[dict[str, Target]] = [{}]
    filled = 0
    for key, target in targets.items():
        size = entry_bytes(target.dtype, target.shape)
        if shards[-1] and filled + size > limit:
            shards.append({})
            filled = 0
        shards[-1][key] = target
        filled += size
    return shards


def header_of(targets: Mapping[str, Target]) -> bytes:
    return build_header({key: (t.dtype, t.shape) for key, t in targets.items()}, {"format": "pt"})
