"""Which language a question is in."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from terrascope.landcover import LANGUAGES
from terrascope.questions.reading.lexicon import lexicon, tables, unit_of
from terrascope.questions.reading.tokens import Token

#: Part of the letters that may be of another script than those that are read.
_STRANGE = 0.3
#: Of a word, by which the language of the question before is ahead.
_PRIOR = 0.4


def language_of(tokens: Sequence[Token], text: str, before: str | None = None) -> str | None:
    """Return the language of a question (ISO 639-1), None if it is none of those that are read.

    `before` is that of the question before, in which words that many languages have are read.
    """
    letters = [char for char in text if char.isalpha()]
    strange = sum(_other_script(char) for char in letters)
    if letters and strange > _STRANGE * len(letters):
        return None
    if any(token.kind == "unspaced" for token in tokens):
        return "zh"
    words = [token for token in tokens if token.kind == "word"]
    scores = {language: _known(tokens, language) for language in LANGUAGES if language != "zh" and language in tables()}
    scores[before if before in scores else "en"] += _PRIOR
    if max(scores.values()) < len(words) / 2:  # few words are known as they stand: slips and compounds count
        for language in scores:
            near = lexicon(language)
            scores[language] += 0.5 * sum(
                near.corrected(word.plain) is not None or near.joined(word.plain) is not None for word in words
            )
    best = max(scores, key=lambda language: scores[language])
    plain = [token.text for token in words]
    unread = max((sum(word in rows["words"] for word in plain) for rows in tables()["other"].values()), default=0)
    if unread and (unread > scores[best] or (unread == scores[best] < len(words) / 2) or (
        unread >= 2 and scores[best] < 0.75 * len(words) and unread >= scores[best] * 0.6
    )):  # fmt: skip
        return None
    return best


def _known(tokens: Sequence[Token], language: str) -> float:
    words = lexicon(language)
    place, known = 0, 0.0
    while place < len(tokens):
        match = words.longest(tokens, place)
        if match is None:
            known += tokens[place].kind == "word" and unit_of(tokens[place].text) is not None
            place += 1
            continue
        spelt = sum(token.kind == "word" for token in tokens[place : place + match.length])
        known += spelt * (1.0 if match.exact else 0.7)
        place += match.length
    return known


def _other_script(char: str) -> bool:
    name = unicodedata.name(char, "")
    return not name.startswith(("LATIN", "CJK UNIFIED", "FULLWIDTH", "FEMININE", "MASCULINE", "SUPERSCRIPT", "MICRO"))
