"""The optical networks learn from mixed points, never from the fold they are measured on, and run as they were made."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from terrascope.classes import ATOMS
from terrascope.networks.embedded.vision import VisionNetworks
from terrascope.scene.types import Role, Scale, Source, View
from terrascope.training.vision import batches, export, folds, pooled, samples, waters
from terrascope.training.vision.evaluate import view_of, with_bands
from terrascope.training.vision.legends import bits

BANDS = samples.BANDS


def made(count: int = 8, size: int = 112) -> list[samples.Sample]:
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
        out.append(samples.Sample("hls", str(i), bands, np.ones(6, bool), allowed, 30.0, False, f"region{i}"))
    return out


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints of both networks, made from the images of `made`, with the last two images as fold 1."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(samples, "read_optical", lambda root: made())
        patch.setattr(folds, "folds_of", lambda root, data: [0] * 6 + [1] * 2)
        for expert in ("optical", "colour"):
            pooled.cache(expert, folder, folder, crops=96, points=200, seed=1)
            pooled.fit(expert, folder, 1, expert, steps=120)
    return folder


def test_what_a_fold_holds_back_is_named_and_not_learnt_from(runs: Path) -> None:
    note = json.loads((runs / "optical.json").read_text())
    assert note["held_out"] == ["hls/6", "hls/7"]
    assert note["settings"]["fold"] == 1 and note["steps"] == 120


@pytest.fixture(scope="module")
def networks(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> VisionNetworks:
    """Both networks, exported."""
    folder = tmp_path_factory.mktemp("models")
    for expert in ("optical", "colour"):
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
    sample = with_bands(made()[:1], (1, 1, 1, 0, 0, 0))[0]
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
    assert set(again._sessions) == {"optical"}


def test_an_expert_without_descriptions_is_refused() -> None:
    with pytest.raises(TypeError, match="sar"):
        pooled.described("sar")


def test_a_batch_of_the_network_for_colours_shows_colours_only() -> None:
    source = batches.Crops(made(), batches.DEFAULTS["colour"].shares, 96, 0)
    ((bands, present, _), _), cut = batches.optical_batch(source, batches.DEFAULTS["colour"])
    assert not bands[:, 3:].any() and present[:, :3].all() and not present[:, 3:].any()
    assert len(cut) == len(bands) and max(cut) < len(source.samples)


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
    assert 8 < changed < 30
    assert np.array_equal(allowed, made()[0].allowed[:96, :96])  # the sample itself is as it was


def test_haze_leaves_reflectance_in_range() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        shown = waters.haze(np.zeros((6, 8, 8), np.float32), rng)
        assert shown.dtype == np.float32 and shown.min() >= 0 and shown.max() < 0.2
