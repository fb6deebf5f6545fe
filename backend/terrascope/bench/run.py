"""Ask a network the questions of a benchmark: resumable at any sample, one bad picture costs one sample.

Every answered sample is one line of a JSON-lines file, flushed at once; a second run skips what is there.
"""

from __future__ import annotations

import json
import logging
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from terrascope.bench.oracle import OracleNetwork
from terrascope.bench.samples import BenchSample
from terrascope.bench.scoring import SampleResult
from terrascope.errors import TerraScopeError
from terrascope.masks.rle import decode
from terrascope.networks.interface import Network, Prompt
from terrascope.reasoning.answers import choose_option, first_letter, normalised
from terrascope.reasoning.events import AnswerReady, Ended, EndReason, MaskReady
from terrascope.reasoning.loop import EvidenceProvider, reason
from terrascope.reasoning.settings import ReasoningSettings
from terrascope.scene import open_scene
from terrascope.scene.request import LayerRequest
from terrascope.scene.types import Scene

log = logging.getLogger(__name__)

EvidenceFor = Callable[[Scene], "EvidenceProvider | None"]


def read_results(path: Path) -> list[SampleResult]:
    """Read a results file; a last line that was cut off by a killed process is left out."""
    results: list[SampleResult] = []
    if not path.exists():
        return results
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            results.append(SampleResult(**json.loads(line)))
        except json.JSONDecodeError:
            log.warning("%s: an unfinished line is left out", path.name)
    return results


def run(
    samples: Iterable[BenchSample],
    network: Network,
    out: Path,
    *,
    evidence_for: EvidenceFor,
    settings: ReasoningSettings | None = None,
    oracle_masks: bool = False,
    limit: int | None = None,
    progress: Callable[[int, SampleResult], None] | None = None,
) -> list[SampleResult]:
    """Ask every sample that `out` does not hold yet, and return all results.

    Parameters
    ----------
    out
        JSON-lines file of per-sample results, continued if it exists.
    evidence_for
        Gives what measures the masks of a scene, or None for a network that reads no measurements.
    oracle_masks
        The network's masks are replaced by the sample's truth masks where it names their class.
    limit
        At most so many samples of the file.
    """
    results = read_results(out)
    done = {result.sample_id for result in results}
    _drop_cut_line(out)
    with out.open("a", encoding="utf-8") as stream:
        for number, sample in enumerate(samples):
            if limit is not None and number >= limit:
                break
            if sample.sample_id in done:
                continue
            result = ask(sample, network, evidence_for, settings or ReasoningSettings(), oracle_masks)
            stream.write(json.dumps(result.to_dict(), ensure_ascii=False) + "\n")
            stream.flush()
            results.append(result)
            if progress is not None:
                progress(number, result)
    return results


def _drop_cut_line(path: Path) -> None:
    if path.exists():
        data = path.read_bytes()
        if data and not data.endswith(b"\n"):
            path.write_bytes(data[: data.rfind(b"\n") + 1])


def ask(
    sample: BenchSample,
    network: Network,
    evidence_for: EvidenceFor,
    settings: ReasoningSettings,
    oracle_masks: bool = False,
) -> SampleResult:
    """Ask one sample. What goes wrong with it is in the result's `error`."""
    begin = time.perf_counter()
    answer: AnswerReady | None = None
    ended: Ended | None = None
    masks: list[NDArray[np.bool_]] = []
    error = ""
    truths = truth_of(sample)
    try:
        with tempfile.TemporaryDirectory(prefix="terrascope-bench-") as folder:
            scene = open_scene(_layers(sample, Path(folder)))
        asked: Network = OracleNetwork(network, truths) if oracle_masks else network
        events = reason(asked, scene, Prompt(sample.question, sample.options), settings, evidence=evidence_for(scene))
        for event in events:
            if isinstance(event, MaskReady):
                masks.append(event.prediction.mask)
            elif isinstance(event, AnswerReady):
                answer = event
            elif isinstance(event, Ended):
                ended = event
    except (TerraScopeError, OSError) as problem:
        error = str(problem)
    return SampleResult(
        sample_id=sample.sample_id,
        task=sample.task,
        truth=sample.truth,
        choice=_choice(sample, answer),
        answer=answer.text if answer else "",
        mask_iou=mean_iou(truths, masks) if sample.masks and not error else None,
        confidence=answer.confidence if answer else None,
        abstained=ended is not None and ended.reason is EndReason.ABSTAINED,
        error=error,
        seconds=round(time.perf_counter() - begin, 3),
    )


