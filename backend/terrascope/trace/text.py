"""The reasoning as people read it: without the marks that only the network needs."""

from __future__ import annotations

import re

_MARKS = re.compile(
    r"\s?\[SEG\]|</?think>|</?answer>|<REGION>|</?p>|</?vp>|<\|(?:im_end|im_start|end|endoftext)\|>|</s>", re.IGNORECASE
)


def readable(text: str) -> str:
    """Return `text` without special tokens, spaces kept (a streamed piece may begin with one)."""
    return _MARKS.sub("", text)
