"""Every setting of the plugin, as one dataclass kept in QGIS's settings."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path

from qgis.core import QgsProject, QgsSettings
from qgis.PyQt.QtCore import QStandardPaths

from .backend_process.folder import own_folder
from .backend_process.network import Network

GROUP = "terrascope_reasoning"


def data_folder() -> Path:
    """Return the folder for the environment and models: in the user's data, outside every QGIS profile."""
    base = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    return Path(base) / "terrascope-reasoning"


@dataclass
class Settings:
    """What the user can choose. Empty strings mean "decide for me".

    Attributes
    ----------
    python
        A Python that has the backend's packages already; empty: the environment that the plugin sets up.
    environment_folder, wheel_folder
        Where the environment is made; a folder of wheels for machines without a network.
    proxy, certificates, package_index, python_mirror
        How the set-up reaches the network (`backend_process.network`).
    network, device, precision
        The model ("auto", "embedded" or a folder), its device and number format.
    max_size, tiled
        Longest side in pixels that the model sees at once; whether larger areas are cut into tiles.
    colours
        The user's own class colours, as JSON: class -> "#rrggbb"; empty: those that ship.
    runs_folder
        Where GeoPackages are kept; empty: next to the project.
    language, log_debug
        Interface language ("de", "en"); whether the backend's chatter goes to the log too.
    grace_s
        Seconds that the backend has to answer a Stop before it is ended.
    """

    python: str = ""
    environment_folder: str = ""
    wheel_folder: str = ""
    proxy: str = ""
    certificates: str = ""
    package_index: str = ""
    python_mirror: str = ""
    network: str = "auto"
    device: str = "auto"
    precision: str = "auto"
    max_size: int = 1024
    tiled: bool = False
    colours: str = ""
    runs_folder: str = ""
    language: str = ""
    log_debug: bool = False
    grace_s: int = 5
    history: str = ""

    @classmethod
    def load(cls) -> Settings:
        """Read the settings; a value of the wrong type falls back to the default."""
        store, result = QgsSettings(), cls()
        for item in fields(cls):
            default = getattr(result, item.name)
            setattr(result, item.name, store.value(f"{GROUP}/{item.name}", default, type=type(default)))
        result.python = os.environ.get("TERRASCOPE_PYTHON", result.python)
        return result

    def save(self) -> None:
        """Write the settings."""
        store = QgsSettings()
        for item in fields(self):
            if item.name == "python" and self.python == os.environ.get("TERRASCOPE_PYTHON"):
                continue
            store.setValue(f"{GROUP}/{item.name}", getattr(self, item.name))

    def environment(self) -> Path:
        """Return the folder of the environment that the plugin manages: the chosen one, or a folder of our own inside
        where that holds something else."""
        return own_folder(Path(self.environment_folder) if self.environment_folder else data_folder() / "environment")

    def reach(self) -> Network:
        """Return how the set-up reaches the network."""
        return Network(self.proxy, self.certificates, self.package_index, self.python_mirror)

    def runs(self, project: QgsProject) -> Path:
        """Return the folder for new runs: the chosen one, else beside the project, else in the user's documents."""
        if self.runs_folder:
            return Path(self.runs_folder)
        if project.homePath():
            return Path(project.homePath()) / "terrascope_runs"
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        return Path(documents or Path.home()) / "TerraScope runs"
