"""What the encoder reads of a question: token ids, and which class each token is known to name."""

from __future__ import annotations

import re
from typing import NamedTuple

from terrascope.landcover import LABELS
from terrascope.landcover.words import cues, mentions, misspelt
from terrascope.networks.embedded.reading import Limit, Reading
from terrascope.networks.embedded.wordpiece import WordPieces

#: Longest question that is read, in tokens.
LONGEST = 96
_RANK = {label: rank for rank, label in enumerate(LABELS, 1)}
#: Ids of the pieces around a question.
_BEGIN, _END = 2, 3


_WORD = re.compile(r"[^\W_]+")
#: Words that add nothing to be known but what is measured.
_PLAIN = frozenset(
    [
        "a",
        "an",
        "and",
        "any",
        "are",
        "area",
        "areas",
        "at",
        "between",
        "big",
        "bigger",
        "by",
        "can",
        "close",
        "could",
        "count",
        "cover",
        "covered",
        "covers",
        "did",
        "distance",
        "do",
        "does",
        "far",
        "find",
        "fraction",
        "from",
        "gained",
        "grew",
        "grow",
        "grown",
        "ha",
        "has",
        "have",
        "hectares",
        "here",
        "how",
        "i",
        "image",
        "in",
        "is",
        "it",
        "km2",
        "land",
        "large",
        "larger",
        "less",
        "lost",
        "m2",
        "many",
        "map",
        "me",
        "more",
        "much",
        "near",
        "next",
        "no",
        "now",
        "of",
        "on",
        "or",
        "part",
        "percent",
        "percentage",
        "picture",
        "please",
        "proportion",
        "scene",
        "see",
        "share",
        "show",
        "shrink",
        "shrunk",
        "since",
        "size",
        "smaller",
        "some",
        "square",
        "than",
        "that",
        "the",
        "then",
        "there",
        "this",
        "to",
        "total",
        "touch",
        "touches",
        "was",
        "we",
        "were",
        "where",
        "with",
        "you",
    ]
)
#: "In which direction is the sea" is as plain as "where is the sea"; "which sea is this" asks for a name.
_WHICH_PART = re.compile(r"(?:which|what) (?:direction|side|corner|part|half|quarter|way|bit|edge)\b")
#: "How much is the house" asks for a price.
_PRICE = re.compile(r"how much (?:is|are|does|do) (?:the|a|an|this|that) ")


#: How units are written, the longer ones first.
_UNITS = {
    "km2": r"km ?2|km²|sq ?km|square kilomet(?:re|er)s?|quadratkilometern?",
    "m2": r"m ?2|m²|sqm|sq\.? ?m|square met(?:re|er)s?|quadratmetern?|metros cuadrados|mètres carrés",
    "ha": r"ha|hectares?|hektar|hectáreas?", "acres": r"acres?", "km": r"km|kilomet(?:re|er)s?",
    "m": r"m|met(?:re|er)s?",
}  # fmt: skip
_UNIT = re.compile("|".join(rf"(?P<{unit}>(?<![^\W\d])(?:{form})(?!\w))" for unit, form in _UNITS.items()))


_FIRST_DATE = re.compile(r"\b(first|earliest|oldest|initial|before|beginning|originally)\b")
_LAST_DATE = re.compile(r"\b(last|latest|newest|most recent|now|today|currently|after|end|final)\b")
_PEOPLE = re.compile(
    r"\b(how many|number of|what is the|how large is the)\s+(people|inhabitants|residents|persons|population)\b"
)


def early_in(text: str) -> bool | None:
    """Whether a `question_text` names the first date, or the last; None where it names neither or both."""
    first, last = _FIRST_DATE.search(text) is not None, _LAST_DATE.search(text) is not None
    return None if first == last else first


_THEN, _NOW = r"\b(?:first|earlier|before)\b", r"\b(?:second|later|last|after|now)\b"
_BUT_NOT = r"[^.?]*\bbut\b[^.?]*\b(?:not|no longer)\b"
_GONE, _NEW = re.compile(_THEN + _BUT_NOT), re.compile(_NOW + _BUT_NOT + "[^.?]*" + _THEN)


def contrast_in(text: str) -> str | None:
    """Return "gain" or "loss" where a `question_text` sets one date against the other, "there then but not now"."""
    return "gain" if _NEW.search(text) else "loss" if _GONE.search(text) else None


def counts_people(text: str) -> bool:
    """Whether a `question_text` asks how many people there are, which no mask tells."""
    return _PEOPLE.search(text) is not None


_CHANGE = re.compile(r"\b(chang\w*|differ\w*|evolv\w*|develop\w*|grow\w*|grew|shr[aiu]nk\w*)\b")


_PARTS = {
    "half": 1 / 2, "a third": 1 / 3, "one third": 1 / 3, "a quarter": 1 / 4, "one quarter": 1 / 4, "a fifth": 1 / 5,
    "a tenth": 1 / 10, "two thirds": 2 / 3, "three quarters": 3 / 4,
}  # fmt: skip
_ABOVE = "more than|over|at least|above|exceeds?|greater than|upwards? of"
_BELOW = "less than|under|below|fewer than|at most|no more than|not more than"
_SIZE = rf"(?:(?P<part>{'|'.join(_PARTS)})\b|(?P<number>\d+(?:\.\d+)?) ?(?:%|percent\b|per cent\b))"
_LIMIT = re.compile(rf"\b(?:(?P<above>{_ABOVE})|(?P<below>{_BELOW})) {_SIZE}")
_YES_NO = re.compile(r"^(?:is|are|does|do|has|have|would|can|could|will)\b")
_AMOUNT = re.compile(r"\bhow (?:much|many|big|large)\b|\bwhat (?:share|percentage|part|fraction|proportion)\b")
_MOSTLY = re.compile(r"^(?:is|are) (?:it|this|that|the (?:\w+ )?\w+) (?:mostly|mainly|predominantly|largely|chiefly) ")


