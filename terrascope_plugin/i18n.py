"""Translation of every string that a user meets."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QTranslator

PLUGIN_ROOT = Path(__file__).resolve().parent.parent
CONTEXT = "TerraScope"
_shown: list[str] = []  # the language that was installed last


def tr(text: str) -> str:
    """Return `text` in the language of the interface. Values go in with str.format afterwards."""
    return QCoreApplication.translate(CONTEXT, text)


def interface_language(wanted: str = "") -> str:
    """Return the two-letter language: the plugin's own setting, else that of QGIS, else that of the system."""
    if wanted:
        return wanted[:2]
    if _shown:
        return _shown[-1]
    settings = QgsSettings()
    if settings.value("locale/overrideFlag", False, type=bool):
        return str(settings.value("locale/userLocale", "en"))[:2]
    return QLocale.system().name()[:2]


def install_translator(wanted: str = "") -> QTranslator | None:
    """Load the translation of the interface's language; None where English is right. Keep the result alive."""
    _shown.clear()
    language = interface_language(wanted)
    _shown.append(language)
    translator = QTranslator()
    file = PLUGIN_ROOT / "resources" / "i18n" / f"terrascope_{language}.qm"
    if file.is_file() and translator.load(str(file)):
        QCoreApplication.installTranslator(translator)
        return translator
    return None
