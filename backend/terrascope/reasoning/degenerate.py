"""Output that must not be passed off as an answer."""

from __future__ import annotations

from collections.abc import Sequence

#: A run of at least so many ids that is one pattern, at least so often, is a circle. Chains that repeat by right (one
#: sentence a class, twenty classes) differ in a word or a number within a pattern.
LONGEST_PATTERN = 96
LEAST_TIMES = 4
LEAST_IDS = 40


def repeats(written: Sequence[int]) -> bool:
    """Say whether the end of the written ids is one pattern again and again.

    Parameters
    ----------
    written
        Ids that the network chose, injected ones left out.
    """
    tail = list(written[-LONGEST_PATTERN * LEAST_TIMES :])
    for period in range(1, min(LONGEST_PATTERN, len(tail) // LEAST_TIMES) + 1):
        span = max(LEAST_IDS, period * LEAST_TIMES)
        if len(tail) < span or tail[-1] != tail[-1 - period]:
            continue
        if all(tail[-i] == tail[-i - period] for i in range(1, span - period + 1)):
            return True
    return False
