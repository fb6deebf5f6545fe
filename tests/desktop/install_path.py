"""Inside QGIS, in a clean profile: install the zip through QGIS's own plugin manager, and ask. Writes facts.json."""

import os
import sys
from pathlib import Path

sys.path[:0] = [os.environ["TERRASCOPE_SCRIPTS"], os.environ["TERRASCOPE_DESKTOP"]]

from in_qgis import OUT, PLUGIN, Play, shoot, write_facts  # noqa: E402
from qgis import utils  # noqa: E402
from qgis.core import QgsApplication  # noqa: E402
from qgis.utils import iface  # noqa: E402


def steps():
    """Nothing is there; then it is; then it answers; then it is gone again."""
    import pyplugin_installer
    from desk import FACTS, Desk

    iface.mainWindow().setGeometry(0, 0, 1600, 1000)
    yield 1000
    FACTS["there_before"] = PLUGIN in utils.plugins
    archive = os.environ["TERRASCOPE_ZIP"]
    FACTS["megabytes"] = round(Path(archive).stat().st_size / 1e6, 1)
    pyplugin_installer.instance().installFromZipFile(archive)
    yield 1500
    FACTS["installed"] = PLUGIN in utils.available_plugins
    if PLUGIN not in utils.plugins:
        utils.loadPlugin(PLUGIN)
        utils.startPlugin(PLUGIN)
        yield 1000
    FACTS["runs"] = PLUGIN in utils.active_plugins
    home = Path(utils.plugins[PLUGIN].__class__.__module__ and sys.modules[PLUGIN].__file__).parent
    FACTS["in_profile"] = home.is_relative_to(QgsApplication.qgisSettingsDirPath()) and not home.is_symlink()
    FACTS["provider"] = QgsApplication.processingRegistry().providerById("terrascope") is not None
    desk = Desk()
    desk.tool.settings.runs_folder = str(OUT / "runs")
    desk.dock.show()
    desk.dock.raise_()
    desk.load(os.environ["TERRASCOPE_SCENE"])
    yield 1200
    yield from desk.ask("How much of the area is covered by water?")
    desk.record("asked")
    shoot("asked")
    pyplugin_installer.instance().uninstallPlugin(PLUGIN, quiet=True)
    yield 1000
    FACTS["gone"] = PLUGIN not in utils.plugins and not home.exists()
    FACTS["complete"] = True
    write_facts(FACTS)


PLAY = Play(steps(), limit_s=400)
