"""What the encoder reads of a question: token ids, and which known class word each token is part of."""

from __future__ import annotations

from terrascope.class_words import LABELS, mentions
from terrascope.networks.embedded.bpe import QuestionTokenizer

#: Longest question that is read, in tokens.
LONGEST = 96
_RANK = {label: rank for rank, label in enumerate(LABELS, 1)}


def question_text(question: str, options: tuple[str, ...]) -> str:
    """Return the text that is read: lower case, single spaces, options behind the question."""
    whole = question if not options else f"{question} options: " + " ; ".join(options)
    return " ".join(whole.lower().split())


def read_question(tokenizer: QuestionTokenizer, text: str) -> tuple[list[int], list[int]]:
    """Return token ids and, for each token, 0 or the number (1..) of the label that the word is known to name."""
    places = tokenizer.encode_places(text)[:LONGEST]
    named = mentions(text)
    known = []
    for _, start, end in places:
        inside = [label for first, last, label in named if first <= start + 1 and end <= last and end > first]
        known.append(_RANK[inside[0]] if inside else 0)
    return ([token for token, _, _ in places], known) if places else ([0], [0])
