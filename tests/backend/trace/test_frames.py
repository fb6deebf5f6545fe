"""The masks of a result go on living in geopandas."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import pytest
from conftest_trace import DEGREES, NO_CRS, UTM, make_trace
from rasterio.features import rasterize

from terrascope.scene.types import Grid
from terrascope.trace.frames import masks_geodataframe, read_masks
from terrascope.trace.geopackage import GeoPackageWriter


@pytest.mark.parametrize("grid", [UTM, DEGREES, NO_CRS], ids=["utm", "degrees", "no crs"])
def test_masks_are_rows_with_their_labels_and_areas(grid: Grid, tmp_path: Path) -> None:
    trace = make_trace(grid)
    with GeoPackageWriter(tmp_path / "a.gpkg", trace) as writer:
        del writer
    frame, stored = read_masks(tmp_path / "a.gpkg"), geopandas.read_file(tmp_path / "a.gpkg", layer="masks")
    assert (
        frame[["step", "label", "part", "pixels"]].values.tolist()
        == stored[["step", "label", "part", "pixels"]].values.tolist()
    )
    assert frame.geometry.geom_equals(stored.geometry, align=False).all()
    assert (frame.crs is None) == (grid.crs is None)
    assert set(frame.label) == {"tree", "riverbank", "water", "riverbank gain"}


def test_one_row_a_mask_covers_its_pixels() -> None:
    trace = make_trace(UTM)
    frame = masks_geodataframe(trace, dissolve=True)
    assert len(frame) == 4
    first = frame[(frame.step == 1) & ~frame.derived].iloc[0]
    mask = trace.step(1).mask
    assert mask is not None
    burnt = rasterize([first.geometry], out_shape=(40, 60), transform=tuple(UTM.transform))
    assert np.array_equal(burnt.astype(bool), mask.decode())
    assert first.area_m2 == pytest.approx(first.pixels * 100.0)
