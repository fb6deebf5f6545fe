"""QGIS, asked for the ellipsoidal area of our polygons and for zonal counts, gives our numbers."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from scipy import ndimage

from terrascope.masks import measure, polygonise
from terrascope.scene.types import Affine6, Grid

SCRIPT = """
import sys
from qgis.core import (QgsApplication, QgsCoordinateReferenceSystem, QgsCoordinateTransformContext, QgsDistanceArea,
                       QgsGeometry, QgsRasterLayer, QgsVectorLayer, QgsFeature)
from qgis.analysis import QgsZonalStatistics
app = QgsApplication([], False)
app.initQgis()
wkb, raster, crs, ellipsoid = sys.argv[1:5]
geometry = QgsGeometry()
geometry.fromWkb(open(wkb, "rb").read())
area = QgsDistanceArea()
reference = QgsCoordinateReferenceSystem(crs)
area.setSourceCrs(reference, QgsCoordinateTransformContext())
area.setEllipsoid(ellipsoid)
layer = QgsVectorLayer("MultiPolygon?crs=" + crs, "zones", "memory")
feature = QgsFeature()
feature.setGeometry(geometry)
layer.dataProvider().addFeature(feature)
pixels = QgsRasterLayer(raster, "pixels")
zonal = QgsZonalStatistics(layer, pixels, "z_", 1, QgsZonalStatistics.Count | QgsZonalStatistics.Mean)
zonal.calculateStatistics(None)
found = next(layer.getFeatures())
sizes = area.measureArea(geometry), area.measurePerimeter(geometry)
print("FOUND", repr(sizes[0]), repr(sizes[1]), found["z_count"], found["z_mean"])
app.exitQgis()
"""


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        ("EPSG:4326", Affine6(0.001, 0, 15, 0, -0.001, 60)),
        ("EPSG:4326", Affine6(0.001, 0, -74.7, 0, -0.001, -8.3)),
        ("EPSG:32633", Affine6(10, 0, 5e5, 0, -10, 5e6)),
        ("EPSG:3857", Affine6(100, 0, 1e6, 0, -100, 7e6)),
    ],
)
def test_qgis_measures_the_same(crs: str, transform: Affine6, tmp_path: Path) -> None:
    grid = Grid(60, 50, transform, crs)
    rng = np.random.default_rng(0)
    mask = ndimage.gaussian_filter(rng.normal(size=(50, 60)), 3) > 0
    values = rng.random((50, 60)).astype(np.float32)
    raster = tmp_path / "values.tif"
    with rasterio.open(
        raster, "w", driver="GTiff", width=60, height=50, count=1, dtype="float32", crs=crs,
        transform=rasterio.Affine(*transform),
    ) as file:  # fmt: skip
        file.write(values, 1)
    # a geodesic edge of one pixel is the parallel to a millionth; QGIS joins the given points
    polygons = shapely.multipolygons(polygonise(mask, grid))
    (tmp_path / "zone.wkb").write_bytes(shapely.to_wkb(shapely.segmentize(polygons, transform.a)))
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    run = subprocess.run(
        ["/usr/bin/python3", "-c", SCRIPT, str(tmp_path / "zone.wkb"), str(raster), crs, "EPSG:7030"],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    line = next((each for each in run.stdout.splitlines() if each.startswith("FOUND")), None)
    if line is None:
        pytest.skip("this machine has no QGIS for its Python")
    area, perimeter, count, mean = (float(each) for each in line.split()[1:])
    found = measure(mask, np.ones_like(mask), grid)
    assert (found.pixels, values[mask].mean()) == (pytest.approx(count), pytest.approx(mean, rel=1e-5))
    tolerance = 1e-3 if found.area_method.value == "projected" else 1e-5
    assert found.area_m2 == pytest.approx(area, rel=tolerance)
    assert found.perimeter_m == pytest.approx(perimeter, rel=tolerance)
