"""Benchmark questions in one form, whatever file they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Union

LETTERS = "ABCDEFGHIJ"

#: A picture file, or the single-band files of one picture.
Picture = Union[str, tuple[str, ...]]


@dataclass(frozen=True)
class BenchSample:
    """One multiple-choice (or open) question.

    Attributes
    ----------
    sample_id, task
        Identity within the file; task name as the benchmark calls it, in its short form (CA, APR, BDC, ...).
    question, options
        Text and option texts in order A, B, ...; no options for open questions.
    truth
        Letter of the right option, several letters ("BEF") where all of them must be chosen, or the answer's text for
        open questions.
    images
        Files in order (first date first); empty where the picture is given as bytes.
    image_bytes
        Encoded pictures (PNG, JPEG or TIFF) in the same order, where the file carries them.
    roles
        "optical" or "sar" of each image.
    times
        Number of the time point of each image (an optical and a SAR image of one state of the ground share it); empty:
        each image is a time point of its own.
    masks
        Truth masks by label as COCO RLE ({"size": [height, width], "counts": ...}); "NAME after" is the mask of NAME at
        the second time point; empty where there are none.
    gsd_m
        Ground sample distance in metres, None where it is not stated.
    problem
        What is wrong with the record; such a sample counts as wrong, and the others go on.
    """

    sample_id: str
    task: str
    question: str
    options: tuple[str, ...]
    truth: str
    images: tuple[Picture, ...] = ()
    image_bytes: tuple[bytes, ...] = ()
    roles: tuple[str, ...] = ("optical",)
    times: tuple[int, ...] = ()
    masks: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    gsd_m: float | None = None
    problem: str = ""

    @property
    def truth_texts(self) -> tuple[str, ...]:
        """Texts of the right options, or the answer's text of an open question."""
        if not self.options or self.problem:
            return (self.truth,)
        return tuple(self.options[LETTERS.index(letter)] for letter in self.truth)


def broken(sample_id: str, task: str, question: str, problem: str) -> BenchSample:
    """Return a sample for a record that cannot be read, so that it is counted and not lost."""
    return BenchSample(sample_id, task, question, (), "", problem=problem)


def option_letter(options: tuple[str, ...], answer: str) -> str | None:
    """Return the letter of the option equal to `answer` (exact, then ignoring case and outer space)."""
    for normalise in (str, lambda text: " ".join(text.split()).casefold()):
        matches = [i for i, option in enumerate(options) if normalise(option) == normalise(answer)]
        if matches:
            return LETTERS[matches[0]]
    return None
