"""What people call the land-cover classes: finding the classes that a text names, in the languages of the table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from terrascope.landcover.table import CLASSES, TABLE

#: English words of each class: singular and mass nouns, then plurals.
WORDS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    name: (land.words["one"], land.words["many"]) for name, land in CLASSES.items()
}
#: Words of all other languages.
FOREIGN_WORDS: Mapping[str, tuple[str, ...]] = {
    name: tuple(word for words in land.other_words.values() for word in words) for name, land in CLASSES.items()
}
#: Words that mean a whole class, so that an answer may take them over from a question; the plurals apart. Others mean a
#: part of it ("lakes", "mangroves", "beach"), which a mask of the class does not show.
_WHOLE = {word for land in CLASSES.values() for word in land.words["whole"]}
MASS_WORDS = frozenset(word for one, _ in WORDS.values() for word in one if word in _WHOLE)
WHOLE_PLURALS = frozenset(word for _, many in WORDS.values() for word in many if word in _WHOLE)
_ALSO_ENGLISH = frozenset(TABLE["reading"]["also_english"])
_ALSO_FOREIGN = frozenset(TABLE["reading"]["also_foreign"])
_ENGLISH = re.compile(
    r"(?<!\w)(?:the|is|are|was|of|does|did|can|could|you|what|how|where|which|there|any|this|we|have|i|do|see that)"
    r"(?!\w)"
)
_NOT_A_CLASS = re.compile(
    rf"(?<!\w)(?:{'|'.join(TABLE['reading']['not_a_class'])})(?!\w)|{'|'.join(TABLE['reading']['not_a_class_zh'])}"
)


def folded(text: str) -> str:
    """Return a text in lower case without accents, each letter in its place."""
    return "".join(_fold(char) for char in text)


def _fold(char: str) -> str:
    lower = char.lower()
    return (unicodedata.normalize("NFD", lower)[:1] or char) if len(lower) == 1 else char


def _index() -> dict[str, str]:
    found: dict[str, str] = {}
    for label, (single, plural) in WORDS.items():
        for word in (label, *single, *plural):
            found.setdefault(folded(word), label)
    for label, words in FOREIGN_WORDS.items():
        for word in words:
            found.setdefault(folded(word), label)
    return found


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Match any of some words, the longest first: whole words, but for scripts that put no blanks between them."""
    ordered = sorted(words, key=len, reverse=True)
    plain = "|".join(re.escape(word) for word in ordered if not _unspaced(word))
    unspaced = "|".join(re.escape(word) for word in ordered if _unspaced(word))
    whole = rf"(?<!\w)(?:{plain})(?!\w)"
    return re.compile(f"({whole}|{unspaced})" if unspaced else f"({whole})")


def _unspaced(word: str) -> bool:
    return any("\u3400" <= char <= "\u9fff" for char in word)


_LABEL_OF = _index()
_MENTION = _pattern(_LABEL_OF)
_CUE_OF = {folded(word): name for name, land in CLASSES.items() for word in land.words["cue"]}
_CUE = _pattern(_CUE_OF)
_WORD = re.compile(r"[^\W\d_]+")


def labels_in(text: str) -> tuple[str, ...]:
    """Return the labels that a text names, in order of appearance, each once ("woods and ponds" -> trees, water)."""
    return tuple(dict.fromkeys(label for _, _, label in mentions(text)))


def own_words(text: str) -> dict[str, tuple[str, bool]]:
    """Return the text's own English word for each label that it names by one word only, and whether that is a plural.

    Words for a single thing ("lake", "town") or a part of a class ("mangroves") are left out: an answer speaks of all
    of its class.
    """
    found: dict[str, set[str]] = {}
    for start, end, label in mentions(text):
        found.setdefault(label, set()).add(" ".join(text[start:end].lower().split()))
    own = {}
    for label, words in found.items():
        word = next(iter(words))
        if len(words) == 1 and label not in words and (word in MASS_WORDS or word in WHOLE_PLURALS):
            own[label] = word, word in WHOLE_PLURALS
    return own


def mentions(text: str) -> list[tuple[int, int, str]]:
    """Return where a text names a class: (start, end, label), in order. Case and accents do not matter."""
    plain = folded(text)
    plain = _NOT_A_CLASS.sub(lambda match: "#" * len(match.group(0)), plain)
    english = _ENGLISH.search(plain) is not None
    left_out = _ALSO_ENGLISH if english else frozenset() if text.isascii() else _ALSO_FOREIGN
    return [
        (match.start(), match.end(), _LABEL_OF[match.group(1)])
        for match in _MENTION.finditer(plain)
        if match.group(1) not in left_out
    ]


def cues(text: str, named: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return where a text tells of a class without naming it ("how wooded is it"), outside of the places `named`."""
    return [
        (match.start(), match.end(), _CUE_OF[match.group(1)])
        for match in _CUE.finditer(folded(text))
        if not any(first < match.end() and match.start() < last for first, last, _ in named)
    ]


def misspelt(
    text: str, named: Sequence[tuple[int, int, str]], is_word: Callable[[str], bool]
) -> list[tuple[int, int, str]]:
    """Return where a text names a class with one slip of the fingers ("foerst", "lakse").

    Parameters
    ----------
    named
        What `mentions` found; those places are left alone.
    is_word
        Says whether a folded word is a word of its own, which is left alone too.
    """
    found = []
    for match in _WORD.finditer(folded(text)):
        word, start, end = match.group(0), match.start(), match.end()
        if len(word) < 4 or is_word(word) or any(first < end and start < last for first, last, _ in named):
            continue
        labels = {label for near, label in _near(len(word)) if _one_slip(word, near)}
        if len(labels) == 1:
            found.append((start, end, labels.pop()))
    return found


@lru_cache(maxsize=64)
def _near(length: int) -> tuple[tuple[str, str], ...]:
    """Single class words of five letters or more whose length is within one of `length`."""
    return tuple(
        (word, label) for word, label in _LABEL_OF.items()
        if len(word) >= 5 and abs(len(word) - length) <= 1 and word.isalpha()
    )  # fmt: skip


def _one_slip(word: str, other: str) -> bool:
    """Say whether one letter more, less or other, or two letters swapped, make a word the other."""
    short, long = sorted((word, other), key=len)
    same = 0
    while same < len(short) and short[same] == long[same]:
        same += 1
    if len(short) != len(long):
        return short[same:] == long[same + 1 :]
    return short[same + 1 :] == long[same + 1 :] or (
        short[same : same + 2] == long[same : same + 2][::-1] and short[same + 2 :] == long[same + 2 :]
    )
