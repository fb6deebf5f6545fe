"""What the encoder reads of a question: token ids, and which class each token is known to name."""

from __future__ import annotations

from typing import NamedTuple

from terrascope.class_words import LABELS, mentions, misspelt
from terrascope.networks.embedded.wordpiece import WordPieces

#: Longest question that is read, in tokens.
LONGEST = 96
_RANK = {label: rank for rank, label in enumerate(LABELS, 1)}
#: Ids of the pieces around a question.
_BEGIN, _END = 2, 3


class ReadQuestion(NamedTuple):
    """ids and known (0, or the number 1.. of the label that a token names), equally long; the labels that the text
    names in known words, in order of appearance."""

    ids: list[int]
    known: list[int]
    named: tuple[str, ...]


def question_text(question: str, options: tuple[str, ...]) -> str:
    """Return the text that is read: lower case, single spaces, options behind the question."""
    whole = question if not options else f"{question} options: " + " ; ".join(options)
    return " ".join(whole.lower().split())


def read_question(tokenizer: WordPieces, text: str) -> ReadQuestion:
    """Return what the encoder reads of a `question_text`. A slip of the fingers in a class word is seen through."""
    places = tokenizer.encode_places(text)[: LONGEST - 2]
    named = mentions(text)
    named += misspelt(text, named, tokenizer.is_word)
    known = []
    for _, start, end in places:
        inside = [label for first, last, label in named if first <= start and end <= last]
        known.append(_RANK[inside[0]] if inside else 0)
    labels = tuple(dict.fromkeys(label for _, _, label in sorted(named)))
    return ReadQuestion([_BEGIN, *(piece for piece, _, _ in places), _END], [0, *known, 0], labels)
