"""A query is run on images: the scene is opened, its classes are looked for once, and the rows come back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from terrascope.errors import TerraScopeError
from terrascope.questions.evaluate import Evaluator, Result
from terrascope.questions.query import Query
from terrascope.scene.types import Scene
from terrascope.service.request import SceneRequest
from terrascope.service.scene_ground import SceneGround
from terrascope.service.workbench import Workbench


def run_query(
    query: Query,
    request: SceneRequest,
    layers: Mapping[str, Path] | None = None,
    *,
    workbench: Workbench | None = None,
    network: str | None = None,
    device: str | None = None,
) -> tuple[Result, Scene]:
    """Return the rows of a query, and the scene that they are of.

    Parameters
    ----------
    layers
        Vector files by the name that the query calls them.

    Raises
    ------
    TerraScopeError
        If the images cannot be read, the network gives no classes, or the scene cannot give what is asked for
        (`RegionError`, with its reason).
    """
    bench = workbench or Workbench()
    scene = bench.scene(request)
    found = bench.network(network, device)
    scores = getattr(found, "scores", None)
    if scores is None:
        raise TerraScopeError(
            f"The model {found.info.name} gives masks for its own reasoning only; queries need classes of every pixel.",
            "Take the embedded model.",
        )
    ground = SceneGround(scene, lambda view: scores(scene, view), dict(layers or {}))
    return Evaluator(ground).run(query), scene
