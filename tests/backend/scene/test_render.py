"""Pictures show what the numbers say: known scales as they are, stretched where there is none, radar as trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terrascope.errors import SceneError
from terrascope.scene import Role, Scale, Source, View, render_rgb, render_sar
from terrascope.scene.render import composite_bands, shown_bands


def view(
    bands: tuple[str, ...],
    pixels: np.ndarray,
    scale: Scale = Scale.DISPLAY,
    role: Role = Role.OPTICAL,
    valid: np.ndarray | None = None,
) -> View:
    ok = np.ones(pixels.shape[1:], bool) if valid is None else valid
    return View("v", role, None, bands, scale, pixels.astype(np.float32), ok, Source("v.tif"))


def test_eight_bit_pictures_come_back_unchanged() -> None:
    data = np.arange(256, dtype=np.uint8).reshape(1, 16, 16).repeat(3, 0)
    data[1] = data[1][::-1]
    picture = render_rgb(view(("blue", "green", "red"), data / np.float32(255)))
    assert np.array_equal(picture[..., 0], data[2])
    assert np.array_equal(picture[..., 1], data[1])


def test_reflectance_is_stretched_over_valid_pixels_only() -> None:
    pixels = np.linspace(0.1, 0.2, 10000).reshape(1, 100, 100).repeat(3, 0)
    valid = np.ones((100, 100), bool)
    pixels[:, :20] = 0
    valid[:20] = False
    picture = render_rgb(view(("red", "green", "blue"), pixels, Scale.REFLECTANCE, valid=valid))
    assert not picture[:20].any()
    assert picture[20:].min() == 0
    assert picture[20:].max() == 255
    middle = np.median(picture[20:, :, 0])
    assert abs(middle - 127) < 3


def test_the_sensor_scale_is_absolute() -> None:
    pixels = np.full((3, 4, 4), 0.15)
    picture = render_rgb(view(("red", "green", "blue"), pixels, Scale.REFLECTANCE), stretch="sensor")
    assert np.unique(picture).tolist() == [128]


def test_composites_by_name_and_what_is_missing() -> None:
    v = view(("swir1", "nir", "red", "green"), np.zeros((4, 3, 3)))
    assert composite_bands(v, "false").bands == ("nir", "red", "green")
    assert composite_bands(v, "true").bands == ("swir1", "nir", "red")
    assert "no red, green and blue" in composite_bands(v, "true").reason
    assert shown_bands(("nir", "red", "green")) == ("nir", "red", "green")
    assert shown_bands(("blue", "green", "red", "nir")) == ()
    assert composite_bands(v, "swir1,nir,red").bands == ("swir1", "nir", "red")
    with pytest.raises(SceneError, match="swir2"):
        render_rgb(v, "swir")
    with pytest.raises(SceneError, match="unknown"):
        render_rgb(v, "pretty")


def test_a_single_band_is_grey() -> None:
    picture = render_rgb(view(("gray",), np.full((1, 2, 2), 0.5)))
    assert np.unique(picture).tolist() == [128]


@given(st.integers(0, 2**32 - 1))
def test_radar_picture_of_eight_bit_is_vh_vv_and_truncated_mean(seed: int) -> None:
    data = np.random.default_rng(seed).integers(0, 256, (2, 8, 8)).astype(np.uint8)
    picture = render_sar(view(("vv", "vh"), data / np.float32(255), role=Role.SAR))
    vv, vh = data.astype(np.float32)
    assert np.array_equal(picture, np.stack([vh, vv, (vh + vv) / 2], -1).astype(np.uint8))


def test_radar_in_db_has_a_fixed_scale() -> None:
    pixels = np.stack([np.full((2, 2), -12.5), np.full((2, 2), -18.5)])
    picture = render_sar(view(("vv", "vh"), pixels, Scale.DB, Role.SAR))
    assert picture[0, 0].tolist() == [128, 128, 128]


def test_uncalibrated_radar_is_stretched() -> None:
    pixels = np.linspace(40, 60, 400).reshape(1, 20, 20)
    picture = render_sar(view(("vv",), pixels, Scale.DB, Role.SAR))
    assert picture.min() == 0
    assert picture.max() == 255
    assert np.array_equal(picture[..., 0], picture[..., 1])


def test_the_golden_radar_picture(shared: Path) -> None:
    file = shared / "golden" / "modality.npz"
    if not file.is_file():
        pytest.skip("no golden modality arrays")
    golden = np.load(file)
    pixels = np.stack([golden["vv"], golden["vh"]]) / np.float32(255)
    assert np.array_equal(render_sar(view(("vv", "vh"), pixels, role=Role.SAR)), golden["sar_rgb"])
