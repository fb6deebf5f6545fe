"""Data sets of the published formats: JSON lists, JSON lines and parquet, read row by row from where they lie."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from terrascope.errors import TerraScopeError
from terrascope.landcover.words import labels_in
from terrascope_lab.training.errors import TrainingError
from terrascope_lab.training.full.records import KINDS, SEG, Record, Region, record_of

STYLES = ("chains", "referring")
_SUFFIXES = (".json", ".jsonl", ".parquet")
#: Words of stage 1 (the paper, section 4.1; "Sure, [SEG]." is how the released segmentation data answer).
REFERRING = ("<image>\nPlease segment the {label}.", f"Sure, {SEG}.")


@dataclass(frozen=True)
class DataEntry:
    """One `[[data]]` of a recipe.

    Attributes
    ----------
    path
        JSON list, JSON lines or parquet.
    images
        Folder of the images; the file's own by default.
    kind
        "auto", "optical", "temporal" or "sar".
    style
        "chains": conversations as they are. "referring": "Please segment the X" for each labelled mask.
    repeat
        How often an epoch reads it.
    limit
        Only so many rows of it; 0 takes all.
    any_label
        Take labels that no known class word is in.
    """

    path: Path
    images: Path | None = None
    kind: str = "auto"
    style: str = "chains"
    repeat: int = 1
    limit: int = 0
    any_label: bool = False

    def __post_init__(self) -> None:
        for name, value, allowed in (("kind", self.kind, KINDS), ("style", self.style, STYLES)):
            if value not in allowed:
                raise TrainingError(
                    f"{name} of the data entry {self.path.name!r} is {value!r}.", f"Use one of {', '.join(allowed)}."
                )


class Rows(Protocol):
    """Rows of a file, by number."""

    def __len__(self) -> int: ...

    def row(self, number: int) -> Mapping[str, Any]: ...


class LineRows:
    """Rows of JSON lines, or of a JSON list with an entry a line, found by their offsets in the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        offsets, at = [], 0
        with path.open("rb") as stream:
            for line in stream:
                if line.strip(b" \r\n\t,[]"):
                    offsets.append(at)
                at += len(line)
        self._offsets = np.asarray(offsets, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._offsets)

    def row(self, number: int) -> Mapping[str, Any]:
        with self.path.open("rb") as stream:
            stream.seek(int(self._offsets[number]))
            text = stream.readline().decode("utf-8")
        return _object(text.strip().rstrip(","), f"{self.path.name}[{number}]")


