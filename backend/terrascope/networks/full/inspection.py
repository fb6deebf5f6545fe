"""Looking at a checkpoint of ours without loading it: keys, shapes, sizes, origin."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from terrascope.errors import CheckpointError
from terrascope.networks.full.layout import CARRIED, HEADERS, WEIGHTS, our_weight_files
from terrascope.networks.full.loading import load_config
from terrascope.networks.full.memory import parameter_count
from terrascope.networks.full.published import check_keys, model_shapes, read_json
from terrascope.networks.full.tensor_file import read_tensor_file


class Inspection(NamedTuple):
    """What a checkpoint folder holds."""

    folder: Path
    origin: str
    parameters: int
    types: tuple[str, ...]
    bytes: int
    exportable: bool

    def rows(self) -> list[tuple[str, str]]:
        """Lines of a report."""
        return [
            ("folder", str(self.folder)),
            ("origin", self.origin),
            ("parameters", f"{self.parameters / 1e9:.3f} billion, every key and shape as the configuration says"),
            ("types", ", ".join(self.types)),
            ("size", f"{self.bytes / 1e9:.2f} GB"),
            ("published layout", "can be written back" if self.exportable else "needs --like to be written"),
        ]


def inspect_folder(folder: Path) -> Inspection:
    """Check that headers, keys and shapes fit the configuration.

    Raises
    ------
    CheckpointError
        Names the damaged file, or the missing, unexpected or wrongly shaped keys.
    """
    config = load_config(folder)
    names = our_weight_files(folder)
    if absent := [name for name in names if not (folder / name).is_file()]:
        raise CheckpointError(f"Shards are missing in {folder.name!r}: {', '.join(absent)}.", "Import it again.")
    files = [read_tensor_file(folder / name) for name in names]
    entries = {key: entry for file in files for key, entry in file.entries.items()}
    check_keys({key: entry.shape for key, entry in entries.items()}, model_shapes(config), repr(folder.name))
    origin = str(read_json(folder / WEIGHTS).get("origin", "")) if (folder / WEIGHTS).is_file() else "trained here"
    return Inspection(
        folder,
        origin,
        sum(parameter_count(config).values()),
        tuple(sorted({entry.dtype for entry in entries.values()})),
        sum(file.path.stat().st_size for file in files),
        (folder / CARRIED / HEADERS).is_file(),
    )
