"""Every string is translated, and a translation has the same places for values."""

from __future__ import annotations

import re
import subprocess
import sys

from conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import translations  # noqa: E402


def test_german_is_complete_and_nothing_is_stale():
    command = [sys.executable, str(ROOT / "scripts" / "translations.py"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_values_have_their_places_in_every_translation():
    for file in (ROOT / "resources" / "i18n").glob("*.ts"):
        for source, translation in translations.read(file).items():
            assert sorted(re.findall(r"\{\d\}", source)) == sorted(re.findall(r"\{\d\}", translation)), source


def test_the_compiled_translation_is_used(application):
    from terrascope_plugin import i18n

    translator = i18n.install_translator("de")
    try:
        assert translator is not None and i18n.tr("Show all") == "Alle zeigen"
    finally:
        application.removeTranslator(translator)
    assert i18n.tr("Show all") == "Show all"
