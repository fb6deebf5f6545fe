"""Annotated sets: pictures with masks that a network predicted, or that were refined.

A set is a folder with `annotations.jsonl` and its pictures. A line: {id, source, name, gsd_m, sensor, place,
height, width, valid, masks: {label: RLE}, confidence: {label: 0..1}, roles, captions, questions}; ids are unique. The
pictures of a scene are `images/<id>.png`, and `vh/<id>.png` and `vv/<id>.png` where radar goes with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from terrascope.masks.rle import decode, encode
from terrascope_lab.cot.captions.overlays import png
from terrascope_lab.cot.readers.pixels import read_picture, sar_bytes
from terrascope_lab.cot.scenes import DataError, LabelledScene, Mask, Moment, Picture

FILE = "annotations.jsonl"


class Annotations:
    """Reader of an annotated set."""

    source = "annotations"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def _offsets(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for offset, entry in _lines(self.folder / FILE):
            found[entry["id"]] = offset
        return found

    def names(self) -> list[str]:
        """See `Reader`."""
        return list(self._offsets)

    def entry(self, name: str) -> dict[str, Any]:
        """The line of one scene."""
        with (self.folder / FILE).open("rb") as stream:
            stream.seek(self._offsets[name])
            entry: dict[str, Any] = json.loads(stream.readline())
        return entry

    def load(self, name: str) -> LabelledScene:
        """See `Reader`."""
        entry = self.entry(name)
        picture = read_picture(self.folder / "images" / f"{name}.png")
        optical, sar = self._pictures(name, picture, entry.get("roles") or ["optical"])
        valid = decode(entry["valid"]) if entry.get("valid") else np.ones(picture.shape[:2], bool)
        masks = {label: decode(rle) & valid for label, rle in entry["masks"].items()}
        return LabelledScene(
            entry["source"], entry["name"], (Moment(optical, masks, sar),), valid, entry.get("gsd_m"),
            entry.get("sensor", ""), entry.get("place", ""), tuple(entry.get("captions", ())),
            tuple((asked, answer) for asked, answer in entry.get("questions", ())),
        )  # fmt: skip

    def _pictures(self, name: str, picture: Picture, roles: list[str]) -> tuple[Picture | None, Picture | None]:
        """The optical picture and the radar's; a scene of radar alone is stored as the radar's picture."""
        if roles == ["sar"]:
            return None, picture
        if "sar" not in roles:
            return picture, None
        vh, vv = (read_picture(self.folder / band / f"{name}.png", "L") for band in ("vh", "vv"))
        return picture, sar_bytes(vv, vh)


def write_scene(
    stream: TextIO, folder: Path, scene: LabelledScene, masks: Mapping[str, Mask], confidence: Mapping[str, float]
) -> None:
    """Add a scene of one time point to an annotated set: its pictures, then its line."""
    moment = scene.moments[0]
    pictures = {"images": moment.picture}
    if moment.optical is not None and moment.sar is not None:
        pictures |= {"vh": moment.sar[..., 0], "vv": moment.sar[..., 1]}
    for name, picture in pictures.items():
        path = folder / name / f"{scene.scene_id}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(picture))
    stream.write(_line(scene, masks, confidence) + "\n")
    stream.flush()


def _line(scene: LabelledScene, masks: Mapping[str, Mask], confidence: Mapping[str, float]) -> str:
    moment = scene.moments[0]
    entry = {
        "id": scene.scene_id, "source": scene.source, "name": scene.name, "gsd_m": scene.gsd_m,
        "roles": [*(["optical"] if moment.optical is not None else []), *(["sar"] if moment.sar is not None else [])],
        "captions": scene.captions, "questions": scene.questions,
        "sensor": scene.sensor, "place": scene.place, "height": scene.valid.shape[0], "width": scene.valid.shape[1],
        "valid": None if scene.valid.all() else dict(encode(scene.valid)),
        "masks": {label: dict(encode(mask & scene.valid)) for label, mask in masks.items()},
        "confidence": {label: round(value, 4) for label, value in confidence.items()},
    }  # fmt: skip
    return json.dumps(entry, ensure_ascii=False)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise DataError(
            f"{path} cannot be read: {error.strerror}.", "Make it with `terrascope cot annotate`."
        ) from error
    with stream:
        offset = 0
        for number, line in enumerate(stream, 1):
            if line.strip():
                try:
                    yield offset, json.loads(line)
                except ValueError as error:
                    raise DataError(f"{path.name}, line {number} is damaged: {error}.", "Annotate again.") from error
            offset += len(line)
