"""What a sample says, taken apart: masks by step, answer, options, pixel size."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from terrascope_lab.cot.check.geometry import BadMask, Mask, decode, meet, part_sizes, size

_GPT = re.compile(r"<think>(.*)</think><(answer|caption)>(.*)</\2>", re.DOTALL)
_STEP = re.compile(r"\[SEG\](?:: (?:([\d,]+) of ([\d,]+) pixels|(\d+) (?:regions?|objects?)|(nothing is found))\.)?")
_LETTERED = re.compile(r"^([A-D])\. (.*)$", re.MULTILINE)


class Mismatch(ValueError):
    """What a sample says is not so."""


@dataclass(frozen=True)
class Evidence:
    """A sample whose form is right.

    Attributes
    ----------
    labels, moments
        Of each step.
    masks, parts
        Of each step: bool [H, W], and the single masks that it is made of.
    valid
        bool [H, W].
    answer
        Text of the answer, an option's where there are options; a caption for captions.
    """

    labels: tuple[str, ...]
    moments: tuple[int, ...]
    masks: tuple[Mask, ...]
    parts: tuple[tuple[Mask, ...], ...]
    valid: Mask
    answer: str
    options: tuple[str, ...]
    gsd: float | None
    query: Mapping[str, Any]
    think: str

    @property
    def whole(self) -> int:
        """Number of valid pixels."""
        return max(1, size(self.valid))

    def roles(self, name: str) -> list[Mask]:
        """Masks of the steps that play a part."""
        return [mask for mask, role in zip(self.masks, self.query["roles"]) if role == name]


def take_apart(entry: Mapping[str, Any]) -> Evidence:
    """Read a sample and check its form: tags, a list of masks for each [SEG], sizes, halves, what is said of each.

    Raises
    ------
    Mismatch
        Names what is wrong.
    """
    turns = entry.get("conversations", ())
    if [turn.get("from") for turn in turns] != ["human", "gpt"]:
        raise Mismatch("the conversation is not one question and one answer")
    human, gpt = turns[0]["value"], turns[1]["value"]
    if not human.startswith("<image>\n"):
        raise Mismatch("the question does not begin with <image>")
    found = _GPT.fullmatch(gpt)
    if found is None:
        raise Mismatch("the answer is not <think>...</think><answer>...</answer>")
    if (found[2] == "caption") != (entry["level"] == "cap"):
        raise Mismatch(f"a sample of level {entry['level']} ends in <{found[2]}>")
    think, options = found[1], _options(entry, human)
    shape = (entry["height"], entry["width"])
    groups = entry["masks"]
    if not think.count("[SEG]") == len(groups) == len(entry["labels"]) == len(entry["seg_info"]):
        raise Mismatch(f"{think.count('[SEG]')} [SEG], {len(groups)} masks, {len(entry['labels'])} labels")
    try:
        valid = np.ones(shape, bool) if entry.get("valid") is None else decode(entry["valid"])
        whole = [_decoded(group, shape, valid) for group in groups]
        objects = entry.get("objects") or [None] * len(groups)
        parts = [
            tuple(_decoded([rle], shape, valid) for rle in (group if single is None else single))
            for group, single in zip(groups, objects)
        ]
    except (BadMask, KeyError, TypeError) as error:
        raise Mismatch(f"a mask cannot be read: {error}") from error
    _check_parts(whole, parts)
    moments = tuple(int(info["image"]) for info in entry["seg_info"])
    _check_steps(entry, think, moments)
    evidence = Evidence(
        tuple(entry["labels"]), moments, tuple(whole), tuple(parts), valid, _answer(found[3], options), options,
        entry.get("gsd_m"), entry.get("query") or {}, think,
    )  # fmt: skip
    _check_chain(evidence)
    return evidence


def _options(entry: Mapping[str, Any], human: str) -> tuple[str, ...]:
    options = tuple(entry.get("options") or ())
    shown = tuple(text for _, text in _LETTERED.findall(human))
    if options != shown:
        raise Mismatch(f"the question shows the options {shown}, the sample has {options}")
    if len(set(options)) != len(options):
        raise Mismatch(f"two options are alike: {options}")
    return options


def _answer(text: str, options: tuple[str, ...]) -> str:
    if not options:
        return text
    if len(text) != 1 or "ABCD".find(text) not in range(len(options)):
        raise Mismatch(f"the answer {text!r} is no letter of {len(options)} options")
    return options["ABCD".index(text)]


def _decoded(group: list[Mapping[str, Any]], shape: tuple[int, int], valid: Mask) -> Mask:
    out = np.zeros(shape, bool)
    for rle in group:
        mask = decode(rle)
        if mask.shape != shape:
            raise BadMask(f"it is {mask.shape}, the image {shape}")
        if (mask & out).any():
            raise BadMask("parts of one [SEG] overlap")
        if (mask & ~valid).any():
            raise BadMask("it holds pixels that are not valid")
        out |= mask
    return out


def _check_parts(whole: list[Mask], parts: list[tuple[Mask, ...]]) -> None:
    for mask, single in zip(whole, parts):
        joined = np.logical_or.reduce(single) if single else np.zeros_like(mask)
        if not np.array_equal(mask, joined):
            raise Mismatch("the single masks of a [SEG] do not make up its mask")


def _check_steps(entry: Mapping[str, Any], think: str, moments: tuple[int, ...]) -> None:
    temporal = "pre_image" in entry
    if not temporal and any(moments):
        raise Mismatch("a sample of one image has masks on a second")
    if temporal:
        half = len(moments) // 2
        if moments != (0,) * half + (1,) * half:
            raise Mismatch(f"the first half of the masks is not the earlier image's: {moments}")
    before = think.split("[SEG]")[:-1]
    for words, label, moment in zip(before, entry["labels"], moments):
        if not words.rstrip().endswith(label) and not words.rstrip().endswith("</p>"):
            raise Mismatch(f"a [SEG] of {label!r} does not follow its name: ...{words[-40:]!r}")
        if temporal and re.findall(r"Image: t(\d)", words)[-1:] != [str(moment + 1)]:
            raise Mismatch(f"the mask of {label!r} on image t{moment + 1} is not announced")


def _check_chain(evidence: Evidence) -> None:
    """The sizes that the chain states after each mask."""
    for i, found in enumerate(_STEP.finditer(evidence.think)):
        pixels, whole, single, nothing = found.groups()
        mask, label = evidence.masks[i], evidence.labels[i]
        if pixels is not None and (_int(pixels) != size(mask) or _int(whole) != evidence.whole):
            raise Mismatch(f"{label}: {pixels} of {whole} pixels stated, {size(mask)} of {evidence.whole} found")
        if single is not None and int(single) != len(evidence.parts[i]):
            raise Mismatch(f"{label}: {single} parts stated, {len(evidence.parts[i])} found")
        if nothing is not None and mask.any():
            raise Mismatch(f"{label}: nothing stated, {size(mask)} pixels found")


def _int(text: str) -> int:
    return int(text.replace(",", ""))


def check_regions(parts: tuple[Mask, ...], least: int) -> None:
    """Parts that are counted as regions: each connected, large enough, and apart from the others.

    Raises
    ------
    Mismatch
        If one is not.
    """
    for i, part in enumerate(parts):
        if len(part_sizes(part)) != 1 or size(part) < least:
            raise Mismatch(f"region {i + 1} is not one connected region of {least} pixels or more")
        if any(meet(part, other) for other in parts[:i]):
            raise Mismatch(f"region {i + 1} touches another")
