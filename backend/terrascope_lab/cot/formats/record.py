"""A sample as the published files write it.

`image` (or `pre_image` and `post_image`), `conversations`, `labels`, `masks` (a list of COCO RLEs for each [SEG]),
`seg_info`; and beside these, what the answer can be checked with: level, task, query, pixel size, valid pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from terrascope.masks.rle import Rle, encode
from terrascope_lab.cot.drafts import LETTERS, Draft, Step
from terrascope_lab.cot.facts import Facts
from terrascope_lab.cot.scenes import LabelledScene, union


def record(scene: LabelledScene, facts: Sequence[Facts], draft: Draft, number: int) -> dict[str, Any]:
    """Return a sample.

    Parameters
    ----------
    facts
        Measures of each moment, for their encoded masks.
    number
        Of the sample within its scene.
    """
    rles = [_encoded(step, facts[step.moment]) for step in draft.steps]
    temporal = len(scene.moments) > 1
    moment = scene.moments[0]
    found: dict[str, Any] = {"id": f"{scene.scene_id}/{number}"}
    if temporal:
        found |= {key: picture_name(scene, i) for i, key in enumerate(("pre_image", "post_image"))}
    else:
        found["image"] = picture_name(scene, 0)
    found |= {
        "conversations": [
            {"from": "human", "value": f"<image>\n{draft.question}\n{options_text(draft)}".rstrip("\n")},
            {"from": "gpt", "value": f"<think>{think(draft, temporal)}</think>{_answer(draft)}"},
        ],
        "labels": [step.label for step in draft.steps],
        "masks": [_whole(step, each) if temporal else each for step, each in zip(draft.steps, rles)],
        "seg_info": [{"label": step.label, "image": step.moment} for step in draft.steps],
        "level": draft.level,
        "task": draft.task,
        "query": dict(draft.query),
        "options": list(draft.options),
        "height": scene.valid.shape[0],
        "width": scene.valid.shape[1],
        "gsd_m": scene.gsd_m,
        "valid": None if scene.valid.all() else dict(encode(scene.valid)),
        "roles": [
            *(["optical"] if moment.optical is not None else []), *(["sar"] if moment.sar is not None else [])
        ],
        "source": scene.source,
    }  # fmt: skip
    if temporal and any(step.parts is not None for step in draft.steps):
        found["objects"] = [each if step.parts is not None else None for step, each in zip(draft.steps, rles)]
    return found


def picture_name(scene: LabelledScene, moment: int) -> str:
    """Return the name of a moment's picture below the image folder."""
    after = f"_t{moment + 1}" if len(scene.moments) > 1 else ""
    return f"{scene.source}/{scene.name}{after}.png"


def options_text(draft: Draft) -> str:
    """Return the options as the prompt lists them, one a line."""
    return "".join(f"{letter}. {option}\n" for letter, option in zip(LETTERS, draft.options))


def think(draft: Draft, temporal: bool) -> str:
    """Return the chain of a draft: for each step its words, its label, [SEG] and what the mask holds."""
    pieces = []
    for step in draft.steps:
        view = f"Image: t{step.moment + 1}. " if temporal else ""
        pieces.append(f"{view}{step.before} {step.label} [SEG]{step.after}")
    return " ".join([*pieces, draft.conclusion]).strip()


def _answer(draft: Draft) -> str:
    if draft.level == "cap":
        return f"<caption>{draft.answer}</caption>"
    text = LETTERS[draft.options.index(draft.answer)] if draft.options else draft.answer
    return f"<answer>{text}</answer>"


def _encoded(step: Step, facts: Facts) -> list[Rle]:
    if step.parts is not None:
        return [encode(part) for part in step.parts]
    return [facts.rle(step.label)]


def _whole(step: Step, rles: list[Rle]) -> list[Rle]:
    """One RLE a [SEG]: the published files of two dates have no more."""
    return rles if step.parts is None else [encode(union(step.parts))]
