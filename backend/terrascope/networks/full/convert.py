"""Import of a published checkpoint into our layout, and export back, bit for bit.

All rules of the key map cut, join or copy tensors along their first axis, so the conversion moves bytes and never
looks at a number: it is exact in every precision, and one tensor at a time is all it holds.

Our layout: `config.json`, `model*.safetensors` (with index when sharded), tokenizer files, `processor.json`,
`weights.json` (SHA-256 of every weight file) and `published/`, which carries what the model does not use.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from terrascope.errors import CheckpointError
from terrascope.networks.full.keymap import RULES, Kind, Link, Rule, links_from_ours, links_from_published
from terrascope.networks.full.published import (
    INDEX,
    SINGLE,
    Published,
    check_keys,
    listed,
    model_shapes,
    read_json,
    read_published,
)
from terrascope.networks.full.tensor_file import (
    TensorFile,
    Written,
    build_header,
    entry_bytes,
    read_tensor_file,
    sha256_of,
    write_tensor_file,
)

log = logging.getLogger(__name__)

CARRIED = "published"
CARRIED_WEIGHTS = "carried.safetensors"
HEADERS = "headers.json"
WEIGHTS = "weights.json"
PROCESSOR = "processor.json"
TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "added_tokens.json",
    "special_tokens_map.json", "chat_template.jinja",
)  # fmt: skip
SHARD_BYTES = 4_000_000_000
_NEVER_CARRIED = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".safetensors"}
_DTYPE_NAMES = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}

Progress = Callable[[str, int, int], None]


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


def _piece(files: Mapping[str, TensorFile], where: Mapping[str, str], key: str) -> Piece:
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


def _join(
    files: Mapping[str, TensorFile], where: Mapping[str, str], keys: tuple[str, ...], shape: tuple[int, ...]
) -> Target:
    return Target(_one_dtype(files, where, keys), shape, tuple(_piece(files, where, key) for key in keys))


def _to_ours(
    link: Link, files: Mapping[str, TensorFile], where: Mapping[str, str], shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[tuple[str, Target]]:
    if link.kind is Kind.JOIN:
        yield link.ours[0], _join(files, where, link.published, shapes[link.ours[0]])
        return
    source, count = link.published[0], len(link.ours)
    dtype, whole = _one_dtype(files, where, (source,)), _piece(files, where, source)
    for part, key in enumerate(link.ours):
        piece = _cut(whole, count, part) if link.kind is Kind.SPLIT else whole
        yield key, Target(dtype, shapes[key], (piece,))


def _to_published(
    link: Link, files: Mapping[str, TensorFile], where: Mapping[str, str], shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[tuple[str, Target]]:
    if link.kind is Kind.SPLIT:
        yield link.published[0], _join(files, where, link.ours, shapes[link.published[0]])
        return
    source, count = link.ours[0], len(link.published)
    dtype, whole = _one_dtype(files, where, (source,)), _piece(files, where, source)
    for part, key in enumerate(link.published):
        yield key, Target(dtype, shapes[key], (_cut(whole, count, part),))


def _write(path: Path, header: bytes, targets: Mapping[str, Target], files: Mapping[str, TensorFile]) -> Written:
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


def _shards(targets: Mapping[str, Target], limit: int) -> list[dict[str, Target]]:
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


def _header(targets: Mapping[str, Target]) -> bytes:
    return build_header({key: (t.dtype, t.shape) for key, t in targets.items()}, {"format": "pt"})


def _need_room(folder: Path, needed: int) -> None:
    place = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    free = shutil.disk_usage(place).free
    if free < needed:
        raise CheckpointError(
            f"The checkpoint needs {needed / 1e9:.1f} GB in {str(place)!r}, {free / 1e9:.1f} GB are free.",
            "Free some space or choose another folder.",
        )


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """Give a work folder beside `folder`; it takes that name when all went well and is removed when not."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CheckpointError(f"{str(folder)!r} exists and is not empty.", "Choose another folder.")
    work = folder.with_name(folder.name + ".partial")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        yield work
        if folder.is_dir():
            folder.rmdir()
        work.rename(folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def write_json(path: Path, content: object) -> None:
    """Write JSON, readable, with a final newline."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def digest_of(files: Mapping[str, Mapping[str, object]]) -> str:
    """One SHA-256 for several weight files: of their hashes in name order."""
    return hashlib.sha256("".join(f"{files[name]['sha256']}\n" for name in sorted(files)).encode()).hexdigest()


def import_published(
    source: Path,
    destination: Path,
    *,
    sums: Mapping[str, str] | None = None,
    origin: str = "",
    progress: Progress | None = None,
    rules: tuple[Rule, ...] = RULES,
    shard_bytes: int = SHARD_BYTES,
) -> Path:
    """Read a checkpoint in the published layout and write it in ours.

    Parameters
    ----------
    source, destination
        Folders; `destination` must not exist or be empty. It appears only when it is complete.
    sums
        Expected SHA-256 of source files by name (see `read_published`).
    origin
        What to record as the source; the folder's name by default.
    progress
        Called with (what, done, total) before each file.
    rules
        The key rules (another table serves as a negative control in the tests).

    Raises
    ------
    CheckpointError
        As `read_published`; also for a destination that is in use or too small.
    """
    checkpoint = read_published(source, sums)
    _need_room(destination, sum(file.path.stat().st_size for file in checkpoint.files.values()))
    links, strangers = links_from_published(checkpoint.where, rules)
    shapes = model_shapes(checkpoint.config)
    targets = {
        key: target for link in links for key, target in _to_ours(link, checkpoint.files, checkpoint.where, shapes)
    }
    check_keys({key: target.shape for key, target in targets.items()}, shapes, f"the import of {source.name!r}")
    config = checkpoint.config.to_dict()
    config["architectures"] = ["TerraScopeForConditionalGeneration"]
    config["dtype"] = _dtype_name(targets)
    with _appearing(destination) as work:
        weights = _write_weights(work, targets, checkpoint, shard_bytes, progress)
        _write_carried(work / CARRIED, checkpoint, strangers, progress)
        write_json(work / "config.json", config)
        for name in TOKENIZER_FILES:
            if (source / name).is_file():
                shutil.copyfile(source / name, work / name)
        write_json(work / PROCESSOR, {"sam_constants": "released"})
        record = {"origin": origin or source.name, "sha256": digest_of(weights), "files": weights, "layout": 1}
        write_json(work / WEIGHTS, record)
    return destination


def _dtype_name(targets: Mapping[str, Target]) -> str:
    bytes_of: dict[str, int] = {}
    for target in targets.values():
        bytes_of[target.dtype] = bytes_of.get(target.dtype, 0) + entry_bytes(target.dtype, target.shape)
    most = max(bytes_of, key=lambda name: bytes_of[name])
    if most not in _DTYPE_NAMES:
        raise CheckpointError(f"The weights are {most}; {', '.join(_DTYPE_NAMES)} are understood.")
    return _DTYPE_NAMES[most]


def _write_weights(
    work: Path, targets: Mapping[str, Target], checkpoint: Published, shard_bytes: int, progress: Progress | None
) -> dict[str, dict[str, object]]:
    shards = _shards(targets, shard_bytes)
    names = (
        [SINGLE]
        if len(shards) == 1
        else [f"model-{i:05d}-of-{len(shards):05d}.safetensors" for i in range(1, len(shards) + 1)]
    )
    written: dict[str, dict[str, object]] = {}
    for i, (name, shard) in enumerate(zip(names, shards)):
        if progress:
            progress(name, i, len(shards))
        result = _write(work / name, _header(shard), shard, checkpoint.files)
        written[name] = {"bytes": result.size, "sha256": result.sha256}
    if len(shards) > 1:
        total = sum(entry_bytes(target.dtype, target.shape) for target in targets.values())
        weight_map = {key: name for name, shard in zip(names, shards) for key in shard}
        write_json(work / INDEX, {"metadata": {"total_size": total}, "weight_map": weight_map})
    return written


def _write_carried(folder: Path, checkpoint: Published, keys: list[str], progress: Progress | None) -> None:
    folder.mkdir()
    carried = {
        key: _join(
            checkpoint.files,
            checkpoint.where,
            (key,),
            checkpoint.files[checkpoint.where[key]].entries[key].shape,
        )
        for key in keys
    }
    _write(folder / CARRIED_WEIGHTS, _header(carried), carried, checkpoint.files)
    headers = {}
    for i, (name, file) in enumerate(checkpoint.files.items()):
        if progress:
            progress(f"hash of {name}", i, len(checkpoint.files))
        headers[name] = {"header": file.header.decode(), "sha256": sha256_of(file.path)}
    write_json(folder / HEADERS, headers)
    for path in sorted(checkpoint.folder.iterdir()):
        if path.is_file() and path.suffix not in _NEVER_CARRIED and not path.name.startswith("."):
            shutil.copyfile(path, folder / path.name)


def our_weight_files(folder: Path) -> list[str]:
    """Names of the weight files of a checkpoint in our layout."""
    if (folder / INDEX).is_file():
        return sorted(set(read_json(folder / INDEX).get("weight_map", {}).values()))
    if (folder / SINGLE).is_file():
        return [SINGLE]
    raise CheckpointError(f"There are no weights in {folder.name!r}.", "Import or train a checkpoint first.")


class Exported(NamedTuple):
    """What an export wrote; `identical` is True where every weight file is the published one, bit for bit."""

    folder: Path
    identical: bool
    changed: tuple[str, ...]


def export_published(
    source: Path, destination: Path, *, like: Path | None = None, progress: Progress | None = None
) -> Exported:
    """Write a checkpoint of ours in the published layout.

    Parameters
    ----------
    source
        Folder in our layout.
    destination
        Must not exist or be empty.
    like
        Imported folder to take the carried part from, for a `source` that was trained here and has none.

    Raises
    ------
    CheckpointError
        If the carried part is missing, or the tensors do not fit it.
    """
    carried = (like or source) / CARRIED
    if not (carried / HEADERS).is_file():
        raise CheckpointError(
            f"{(like or source).name!r} carries no published part, which the published layout needs.",
            "Name the imported checkpoint that it was trained from with --like.",
        )
    names = our_weight_files(source)
    files = {name: read_tensor_file(source / name) for name in names}
    files[CARRIED_WEIGHTS] = read_tensor_file(carried / CARRIED_WEIGHTS)
    where = {key: name for name, file in files.items() for key in file.entries}
    headers = read_json(carried / HEADERS)
    _need_room(destination, sum(file.path.stat().st_size for file in files.values()))
    targets = _published_targets(headers, files, where, source)
    changed: list[str] = []
    with _appearing(destination) as work:
        for i, (name, recorded) in enumerate(headers.items()):
            if progress:
                progress(name, i, len(headers))
            header, shard = _published_shard(recorded["header"], targets)
            if _write(work / name, header, shard, files).sha256 != recorded["sha256"]:
                changed.append(name)
        for path in sorted(carried.iterdir()):
            if path.name not in (HEADERS, CARRIED_WEIGHTS):
                shutil.copyfile(path, work / path.name)
    return Exported(destination, not changed, tuple(changed))


def _published_targets(
    headers: Mapping[str, Mapping[str, str]], files: Mapping[str, TensorFile], where: Mapping[str, str], source: Path
) -> dict[str, Target]:
    shapes = {
        key: tuple(value["shape"])
        for recorded in headers.values()
        for key, value in json.loads(recorded["header"]).items()
        if key != "__metadata__"
    }
    links, strangers = links_from_ours(where)
    _check_twins(links, files, where)
    targets = {key: target for link in links for key, target in _to_published(link, files, where, shapes)}
    for key in strangers:
        targets[key] = _join(files, where, (key,), files[where[key]].entries[key].shape)
    found = {
        key: target.shape
        for key, target in targets.items()
        if sum(p.end - p.start for p in target.pieces) == entry_bytes(target.dtype, target.shape)
    }
    check_keys(found, shapes, f"the export of {source.name!r}")
    return targets


def _published_shard(text: str, targets: Mapping[str, Target]) -> tuple[bytes, dict[str, Target]]:
    table = json.loads(text)
    metadata = table.pop("__metadata__", {})
    order = sorted(table, key=lambda key: (table[key]["data_offsets"], key))
    shard = {key: targets[key] for key in order}
    if all(shard[key].dtype == table[key]["dtype"] for key in order):
        return text.encode(), shard
    return build_header({key: (t.dtype, t.shape) for key, t in shard.items()}, metadata), shard


def _check_twins(links: list[Link], files: Mapping[str, TensorFile], where: Mapping[str, str]) -> None:
    for link in links:
        if link.kind is Kind.TWICE:
            values = []
            for key in link.ours:
                piece = _piece(files, where, key)
                with files[piece.file].open() as data:
                    values.append(bytes(data[piece.start : piece.end]))
            if values[0] != values[1]:
                raise CheckpointError(
                    f"{link.ours[0]!r} and {link.ours[1]!r} differ; the published layout has room for one.",
                    "Set both to the same tensor before exporting.",
                )


def verify_weights(folder: Path) -> str:
    """Check every weight file of ours against `weights.json`; return the checkpoint's SHA-256.

    A folder without `weights.json` (saved by `save_pretrained`) is hashed as it is.

    Raises
    ------
    CheckpointError
        If a file is cut short or its hash is not the recorded one.
    """
    names = our_weight_files(folder)
    for name in names:
        if not (folder / name).is_file():
            raise CheckpointError(f"The shard {name!r} is missing in {folder.name!r}.", "Import the checkpoint again.")
        read_tensor_file(folder / name)
    recorded = read_json(folder / WEIGHTS)["files"] if (folder / WEIGHTS).is_file() else {}
    found = {name: {"sha256": sha256_of(folder / name)} for name in names}
    for name, entry in found.items():
        if name in recorded and recorded[name]["sha256"] != entry["sha256"]:
            raise CheckpointError(
                f"The SHA-256 of {name!r} is {entry['sha256']}, {recorded[name]['sha256']} is recorded.",
                "The file was changed or damaged: import the checkpoint again.",
            )
    return digest_of(found)
