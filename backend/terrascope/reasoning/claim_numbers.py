"""Numbers in the text held against the masks: shares, areas, lengths, pixels, counts and their changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from terrascope.reasoning.claim_context import Document, Sentence
from terrascope.reasoning.claim_sizes import differences, flooded, largest_part, outside, together, values
from terrascope.reasoning.claim_text import Mention
from terrascope.reasoning.claim_types import Claim, ClaimKind, StepEvidence
from terrascope.reasoning.claim_verdicts import Fact, unknown, verdict
from terrascope.units.read import Kind, Quantity

_CHANGE = re.compile(
    r"\b(?:increas\w*|decreas\w*|gr[eo]w\w*|gain\w*|los[st]\w*|los(?:es|ing)|shr[aiu]nk\w*|declin\w*|expan[ds]\w*|reced\w*|"
    r"retreat\w*|reduc\w*|ris(?:e|es|en|ing)|rose|dropp?\w*|fell|fall(?:s|en|ing)?|chang\w*|net|disappear\w*|advanc\w*|"
    r"difference|newly|new|persist\w*|unchanged|stable|remain\w*|flooded|inundated|submerged)\b"
)
_FLOODED = ("flooded", "inundated", "submerged")
_DOWN = re.compile(r"^(?:decreas|shr|declin|reced|retreat|reduc|drop|fell|fall)")
_SCALE = re.compile(
    r"\b(?:resolution|pixel size|gsd|per pixel|ground sampl\w*|elevation|altitude|heights?|depth|deep|wide|width|long|"
    r"length of|diameter|radius|buffer|scale|grid|pixels? of|tall|high|thick)\b"
)
_NO_CLAIM_AFTER = re.compile(
    r"^\s*(?:sure|confiden\w+|certain\w*|probab\w+|likel\w+|chance|accura\w+|[x×*]\s*\d[\d,. ]*p)"
)
_NO_CLAIM_BEFORE = re.compile(
    r"(?:(?:\d|px|pixels?|m2|ha)\s*[x×*/]|\b(?:confidence|probability|accuracy|certainty)(?: (?:of|is))?:?)\s*$"
)
_REST = re.compile(r"\b(?:remaining|remainder|rest|left over|other)\s*(?:\w+\s*)?(?:is|are|of|:)?\s*$")
_LARGEST = re.compile(r"\b(?:largest|biggest)\s+(?:\w+\s+)?$")
_ONE_OF_MANY = re.compile(
    r"\b(?:each|every|smallest|individual|single|one|average|typical|another|second)\s+(?:(?:of the|\w+)\s+)?$"
)
_AGAINST = re.compile(r"\b(?:against|versus|vs\.?|compared (?:to|with))\s*$")
_HYPOTHETICAL = re.compile(
    r"\?\s*$|\b(?:if|whether|requires?|required|threshold|minimum of|maximum of|for example|suppose|assum\w*)\b"
    r"|\bneed(?:s|ed)? (?:at least|more|about)\b"
)
_PERIMETER = re.compile(r"\b(?:perimeters?|outlines?|circumference|shorelines?|coastlines?|edge length)\b")
_BORDER = re.compile(r"\b(?:borders?|boundary|boundaries|shared edge|frontier|interface|along(?= \d))\b")
_DISTANCE = re.compile(r"\b(?:distan\w*|apart|away|separat\w*|far|gap|nearest|closest|within|between|from)\b")
_PARTS = re.compile(
    r"^\W{0,3}(?:(?:separate|distinct|different|isolated|individual|disconnected|small|large|big|major|main|water|forest|"
    r"tree|crop|grass|building|urban|land|connected|visible)\s+){0,3}"
    r"(?:patch(?:es)?|parts?|pieces?|components?|regions?|areas?|bod(?:y|ies)|blocks?|clusters?|polygons?|segments?|"
    r"fragments?|zones?|spots?|islands?|instances?|objects?)\b"
)
_NOT_A_COUNT = re.compile(
    r"^\s*(?:of\b|images?\b|dates?\b|views?\b|classes\b|times\b|steps?\b|[.):]|years?\b|months?\b|days?\b)"
)


def number_claims(document: Document, quantities: list[Quantity]) -> Iterator[Claim]:
    """Check every number that speaks of a mask. Numbers that are no claims (dates, list marks) are passed over."""
    for sentence in document.sentences:
        if _HYPOTHETICAL.search(document.plain[sentence.span.start : sentence.span.end]):
            continue
        inside = [
            each
            for quantity in quantities
            if sentence.span.start <= quantity.start < sentence.span.end
            for each in _from_to(document, quantity)
        ]
        respective = _respectively(document, sentence, inside)
        for quantity in inside:
            claim = _check(document, sentence, quantity, respective.get(quantity.start))
            if claim is not None:
                yield claim


def _from_to(document: Document, quantity: Quantity) -> list[Quantity]:
    """ "From 20 % to 30 %" is no range but two values."""
    lead = document.plain[max(0, quantity.start - 8) : quantity.start]
    cut = re.search(r"\s(?:to|bis)\s|[-–—]", document.plain[quantity.start : quantity.end])
    if quantity.low == quantity.high or cut is None or not re.search(r"\bfrom\s*$", lead):
        return [quantity]
    scale = quantity.base / quantity.value if quantity.value else 1.0
    low, high = quantity.low, quantity.high
    return [
        replace(quantity, value=low / scale, base=low, low=low, high=low, end=quantity.start + cut.start()),
        replace(quantity, value=high / scale, base=high, low=high, high=high, start=quantity.start + cut.end()),
    ]


def _check(document: Document, sentence: Sentence, quantity: Quantity, subject: Mention | None) -> Claim | None:
    text = document.plain
    lead = text[sentence.span.start : quantity.start]
    if _NO_CLAIM_AFTER.match(text[quantity.end : sentence.span.end]) or _NO_CLAIM_BEFORE.search(lead):
        return None
    if quantity.kind is Kind.COUNT:
        return _count(document, sentence, quantity)
    if quantity.kind in (Kind.LENGTH, Kind.PIXELS):
        topic = _length_topic(document, sentence, quantity)
        if topic in ("distance", "border"):
            return _between(document, sentence, quantity, topic)
        if topic == "scale":
            return (
                None
                if _is_resolution(text, quantity)
                else unknown(
                    document, sentence, quantity, ClaimKind.LENGTH, "Widths, heights and depths are not measured."
                )
            )
        if quantity.kind is Kind.LENGTH and topic != "perimeter":
            return unknown(document, sentence, quantity, ClaimKind.LENGTH, "The text does not say what is so long.")
    subject = subject or _against(document, sentence, quantity)
    subject = subject or document.subject(sentence, quantity.start, quantity.end)
    kind = {Kind.SHARE: ClaimKind.SHARE, Kind.AREA: ClaimKind.AREA, Kind.LENGTH: ClaimKind.LENGTH}.get(
        quantity.kind, ClaimKind.PIXELS
    )
    if subject is None:
        only = {document.facts.keys[id(step)] for step in document.facts.steps}
        if len(only) != 1:
            return unknown(document, sentence, quantity, kind, "The text does not say which mask it means.")
        subject = Mention(next(iter(only)), quantity.start, quantity.start)
    if _of_another_class(document, sentence, quantity, subject):
        return unknown(document, sentence, quantity, kind, "It is a share of another class, not of the image.")
    part = document.plain[sentence.span.start : subject.start]
    if _ONE_OF_MANY.search(part) or re.search(r"\b(?:on average|each)\b", text[quantity.end : sentence.span.end]):
        return unknown(document, sentence, quantity, kind, "It speaks of one part of the mask.")
    if _REST.search(lead) and quantity.kind is Kind.SHARE:
        return unknown(document, sentence, quantity, kind, "It speaks of what the masks leave over.")
    facts = (
        outside(document, sentence, quantity)
        or (largest_part(document, sentence, quantity, subject) if _LARGEST.search(part) else [])
        or differences(document, sentence, quantity)
        or together(document, sentence, quantity)
        or flooded(document, sentence, quantity, subject)
        or _changes(document, sentence, quantity, subject)
    )
    if facts:
        kind = ClaimKind.CHANGE if "change" in facts[0].what or "between" in facts[0].what else kind
    facts = facts or _states(document, sentence, quantity, subject)
    if not facts:
        return unknown(document, sentence, quantity, kind, f"No mask of {_name(document, subject)!r} was made.")
    return verdict(document, sentence, quantity, kind, facts)


def _against(document: Document, sentence: Sentence, quantity: Quantity) -> Mention | None:
    """The class of the second value in "Trees cover 30 % against 20 % of water" and "more: 30 % against 20 %"."""
    if not _AGAINST.search(document.plain[sentence.span.start : quantity.start]):
        return None
    follows = re.match(r"\s*(?:of|is|for)\s+(?:the\s+)?", document.plain[quantity.end : sentence.span.end])
    if follows:
        at = quantity.end + follows.end()
        named = next((m for m in sentence.mentions if m.start == at), None)
        if named is not None:
            return named
    first = document.subject(sentence, quantity.start, quantity.end)
    return None if first is None else document.other(sentence, first)


def _states(document: Document, sentence: Sentence, quantity: Quantity, subject: Mention) -> list[Fact]:
    steps = document.meant(subject, sentence, quantity.start)
    return [fact for step in steps for fact in _states_of(quantity, step)]


def _states_of(quantity: Quantity, step: StepEvidence) -> list[Fact]:
    what = "perimeter" if quantity.kind is Kind.LENGTH else "size"
    return [Fact(value, what, (step,)) for value in values(quantity.kind, step.measurement)]


def _changes(document: Document, sentence: Sentence, quantity: Quantity, subject: Mention) -> list[Fact]:
    """Facts of a change over time, if the sentence speaks of one and there are masks of two dates."""
    window = document.plain[sentence.span.start : sentence.span.end]
    words = list(_CHANGE.finditer(window))
    pair = document.facts.over_time(subject.key)
    lead = document.plain[sentence.span.start : quantity.start]
    if not words or pair is None or quantity.kind not in (Kind.SHARE, Kind.AREA, Kind.PIXELS):
        return []
    if re.search(r"\b(?:from|to|at|was|were|is|are|in|covers?|covered)\s*$", lead) and not re.search(
        r"\bchang\w*\s*$", lead
    ):
        step = _end_of(lead, pair)
        return _states_of(quantity, step) if step is not None else []
    change = document.facts.change(*pair)
    if change is None:
        return []
    near = min(words, key=lambda m: abs(sentence.span.start + m.start() - quantity.start)).group(0)
    near = next((word.group(0) for word in words if word.group(0) in _FLOODED), near)
    parts = [values(quantity.kind, each) for each in (change.before, change.after, change.gain, change.loss)]
    stays = values(quantity.kind, change.persistent)
    sign = -1.0 if _DOWN.match(near) or near.startswith("los") else 1.0
    sign = 1.0 if quantity.value < 0 else sign
    facts: list[Fact] = []
    if near in _FLOODED:
        return [Fact(gain, "gain between the dates", pair) for gain in parts[2]]
    for before, after, gain, loss in zip(*parts):
        facts.append(Fact(sign * (after - before), "net change between the dates", pair))
        if near.startswith(("gain", "new", "expan", "grow", "grew")):
            facts.append(Fact(gain, "gain between the dates", pair))
        if near.startswith(("los", "disappear", "reced", "retreat")):
            facts.append(Fact(loss, "loss between the dates", pair))
    if quantity.kind is Kind.SHARE and change.relative is not None:
        facts.append(Fact(sign * change.relative, "net change between the dates over the area before", pair))
    if near.startswith(("persist", "unchanged", "stable", "remain")):
        facts = [Fact(value, "what stayed between the dates", pair) for value in stays]
    return facts


def _end_of(lead: str, pair: tuple[StepEvidence, StepEvidence]) -> StepEvidence | None:
    if re.search(r"\bfrom\s*$", lead):
        return pair[0]
    return pair[1] if re.search(r"\bto\s*$", lead) else None


def _between(document: Document, sentence: Sentence, quantity: Quantity, topic: str) -> Claim | None:
    """A distance, or the length of a common border."""
    pair = document.pair(sentence, quantity.start, quantity.end)
    if pair is None:
        return unknown(document, sentence, quantity, ClaimKind.LENGTH, "The text does not say between which two masks.")
    ones, twos = (document.of_relation(m, sentence) for m in pair)
    for mention, steps in zip(pair, (ones, twos)):
        if not steps:
            reason = f"No mask of {_name(document, mention)!r} was made."
            return unknown(document, sentence, quantity, ClaimKind.LENGTH, reason)
    one, two = ones[0], twos[0]
    facts = _distances(document, quantity, one, two) if topic == "distance" else _borders(document, quantity, one, two)
    return verdict(document, sentence, quantity, ClaimKind.LENGTH, facts)


def _distances(document: Document, quantity: Quantity, one: StepEvidence, two: StepEvidence) -> list[Fact]:
    """From edge to edge, and from pixel centre to pixel centre, which is the rule of the paper's own questions."""
    facts = []
    for found, what in zip(document.facts.distances(one, two), ("", ", between pixel centres")):
        value = found.distance_m if quantity.kind is Kind.LENGTH else found.distance_px
        facts.append(Fact(np.nan if value is None else value, f"least distance of the two masks{what}", (one, two)))
    return facts or [Fact(np.nan, "least distance of the two masks", (one, two))]


