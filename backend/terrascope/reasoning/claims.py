"""Every claim of a text that can be measured, held against the masks that it speaks of.

Numbers with units, percentages, counts, and plain statements (touching, larger than, there or not, grown or shrunk)
are tied to masks by the words for the classes, their synonyms and the dates in the text, and compared within the
rounding of the text. What cannot be tied or measured is said to be not checkable; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from terrascope.networks.embedded.purposes import PURPOSES
from terrascope.reasoning.answers import letter_of, yes_no
from terrascope.reasoning.claim_context import Document, Sentence
from terrascope.reasoning.claim_numbers import number_claims
from terrascope.reasoning.claim_statements import Statement, check, statement_claims, statements
from terrascope.reasoning.claim_text import Mention, plain
from terrascope.reasoning.claim_types import Claim, ClaimKind, StepEvidence, Value, Verdict
from terrascope.units.read import quantities

__all__ = ["Claim", "ClaimKind", "StepEvidence", "Value", "Verdict", "check_claims"]

#: A text with more claims than this is no reasoning.
MOST_CLAIMS = 200

_LETTER = re.compile(r"^\(?[a-h][.):]+\s+")
#: "Slope and soil are not seen": that something cannot be told claims nothing of the land.
_CAVEATS = frozenset(f"{purpose.unseen} are not seen" for purpose in PURPOSES.values())
_NONE = re.compile(
    r"(?:there (?:is|are) )?(?:none|nothing|zero|not any)(?: (?:at all|here|of it|found|was found|were found))?\W*"
)
_WHICH = re.compile(
    r"\b(?:which|what)\b[^?]{0,120}?\b(?:(larger|bigger|more|greater|most|largest|biggest)|(smaller|less|least|smallest))\b"
)


def check_claims(
    text: str, steps: Sequence[StepEvidence], *, question: str = "", options: Sequence[str] = ()
) -> list[Claim]:
    """Find and check the claims of a text.

    Parameters
    ----------
    text
        What the network wrote, in order, [SEG] and tags included; measured evidence that it was given left out. At most
        the first 20,000 characters are read.
    steps
        The masks that were made, in order, all on one grid.
    question
        What was asked. It ties a bare answer ("Yes.", "32 %") to the classes that the question names.
    options
        Texts of a multiple choice in the order A, B, ...; an answer that is a letter then claims its option.

    Returns
    -------
    list of Claim
        In the order of the text. No text raises an error.
    """
    document = Document(text, steps)
    found = [*number_claims(document, quantities(document.plain)), *statement_claims(document)]
    found = [claim for claim in found if claim.text.rstrip(".") not in _CAVEATS]
    unique = {(claim.start, claim.kind, claim.unit): claim for claim in _answered(document, question, options, found)}
    ordered = sorted(unique.values(), key=lambda claim: (claim.start, claim.end))
    return ordered[:MOST_CLAIMS]


def _answered(document: Document, question: str, options: Sequence[str], found: list[Claim]) -> list[Claim]:
    """The claims, with those of an answer that says only yes or no, a number or a name: the question says what of."""
    answer = next((s for s in document.sentences if s.answer), None)
    if answer is None or not question.strip():
        return found
    said = document.plain[answer.span.start : answer.span.end].strip()
    letter = letter_of(said) if options else None
    said = _LETTER.sub("", said)
    if letter is not None and ord(letter) - ord("A") < len(options):
        said = _LETTER.sub("", plain(options[ord(letter) - ord("A")][:300]).strip())
        answer = answer._replace(mentions=tuple(document.lexicon.mentions(said)))
    asked = Document(question, document.facts.steps)
    elsewhere = [claim for claim in found if claim.start < answer.span.start or claim.start >= answer.span.end]
    if len(elsewhere) == len(found):
        decided = yes_no(said)
        answered = _winner(document, answer, asked)
        if not answered and decided is not None:
            answered = _yes_or_no(document, answer, asked, decided)
        if answered:
            return [*found, *answered]
    if answer.mentions:
        return found
    if _NONE.fullmatch(said):
        return [*elsewhere, *_none(document, answer, asked)]
    return [*elsewhere, *_bare_number(document, answer, question, said)]


def _none(document: Document, answer: Sentence, asked: Document) -> list[Claim]:
    """ "How much is water?" answered by "None.": there is none of the one class that is asked about."""
    keys = {m.key for m in asked.mentions}
    if len(keys) != 1:
        return []
    meant = Mention(keys.pop(), answer.span.end, answer.span.end)
    return [check(document, answer, Statement(ClaimKind.EXISTENCE, "there", (meant,), False, answer.span))]


def _bare_number(document: Document, answer: Sentence, question: str, said: str) -> list[Claim]:
    """Read question and answer as one sentence: "How far is the forest from the lake" + "120 m"."""
    lead = " ".join(re.sub(r"[?!.;\n\r]+", " ", question[:1000]).split()) + ": "
    whole = Document(lead + said, document.facts.steps)
    claims = [c for c in number_claims(whole, quantities(whole.plain)) if c.start >= len(lead)]
    at = answer.span.start - len(lead)
    shown = document.shown(answer.span)
    return [replace(c, step=answer.step, text=shown, start=c.start + at, end=c.end + at) for c in claims]


def _winner(document: Document, answer: Sentence, asked: Document) -> list[Claim]:
    """ "Which is larger, the forest or the lake?" answered by a name."""
    keys = list(dict.fromkeys(m.key for m in asked.mentions))
    named = list(dict.fromkeys(m.key for m in answer.mentions))
    words = _WHICH.search(asked.plain)
    if words is None or len(keys) != 2 or len(named) != 1 or named[0] not in keys:
        return []
    first = answer.mentions[0]
    other = next(m for m in asked.mentions if m.key != first.key)
    relation = "larger" if words.group(1) else "smaller"
    there = Mention(other.key, answer.span.end, answer.span.end)
    return [check(document, answer, Statement(ClaimKind.COMPARISON, relation, (first, there), True, answer.span))]


def _yes_or_no(document: Document, answer: Sentence, asked: Document, said: bool) -> list[Claim]:
    for sentence in asked.sentences:
        for statement in statements(asked, sentence):
            claim = check(asked, sentence, statement)
            if claim.verdict is Verdict.NOT_CHECKABLE:
                continue
            held = (claim.verdict is Verdict.SUPPORTED) == said
            measured: Value = said if held else not said
            return [
                replace(
                    claim,
                    step=answer.step,
                    text=document.shown(answer.span),
                    verdict=Verdict.SUPPORTED if held else Verdict.CONTRADICTED,
                    claimed=said,
                    measured=measured,
                    start=answer.span.start,
                    end=answer.span.end,
                )
            ]
    return []
