"""Chains of reasoning in the embedded model's words: which masks, in which order, and the answer that follows from
them.

Answers are rules over the measured facts; numbers appear only as slots ("{area.2}"), never spelled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from terrascope.networks.embedded.evidence_text import Facts
from terrascope.networks.embedded.purposes import PURPOSES
from terrascope.networks.embedded.tokens import bucket
from terrascope_lab.cot.answer_parts import Case, covers, slot, verb, verdict_of
from terrascope_lab.cot.purpose_answers import cloud_use, risk_answer, rural, suitability
from terrascope_lab.cot.questions import Question

REFUSALS = {
    "refuse_unseen": "I cannot tell that from this image .",
    "refuse_class": "I cannot tell : that class is unknown to me .",
    "refuse_dates": "I cannot tell from one date .",
}
#: Words that only rare measurements call for.
RARE_WORDS = frozenset({"very", "little", "None", "away"})
#: Classes that a description and the main cover are drawn from.
COVERS: tuple[str, ...] = (
    "water", "trees", "grass", "cropland", "shrubs", "bare land", "built-up area", "wetland", "snow", "clouds",
)  # fmt: skip


class Plan(NamedTuple):
    """Masks of a chain: (label, time point 1..) each."""

    steps: tuple[tuple[str, int], ...]


#: How an answer ends that says its share beside something else.
_SHARE_IN_BRACKETS = ("(", "{share.1}", "of", "the", "area", ")", ".")


def plan(question: Question, dates: int, shares: Sequence[dict[str, float]]) -> Plan:
    """Return the masks that a question needs.

    Parameters
    ----------
    dates
        Number of time points.
    shares
        Share of each label in the scene, by time point.
    """
    kind, labels = question.kind, question.labels
    if kind.startswith("refuse"):
        return Plan(())
    when = 1 if question.early else dates
    if kind == "flooded_class":
        return Plan(((labels[0], 1), ("water", 1), ("water", dates)))
    if kind in ("change", "gain", "loss", "flood", "change_any"):
        if dates == 1:
            return Plan(tuple((label, 1) for label in labels))
        return Plan(tuple(step for label in labels for step in ((label, 1), (label, dates))))
    if kind in ("dominant", "least", "describe"):
        ranked = sorted(COVERS, key=lambda label: -shares[when - 1].get(label, 0.0))
        most = {"dominant": 2, "least": 3, "describe": 5}[kind]
        found = [label for label in ranked if shares[when - 1].get(label, 0.0) >= 0.04][:most] or ranked[:1]
        return Plan(tuple((label, when) for label in found))
    return Plan(tuple((label, when) for label in labels))


def opening(question: Question) -> list[str]:
    """Return the tokens before the first mask."""
    return ["<think>", f"<u:{question.unit}>", f"<k:{question.kind}>"]


def step_words(label: str, date: int, dates: int, first: bool) -> list[str]:
    """Return the words that lead to a mask."""
    view = ["Image", f"<t{date}>", ":"] if dates > 1 else []
    lead = ["I", "mark", "the"] if first or dates > 1 else ["Then", "the"]
    return [*view, *lead, f"L:{label}", "[SEG]"]


def answer_words(question: Question, steps: Sequence[tuple[str, int]], facts: Sequence[Facts]) -> list[str]:
    """Return the tokens of the answer, <answer> tags included."""
    if question.kind in REFUSALS:
        words = REFUSALS[question.kind].split()
    else:
        words = list(_ANSWERS[question.kind](Case(question, [label for label, _ in steps], facts)))
    return ["</think>", "<answer>", *words, "</answer>", "</s>"]


def _absent(label: str) -> Iterator[str]:
    yield from ("No", ",", "there", verb(label, "is", "are"), "no", f"L:{label}", "here", ".")


def _nothing(case: Case, step: int = 1) -> Iterator[str]:
    """An amount of nothing: "0 %: there is no water here."."""
    yield from (
        slot("area", step) if case.has_area(step) and case.question.kind == "area" else slot("share", step),
        ":",
    )
    yield from ("there", verb(case.labels[step - 1], "is", "are"), "no", f"L:{case.labels[step - 1]}", "here", ".")


def _share(case: Case) -> Iterator[str]:
    if case.none():
        yield from _nothing(case)
        return
    label = case.labels[0]
    yield from (f"C:{label}", covers(label), "{share.1}", "of", "the", "area")
    yield from ("(", "{area.1}", ")", ".") if case.has_area() else (".",)


def _limit(case: Case) -> Iterator[str]:
    """Whether an amount is more, or less, than a limit: the limit itself is the question's, `verdicts` compares."""
    label = case.labels[0]
    yield from (verdict_of(case), ",", f"L:{label}", covers(label), "{share.1}", "of", "the", "area")
    yield from ("(", "{area.1}", ")", ".") if case.has_area() else (".",)


