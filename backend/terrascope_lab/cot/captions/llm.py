"""Captions by a large multimodal model: it sees the picture, the coloured masks, the labels and the metadata."""

from __future__ import annotations

import json
import logging
import random
import re
from collections.abc import Callable, Sequence

import numpy as np

from terrascope_lab.cot import rules
from terrascope_lab.cot.captions.endpoint import Endpoint, complete, image_part
from terrascope_lab.cot.captions.overlays import colours, overlay, png
from terrascope_lab.cot.captions.rule_based import RuleCaptioner, draft, mentioned, metadata
from terrascope_lab.cot.compose.common import percent
from terrascope_lab.cot.drafts import Draft, Step, number
from terrascope_lab.cot.facts import Facts
from terrascope_lab.cot.scenes import LabelledScene

log = logging.getLogger(__name__)

_REPLY = re.compile(r"<think>(.*?)</think>\s*<caption>(.*?)</caption>", re.DOTALL)
_MARKED = re.compile(r"<p>\s*([^<>]{1,60}?)\s*</p>\s*\[SEG\]")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*(?:%|percent|per cent)")
#: Percentages of a caption may be off by so many points.
_SLACK = 1.5
_INSTRUCTION = """You describe satellite and aerial images for people who check every word against the image.
You get the image, the same image with coloured masks, and what was measured of each mask.
Write exactly:
<think>reasoning that marks every class once, as <p>class</p> [SEG]</think><caption>two to five sentences</caption>
Mark the classes in an order that helps to understand the scene. Use only the classes listed, by the names listed. Do
not guess place names, causes or dates. Numbers must be the measured ones."""

_DATES = """There are two dates, t1 and t2. Write "Image: t1" or "Image: t2" before a class, those of t1 first, as many
on each.
"""


class RejectedCaption(ValueError):
    """A caption that does not fit its masks."""


class EndpointCaptioner:
    """Captions from an endpoint; a caption that does not fit its masks is asked for once more, then made by rule."""

    def __init__(self, endpoint: Endpoint, ask: Callable[..., str] = complete) -> None:
        self.name = f"endpoint:{endpoint.model}"
        self._endpoint, self._ask, self._rules = endpoint, ask, RuleCaptioner()

    def caption(self, scene: LabelledScene, facts: Sequence[Facts], rng: random.Random) -> Draft | None:
        """See `rule_based.Captioner`."""
        labels = [mentioned(moment) for moment in facts]
        if not any(labels):
            return None
        messages = request(scene, facts, labels)
        for _ in range(2):
            reply = self._ask(self._endpoint, messages)
            try:
                return self._draft(reply, facts, rng)
            except RejectedCaption as error:
                log.info("%s: the caption is not used: %s", scene.scene_id, error)
                messages = [
                    *messages,
                    {"role": "assistant", "content": reply},
                    {"role": "user", "content": f"That cannot be used: {error} Write it again."},
                ]
        return self._rules.caption(scene, facts, rng)

    def _draft(self, reply: str, facts: Sequence[Facts], rng: random.Random) -> Draft:
        found = _REPLY.search(reply)
        if found is None:
            raise RejectedCaption("it is not <think>...</think><caption>...</caption>.")
        think, text = found[1], " ".join(found[2].split())
        steps = []
        end, moment = 0, 0
        for match in _MARKED.finditer(think):
            label, before = match[1].lower(), think[end : match.start()]
            end = match.end()
            moment = _moment(before, moment, len(facts))
            if label not in facts[moment].masks or facts[moment].count(label) == 0:
                raise RejectedCaption(f"{label!r} is none of the classes of this image.")
            words = " ".join(re.sub(r"Image:\s*t\d\.?", "", before).split())
            after = f": {facts[moment].count(label):,} of {facts[moment].valid_px:,} pixels."
            steps.append(Step(label, moment, None, after, words or "I mark the"))
        if not steps:
            raise RejectedCaption("no class is marked as <p>class</p> [SEG].")
        if think.count("[SEG]") != len(steps):
            raise RejectedCaption("every [SEG] needs its <p>class</p> before it.")
        if len(facts) > 1 and sum(step.moment == 0 for step in steps) * 2 != len(steps):
            raise RejectedCaption("mark as many classes on t1 as on t2, those of t1 first.")
        check_percentages(text, facts)
        return draft(rng, tuple(steps), text, self.name)


def _moment(words: str, now: int, moments: int) -> int:
    named = re.findall(r"Image:\s*t(\d)", words)
    return min(moments - 1, max(now, int(named[-1]) - 1)) if named else now


def check_percentages(text: str, facts: Sequence[Facts]) -> None:
    """Refuse a caption with a percentage that no class of the scene has.

    Raises
    ------
    RejectedCaption
        Names the number.
    """
    shares = [percent(moment.count(label), moment.valid_px) for moment in facts for label in moment.masks]
    for value in map(float, _PERCENT.findall(text)):
        if not shares or min(abs(value - share) for share in shares) > _SLACK:
            raise RejectedCaption(f"no class covers {value:g} %.")


def request(scene: LabelledScene, facts: Sequence[Facts], labels: Sequence[Sequence[str]]) -> list[dict[str, object]]:
    """Return the messages that ask for a caption: metadata, measures, the pictures and their overlays."""
    colour = colours(list(dict.fromkeys(label for each in labels for label in each)))
    parts: list[dict[str, object]] = [{"type": "text", "text": _described(scene, facts, labels, colour)}]
    for moment, names in zip(facts, labels):
        picture = scene.moments[moment.moment].picture
        shown = np.where(scene.valid[..., None], picture, 255).astype(np.uint8)
        parts.append(image_part(png(shown)))
        parts.append(image_part(png(overlay(shown, {label: moment.masks[label] for label in names}, colour))))
    return [{"role": "system", "content": _INSTRUCTION}, {"role": "user", "content": parts}]


def _described(
    scene: LabelledScene, facts: Sequence[Facts], labels: Sequence[Sequence[str]], colour: dict[str, str]
) -> str:
    rows = []
    for moment, names in zip(facts, labels):
        for label in names:
            row: dict[str, object] = {
                "class": label,
                "colour": colour[label],
                "share": number(percent(moment.count(label), moment.valid_px), "%"),
                "regions": moment.region_count(label),
                "mostly in": rules.place_of(moment.masks[label]) or "no one part",
            }
            if len(facts) > 1:
                row["image"] = f"t{moment.moment + 1}"
            rows.append(json.dumps(row))
    dates = _DATES if len(facts) > 1 else ""
    told = "".join(f"A caption that came with it, unchecked: {text}\n" for text in scene.captions[:2])
    told += "".join(f"Known of it: {asked} {answer}\n" for asked, answer in scene.questions[:8])
    return f"{metadata(scene)}.\n{told}{dates}Classes:\n" + "\n".join(rows)
