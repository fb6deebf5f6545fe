"""Composed questions in a language model's words; what is asked and the answer stay those of the rules."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from terrascope_lab.cot.captions.endpoint import Endpoint, complete
from terrascope_lab.cot.captions.rule_based import metadata
from terrascope_lab.cot.drafts import Draft
from terrascope_lab.cot.facts import Facts
from terrascope_lab.cot.scenes import LabelledScene

log = logging.getLogger(__name__)

_INSTRUCTION = """You rewrite questions about a satellite image so that they read as an expert of the field asks them.
You get the facts of the image and a list of questions with their answers. For each question write one that asks exactly
the same thing and has exactly the same answer. Keep every number, unit and part of the image that the question names,
keep the classes, and do not tell the answer. Reply with a JSON list of strings, one a question, in order, and nothing
else."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LIST = re.compile(r"\[.*\]", re.DOTALL)


class EndpointComposer:
    """Words level-2 questions through an endpoint; a wording that loses a number or tells the answer is not taken."""

    def __init__(self, endpoint: Endpoint, ask: Callable[..., str] = complete) -> None:
        self._endpoint, self._ask = endpoint, ask

    def reword(self, scene: LabelledScene, facts: Sequence[Facts], drafts: Sequence[Draft]) -> list[Draft]:
        """Return the drafts, those of level 2 with new questions where the model's are good."""
        composed = [draft for draft in drafts if draft.level.startswith("l2")]
        if not composed:
            return list(drafts)
        reply = self._ask(self._endpoint, _messages(scene, facts, drafts, composed))
        worded = _strings(reply)
        if len(worded) != len(composed):
            log.info("%s: %d wordings for %d questions, none taken", scene.scene_id, len(worded), len(composed))
            return list(drafts)
        new = {id(draft): replace(draft, question=text) for draft, text in zip(composed, worded) if keeps(draft, text)}
        return [new.get(id(draft), draft) for draft in drafts]


def keeps(draft: Draft, text: str) -> bool:
    """Whether a new wording keeps the numbers of a question and does not tell its answer."""
    numbers = set(_NUMBER.findall(draft.question))
    answer = draft.answer.lower()
    told = len(answer) > 3 and answer in text.lower() and answer not in draft.question.lower()
    return bool(text.strip()) and numbers == set(_NUMBER.findall(text)) and not told


def _strings(reply: str) -> list[str]:
    found = _LIST.search(reply)
    try:
        values = json.loads(found[0]) if found else []
    except json.JSONDecodeError:
        return []
    return [" ".join(value.split()) for value in values if isinstance(value, str)]


def _messages(
    scene: LabelledScene, facts: Sequence[Facts], drafts: Sequence[Draft], composed: Sequence[Draft]
) -> list[dict[str, str]]:
    known = [f"{draft.question} {draft.answer}" for draft in drafts if not draft.level.startswith("l2")]
    asked = [{"question": draft.question, "answer": draft.answer, "reasoning": draft.conclusion} for draft in composed]
    text = "\n".join([metadata(scene) + ".", *known, "Questions:", json.dumps(asked, ensure_ascii=False)])
    return [{"role": "system", "content": _INSTRUCTION}, {"role": "user", "content": text}]
