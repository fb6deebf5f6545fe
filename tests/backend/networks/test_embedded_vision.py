"""The embedded vision networks turn any view into one probability per land-cover atom."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from terrascope import large
from terrascope.errors import CheckpointError, NetworkError
from terrascope.landcover import ATOMS
from terrascope.networks.embedded import tiles
from terrascope.networks.embedded.prepared import Doubled, Halved, Whole
from terrascope.networks.embedded.stretch import stretch_display
from terrascope.networks.embedded.vision import VisionNetworks
from terrascope.scene.types import Role, Scale, Source, View

MODELS = Path(__file__).resolve().parents[3] / "resources" / "models"
SIX = ("blue", "green", "red", "nir", "swir1", "swir2")
#: typical surface reflectance, blue .. swir2
WATER = (0.05, 0.05, 0.04, 0.02, 0.01, 0.01)
FOREST = (0.02, 0.04, 0.03, 0.30, 0.14, 0.06)


@pytest.fixture(scope="module")
def networks() -> VisionNetworks:
    return VisionNetworks(MODELS, threads=1)


def view(
    pixels: NDArray[np.float32],
    bands: tuple[str, ...],
    scale: Scale = Scale.REFLECTANCE,
    role: Role = Role.OPTICAL,
    valid: NDArray[np.bool_] | None = None,
) -> View:
    inside = np.ones(pixels.shape[1:], bool) if valid is None else valid
    return View("layer", role, None, bands, scale, pixels.astype(np.float32), inside, Source("layer.tif"))


def lake_in_forest(height: int = 96, width: int = 96) -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    rows, cols = np.mgrid[:height, :width]
    lake = ((rows - height / 2) ** 2 + (cols - width / 2) ** 2) < (min(height, width) / 4) ** 2
    pixels = np.where(lake, np.array(WATER)[:, None, None], np.array(FOREST)[:, None, None])
    return (pixels * rng.normal(1, 0.05, pixels.shape)).astype(np.float32)


def test_probabilities_add_up_to_one_where_valid_and_are_zero_elsewhere(networks: VisionNetworks) -> None:
    valid = np.ones((70, 45), bool)
    valid[:10] = False
    p = networks.probabilities(view(lake_in_forest(70, 45), SIX, valid=valid), 30.0)
    assert p.shape == (len(ATOMS), 70, 45)
    assert p.dtype == np.float32
    np.testing.assert_allclose(p[:, valid].sum(0), 1, atol=1e-4)
    assert (p[:, ~valid] == 0).all()


def test_a_lake_in_a_forest_is_found(networks: VisionNetworks) -> None:
    best = networks.probabilities(view(lake_in_forest(), SIX), 30.0).argmax(0)
    assert best[48, 48] == ATOMS.index("water")
    assert (best[:20, :20] == ATOMS.index("tree")).mean() > 0.8


@pytest.mark.parametrize("bands", [SIX, SIX[:4], SIX[:3], ("red", "nir"), ("coastal", *SIX)])
def test_any_subset_of_bands_is_understood(networks: VisionNetworks, bands: tuple[str, ...]) -> None:
    layers = dict(zip(SIX, lake_in_forest(), strict=True))
    pixels = np.stack([layers.get(name, layers["blue"]) for name in bands])
    p = networks.probabilities(view(pixels, bands), 10.0)
    np.testing.assert_allclose(p.sum(0), 1, atol=1e-4)


def test_missing_numbers_do_not_spread(networks: VisionNetworks) -> None:
    pixels = lake_in_forest()
    pixels[2, 5, 5] = np.nan
    p = networks.probabilities(view(pixels, SIX), 30.0)
    assert np.isfinite(p).all()
    assert (p[:, 5, 5] == 0).all()
    assert abs(p[:, 6, 6].sum() - 1) < 1e-4


def test_a_view_without_valid_pixels_gives_nothing(networks: VisionNetworks) -> None:
    p = networks.probabilities(view(lake_in_forest(), SIX, valid=np.zeros((96, 96), bool)), 30.0)
    assert not p.any()


@pytest.mark.parametrize("shape", [(1, 1), (33, 200), (700, 40)])
def test_every_size_comes_back_as_it_was(networks: VisionNetworks, shape: tuple[int, int]) -> None:
    p = networks.probabilities(view(np.full((6, *shape), 0.1), SIX), 30.0)
    assert p.shape == (len(ATOMS), *shape)
    np.testing.assert_allclose(p.sum(0), 1, atol=1e-4)


def test_windows_cover_the_image_and_leave_no_seam(networks: VisionNetworks, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = lake_in_forest(256, 224)
    whole = networks.probabilities(view(pixels, SIX), 30.0)
    monkeypatch.setattr("terrascope.networks.embedded.vision.LARGEST_WINDOW", 160)
    pieces = networks.probabilities(view(pixels, SIX), 30.0)
    assert (whole.argmax(0) == pieces.argmax(0)).mean() > 0.98


@pytest.mark.parametrize(("length", "largest"), [(577, 576), (1024, 576), (5000, 576), (161, 160)])
def test_windows_reach_every_pixel_with_overlap(length: int, largest: int) -> None:
    first, size = tiles.starts(length, largest, 48, 32)
    assert first[0] == 0
    assert first[-1] + size == length
    assert all(b - a <= size - 40 for a, b in zip(first, first[1:], strict=False))
    assert size <= largest + 32
    assert size % 32 == 0


def test_experts_are_chosen_by_sensor_and_pixel_size(networks: VisionNetworks) -> None:
    rgb = view(np.full((3, 64, 64), 0.4), ("red", "green", "blue"), Scale.DISPLAY)
    assert networks.expert_for(rgb, 0.5) == "aerial"
    assert networks.expert_for(rgb, 10.0) == "optical"
    assert networks.expert_for(view(lake_in_forest(), SIX), None) == "optical"
    radar = view(np.full((2, 64, 64), -15.0), ("vv", "vh"), Scale.DB, Role.SAR)
    assert networks.expert_for(radar, 10.0) == "sar"


def test_a_doubled_image_is_the_same_picture_in_any_rows() -> None:
    rng = np.random.default_rng(0)
    stack, valid = rng.random((2, 9, 7), np.float32), rng.random((9, 7)) > 0.2
    image = Doubled(Whole(stack, valid))
    assert image.shape == (18, 14)
    whole = image.rows(0, 18)
    np.testing.assert_allclose(whole.stack[:, 1:-1, 1:-1].mean(), stack.mean(), atol=0.03)
    wanted = 0.75 * (0.75 * stack[:, 3, 2] + 0.25 * stack[:, 2, 2]) + 0.25 * (
        0.75 * stack[:, 3, 3] + 0.25 * stack[:, 2, 3]
    )
    np.testing.assert_allclose(whole.stack[:, 6, 5], wanted, atol=1e-6)
    np.testing.assert_array_equal(whole.valid[::2, 1::2], valid)
    for first, end in ((0, 5), (5, 6), (7, 18), (17, 18)):
        some = image.rows(first, end)
        np.testing.assert_allclose(some.stack, whole.stack[:, first:end], atol=1e-6)
        np.testing.assert_array_equal(some.valid, whole.valid[first:end])


def test_halved_rows_are_means_however_they_arrive() -> None:
    values = np.random.default_rng(0).random((3, 12, 8), np.float32)
    got = np.zeros((3, 6, 4), np.float32)

    class Below:
        def put(self, row: int, found: NDArray[np.float32]) -> None:
            got[:, row : row + found.shape[1]] = found

    halved = Halved(Below())
    for first, end in ((0, 3), (3, 4), (4, 9), (9, 12)):
        halved.put(first, values[:, first:end])
    np.testing.assert_allclose(got, values.reshape(3, 6, 2, 4, 2).mean((2, 4)), atol=1e-6)


@pytest.mark.parametrize("gsd_m", [0.3, 1.0])
def test_an_aerial_picture_is_seen_the_same_from_memory_and_from_a_file(
    networks: VisionNetworks, monkeypatch: pytest.MonkeyPatch, gsd_m: float
) -> None:
    """At 1 m it is looked at at half a metre, and comes back as large as it was."""
    rng = np.random.default_rng(0)
    pixels = np.repeat(np.repeat(rng.random((3, 12, 9), np.float32), 8, 1), 8, 2)
    valid = np.ones((96, 72), bool)
    valid[:7, :20] = False
    picture = view(pixels, ("red", "green", "blue"), Scale.DISPLAY, valid=valid)
    whole = networks.probabilities(picture, gsd_m)
    assert whole.shape == (len(ATOMS), 96, 72)
    np.testing.assert_allclose(whole[:, valid].sum(0), 1, atol=1e-3)
    assert not whole[:, ~valid].any()
    monkeypatch.setattr(large, "KEEP_BYTES", 1000)
    np.testing.assert_allclose(networks.probabilities(picture, gsd_m), whole, atol=2e-3)


def test_dark_smooth_backscatter_is_water_with_one_or_both_channels(networks: VisionNetworks) -> None:
    rng = np.random.default_rng(1)
    levels = np.array([-8.0, -14.0])[:, None, None] + rng.normal(0, 1, (2, 96, 96))
    levels[:, 24:72, 24:72] -= 12
    for bands in (("vv", "vh"), ("vv",)):
        p = networks.probabilities(view(levels[: len(bands)], bands, Scale.DB, Role.SAR), 10.0)
        water = p[ATOMS.index("water")]
        assert water[36:60, 36:60].mean() > 0.8
        assert water[:12].mean() < 0.2


def test_a_view_without_usable_bands_says_so(networks: VisionNetworks) -> None:
    with pytest.raises(NetworkError, match="thermal"):
        networks.probabilities(view(np.zeros((1, 8, 8)), ("thermal",)), 30.0)


def test_the_stretch_of_a_picture_does_not_matter_much() -> None:
    rng = np.random.default_rng(2)
    picture = rng.uniform(0, 0.3, (3, 64, 64)).astype(np.float32)
    valid = np.ones((64, 64), bool)
    dark = stretch_display(picture, valid, slice(0, 3))
    bright = stretch_display(picture * 2.5 + 0.1, valid, slice(0, 3))
    np.testing.assert_allclose(dark, bright, atol=1e-3)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    for path in MODELS.glob("vision*"):
        shutil.copy(path, tmp_path)
    target = tmp_path / json.loads((tmp_path / "vision.json").read_text())["experts"]["sar"]["file"]
    target.write_bytes(target.read_bytes()[:-10] + b"0123456789")
    with pytest.raises(CheckpointError, match="damaged"):
        VisionNetworks(tmp_path).load("sar")


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"vision\.json"):
        VisionNetworks(tmp_path)


def test_all_weights_together_are_small_and_load_quickly() -> None:
    assert sum(path.stat().st_size for path in MODELS.glob("vision_*.onnx")) <= 12_000_000
    networks = VisionNetworks(MODELS, threads=1)
    start = time.process_time()
    for expert in networks.experts:
        networks.load(expert)
    assert time.process_time() - start < 1.5


def test_water_is_found_at_30_m(networks: VisionNetworks, shared: Path) -> None:
    """Weights or a path that broke would show here. No figure of merit: the network has seen these patches; the figures
    of docs/vision-results.md are of networks that have not."""
    folder = shared / "data" if (shared / "data").is_dir() else shared
    with np.load(folder / "hls_worldcover" / "hls_worldcover_train.npz") as data:
        chosen = np.flatnonzero((data["region"] != 28) & ((data["water"] > 0).mean((1, 2)) > 0.05))
        refl, water = data["refl"][chosen, 1:] / np.float32(1e4), data["water"][chosen] > 0
    hit = union = 0
    for pixels, true in zip(refl, water, strict=True):
        found = networks.probabilities(view(np.clip(pixels, 0, None), SIX), 30.0)[ATOMS.index("water")] > 0.5
        hit += (found & true).sum()
        union += (found | true).sum()
    assert len(chosen) > 15 and hit / union > 0.8