def _area(case: Case) -> Iterator[str]:
    if case.none() or not case.has_area():
        yield from (_nothing(case) if case.none() else _share(case))
        return
    yield from (
        f"C:{case.labels[0]}",
        covers(case.labels[0]),
        "{area.1}",
        *_SHARE_IN_BRACKETS,
    )


def _where(case: Case) -> Iterator[str]:
    label = case.labels[0]
    if case.none():
        yield from _absent(label)
        return
    yield from (
        f"C:{label}",
        verb(label, "lies", "lie"),
        "mostly",
        "in",
        "the",
        "{where.1}",
        *_SHARE_IN_BRACKETS,
    )


def _exists(case: Case) -> Iterator[str]:
    label = case.labels[0]
    if case.none():
        yield from _absent(label)
        return
    yield from ("Yes", ",", "there", verb(label, "is", "are"))
    yield from ("very", "little") if bucket(case.facts[0].share) == "trace" else ()
    yield from (f"L:{label}", ":", "{share.1}", "of", "the", "area", ",", "mostly", "in", "the", "{where.1}", ".")


def _count(case: Case) -> Iterator[str]:
    label = case.labels[0]
    yield from ("{count.1}", "of", f"L:{label}")
    yield from (".",) if case.none() else _SHARE_IN_BRACKETS


def _ranked(case: Case, least: bool) -> tuple[int, int] | None:
    """Steps (1..) of the winner and of the other, None for a tie."""
    last = case.facts[-1]
    name = last.least if least else last.most
    if name is None or (len(case.labels) == 2 and last.order == "equal"):
        return None
    first = case.labels.index(name) + 1
    return first, 2 if first == 1 else 1


def _compare(case: Case, least: bool) -> Iterator[str]:
    ranked = _ranked(case, least)
    if ranked is None:
        yield from ("They", "are", "equal", ":", "{share.1}", "of", "the", "area", "each", ".")
        return
    first, other = ranked
    label = case.labels[first - 1]
    yield from (
        f"C:{label}",
        covers(label),
        "less" if least else "more",
        ":",
        slot("share", first),
        "against",
        slot("share", other),
        ".",
    )


def _yes_no(case: Case, wanted: str) -> Iterator[str]:
    order = case.facts[1].order  # of the second against the first
    yes = order == {"larger": "smaller", "smaller": "larger"}[wanted]
    yield from ("Yes" if yes else "No", ",", f"L:{case.labels[0]}", covers(case.labels[0]), "{share.1}")
    yield from ("against", "{share.2}", "of", f"L:{case.labels[1]}", ".")


def _difference(case: Case) -> Iterator[str]:
    ranked = _ranked(case, False)
    if ranked is None:
        yield from _compare(case, False)
        return
    label = case.labels[ranked[0] - 1]
    yield from (f"C:{label}", covers(label), "more", "by")
    yield from (
        ("{darea.2}", "(", "{dshare.2}", "of", "the", "area", ")", ".")
        if case.facts[1].difference_area is not None
        else ("{dshare.2}", "of", "the", "area", ".")
    )


def _total(case: Case) -> Iterator[str]:
    yield from ("Together", "they", "cover", "{tshare.2}", "of", "the", "area")
    yield from ("(", "{tarea.2}", ")", ".") if case.facts[1].together_area is not None else (".",)


def _both(case: Case) -> Iterator[str]:
    for step, label in enumerate(case.labels[:2], 1):
        yield from (f"C:{label}" if step == 1 else f"L:{label}", ":", slot("share", step))
        yield from ("(", slot("area", step), ")") if case.has_area(step) else ()
        yield ";" if step == 1 else "."


def _missing(case: Case) -> Iterator[str] | None:
    for step in (1, 2):
        if case.none(step):
            return _absent(case.labels[step - 1])
    return None


def _touch(case: Case) -> Iterator[str]:
    missing = _missing(case)
    if missing is not None:
        yield from missing
    elif case.facts[1].touching:
        yield from ("Yes", ",", "they", "are", "adjacent")
        yield from ("and", "touch", "along", "{border.2}", ".") if case.facts[1].border is not None else (".",)
    else:
        yield from ("No", ",", "they", "are", "not", "adjacent", ":", "{dist.2}", "apart", ".")


def _distance(case: Case) -> Iterator[str]:
    missing = _missing(case)
    if missing is not None:
        yield from missing
        return
    yield from ("They", "touch", ":") if case.facts[1].touching else ("They", "are")
    yield from ("{dist.2}", "apart", ".")


def _amount(case: Case, prefix: str, step: int) -> tuple[str, ...]:
    if case.facts[step - 1].gain_area is None:
        return (slot(f"{prefix}share", step), "of", "the", "area")
    return (slot(f"{prefix}area", step), "(", slot(f"{prefix}share", step), "of", "the", "area", ")")


def _change(case: Case) -> Iterator[str]:
    label, direction = case.labels[0], case.facts[1].direction
    if direction == "stayed":
        yield from (f"C:{label}", "stayed", "at", "{share.2}", "of", "the", "area", ".")
        return
    yield from (f"C:{label}", direction, "from", "{share.1}", "to", "{share.2}", ":")
    yield from ("gained", *_amount(case, "g", 2), ",", "lost", *_amount(case, "l", 2), ".")


