"""The folder that holds the backend's own Python environment."""

from __future__ import annotations

import json
import shutil
import sys
from enum import Enum
from pathlib import Path
from typing import Any

from ..i18n import tr
from .requirements import KindOfModel, fingerprint, requirement_file

MARKER = "terrascope-environment.json"


class Condition(Enum):
    """State of an environment on disk."""

    ABSENT = "absent"
    UNFINISHED = "unfinished"
    OUTDATED = "outdated"
    READY = "ready"


def python_of(folder: Path) -> Path:
    """Return the path of the environment's interpreter."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def read_marker(folder: Path) -> dict[str, Any]:
    """Return what was written when the environment was made; empty where there is none."""
    try:
        return dict(json.loads((folder / MARKER).read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def write_marker(folder: Path, kind: KindOfModel, *, finished: bool) -> None:
    """Note what the environment is made from. Made first, unfinished: it also says that we may remove the folder."""
    text = json.dumps({"kind": kind.name, "requirements": fingerprint(requirement_file(kind)), "finished": finished})
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / (MARKER + ".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(folder / MARKER)


def condition(folder: Path, kind: KindOfModel) -> Condition:
    """Say whether the environment can be used for a kind of model."""
    marker = read_marker(folder)
    if not marker and not folder.exists():
        return Condition.ABSENT
    if not marker.get("finished") or not python_of(folder).exists():
        return Condition.UNFINISHED
    is_current = marker.get("kind") == kind.name and marker.get("requirements") == fingerprint(requirement_file(kind))
    return Condition.READY if is_current else Condition.OUTDATED


def remove(folder: Path) -> None:
    """Delete an environment that the plugin made, and nothing else. Slow: not for the window's thread.

    Raises
    ------
    ValueError
        If the folder does not carry the plugin's mark.
    OSError
        If a file cannot be deleted (Windows: a backend is still running).
    """
    if not read_marker(folder):
        raise ValueError(
            tr('"{0}" was not made by TerraScope; delete it yourself if you do not need it.').format(folder)
        )
    shutil.rmtree(folder)
