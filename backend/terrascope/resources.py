"""Where the files that ship beside the code lie: schemas, styles, weights."""

from __future__ import annotations

import os
from pathlib import Path

from terrascope.errors import TerraScopeError


def resource(*parts: str) -> Path:
    """Return the path of a shipped file, for example ``resource("styles", "masks.qml")``.

    The folder is `resources/` beside `backend/`; the environment variable TERRASCOPE_RESOURCES names another one.

    Raises
    ------
    TerraScopeError
        If the file is not there.
    """
    named = os.environ.get("TERRASCOPE_RESOURCES")
    here = Path(__file__).resolve()
    folders = [Path(named)] if named else [here.parents[2] / "resources", here.parent / "resources"]
    for folder in folders:
        path = folder.joinpath(*parts)
        if path.exists():
            return path
    raise TerraScopeError(
        f"The file {'/'.join(parts)!r} of TerraScope is missing in {folders[0]}.",
        "Install the plugin again, or set TERRASCOPE_RESOURCES to its resources folder.",
    )


def resource_there(*parts: str) -> bool:
    """Say whether a shipped file is there."""
    try:
        resource(*parts)
    except TerraScopeError:
        return False
    return True
