"""Which view a [SEG] is about, read from the text: "Image: t2", a date, "post-disaster image", "SAR image".

The paper (section 3.3) lets the text say "Image: t_i" before a [SEG]; the released code never reads it and takes image
k mod n for the k-th [SEG]. Here the text decides, and the released order is what is left when it says nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import NamedTuple

from terrascope.scene.time_points import time_points
from terrascope.scene.types import Role, Scene, View

_MONTH_NAMES = "january february march april may june july august september october november december"
_MONTHS = _MONTH_NAMES.split()
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?\\.?" if len(name) > 3 else name for name in _MONTHS)
_ORDINALS = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "fifth": 5,
    "sixth": 6,
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
}
_PICTURE = r"(?:images?|scenes?|views?|pictures?|dates?|acquisitions?|frames?|time\s*(?:step|point)s?)"
_EVENT = (
    r"(?:disaster|event|flood(?:ing)?|fire|wildfire|storm|hurricane|earthquake|eruption|tsunami|landslide|tornado"
    r"|crisis|change)"
)


def _relative(prefix: str, adjectives: str) -> str:
    """Pattern of "pre-flood image", "before the flood", "the earlier image"."""
    return (
        rf"\b(?:{prefix}[-\s]?{_EVENT}|{'before' if prefix == 'pre' else 'after'}\s+the\s+\w*\s*{_EVENT}"
        rf"|(?:the\s+)?(?:{adjectives})(?:[-\s]{_PICTURE}))(?:\s+{_PICTURE})?\b"
    )


_PATTERNS: tuple[tuple[str, str], ...] = (
    ("t", rf"(?:{_PICTURE}\s*[:#]?\s*)?\(?\bt\s?_?\{{?(\d{{1,2}})\}}?(?!\w)\)?"),
    ("number", rf"\b{_PICTURE}\s*[:#]?\s*(?:no\.?\s*|number\s*)?(\d{{1,2}})\b(?!\s*[%.,]?\d)"),
    ("ordinal", rf"\b(?:in\s+)?(?:the\s+)?({'|'.join(_ORDINALS)})\s+(?:\w+\s+)?{_PICTURE}\b"),
    ("date", r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b"),
    ("day_first", r"\b(\d{1,2})[/.](\d{1,2})[/.](\d{4})\b"),
    ("day_month_year", rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({_MONTH})\s*,?\s+(\d{{4}})\b"),
    ("month_day_year", rf"\b({_MONTH})\s+(\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+(\d{{4}})\b"),
    ("month_year", rf"\b({_MONTH})\s*,?\s+(\d{{4}})\b"),
    ("year_month", r"\b(\d{4})-(\d{2})\b(?!-)"),
    ("year", rf"(?:\b(?:in|of|from|for|by|{_PICTURE})\s*:?\s+|\()((?:19|20)\d{{2}})\b\)?(?!-)"),
    ("year_of_image", rf"\b((?:19|20)\d{{2}})\s+{_PICTURE}\b"),
    ("before", _relative("pre", "before|earlier|earliest|previous|pre|oldest")),
    ("after", _relative("post", "after|later|latest|last|post|newest|most recent")),
    ("sar", rf"\b(?:sar|radar|sentinel-?1)(?:\s+{_PICTURE})?\b"),
    ("optical", rf"\b(?:optical|rgb|multispectral|sentinel-?2|landsat(?:-?\d)?)(?:\s+{_PICTURE})?\b"),
)  # fmt: skip
_COMPILED = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS)
_SENTENCE_END = re.compile(r"[.!?](?=\s)|\n")


def without_hints(text: str) -> str:
    """Return the text with every naming of a view taken out; what is left names the thing that a mask is of."""
    for _, pattern in _COMPILED:
        text = pattern.sub(" , ", text)
    return text


class ViewChoice(NamedTuple):
    """The view of a [SEG] (index into the scene's views) and why it is that one; `named` if the text said so."""

    view: int
    reason: str
    named: bool


def view_of(text: str, scene: Scene, turn: int, *, read_text: bool = True) -> ViewChoice:
    """Return the view on which the mask of a [SEG] is decoded.

    Parameters
    ----------
    text
        What the network wrote up to the [SEG]. Earlier masks' [SEG] may be in it: what stands since the last one
        decides, then the sentence that it belongs to.
    turn
        Masks so far, 0 for the first: the released order takes time point `turn` mod n.
    read_text
        False takes the released order always.
    """
    views = scene.views
    points = time_points(views)
    if not points:
        return ViewChoice(0, "the scene has one view", False)
    if read_text and len(views) > 1:
        named = _named(text, views, points)
        if named is not None:
            return named
    return ViewChoice(
        points[turn % len(points)][0],
        "next in turn" if len(points) > 1 else "the only one",
        False,
    )


def _named(text: str, views: Sequence[View], points: list[list[int]]) -> ViewChoice | None:
    since = text.rsplit("[SEG]", 1)[-1]
    sentence = _SENTENCE_END.split(text[-1500:])[-1]
    for passage in dict.fromkeys((since[-600:], sentence)):
        choice = _in_passage(passage, views, points)
        if choice is not None:
            return choice
    return None


def _in_passage(passage: str, views: Sequence[View], points: list[list[int]]) -> ViewChoice | None:
    role: tuple[int, Role, str] | None = None
    time: tuple[int, int, str] | None = None  # where it ends, time point, words
    for kind, pattern in _COMPILED:
        for match in pattern.finditer(passage):
            words, end = match.group(0).strip(" ()"), match.end()
            if kind in ("sar", "optical"):
                if role is None or end > role[0]:
                    role = (end, Role.SAR if kind == "sar" else Role.OPTICAL, words)
                continue
            point = _time_point(kind, match, views, points)
            if point is not None and (time is None or end > time[0]):
                time = (end, point, words)
    wanted = role[1] if role else None
    if wanted is not None and not any(view.role is wanted for view in views):
        wanted = None
    if time is None and wanted is None:
        return None
    said = " ".join(dict.fromkeys(part[2] for part in (time, role) if part and (part is time or wanted is not None)))
    candidates = points[time[1]] if time else [i for point in points for i in point]
    for view in candidates:
        if wanted is None or views[view].role is wanted:
            return ViewChoice(view, f'the text says "{said}"', True)
    return ViewChoice(candidates[0], f'the text says "{said}"', True)


def _time_point(kind: str, match: re.Match[str], views: Sequence[View], points: list[list[int]]) -> int | None:
    if kind in ("t", "number", "ordinal"):
        word = match.group(1).lower()
        number = _ORDINALS[word] if kind == "ordinal" else int(word)
        return number - 1 if 1 <= number <= len(points) else None
    if kind in ("before", "after"):
        if len(points) < 2:
            return None
        order = _by_date(views, points)
        return order[0] if kind == "before" else order[-1]
    wanted = _date_parts(kind, match)
    if wanted is None:
        return None
    fits = [rank for rank, point in enumerate(points) if any(_fits(views[i], wanted) for i in point)]
    return fits[0] if len(fits) == 1 or (fits and wanted[2]) else None


def _by_date(views: Sequence[View], points: list[list[int]]) -> list[int]:
    dates = [views[point[0]].date for point in points]
    if any(date is None for date in dates):
        return list(range(len(points)))
    return sorted(range(len(points)), key=lambda rank: (dates[rank] or dt.date.min, rank))


def _date_parts(kind: str, match: re.Match[str]) -> tuple[int, int, int] | None:
    """(year, month, day); 0 where the text does not say."""
    groups = match.groups()
    if kind == "date":
        year, month, day = (int(part) for part in groups)
    elif kind == "day_first":
        day, month, year = (int(part) for part in groups)
    elif kind == "day_month_year":
        day, month, year = int(groups[0]), _month(groups[1]), int(groups[2])
    elif kind == "month_day_year":
        month, day, year = _month(groups[0]), int(groups[1]), int(groups[2])
    elif kind == "month_year":
        month, day, year = _month(groups[0]), 0, int(groups[1])
    elif kind == "year_month":
        year, month, day = int(groups[0]), int(groups[1]), 0
    else:
        year, month, day = int(groups[0]), 0, 0
    return (year, month, day) if month <= 12 and day <= 31 else None


def _month(word: str) -> int:
    return next(rank for rank, name in enumerate(_MONTHS, 1) if name.startswith(word.lower()[:3]))


def _fits(view: View, wanted: tuple[int, int, int]) -> bool:
    """Whether a view can be of a date, as far as both are known."""
    if view.date is None:
        return False
    known = {"year": 1, "month": 2}.get(view.date_precision, 3)
    own = (view.date.year, view.date.month, view.date.day)
    return all(not part or part == mine for part, mine in list(zip(wanted, own))[:known])
