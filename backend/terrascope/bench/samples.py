"""Benchmark questions in one form, whatever file they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

LETTERS = "ABCDEFGHIJ"


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
        Letter of the right option, or the answer's text for open questions.
    images
        File paths in order (first date first); empty where the picture is given as bytes.
    image_bytes
        Encoded pictures (PNG, JPEG or TIFF) in the same order, where the file carries them.
    roles
        "optical" or "sar" of each image.
    masks
        Truth masks by label as COCO RLE ({"size": [height, width], "counts": ...}); empty where there are none.
    gsd_m
        Ground sample distance in metres, None where it is not stated.
    """

    sample_id: str
    task: str
    question: str
    options: tuple[str, ...]
    truth: str
    images: tuple[str, ...] = ()
    image_bytes: tuple[bytes, ...] = ()
    roles: tuple[str, ...] = ("optical",)
    masks: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    gsd_m: float | None = None


def letter_of(options: tuple[str, ...], answer: str) -> str | None:
    """Return the letter of the option equal to `answer` (exact, then ignoring case and outer space)."""
    for normalise in (str, lambda text: " ".join(text.split()).casefold()):
        matches = [i for i, option in enumerate(options) if normalise(option) == normalise(answer)]
        if matches:
            return LETTERS[matches[0]]
    return None