def limit_in(text: str) -> Limit | None:
    """Return the share that a yes-or-no question sets as a limit ("is more than half of it water"), None without."""
    if _YES_NO.match(text) is None or _AMOUNT.search(text):
        return None
    match = _LIMIT.search(text)
    if match is None:
        return Limit(0.5, True) if _MOSTLY.match(text) and " or " not in text else None
    share = _PARTS[match.group("part")] if match.group("part") else float(match.group("number")) / 100
    return Limit(share, match.group("above") is not None)


#: Kinds that a question with a limit may be taken for, and kinds that a question about one date may.
_OF_ONE_CLASS = frozenset({"share", "area", "exists", "dominant", "segment", "describe"})
_OF_TWO_DATES = frozenset({"gain", "loss", "change"})
_STATE = re.compile(
    r"^(?:how (?:much|many|large|big)|what|was|were|is|are)\b.*\b(?:was|were|is|are) there\b|^(?:was|were) there\b"
)
_COMPARING = re.compile(
    r"\b(?:more|less|fewer|new|newly|lost|gained|since|between|than|change\w*|grow\w*|grew|gone|left|before|after|until)\b"
)
_ONE_DATE = re.compile(r"\(t[12]\)")


def _speaks_of_one_date(text: str) -> bool:
    """Whether a question asks what there was at one named date ("how much forest was there in 1985")."""
    return len(_ONE_DATE.findall(text)) == 1 and _STATE.search(text) is not None and _COMPARING.search(text) is None


#: "How did it change" asks for both ways, unless another word says which.
_EITHER_WAY = re.compile(r"\bchang(?:e|ed|es)\b")
_ONE_WAY = re.compile(
    r"\b(?:gain\w*|los[st]\w*|new\w*|gr[eo]w\w*|shr[aiu]nk\w*|more|less|increas\w*|decreas\w*|disappear\w*|into|to)\b"
)


def settled(reading: Reading, text: str, dates: int, choosing: bool, named: tuple[str, ...] = ()) -> Reading:
    """Return a reading with what the words of a `question_text` settle without any doubt: unit, date, gain or loss,
    a limit.

    Parameters
    ----------
    dates
        Time points of the scene.
    choosing
        The question is a multiple choice, which is never turned away.
    named
        Labels that it names in known words.
    """
    kind, labels = reading.kind, reading.labels
    limit = None if choosing or len(named) != 1 else limit_in(text)
    if limit is not None and (kind in _OF_ONE_CLASS or kind.startswith("refuse")):
        kind, labels = "limit", named
    if dates > 1 and not speaks_of_flood(text):
        if kind == "flood" and _CHANGE.search(text):
            kind = "change"  # water may come without a flood
        if len(labels) == 1:
            kind = contrast_in(text) or kind
        if kind in ("gain", "loss") and _EITHER_WAY.search(text) and not _ONE_WAY.search(text):
            kind = "change"
        if kind in _OF_TWO_DATES and _speaks_of_one_date(text):
            kind = "share" if text.startswith(("how", "what")) else "exists"
    if counts_people(text) and not choosing:
        kind, labels = "refuse_unseen", ()
    early = early_in(text)
    return reading._replace(
        kind=kind,
        labels=labels,
        unit=unit_in(text),
        early=reading.early if early is None else early,
        limit=limit if kind == "limit" else None,
    )


def unit_in(text: str) -> str:
    """Return the unit that a `question_text` names first: a name of `tokens.UNITS`, "auto" for none."""
    match = _UNIT.search(text)
    return match.lastgroup or "auto" if match else "auto"


class ReadQuestion(NamedTuple):
    """A question as the encoder takes it.

    Attributes
    ----------
    ids, known
        Token ids, and 0 or the number (1..) of the label that each token names; equally long.
    named
        Labels that the text names in known words, in order of appearance.
    plain
        True if there is nothing in it but known words for classes and words of asking and measuring, so that it can be
        answered.
    """

    ids: list[int]
    known: list[int]
    named: tuple[str, ...]
    plain: bool


_FLOOD = re.compile(
    r"flood|inundat|submerg|under water|deluge|überschwemm|überflut|hochwasser|inond|inunda", re.IGNORECASE
)


def speaks_of_flood(question: str) -> bool:
    """Whether a question names a flood, in one of a few languages."""
    return _FLOOD.search(question) is not None


def question_text(question: str, options: tuple[str, ...]) -> str:
    """Return the text that is read: lower case, single spaces, options behind the question."""
    whole = question if not options else f"{question} options: " + " ; ".join(options)
    return " ".join(whole.lower().split())


def read_question(tokenizer: WordPieces, text: str) -> ReadQuestion:
    """Return what the encoder reads of a `question_text`. A slip of the fingers in a class word is seen through."""
    places = tokenizer.encode_places(text)[: LONGEST - 2]
    named = mentions(text)
    named += cues(text, named)
    named += misspelt(text, named, tokenizer.is_word)
    known = []
    for _, start, end in places:
        inside = [label for first, last, label in named if first <= start and end <= last]
        known.append(_RANK[inside[0]] if inside else 0)
    labels = tuple(dict.fromkeys(label for _, _, label in sorted(named)))
    rest = text
    for first, last, _ in sorted(named, reverse=True):
        rest = rest[:first] + rest[last:]
    rest = _WHICH_PART.sub("where", rest)
    plain = bool(labels) and _PRICE.match(text) is None and set(_WORD.findall(rest)) <= _PLAIN
    return ReadQuestion([_BEGIN, *(piece for piece, _, _ in places), _END], [0, *known, 0], labels, plain)