def _borders(document: Document, quantity: Quantity, one: StepEvidence, two: StepEvidence) -> list[Fact]:
    met = document.facts.adjacency(one, two)
    value = None if met is None else met.border_m if quantity.kind is Kind.LENGTH else float(met.border_px)
    return [Fact(np.nan if value is None else value, "length of the common border", (one, two))]


def _count(document: Document, sentence: Sentence, quantity: Quantity) -> Claim | None:
    """A number of parts: "3 lakes", "five patches of forest", "the forest has 4 parts"."""
    rest = document.plain[quantity.end : sentence.span.end]
    if _NOT_A_COUNT.match(rest) or quantity.value != round(quantity.value) or quantity.value < 0:
        return None
    parts = _PARTS.match(rest)
    direct = next((m for m in sentence.mentions if m.start >= quantity.end), None)
    gap = document.plain[quantity.end : direct.start] if direct else ""
    asked = re.search(r"\bhow many\b", document.plain[sentence.span.start : quantity.start])
    if asked and direct is None and sentence.mentions:
        direct, parts = sentence.mentions[0], asked
    named = (
        direct is not None and re.fullmatch(r"\s+(?:[a-z-]+\s+){0,2}", gap) is not None and _plural(document, direct)
    )
    if quantity.value == 1 and document.plain[quantity.start : quantity.end] == "one" and parts is None:
        return None
    if not parts and not named:
        return None
    subject = direct if named or asked else document.subject(sentence, quantity.start, quantity.end)
    if subject is None:
        return unknown(document, sentence, quantity, ClaimKind.COUNT, "The text does not say of which mask.")
    steps = document.meant(subject, sentence, quantity.start)
    if not steps:
        reason = f"No mask of {_name(document, subject)!r} was made."
        return unknown(document, sentence, quantity, ClaimKind.COUNT, reason)
    facts = [Fact(float(step.measurement.components), "parts of the mask", (step,)) for step in steps]
    return verdict(document, sentence, quantity, ClaimKind.COUNT, facts)


