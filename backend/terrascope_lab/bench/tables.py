"""Benchmark results as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from terrascope_lab.bench.blind import Baseline
from terrascope_lab.bench.scoring import Interval, Scores
from terrascope_lab.bench.selective import MOST_LEFT_OUT, Certainty

#: Column order of the paper's table.
PAPER_ORDER: tuple[str, ...] = ("CA", "AQ", "CR", "BRD", "DM", "BCE")


def ordered(tasks: Sequence[str]) -> list[str]:
    """Tasks in the paper's order, others after them by name."""
    return sorted(tasks, key=lambda t: (PAPER_ORDER.index(t) if t in PAPER_ORDER else len(PAPER_ORDER), t))


def percent(value: float | None) -> str:
    """A share as a percentage with one digit, "-" for nothing."""
    return "-" if value is None or value != value else f"{100 * value:.1f}"


def decimal(value: float | None) -> str:
    """A number with three digits, "-" for nothing."""
    return "-" if value is None or value != value else f"{value:.3f}"


def with_interval(interval: Interval) -> str:
    """A proportion in percent with its interval."""
    return f"{percent(interval.value)} [{percent(interval.low)}, {percent(interval.high)}]"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; a vertical line inside a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def markdown(
    scores: Scores, baselines: Mapping[str, Baseline] | None = None, certainty: Certainty | None = None
) -> str:
    """Return the table of a run: a row a task, blind baselines beside it, both averages, mask quality, certainty."""
    rows = []
    for task in ordered(list(scores.tasks)):
        interval, blind = scores.tasks[task], (baselines or {}).get(task)
        rows.append(
            [
                task,
                str(interval.count),
                with_interval(interval),
                decimal(scores.task_iou.get(task)),
                *blind_cells(blind),
            ]
        )
    header = ["task", "n", "accuracy [95 %]", "mask IoU", "constant letter", "constant text", "random", "question only"]
    lines = [
        table(header, rows),
        f"Macro average (mean over tasks, as in the paper): **{percent(scores.macro)}**"
        f" ± {percent(scores.macro_half_width)}",
        f"Micro average (every sample alike, as the released script prints): {with_interval(scores.micro)}",
        f"Macro average by the first letter in the answer alone (the paper's rule): {percent(scores.macro_by_letter)}",
    ]
    if scores.iou_right is not None or scores.iou_wrong is not None:
        lines.append(
            f"Mask IoU: right answers {decimal(scores.iou_right)}, wrong answers {decimal(scores.iou_wrong)}, "
            f"correlation {decimal(scores.iou_r)}"
        )
    lines.append(f"Abstained: {scores.abstained}; samples with an error (counted as wrong): {scores.errors}")
    if certainty is not None:
        lines.append(certainty_line(certainty))
    return "\n".join(lines) + "\n"


def certainty_line(certainty: Certainty) -> str:
    """One sentence on calibration and selective answering."""
    return (
        f"Certainty ({certainty.source}): calibration error {decimal(certainty.ece)}; without the questions that the "
        f"network calls uncertain ({percent(1 - certainty.kept)} % left out) {with_interval(certainty.kept_accuracy)}; "
        f"the most certain {percent(1 - MOST_LEFT_OUT)} % {with_interval(certainty.at_sixty)}"
    )


def blind_cells(blind: Baseline | None) -> list[str]:
    """Cells of the blind baselines of a task."""
    if blind is None:
        return ["-"] * 4
    return [
        f"{percent(blind.constant_letter.value)} ({blind.letter})", percent(blind.constant_text.value),
        percent(blind.random), percent(blind.question_only.value) if blind.question_only else "-",
    ]  # fmt: skip
