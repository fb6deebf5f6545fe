"""Write the page of a run: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from terrascope_lab.bench.blind import Baseline
from terrascope_lab.bench.page import charts
from terrascope_lab.bench.page.examples import choose, examples
from terrascope_lab.bench.results import SampleResult, iterate_results
from terrascope_lab.bench.samples import BenchSample
from terrascope_lab.bench.scoring import Scores
from terrascope_lab.bench.selective import Certainty
from terrascope_lab.bench.tables import blind_cells, certainty_line, decimal, ordered, percent, with_interval

IOU_BINS = 20


@dataclass(frozen=True)
class PageInput:
    """What a page shows.

    Attributes
    ----------
    about
        Network, weights, file and settings, as in `run.json`.
    results
        The results file; it is read line by line.
    read
        Reads the samples, for the pictures of the examples.
    """

    title: str
    about: Mapping[str, object]
    scores: Scores
    baselines: Mapping[str, Baseline]
    certainty: Certainty | None
    results: Path
    read: Callable[[], Iterator[BenchSample]]


def write_page(page: PageInput, out: Path) -> Path:
    """Write the page and return its path. Text of samples and answers is shown as text, never as markup."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    html = environment.get_template("page.html.j2").render(_content(page))
    part = out.with_name(f".{out.name}.part")
    part.write_text(html, encoding="utf-8")
    part.replace(out)
    return out


def _content(page: PageInput) -> dict[str, object]:
    from markupsafe import Markup

    scores = page.scores
    tasks = ordered(list(scores.tasks))
    drawn = [charts.bars(tasks, [scores.tasks[task] for task in tasks], [_blind(page.baselines.get(t)) for t in tasks])]
    captions = ["Accuracy by task with 95 % intervals. The grey mark is the best blind baseline."]
    if scores.iou_right is not None or scores.iou_wrong is not None:
        drawn.append(charts.histograms(*iou_counts(iterate_results(page.results))))
        captions.append(
            f"Mask IoU: right answers {decimal(scores.iou_right)}, wrong answers {decimal(scores.iou_wrong)}, "
            f"correlation {decimal(scores.iou_r)}."
        )
    if page.certainty is not None:
        drawn.append(charts.reliability(page.certainty.bins))
        captions.append(f"Reliability: calibration error {decimal(page.certainty.ece)}.")
        drawn.append(charts.coverage(page.certainty.curve, page.certainty.kept, page.certainty.kept_accuracy.value))
        captions.append(certainty_line(page.certainty) + ".")
    rows = [
        [task, str(scores.tasks[task].count), with_interval(scores.tasks[task]), decimal(scores.task_iou.get(task)),
         *blind_cells(page.baselines.get(task))]
        for task in tasks
    ]  # fmt: skip
    chosen = choose(iterate_results(page.results))
    return {
        "title": page.title,
        "about": {key: value for key, value in page.about.items() if value is not None},
        "macro": percent(scores.macro),
        "half": percent(scores.macro_half_width),
        "micro": with_interval(scores.micro),
        "by_letter": percent(scores.macro_by_letter),
        "abstained": scores.abstained,
        "errors": scores.errors,
        "charts": [(Markup(svg), caption) for svg, caption in zip(drawn, captions)],
        "rows": rows,
        "examples": examples(chosen, iterate_results(page.results), page.read),
    }


def iou_counts(results: Iterable[SampleResult]) -> tuple[list[int], list[int]]:
    """Number of right and of wrong answers in each of `IOU_BINS` bins of the mask IoU."""
    counts = ([0] * IOU_BINS, [0] * IOU_BINS)
    for result in results:
        if result.mask_iou is not None:
            counts[0 if result.right else 1][min(IOU_BINS - 1, int(result.mask_iou * IOU_BINS))] += 1
    return counts


def _blind(baseline: Baseline | None) -> float | None:
    if baseline is None:
        return None
    question = baseline.question_only.value if baseline.question_only else 0.0
    return max(baseline.constant_letter.value, baseline.constant_text.value, baseline.random, question)
