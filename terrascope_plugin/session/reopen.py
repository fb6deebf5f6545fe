"""A run out of its GeoPackage, as if it had just ended. Needs no backend."""

from __future__ import annotations

from ..layers.palette import shown
from ..layers.run_file import RunFile, json_column
from .question import Claim, MaskOfStep, Run, RunState


def reopened(file: RunFile) -> Run:
    """Return the run that a file holds; a run whose process died ends with what had arrived."""
    row = file.run
    run = Run(
        question=row.get("question") or "",
        gpkg=file.path,
        options=tuple(json_column(row, "options", [])),
        state=RunState.ENDED,
        answer=row.get("answer") or "",
        choice=row.get("choice"),
        answer_confidence=row.get("confidence"),
        end_reason=row.get("end_reason") or "error",
        warnings=[str(warning) for warning in json_column(row, "warnings", [])],
        device=row.get("device") or "",
        network=row.get("network") or "",
        seconds=row.get("seconds"),
    )
    for each in file.steps:
        step = run.step(each["step"])
        step.raw_text = each.get("text") or ""
        step.label = each.get("label") or ""
        step.view_name = each.get("view_name") or ""
        step.date = each.get("date")
        step.confidence = each.get("confidence")
        step.evidence = each.get("evidence") or ""
        if step.label:
            record = json_column(each, "record", {})
            measurements = record.get("measurements") or {"area_m2": each.get("area_m2"), "share": each.get("share")}
            step.masks.append(MaskOfStep(step.label, empty=bool(each.get("empty")), measurements=measurements))
    for row in file.masks:
        _add_mask(run, row)
    for row in file.claims:
        values = {name: _plain(row.get(name)) for name in ("claimed", "measured")}
        run.claims.append(
            Claim(
                row["step"],
                row["claim"],
                row["verdict"],
                unit=row.get("unit") or "",
                reason=row.get("reason") or "",
                **values,
            )
        )
    return run


def _add_mask(run: Run, row: dict) -> None:
    step = run.step(row["step"])
    own = step.mask
    if not row["derived"] and own is not None:
        own.colour = shown(row.get("colour") or own.colour)
        return
    measurements = {name: row.get(name) for name in ("area_m2", "share", "pixels")}
    step.masks.append(
        MaskOfStep(row["label"], shown(row.get("colour") or "#ff9f1c"), bool(row["derived"]), False, measurements)
    )


def _plain(value: object) -> object:
    return value.strip('"') if isinstance(value, str) else value
