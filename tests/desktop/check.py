"""Runs whole_path.py in QGIS and holds what it found to what users were promised. Exit status 1 if one is broken."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from launch_qgis import launch  # noqa: E402


def child_lives(facts: dict) -> bool:
    """Return whether the backend of the closed QGIS is still there."""
    try:
        command = Path(f"/proc/{facts['closed_child']['pid']}/cmdline").read_bytes()
    except OSError:
        return False
    return b"terrascope" in command


def promises(facts: dict) -> list[tuple[str, bool, object]]:
    """Return (promise, kept, what was seen)."""
    first, killed, again = facts["first"], facts["killed"], facts["again"]
    arrivals = first["arrivals_s"]
    found = [
        (
            "a question is answered",
            first["end"] in ("answered", "abstained") and bool(first["answer"]),
            first["answer"],
        ),
        ("steps arrive one by one, before the answer", bool(arrivals) and arrivals == sorted(arrivals), arrivals),
        ("a mask is on the map before its layer is", facts["preview_on_map"], facts["preview_on_map"]),
        (
            "every mask that is not empty is a layer",
            first["layers_valid"] and first["layers"] == first["non_empty"],
            first["layers"],
        ),
        ("the keyboard steps through", facts["stepping"]["current"] is not None, facts["stepping"]),
        ("Stop ends a question", facts["cancelled"]["end"] == "cancelled", facts["cancelled"]["end"]),
        (
            "Stop is answered within 300 ms (1 s allowed on a busy machine)",
            facts["cancel_ms"] < 1000,
            f"{facts['cancel_ms']} ms",
        ),
        ("a killed child costs one message", "ended unexpectedly" in killed["error"], killed["error"]),
        (
            "and no step that had arrived",
            killed["masks"] >= 1 and killed["layers"] == killed["non_empty"],
            killed["masks"],
        ),
        ("the next question works", again["end"] in ("answered", "abstained"), again["end"]),
        (
            "masks, text and report are exported",
            not facts["export"]["error"] and facts["export"]["report"],
            facts["export"]["error"],
        ),
        (
            "the saved project finds every layer again",
            facts["reopened"]["valid"] and facts["reopened"]["groups"] >= 2,
            facts["reopened"],
        ),
        ("a run opens without a backend", facts["reopened"]["cards_without_backend"] >= 2, facts["reopened"]),
        (
            "a rotated map in another CRS works",
            facts["rotated"]["end"] in ("answered", "abstained"),
            facts["rotated"]["end"],
        ),
        ("closing QGIS in the middle of a question leaves no child", not child_lives(facts), facts["closed_child"]),
        (
            "a reload leaves no child and one panel",
            facts["reload"] == {"old_child_gone": True, "docks": 1},
            facts["reload"],
        ),
        (
            "the window's thread never works 50 ms at a stretch",
            facts["stall"]["worst_ms_own_work"] < 50,
            facts["stall"],
        ),
    ]
    for name in ("stack", "no_crs"):
        case = facts[name]
        if isinstance(case, str):
            sys.stdout.write(f"SKIPPED {name}: {case}\n")
            continue
        found.append((f"{name}: answered", case["end"] in ("answered", "abstained"), case["answer"] or case["error"]))
        found.append((f"{name}: the masks lie on their image", case["inside_layer"], case["layers"]))
    return found


def main() -> int:
    """Run and report."""
    out = Path(os.environ["OUT"])
    launch(Path(__file__).parent / "whole_path.py", out, {}, limit_s=int(os.environ.get("LIMIT_S", "420")))
    if (out / "error.txt").exists():
        sys.stderr.write((out / "error.txt").read_text(encoding="utf-8"))
    try:
        facts = json.loads((out / "facts.json").read_text(encoding="utf-8"))
        results = promises(facts)
    except (OSError, KeyError) as error:
        sys.stderr.write(f"The script in QGIS did not come to its end ({error!r}); pictures are in {out}.\n")
        return 1
    for promise, kept, seen in results:
        sys.stdout.write(f"{'kept  ' if kept else 'BROKEN'}  {promise}: {seen}\n")
    return 0 if all(kept for _promise, kept, _seen in results) and not (out / "error.txt").exists() else 1


if __name__ == "__main__":
    raise SystemExit(main())
