"""The panel opens under Qt 6, which QGIS 4 uses."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from conftest import ROOT


def test_every_dialog_opens_under_pyqt6():
    python = os.environ.get("TERRASCOPE_QT6_PYTHON", sys.executable)
    has_it = subprocess.run([python, "-c", "import PyQt6.QtWidgets"], capture_output=True)
    if has_it.returncode:
        pytest.skip("no PyQt6 here (pip install PyQt6, or set TERRASCOPE_QT6_PYTHON)")
    script = ROOT / "tests" / "plugin" / "qt6_stand_in.py"
    result = subprocess.run([python, str(script)], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    opened = ["Dock", "SetupDialog", "OptionsPage", "BandsDialog", "ColoursDialog", "ModelsDialog", "CompareDialog"]
    assert result.stdout.split() == opened
