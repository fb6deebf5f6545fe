"""Byte-level BPE for questions, in lower case, with a cut-down SmolLM2 vocabulary; no tokenizer package needed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

_PIECES = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d| ?[^\s\w]+|_+|\s+")


@lru_cache(maxsize=1)
def byte_letters() -> tuple[str, ...]:
    """Return the printable letter that stands for each byte (the table of GPT-2)."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {byte: chr(byte) for byte in plain}
    extra = 0
    for byte in range(256):
        if byte not in table:
            table[byte] = chr(256 + extra)
            extra += 1
    return tuple(table[byte] for byte in range(256))


class QuestionTokenizer:
    """Turns a question into ids.

    Parameters
    ----------
    tokens
        Token strings in id order, written with the byte letters.
    merges
        Pairs in order of preference, "a b".
    """

    def __init__(self, tokens: Iterable[str], merges: Iterable[str]) -> None:
        self._ids: Mapping[str, int] = {token: rank for rank, token in enumerate(tokens)}
        self._ranks = {}
        for rank, merge in enumerate(merges):
            left, right = merge.split(" ")
            self._ranks[left, right] = rank
        self._cache: dict[str, tuple[int, ...]] = {}

    @classmethod
    def read(cls, path: Path) -> QuestionTokenizer:
        """Read the file that `training.language.base` writes."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(content["tokens"], content["merges"])

    def __len__(self) -> int:
        return len(self._ids)

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text; case is ignored, every text can be encoded."""
        return [token for token, _, _ in self.encode_places(" ".join(text.lower().split()))]

    def encode_places(self, text: str) -> list[tuple[int, int, int]]:
        """Return (id, start, end) of each token of a lower-case text with single spaces; the place is that of its
        word."""
        return [
            (token, max(match.start() - 1, 0), match.end() - 1)
            for match in _PIECES.finditer(" " + text)
            for token in self._word(match.group(0))
        ]

    def _word(self, word: str) -> tuple[int, ...]:
        if word not in self._cache:
            letters = byte_letters()
            parts = [letters[byte] for byte in word.encode("utf-8", "replace")]
            while len(parts) > 1:
                best = min(range(len(parts) - 1), key=lambda i: self._ranks.get((parts[i], parts[i + 1]), 1 << 30))
                if (parts[best], parts[best + 1]) not in self._ranks:
                    break
                parts[best : best + 2] = [parts[best] + parts[best + 1]]
            if len(self._cache) > 20_000:
                self._cache.clear()
            self._cache[word] = tuple(self._ids[part] for part in parts)
        return self._cache[word]
