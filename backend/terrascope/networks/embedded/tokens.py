"""The vocabulary of the embedded decoder: words, class labels, and slots that point at measured numbers.

A number is never spelled. The evidence after mask k fills slots ("{area.2}" is the area of mask 2), and a slot token
can be written only if it is filled; it is shown as the measured value, in the unit that the question asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from terrascope.landcover import LABELS
from terrascope.networks.embedded.evidence_text import Facts, area_text, length_text, percent, significant
from terrascope.networks.embedded.purposes import PURPOSES

MAX_STEPS = 6
MAX_DATES = 4
SPECIALS = ("<pad>", "<s>", "<think>", "</think>", "<answer>", "</answer>", "</s>", "[SEG]", "<ev>")
FIELDS: tuple[str, ...] = (
    "share", "area", "count", "where", "dshare", "darea", "tshare", "tarea", "border", "dist",
    "gshare", "garea", "lshare", "larea", "nshare", "narea", "oshare", "oarea",
)  # fmt: skip
BUCKETS = ("none", "trace", "few", "some", "large", "most")
MARKS: tuple[str, ...] = (
    *(f"<b:{b}>" for b in BUCKETS), *(f"<t:{b}>" for b in BUCKETS), "<r:larger>", "<r:smaller>", "<r:equal>",
    "<touch:yes>", "<touch:no>", "<d:near>", "<d:mid>", "<d:far>", "<most>", "<least>",
    "<c:grew>", "<c:shrank>", "<c:same>", "<g:no>", "<g:yes>", "<l:no>", "<l:yes>", "<o:no>", "<o:yes>",
)  # fmt: skip
UNITS: tuple[str, ...] = ("auto", "%", "m2", "ha", "km2", "acres", "m", "km")
#: How the reasoning opens, by kind of question.
OPENINGS: Mapping[str, str] = {
    "share": "The question asks for a share.", "area": "The question asks for an area.", "where": "The question asks where it is.",  # noqa: E501
    "exists": "The question asks whether it is there.", "count": "The question asks for a number of patches.",
    "larger": "The question compares two sizes.", "smaller": "The question asks for the smaller one.",
    "more_yn": "The question asks whether there is more.", "less_yn": "The question asks whether there is less.",
    "difference": "The question asks for a difference in size.", "total": "The question asks for both together.",
    "both": "The question asks for two classes.", "touch": "The question asks whether they touch.",
    "distance": "The question asks for a distance.", "change": "The question asks for a change.",
    "gain": "The question asks for what was gained.", "loss": "The question asks for what was lost.",
    "flood": "The question asks for the flooded area.", "flooded_class": "The question asks what was flooded.",
    "dominant": "The question asks for the main cover.", "least": "The question asks for the smallest cover.",
    "describe": "The question asks for a description.", "segment": "The question asks for a mask.",
    **{kind: purpose.opening for kind, purpose in PURPOSES.items()},
    "rural": "The question asks about town or country.", "cloud_use": "The question asks about clouds.",
    "limit": "The question asks whether it is more or less than a limit.",
    "change_any": "The question asks for all changes.", "among": "The question offers some classes.",
    "refuse_unseen": "Land cover does not show that.", "refuse_class": "That is no class that I know.",
    "refuse_dates": "That needs a second date.",
}  # fmt: skip


class Value(NamedTuple):
    """What a slot holds: kind is "share", "area", "length", "text", or with sign "net share", "net area"."""

    kind: str
    value: float | str


def bucket(share: float) -> str:
    """Return a word for how much a share 0..1 is: none, trace (< 1 %), few (< 5 %), some (< 25 %), large, most (>=
    50 %)."""
    if share <= 0:
        return "none"
    return next((n for n, limit in zip(BUCKETS[1:], (0.01, 0.05, 0.25, 0.5)) if share < limit), "most")


def evidence_tokens(facts: Facts, step: int) -> Iterator[tuple[str, Value | None]]:
    """Return the tokens that stand for the evidence of step `step` (1..), each slot with what it is filled with."""

    def slot(name: str, kind: str, value: float | str | None) -> Iterator[tuple[str, Value | None]]:
        if value is not None:
            yield f"{{{name}.{step}}}", Value(kind, value)

    def sized(prefix: str, share: float, area: float | None) -> Iterator[tuple[str, Value | None]]:
        yield from slot(f"{prefix}share", "share", share)
        yield from slot(f"{prefix}area", "area", area)

    yield "<ev>", None
    yield f"<b:{bucket(facts.share)}>", None
    yield from sized("", facts.share, facts.area)
    yield from slot("count", "text", "1 patch" if facts.patches == 1 else f"{facts.patches} patches")
    yield from slot("where", "text", facts.where)
    if facts.other is not None:
        yield f"<r:{facts.order}>", None
        yield from sized("d", facts.difference_share, facts.difference_area)
        yield f"<t:{bucket(facts.together_share)}>", None
        yield from sized("t", facts.together_share, facts.together_area)
        yield ("<touch:yes>" if facts.touching else "<touch:no>"), None
        yield from slot("border", "length", facts.border)
        if facts.distance is not None or facts.distance_px is not None:
            far = facts.distance if facts.distance is not None else 10.0 * (facts.distance_px or 0.0)
            yield ("<d:near>" if far < 300 else "<d:mid>" if far < 1000 else "<d:far>"), None
            if facts.distance is not None:
                yield from slot("dist", "length", facts.distance)
            else:
                yield from slot("dist", "text", f"{significant(facts.distance_px or 0.0)} pixels")
    if facts.most in LABELS and facts.least in LABELS:
        yield from (("<most>", None), (f"L:{facts.most}", None), ("<least>", None), (f"L:{facts.least}", None))
    if facts.since is not None:
        yield f"<c:{'same' if facts.direction == 'stayed' else facts.direction}>", None
        yield ("<g:yes>" if facts.gain_share > 0 else "<g:no>"), None
        yield from sized("g", facts.gain_share, facts.gain_area)
        yield ("<l:yes>" if facts.loss_share > 0 else "<l:no>"), None
        yield from sized("l", facts.loss_share, facts.loss_area)
        yield from slot("nshare", "net share", facts.net_share)
        yield from slot("narea", "net area", facts.net_area)
        if facts.overlap_label is not None:
            yield ("<o:yes>" if facts.overlap_share > 0 else "<o:no>"), None
            yield from sized("o", facts.overlap_share, facts.overlap_area)


def shown(value: Value, unit: str) -> str:
    """Return a slot's value as text, areas and lengths in `unit` where it fits, else as is usual for the size."""
    number = value.value
    if isinstance(number, str):
        return number
    if value.kind == "share":
        return percent(number)
    if value.kind == "area":
        return area_text(number, unit)
    if value.kind == "length":
        return length_text(number, unit)
    sign = "+" if number > 0 else "-" if number < 0 else ""
    return percent(abs(number), sign) if value.kind == "net share" else sign + area_text(abs(number), unit)


