"""Areas of polygons and class rasters as they are meant, with the right value."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from terrascope.errors import TerraScopeError
from terrascope.service.area import read_area
from terrascope.service.measuring import measured

E, N = 500000, 5100000
#: m2 on the ellipsoid for one m2 of UTM here, on the central meridian: 1 / 0.9996 ** 2.
FACTOR = 1.0008005


def square(x: float, y: float, side: float) -> Polygon:
    return box(E + x, N - y - side, E + x + side, N - y)


def ring(low: float, high: float, *, clockwise: bool) -> list[tuple[float, float]]:
    corners = list(box(E + low, N - high, E + high, N - low).exterior.coords)
    is_clockwise = not Polygon(corners).exterior.is_ccw
    return corners if clockwise is is_clockwise else corners[::-1]


def write(path: Path, geometries: list[object], layer: str | None = None, **columns: list[object]) -> Path:
    frame = gpd.GeoDataFrame(columns or {"n": range(len(geometries))}, geometry=geometries, crs="EPSG:32633")
    frame.to_file(path, layer=layer, engine="pyogrio")
    return path


@pytest.mark.parametrize("shell", [True, False])
@pytest.mark.parametrize("hole", [True, False])
@pytest.mark.parametrize("ending", ["gpkg", "geojson", "shp"])
def test_a_hole_is_taken_away_whichever_way_the_rings_run(tmp_path: Path, shell: bool, hole: bool, ending: str) -> None:
    polygon = Polygon(ring(0, 1000, clockwise=shell), [ring(200, 800, clockwise=hole)])
    (mask,) = measured(write(tmp_path / f"a.{ending}", [polygon])).masks
    assert mask["area_m2"] == pytest.approx(640_000 * FACTOR, rel=1e-4)
    assert mask["perimeter_m"] == pytest.approx(6400 * FACTOR**0.5, rel=1e-4)


def test_parts_of_a_multipolygon_add_up(tmp_path: Path) -> None:
    parts = MultiPolygon(
        [Polygon(ring(0, 1000, clockwise=True), [ring(200, 800, clockwise=True)]), square(2000, 0, 500)]
    )
    (mask,) = measured(write(tmp_path / "a.gpkg", [parts])).masks
    assert mask["area_m2"] == pytest.approx(890_000 * FACTOR, rel=1e-4)


def test_a_bow_tie_is_repaired_and_named(tmp_path: Path) -> None:
    bow = Polygon([(E, N), (E + 1000, N - 1000), (E + 1000, N), (E, N - 1000)])
    found = measured(write(tmp_path / "a.gpkg", [square(5000, 0, 10), bow], name=["good", "bow"]))
    assert found.masks[1]["area_m2"] == pytest.approx(500_000 * FACTOR, rel=1e-4)
    assert 'feature 2 ("bow"): Self-intersection' in found.notes[0]


def test_rings_that_enclose_nothing_are_an_error_that_names_the_feature(tmp_path: Path) -> None:
    flat = Polygon([(E, N), (E + 1000, N), (E, N)])
    path = write(tmp_path / "a.gpkg", [square(0, 0, 10), flat])
    with pytest.raises(TerraScopeError, match="feature 2"):
        measured(path)


def test_overlaps_count_once_in_the_total_and_are_said(tmp_path: Path) -> None:
    found = measured(write(tmp_path / "a.gpkg", [square(0, 0, 1000), square(500, 0, 1000)], **{"class": ["w", "w"]}))
    assert [m["area_m2"] for m in found.masks] == pytest.approx([1e6 * FACTOR] * 2, rel=1e-4)
    assert found.masks[1]["overlap_m2"] == pytest.approx(5e5 * FACTOR, rel=1e-4)
    assert found.total_area_m2 == pytest.approx(1.5e6 * FACTOR, rel=1e-4)
    assert "overlap" in found.notes[0] and "counted once" in found.notes[0]


def test_three_on_one_place_count_once(tmp_path: Path) -> None:
    found = measured(write(tmp_path / "a.gpkg", [square(0, 0, 1000)] * 3))
    assert found.total_area_m2 == pytest.approx(1e6 * FACTOR, rel=1e-4)


def test_neighbours_do_not_overlap(tmp_path: Path) -> None:
    found = measured(write(tmp_path / "a.gpkg", [square(0, 0, 1000), square(1000, 0, 1000)]))
    assert found.notes == ()
    assert found.total_area_m2 == pytest.approx(2e6 * FACTOR, rel=1e-4)


def test_several_layers_are_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", [square(0, 0, 1000)], "fields")
    write(path, [square(0, 0, 500)], "ponds")
    with pytest.raises(TerraScopeError, match=r"2 layers with polygons: fields, ponds.*layername=fields"):
        measured(path)
    (mask,) = measured(f"{path}|layername=ponds").masks
    assert mask["area_m2"] == pytest.approx(250_000 * FACTOR, rel=1e-4)
    with pytest.raises(TerraScopeError, match="layers with polygons"):
        read_area(str(path))
    assert read_area(f"{path}|layername=ponds").wkt is not None


def test_what_is_no_polygon_is_left_out_and_said(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    write(path, [square(0, 0, 1000), LineString([(E, N), (E + 5, N)]), Point(E, N), None])
    found = measured(path)
    assert len(found.masks) == 1
    assert "3 of 4 features are no polygons" in found.notes[0]


def test_an_area_with_a_bow_tie_is_both_its_triangles(tmp_path: Path) -> None:
    import shapely

    bow = Polygon([(E, N), (E + 1000, N - 1000), (E + 1000, N), (E, N - 1000)])
    area = read_area(str(write(tmp_path / "a.gpkg", [bow])))
    assert shapely.from_wkt(area.wkt).area == pytest.approx(500_000)


def raster(path: Path, data: np.ndarray, nodata: float | None, names: tuple[str, ...] = ()) -> Path:
    data = data if data.ndim == 3 else data[None]
    place = {"crs": "EPSG:32633", "transform": from_origin(E, N, 10, 10)}
    size = {"count": len(data), "height": data.shape[1], "width": data.shape[2], "dtype": data.dtype}
    with rasterio.open(path, "w", driver="GTiff", nodata=nodata, **size, **place) as file:
        file.write(data)
        if names:
            file.descriptions = names
    return path


def test_class_0_is_a_class_where_another_nodata_is_declared(tmp_path: Path) -> None:
    data = np.ones((10, 10), "uint8")
    data[:3] = 0
    data[9] = 255
    found = measured(raster(tmp_path / "a.tif", data, 255))
    assert [(m["label"], m["pixels"]) for m in found.masks] == [("0", 30), ("1", 60)]
    assert found.masks[0]["share"] == pytest.approx(30 / 90)
    assert found.notes == ()


@pytest.mark.parametrize("nodata", [None, 0])
def test_0_without_another_nodata_is_background_and_said(tmp_path: Path, nodata: float | None) -> None:
    data = np.ones((10, 10), "uint8")
    data[:3] = 0
    found = measured(raster(tmp_path / "a.tif", data, nodata))
    assert [m["label"] for m in found.masks] == ["1"]
    assert "left out" in found.notes[0]


def test_several_bands_are_asked_for(tmp_path: Path) -> None:
    data = np.stack([np.full((10, 10), 7, "uint8"), np.full((10, 10), 3, "uint8")])
    path = raster(tmp_path / "a.tif", data, None, ("quality", "classes"))
    with pytest.raises(TerraScopeError, match=r"2 bands \(1 quality, 2 classes\).*band=1"):
        measured(path)
    assert [m["label"] for m in measured(f"{path}|band=2").masks] == ["3"]
