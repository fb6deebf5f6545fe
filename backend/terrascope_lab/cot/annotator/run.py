"""Annotate whole sets, and refine what was annotated. Both go on where they stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from terrascope.networks.interface import Network
from terrascope_lab.cot.annotator.predict import COMMON, annotate
from terrascope_lab.cot.readers.annotations import FILE, Annotations, write_scene
from terrascope_lab.cot.scenes import DataError, LabelledScene, Mask, Moment, Reader

Progress = Callable[[int, int], None]


@dataclass
class AnnotationReport:
    """Scenes annotated (now and before), and what was left out with the reason; IoU with the truth by label."""

    scenes: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    intersections: dict[str, int] = field(default_factory=dict)
    unions: dict[str, int] = field(default_factory=dict)

    def iou(self) -> dict[str, float]:
        """Intersection over union with the truth over all scenes, by label."""
        return {label: self.intersections[label] / total for label, total in self.unions.items() if total}

    def compare(self, label: str, predicted: Mask, truth: Mask) -> None:
        """Add one mask to the comparison with the truth."""
        self.intersections[label] = self.intersections.get(label, 0) + int((predicted & truth).sum())
        self.unions[label] = self.unions.get(label, 0) + int((predicted | truth).sum())


def annotate_all(
    network: Network,
    readers: Sequence[Reader],
    out: Path,
    *,
    labels: Sequence[str] = (),
    least_confidence: float = 0.0,
    limit: int | None = None,
    progress: Progress = lambda done, whole: None,
) -> AnnotationReport:
    """Annotate every scene of some readers into a folder: `annotations.jsonl` and pictures.

    Parameters
    ----------
    labels
        Classes to ask for; those that the data set knows, or common ones, where none are named.
    limit
        At most so many scenes.

    Raises
    ------
    DataError
        If the folder was annotated by another network.
    """
    _claim(out, {"network": network.info.name, "weights": network.info.weights_sha256, "labels": list(labels)})
    names = [(reader, name) for reader in readers for name in reader.names()][:limit]
    report = AnnotationReport()
    with _appending(out) as (stream, done):
        for number, (reader, name) in enumerate(names, 1):
            progress(number, len(names))
            try:
                scene = reader.load(name)
            except DataError as error:
                report.skipped.append((f"{reader.source}/{name}", str(error)))
                continue
            report.scenes += 1
            if scene.scene_id in done:
                continue
            wanted = labels or [label for label in scene.labels if scene.moments[0].masks] or COMMON
            found = annotate(network, scene, wanted, least_confidence)
            for label, mask in found.masks.items():
                if label in scene.moments[0].masks:
                    report.compare(label, mask, scene.moments[0].masks[label])
            write_scene(stream, out, scene, found.masks, found.confidence)
    return report


def refine_all(
    predicted: Path, truth: Sequence[Reader], out: Path, progress: Progress = lambda done, whole: None
) -> AnnotationReport:
    """Refine an annotated set: prediction AND truth where there is a truth, the prediction alone elsewhere.

    Pixels on which the two differ are left unlabelled.

    Parameters
    ----------
    truth
        Readers of the same scenes (by source and name) with masks.
    """
    reader, report = Annotations(predicted), AnnotationReport()
    known = {f"{each.source}/{name}": (each, name) for each in truth for name in each.names()}
    _claim(out, {"refined": True})
    names = reader.names()
    with _appending(out) as (stream, done):
        for number, name in enumerate(names, 1):
            progress(number, len(names))
            report.scenes += 1
            if name in done:
                continue
            scene = reader.load(name)
            if name in known:
                source, own = known[name]
                true = source.load(own)
                for label, mask in scene.moments[0].masks.items():
                    if label in true.moments[0].masks:
                        report.compare(label, mask & true.valid, true.moments[0].masks[label])
                scene = refined(scene, true)
            confidence = reader.entry(name).get("confidence", {})
            write_scene(stream, out, scene, scene.moments[0].masks, confidence)
    return report


def refined(predicted: LabelledScene, truth: LabelledScene) -> LabelledScene:
    """Return a scene with prediction AND truth for each class that both know; where they differ, it is not valid.

    Raises
    ------
    DataError
        If the two are of different sizes.
    """
    if predicted.valid.shape != truth.valid.shape:
        raise DataError(
            f"{predicted.scene_id}: the annotation is {predicted.valid.shape}, the truth {truth.valid.shape}.",
            "Annotate the same pictures that the truth belongs to.",
        )
    moment, true = predicted.moments[0], truth.moments[0].masks
    valid = predicted.valid & truth.valid
    for label in set(moment.masks) & set(true):
        valid = valid & (moment.masks[label] == true[label])
    masks = {label: mask & valid & true.get(label, valid) for label, mask in moment.masks.items()}
    return replace(predicted, moments=(Moment(moment.optical, masks, moment.sar),), valid=valid)


def _claim(out: Path, made_by: dict[str, object]) -> None:
    path = out / "annotator.json"
    if path.exists():
        found = json.loads(path.read_text(encoding="utf-8"))
        if found != made_by:
            names = [name for name in made_by if found.get(name) != made_by[name]]
            raise DataError(f"{out} was annotated otherwise ({', '.join(names)}).", "Give another --out.")
        return
    out.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made_by, indent=1) + "\n", encoding="utf-8")


@contextmanager
def _appending(out: Path) -> Iterator[tuple[TextIO, Collection[str]]]:
    """The lines' file, open at its end, and the ids that it has; a line that broke off is dropped."""
    path = out / FILE
    if path.exists():
        _drop_broken_line(path)
        done = set(Annotations(out).names())
    else:
        done = set()
    with path.open("a", encoding="utf-8") as lines:
        yield lines, done


def _drop_broken_line(path: Path, block: int = 1 << 16) -> None:
    """Cut a file after its last whole line."""
    with path.open("r+b") as stream:
        end = stream.seek(0, 2)
        keep = 0
        for start in range(max(0, end - block), -block, -block):
            stream.seek(max(0, start))
            at = stream.read(block).rfind(b"\n")
            if at >= 0:
                keep = max(0, start) + at + 1
                break
        if keep < end:
            stream.truncate(keep)
