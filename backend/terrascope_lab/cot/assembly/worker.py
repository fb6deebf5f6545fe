"""One part of a build: some scenes read, captioned, asked about and written."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from terrascope_lab.cot.assembly.settings import BuildSettings
from terrascope_lab.cot.captions.overlays import colours, overlay, png
from terrascope_lab.cot.captions.rule_based import Captioner
from terrascope_lab.cot.compose.choose import questions
from terrascope_lab.cot.compose.llm import EndpointComposer
from terrascope_lab.cot.drafts import Draft
from terrascope_lab.cot.facts import Facts
from terrascope_lab.cot.formats.record import picture_name, record
from terrascope_lab.cot.scenes import DataError, LabelledScene, Reader

log = logging.getLogger(__name__)

IMAGES = "images"


class Job(NamedTuple):
    """Scenes of a part: index of the source, name."""

    number: int
    scenes: tuple[tuple[int, str], ...]


class Worker:
    """What a process keeps between parts: open readers, captioner."""

    def __init__(self, settings: BuildSettings, out: Path) -> None:
        self._settings, self._out = settings, out
        self._readers: list[Reader] = [spec.open() for spec in settings.sources]
        self._captioner: Captioner = settings.captioner()
        self._composer: EndpointComposer | None = settings.composer()

    def run(self, job: Job) -> Path:
        """Make a part, unless it is there, and return its file: a line a sample, or {"skipped", "reason"}."""
        path = part_path(self._out, job.number)
        if path.exists():
            return path
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as stream:
            for source, name in job.scenes:
                for entry in self._entries(self._readers[source], name):
                    stream.write(json.dumps(entry, ensure_ascii=False) + "\n")
        part.replace(path)
        return path

    def _entries(self, reader: Reader, name: str) -> Iterator[dict[str, Any]]:
        try:
            scene = reader.load(name)
        except DataError as error:
            yield {"skipped": f"{reader.source}/{name}", "reason": str(error)}
            return
        if not scene.valid.any():
            yield {"skipped": scene.scene_id, "reason": "No pixel is labelled."}
            return
        entries = samples(scene, self._settings, self._captioner, self._composer)
        if entries:
            write_pictures(scene, self._out / IMAGES)
            if self._settings.overlays:
                write_overlays(scene, self._out / "overlays")
        yield from entries


def part_path(out: Path, number: int) -> Path:
    """File of a part."""
    return out / "parts" / f"{number:06d}.jsonl"


def samples(
    scene: LabelledScene, settings: BuildSettings, captioner: Captioner, composer: EndpointComposer | None = None
) -> list[dict[str, Any]]:
    """Return the samples of a scene, always the same for the same seed."""
    facts = [Facts(scene, moment) for moment in range(len(scene.moments))]
    rng = random.Random(f"{settings.seed}/{scene.scene_id}")
    drafts: list[Draft] = []
    if "cap" in settings.levels:
        caption = captioner.caption(scene, facts, rng)
        drafts += [] if caption is None else [caption]
    asked = questions(scene, rng, settings.levels, settings.rounds, facts)
    drafts += asked if composer is None else composer.reword(scene, facts, asked)
    return [record(scene, facts, draft, number) for number, draft in enumerate(drafts)]


def write_pictures(scene: LabelledScene, folder: Path) -> None:
    """Write the pictures of a scene: `NAME.png`, and the radar's two channels as `vh/NAME.png` and `vv/NAME.png`."""
    for index, moment in enumerate(scene.moments):
        name = picture_name(scene, index)
        _write(folder / name, moment.picture)
        if moment.sar is not None and moment.optical is not None:
            _write(folder / "vh" / name, moment.sar[..., 0])
            _write(folder / "vv" / name, moment.sar[..., 1])


def write_overlays(scene: LabelledScene, folder: Path) -> None:
    """Write the pictures with coloured masks, and the colours as `NAME.json`."""
    labels: Sequence[str] = [
        label for label in scene.labels if any(m.masks[label].any() for m in scene.moments if label in m.masks)
    ]
    colour = colours(list(labels))
    for index, moment in enumerate(scene.moments):
        path = folder / picture_name(scene, index)
        masks = {label: mask for label, mask in moment.masks.items() if label in colour}
        _write(path, overlay(moment.picture, masks, colour))
        path.with_suffix(".json").write_text(json.dumps(colour, indent=1), encoding="utf-8")


def _write(path: Path, picture: NDArray[np.uint8]) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(png(picture))
    part.replace(path)
