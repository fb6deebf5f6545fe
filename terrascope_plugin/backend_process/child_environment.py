"""The variables and the command line of a child process: what QGIS exports must not reach it."""

from __future__ import annotations

import ntpath
import os
import sys
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from qgis.PyQt.QtCore import QProcess, QProcessEnvironment

from ..i18n import PLUGIN_ROOT

_DROPPED_PREFIXES = (
    "PYTHON",
    "PIP_",
    "UV_",
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
        "SSL_CERT_DIR",
        "O4W_QT_PREFIX",
        "__PYVENV_LAUNCHER__",
    }
)
#: Runs a module without the working folder of QGIS on `sys.path`, where a `types.py` would be imported in place of
#: Python's own. (`-P` does that from Python 3.11 on.)
_RUN_MODULE = (
    "import sys; sys.path = [entry for entry in sys.path if entry]; import runpy; name = sys.argv.pop(1); "
    "runpy.run_module(name, run_name='__main__', alter_sys=True)"
)


class Launch(NamedTuple):
    """A program, its arguments, variables to add, and folders to put in front of PATH."""

    program: str
    arguments: tuple[str, ...]
    extra: Mapping[str, str]
    path: tuple[str, ...] = ()


def cleaned(
    variables: Mapping[str, str], *, system: str = sys.platform, prefix: str = sys.base_prefix
) -> dict[str, str]:
    """Return the variables without those of QGIS and its launcher, and on Windows PATH without QGIS's folders."""
    result = {}
    for name, value in variables.items():
        upper = name.upper()
        if upper not in _DROPPED_NAMES and not upper.startswith(_DROPPED_PREFIXES):
            result[name] = value
    if system == "win32":
        root = qgis_root(prefix)
        for name in result:
            if name.upper() == "PATH":
                result[name] = ";".join(entry for entry in result[name].split(";") if not _is_inside(entry, root))
    return result


def qgis_root(prefix: str) -> str:
    r"""Return the folder of QGIS's installation on Windows by the prefix of its Python.

    ``C:\OSGeo4W\apps\Python312`` belongs to ``C:\OSGeo4W``; a Python elsewhere (Miniconda in the user's folder) to
    itself alone: two folders up is a drive or the folder of all users, and everything on PATH would be inside.
    """
    parent, _ = ntpath.split(ntpath.normpath(prefix))
    root, name = ntpath.split(parent)
    return root if name.lower() == "apps" else ntpath.normpath(prefix)


def _is_inside(entry: str, root: str) -> bool:
    """Whether a folder is another one or inside it, by whole names, as Windows compares."""
    inner, outer = (ntpath.normcase(ntpath.normpath(text)).rstrip("\\") for text in (entry or ".", root))
    return inner == outer or inner.startswith(outer + "\\")


def module_launch(python: str, module: str, *arguments: str, path: Sequence[str] = ()) -> Launch:
    """Return how a module of the backend is run with a given Python."""
    extra = {
        "PYTHONPATH": str(PLUGIN_ROOT / "backend"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONSAFEPATH": "1",
    }
    return Launch(python, ("-c", _RUN_MODULE, module, *arguments), extra, tuple(path))


def backend_launch(python: str, path: Sequence[str] = ()) -> Launch:
    """Return how the backend is started with a given Python."""
    return module_launch(python, "terrascope", "serve", path=path)


def prepare(process: QProcess, launch: Launch) -> None:
    """Give a QProcess its program, arguments and a clean set of variables."""
    environment = QProcessEnvironment()
    for name, value in {**cleaned(os.environ), **launch.extra}.items():
        environment.insert(name, value)
    if launch.path:
        environment.insert("PATH", os.pathsep.join((*launch.path, environment.value("PATH", ""))))
    process.setProcessEnvironment(environment)
    process.setProgram(launch.program)
    process.setArguments(list(launch.arguments))
