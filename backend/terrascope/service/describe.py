"""What the layers are, from their headers alone: the answer to `describe`."""

from __future__ import annotations

from terrascope.service.request import SceneRequest
from terrascope.trace.jsonable import jsonable


def describe_layers(request: SceneRequest) -> dict[str, object]:
    """Return the description of layers and area as plain JSON data.

    Raises
    ------
    SceneError
        If a layer cannot be read.
    """
    from terrascope.scene import describe

    found = describe(request.layers, request.area, max_size=request.max_size, tiled=request.tiled)
    description = jsonable(found)
    assert isinstance(description, dict)  # nosec B101
    for layer, seen in zip(description["layers"], found.layers):
        layer["reason"] = seen.reasons.get("bands", "")
    return description
