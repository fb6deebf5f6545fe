"""Benchmark results as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from terrascope.bench.scoring import Baseline, Interval, Scores

#: Column order of the paper's table.
PAPER_ORDER: tuple[str, ...] = ("CA", "AQ", "CR", "BRD", "DM", "BCE")


def ordered(tasks: Sequence[str]) -> list[str]:
    """Tasks in the paper's order, others after them by name."""
    return sorted(tasks, key=lambda t: (PAPER_ORDER.index(t) if t in PAPER_ORDER else len(PAPER_ORDER), t))


def _cell(interval: Interval) -> str:
    return f"{100 * interval.value:.1f} [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def markdown(scores: Scores, baselines: Mapping[str, Baseline] | None = None) -> str:
    """Return the table of a run: a row a task, blind baselines beside it, then both averages and mask quality."""
    lines = ["| task | n | accuracy [95 %] | constant letter | constant text | random |", "|---|---|---|---|---|---|"]
    for task in ordered(list(scores.tasks)):
        interval = scores.tasks[task]
        blind = (baselines or {}).get(task)
        cells = (
            [
                f"{100 * blind.constant_letter.value:.1f} ({blind.letter})",
                f"{100 * blind.constant_text.value:.1f}",
                f"{100 * blind.random:.1f}",
            ]
            if blind
            else ["-", "-", "-"]
        )
        lines.append(f"| {task} | {interval.count} | {_cell(interval)} | {' | '.join(cells)} |")
    lines += [
        "",
        f"Macro average (mean over tasks, as in the paper): **{100 * scores.macro:.1f}**"
        f" ± {100 * scores.macro_half_width:.1f}",
        f"Micro average (every sample alike, as the released script prints): {_cell(scores.micro)}",
    ]
    if scores.iou_right is not None or scores.iou_wrong is not None:

        def show(value: float | None) -> str:
            return "-" if value is None else f"{value:.3f}"

        lines.append(
            f"Mask IoU: right answers {show(scores.iou_right)}, wrong answers {show(scores.iou_wrong)}, "
            f"correlation {show(scores.iou_r)}"
        )
    lines.append(f"Abstained: {scores.abstained}; samples with an error (counted as wrong): {scores.errors}")
    return "\n".join(lines) + "\n"
