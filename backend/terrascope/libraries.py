"""Where Windows finds the libraries of packages; called before any of them is imported."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def add_library_folders(system: str = sys.platform, prefix: str = sys.prefix) -> list[str]:
    """On Windows, let DLLs be found where the package msvc-runtime puts them; return the folders that were added.

    ONNX Runtime asks for Microsoft's C++ runtime, which Python's installer does not bring.
    """
    if system != "win32":
        return []
    folders = [str(folder) for folder in (Path(prefix), Path(prefix) / "Scripts") if folder.is_dir()]
    add = getattr(os, "add_dll_directory", None)
    for folder in folders:
        if add is not None:
            add(folder)
    return folders