def _plural(document: Document, mention: Mention) -> bool:
    word = document.plain[mention.start : mention.end]
    return word.endswith(("s", "ies")) and not word.endswith("grass")


def _length_topic(document: Document, sentence: Sentence, quantity: Quantity) -> str | None:
    """What a length is of: the nearest word of its kind, within the sentence."""
    low, high = max(sentence.span.start, quantity.start - 90), min(sentence.span.end, quantity.end + 60)
    window = document.plain[low:high]
    best: tuple[int, str] | None = None
    for name, pattern in (("scale", _SCALE), ("perimeter", _PERIMETER), ("border", _BORDER), ("distance", _DISTANCE)):
        for match in pattern.finditer(window):
            start, end = low + match.start(), low + match.end()
            away = max(quantity.start - end, start - quantity.end, 0)
            if match.group(0) in ("between", "from", "within"):
                away += 45  # weak words: "the border between them is 3 km long"
            if name == "scale" and match.group(0) == "long":
                away += 60
            if best is None or away < best[0]:
                best = (away, name)
    return best[1] if best else None


def _is_resolution(text: str, quantity: Quantity) -> bool:
    window = text[max(0, quantity.start - 40) : quantity.end + 40]
    return re.search(r"resolution|pixel size|gsd|per pixel|ground sampl|grid|scale", window) is not None


def _of_another_class(document: Document, sentence: Sentence, quantity: Quantity, subject: Mention) -> bool:
    """True for "water covers 30 % of the forest"."""
    match = re.match(r"\s*of\s+(?:the\s+|all\s+)?", document.plain[quantity.end : sentence.span.end])
    if quantity.kind is not Kind.SHARE or match is None:
        return False
    at = quantity.end + match.end()
    return any(m.start == at and m.key != subject.key for m in sentence.mentions)


def _respectively(document: Document, sentence: Sentence, inside: list[Quantity]) -> dict[int, Mention]:
    window = document.plain[sentence.span.start : sentence.span.end]
    numbers = [q for q in inside if q.kind is not Kind.COUNT]
    if "respectively" not in window or len(numbers) < 2 or len(numbers) != len(sentence.mentions):
        return {}
    return {q.start: mention for q, mention in zip(numbers, sentence.mentions)}


def _name(document: Document, mention: Mention) -> str:
    return document.plain[mention.start : mention.end] or mention.key
