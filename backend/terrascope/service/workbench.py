"""What is kept between questions: loaded networks and the last scene, so that a second question starts at once."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable
from pathlib import Path

from terrascope.networks.interface import Forgetful, Network
from terrascope.networks.registry import load_network, resolve
from terrascope.scene.types import Scene
from terrascope.service.request import SceneRequest

log = logging.getLogger(__name__)


class Workbench:
    """Keeps one network of each name and the last scene. Not thread-safe: one job at a time uses it.

    Parameters
    ----------
    load
        Loads a network by name, device and precision; another one is given by tests.
    """

    def __init__(self, load: Callable[[str | None, str | None, str | None], Network] = load_network) -> None:
        self._load = load
        self._networks: dict[tuple[str, str, str], Network] = {}
        self._scene: tuple[object, Scene] | None = None

    def has_network(self, name: str | None, device: str | None, precision: str | None) -> bool:
        """Say whether the network is in memory already."""
        return self._key(name, device, precision) in self._networks

    def network(self, name: str | None, device: str | None = None, precision: str | None = None) -> Network:
        """Return a network, loaded once. Another full model takes the place of the one in memory."""
        key = self._key(name, device, precision)
        if key not in self._networks:
            for other in [each for each in self._networks if each[0] == key[0] or os.sep in each[0]]:
                del self._networks[other]
            self._networks[key] = self._load(name, device, precision)
        return self._networks[key]

    def scene(self, request: SceneRequest, progress: Callable[[float, str], None] | None = None) -> Scene:
        """Open a scene; the very same object for the same request on unchanged files.

        Raises
        ------
        SceneError
            If a layer cannot be read or placed.
        """
        from terrascope.scene import open_scene

        key = (repr(request), tuple(_stamp(each.path) for each in request.layers))
        if self._scene is None or self._scene[0] != key:
            self._scene = None  # two large scenes are never in memory, or in files, together
            for network in self._networks.values():
                if isinstance(network, Forgetful):
                    network.forget()
            gc.collect()  # what a question leaves behind may hold the scene in a circle
            scene = open_scene(
                request.layers, request.area, max_size=request.max_size, tiled=request.tiled, progress=progress
            )
            self._scene = (key, scene)
        return self._scene[1]

    @staticmethod
    def _key(name: str | None, device: str | None, precision: str | None) -> tuple[str, str, str]:
        return resolve(name), device or "auto", precision or "auto"


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        status = Path(path).stat()
    except OSError:  # a name that GDAL opens and the file system does not know
        return None
    return status.st_mtime_ns, status.st_size
