"""Runs the demonstration in the QGIS desktop; called by run_desktop.sh."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from launch_qgis import ROOT, launch

DEFAULT_QUESTION = "How much of the area is covered by water?"


def main() -> int:
    """Launch, wait, say what came of it."""
    out = Path(os.environ["OUT"])
    for old in [*out.glob("*.png"), *out.glob("*.txt"), out / "facts.json"]:
        old.unlink(missing_ok=True)
    has_display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    variables = {"TERRASCOPE_SCENE": os.environ["SCENE"], "TERRASCOPE_STAY": "1" if has_display else ""}
    variables["TERRASCOPE_QUESTION"] = os.environ.get("QUESTION", DEFAULT_QUESTION)
    status = launch(ROOT / "scripts" / "demo_in_qgis.py", out, variables, limit_s=86_400 if has_display else 240)
    error, result = out / "error.txt", out / "result.txt"
    if error.exists():
        sys.stderr.write(error.read_text(encoding="utf-8"))
        return 1
    if result.exists():
        sys.stdout.write(result.read_text(encoding="utf-8"))
        return 0
    sys.stderr.write(f"QGIS ended with status {status} before there was an answer; pictures are in {out}.\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
