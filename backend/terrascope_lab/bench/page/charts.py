"""Charts as inline SVG: bars with intervals, two histograms, reliability, accuracy by coverage. Shares are 0..1."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from terrascope_lab.bench.scoring import Interval
from terrascope_lab.bench.selective import Bin, Point

WIDTH, HEIGHT = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 40
RIGHT_COLOUR, WRONG_COLOUR, BLIND_COLOUR = "#2b7a3d", "#b3372c", "#8a8a94"
MAIN_COLOUR = "#2f5d9b"


def bars(tasks: Sequence[str], values: Sequence[Interval], blind: Sequence[float | None]) -> str:
    """Accuracy by task with 95 % intervals; a grey mark shows the best blind baseline."""
    parts = [_axes("accuracy")]
    step = _inner_width() / max(1, len(tasks))
    for i, (task, interval, baseline) in enumerate(zip(tasks, values, blind)):
        x = LEFT + step * i + step * 0.2
        width = step * 0.6
        middle = x + width / 2
        title = f"{task}: {100 * interval.value:.1f} % of {interval.count}"
        parts.append(
            f'<rect x="{x:.1f}" y="{_y(interval.value):.1f}" width="{width:.1f}" '
            f'height="{_y(0) - _y(interval.value):.1f}" fill="{MAIN_COLOUR}"><title>{escape(title)}</title></rect>'
        )
        parts.append(_line(middle, _y(interval.low), middle, _y(interval.high), "#111", 1.5))
        if baseline is not None:
            parts.append(_line(x - 3, _y(baseline), x + width + 3, _y(baseline), BLIND_COLOUR, 2.5))
        parts.append(_text(middle, HEIGHT - BOTTOM + 16, f"{task}"))
        parts.append(_text(middle, HEIGHT - BOTTOM + 30, f"{100 * interval.value:.1f}"))
    return _svg(parts, "Accuracy by task with 95 % intervals; grey: best blind baseline")


def histograms(right: Sequence[int], wrong: Sequence[int]) -> str:
    """Mask IoU of right answers (up, green) against wrong ones (down, red), bins of equal width from 0 to 1."""
    most = max([*right, *wrong, 1])
    middle = TOP + (HEIGHT - TOP - BOTTOM) / 2
    reach = (HEIGHT - TOP - BOTTOM) / 2 - 4
    step = _inner_width() / max(1, len(right))
    parts = [_line(LEFT, middle, WIDTH - RIGHT, middle, "#111", 1)]
    for counts, colour, sign, word in ((right, RIGHT_COLOUR, -1, "right"), (wrong, WRONG_COLOUR, 1, "wrong")):
        for i, count in enumerate(counts):
            tall = reach * count / most
            y = middle - tall if sign < 0 else middle
            parts.append(
                f'<rect x="{LEFT + i * step + 1:.1f}" y="{y:.1f}" width="{step - 2:.1f}" height="{tall:.1f}" '
                f'fill="{colour}"><title>{count} {word}</title></rect>'
            )
    parts += [
        _text(LEFT + 4, TOP + 12, "right answers", "start"),
        _text(LEFT + 4, HEIGHT - BOTTOM - 4, "wrong answers", "start"),
    ]
    parts += [_text(LEFT + f * _inner_width(), HEIGHT - BOTTOM + 16, f"{f:g}") for f in (0, 0.25, 0.5, 0.75, 1)]
    parts.append(_text(LEFT + _inner_width() / 2, HEIGHT - 6, "mask IoU"))
    return _svg(parts, "Mask IoU of right and wrong answers")


def reliability(bins: Sequence[Bin]) -> str:
    """Accuracy against certainty; on the diagonal a network is calibrated. The dots' size shows the number."""
    most = max([one.answers for one in bins], default=1)
    parts = [_axes("accuracy", "certainty"), _line(_x(0), _y(0), _x(1), _y(1), BLIND_COLOUR, 1, "4 3")]
    points = " ".join(f"{_x(one.certainty):.1f},{_y(one.accuracy):.1f}" for one in bins)
    parts.append(f'<polyline points="{points}" fill="none" stroke="{MAIN_COLOUR}" stroke-width="1.5"/>')
    for one in bins:
        size = 3 + 6 * (one.answers / most) ** 0.5
        title = f"certainty {one.certainty:.2f}, accuracy {one.accuracy:.2f}, {one.answers} answers"
        parts.append(
            f'<circle cx="{_x(one.certainty):.1f}" cy="{_y(one.accuracy):.1f}" r="{size:.1f}" fill="{MAIN_COLOUR}">'
            f"<title>{title}</title></circle>"
        )
    return _svg(parts, "Reliability: accuracy against certainty")


def coverage(curve: Sequence[Point], kept: float, kept_accuracy: float) -> str:
    """Accuracy of the most certain share of the questions; the ring is what the network itself keeps."""
    parts = [_axes("accuracy", "share of questions answered, most certain first")]
    points = " ".join(f"{_x(one.coverage):.1f},{_y(one.accuracy):.1f}" for one in curve)
    parts.append(f'<polyline points="{points}" fill="none" stroke="{MAIN_COLOUR}" stroke-width="2"/>')
    title = f"without the questions it calls uncertain: {100 * kept_accuracy:.1f} % of {100 * kept:.0f} %"
    parts.append(
        f'<circle cx="{_x(kept):.1f}" cy="{_y(kept_accuracy):.1f}" r="6" fill="none" stroke="{WRONG_COLOUR}" '
        f'stroke-width="2.5"><title>{title}</title></circle>'
    )
    return _svg(parts, "Accuracy by coverage")


def _inner_width() -> float:
    return WIDTH - LEFT - RIGHT


def _x(share: float) -> float:
    return LEFT + share * _inner_width()


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)


def _axes(y_name: str, x_name: str = "") -> str:
    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        parts.append(_line(LEFT, _y(share), WIDTH - RIGHT, _y(share), "#ddd", 1))
        parts.append(_text(LEFT - 6, _y(share) + 4, f"{100 * share:.0f}", "end"))
        if x_name:
            parts.append(_text(_x(share), HEIGHT - BOTTOM + 16, f"{100 * share:.0f}"))
    if x_name:
        parts.append(_text(LEFT + _inner_width() / 2, HEIGHT - 6, f"{x_name} (%)"))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(
        f'<text x="12" y="{middle}" transform="rotate(-90 12 {middle})" text-anchor="middle">'
        f"{escape(y_name)} (%)</text>"
    )
    return "".join(parts)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width}"{dashed}/>'
    )


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(parts: Sequence[str], title: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )
