"""A run's file that is dropped on the QGIS window is opened as a run."""

from __future__ import annotations

from collections.abc import Callable

from qgis.gui import QgsCustomDropHandler

from ..layers.run_file import RunFileError, read_run


class RunFileDropHandler(QgsCustomDropHandler):
    """QGIS itself would load all tables with the styles in the file, which may hold a stranger's expressions."""

    def __init__(self, opened: Callable[[str], None]) -> None:
        super().__init__()
        self._opened = opened

    def handleFileDrop(self, file: str) -> bool:  # noqa: N802 (QGIS's name)
        """Open a run; False for files that are something else, which QGIS then opens."""
        if not file.lower().endswith(".gpkg"):
            return False
        try:
            read_run(file)
        except RunFileError:
            return False
        self._opened(file)
        return True
