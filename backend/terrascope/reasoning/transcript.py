"""What has been written in a run: ids, text that grows without breaking, and how sure each id was."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

#: Decodes ids to text, special tokens kept.
Decode = Callable[[Sequence[int]], str]

_BROKEN = "\ufffd"
#: A character is at most four bytes long, so at most so many byte tokens wait for its end.
_LONGEST_WAIT = 4
_ANSWER = re.compile(r"<answer>(.*?)(?:</answer>|$)", re.DOTALL | re.IGNORECASE)


class Transcript:
    """Written, injected and inserted tokens of one run, in order.

    Attributes
    ----------
    ids
        Output ids as the released code returns them: written ids and <REGION> placeholders.
    written
        Ids that the network chose.
    length
        Ids of `ids` and tokens of inserted text: what counts towards the limit.
    """

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self.ids: list[int] = []
        self.written: list[int] = []
        self.length = 0
        self._text = ""  # all of it, as it was shown
        self._stream = ""  # what the network wrote
        self._log_probability: list[tuple[int, float]] = []  # (characters of the stream so far, log probability)
        self._prefix = self._read = 0  # ids[prefix:read] are shown and give the next ids their context
        self._mask_at = 0  # characters of the text up to the last mask
        self._inserted = False

    def write(self, token: int, log_probability: float) -> str:
        """Take a token that the network chose. Returns the text that it completes; empty while a character is open."""
        self.ids.append(token)
        self.written.append(token)
        self.length += 1
        piece = self._advance(_LONGEST_WAIT)
        self._log_probability.append((len(self._stream), log_probability))
        return piece

    def flush(self) -> str:
        """Return text that is still held back for the end of a character."""
        return self._advance(0)

    def inject(self, region: int | None, count: int) -> None:
        """Note `count` visual tokens: a mask is done. Held-back text must have been flushed."""
        self.length += count
        if region is not None and count:
            self.ids.extend([region] * count)
            self._text += self._decode([region] * count)
            self._prefix, self._read = len(self.ids) - 1, len(self.ids)
        self._mask_at = len(self._text)

    def insert(self, text: str, tokens: int) -> None:
        """Note text of `tokens` tokens that the network did not write."""
        self._text += text
        self._prefix = self._read = len(self.ids)
        self.length += tokens
        self._inserted = True

    def so_far(self) -> str:
        """Return the text up to here: what was written, <REGION> placeholders, inserted text."""
        return self._text

    def since_last_mask(self) -> str:
        """Return the text since the last mask, inserted text included, a closing [SEG] taken off."""
        return self._text[self._mask_at :].removesuffix("[SEG]")

    def whole(self) -> str:
        """Return the finished text, trimmed; with nothing inserted, all ids decoded at once, like the released code."""
        return (self._text if self._inserted else self._decode(self.ids)).strip()

    def answer_confidence(self) -> float | None:
        """Return the geometric mean of the probabilities of the answer's tokens, None without an answer."""
        found = _ANSWER.search(self._stream)
        if found is None:
            return None
        inside = [value for end, value in self._log_probability if found.start(1) < end <= found.end(1)]
        return math.exp(sum(inside) / len(inside)) if inside else None

    def _advance(self, patience: int) -> str:
        shown = self._decode(self.ids[self._prefix : self._read]) if self._read > self._prefix else ""
        whole = self._decode(self.ids[self._prefix :]) if len(self.ids) > self._prefix else ""
        waiting = len(self.ids) - self._read
        if len(whole) <= len(shown) or (whole.endswith(_BROKEN) and waiting < patience):
            return ""
        self._prefix, self._read = self._read, len(self.ids)
        piece = whole[len(shown) :]
        self._stream += piece
        self._text += piece
        return piece
