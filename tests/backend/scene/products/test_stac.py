"""A STAC item file is one image: its local assets, those beside it, and nothing from the web unasked."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from terrascope.errors import SceneError
from terrascope.scene import LayerRequest, Scale, open_scene
from tests.backend.scene.products.made import LAND, SIZE, WATER, reflectance, write

BANDS = {"B02": "blue", "B04": "red", "B08": "nir", "B05": "rededge1", "B11": "swir1"}


def item(
    folder: Path, properties: dict[str, Any], *, offset: int, href: str = "./{}", stated: dict[str, Any] | None = None
) -> Path:
    """An item of Sentinel-2 with its files, named by band code; the classification's first row is cloud."""
    assets: dict[str, Any] = {
        "thumbnail": {"href": href.format("preview.jpg"), "type": "image/jpeg", "roles": ["thumbnail"]},
        "visual": {"href": href.format("TCI.tif"), "type": "image/tiff; application=geotiff", "roles": ["visual"]},
    }
    for code, band in BANDS.items():
        pixel = 20 if code in ("B05", "B11") else 10
        numbers = np.round(reflectance(band, SIZE * 10 // pixel) * 10000) + offset
        write(folder / f"{code}.tif", numbers.astype("uint16"), pixel)
        common = "rededge" if code == "B05" else {"swir1": "swir16"}.get(band, band)
        assets[code] = {
            "href": href.format(f"{code}.tif"),
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "roles": ["data"],
            "gsd": pixel,
            "eo:bands": [{"name": code, "common_name": common}],
            **({"raster:bands": [stated]} if stated else {}),
        }
    scl = np.full((SIZE // 2, SIZE // 2), 5, "uint8")
    scl[0] = 9
    write(folder / "SCL.tif", scl, 20)
    assets["SCL"] = {"href": href.format("SCL.tif"), "type": "image/tiff; application=geotiff", "roles": ["data"]}
    path = folder / "item.json"
    found = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "S2B_33UXP_20230705",
        "collection": "sentinel-2-l2a",
        "properties": {"datetime": "2023-07-05T10:00:39Z", "platform": "sentinel-2b", **properties},
        "assets": assets,
    }
    path.write_text(json.dumps(found))
    return path


@pytest.mark.parametrize(
    ("properties", "offset", "stated"),
    [
        ({"s2:processing_baseline": "05.09"}, 1000, None),
        ({"s2:processing_baseline": "02.14"}, 0, None),
        # items of one catalogue state an offset that was taken away already
        (
            {"s2:processing_baseline": "05.09", "earthsearch:boa_offset_applied": True},
            0,
            {"scale": 1e-4, "offset": -0.1},
        ),
        ({}, 1000, {"scale": 1e-4, "offset": -0.1, "nodata": 0}),
    ],
)  # fmt: skip
def test_item(tmp_path: Path, properties: dict[str, Any], offset: int, stated: dict[str, Any] | None) -> None:
    scene = open_scene([LayerRequest(str(item(tmp_path, properties, offset=offset, stated=stated)))])
    (view,) = scene.views
    assert set(view.bands) == set(BANDS.values())
    assert (view.date, view.scale, view.source.sensor) == (dt.date(2023, 7, 5), Scale.REFLECTANCE, "Sentinel-2")
    for name in ("blue", "nir"):
        pixels = view.band(name)
        assert pixels is not None
        assert pixels[10, 4] == pytest.approx(WATER, abs=2e-5)
        assert pixels[10, 28] == pytest.approx(LAND[name], abs=2e-5)
    assert not view.valid[:2].any() and view.valid[2:].all()


def test_urls_are_files_beside_the_item_where_they_lie_there(tmp_path: Path) -> None:
    path = item(tmp_path, {"s2:processing_baseline": "05.09"}, offset=1000, href="https://example.org/x/{}")
    assert set(open_scene([LayerRequest(str(path))]).views[0].bands) == set(BANDS.values())


def test_nothing_is_fetched_unasked(tmp_path: Path) -> None:
    path = item(tmp_path, {}, offset=0, href="https://example.org/x/{}")
    for file in tmp_path.glob("*.tif"):
        file.unlink()
    with pytest.raises(SceneError, match=r"on the web \(example.org\).*--online"):
        open_scene([LayerRequest(str(path))])


def test_an_item_without_bands_says_so(tmp_path: Path) -> None:
    path = tmp_path / "item.json"
    path.write_text(json.dumps({"type": "Feature", "stac_version": "1.0.0", "assets": {}, "properties": {}}))
    with pytest.raises(SceneError, match="no asset with a band"):
        open_scene([LayerRequest(str(path))])
