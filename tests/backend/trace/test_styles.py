"""The styles in the file are the class colours, and QGIS takes them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from conftest_trace import UTM, make_trace

from terrascope.landcover import COLOURS, LABELS
from terrascope.landcover.colours import colour_of
from terrascope.trace.geopackage import open_result, write_geopackage

QGIS_PYTHON = "/usr/bin/python3"

_IN_QGIS = """
import sys
sys.path.append("/usr/share/qgis/python")
from qgis.core import QgsApplication, QgsVectorLayer
app = QgsApplication([], False)
app.initQgis()
layer = QgsVectorLayer(sys.argv[1] + "|layername=masks|subset=\\"step\\" = 1", "masks", "ogr")
renderer = layer.renderer()
for number, category in enumerate(renderer.categories()):
    symbol = category.symbol()
    print("category", category.value(), symbol.color().name())
print("renderer", renderer.type(), renderer.classAttribute())
print("labels", layer.labelsEnabled(), layer.labeling() is not None)
print("valid", layer.isValid(), layer.crs().authid(), layer.featureCount() > 0)
invalid = [f.id() for f in layer.getFeatures() if not f.geometry().isGeosValid()]
print("invalid", invalid)
for name in ("steps", "claims", "inputs", "run"):
    print(name, QgsVectorLayer(sys.argv[1] + "|layername=" + name, name, "ogr").featureCount())
sys.stdout.flush()
"""


def test_the_style_is_in_every_result(tmp_path: Path) -> None:
    write_geopackage(make_trace(UTM), tmp_path / "a.gpkg")
    with open_result(tmp_path / "a.gpkg") as connection:
        row = connection.execute("SELECT f_table_name, f_geometry_column, useAsDefault FROM layer_styles").fetchall()
    assert row == [("masks", "geom", 1)]


def test_qgis_opens_it_in_the_class_colours(tmp_path: Path) -> None:
    try:
        found = subprocess.run([QGIS_PYTHON, "-c", "import qgis.core"], capture_output=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("no system Python")
    if found.returncode:
        pytest.skip("QGIS is not installed for the system's Python")
    write_geopackage(make_trace(UTM), tmp_path / "a.gpkg")
    environment = {"QT_QPA_PLATFORM": "offscreen", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    ran = subprocess.run(
        [QGIS_PYTHON, "-c", _IN_QGIS, str(tmp_path / "a.gpkg")],
        capture_output=True, text=True, timeout=120, env=environment,
    )  # fmt: skip
    for name, colour in (("water", COLOURS["water"]), ("tree", COLOURS["trees"]), ("riverbank", COLOURS["other"])):
        assert f"category {name} {colour}" in ran.stdout, ran.stderr
    assert ran.stdout.count("category") == 5  # these, the gain of step 2, and all others: the legend is short
    assert "renderer categorizedSymbol label" in ran.stdout
    assert "labels True True" in ran.stdout
    assert "valid True EPSG:32718 True" in ran.stdout
    assert "invalid []" in ran.stdout
    for line in ("steps 4", "claims 3", "inputs 1", "run 1"):
        assert line in ran.stdout


def test_everyday_words_and_changes_have_colours() -> None:
    assert colour_of("lake") == colour_of("Water") == COLOURS["water"]
    assert colour_of("trees") == colour_of("forest") == COLOURS["trees"]
    assert colour_of("flooded area") == COLOURS["flooded"]
    assert colour_of("trees lost", derived=True) != colour_of("trees gained", derived=True) != COLOURS["trees"]
    assert colour_of("trees lost from 2010 to 2020") == COLOURS["lost"]
    assert colour_of("patches of trees, over 2 ha") == COLOURS["trees"]
    assert colour_of("ferris wheel") == colour_of(None) == COLOURS["other"]
    for label in LABELS:
        assert colour_of(label) != COLOURS["other"]
