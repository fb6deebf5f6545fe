"""Runs the scripts in QGIS and holds what they found to what users were promised. Exit status 1 if one is broken.

SCRIPTS names those to run (all of them by default). They run as many people's machines are: the profile with the
plugin, as its zip holds it, the image, the project, the runs and the models lie under a path with spaces, umlauts and
Chinese characters that is 180 characters long. What a script leaves is moved to OUT afterwards.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(HERE)]

import promises  # noqa: E402
from launch_qgis import launch  # noqa: E402

NOWHERE = "http://127.0.0.1:9"
LONG = 180  # characters; Windows takes 260, and an environment's own files are up to 150 deep
_NAMES = "Jürgen Müller (GIS) — Übung 卫星图像 分析 "


def strange_folder() -> Path:
    """Make a folder whose path is what a user's may be: spaces, umlauts, Chinese characters, LONG characters."""
    folder = Path(tempfile.mkdtemp(prefix="terrascope-"))
    while (rest := LONG - len(str(folder)) - 1) > 0:
        name = (_NAMES * 2)[: min(rest, 60)].strip().ljust(min(rest, 60), "x")
        folder /= name if rest - len(name) != 1 else name + "xx"  # a path does not end in a slash
    folder.mkdir(parents=True)
    return folder


def unpacked(archive: str, folder: Path) -> Path:
    """Unpack the plugin's zip; return the plugin's folder."""
    with zipfile.ZipFile(archive) as file:
        file.extractall(folder)
    return next(folder.iterdir())


def tile_server(scene: str) -> subprocess.Popen:
    """Start the web map; its port is the first line of its output."""
    command = ["/usr/bin/python3", str(HERE / "tile_server.py"), scene]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def tiny_model(folder: Path) -> str:
    """Make a tiny checkpoint in the published layout; empty where the backend's Python has no torch."""
    command = [os.environ["TERRASCOPE_PYTHON"], str(HERE / "tiny_model.py"), str(folder / "tiny")]
    made = subprocess.run(command, capture_output=True, text=True, timeout=600)
    return str(folder / "tiny") if made.returncode == 0 else ""


def packaged(out: Path) -> str:
    """Build the plugin's zip; return its path."""
    subprocess.run([sys.executable, str(ROOT / "scripts" / "package.py"), str(out), "--without-gate"], check=True)
    return str(next(out.glob("*-complete.zip")))


def run(name: str, out: Path, home: Path, plugin: Path, variables: dict[str, str]) -> bool:
    """Run one script under the strange folder `home`; say which promises are kept."""
    checks: Callable[[dict], list[promises.Promise]] = getattr(promises, name)
    folder = out / name
    limit = int(os.environ.get("LIMIT_S", "900"))
    there = None if name == "install_path" else plugin
    profile = home / f"profile {name}"
    launch(HERE / f"{name}.py", home / name, variables, limit_s=limit, profile=profile, plugin=there)
    shutil.move(home / name, folder)
    shutil.rmtree(profile, ignore_errors=True)
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
    home = strange_folder()
    archive = packaged(out)
    plugin = unpacked(archive, home / "plugin")
    scene = shutil.copy(os.environ["TERRASCOPE_SCENE"], home)
    # A user's terminal and session speak UTF-8; in the C locale Qt reads no path but ASCII.
    variables = {"TERRASCOPE_DESKTOP": str(HERE), "TERRASCOPE_SCENE": scene, "LC_ALL": "C.UTF-8"}
    tiles = None
    if "map_path" in wanted:
        tiles = tile_server(os.environ["TERRASCOPE_SCENE"])
        variables["TERRASCOPE_TILES"] = (tiles.stdout.readline() if tiles.stdout else "").strip()
    if "models_path" in wanted:
        variables["HF_ENDPOINT"] = NOWHERE
        variables["TERRASCOPE_MODELS"] = str(home / "models")
        variables["TERRASCOPE_PUBLISHED"] = tiny_model(home)
    if "install_path" in wanted:
        variables["TERRASCOPE_ZIP"] = shutil.copy(archive, home)
    try:
        kept = [run(name, out, home, plugin, variables) for name in wanted]
        return 0 if all(kept) else 1
    finally:
        top = next(folder for folder in home.parents if folder.name.startswith("terrascope-"))
        shutil.rmtree(top, ignore_errors=True)
        if tiles is not None:
            tiles.terminate()
            tiles.wait()


if __name__ == "__main__":
    raise SystemExit(main())
