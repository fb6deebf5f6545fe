"""Statements without a number held against the masks: touching, larger or smaller, there or not, grown or shrunk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from terrascope.reasoning.claim_context import BREAK, Document, Sentence
from terrascope.reasoning.claim_facts import size
from terrascope.reasoning.claim_text import Mention, Span
from terrascope.reasoning.claim_types import Claim, ClaimKind, StepEvidence, Value, Verdict

#: Areas that differ by less than this part of the larger are of one size (the benchmark's rule for ranking).
SAME_SIZE = 0.10

_UNREAL = re.compile(
    r"\?\s*$|\b(?:if|whether|need to|needs to|to determine|to check|to see|to find|let me|let us|let's|i will|i should|"
    r"could|might|may|would|possibly|perhaps|suppose|assum\w*|unclear|cannot tell|either)\b"
)
_NOT = re.compile(r"\b(?:not|no|never|neither|without|hardly|barely|cannot)\b|n't\b")
_TOUCH = re.compile(
    r"\b(?:touch(?:es|ing|ed)?|adjacent|adjoin(?:s|ing|ed)?|abut(?:s|ting)?|contiguous|bordering|bordered by|"
    r"in contact|contact (?:between|with)|"
    r"border(?:s)?(?= (?:each other|one another|on|the|with|a|an)\b)|neighbou?r(?:s|ing)?|meets?|side by side|"
    r"shar(?:e|es|ing) (?:a |an |the |any |no |some )?(?:common )?(?:border|boundary|edge|line)|"
    r"(?:common|shared) (?:border|boundary|edge))\b"
)
_MORE = (
    r"(?:larger|bigger|greater|more extensive|more widespread|more common|more abundant|more dominant|higher|wider|"
    r"more (?:area|land|space|surface|ground|pixels|coverage)?)"
)
_LESS = r"(?:smaller|less extensive|less widespread|less common|less dominant|lower|fewer|less)"
_COMPARE = re.compile(
    rf"\b(?:(?P<more>{_MORE})|(?P<less>{_LESS}))(?P<between>[^.;?\d]{{0,60}}?)\bthan\b|\b(?P<exceed>exceeds?|outweighs?|surpass(?:es)?)\b"
)
_COVERS_MORE = re.compile(r"\bcovers? (more|less)\b(?=\s*(?:[:.,;]|by\b|$))")
_SAME = re.compile(
    r"\b(?:the same (?:size|area|share|extent)|equal(?:ly)? (?:large|in (?:size|area)|size|area)|"
    r"as (?:large|big|extensive) as|similar (?:size|area|extent|in size))\b"
)
_MOST = re.compile(
    r"\b(?:(?P<most>largest|biggest|dominant|dominat(?:es?|ing|ed by)|predominant|"
    r"most (?:extensive|common|widespread|abundant)|main (?:land cover|class|cover))"
    r"|(?P<least>smallest|covers? least|least (?:extensive|common|widespread|abundant)|rarest))\b"
)
_GREW = re.compile(
    r"\b(?:(?P<up>increas(?:e|es|ed|ing)|gr[eo]ws?|grown|growing|expand(?:s|ed|ing)?|expansion|rose|risen|"
    r"more extensive)"
    r"|(?P<down>decreas(?:e|es|ed|ing)|shr[aiu]nk|shrinks?|declin(?:e|es|ed|ing)|reced(?:e|es|ed|ing)|"
    r"retreat(?:s|ed|ing)?|"
    r"dropped|fell|fallen|reduced|less extensive)"
    r"|(?P<same>unchanged|(?:remain(?:s|ed)?|is|was|are|were|stayed) (?:largely |about |nearly )?(?:stable|the same)|"
    r"no change|not changed?))\b"
)
_ABSENT = re.compile(
    r"(?:\b(?:no|without(?: any)?|lacks?(?: any)?|absence of|free of|not contain(?: any)?|not show(?: any)?|not any|"
    r"zero|not (?:a single|one)|(?:contains?|shows?|has|have|includes?|holds?) neither(?: [\w -]{1,25}? nor)?)"
    r"|n't (?:any|a single))\s+"
    r"(?:(?:visible|clear|significant|detectable|signs? of|obvious|apparent|open|more|large|notable)\s+){0,2}$"
)
_NOWHERE = re.compile(
    r"^\s*(?:[.,;:!)]|$|(?:is|are|was|were|can be)\s+(?:visible|present|found|detected|seen|identified)|in\b|here\b|"
    r"within\b|at\b|on\b|anywhere|or\b|and\b|nor\b)"
)
_NOTHING_IS = re.compile(
    r"\b(?:none|nothing|no part|not any) of (?:\w+ ){1,4}?(?:is|are|was|were) (?:covered (?:by|with) |under |any )?$"
)
_COVERS_NOTHING = re.compile(
    r"^\s+(?:covers?|covered|takes? up|occup(?:y|ies|ied)|makes? up|is|are) "
    r"(?:nothing|none|no (?:part|area|land|ground|pixel))\b"
    r"|^\s+(?:is|are|was|were) (?:absent|missing|nowhere)\b"
)
_PRESENT = re.compile(
    r"\b(?:there (?:is|are)|(?:is|are) there|contains?|shows?|includes?|can see|visible:?)\s+"
    r"(?:(?:a|an|any|some|the|one|several|many|also|large|small|visible|clearly|areas? of|patch(?:es)? of)\s+){0,3}$"
)
_THERE = re.compile(
    r"^\s+(?:is|are)\s+(?P<no>not\s+|n't\s+)?(?:clearly\s+|also\s+)?(?:present|visible|found|detected|seen)\b"
)
_RELATION_AHEAD = re.compile(r"^\s*(?:border|boundary|contact|overlap|change|mask|data|information)")


class Statement(NamedTuple):
    """A statement about one or two classes. `claimed` is what the sentence says (False where it denies)."""

    kind: ClaimKind
    relation: str
    mentions: tuple[Mention, ...]
    claimed: bool
    span: Span


def statement_claims(document: Document) -> Iterator[Claim]:
    """Check every plain statement of the text; questions, conditions and guesses state nothing."""
    for sentence in document.sentences:
        if not _UNREAL.search(document.plain[sentence.span.start : sentence.span.end + 1]):
            for statement in statements(document, sentence):
                yield check(document, sentence, statement)


def statements(document: Document, sentence: Sentence) -> Iterator[Statement]:
    """What a sentence says of the classes that it names."""
    yield from _touching(document, sentence)
    yield from _comparing(document, sentence)
    yield from _ranking(document, sentence)
    yield from _growing(document, sentence)
    yield from _existing(document, sentence)


def check(document: Document, sentence: Sentence, statement: Statement) -> Claim:
    """Hold one statement against the masks."""
    chosen: list[StepEvidence] = []
    for mention in statement.mentions:
        single = statement.kind is not ClaimKind.ADJACENCY
        steps = document.meant(mention, sentence) if single else document.of_relation(mention, sentence)
        if not steps:
            name = document.plain[mention.start : mention.end] or mention.key
            return _claim(
                document, sentence, statement, Verdict.NOT_CHECKABLE, None, f"No mask of {name!r} was made.", []
            )
        chosen.append(steps[0])
    rule = {
        ClaimKind.ADJACENCY: _check_touch,
        ClaimKind.COMPARISON: _check_size,
        ClaimKind.CHANGE: _check_growth,
        ClaimKind.EXISTENCE: _check_there,
    }[statement.kind]
    truth, reason = rule(document, statement, chosen)
    if truth is None:
        return _claim(document, sentence, statement, Verdict.NOT_CHECKABLE, None, reason, chosen)
    verdict = Verdict.SUPPORTED if truth == statement.claimed else Verdict.CONTRADICTED
    return _claim(document, sentence, statement, verdict, truth, reason, chosen)


def _touching(document: Document, sentence: Sentence) -> Iterator[Statement]:
    for match in _TOUCH.finditer(document.plain, sentence.span.start, sentence.span.end):
        pair = document.pair(sentence, match.start(), match.end())
        if pair is not None:
            first = min(pair[0].start, match.start())
            denied = _denied(document, max(first, sentence.span.start), match.end()) or _denied_before(
                document, sentence, first
            )
            yield Statement(ClaimKind.ADJACENCY, "touch", pair, not denied, Span(match.start(), match.end()))
            return


def _comparing(document: Document, sentence: Sentence) -> Iterator[Statement]:
    text = document.plain
    for match in _COMPARE.finditer(text, sentence.span.start, sentence.span.end):
        after = next((m for m in sentence.mentions if m.start >= match.end()), None)
        if after is None or not re.fullmatch(
            r"\s*(?:the |a |an |that of |of |by )*(?:the )?", text[match.end() : after.start]
        ):
            continue
        within = [m for m in sentence.mentions if match.start() <= m.start and m.end <= match.end()]
        before = [m for m in sentence.mentions if m.end <= match.start()]
        first = within[-1] if within else before[-1] if before else document.topic(sentence)
        if first is None or first.key == after.key:
            continue
        relation = "smaller" if match.group("less") else "larger"
        low = max(first.start if first.start < match.start() else match.start() - 20, sentence.span.start)
        yield Statement(
            ClaimKind.COMPARISON, relation, (first, after), not _denied(document, low, match.start()),
            Span(match.start(), after.end),
        )  # fmt: skip
    for match in _COVERS_MORE.finditer(text, sentence.span.start, sentence.span.end):
        before = [m for m in sentence.mentions if m.end <= match.start()]
        other = document.other(sentence, before[-1]) if before else None
        if before and other is not None:
            relation = "smaller" if match.group(1) == "less" else "larger"
            denied = _denied(document, before[-1].end, match.start())
            span = Span(match.start(), match.end())
            yield Statement(ClaimKind.COMPARISON, relation, (before[-1], other), not denied, span)
    for match in _SAME.finditer(text, sentence.span.start, sentence.span.end):
        pair = document.pair(sentence, match.start(), match.end())
        if pair is not None and len(document.facts.of_key(pair[0].key)) > 0:
            denied = _denied(document, max(sentence.span.start, match.start() - 30), match.start())
            yield Statement(ClaimKind.COMPARISON, "same", pair, not denied, Span(match.start(), match.end()))


def _ranking(document: Document, sentence: Sentence) -> Iterator[Statement]:
    """ "Forest is the dominant class", "the largest class is water"; not "the largest lake"."""
    for match in _MOST.finditer(document.plain, sentence.span.start, sentence.span.end):
        before = [m for m in sentence.mentions if m.end <= match.start()]
        after = [m for m in sentence.mentions if m.start >= match.end()]
        chosen = None
        by = match.group(0).endswith("by")
        if before and not by and not BREAK.search(document.plain[before[-1].end : match.start()]):
            chosen = before[-1]
        elif after and (by or re.search(r"\b(?:is|are|being|:)", document.plain[match.end() : after[0].start])):
            chosen = after[0]
        if chosen is not None and not re.match(r"\s*(?:part|patch|piece|component|one)", document.plain[match.end() :]):
            relation = "least" if match.group("least") else "most"
            denied = _denied(document, max(sentence.span.start, match.start() - 30), match.start())
            yield Statement(ClaimKind.COMPARISON, relation, (chosen,), not denied, Span(match.start(), match.end()))


def _growing(document: Document, sentence: Sentence) -> Iterator[Statement]:
    for match in _GREW.finditer(document.plain, sentence.span.start, sentence.span.end):
        before = [m for m in sentence.mentions if m.end <= match.start()]
        after = [m for m in sentence.mentions if m.start >= match.end()]
        near = before[-1] if before else after[0] if after else document.topic(sentence)
        if near is not None and document.facts.over_time(near.key) is not None:
            relation = "grew" if match.group("up") else "shrank" if match.group("down") else "unchanged"
            low = max(sentence.span.start, match.start() - 25)
            denied = relation != "unchanged" and _denied(document, low, match.start())
            yield Statement(ClaimKind.CHANGE, relation, (near,), not denied, Span(match.start(), match.end()))
            return


def _existing(document: Document, sentence: Sentence) -> Iterator[Statement]:
    text = document.plain
    for mention in sentence.mentions:
        lead = text[max(sentence.span.start, mention.start - 60) : mention.start]
        there = _THERE.match(text[mention.end : sentence.span.end])
        if _RELATION_AHEAD.match(text[mention.end : sentence.span.end]):
            continue
        claimed: bool | None = None
        rest = text[mention.end : sentence.span.end]
        if (_ABSENT.search(lead) and _NOWHERE.match(rest)) or _NOTHING_IS.search(lead) or _COVERS_NOTHING.match(rest):
            claimed = False
        elif there:
            claimed = there.group("no") is None
        elif _PRESENT.search(lead):
            claimed = not _denied(document, max(sentence.span.start, mention.start - 40), mention.start)
        if claimed is not None:
            yield Statement(ClaimKind.EXISTENCE, "there", (mention,), claimed, Span(mention.start, mention.end))


def _denied(document: Document, start: int, end: int) -> bool:
    return len(_NOT.findall(document.plain[start:end])) % 2 == 1


def _denied_before(document: Document, sentence: Sentence, start: int) -> bool:
    lead = document.plain[sentence.span.start : start]
    return re.search(r"\b(?:no|neither|nor|none of|not)\s+(?:the\s+|any\s+)?$", lead) is not None


def _check_touch(document: Document, statement: Statement, chosen: list[StepEvidence]) -> tuple[bool | None, str]:
    one, two = chosen
    if not one.measurement.pixels or not two.measurement.pixels:
        return None, "One of the masks is empty."
    met = document.facts.adjacency(one, two)
    if met is None:
        return None, "The masks are not on one grid."
    length = "" if met.border_m is None else f", {met.border_m:.6g} m"
    if met.borders:
        detail = f"they have {met.border_px} pixel sides{length} in common"
    else:
        detail = "they meet at corners only" if met.touches else "no pixel of one is beside a pixel of the other"
    return met.touches, f"{one.label!r} and {two.label!r}: {detail}."


def _check_size(document: Document, statement: Statement, chosen: list[StepEvidence]) -> tuple[bool | None, str]:
    if statement.relation in ("most", "least"):
        return _check_rank(document, statement, chosen[0])
    one, two = chosen
    a, b = size(one), size(two)
    unit = "pixels" if one.measurement.area_m2 is None else "m2"
    reason = f"{one.label!r} has {a:.6g} {unit}, {two.label!r} has {b:.6g}."
    if statement.relation == "same":
        return abs(a - b) <= SAME_SIZE * max(a, b), reason
    return (a < b if statement.relation == "smaller" else a > b), reason


def _check_rank(document: Document, statement: Statement, one: StepEvidence) -> tuple[bool | None, str]:
    others = [step for step in document.facts.steps if step.view == one.view and step is not one]
    rivals = [step for step in others if document.facts.keys[id(step)] != document.facts.keys[id(one)]]
    if statement.relation == "most" and one.measurement.share > 0.5:
        return True, f"{one.label!r} has more than half of the valid pixels."
    if not rivals:
        return None, "No other class was segmented."
    values = [size(step) for step in rivals]
    best = size(one) >= max(values) if statement.relation == "most" else size(one) <= min(values)
    return best, f"Of the {len(rivals) + 1} masks of this image; {one.label!r} has {size(one):.6g}."


def _check_growth(document: Document, statement: Statement, chosen: list[StepEvidence]) -> tuple[bool | None, str]:
    pair = document.facts.over_time(statement.mentions[0].key)
    change = document.facts.change(*pair) if pair else None
    if change is None:
        return None, "There are no masks of two dates."
    before, after = change.before.pixels, change.after.pixels
    reason = f"{before} pixels before, {after} after."
    if statement.relation == "unchanged":
        return abs(change.net_pixels) <= SAME_SIZE * max(before, after), reason
    return (change.net_pixels > 0 if statement.relation == "grew" else change.net_pixels < 0), reason


def _check_there(document: Document, statement: Statement, chosen: list[StepEvidence]) -> tuple[bool | None, str]:
    pixels = chosen[0].measurement.pixels
    return pixels > 0, f"The mask of {chosen[0].label!r} has {pixels} pixels."


def _claim(
    document: Document, sentence: Sentence, statement: Statement, verdict: Verdict, truth: Value, reason: str,
    chosen: list[StepEvidence],
) -> Claim:  # fmt: skip
    steps = tuple(dict.fromkeys(step.step for step in chosen))
    claimed: Value = statement.claimed
    if statement.relation not in ("touch", "there"):
        name = {"most": "largest", "least": "smallest"}.get(statement.relation, statement.relation)
        claimed = name if statement.claimed else f"not {name}"
        truth = None if truth is None else (name if truth else f"not {name}")
    return Claim(
        sentence.step, document.shown(sentence.span), statement.kind, verdict, claimed, truth, "", reason, steps,
        statement.span.start, statement.span.end,
    )  # fmt: skip