def fixed_tokens() -> list[str]:
    """Return all tokens but the plain words, in id order."""
    return [
        *SPECIALS,
        *MARKS,
        *(f"<k:{kind}>" for kind in OPENINGS),
        *(f"<u:{unit}>" for unit in UNITS),
        *(f"<t{date}>" for date in range(1, MAX_DATES + 1)),
        *(f"{form}:{label}" for form in "LC" for label in LABELS),
        *(f"{{{name}.{step}}}" for step in range(1, MAX_STEPS + 1) for name in FIELDS),
    ]


def plain_form(token: str) -> str:
    """Return a token without what it says: any label as "L:" or "C:", a slot without its step ("{area}")."""
    if token[:2] in ("L:", "C:"):
        return token[:2]
    return token.split(".")[0] + "}" if token[0] == "{" else token


_CLOSING = frozenset(".,:;)")
_TAGS = frozenset(("<think>", "</think>", "<answer>", "</answer>", "</s>", "<s>", "<pad>", "<ev>"))


_VERBS = {
    "is": "are", "covers": "cover", "lies": "lie", "dominates": "dominate", "touches": "touch", "was": "were",
}  # fmt: skip
_SINGULAR = {many: one for one, many in _VERBS.items()}


def _agreeing(tokens: Sequence[str], place: int, plural: Mapping[str, bool], about: str | None) -> str:
    """Return a token, or the form of a verb that goes with the label before it or, after "there" and "here", behind."""
    token = tokens[place]
    if token not in _VERBS and token not in _SINGULAR:
        return token
    before = tokens[place - 1] if place else ""
    if before[:2] in ("L:", "C:"):
        label: str | None = before[2:]
    elif before in ("there", "Here"):
        label = next((each[2:] for each in tokens[place + 1 : place + 5] if each[:2] in ("L:", "C:")), about)
    else:
        label = None
    if label is None or label not in plural:
        return token
    return _VERBS.get(token, token) if plural[label] else _SINGULAR.get(token, token)


