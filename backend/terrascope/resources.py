"""Where the files that ship beside the code lie: schemas, styles, weights."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from terrascope.errors import TerraScopeError

#: The package that brings the folder `models` where the plugin came without it (`terrascope-weights`).
WEIGHTS_PACKAGE = "terrascope_weights"


def resource(*parts: str) -> Path:
    """Return the path of a shipped file, for example ``resource("styles", "masks.qml")``.

    The folder is `resources/` beside `backend/`; the environment variable TERRASCOPE_RESOURCES names another one.
    Weights are also looked for in the installed package `terrascope_weights`.

    Raises
    ------
    TerraScopeError
        If the file is not there.
    """
    folders = _folders()
    for folder in folders:
        path = folder.joinpath(*parts)
        if path.exists():
            return path
    raise TerraScopeError(
        f"The file {'/'.join(parts)!r} of TerraScope is missing in {folders[0]}.",
        "Install the plugin again, or set TERRASCOPE_RESOURCES to its resources folder. Weights may also come as the "
        "package terrascope-weights.",
    )


def _folders() -> list[Path]:
    """Return the folders to look in, first come first served."""
    named = os.environ.get("TERRASCOPE_RESOURCES")
    here = Path(__file__).resolve()
    folders = [Path(named)] if named else [here.parents[2] / "resources", here.parent / "resources"]
    found = importlib.util.find_spec(WEIGHTS_PACKAGE)
    return folders + [Path(place) for place in (found.submodule_search_locations or () if found else ())]


def resource_there(*parts: str) -> bool:
    """Say whether a shipped file is there."""
    try:
        resource(*parts)
    except TerraScopeError:
        return False
    return True