def _gained(case: Case) -> Iterator[str]:
    label = case.labels[0]
    if case.facts[1].gain_share <= 0:
        yield from ("No", f"L:{label}", "was", "gained", ".")
        return
    yield from (*_amount(case, "g", 2), "of", f"L:{label}", "was", "gained", ".")


def _lost(case: Case) -> Iterator[str]:
    label = case.labels[0]
    if case.facts[1].loss_share <= 0:
        yield from ("No", f"L:{label}", "was", "lost", ".")
        return
    yield from (*_amount(case, "l", 2), "of", f"L:{label}", "was", "lost", ".")


def _flood(case: Case) -> Iterator[str]:
    if len(case.facts) == 1:
        if case.none():
            yield from _absent("water")
            return
        yield from (
            "Water",
            "covers",
            *(
                ("{area.1}", "(", "{share.1}", "of", "the", "area", ")")
                if case.has_area()
                else ("{share.1}", "of", "the", "area")
            ),
        )
        yield from (",", "flooded", "or", "not", ":", "one", "date", "does", "not", "tell", "them", "apart", ".")
    elif case.facts[1].gain_share <= 0:
        yield from ("No", "land", "was", "flooded", ".")
    else:
        yield from (*_amount(case, "g", 2), "was", "flooded", ".")


def _flooded_class(case: Case) -> Iterator[str]:
    label, facts = case.labels[0], case.facts[2]
    if facts.overlap_share <= 0:
        yield from ("No", f"L:{label}", "was", "flooded", ".")
        return
    amount = (
        ("{oarea.3}", "(", "{oshare.3}", "of", "the", "area", ")")
        if facts.overlap_area is not None
        else ("{oshare.3}", "of", "the", "area")
    )
    yield from (*amount, "of", f"L:{label}", "was", "flooded", ".")


def _dominant(case: Case) -> Iterator[str]:
    name = case.facts[-1].most or case.labels[0]
    step = case.labels.index(name) + 1
    if case.none(step):
        yield from ("No", "class", "was", "found", ".")
        return
    yield from (f"C:{name}", covers(name), "most", ":", slot("share", step), "of", "the", "area")
    other = 2 if step == 1 else 1
    if len(case.labels) > 1 and not case.none(other):
        yield from (",", "then", f"L:{case.labels[other - 1]}", ":", slot("share", other))
    yield "."


def _least(case: Case) -> Iterator[str]:
    name = case.facts[-1].least or case.labels[0]
    step = case.labels.index(name) + 1
    yield from (f"C:{name}", covers(name), "least", ":", slot("share", step), "of", "the", "area", ".")


def _describe(case: Case) -> Iterator[str]:
    yield from ("The", "scene", "shows")
    for step, label in enumerate(case.labels, 1):
        if step > 1:
            yield "and" if step == len(case.labels) else ","
        yield from (f"L:{label}", "(", slot("share", step), ",", "mostly", slot("where", step), ")")
    yield "."


def _segment(case: Case) -> Iterator[str]:
    label = case.labels[0]
    if case.none():
        yield from _absent(label)
        return
    yield from ("Here", verb(label, "is", "are"), "the", f"L:{label}", ":", "{share.1}", "of", "the", "area")
    yield from ("(", "{area.1}", ")", ".") if case.has_area() else (".",)


def _change_any(case: Case) -> Iterator[str]:
    yield from ("Net", "change", ":")
    for step in (2, 4, 6):
        label = case.labels[step - 1]
        net = slot("nshare" if case.facts[step - 1].gain_area is None else "narea", step)
        yield from (f"L:{label}", net, "." if step == 6 else ",")


def _among(case: Case) -> Iterator[str]:
    name = case.facts[-1].most or case.labels[0]
    step = case.labels.index(name) + 1
    if case.none(step):
        yield from ("None", "of", "them", "was", "found", ".")
        return
    yield from (f"C:{name}", ":", slot("share", step), "of", "the", "area", ".")


_ANSWERS: dict[str, Callable[[Case], Iterator[str]]] = {
    "share": _share, "limit": _limit, "area": _area, "where": _where, "exists": _exists, "count": _count,
    "larger": lambda case: _compare(case, False), "smaller": lambda case: _compare(case, True),
    "more_yn": lambda case: _yes_no(case, "larger"), "less_yn": lambda case: _yes_no(case, "smaller"),
    "difference": _difference, "total": _total, "both": _both, "touch": _touch, "distance": _distance,
    "change": _change, "gain": _gained, "loss": _lost, "flood": _flood, "flooded_class": _flooded_class,
    "dominant": _dominant, "least": _least, "describe": _describe, "segment": _segment,
    **{kind: suitability if kind.startswith("suit_") else risk_answer for kind in PURPOSES},
    "rural": rural, "cloud_use": cloud_use, "change_any": _change_any, "among": _among,
}  # fmt: skip
