"""What a mask is of, read from the words before its [SEG]; one function for every network's way of writing."""

from __future__ import annotations

import re

from terrascope.reasoning.dates import without_hints

#: Where the words name nothing.
UNNAMED = "region"
LONGEST = 4  # words


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: A name does not reach back over these.
_STOP = _set(
    "the a an this that these those all any some each every of in on at by to from for with as is are was were be "
    "been and or but not no than then so it its there here i we you let us now first next finally also only both "
    "which where covers covered contains shows show see find identify locate segment segmented segmentation mark "
    "marked has have had image images scene view picture visible appears located lies called following total about "
    "into onto over under between before after can will would should could must may do does did"
)
#: Words between a name and its [SEG].
_TAIL = _set(
    "is are was were here as follows below above shown visible segmented marked located and in on at of the a an "
    "this mask"
)

_TAG = re.compile(r"<[^<>]{1,24}>|\[SEG\]|\ufffd")
_TAGGED_PHRASE = re.compile(r"<p>\s*([^<>]{1,80}?)\s*</p>\s*$")
_CLAUSE = re.compile(r"[.,;:!?\n\r()\[\]{}\"“”*|=/]+|\s[-–—]+\s")
_WORD = re.compile(r"[^\W_][\w'’-]*", re.UNICODE)


def label_of(text: str) -> str:
    """Return the name, in lower case, that stands just before a [SEG].

    "Image: t2, the flooded area [SEG]" gives "flooded area"; `terrascope.landcover.words` says what class that is.

    Parameters
    ----------
    text
        What the network wrote since the last mask, without the [SEG] itself.

    Returns
    -------
    str
        At most four words; `UNNAMED` where the text names nothing.
    """
    tagged = _TAGGED_PHRASE.search(text[-600:])
    plain = tagged.group(1) if tagged else without_hints(_TAG.sub(" ", text[-600:]))
    for clause in reversed(_CLAUSE.split(plain)):
        words = _name(clause)
        if words:
            return " ".join(words)
    return UNNAMED


def _name(clause: str) -> list[str]:
    words = [match.group(0) for match in _WORD.finditer(clause.lower())]
    while len(words) > 1 and words[-1] in _TAIL:
        words.pop()
    name: list[str] = []
    for word in reversed(words):
        if word in _STOP or (word.isdigit() and name) or len(name) == LONGEST:
            break
        name.insert(0, word)
    return [] if all(word.isdigit() or word in _TAIL for word in name) else name
