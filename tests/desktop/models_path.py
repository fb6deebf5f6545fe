"""Inside QGIS, against the real backend: the models page. Writes facts.json."""

import os
import sys

sys.path[:0] = [os.environ["TERRASCOPE_SCRIPTS"], os.environ["TERRASCOPE_DESKTOP"]]

from desk import FACTS, Desk, open_desk  # noqa: E402
from in_qgis import Play, shoot, write_facts  # noqa: E402
from qgis.PyQt.QtCore import Qt  # noqa: E402
from qgis.PyQt.QtTest import QTest  # noqa: E402
from qgis.utils import iface  # noqa: E402

SCENE = os.environ["TERRASCOPE_SCENE"]
PUBLISHED = os.environ.get("TERRASCOPE_PUBLISHED", "")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def page(desk: Desk):
    """Open the page as the menu does, without waiting for its end."""
    from terrascope_reasoning.terrascope_plugin.panel.models_dialog import ModelsDialog

    dialog = ModelsDialog(desk.tool.settings, desk.tool.backend, iface.mainWindow())
    dialog.chosen.connect(desk.controller.refresh)
    dialog.show()
    return dialog


def steps():
    """The embedded card, the memory table, a hub out of reach, an import with progress, a question to it."""
    desk = yield from open_desk()
    desk.load(SCENE)
    yield 800
    desk.watch.reset()
    dialog = page(desk)
    yield lambda: dialog.list.count() == 2
    yield 500
    shoot("embedded", dialog)
    FACTS["embedded"] = dialog.facts.text()
    dialog.list.setCurrentRow(1)
    yield 400
    shoot("memory", dialog)
    table = dialog.table
    FACTS["memory"] = [[table.item(row, column).text() for column in range(4)] for row in range(table.rowCount())]
    dialog.add.source.setText(f"someone/TerraScope@{COMMIT}")
    QTest.mouseClick(dialog.add.look, Qt.MouseButton.LeftButton)
    yield lambda: dialog.add.look.isEnabled()
    yield 300
    shoot("out_of_reach", dialog)
    FACTS["out_of_reach"] = dialog.add.about.text()
    FACTS["full_packages"] = dialog.add._can_import
    if PUBLISHED and dialog.add._can_import:
        dialog.add.source.setText(PUBLISHED)
        QTest.mouseClick(dialog.add.look, Qt.MouseButton.LeftButton)
        yield lambda: dialog.add.start.isEnabled()
        shoot("looked_up", dialog)
        FACTS["looked_up"] = dialog.add.about.text()
        QTest.mouseClick(dialog.add.start, Qt.MouseButton.LeftButton)
        yield 1500
        shoot("importing", dialog)
        yield lambda: not dialog.models.is_importing and (dialog.current() or {}).get("kind") == "full"
        yield 500
        QTest.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
        yield lambda: dialog.list.currentItem() is not None and dialog.list.currentItem().text().startswith("✓")
        shoot("imported", dialog)
        FACTS["chosen"] = desk.tool.settings.network
    FACTS["stall_ms_own_work"] = round(desk.watch.worst_cpu_ms, 1)
    dialog.reject()
    if "chosen" in FACTS:
        yield from desk.ask("How much of the area is covered by water?")
        desk.record("asked")
        FACTS["asked"]["network"] = desk.session.run.network
        shoot("asked")
        desk.tool.settings.network = "embedded"
        desk.tool.settings.save()
    FACTS["complete"] = True
    write_facts(FACTS)


PLAY = Play(steps(), limit_s=400)
