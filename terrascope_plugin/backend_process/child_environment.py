"""The variables and the command line of a child process: what QGIS exports must not reach it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from qgis.PyQt.QtCore import QProcess, QProcessEnvironment

from ..i18n import PLUGIN_ROOT

_DROPPED_PREFIXES = (
    "PYTHON",
    "PIP_",
    "GDAL_",
    "PROJ_",
    "QT_",
    "QML",
    "CONDA_",
    "OSGEO4W",
    "QGIS_",
    "VIRTUAL_ENV",
    "GISBASE",
    "OGR_",
    "CPL_",
)
_DROPPED_NAMES = frozenset(
    {
        "LD_LIBRARY_PATH",
        "LD_PRELOAD",
        "DYLD_LIBRARY_PATH",
        "DYLD_FRAMEWORK_PATH",
        "GEOTIFF_CSV",
        "SSL_CERT_FILE",
        "O4W_QT_PREFIX",
    }
)
_PIP_KEPT = frozenset(
    {
        "PIP_INDEX_URL",
        "PIP_EXTRA_INDEX_URL",
        "PIP_TRUSTED_HOST",
        "PIP_CERT",
        "PIP_CLIENT_CERT",
        "PIP_PROXY",
        "PIP_CONFIG_FILE",
        "PIP_CACHE_DIR",
    }
)


class Launch(NamedTuple):
    """A program, its arguments and variables to add."""

    program: str
    arguments: tuple[str, ...]
    extra: Mapping[str, str]


def cleaned(variables: Mapping[str, str], *, keep_pip: bool = False) -> dict[str, str]:
    """Return the variables without those that QGIS or its launcher exports.

    `keep_pip` keeps what says where pip finds packages (a mirror, a certificate, a proxy), for the set-up.
    """
    result = {}
    for name, value in variables.items():
        upper = name.upper()
        if keep_pip and upper in _PIP_KEPT or upper not in _DROPPED_NAMES and not upper.startswith(_DROPPED_PREFIXES):
            result[name] = value
    if sys.platform == "win32" and "PATH" in result:
        inside = str(Path(sys.prefix).parent.parent).lower()
        result["PATH"] = os.pathsep.join(
            p for p in result["PATH"].split(os.pathsep) if not p.lower().startswith(inside)
        )
    return result


def backend_launch(python: str) -> Launch:
    """Return how the backend is started with a given Python."""
    extra = {
        "PYTHONPATH": str(PLUGIN_ROOT / "backend"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "PYTHONNOUSERSITE": "1",
    }
    return Launch(python, ("-m", "terrascope", "serve"), extra)


def prepare(process: QProcess, launch: Launch, *, keep_pip: bool = False) -> None:
    """Give a QProcess its program, arguments and a clean set of variables."""
    environment = QProcessEnvironment()
    for name, value in {**cleaned(os.environ, keep_pip=keep_pip), **launch.extra}.items():
        environment.insert(name, value)
    process.setProcessEnvironment(environment)
    process.setProgram(launch.program)
    process.setArguments(list(launch.arguments))
