"""Words of a text with their places: the units in which a question is read and accounted for."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

#: A question longer than this is read no further; the rest is "not used".
MAX_CHARACTERS = 2_000
#: Letters of scripts that put no blanks between words: each is a token, words are found by the longest match.
UNSPACED = "\u3400-\u4dbf\u4e00-\u9fff"

_TOKEN = re.compile(
    r"(?P<date>(?<!\d)\d{4}[-/.](?:0?[1-9]|1[0-2])(?:[-/.]\d{1,2})?(?![\d])"
    r"|(?<!\d)\d{1,2}[./]\d{1,2}[./]\d{4}(?!\d)|\d{4}\s?年(?:\d{1,2}\s?月(?:\d{1,2}\s?[日号])?)?|[’']\d\d(?!\d))"
    r"|(?P<square>(?<![^\W\d_])(?:km|mi|ft|yd|cm|m)(?:\s?²|\s?\^\s?2|\*\*2|2)(?!\d))"
    rf"|(?P<number>\d{{1,3}}(?:[\u00a0\u2009\u202f '’]\d{{3}})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)*|(?<![\w.,])\.\d+)"
    rf"|(?P<unspaced>[{UNSPACED}])"
    rf"|(?P<word>[^\W\d_{UNSPACED}]+)"
    r"|(?P<sign>>=|<=|!=|->|→|=>|[%‰°><=≥≤≠±+&/:;,.!?¿¡()–—−\-、,。;:?!%])"
)
_SIGNS = str.maketrans({
    "、": ",", ",": ",", "。": ".", ";": ";", ":": ":", "?": "?", "!": "!", "%": "%", "—": "-", "–": "-", "−": "-",
})  # fmt: skip


class Token(NamedTuple):
    """A word, a number, a sign or a single letter of an unspaced script.

    `text` is in lower case, `plain` without accents too; `kind` is "word", "number", "unspaced" or "sign".
    """

    start: int
    end: int
    text: str
    plain: str
    kind: str
    capital: bool = False


def plain_form(text: str) -> str:
    """Return a text in lower case, without accents, in compatible characters ("ß" as "ss")."""
    return "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))


def tokens_of(text: str) -> list[Token]:
    """Return the tokens of a text in order. Blanks, underscores and signs without a meaning here are none."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text[:MAX_CHARACTERS]):
        kind, written = str(match.lastgroup), match.group(0)
        if kind == "square":  # a unit with its power in signs, as units are looked up
            kind, written = "word", re.sub(r"[\s^*²2]+", "", written) + "2"
        elif kind == "sign":
            written = written.translate(_SIGNS)
        capital = bool(found) and written[:1].isupper()
        found.append(Token(match.start(), match.end(), written.lower(), plain_form(written), kind, capital))
    return found
