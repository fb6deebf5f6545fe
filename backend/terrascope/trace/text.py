"""The reasoning as people read it: without the marks that only the network needs, and without the answer itself."""

from __future__ import annotations

import re

_MARKS = re.compile(
    r"\s?\[SEG\]|</?think>|</?answer>|<REGION>|</?p>|</?vp>|<\|(?:im_end|im_start|end|endoftext)\|>|</s>", re.IGNORECASE
)
_ANSWER = re.compile(r"<answer>.*?(?:</answer>|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?answer>", re.IGNORECASE)


def readable(text: str) -> str:
    """Return a step's text without special tokens and without the answer, which is shown on its own."""
    return _MARKS.sub("", _ANSWER.sub("", text))


class ReadableStream:
    """Makes streamed pieces readable. A special token comes whole within one piece."""

    def __init__(self) -> None:
        self._in_answer = False

    def feed(self, piece: str) -> str:
        """Return what of a piece is to be shown, spaces kept."""
        shown, place = [], 0
        for tag in _TAG.finditer(piece):
            if not self._in_answer:
                shown.append(piece[place : tag.start()])
            self._in_answer = not tag.group().startswith("</")
            place = tag.end()
        if not self._in_answer:
            shown.append(piece[place:])
        return _MARKS.sub("", "".join(shown))
