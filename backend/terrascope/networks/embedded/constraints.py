"""What the embedded decoder may write next: only classes that were asked for, only numbers that were measured, and only
verdicts and rankings that the measurements bear out. The decoder chooses among what is left."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from terrascope.networks.embedded.evidence_text import Facts
from terrascope.networks.embedded.purposes import TOGETHER
from terrascope.networks.embedded.reading import Reading
from terrascope.networks.embedded.tokens import MAX_DATES, Value, Vocabulary, plain_form
from terrascope.networks.embedded.verdicts import found_nothing, verdict

_TWO_DATES = frozenset({"change", "gain", "loss", "flood", "change_any"})
#: Kinds that choose their classes by what the scene shows, and how many they take.
FREE = {"dominant": 2, "least": 2, "describe": 5}
_COVERS = frozenset(
    {"water", "trees", "grass", "cropland", "shrubs", "bare land", "built-up area", "wetland", "snow", "clouds"}
)
#: Kinds whose answer names a winner first.
_RANKED = frozenset({"larger", "difference", "among", "dominant", "smaller", "least"})
_OWN_NUMBERS = frozenset(
    {
        "describe",
        "both",
        "among",
        "dominant",
        "least",
        "change_any",
        "segment",
        "share",
        "area",
        "where",
        "exists",
        "count",
        *TOGETHER,
    }
)
_PLURAL = frozenset({"trees", "shrubs", "buildings", "roads", "clouds"})
#: A cover belongs into a description from this share on.
_NOTABLE = 0.04
#: Below this share a cover may be a few misread pixels, and is not the rarest of what there is.
_SEEN = 0.001
#: Kinds whose answer names a class once.
_ONCE = frozenset({"describe", "change_any", "dominant"})
_LATER = frozenset({"<answer>", "</answer>", "</s>", "<think>", "</think>", ".", "(", ")", ";", "Yes", "No"})
_NO = "No"  # how an answer begins that says that there is nothing
_SLOT = re.compile(r"\{(\w+)\.(\d)\}")


def _shown(shares: Mapping[str, float], kind: str) -> tuple[str, ...]:
    """The covers that a view shows, at least one, the largest first (the smallest for "least")."""
    covers = sorted((label for label in shares if label in _COVERS), key=lambda label: -shares[label])
    least = _SEEN if kind == "least" else _NOTABLE
    found = [label for label in covers if shares[label] >= least] or covers[:1]
    if kind == "least":
        found.reverse()
    return tuple(found[: FREE.get(kind, 1)])


def required_steps(reading: Reading, dates: int) -> tuple[tuple[str, int], ...] | None:
    """Return the (class, time point 1..) of each mask that a question needs; None where the scene decides."""
    kind, labels = reading.kind, reading.labels
    if kind.startswith("refuse"):
        return ()
    if kind in FREE:
        return None
    if kind == "flooded_class":
        return ((labels[0], 1), ("water", 1), ("water", dates))
    if kind in _TWO_DATES:
        pairs = ((label, date) for label in labels for date in ((1, dates) if dates > 1 else (1,)))
        return tuple(pairs)
    when = 1 if reading.early else dates
    return tuple((label, when) for label in labels)


class Constraints:
    """Follows what is written and says what may come next.

    Parameters
    ----------
    vocabulary, reading, dates
        Words, what the question asks, number of time points looked at (at most 2).
    shares
        Share of each cover that the view of the question's date shows, where the scene decides about the classes.
    order
        Which plain forms may follow which two in an answer to this kind of question; None: any.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        reading: Reading,
        dates: int,
        shares: Mapping[str, float] | None = None,
        order: Mapping[str, str] | None = None,
    ) -> None:
        self._tokens, self._ids = vocabulary.tokens, vocabulary.ids
        self._reading, self._dates = reading, dates
        required = required_steps(reading, dates)
        if required is None:
            covers = _shown(shares, reading.kind) if shares else ("water",)
            required = tuple((label, 1 if reading.early else dates) for label in covers)
        self.required = required
        self.steps: list[tuple[str, Facts | None]] = []
        self.slots: dict[str, Value] = {}
        self._written: list[str] = []
        self._answer: list[str] | None = None
        self._order = order
        self._forms = [plain_form(token) for token in self._tokens]
        self._fixed = np.array([self._never(token) for token in self._tokens])

    def _never(self, token: str) -> bool:
        """Tokens that only evidence writes, other kinds and units than the question's, dates that are not there."""
        if token in ("<pad>", "<s>", "<ev>", "<most>", "<least>"):
            return True
        mark = re.fullmatch(r"<(\w+):(.+)>", token)
        if mark:
            return {"k": self._reading.kind, "u": self._reading.unit}.get(mark.group(1)) != mark.group(2)
        return token in {f"<t{date}>" for date in range(self._dates + 1, MAX_DATES + 1)}

    def measured(self, facts: Facts, slots: Mapping[str, Value]) -> None:
        """Note the evidence of the last mask."""
        self.steps[-1] = (self.steps[-1][0], facts)
        self.slots.update(slots)

    def wrote(self, token: str) -> None:
        """Note a token that was written."""
        if token == "[SEG]":  # nosec B105
            label = next((t[2:] for t in reversed(self._written) if t.startswith("L:")), "")
            self.steps.append((label, None))
        if self._answer is not None:
            self._answer.append(token)
        if token == "<answer>":  # nosec B105
            self._answer = []
        self._written.append(token)

    def forbidden(self) -> NDArray[np.bool_]:
        """Return bool [vocabulary]: what may not come next."""
        banned = self._fixed.copy()
        for rank, token in enumerate(self._tokens):
            if token[0] == "{" and token not in self.slots:
                banned[rank] = True
        if self._answer is None:
            self._thinking(banned)
        else:
            self._answering(banned, self._answer)
        return banned if not banned.all() else self._fixed

    def _thinking(self, banned: NDArray[np.bool_]) -> None:
        last = self._written[-1] if self._written else ""
        if not last.startswith("L:"):
            banned[self._ids["[SEG]"]] = True
        else:
            banned[:] = True
            banned[self._ids["[SEG]"]] = False
            return
        if not last or last == "<think>" or last.startswith("<u:") or last == "</think>":
            return
        done = len(self.steps)
        if done >= len(self.required):
            banned[:] = True
            banned[self._ids["</think>"]] = False
            return
        label, when = self.required[done]
        for rank, token in enumerate(self._tokens):
            if token.startswith("L:"):
                banned[rank] |= token[2:] != label
            elif token[:2] == "<t" and token[2:-1].isdigit():
                banned[rank] |= int(token[2:-1]) != when
            elif token[0] == "{" or token[:2] == "C:" or token in _LATER:
                banned[rank] = True

    def _answering(self, banned: NDArray[np.bool_], answer: Sequence[str]) -> None:
        kind = self._reading.kind
        names = [label for label, _ in self.steps]
        winner = self._winner() if kind in _RANKED else None
        first = not any(token[:2] in ("L:", "C:") for token in answer)
        near = next((token[2:] for token in reversed(answer) if token[:2] in ("L:", "C:")), None)
        numbers = sum(token[0] == "{" for token in answer)
        known = [facts for _, facts in self.steps if facts is not None]
        must = verdict(kind, names, known, self._reading.limit) if not answer and len(known) == len(names) else None
        if must is not None:
            banned[:] = True
            banned[self._ids[must]] = False
            return
        if not answer and len(known) == len(names):
            self._of_nothing(banned, found_nothing(kind, known))
        banned[[self._ids[token] for token in ("[SEG]", "<think>", "</think>", "<answer>")]] = True
        self._in_order(banned, answer)
        last = answer[-1] if answer else ""
        if kind == "describe" and last == ")":
            self._go_on_describing(banned, answer)
            return
        if kind in TOGETHER and (word := self._next_of_grounds(answer)) is not None:
            banned[:] = True
            banned[self._ids[word]] = False
            return
        for word in (*self._disagreeing(last, near), *self._wrong_direction(), *self._wrong_distance(last)):
            if word in self._ids:
                banned[self._ids[word]] = True
        empty = {label for label, facts in self.steps if facts is not None and facts.share <= 0}
        said = {token[2:] for token in answer if token[:2] in ("L:", "C:")}
        next_label = self._next_of_description() if kind == "describe" else None
        for rank, token in enumerate(self._tokens):
            if token[:2] in ("L:", "C:"):
                banned[rank] |= last == "no" and bool(empty) and token[2:] not in empty
                wrong = token[2:] not in names or (first and winner is not None and token[2:] != winner)
                wrong |= next_label is not None and token[2:] != next_label
                banned[rank] |= wrong or (kind in _ONCE and token[2:] in said)
            elif token[0] == "{" and near in names and (match := _SLOT.fullmatch(token)):
                own = len(names) - names[::-1].index(near)
                if kind in _OWN_NUMBERS or (kind in ("larger", "smaller") and numbers == 0):
                    banned[rank] |= int(match.group(2)) != own
                elif kind in ("larger", "smaller"):
                    banned[rank] |= int(match.group(2)) == own
                elif kind in ("more_yn", "less_yn"):
                    banned[rank] |= int(match.group(2)) != numbers + 1

    def _disagreeing(self, last: str, near: str | None) -> tuple[str, ...]:
        """Verbs that do not go with their noun ("there is trees", "trees covers"), a place that is named twice."""
        if last == "there":
            about = next((label for label, facts in self.steps if facts is not None and facts.share <= 0), None)
            about = about or (self.steps[0][0] if self.steps else "")
            return ("is",) if about in _PLURAL else ("are",)
        if last == "," and self._placed():
            return ("mostly",)
        if near is not None and last[2:] == near and last[:2] in ("L:", "C:"):
            return (
                ("covers", "lies", "dominates", "is", "touches")
                if near in _PLURAL
                else ("cover", "lie", "dominate", "are", "touch")
            )
        return ()

    def _in_order(self, banned: NDArray[np.bool_], answer: Sequence[str]) -> None:
        """Bans what follows the last two words in no answer to this kind of question."""
        if self._order is None:
            return
        pair = " ".join(["", "", *map(plain_form, answer)][-2:])
        usual = {form for form in self._order.get(pair, "").split() if self._can_go_on(answer, form)}
        if usual:
            banned |= np.array([form not in usual for form in self._forms])

    def _can_go_on(self, answer: Sequence[str], form: str) -> bool:
        """Whether something may be written behind a form, or it is followed by numbers alone of which none is there."""
        if self._order is None:
            return True
        before = plain_form(answer[-1]) if answer else ""
        after = self._order.get(f"{before} {form}", "").split()
        there = {plain_form(slot) for slot in self.slots}
        return not after or any(each[0] != "{" or each in there for each in after)

    def _of_nothing(self, banned: NDArray[np.bool_], nothing: bool | None) -> None:
        """Bans the beginnings that say that there is nothing where there is something, and the other way round."""
        if nothing is None:
            return
        for rank, token in enumerate(self._tokens):
            says = token[0] == "{" if self._reading.kind in ("share", "area") else token == _NO
            banned[rank] |= says != nothing if nothing or says else False

    def _next_of_grounds(self, answer: Sequence[str]) -> str | None:
        """What follows where it depends on which classes of a purpose are there: those are named in order, the others
        said to be missing."""
        there = [label for label, facts in self.steps if facts is not None and facts.share > 0]
        said = [token[2:] for token in answer if token[:2] == "L:"]
        left = [label for label in there if label not in said]
        last, before = answer[-1:], answer[-2:-1]
        if last == [":"]:
            return f"L:{there[0]}" if there else "there"
        if last and last[0].startswith("{share"):
            return "and" if left else "of"
        if last == ["and"] and before and before[0].startswith("{share"):
            return f"L:{left[0]}" if left else None
        if last == ["area"]:
            return "," if len(there) < len(self.steps) else ";"
        return None

    def _go_on_describing(self, banned: NDArray[np.bool_], answer: Sequence[str]) -> None:
        """Leaves the mark or word behind a cover that goes with how many are still to be named."""
        left = len(self.steps) - sum(token[:2] in ("L:", "C:") for token in answer)
        banned[:] = True
        banned[self._ids["." if left <= 0 else "and" if left == 1 else ","]] = False

    def _next_of_description(self) -> str | None:
        """The largest cover that a description has not named yet."""
        said = {token[2:] for token in self._answer or () if token[:2] in ("L:", "C:")}
        left = [(facts.share, label) for label, facts in self.steps if facts is not None and label not in said]
        return max(left)[1] if left else None

    def _placed(self) -> bool:
        """Whether the class that is written about has its place already."""
        for token in reversed(self._answer or ()):
            if token[:2] in ("L:", "C:"):
                return False
            if token == "mostly":  # nosec B105
                return True
        return False

    def _wrong_direction(self) -> tuple[str, ...]:
        """Verbs that the net change between the dates does not bear out."""
        facts = self._facts()
        if self._reading.kind != "change" or facts is None or facts.since is None:
            return ()
        return tuple(verb for verb in ("grew", "shrank", "stayed") if verb != facts.direction)

    def _wrong_distance(self, last: str) -> tuple[str, ...]:
        """ "They touch" of masks that do not, "they are so far apart" of masks that do."""
        facts = self._facts()
        if self._reading.kind != "distance" or facts is None or last != "They":
            return ()
        return ("are",) if facts.touching else ("touch",)

    def _facts(self) -> Facts | None:
        return self.steps[-1][1] if self.steps else None

    def _winner(self) -> str | None:
        facts = self._facts()
        if facts is None:
            return None
        if facts.most is None:
            return self.steps[-1][0]
        return facts.least if self._reading.kind in ("smaller", "least") else facts.most