class Vocabulary:
    """Tokens of the decoder by id, and how they are shown."""

    def __init__(self, words: Sequence[str]) -> None:
        self.tokens: tuple[str, ...] = (*fixed_tokens(), *words)
        self.ids: Mapping[str, int] = {token: rank for rank, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def columns(self) -> tuple[int, list[tuple[int, int]]]:
        """Return how many rows the factored embedding has, and (token, row) pairs: a slot is its field's plus its
        step's row."""
        pairs: list[tuple[int, int]] = []
        rows: dict[str, int] = {}
        for rank, token in enumerate(self.tokens):
            if token.startswith("{"):
                name, step = token.strip("{}").split(".")
                keys = [f"field {name}", f"step {step}"]
            elif token.startswith(("L:", "C:")):
                keys = [f"label {token[2:]}", token[:2]]
            else:
                keys = [token]
            pairs.extend((rank, rows.setdefault(key, len(rows))) for key in keys)
        return len(rows), pairs

    def show(
        self,
        ids: Sequence[int],
        slots: Mapping[str, Value],
        unit: str,
        dates: Sequence[int],
        names: Mapping[str, str],
        plural: Mapping[str, bool] | None = None,
        about: str | None = None,
    ) -> str:
        """Return ids as text.

        Parameters
        ----------
        slots
            What the slots hold, by token.
        unit
            Unit of areas and lengths.
        dates
            Number of the scene's time point behind each `<t1>`, `<t2>`, ...
        names
            Other words for labels (an option's text, or the question's own word).
        plural
            Whether such a word is a plural, where that is known: the verb beside it follows.
        about
            Label that will stand behind "there is" and "here is" where it is not written yet.
        """
        pieces: list[str] = []
        tokens = [self.tokens[rank] for rank in ids]
        for place, token in enumerate(tokens):
            word = self._word(_agreeing(tokens, place, plural or {}, about), slots, unit, dates, names)
            if not word:
                continue
            glued = token in _TAGS or word[0] in _CLOSING or (pieces and pieces[-1].endswith("("))
            pieces.append(word if glued else " " + word)
        return "".join(pieces)

    def _word(
        self, token: str, slots: Mapping[str, Value], unit: str, dates: Sequence[int], names: Mapping[str, str]
    ) -> str:
        if token.startswith("{"):
            return shown(slots[token], unit) if token in slots else ""
        if token[:2] in ("L:", "C:"):
            word = names.get(token[2:], token[2:])
            return word[:1].upper() + word[1:] if token[0] == "C" else word
        if token.startswith("<k:"):
            return OPENINGS[token[3:-1]]
        if token.startswith("<u:"):
            return ""
        if token[:2] == "<t" and token[2:-1].isdigit():
            return f"t{dates[int(token[2:-1]) - 1] + 1}" if int(token[2:-1]) <= len(dates) else token[1:-1]
        return token
