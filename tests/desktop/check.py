"""Runs the scripts in QGIS and holds what they found to what users were promised. Exit status 1 if one is broken.

SCRIPTS names those to run (all of them by default).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(HERE)]

import promises  # noqa: E402
from launch_qgis import launch  # noqa: E402

NOWHERE = "http://127.0.0.1:9"


def tile_server(scene: str) -> subprocess.Popen:
    """Start the web map; its port is the first line of its output."""
    command = ["/usr/bin/python3", str(HERE / "tile_server.py"), scene]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def tiny_model(out: Path) -> str:
    """Make a tiny checkpoint in the published layout; empty where the backend's Python has no torch."""
    command = [os.environ["TERRASCOPE_PYTHON"], str(HERE / "tiny_model.py"), str(out / "tiny")]
    made = subprocess.run(command, capture_output=True, text=True, timeout=600)
    return str(out / "tiny") if made.returncode == 0 else ""


def packaged(out: Path) -> str:
    """Build the plugin's zip; return its path."""
    subprocess.run([sys.executable, str(ROOT / "scripts" / "package.py"), str(out), "--without-gate"], check=True)
    return str(next(out.glob("*-complete.zip")))


def run(name: str, out: Path, variables: dict[str, str]) -> bool:
    """Run one script; say which promises are kept."""
    checks: Callable[[dict], list[promises.Promise]] = getattr(promises, name)
    folder = out / name
    limit = int(os.environ.get("LIMIT_S", "900"))
    launch(HERE / f"{name}.py", folder, variables, limit_s=limit, plugin=None if name == "install_path" else ROOT)
    error = folder / "error.txt"
    if error.exists():
        sys.stderr.write(error.read_text(encoding="utf-8"))
    try:
        results = checks(json.loads((folder / "facts.json").read_text(encoding="utf-8")))
    except (OSError, KeyError) as problem:
        sys.stderr.write(f"{name} in QGIS did not come to its end ({problem!r}); pictures are in {folder}.\n")
        return False
    for promise, kept, seen in results:
        sys.stdout.write(f"{'kept  ' if kept else 'BROKEN'}  {promise}: {seen}\n")
    sys.stdout.flush()
    return all(kept for _promise, kept, _seen in results) and not error.exists()


def main() -> int:
    """Run all and report."""
    out = Path(os.environ["OUT"])
    wanted = os.environ.get("SCRIPTS", "whole_path map_path models_path install_path").split()
    variables = {"TERRASCOPE_DESKTOP": str(HERE)}
    tiles = None
    if "map_path" in wanted:
        tiles = tile_server(os.environ["TERRASCOPE_SCENE"])
        variables["TERRASCOPE_TILES"] = (tiles.stdout.readline() if tiles.stdout else "").strip()
    if "models_path" in wanted:
        variables["HF_ENDPOINT"] = NOWHERE
        variables["TERRASCOPE_MODELS"] = str(out / "models")
        variables["TERRASCOPE_PUBLISHED"] = tiny_model(out)
    if "install_path" in wanted:
        variables["TERRASCOPE_ZIP"] = packaged(out)
    try:
        kept = [run(name, out, variables) for name in wanted]
        return 0 if all(kept) else 1
    finally:
        if tiles is not None:
            tiles.terminate()
            tiles.wait()


if __name__ == "__main__":
    raise SystemExit(main())
