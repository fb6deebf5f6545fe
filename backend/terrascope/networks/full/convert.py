"""Import of a published checkpoint into our layout, and export back, bit for bit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from terrascope.errors import CheckpointError
from terrascope.networks.full.keymap import RULES, Kind, Link, Rule, links_from_ours, links_from_published
from terrascope.networks.full.layout import (
    CARRIED,
    CARRIED_WEIGHTS,
    HEADERS,
    PROCESSOR,
    TOKENIZER_FILES,
    WEIGHTS,
    adopt_finished,
    appearing,
    digest_of,
    need_room,
    our_weight_files,
    write_json,
)
from terrascope.networks.full.published import (
    INDEX,
    SINGLE,
    Published,
    check_keys,
    model_shapes,
    read_json,
    read_published,
)
from terrascope.networks.full.tensor_file import (
    TensorFile,
    build_header,
    entry_bytes,
    read_tensor_file,
    sha256_of,
)
from terrascope.networks.full.transfer import (
    Target,
    header_of,
    in_shards,
    joined,
    piece_of,
    to_ours,
    to_published,
    write_targets,
)

SHARD_BYTES = 4_000_000_000
_NEVER_CARRIED = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".safetensors"}
_DTYPE_NAMES = {"F32": "float32", "BF16": "bfloat16", "F16": "float16"}

Progress = Callable[[str, int, int], None]


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
    if adopt_finished(destination, origin or source.name):
        return destination
    checkpoint = read_published(source, sums)
    need_room(destination, sum(file.path.stat().st_size for file in checkpoint.files.values()))
    links, strangers = links_from_published(checkpoint.where, rules)
    shapes = model_shapes(checkpoint.config)
    targets = {
        key: target for link in links for key, target in to_ours(link, checkpoint.files, checkpoint.where, shapes)
    }
    check_keys({key: target.shape for key, target in targets.items()}, shapes, f"the import of {source.name!r}")
    config = checkpoint.config.to_dict()
    config["architectures"] = ["TerraScopeForConditionalGeneration"]
    config["dtype"] = _dtype_name(targets)
    with appearing(destination) as work:
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
    shards = in_shards(targets, shard_bytes)
    names = (
        [SINGLE]
        if len(shards) == 1
        else [f"model-{i:05d}-of-{len(shards):05d}.safetensors" for i in range(1, len(shards) + 1)]
    )
    written: dict[str, dict[str, object]] = {}
    for i, (name, shard) in enumerate(zip(names, shards)):
        if progress:
            progress(name, i, len(shards))
        result = write_targets(work / name, header_of(shard), shard, checkpoint.files)
        written[name] = {"bytes": result.size, "sha256": result.sha256}
    if len(shards) > 1:
        total = sum(entry_bytes(target.dtype, target.shape) for target in targets.values())
        weight_map = {key: name for name, shard in zip(names, shards) for key in shard}
        write_json(work / INDEX, {"metadata": {"total_size": total}, "weight_map": weight_map})
    return written


def _write_carried(folder: Path, checkpoint: Published, keys: list[str], progress: Progress | None) -> None:
    folder.mkdir()
    carried = {
        key: joined(
            checkpoint.files,
            checkpoint.where,
            (key,),
            checkpoint.files[checkpoint.where[key]].entries[key].shape,
        )
        for key in keys
    }
    write_targets(folder / CARRIED_WEIGHTS, header_of(carried), carried, checkpoint.files)
    headers = {}
    for i, (name, file) in enumerate(checkpoint.files.items()):
        if progress:
            progress(f"hash of {name}", i, len(checkpoint.files))
        headers[name] = {"header": file.header.decode(), "sha256": sha256_of(file.path)}
    write_json(folder / HEADERS, headers)
    for path in sorted(checkpoint.folder.iterdir()):
        if path.is_file() and path.suffix not in _NEVER_CARRIED and not path.name.startswith("."):
            shutil.copyfile(path, folder / path.name)


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
    need_room(destination, sum(file.path.stat().st_size for file in files.values()))
    targets = _published_targets(headers, files, where, source)
    changed: list[str] = []
    with appearing(destination) as work:
        for i, (name, recorded) in enumerate(headers.items()):
            if progress:
                progress(name, i, len(headers))
            header, shard = _published_shard(recorded["header"], targets)
            if write_targets(work / name, header, shard, files).sha256 != recorded["sha256"]:
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
    targets = {key: target for link in links for key, target in to_published(link, files, where, shapes)}
    for key in strangers:
        targets[key] = joined(files, where, (key,), files[where[key]].entries[key].shape)
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
                piece = piece_of(files, where, key)
                with files[piece.file].open() as data:
                    values.append(bytes(data[piece.start : piece.end]))
            if values[0] != values[1]:
                raise CheckpointError(
                    f"{link.ours[0]!r} and {link.ours[1]!r} differ; the published layout has room for one.",
                    "Set both to the same tensor before exporting.",
                )
