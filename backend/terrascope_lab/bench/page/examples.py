"""Examples for the page: answers that are surely right, surely wrong, and refused, with the masks on the pictures."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from terrascope.errors import TerraScopeError
from terrascope.masks.rle import decode
from terrascope.trace.pictures import mask_png, view_picture
from terrascope_lab.bench.ask import truth_of
from terrascope_lab.bench.pictures import scene_of
from terrascope_lab.bench.results import SampleResult
from terrascope_lab.bench.samples import BenchSample
from terrascope_lab.bench.selective import certainty_of

#: Colour of the truth, and of the masks of the trace.
TRUTH_COLOUR, MASK_COLOUR = "#ffffff", "#ff3df2"
PICTURE_PX = 320


@dataclass(frozen=True)
class Layer:
    """A picture with what lies on it, as data URIs."""

    caption: str
    picture: str
    overlays: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """One answered sample for the page."""

    kind: str
    result: SampleResult
    question: str
    options: tuple[str, ...]
    layers: tuple[Layer, ...]
    note: str = ""


def choose(results: Iterable[SampleResult], each: int = 4) -> dict[str, str]:
    """Return the kinds of the chosen samples by id: most certain right, most certain wrong, abstained, with an error.

    Keeps a few results at a time. Kinds are shared out over the tasks: the most certain of each task first.
    """
    best: dict[tuple[str, str], tuple[float, str]] = {}
    for result in results:
        kind = "error" if result.error else "abstained" if result.abstained else "right" if result.right else "wrong"
        sure = certainty_of(result) or 0.0
        key = (kind, result.task)
        if key not in best or sure > best[key][0]:
            best[key] = (sure, result.sample_id)
    chosen: dict[str, str] = {}
    for kind in ("right", "wrong", "abstained", "error"):
        found = sorted(((sure, name) for (k, _), (sure, name) in best.items() if k == kind), reverse=True)
        chosen.update({name: kind for _, name in found[:each]})
    return chosen


def examples(
    chosen: Mapping[str, str], results: Iterable[SampleResult], read: Callable[[], Iterator[BenchSample]]
) -> list[Example]:
    """Render the chosen samples, in the order right, wrong, abstained, error."""
    answered = {result.sample_id: result for result in results if result.sample_id in chosen}
    found = []
    for sample in read():
        if sample.sample_id in answered:
            found.append(_example(chosen[sample.sample_id], sample, answered.pop(sample.sample_id)))
        if not answered:
            break
    order = ("right", "wrong", "abstained", "error")
    return sorted(found, key=lambda example: order.index(example.kind))


def _example(kind: str, sample: BenchSample, result: SampleResult) -> Example:
    layers: list[Layer] = []
    note = result.error
    if not note:
        try:
            layers = list(_layers(sample, result))
        except (TerraScopeError, OSError) as error:
            note = f"The picture cannot be shown: {error}"
    return Example(kind, result, sample.question, sample.options, tuple(layers), note)


def _layers(sample: BenchSample, result: SampleResult) -> Iterator[Layer]:
    scene = scene_of(sample)
    shape = (scene.grid.height, scene.grid.width)
    truths = truth_of(sample, shape)
    for index, view in enumerate(scene.views):
        picture = view_picture(view, PICTURE_PX)
        drawn = [s for s in result.steps if s.get("view") == index]
        masks = [decode(s["mask"]) for s in drawn if isinstance(s.get("mask"), dict)]  # type: ignore[arg-type]
        later = index > 0 and len(set(sample.times or range(len(scene.views)))) > 1
        shown = [mask for name, mask in truths.items() if name.endswith(" after") == later]
        overlays = [mask_png(_small(mask), MASK_COLOUR) for mask in masks]
        overlays += [mask_png(_small(mask), TRUTH_COLOUR, fill_alpha=0) for mask in shown]
        labels = ", ".join(f"{s.get('label')} (IoU {s.get('iou')})" for s in drawn)
        yield Layer(
            f"{view.name}: {labels or 'no mask'}",
            _uri(picture.data, picture.media_type),
            tuple(_uri(data, "image/png") for data in overlays),
        )


def _small(mask: np.ndarray) -> np.ndarray:
    step = max(1, max(mask.shape) // PICTURE_PX)
    return np.ascontiguousarray(mask[::step, ::step])


def _uri(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
