"""Our checkpoint layout on disk: names of its files, hashes, and folders that appear only when they are complete.

`config.json`, `model*.safetensors` (with index when sharded), tokenizer files, `processor.json`, `weights.json` (hashes
of the weight files) and `published/`, which carries what the model does not use.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from terrascope.errors import CheckpointError
from terrascope.networks.full.partial_folder import WEIGHTS, adopt_finished, appearing
from terrascope.networks.full.published import INDEX, SINGLE, read_json
from terrascope.networks.full.tensor_file import read_tensor_file, sha256_of

CARRIED = "published"
CARRIED_WEIGHTS = "carried.safetensors"
HEADERS = "headers.json"
PROCESSOR = "processor.json"
TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "added_tokens.json",
    "special_tokens_map.json", "chat_template.jinja",
)  # fmt: skip


def need_room(folder: Path, needed: int) -> None:
    place = next(parent for parent in (folder, *folder.parents) if parent.is_dir())
    free = shutil.disk_usage(place).free
    if free < needed:
        raise CheckpointError(
            f"The checkpoint needs {needed / 1e9:.1f} GB in {str(place)!r}, {free / 1e9:.1f} GB are free.",
            "Free some space or choose another folder.",
        )


def write_json(path: Path, content: object) -> None:
    """Write JSON, readable, with a final newline."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def digest_of(files: Mapping[str, Mapping[str, object]]) -> str:
    """One SHA-256 for several weight files: of their hashes in name order."""
    return hashlib.sha256("".join(f"{files[name]['sha256']}\n" for name in sorted(files)).encode()).hexdigest()


def our_weight_files(folder: Path) -> list[str]:
    """Names of the weight files of a checkpoint in our layout."""
    if (folder / INDEX).is_file():
        return sorted(set(read_json(folder / INDEX).get("weight_map", {}).values()))
    if (folder / SINGLE).is_file():
        return [SINGLE]
    raise CheckpointError(f"There are no weights in {folder.name!r}.", "Import or train a checkpoint first.")


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


__all__ = [
    "CARRIED", "CARRIED_WEIGHTS", "HEADERS", "PROCESSOR", "TOKENIZER_FILES", "WEIGHTS", "adopt_finished", "appearing",
    "digest_of", "need_room", "our_weight_files", "verify_weights", "write_json",
]  # fmt: skip
