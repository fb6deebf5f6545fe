"""Ask one question of a benchmark, and say what came out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from terrascope.errors import TerraScopeError
from terrascope.masks import compare
from terrascope.masks.rle import decode, encode
from terrascope.networks.interface import Network, Prompt
from terrascope.reasoning.answers import choose_option, first_letter
from terrascope.reasoning.events import AnswerReady, Ended, EndReason, MaskReady
from terrascope.reasoning.loop import EvidenceProvider, reason
from terrascope.reasoning.settings import ReasoningSettings
from terrascope.scene.types import Scene
from terrascope_lab.bench.open_answers import said
from terrascope_lab.bench.oracle import OracleNetwork
from terrascope_lab.bench.pictures import SceneShelf
from terrascope_lab.bench.results import SampleResult
from terrascope_lab.bench.samples import LETTERS, BenchSample

EvidenceFor = Callable[[Scene, Prompt], "EvidenceProvider | None"]
Mask = NDArray[np.bool_]


@dataclass
class Asker:
    """A network with the settings of a run; keeps the last scene.

    Attributes
    ----------
    evidence_for
        Gives what measures the masks of a scene for a question, or None for a network that reads no measurements.
    oracle_masks
        The network's masks are replaced by the sample's truth masks where it names their class.
    """

    network: Network
    evidence_for: EvidenceFor
    settings: ReasoningSettings = field(default_factory=ReasoningSettings)
    oracle_masks: bool = False
    shelf: SceneShelf = field(default_factory=SceneShelf)

    def ask(self, sample: BenchSample) -> SampleResult:
        """Ask one sample. What goes wrong with it is in the result's `error`."""
        begin = time.perf_counter()
        answer: AnswerReady | None = None
        ended: Ended | None = None
        masks: list[MaskReady] = []
        truths: dict[str, Mask] = {}
        error = sample.problem
        try:
            if not error:
                scene = self.shelf.scene(sample)
                truths = truth_of(sample, (scene.grid.height, scene.grid.width))
                network: Network = OracleNetwork(self.network, truths) if self.oracle_masks else self.network
                prompt = Prompt(sample.question, sample.options)
                for event in reason(network, scene, prompt, self.settings, evidence=self.evidence_for(scene, prompt)):
                    if isinstance(event, MaskReady):
                        masks.append(event)
                    elif isinstance(event, AnswerReady):
                        answer = event
                    elif isinstance(event, Ended):
                        ended = event
        except (TerraScopeError, OSError, RasterioError) as problem:
            error = str(problem) or type(problem).__name__
        text = answer.text if answer else ""
        return SampleResult(
            sample_id=sample.sample_id,
            task=sample.task,
            truth=sample.truth,
            choice=chosen(sample, answer),
            answer=text,
            letter=_letter(sample, text),
            mask_iou=mean_iou(truths, [m.prediction.mask for m in masks]) if truths and not error else None,
            confidence=answer.confidence if answer else None,
            mask_confidence=min((float(m.prediction.confidence) for m in masks), default=None),
            uncertain=getattr(answer, "uncertain", None),
            abstained=ended is not None and ended.reason is EndReason.ABSTAINED,
            error=error,
            seconds=round(time.perf_counter() - begin, 3),
            steps=tuple(_step(mask, truths) for mask in masks),
        )


def _step(mask: MaskReady, truths: Mapping[str, Mask]) -> dict[str, object]:
    found = mask.prediction.mask
    best = max((compare(found, truth).iou for truth in truths.values()), default=None)
    return {
        "label": mask.label, "view": mask.view, "confidence": round(float(mask.prediction.confidence), 4),
        "iou": None if best is None else round(best, 4), "mask": dict(encode(found)),
    }  # fmt: skip


def chosen(sample: BenchSample, answer: AnswerReady | None) -> str | None:
    """Return the chosen letter(s); for open questions the truth itself where the answer says the same."""
    if answer is None:
        return None
    if not sample.options:
        return said(answer.text, sample.truth)
    if len(sample.truth) > 1:
        return _all_letters(answer.text, sample.options)
    return answer.choice or choose_option(answer.text, sample.options) or _letter(sample, answer.text)


def _letter(sample: BenchSample, text: str) -> str | None:
    """The paper's rule: the first letter of the options that stands alone."""
    if not sample.options:
        return None
    if len(sample.truth) > 1:
        return _all_letters(text, sample.options)
    return first_letter(text, LETTERS[: max(4, len(sample.options))])


def _all_letters(text: str, options: Sequence[str]) -> str | None:
    found = re.findall(rf"\b[{LETTERS[: len(options)]}]\b", text)
    return "".join(sorted(set(found))) or None


def truth_of(sample: BenchSample, shape: tuple[int, int] | None = None) -> dict[str, Mask]:
    """Truth masks of a sample by label, bool [H, W], brought to `shape` (nearest pixel) where it is given."""
    truths = {label: np.asarray(decode(rle), dtype=bool) for label, rle in sample.masks.items()}
    return truths if shape is None else {label: _fitted(truth, shape) for label, truth in truths.items()}


def _fitted(mask: Mask, shape: tuple[int, int]) -> Mask:
    if mask.shape == shape:
        return mask
    rows, cols = ((np.arange(n) * 2 + 1) * size // (2 * n) for n, size in zip(shape, mask.shape))
    return np.ascontiguousarray(mask[np.ix_(rows, cols)])


def mean_iou(truths: Mapping[str, Mask], masks: Iterable[Mask]) -> float:
    """Mean over the truth masks of the best IoU that any mask of the trace has with it; 0 where there is none."""
    predicted = list(masks)
    best = [
        max((compare(truth, mask).iou for mask in predicted if mask.shape == truth.shape), default=0.0)
        for truth in truths.values()
    ]
    return float(np.mean(best))
