"""One reader for what a network answers: letters, numbers with units, yes and no, names.

Used for multiple choice, for the benchmarks and for checking claims. Nothing here raises on any text.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

from terrascope.units.read import Kind, Quantity, closeness, quantities

__all__ = [
    "Kind",
    "Quantity",
    "answer_text",
    "choose_option",
    "first_letter",
    "is_abstention",
    "letter_of",
    "normalised",
    "quantities",
    "yes_no",
]

LETTERS = "ABCDE"

_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
_OPEN_ANSWER = re.compile(r"<answer>(.*)$", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<\|?/?[a-zA-Z_]{1,20}\|?>|\[SEG\]")
_WORD = re.compile(r"[^\W_]+", re.UNICODE)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_YES = _set("yes yeah yep true correct ja oui si sí sim da present")
_NO = _set("no nope not false incorrect nein non não nao nie absent none neither never cannot")
_YES_NO_PHRASE = re.compile(
    r"^(?:(?P<no>(?:there\s+(?:is|are)|it\s+(?:is|does)|they\s+(?:are|do)|i\s+(?:do|can))\s*(?:not|n't|no)\b|(?:isn|aren|don|doesn)'t\b)"
    r"|(?P<yes>(?:there\s+(?:is|are)|it\s+(?:is|does)|they\s+(?:are|do))\b))",
    re.IGNORECASE,
)
_ABSTAIN = re.compile(
    r"\b(?:can(?:no|')?t\s+(?:be\s+)?(?:tell|told|say|said|see|seen|determin\w+|answer\w*|know|known|identif\w+|judg\w+|measur\w+|estimat\w+|assess\w*)"
    r"|cannot\s+(?:be\s+)?(?:tell|told|say|said|see|seen|determin\w+|answer\w*|know|known|identif\w+|judg\w+|measur\w+|estimat\w+|assess\w*)"
    r"|could\s+not\s+be\s+determined|unable\s+to\s+(?:tell|say|determine|answer|identify|assess|measure)"
    r"|not\s+(?:possible|able)\s+to\s+(?:tell|say|determine|answer|know|identify|assess|measure)"
    r"|impossible\s+to\s+(?:tell|say|determine|answer|know)|insufficient\s+(?:information|data|evidence)|not\s+enough\s+(?:information|data)"
    r"|(?:do\s+not|don't)\s+know|not\s+answerable|unanswerable|undetermined|indeterminate|unknown|no\s+answer)\b",
    re.IGNORECASE,
)
_DECLARED = re.compile(
    r"\b(?:answer|option|choice|choose|pick|select)(?:\s+is)?\s*[:=]?\s*(?:option\s+)?[\"'*(\[]*([A-Za-z])[\"'*)\]]*(?=[\s.,;:!)]|$)",
    re.IGNORECASE,
)
_LEADING = re.compile(r"^[\s\"'*(\[]*([A-Za-z])[\"'*]*(?:[.):\]]+[\"'*]*(?:\s|$)|\s*$)")
_OPTION_PREFIX = re.compile(r"^\s*\(?([A-Z])[.):]\s+")


def answer_text(text: str, *, closed: bool = False) -> str | None:
    """Return what stands in the first <answer>...</answer>, trimmed; None if there is none or it is empty.

    An answer whose end tag is missing counts too (what follows <answer>, special tokens taken off), unless `closed`.
    """
    found = _ANSWER.search(text) or (None if closed else _OPEN_ANSWER.search(text))
    if found is None:
        return None
    inner = _TAG.sub(" ", found.group(1)).strip()
    return inner or None


def first_letter(text: str, letters: str = "ABCD") -> str | None:
    r"""Return the first `\b[A-D]\b`, the paper's rule for the benchmarks: no match is a wrong answer.

    Case counts, for a lower-case "a" is an article. `letters` may be "ABCDE" (DisasterM3).
    """
    found = re.search(rf"\b[{re.escape(letters)}]\b", text) if letters else None
    return found.group(0) if found else None


def letter_of(text: str, letters: str = LETTERS) -> str | None:
    """Return the letter that a text means: "B", "(b)", "B. 45 %", "**C**", "The answer is D"; an article is none."""
    plain = text.strip()
    for pattern in (_LEADING, _DECLARED):
        found = pattern.search(plain)
        if found is None:
            continue
        letter = found.group(1)
        alone = len(_WORD.findall(plain)) == 1
        if letter.islower() and not alone and pattern is _DECLARED:
            continue  # "the answer is a lake"
        if letter.upper() in letters:
            return letter.upper()
    return None


def yes_no(text: str) -> bool | None:
    """Return True for yes, False for no, None if the text says neither at its beginning."""
    plain = _fold(_TAG.sub(" ", text)).strip().lstrip("\"'*([ ")
    found = _YES_NO_PHRASE.match(plain)
    if found:
        return found.group("yes") is not None
    words = _WORD.findall(plain)
    if not words:
        return None
    if words[0] in _YES:
        return True
    return False if words[0] in _NO else None


def is_abstention(text: str) -> bool:
    """Say whether an answer says that it cannot be given."""
    return bool(_ABSTAIN.search(text.replace("’", "'")))


def normalised(text: str) -> str:
    """Return a text for comparison: no case, accents, punctuation, articles or plural endings."""
    return " ".join(_stem(word) for word in _WORD.findall(_fold(text)) if word not in ("the", "a", "an", "is", "are"))


def choose_option(answer: str, options: Sequence[str]) -> str | None:
    """Return the letter of the option that an answer means, None if that cannot be said.

    In this order: a letter; the same words; yes or no; the nearest number (units converted; a tie gives None); the
    option whose words the answer holds or that holds the answer's; the only option with the most words in common.

    Parameters
    ----------
    answer
        What the network answered, with or without <answer> tags.
    options
        Texts in the order A, B, ...; a leading "A. " is ignored.
    """
    if not options:
        return None
    answer = (answer_text(answer) or _TAG.sub(" ", answer)).strip()
    names = [chr(ord("A") + rank) for rank in range(min(len(options), 26))]
    texts = [_OPTION_PREFIX.sub("", option) for option in options[:26]]
    same = [name for name, text in zip(names, texts) if normalised(text) and normalised(text) == normalised(answer)]
    if len(same) == 1:
        return same[0]
    letter = letter_of(answer, "".join(names))
    if letter is not None:
        return letter
    for rule in (_by_number, _by_yes_no, _by_phrase, _by_words):
        rank = rule(answer, texts)
        if rank is not None:
            return names[rank]
    return None


def _by_number(answer: str, texts: Sequence[str]) -> int | None:
    given = quantities(answer)
    offered = [quantities(text) for text in texts]
    if not given or not all(offered):
        return None
    best: list[tuple[float, int]] = []
    for rank, option in enumerate(offered):
        away = next((near for quantity in given if (near := closeness(quantity, option)) is not None), None)
        if away is not None:
            best.append((away, rank))
    best.sort()
    if not best or (len(best) > 1 and math.isclose(best[0][0], best[1][0], abs_tol=1e-9)):
        return None
    return best[0][1]


def _by_yes_no(answer: str, texts: Sequence[str]) -> int | None:
    said = yes_no(answer)
    if said is None:
        return None
    return _only(rank for rank, text in enumerate(texts) if yes_no(text) is said)


def _by_phrase(answer: str, texts: Sequence[str]) -> int | None:
    said = f" {normalised(answer)} "
    if not said.strip():
        return None
    plain = [f" {normalised(text)} " for text in texts]
    held = [rank for rank, text in enumerate(plain) if text.strip() and text in said]
    if held:
        longest = max(len(plain[rank]) for rank in held)
        within = [rank for rank in held if len(plain[rank]) == longest]
        return within[0] if len(within) == 1 and all(plain[rank] in plain[within[0]] for rank in held) else None
    return _only(rank for rank, text in enumerate(plain) if said in text)


def _by_words(answer: str, texts: Sequence[str]) -> int | None:
    said = set(normalised(answer).split())
    shares = []
    for text in texts:
        words = set(normalised(text).split())
        shares.append(len(said & words) / len(said | words) if said | words else 0.0)
    best = max(shares)
    return _only(rank for rank, share in enumerate(shares) if share == best) if best >= 0.3 else None


def _only(ranks: object) -> int | None:
    found = list(ranks)  # type: ignore[call-overload]
    return found[0] if len(found) == 1 else None


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
