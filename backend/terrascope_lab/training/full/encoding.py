"""A sample in token ids: what is read, what is trained, where the masks and the images stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from terrascope.networks.full.processing import IMAGE, TerraScopeProcessor
from terrascope.networks.interface import Prompt
from terrascope_lab.training.errors import TrainingError
from terrascope_lab.training.full.records import Record

IGNORED = -100
_NAMES_A_VIEW = re.compile(r"\bt\s?_?\{?\d", re.IGNORECASE)


class Encoded(NamedTuple):
    """Token ids of a conversation, without the tokens that masks bring back.

    Attributes
    ----------
    ids
        Prompt and answers.
    trained
        True where the id is the network's own: assistant text, its [SEG] and the end of its turn.
    segs
        Positions of the answers' [SEG], in order.
    question
        Ids of the first prompt without image tokens, for the text-guided choice between optical and SAR.
    """

    ids: list[int]
    trained: list[bool]
    segs: list[int]
    question: list[int]


class Spliced(NamedTuple):
    """A conversation with the brought-back tokens in it.

    Attributes
    ----------
    ids
        `region` at the places of brought-back tokens.
    labels
        The id at the same place where it is trained, `IGNORED` elsewhere; not shifted.
    segs
        Positions of the [SEG], in order.
    places
        Positions of each [SEG]'s brought-back tokens.
    """

    ids: list[int]
    labels: list[int]
    segs: list[int]
    places: list[list[int]]


def encode(record: Record, processor: TerraScopeProcessor, counts: Sequence[int], instruct: bool) -> Encoded:
    """Write a sample's conversation as at inference.

    Parameters
    ----------
    counts
        Tiles of each image.
    instruct
        Put the think-and-answer instruction before the images, as at inference.

    Raises
    ------
    TrainingError
        If a question has no `<image>` at the start, or more than one.
    """
    ids: list[int] = []
    trained: list[bool] = []
    question: list[int] = []
    done = 0
    for turn, (asked, answered) in enumerate(record.turns):
        prompt = processor.encode(_prompt(record, processor, counts, asked, turn, instruct))
        text = _with_views(record, answered, done)
        answer = processor.encode(f"{text}<|im_end|>")
        done += answered.count("[SEG]")
        if turn == 0:
            question = [token for token in prompt if token not in (processor.image_id, processor.tokens.region)]
        ids += prompt + answer
        trained += [False] * len(prompt) + [True] * len(answer)
    seg = processor.tokens.seg
    segs = [place for place, (token, own) in enumerate(zip(ids, trained)) if own and token == seg]
    return Encoded(ids, trained, segs, question)


def _prompt(
    record: Record, processor: TerraScopeProcessor, counts: Sequence[int], asked: str, turn: int, instruct: bool
) -> str:
    if turn:
        return f"\n<|im_start|>user\n{asked}<|im_end|>\n<|im_start|>assistant\n"
    if asked.count(IMAGE) > 1:  # some files write one for each image, and all of them belong at one place
        first = asked.index(IMAGE)
        asked = asked[: first + len(IMAGE)] + re.sub(rf"\s*{IMAGE}", "", asked[first + len(IMAGE) :])
    if IMAGE not in asked:
        raise TrainingError(
            f"{record.where}: the first question has no {IMAGE}.", f"Write {IMAGE} where the images belong."
        )
    if instruct:
        asked = processor.settings.instruction + asked
    return processor.prompt_text(Prompt(asked), counts)


def _with_views(record: Record, answer: str, done: int) -> str:
    """Let a text with several dates say "Image: t2" before each [SEG], which decides the view at inference."""
    if record.sar or len(record.pictures) < 2:
        return answer
    pieces = answer.split("[SEG]")
    for place, piece in enumerate(pieces[:-1]):
        if not _NAMES_A_VIEW.search(piece):
            pieces[place] = f"{piece.rstrip()} (Image: t{record.regions[done + place].view + 1}) "
    return "[SEG]".join(pieces)


def splice(encoded: Encoded, brought: Sequence[int], region_id: int, limit: int) -> Spliced:
    """Make room for brought-back tokens after each [SEG].

    Parameters
    ----------
    brought
        How many tokens each [SEG] brings back.
    region_id
        Id that stands at their places.
    limit
        Longest sequence; what is beyond is cut off (released: 8,192).
    """
    ids: list[int] = []
    labels: list[int] = []
    segs: list[int] = []
    places: list[list[int]] = []
    count = dict(zip(encoded.segs, brought))
    for place, (token, own) in enumerate(zip(encoded.ids, encoded.trained)):
        ids.append(token)
        labels.append(token if own else IGNORED)
        if place in count:
            segs.append(len(ids) - 1)
            places.append(list(range(len(ids), len(ids) + count[place])))
            ids += [region_id] * count[place]
            labels += [IGNORED] * count[place]
    if len(ids) > limit:
        ids, labels = ids[:limit], labels[:limit]
        whole = [at + len(where) < limit for at, where in zip(segs, places)]
        segs = [at for at, keep in zip(segs, whole) if keep]
        places = [where for where, keep in zip(places, whole) if keep]
        end = next((at for at in range(len(ids)) if ids[at] == region_id and not any(at in w for w in places)), limit)
        ids, labels = ids[:end], labels[:end]
    return Spliced(ids, labels, segs, places)
