"""The group "TerraScope" in the toolbox."""

from __future__ import annotations

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ..i18n import PLUGIN_ROOT
from .ask import AskAlgorithm, QueryAlgorithm
from .change import ChangeAlgorithm
from .measure import MeasureAlgorithm
from .segment import SegmentAlgorithm


class TerraScopeProvider(QgsProcessingProvider):
    """Five algorithms."""

    def id(self) -> str:
        """Prefix of the algorithms' names."""
        return "terrascope"

    def name(self) -> str:
        """Name in the toolbox."""
        return "TerraScope Reasoning"

    def icon(self) -> QIcon:
        """The plugin's icon."""
        return QIcon(str(PLUGIN_ROOT / "resources" / "icons" / "terrascope.svg"))

    def loadAlgorithms(self) -> None:  # noqa: N802 (QGIS's name)
        """Add them."""
        for algorithm in (AskAlgorithm, QueryAlgorithm, SegmentAlgorithm, MeasureAlgorithm, ChangeAlgorithm):
            self.addAlgorithm(algorithm())
