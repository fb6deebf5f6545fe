"""What the report shows, worked out of a trace: plain values for the template."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from terrascope import large
from terrascope.landcover.colours import colour_of
from terrascope.trace.geopackage import Picture
from terrascope.trace.pictures import PREVIEW_PX, mask_png
from terrascope.trace.text import readable
from terrascope.trace.types import (
    ClaimRecord,
    GridRecord,
    InputRecord,
    ResultRow,
    Step,
    Trace,
    all_masks,
    result_table,
    summary_share,
)
from terrascope.units import area_text, length_text, share_text

#: An answer that is less sure is called doubtful, as in the panel.
DOUBTFUL = 0.6
_END_REASONS: Mapping[str | None, tuple[str, str]] = {
    "answered": ("good", "Answered"),
    "abstained": ("warn", "The network says that it cannot tell"),
    "degenerate": ("bad", "No usable answer: the network's output is not one"),
    "length": ("warn", "Stopped at the length limit"),
    "cancelled": ("warn", "Stopped by the user; the steps until then are kept"),
    "error": ("bad", "Stopped by an error; the steps until then are kept"),
    None: ("bad", "The run was cut off; the steps until then are kept"),
}
_VERDICTS = {
    "supported": ("good", "Supported"),
    "contradicted": ("bad", "Contradicted"),
    "not_checkable": ("dim", "Not checkable"),
}
#: A scale bar takes at most this part of the picture's width.
_SCALE_PART = 0.3
#: Characters of a setting that are shown.
_LONGEST_VALUE = 2000


class ScaleBar(NamedTuple):
    """Its length as text, and as percent of the picture's width."""

    text: str
    percent: float


class MaskView(NamedTuple):
    """A mask as the report shows it. `layer` is a data URI of its transparent picture."""

    label: str
    colour: str
    layer: str
    facts: list[tuple[str, str]]
    area: str
    share: str
    share_percent: float
    confidence: str
    where: str
    parts: str
    derived: bool
    empty: bool


class StepView(NamedTuple):
    """One step. `view` names the picture under its masks."""

    number: int
    text: str
    date: str
    view: int | None
    view_name: str
    masks: list[MaskView]
    evidence: str


def content(trace: Trace, pictures: Mapping[int, Picture]) -> dict[str, Any]:
    """Return the template's variables.

    Parameters
    ----------
    pictures
        Small pictures of the views by index, as the result file holds them; a view without one is a grey field.
    """
    steps = [_step(step) for step in trace.steps]
    tone, ending = _END_REASONS.get(trace.end_reason, ("warn", str(trace.end_reason)))
    if tone == "good" and any(claim.verdict == "contradicted" for claim in trace.claims):
        tone, ending = "warn", "Answered, but not all of it agrees with the masks"
    sure = None if trace.answer is None else trace.answer.confidence
    if tone == "good" and sure is not None and sure < DOUBTFUL:
        tone, ending = "warn", "Answered, doubtful"
    head, rows = _results(trace)
    return {
        "trace": trace,
        "answer": trace.answer,
        "result_head": head,
        "result_rows": rows,
        "tone": tone,
        "ending": ending,
        "steps": [each for each in steps if each.text or each.masks],
        "overview": _overview(trace, steps),
        "legend": _legend(steps),
        "series": _series(trace),
        "statements": _statements(trace.claims),
        "verdicts": _verdict_counts(trace.claims),
        "pictures": {index: _uri(each.data, each.media_type) for index, each in pictures.items()},
        "aspect": f"{trace.grid.width} / {trace.grid.height}",
        "scale": scale_bar(trace.grid),
        "scene_facts": _scene_facts(trace.grid),
        "settings": _lines(trace.network.settings),
        "timings": [(name.removesuffix("_s"), f"{value:.2f} s") for name, value in trace.timings.items()],
        "options": list(zip("ABCDEFGHIJ", trace.options)),
    }


def scale_bar(grid: GridRecord) -> ScaleBar | None:
    """Return a scale bar of a round length; None where the pixel size is not known."""
    if grid.gsd_m is None:
        return None
    width = grid.gsd_m[0] * grid.width
    room = width * _SCALE_PART
    if not np.isfinite(room) or room <= 0:
        return None
    power = 10.0 ** np.floor(np.log10(room))
    length = max(step * power for step in (1, 2, 5) if step * power <= room)
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    return ScaleBar(text, round(100 * float(length) / width, 2))


