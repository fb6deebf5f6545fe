"""JSON lists of any length, written and read one entry at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from terrascope_lab.cot.scenes import DataError

_CHUNK = 1 << 20


class ListWriter:
    """Writes a JSON list, an entry a line; the file has its name once it is whole."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        self._part = path.with_name(path.name + ".part")
        self._stream = self._part.open("w", encoding="utf-8")

    def __enter__(self) -> ListWriter:
        return self

    def add(self, entry: Mapping[str, Any]) -> None:
        """Append an entry."""
        self.add_text(json.dumps(entry, ensure_ascii=False))

    def add_text(self, entry: str) -> None:
        """Append an entry that is JSON already, on one line."""
        self._stream.write("[\n" if self.count == 0 else ",\n")
        self._stream.write(entry)
        self.count += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.write("[]\n" if self.count == 0 else "\n]\n")
        self._stream.close()
        if kind is None:
            self._part.replace(self.path)


def read_list(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the entries of a JSON list, in bounded memory.

    Raises
    ------
    DataError
        If the file is no JSON list of objects, or breaks off.
    """
    decoder, number = json.JSONDecoder(), 0
    with path.open(encoding="utf-8") as stream:
        buffer, at = stream.read(_CHUNK).lstrip(), 1
        if buffer[:1] != "[":
            raise DataError(f"{path.name} is no JSON list: it begins with {buffer[:20]!r}.", "Give a Terra-CoT file.")
        while True:
            while at < len(buffer) and buffer[at] in ", \n\r\t":
                at += 1
            if buffer[at : at + 1] == "]":
                return
            try:
                entry, end = decoder.raw_decode(buffer, at)
            except json.JSONDecodeError as error:
                more = stream.read(max(_CHUNK, len(buffer)))
                if not more:
                    raise DataError(
                        f"{path.name} breaks off in entry {number}: {error.msg}.", "Build or copy it again."
                    ) from error
                buffer, at = buffer[at:] + more, 0
                continue
            if not isinstance(entry, dict):
                raise DataError(f"{path.name}, entry {number}: {type(entry).__name__}, not an object.")
            yield entry
            number, at = number + 1, end
            if at > _CHUNK:
                buffer, at = buffer[at:], 0
