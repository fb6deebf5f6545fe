"""The optical networks learn from mixed points, never from the fold they are measured on, and run as they were made."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from terrascope.landcover import ATOMS
from terrascope.networks.embedded.vision import VisionNetworks, settled, unsure
from terrascope.scene.types import Role, Scale, Source, View
from terrascope_lab.data import landsat, optical, pixel_tables, places
from terrascope_lab.data.forms import view_of, with_bands
from terrascope_lab.data.legends import bits
from terrascope_lab.data.sample import Sample
from terrascope_lab.training.vision import batches, export, pooled, waters
from terrascope_lab.training.vision.models import OpticalNet
from terrascope_lab.training.vision.spectra import Spectra

EXPERTS = ("optical", "infrared", "colour", "picture")


def made(count: int = 8, size: int = 112) -> list[Sample]:
    """Images of a dark lake in bright grass, each a group of its own."""
    rng = np.random.default_rng(3)
    out = []
    for i in range(count):
        allowed = np.full((size, size), bits("grass"), np.uint16)
        allowed[20 + 4 * i : 60 + 4 * i, 30:80] = bits("water")
        lake = (allowed == bits("water"))[None]
        grass = np.array([0.04, 0.08, 0.06, 0.35, 0.2, 0.1])[:, None, None]
        lit = np.where(lake, 0.03, grass) * rng.normal(1, 0.05, (6, size, size))
        bands = np.clip(lit, 0, 1).astype(np.float16)
        out.append(Sample("hls", str(i), bands, np.ones(6, bool), allowed, 30.0, False, f"region{i}"))
    return out


def sand() -> pixel_tables.PixelTable:
    """A table of bright ground of Lesotho, which fold 2 leaves out."""
    spectra = np.full((20, 6), 0.5, np.float32)
    return pixel_tables.PixelTable("lesotho", spectra, np.full(20, bits("bare"), np.uint16), np.full(20, "lesotho"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints of both networks, made from the images of `made`, with the last two images as fold 1."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optical, "read_optical", lambda root: made())
        patch.setattr(places, "fold_of", lambda sample: int(int(sample.name) > 5))
        patch.setattr(pixel_tables, "read_tables", lambda root: [sand()])
        for expert in EXPERTS:
            settings = pooled.changed(batches.DEFAULTS[expert], ["shortwave=0", "coarser=0"])
            pooled.cache(settings, folder, folder, crops=48, points=300, seed=1)
            pooled.fit(expert, folder, 1, expert, steps=90, averaged=0.2)
    return folder


def test_what_a_fold_holds_back_is_named_and_not_learnt_from(runs: Path) -> None:
    note = json.loads((runs / "optical.json").read_text())
    assert note["held_out"] == ["hls/6", "hls/7"]
    assert note["settings"]["fold"] == 1 and note["steps"] == 90


@pytest.fixture(scope="module")
def networks(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> VisionNetworks:
    """Both networks, exported."""
    folder = tmp_path_factory.mktemp("models")
    for expert in EXPERTS:
        model, _ = export.load(runs / f"{expert}.safetensors")
        path = folder / f"vision_{expert}.onnx"
        export.export(model, expert, 1.0, path)
        manifest = folder / "vision.json"
        made_so_far = json.loads(manifest.read_text())["experts"] if manifest.exists() else {}
        entries = made_so_far | {expert: export.described(path)}
        manifest.write_text(json.dumps({"format": 1, "atoms": list(ATOMS), "experts": entries}))
    return VisionNetworks(folder)


def test_an_exported_network_finds_the_lake_that_it_never_saw(networks: VisionNetworks) -> None:
    sample = made()[7]
    found = networks.probabilities(view_of(sample), 30.0)
    water = found[ATOMS.index("water")] > 0.5
    true = sample.allowed == bits("water")
    assert (water & true).sum() / (water | true).sum() > 0.9


def test_the_exported_graph_is_the_trained_network(runs: Path, networks: VisionNetworks) -> None:
    sample = made()[6]
    sample.bands, sample.allowed = sample.bands[:, :96, :96], sample.allowed[:96, :96]
    model, _ = export.load(runs / "optical.safetensors")
    given = torch.ones(1, 6), torch.tensor([[0.0, np.log2(3.0) / 3]], dtype=torch.float32)
    with torch.inference_mode():
        expected = model(torch.from_numpy(sample.bands.astype(np.float32))[None], *given).softmax(1)[0].numpy()
    assert np.abs(networks.probabilities(view_of(sample), 30.0) - expected).max() < 5e-3  # weights in half precision


def test_colours_alone_are_judged_by_the_network_for_colours(networks: VisionNetworks) -> None:
    sample = with_bands(made()[0], (1, 1, 1, 0, 0, 0))
    networks.probabilities(view_of(sample), 30.0)
    assert "colour" in networks._sessions
    expected = VisionNetworks(networks.folder)
    del expected.manifest["experts"]["optical"]
    np.testing.assert_array_equal(
        networks.probabilities(view_of(sample), 30.0), expected.probabilities(view_of(sample), 30.0)
    )


def test_one_band_that_is_not_visible_is_enough_for_the_other(networks: VisionNetworks) -> None:
    pixels = made()[0].bands.astype(np.float32)[2:4]
    view = View(
        "two", Role.OPTICAL, None, ("red", "nir"), Scale.REFLECTANCE, pixels, np.ones(pixels.shape[1:], bool),
        Source("two"),
    )  # fmt: skip
    again = VisionNetworks(networks.folder)
    again.probabilities(view, 30.0)
    assert set(again._sessions) == {"infrared"}
    del again.manifest["experts"]["infrared"]  # a set of weights without that network
    again.probabilities(view, 30.0)
    assert set(again._sessions) == {"infrared", "optical"}


def test_settlement_is_as_sure_as_the_surer_look_and_all_still_add_up_to_one() -> None:
    rng = np.random.default_rng(0)
    one, two = (rng.dirichlet(np.ones(len(ATOMS)), 20).T.reshape(len(ATOMS), 4, 5).astype(np.float32) for _ in range(2))
    found, built = settled(one, two), ATOMS.index("built")
    np.testing.assert_allclose(found.sum(0), 1, atol=1e-5)
    np.testing.assert_array_equal(found[built], np.maximum(one[built], two[built]))
    rest = [i for i in range(len(ATOMS)) if i != built]
    assert (found[rest] <= one[rest] + 1e-6).all()


def test_a_window_is_looked_at_again_only_where_settlement_is_left_open() -> None:
    found = np.zeros((len(ATOMS), 10, 10), np.float32)
    built = ATOMS.index("built")
    assert not unsure(found)
    found[built, 0, :5] = 0.5
    assert not unsure(found)  # five pixels of a hundred
    found[built, 1, 0] = 0.2
    assert unsure(found)
    found[built] = 0.95
    assert not unsure(found)


def test_an_expert_without_descriptions_is_refused() -> None:
    with pytest.raises(TypeError, match="sar"):
        pooled.described("sar")


def test_a_batch_of_the_network_for_colours_shows_colours_only() -> None:
    source = batches.Crops(made(), batches.DEFAULTS["colour"].shares, 96, 0)
    ((bands, present, _), _), cut, folds = batches.optical_batch(source, batches.DEFAULTS["colour"])
    assert not bands[:, 3:].any() and present[:, :3].all() and not present[:, 3:].any()
    assert len(cut) == len(bands) and max(cut) < len(source.samples)
    assert [f == 1 << places.fold_of(source.samples[c]) for f, c in zip(folds, cut, strict=True)] == [True] * len(cut)


def test_painted_water_is_dark_beyond_red_and_labelled_as_water() -> None:
    sample, rng = made()[0], np.random.default_rng(0)
    bands = sample.bands.astype(np.float32)[:, :96, :96]
    allowed = sample.allowed[:96, :96]
    changed = 0
    for _ in range(40):
        shown, labels = waters.repaint(bands, allowed, rng)
        lake = labels == bits("water")
        assert (labels[~lake] == allowed[~lake]).all()
        if not np.array_equal(shown, bands):
            changed += 1
            assert np.median(shown[4][lake]) < 0.1
    assert 8 < changed < 34
    assert np.array_equal(allowed, made()[0].allowed[:96, :96])  # the sample itself is as it was


def test_haze_leaves_reflectance_in_range() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        shown = waters.haze(np.zeros((6, 8, 8), np.float32), rng)
        assert shown.dtype == np.float32 and shown.min() >= 0 and shown.max() < 0.2


def test_water_on_dry_ground_is_not_learnt_from_but_stays_in_the_sample() -> None:
    sample = made()[0]
    sample.bands[4, :30] = 0.3  # the upper rows of the lake reflect short-wave infrared as soil does
    doubtful = landsat.doubtful(sample)
    assert doubtful[22, 40] and not doubtful[50, 40] and not doubtful[0, 0]
    assert landsat.without_doubtful([sample])[0].allowed[22, 40] == 0
    assert sample.allowed[22, 40] == bits("water")


def test_a_blob_of_a_table_is_labelled_and_names_the_fold_it_is_of() -> None:
    sample, rng = made()[0], np.random.default_rng(0)
    bands, allowed = sample.bands.astype(np.float32)[:, :96, :96], sample.allowed[:96, :96]
    shown, labels, folds = Spectra([sand()]).paint(bands, allowed, rng)
    blob = labels == bits("bare")
    assert folds == 1 << 2
    assert 50 < blob.sum() < blob.size
    assert shown[:, blob].min() > 0.3
    untouched = labels == allowed
    assert (labels[~untouched & ~blob] == 0).all()  # its edge is nobody's


def test_described_points_are_judged_as_the_whole_picture_is() -> None:
    torch.manual_seed(0)
    model = OpticalNet().eval()
    bands = torch.rand(1, 6, 1, 1).expand(1, 6, 64, 64)  # even ground, where no cell differs from its neighbours
    given = torch.ones(1, 6), torch.zeros(1, 2)
    points = torch.tensor([[5 * 64 + 7, 40 * 64 + 33]])
    with torch.inference_mode():
        whole = model(bands, *given).flatten(2)[..., points[0]]
        found = model.describe(bands, *given, points=points)
        condition = found.pop("condition")[:, :, None, None].expand(-1, -1, 2, 1)
        judged = model.judge(*found.values(), condition)[..., 0]
    torch.testing.assert_close(whole, judged, atol=1e-5, rtol=1e-5)


def test_what_lies_over_the_whole_picture_hardly_changes_its_shape() -> None:
    from terrascope_lab.training.vision.models import FEATURES, SHAPES, optical_features

    ground = torch.tensor([0.06, 0.05, 0.03, 0.01, 0.005, 0.004]).view(1, 6, 1, 1)
    flags = torch.ones(1, 6)
    clear, hazy = optical_features(ground, flags), optical_features(ground + 0.05, flags)
    shape = slice(FEATURES - len(SHAPES), None)
    torch.testing.assert_close(clear[:, shape], hazy[:, shape], atol=1e-5, rtol=1e-5)


def test_numbers_of_the_settings_are_changed_by_name_and_others_refused() -> None:
    settings = pooled.changed(batches.DEFAULTS["picture"], ["pictures=0.5", "coarser=0"])
    assert (settings.pictures, settings.coarser, settings.expert) == (0.5, 0.0, "picture")
    with pytest.raises(ValueError, match="shortwafe"):
        pooled.changed(settings, ["shortwafe=0"])


def test_each_form_of_input_has_its_own_temperature() -> None:
    class Two(torch.nn.Module):
        def forward(self, bands: torch.Tensor, *given: torch.Tensor) -> torch.Tensor:
            return torch.cat([bands[:, :1], torch.full((1, len(ATOMS) - 1, 2, 2), -50.0)], 1)

    graph = export.Probabilities(Two(), {"six bands": 1.0, "RGB+NIR": 2.0, "digital numbers": 4.0})
    bands, six, four = torch.full((1, 6, 2, 2), -48.0), torch.ones(1, 6), torch.tensor([[1.0, 1, 1, 1, 0, 0]])
    plain, shown = torch.zeros(1, 2), torch.tensor([[1.0, 0.0]])
    for present, context, temperature in ((six, plain, 1.0), (four, plain, 2.0), (six, shown, 4.0), (four, shown, 4.0)):
        weight = np.exp(2 / temperature)
        found = float(graph(bands, present, context)[0, 0, 0, 0])
        assert found == pytest.approx(weight / (weight + len(ATOMS) - 1), rel=1e-4)


def test_temperatures_are_read_for_a_network_or_for_each_of_its_forms() -> None:
    found = export.temperatures_of(["colour=1.1", "optical:six bands=1.2", "optical:RGB+NIR=1.3"])
    assert found == {"colour": 1.1, "optical": {"six bands": 1.2, "RGB+NIR": 1.3}}


def test_fine_samples_are_also_shown_coarser_and_averaged() -> None:
    sample = made(1, 256)[0]
    sample.gsd_m = 10.0
    source = batches.Crops([sample], {}, 96, 0, rare=0.0, coarser=1.0)
    factors = [source.crop((0.6, 1.5))[3] for _ in range(20)]
    assert min(factors) > 1.45 and max(factors) > 2.2
    noise = np.random.default_rng(0).normal(0, 1, (1, 240, 240)).astype(np.float32)
    shown, _ = batches.augment.resize(noise, np.zeros((240, 240), np.uint16), 96)
    assert shown.std() < 0.6  # 2.5 pixels a side: drawn one by one their spread would stay near 1


def test_guessed_short_wave_infrared_is_that_of_the_class() -> None:
    from terrascope_lab.training.vision import shortwave

    rng = np.random.default_rng(0)
    colours = rng.uniform(0.08, 0.12, (4, 64, 64))
    swir = {"built": 0.3, "grass": 0.15}
    taught = []
    for name, level in swir.items():
        bands = np.concatenate([colours, np.full((2, 64, 64), level)]).astype(np.float16)
        allowed = np.full((64, 64), bits(name), np.uint16)
        taught.append(Sample("hls", name, bands, np.ones(6, bool), allowed, 30.0, False, name))
    bands = np.concatenate([colours, np.zeros((2, 64, 64))]).astype(np.float16)
    allowed = np.full((64, 64), bits("grass"), np.uint16)
    allowed[:, 32:] = bits("built")
    flags = np.array([1, 1, 1, 1, 0, 0], bool)
    europe = Sample("europe", "x", bands, flags, allowed, 10.0, False, "x")
    shown = shortwave.complete([*taught, europe], [], 1.0, 0)[-1]
    assert shown.present.all()
    assert np.median(shown.bands[4, :, :32]) == pytest.approx(0.15, abs=0.04)
    assert np.median(shown.bands[4, :, 32:]) == pytest.approx(0.3, abs=0.06)
