"""A run out of its GeoPackage, as if it had just ended. Needs no backend."""

from __future__ import annotations

from qgis.PyQt.QtCore import QLocale

from .. import units
from ..i18n import tr
from ..layers.palette import shown
from ..layers.run_columns import MEASUREMENTS
from ..layers.run_file import RunFile
from .question import Claim, MaskOfStep, Run, RunState


def reopened(file: RunFile) -> Run:
    """Return the run that a file holds; a run whose process died ends with what had arrived."""
    row = file.run
    run = Run(
        question=row["question"],
        gpkg=file.path,
        options=tuple(row["options"]),
        state=RunState.ENDED,
        answer=row["answer"] or "",
        choice=row["choice"],
        answer_confidence=row["confidence"],
        end_reason=row["end_reason"] or "error",
        warnings=list(row["warnings"]),
        device=row["device"] or "",
        network=row["network"] or "",
        seconds=row["seconds"],
        understood=row["understood"] or "",
        query=row["query"],
    )
    _add_results(run, file)
    if file.path != file.asked:
        text = tr(
            '"{0}" was cut off while it was written, and its folder is read-only: this is a copy of what is whole.'
        )
        run.warnings.append(text.format(file.asked))
    for each in file.steps:
        step = run.step(each["step"])
        step.raw_text = each["text"] or ""
        step.label = each["label"] or ""
        step.view_name = each["view_name"] or ""
        step.date = each["date"]
        step.confidence = each["confidence"]
        step.evidence = each["evidence"] or ""
        if step.label:
            record = each["record"] or {}
            measurements = record.get("measurements") or {"area_m2": each["area_m2"], "share": each["share"]}
            step.masks.append(MaskOfStep(step.label, empty=bool(each["empty"]), measurements=measurements))
    for each in file.masks:
        _add_mask(run, each)
    for each in file.claims:
        run.claims.append(
            Claim(
                each["step"],
                each["claim"],
                each["verdict"],
                claimed=each["claimed"],
                measured=each["measured"],
                unit=each["unit"] or "",
                reason=each["reason"] or "",
            )
        )
    return run


def _add_results(run: Run, file: RunFile) -> None:
    """Put the values that the question gave into a table: a row a key, a column a measure."""
    measures = list(dict.fromkeys(each["measure"] or "" for each in file.results))
    run.columns = ["", *measures]
    rows: dict[str, list[str]] = {}
    for each in file.results:
        cells = rows.setdefault(each["key"] or "", ["" for _ in measures])
        cells[measures.index(each["measure"] or "")] = _value_text(each)
    run.rows = [[key, *cells] for key, cells in rows.items()]


def _value_text(row: dict) -> str:
    value = row["value"]
    if value is None:
        return row["text"] or "-"
    if row["unit"] == "m2":
        return units.area_text(value)
    text = QLocale().toString(float(value), "f", 0 if float(value).is_integer() else 4)
    return f"{text} {row['unit']}" if row["unit"] in ("m", "px") else text


def _add_mask(run: Run, row: dict) -> None:
    step = run.step(row["step"])
    own = step.mask
    if not row["derived"] and own is not None:
        own.colour = shown(row["colour"] or own.colour)
        return
    measurements = {name: row[name] for name in MEASUREMENTS}
    step.masks.append(MaskOfStep(row["label"], shown(row["colour"]), row["derived"], False, measurements))