def _step(step: Step) -> StepView:
    masks = [
        _mask(each.label, each.mask.decode(), each.measurements, step.confidence, each.derived)
        for each in all_masks(step)
    ]
    return StepView(
        step.number, readable(step.text).strip(), step.date or "", step.view, step.view_name or "", masks,
        step.evidence.strip(),
    )  # fmt: skip


def _mask(
    label: str, mask: NDArray[np.bool_], measured: Mapping[str, Any], confidence: float | None, derived: bool
) -> MaskView:
    colour = colour_of(label, derived)
    area, share, perimeter = measured.get("area_m2"), summary_share(measured), measured.get("perimeter_m")
    pixels, parts = measured.get("pixels"), measured.get("components")
    facts = [
        ("Area", area_text(area) if area is not None else f"{pixels:,} pixels" if pixels is not None else ""),
        ("Share of the image", share_text(share) if share is not None else ""),
        ("Parts", f"{parts:,}" if parts is not None else ""),
        ("Where", str(measured.get("where") or "")),
        ("Perimeter", length_text(perimeter) if perimeter is not None else ""),
        ("Confidence", f"{confidence:.0%}" if confidence is not None and not derived else ""),
        ("Model interval", interval_text(measured)),
        *((f"Mean {name.upper()}", f"{value:.2f}") for name, value in (measured.get("indices") or {}).items()),
    ]
    return MaskView(
        label=label,
        colour=colour,
        layer=_uri(mask_png(thin_out(mask), colour), "image/png"),
        facts=[(name, value) for name, value in facts if value],
        area=facts[0][1],
        share=facts[1][1],
        share_percent=round(100 * share, 2) if share is not None else 0.0,
        confidence=facts[5][1],
        where=facts[3][1],
        parts=facts[2][1],
        derived=derived,
        empty=pixels == 0,
    )


def interval_text(measured: Mapping[str, Any]) -> str:
    """Return the model interval of a mask's share as text, empty without one."""
    found = measured.get("model_interval")
    if not found:
        return ""
    low, high = found["share"]
    return f"{share_text(low)} to {share_text(high)} ({found['level']:.0%} of {found['places']} places left out)"


