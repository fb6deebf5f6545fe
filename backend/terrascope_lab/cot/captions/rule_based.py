"""Captions by rule: every class from 3 % on, largest first, with its share and place."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Protocol

from terrascope_lab.cot import rules
from terrascope_lab.cot.compose.common import mark, percent, size_text
from terrascope_lab.cot.drafts import Draft, Step, capital, listing, number
from terrascope_lab.cot.facts import Facts
from terrascope_lab.cot.grammar import expand
from terrascope_lab.cot.scenes import LabelledScene
from terrascope_lab.cot.vocabulary import is_plural

#: Classes that a caption speaks of.
MENTIONED_SHARE, MOST_CLASSES = 0.03, 6
_IT = "[this image|the image|the scene|this scene|this area|the picture]"
PROMPTS: tuple[str, ...] = (
    f"[please|] [describe|caption|give a description of] {_IT}",
    "[please|] [describe|summarise|explain] [what is shown|the land cover|the main features|what you see] "
    "[in detail|briefly|and mark every region|step by step|]",
    f"what does {_IT} show",
    f"what can be seen in {_IT}",
    f"[write|give|provide] a [detailed|short|grounded|precise|] [caption|description] [for|of] {_IT}",
    "[can|could] you [describe|caption] [this|the] [satellite image|scene|picture|remote sensing image]",
)


class Captioner(Protocol):
    """Writes the caption of a labelled scene."""

    name: str

    def caption(self, scene: LabelledScene, facts: Sequence[Facts], rng: random.Random) -> Draft | None:
        """Return the caption as a draft of level "cap"; None where nothing can be said.

        Parameters
        ----------
        facts
            Measures of each moment.
        """


class RuleCaptioner:
    """Captions from the masks alone."""

    name = "rules"

    def caption(self, scene: LabelledScene, facts: Sequence[Facts], rng: random.Random) -> Draft | None:
        """See `Captioner`."""
        if len(facts) > 1:
            return _of_change(scene, facts, rng)
        labels = mentioned(facts[0])
        if not labels:
            return None
        steps = tuple(mark(facts[0], label, rng, first=i == 0) for i, label in enumerate(labels))
        return draft(rng, steps, f"{_opening(scene, rng)} {_cover(facts[0], labels, rng)}")


def draft(rng: random.Random, steps: tuple[Step, ...], caption: str, written_by: str = RuleCaptioner.name) -> Draft:
    """Return a caption as a draft."""
    text = expand(rng.choice(PROMPTS), rng)
    prompt = capital(text) + ("?" if text.startswith(("what", "can", "could")) else ".")
    return Draft("cap", "caption", prompt, caption, steps, query={"captioner": written_by})


def mentioned(facts: Facts) -> list[str]:
    """Labels of a caption, largest first."""
    return rules.ordered({label: facts.count(label) for label in facts.present(MENTIONED_SHARE)})[:MOST_CLASSES]


def metadata(scene: LabelledScene) -> str:
    """What is known of an image besides its pixels: sensor, pixel size, place."""
    radar = scene.moments[0].optical is None
    kind = scene.sensor or ("radar" if radar else "satellite or aerial")
    size = f" at {scene.gsd_m:g} m a pixel" if scene.gsd_m is not None else ""
    place = f" of {scene.place}" if scene.place else ""
    return f"{kind} image{place}{size}"


def _opening(scene: LabelledScene, rng: random.Random) -> str:
    what = metadata(scene)
    article = "An" if what[:1].lower() in "aeiou" else "A"
    return f"{article} {what}." if rng.random() < 0.7 else f"This is {article.lower()} {what}."


def _cover(facts: Facts, labels: Sequence[str], rng: random.Random) -> str:
    first, sentences = labels[0], []
    if facts.share(first) > 0.5:
        verb = "dominate" if is_plural(first) else "dominates"
    else:
        verb = "are the largest class" if is_plural(first) else "is the largest class"
    sentences.append(f"{capital(first)} {verb} with {_size(facts, first)}{_place(facts, first)}.")
    rest = [
        f"{label} {'cover' if is_plural(label) else 'covers'} {_size(facts, label)}{_place(facts, label)}"
        for label in labels[1:]
    ]
    if rest:
        sentences.append(capital(listing(rest)) + ".")
    if len(labels) > 1 and rng.random() < 0.6:
        touch = rules.touching(facts.masks[labels[0]], facts.masks[labels[1]])
        sentences.append(f"{capital(labels[0])} and {labels[1]} {'border each other' if touch else 'do not touch'}.")
    return " ".join(sentences)


def _size(facts: Facts, label: str) -> str:
    return size_text(facts.count(label), facts.scene, facts.valid_px)


def _place(facts: Facts, label: str) -> str:
    place = rules.place_of(facts.masks[label])
    return f", mostly in the {place}" if place else ""


def _of_change(scene: LabelledScene, facts: Sequence[Facts], rng: random.Random) -> Draft | None:
    before, after = facts
    sizes = {label: max(before.count(label), after.count(label)) for label in before.masks if label in after.masks}
    labels = [label for label in rules.ordered(sizes) if sizes[label] >= MENTIONED_SHARE * before.valid_px][:3]
    if not labels:
        return None
    steps = tuple(
        mark(moment, label, rng, first=i == 0 and moment is before)
        for moment in facts
        for i, label in enumerate(labels)
    )
    said = []
    for label in labels:
        shares = [number(percent(moment.count(label), moment.valid_px), "%") for moment in facts]
        larger, smaller = sorted((before.count(label), after.count(label)), reverse=True)
        if not rules.ranked_apart(larger, smaller):
            said.append(f"the share of {label} stays near {shares[0]}, now {shares[1]}")
        else:
            verb = "grows" if after.count(label) > before.count(label) else "shrinks"
            said.append(f"the share of {label} {verb} from {shares[0]} to {shares[1]}")
    text = f"Two dates of one place, {metadata(scene)}. {capital(listing(said))}."
    return draft(rng, steps, text)
