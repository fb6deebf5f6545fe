"""WordPiece tokens of a question, in lower case and without accents; no tokenizer package needed."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from terrascope.landcover.words import folded

#: Pieces that every vocabulary starts with.
SPECIAL: tuple[str, ...] = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
#: A longer word is not looked up piece by piece.
_LONGEST_WORD = 60


class WordPieces:
    """Turns a question into ids.

    Parameters
    ----------
    pieces
        In id order, `SPECIAL` first; a piece that goes on with a word starts with "##".
    """

    def __init__(self, pieces: Sequence[str]) -> None:
        self._ids = {piece: rank for rank, piece in enumerate(pieces)}

    @classmethod
    def read(cls, path: Path) -> WordPieces:
        """Read the file that `write` wrote."""
        return cls(json.loads(path.read_text(encoding="utf-8"))["pieces"])

    def write(self, path: Path) -> None:
        """Write the vocabulary as JSON."""
        content = {"pieces": list(self._ids)}
        path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")

    def __len__(self) -> int:
        return len(self._ids)

    def is_word(self, word: str) -> bool:
        """Say whether a folded word is one piece of the vocabulary."""
        return word in self._ids

    def encode_places(self, text: str) -> list[tuple[int, int, int]]:
        """Return (id, start, end) of each piece; the place is that of its word in `text`. No special pieces."""
        return [(piece, start, end) for word, start, end in _words(folded(text)) for piece in self._word(word)]

    def _word(self, word: str) -> list[int]:
        found: list[int] = []
        at = 0
        while at < len(word):
            for end in range(min(len(word), _LONGEST_WORD + at), at, -1):
                piece = word[at:end] if at == 0 else "##" + word[at:end]
                if piece in self._ids:
                    found.append(self._ids[piece])
                    at = end
                    break
            else:
                return [self._ids["[UNK]"]]
        return found


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """Words and single marks, with their places."""
    start = None
    for at, char in enumerate(text):
        if char.isalnum():
            start = at if start is None else start
            continue
        if start is not None:
            yield text[start:at], start, at
            start = None
        if not char.isspace() and unicodedata.category(char)[0] != "C":
            yield char, at, at + 1
    if start is not None:
        yield text[start:], start, len(text)
