"""Starts the QGIS desktop with this plugin in its own profile, on the display or else on a virtual one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = "terrascope_reasoning"
_PROFILE = """[qgis]
checkVersion=false
showTips=false
newsFeed=false
askToSaveMemoryLayers=false

[app]
plugin_installer\\checkOnStart=false
"""


def make_profile(folder: Path, plugin: Path | None = ROOT, settings: str = "") -> None:
    """Make a QGIS profile "test" with the plugin enabled, or without any. `settings` is added to its ini file."""
    profile = folder / "profiles" / "test"
    (profile / "QGIS").mkdir(parents=True, exist_ok=True)
    (profile / "python" / "plugins").mkdir(parents=True, exist_ok=True)
    link = profile / "python" / "plugins" / PLUGIN
    if plugin is not None and not link.exists():
        link.symlink_to(plugin)
    ini = profile / "QGIS" / "QGIS3.ini"
    if not ini.exists():
        enabled = f"[PythonPlugins]\n{PLUGIN}=true\n\n" if plugin is not None else ""
        ini.write_text(enabled + _PROFILE + settings, encoding="utf-8")


def start_screen(size: str = "1600x1000x24") -> tuple[subprocess.Popen, str]:
    """Start a virtual screen; return its process and its name."""
    read, write = os.pipe()
    process = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "-nolisten", "tcp"], pass_fds=(write,)
    )
    os.close(write)
    with os.fdopen(read) as answer:
        return process, f":{answer.readline().strip()}"


def picture_of_screen(environment: Mapping[str, str], file: Path) -> None:
    """Save what the screen shows (ImageMagick), for a script that did not come back."""
    if shutil.which("import"):
        subprocess.run(["import", "-window", "root", str(file)], env=dict(environment), timeout=20, check=False)


def launch(
    script: Path,
    out: Path,
    variables: Mapping[str, str],
    *,
    limit_s: int = 300,
    profile: Path | None = None,
    plugin: Path | None = ROOT,
    arguments: tuple[str, ...] = (),
) -> int:
    """Run a script inside the QGIS desktop and return QGIS's exit status. The script ends QGIS.

    `plugin` is the folder of the plugin, None for a profile without it. `out` is given to the script as OUT_DIR.
    Without a DISPLAY the window is 1600x1000 on a virtual screen (Xvfb).
    """
    out.mkdir(parents=True, exist_ok=True)
    throw_away = None if profile else Path(tempfile.mkdtemp(prefix="terrascope-profile-"))
    folder = profile or throw_away
    make_profile(folder, plugin)
    runtime = tempfile.mkdtemp(prefix="terrascope-runtime-")
    environment = {"XDG_RUNTIME_DIR": runtime, **os.environ, "OUT_DIR": str(out.resolve()), **variables}
    environment["PYTHONPATH"] = str(ROOT / "scripts")
    command = ["qgis", "--profiles-path", str(folder), "--profile", "test", "--nologo", "--noversioncheck"]
    command += ["--code", str(script), *arguments]
    screen = None
    if not environment.get("DISPLAY") and not environment.get("WAYLAND_DISPLAY"):
        screen, environment["DISPLAY"] = start_screen()
    try:
        child = subprocess.Popen(command, env=environment)
        try:
            return child.wait(timeout=limit_s)
        except subprocess.TimeoutExpired:
            picture_of_screen(environment, out / "timeout.png")
            child.kill()
            child.wait()
            return 124
    finally:
        if screen is not None:
            screen.terminate()
            screen.wait()
        shutil.rmtree(runtime, ignore_errors=True)
        if throw_away:
            shutil.rmtree(throw_away, ignore_errors=True)
