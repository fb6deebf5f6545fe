"""Terra-CoT as parquet: the columns of the JSON entries, pictures embedded, lists as JSON text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from terrascope_lab.cot.scenes import DataError

_PICTURES = ("image", "pre_image", "post_image")
_TEXTS = ("id", "level", "task", "source")
_JSON = ("conversations", "labels", "masks", "seg_info", "query", "options", "valid", "roles", "objects")
_NUMBERS = ("height", "width")
_ROWS = 64


def write_parquet(entries: Iterable[Mapping[str, Any]], pictures: Path, path: Path, *, embed: bool = True) -> int:
    """Write entries of one group and return how many there were; without any, no file is made.

    Parameters
    ----------
    pictures
        Folder that the picture names are below.
    embed
        Put the pictures into the file (struct of bytes and path); otherwise their names alone.

    Raises
    ------
    DataError
        If a picture is missing, or pyarrow is.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise DataError("Parquet files need pyarrow.", "Install pyarrow, or leave --parquet out.") from error
    part, count, writer = path.with_name(path.name + ".part"), 0, None
    try:
        for rows in _batches(entries):
            if writer is None:
                schema = _schema(pa, [name for name in _PICTURES if any(name in row for row in rows)], embed)
                writer = pq.ParquetWriter(part, schema, compression="zstd")
            writer.write_table(pa.Table.from_pylist([_row(entry, pictures, embed) for entry in rows], schema))
            count += len(rows)
    finally:
        if writer is not None:
            writer.close()
    if not count:
        return 0
    part.replace(path)
    return count


def _schema(pa: Any, pictures: list[str], embed: bool) -> Any:
    """Columns of a file: the pictures that its samples have (one, or two dates), and everything else."""
    picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())]) if embed else pa.string()
    return pa.schema(
        [
            *((name, picture) for name in pictures),
            *((name, pa.string()) for name in (*_TEXTS, *_JSON)),
            *((name, pa.int32()) for name in _NUMBERS),
            ("gsd_m", pa.float64()),
        ]
    )


def read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries of a parquet file in the form of the JSON lists; pictures become their names.

    Raises
    ------
    DataError
        If the file cannot be read.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise DataError("Parquet files need pyarrow.", "Install pyarrow.") from error
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"{path.name} cannot be read as parquet: {error}.", "Build or copy it again.") from error
    columns = [
        f"{field.name}.path" if field.name in _PICTURES and pa.types.is_struct(field.type) else field.name
        for field in file.schema_arrow
    ]
    for batch in file.iter_batches(batch_size=_ROWS, columns=columns):
        for row in batch.to_pylist():
            entry = {name: value for name, value in row.items() if value is not None or name in ("valid", "gsd_m")}
            for name in _JSON:
                if isinstance(entry.get(name), str):
                    entry[name] = json.loads(entry[name])
            for name in _PICTURES:
                if isinstance(entry.get(name), Mapping):
                    entry[name] = entry[name]["path"]
                if entry.get(name) is None:
                    entry.pop(name, None)
            yield entry


def _batches(entries: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    rows: list[Mapping[str, Any]] = []
    for entry in entries:
        rows.append(entry)
        if len(rows) == _ROWS:
            yield rows
            rows = []
    if rows:
        yield rows


def _row(entry: Mapping[str, Any], pictures: Path, embed: bool) -> dict[str, Any]:
    row = {name: entry.get(name) for name in (*_TEXTS, *_NUMBERS, "gsd_m")}
    row |= {name: None if entry.get(name) is None else json.dumps(entry[name]) for name in _JSON}
    for name in _PICTURES:
        if name not in entry:
            continue
        row[name] = {"bytes": _bytes(pictures / entry[name]), "path": entry[name]} if embed else entry[name]
    return row


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"The picture {path.name!r} cannot be read: {error.strerror}.", "Build it again.") from error