class ListRows:
    """Rows of a JSON list that is laid out in another way: read whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise TrainingError(f"{path.name!r} is not valid JSON: {error}.", "Build or copy it again.") from error
        if not isinstance(content, list):
            raise TrainingError(f"{path.name!r} is no list of samples.", "Give a Terra-CoT file.")
        self._rows = content

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, number: int) -> Mapping[str, Any]:
        found = self._rows[number]
        if not isinstance(found, Mapping):
            raise TrainingError(f"{self.path.name}[{number}] is {type(found).__name__}, not an object.")
        return found


class ParquetRows:
    """Rows of a parquet file; one row group is held at a time."""

    def __init__(self, path: Path) -> None:
        if importlib.util.find_spec("pyarrow") is None:
            raise TrainingError(f"{path.name!r} needs pyarrow, which is not installed.", "Install it, or give JSON.")
        import pyarrow.parquet as pq
        from pyarrow import ArrowInvalid

        self.path = path
        try:
            self._file = pq.ParquetFile(path)
        except (ArrowInvalid, OSError) as error:
            raise TrainingError(f"{path.name!r} is no readable parquet: {error}.", "Build or copy it again.") from error
        counts = [self._file.metadata.row_group(i).num_rows for i in range(self._file.num_row_groups)]
        self._ends = np.cumsum(counts) if counts else np.zeros(0, np.int64)
        self._group = -1
        self._held: list[Mapping[str, Any]] = []

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def row(self, number: int) -> Mapping[str, Any]:
        group = int(np.searchsorted(self._ends, number, side="right"))
        if group != self._group:
            self._held, self._group = self._file.read_row_group(group).to_pylist(), group
        return self._held[number - (int(self._ends[group - 1]) if group else 0)]


def _object(text: str, where: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise TrainingError(f"{where} is not valid JSON: {error}.", "Build or copy the file again.") from error
    if not isinstance(found, Mapping):
        raise TrainingError(f"{where} is {type(found).__name__}, not an object.", "Give a Terra-CoT file.")
    return found


def open_rows(path: Path) -> Rows:
    """Open a file of samples.

    Raises
    ------
    TrainingError
        If it is not there, of another kind, or damaged.
    """
    if not path.is_file():
        raise TrainingError(f"There is no data file {str(path)!r}.", "Set path of the data entry, or give --data.")
    if path.suffix not in _SUFFIXES:
        raise TrainingError(f"{path.name!r} is of no known kind.", f"Give one of {', '.join(_SUFFIXES)}.")
    if path.suffix == ".parquet":
        return ParquetRows(path)
    if path.suffix == ".jsonl" or _line_by_line(path):
        return LineRows(path)
    return ListRows(path)


def _line_by_line(path: Path) -> bool:
    """Whether a JSON list opens with `[` alone and each of its first entries fills a line."""
    with path.open(encoding="utf-8") as stream:
        if stream.readline().strip() != "[":
            return False
        first = stream.readline().strip().rstrip(",")
    try:
        return isinstance(json.loads(first), dict)
    except ValueError:
        return False


class Samples(Sequence[Record]):
    """All samples of a recipe's data entries, by number.

    Raises
    ------
    TrainingError
        If there is none.
    """

    def __init__(self, entries: Sequence[DataEntry]) -> None:
        self._sources = [_Source(entry) for entry in entries]
        self._ends = np.cumsum([len(source) for source in self._sources])
        if not entries or not self._ends[-1]:
            names = ", ".join(repr(entry.path.name) for entry in entries) or "no file"
            raise TrainingError(f"There are no samples in {names}.", "Add data entries with samples to the recipe.")

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, number: Any) -> Any:
        if not 0 <= number < len(self):
            raise IndexError(number)
        source = int(np.searchsorted(self._ends, number, side="right"))
        return self._sources[source].record(number - (int(self._ends[source - 1]) if source else 0))


class _Source:
    def __init__(self, entry: DataEntry) -> None:
        self._entry, self._rows = entry, open_rows(entry.path)
        self._images = entry.images or entry.path.parent
        count = min(len(self._rows), entry.limit or len(self._rows))
        self._pairs: list[tuple[int, int]] | None = None
        if entry.style == "referring":
            self._pairs = [pair for number in range(count) for pair in self._named(number)]
            count = len(self._pairs)
        self._count = count

    def __len__(self) -> int:
        return self._count * self._entry.repeat

    def record(self, number: int) -> Record:
        number %= self._count
        if self._pairs is None:
            return self._read(self._rows.row(number), number)
        row, mask = self._pairs[number]
        content = self._rows.row(row)
        whole = self._read(content, row)
        question, answer = (text.format(label=_labels(content)[mask]) for text in REFERRING)
        return _one_mask(whole, mask, question, answer)

    def _read(self, row: Mapping[str, Any], number: int) -> Record:
        return record_of(row, self._where(number), self._images, self._entry.kind)

    def _where(self, number: int) -> str:
        return f"{self._entry.path.name}[{number}]"

    def _named(self, number: int) -> Iterator[tuple[int, int]]:
        row = self._rows.row(number)
        labels = _labels(row)
        if not labels:
            raise TrainingError(
                f"{self._where(number)}: there is no column 'labels'; there are {', '.join(sorted(map(str, row)))}.",
                'Stage 1 asks for each label\'s mask: add labels, or set style = "chains".',
            )
        for mask, label in enumerate(labels):
            if not self._entry.any_label and not labels_in(label):
                raise TrainingError(
                    f"{self._where(number)}: {label!r} is no known class.",
                    "Correct the label, or set any_label = true in this data entry.",
                )
            yield number, mask


def _labels(row: Mapping[str, Any]) -> list[str]:
    labels = row.get("labels")
    if isinstance(labels, str):
        labels = json.loads(labels)
    return [str(label) for label in labels] if labels is not None else []


def _one_mask(record: Record, mask: int, question: str, answer: str) -> Record:
    """Keep one mask of a sample, on its own image."""
    if mask >= len(record.regions):
        raise TrainingError(
            f"{record.where}: there are more labels than masks ({len(record.regions)}).", "Give a label for each mask."
        )
    region = record.regions[mask]
    return replace(
        record,
        pictures=(record.pictures[region.view],),
        sar=False,
        turns=((question, answer),),
        regions=(Region(0, region.rles),),
    )


def checked(samples: Samples, count: int = 0) -> int:
    """Read samples once with their pictures and masks, for a look before a long run; returns how many.

    Raises
    ------
    TerraScopeError
        The first thing that is wrong, naming file and row.
    """
    done = 0
    for number in range(len(samples) if not count else min(count, len(samples))):
        record: Record = samples[number]
        sizes = [picture.read(record.where).shape[:2] for picture in record.pictures]
        for region in record.regions:
            height, width = sizes[region.view]
            region.mask(height, width, record.where)
        done += 1
    if not done:
        raise TerraScopeError("There is no sample to check.")
    return done