def thin_out(mask: NDArray[np.bool_], limit: int = PREVIEW_PX) -> NDArray[np.bool_]:
    """Return a mask with at most `limit` pixels on its long side: a block is inside if half of it is."""
    factor = -(-max(mask.shape) // limit)
    if factor <= 1:
        return mask
    height, width = (-(-size // factor) for size in mask.shape)
    found = np.zeros((height, width), dtype=bool)
    for rows in large.strips((height, mask.shape[1] * factor)):
        piece = mask[rows.start * factor : rows.stop * factor]
        padded = np.zeros(((rows.stop - rows.start) * factor, width * factor), dtype=bool)
        padded[: piece.shape[0], : piece.shape[1]] = piece
        found[rows] = padded.reshape(-1, factor, width, factor).mean(axis=(1, 3)) >= 0.5
        large.release(mask)
    return found


def _overview(trace: Trace, steps: list[StepView]) -> list[dict[str, Any]]:
    """One picture a view, with every mask of that view on it, and one of what changed."""
    pictures: list[dict[str, Any]] = [
        {
            "index": index,
            "name": view.name,
            "about": " · ".join(part for part in (view.date, _kind(view)) if part),
            "layers": [mask.layer for step in steps if step.view == index for mask in step.masks if not mask.derived],
        }
        for index, view in enumerate(trace.inputs)
    ]
    for step in steps:
        changed = [mask for mask in step.masks if mask.derived and not mask.empty]
        if changed:
            names = ", ".join(mask.label for mask in changed)
            layers = [mask.layer for mask in changed]
            pictures.append({"index": step.view, "name": "What changed", "about": names, "layers": layers})
    return pictures


def _kind(view: InputRecord) -> str:
    """What kind of picture it is, and which bands it shows where it does not show red, green and blue."""
    from terrascope.scene.render import shown_bands

    if view.role == "sar":
        return "radar"
    bands = shown_bands(view.bands)
    return "optical" + (f", shown in {', '.join(bands)}" if bands else "")


def _statements(claims: tuple[ClaimRecord, ...]) -> list[tuple[str, list[dict[str, str]]]]:
    """The claims of each sentence, in order."""
    found: dict[str, list[dict[str, str]]] = {}
    for claim in claims:
        found.setdefault(claim.text, []).append(_claim(claim))
    return list(found.items())


def _legend(steps: list[StepView]) -> list[tuple[str, str]]:
    found = {mask.label: mask.colour for step in steps for mask in step.masks}
    return list(found.items())


def _series(trace: Trace) -> list[tuple[str, str, list[tuple[str, str, float]]]]:
    """Classes measured at two dates or more: (label, colour, points of (date, text, percent of the largest))."""
    found: dict[str, list[tuple[str, str, float]]] = {}
    for step in trace.steps:
        share = summary_share(step.measurements)
        if step.label and step.date and step.mask is not None and share is not None:
            area = step.measurements.get("area_m2")
            text = area_text(area) if isinstance(area, (int, float)) else share_text(share)
            found.setdefault(step.label, []).append((step.date, text, share))
    series = []
    for label, points in found.items():
        if len({date for date, _, _ in points}) > 1:
            top = max(share for _, _, share in points) or 1.0
            bars = [(date, text, round(100 * share / top, 1)) for date, text, share in sorted(points)]
            series.append((label, colour_of(label), bars))
    return series


def _claim(claim: ClaimRecord) -> dict[str, str]:
    tone, verdict = _VERDICTS.get(claim.verdict, ("dim", claim.verdict))
    return {
        "said": _value(claim.claimed, claim.unit),
        "measured": _value(claim.measured, claim.unit),
        "tone": tone,
        "verdict": verdict,
        "reason": claim.reason,
    }


def _verdict_counts(claims: tuple[ClaimRecord, ...]) -> list[tuple[str, str]]:
    counted = []
    for name, (tone, title) in _VERDICTS.items():
        number = sum(claim.verdict == name for claim in claims)
        if number:
            counted.append((tone, f"{number} {title.lower()}"))
    return counted


def _results(trace: Trace) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the values by zone, date or class; empty where the answer says the only one."""
    names, rows, keys = result_table(trace.results)
    if len(keys) < 2:
        return [], []
    return ["", *names], [
        [key, *("" if each is None else _result(each) for each in row)] for key, row in zip(keys, rows)
    ]


def _result(row: ResultRow) -> str:
    if row.value is None:
        return row.text or "-"
    written = {"m2": area_text, "m": length_text}.get(row.unit)
    if written is not None:
        return f"{'−' if row.value < 0 else ''}{written(abs(row.value))}"
    if row.measure.startswith("share"):
        return share_text(row.value)
    return f"{row.value:,.0f}" if float(row.value).is_integer() else f"{row.value:,.4f}"


def _value(value: object, unit: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
        return f"{text} {unit}".strip()
    return f"{value} {unit}".strip()


def _scene_facts(grid: GridRecord) -> list[tuple[str, str]]:
    crs = crs_title(grid.crs)
    gsd, native = grid.gsd_m, grid.native_gsd_m
    pixel = f"{gsd[0]:.4g} x {gsd[1]:.4g} m" if gsd else "not known (no CRS): pixels and shares only"
    if native and gsd and abs(native[0] / gsd[0] - 1) > 0.01:
        pixel += f" (the finest input has {native[0]:.4g} m)"
    size = f"{grid.width:,} x {grid.height:,} pixels"
    if gsd:
        size += f", {length_text(grid.width * gsd[0])} x {length_text(grid.height * gsd[1])}"
    return [("Size", size), ("Pixel", pixel), ("Coordinates", crs), ("Tiles", "yes" if grid.tiled else "no")]


def crs_title(crs: str | None) -> str:
    """Return a CRS's name and code; what there is where PROJ does not know it."""
    if crs is None:
        return "none"
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        known = CRS.from_user_input(crs)
    except CRSError:
        return crs[:80]
    code = known.to_epsg()
    return f"{known.name} (EPSG:{code})" if code else str(known.name)


def _lines(values: Mapping[str, object]) -> list[tuple[str, str]]:
    """Settings as text; a polygon of a million corners is not printed whole."""
    shown = {name: "–" if value is None else str(value)[:_LONGEST_VALUE] for name, value in values.items()}
    return [(name.replace("_", " "), text) for name, text in shown.items()]


def _uri(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