def _choice(sample: BenchSample, answer: AnswerReady | None) -> str | None:
    """The chosen letter; for open questions the truth itself where the normalised texts are equal."""
    if answer is None:
        return None
    if not sample.options:
        return sample.truth if normalised(answer.text) == normalised(sample.truth) else answer.text
    return answer.choice or choose_option(answer.text, sample.options) or first_letter(answer.text)


def _layers(sample: BenchSample, folder: Path) -> list[LayerRequest]:
    """Layers of a sample; encoded pictures go to `folder`, on a metric grid where the pixel size is known."""
    paths = [Path(path) for path in sample.images]
    for number, data in enumerate(sample.image_bytes):
        path = folder / f"image{number}"
        path.write_bytes(data)
        paths.append(path)
    if sample.gsd_m is not None:
        paths = [_on_the_ground(path, folder / f"ground{i}.tif", sample.gsd_m) for i, path in enumerate(paths)]
    roles = sample.roles if len(sample.roles) == len(paths) else ("optical",) * len(paths)
    several = len(paths) > 1  # the files state an order, not dates: one a year keeps it
    return [
        LayerRequest(str(path), role=role, date=f"{2020 + number}-01-01" if several else None)
        for number, (path, role) in enumerate(zip(paths, roles))
    ]


def _on_the_ground(path: Path, out: Path, gsd_m: float) -> Path:
    """Give a picture without CRS a metric one (UTM, at its true scale to 0.04 %), so that areas can be measured."""
    import rasterio
    from rasterio.errors import RasterioError
    from rasterio.transform import from_origin

    try:
        with rasterio.open(path) as source:
            if source.crs is not None:
                return path
            profile = {
                "driver": "GTiff",
                "width": source.width,
                "height": source.height,
                "count": source.count,
                "dtype": source.dtypes[0],
                "nodata": source.nodata,
                "crs": "EPSG:32631",
                "transform": from_origin(500_000, 10_000, gsd_m, gsd_m),
            }
            with rasterio.open(out, "w", **profile) as target:
                target.write(source.read())
                target.colorinterp = source.colorinterp
                target.descriptions = source.descriptions
                target.update_tags(**source.tags())
    except RasterioError as error:
        raise TerraScopeError(f"Picture {path.name} of the sample cannot be read: {error}.") from error
    return out


def truth_of(sample: BenchSample) -> dict[str, NDArray[np.bool_]]:
    """Truth masks of a sample by label, bool [H, W]."""
    return {label: np.asarray(decode(rle), dtype=bool) for label, rle in sample.masks.items()}


def mean_iou(truths: Mapping[str, NDArray[np.bool_]], masks: Iterable[NDArray[np.bool_]]) -> float:
    """Mean over the truth masks of the best IoU that any mask of the trace has with it; 0 where there is none."""
    predicted = list(masks)
    return float(np.mean([max((_iou(truth, mask) for mask in predicted), default=0.0) for truth in truths.values()]))


def _iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    if a.shape != b.shape:
        return 0.0
    union = int((a | b).sum())
    return int((a & b).sum()) / union if union else 1.0


def iterate_limited(samples: Iterator[BenchSample], per_task: int | None) -> Iterator[BenchSample]:
    """Pass on at most `per_task` samples of each task (all where it is None)."""
    counts: dict[str, int] = {}
    for sample in samples:
        counts[sample.task] = counts.get(sample.task, 0) + 1
        if per_task is None or counts[sample.task] <= per_task:
            yield sample
