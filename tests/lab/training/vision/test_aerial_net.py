"""The aerial network says what it was taught, at any size, and teaching it works."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from terrascope.errors import CheckpointError
from terrascope.landcover import ATOMS
from terrascope_lab.data import legends
from terrascope_lab.data.sample import Sample
from terrascope_lab.training.vision import aerial_net_train
from terrascope_lab.training.vision.aerial_net import (
    CLASSES,
    GREEN,
    AerialNet,
    FoldedEncoder,
    colour_features,
    kinds_of_green,
)
from terrascope_lab.training.vision.aerial_net_crops import AerialCrops, class_sets, mosaics, resized, restyle
from terrascope_lab.training.vision.efficientnet import EfficientNetLite0
from terrascope_lab.training.vision.export import load

COLOURS = {
    "building": (0.9, 0.3, 0.3),
    "bare": (0.8, 0.7, 0.5),
    "vegetation": (0.1, 0.4, 0.1),
    "water": (0.0, 0.1, 0.3),
}
MEMBERS = {name: GREEN if name == "vegetation" else (name,) for name in COLOURS}


def quarters(side: int = 96) -> Sample:
    """Four quarters of one class each, with a band of unknown in the middle."""
    bands = np.zeros((3, side, side), np.float16)
    allowed = np.zeros((side, side), np.uint16)
    half = side // 2
    for i, (name, colour) in enumerate(COLOURS.items()):
        area = np.s_[(i // 2) * half : (i // 2 + 1) * half, (i % 2) * half : (i % 2 + 1) * half]
        bands[:, area[0], area[1]] = np.array(colour)[:, None, None]
        allowed[area] = legends.bits(*MEMBERS[name])
    allowed[half - 2 : half + 2] = 0
    return Sample("dubai", "tile9/one", bands, np.ones(3, bool), allowed, 1.0, True, "tile9")


def test_folding_the_norms_into_the_encoder_changes_nothing(tmp_path: Path) -> None:
    torch.manual_seed(0)
    published = EfficientNetLite0()
    for part in published.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(part.running_mean, -0.2, 0.2)
            torch.nn.init.uniform_(part.running_var, 0.5, 2.0)
            torch.nn.init.uniform_(part.weight, 0.5, 1.5)
    torch.save(published.state_dict(), tmp_path / "lite0.pth")
    folded = FoldedEncoder()
    folded.load_published(tmp_path / "lite0.pth")
    picture = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.inference_mode():
        wanted, got = published.eval()(picture), folded.eval()(picture)
    assert [tuple(level.shape[1:]) for level in got] == [
        (16, 32, 32), (24, 16, 16), (40, 8, 8), (112, 4, 4), (192, 2, 2),
    ]  # fmt: skip
    for own, original in zip(got[:4], wanted[:4], strict=True):
        torch.testing.assert_close(own, original, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("shape", [(32, 64), (96, 32)])
def test_every_atom_has_a_probability_at_every_pixel(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    with torch.inference_mode():
        p = AerialNet().eval()(torch.rand(2, 3, *shape)).softmax(1)
    assert tuple(p.shape) == (2, len(ATOMS), *shape)
    torch.testing.assert_close(p.sum(1), torch.ones(2, *shape))
    unknown = [i for i, name in enumerate(ATOMS) if name not in (*CLASSES, *GREEN)]
    assert float(p[:, unknown].max()) < 1e-4  # it never says snow, cloud, wetland or settlement


def test_rough_vegetation_is_called_trees_and_smooth_grass() -> None:
    rough = torch.full((1, 1, 8, 8), 0.02)
    rough[..., 4:] = 0.2
    kinds = kinds_of_green(rough)
    torch.testing.assert_close(kinds.sum(1), torch.ones(1, 8, 8))
    tree, grass = GREEN.index("tree"), GREEN.index("grass")
    assert float(kinds[0, grass, 4, 0]) > 0.7
    assert float(kinds[0, tree, 4, 7]) > 0.7


def test_colour_ratios_hardly_feel_how_bright_a_picture_is() -> None:
    torch.manual_seed(0)
    picture = torch.rand(1, 3, 32, 32) * 0.4 + 0.2
    dark, bright = colour_features(picture), colour_features(picture * 1.5)
    change = (dark - bright).abs().mean((0, 2, 3))
    assert float(change[[4, 5, 6, 14]].max()) < 0.15
    assert float(change[3]) > 0.15  # brightness does


def test_the_loss_looks_at_known_pixels_only() -> None:
    torch.manual_seed(0)
    logits, labels = torch.randn(1, 6, 32, 32), 1 << torch.randint(0, 6, (1, 32, 32)).to(torch.uint8)
    labels[:, :16] = 0
    other = logits.clone()
    other[:, :, :16] += torch.randn(1, 6, 16, 32)
    weights = torch.ones(6)
    first, second = (aerial_net_train.loss_of(x, labels, weights, 0.05) for x in (logits, other))
    torch.testing.assert_close(first, second)


def test_labels_stay_on_the_pixels_they_belong_to() -> None:
    crops = AerialCrops([quarters()], 64, seed=3)
    crops.coloured = lambda rgb: rgb  # type: ignore[method-assign]
    for _ in range(20):
        rgb, labels = crops.crop()
        assert rgb.shape == (3, 64, 64)
        for i, name in enumerate(CLASSES):
            inside = labels == 1 << i
            if name in COLOURS and inside.any():
                away = np.abs(rgb[:, inside].T - np.array(COLOURS[name])).max(1)
                assert (away < 0.02).mean() > 0.85  # the rest lies on a border and is blended
    assert (labels == 1 << CLASSES.index("road")).sum() == 0


def test_rare_classes_are_asked_for_on_purpose() -> None:
    sample = quarters(160)
    rare = legends.bits("water")
    sample.allowed[sample.allowed == rare] = legends.bits("bare")
    sample.allowed[100:108, 100:108] = rare
    crops = AerialCrops([sample], 32, seed=0)
    seen = [(crops.crop()[1] == 1 << CLASSES.index("water")).any() for _ in range(60)]
    assert np.mean(seen) > 0.15  # at random places it would be about 0.05


def test_resizing_keeps_the_range_and_the_classes() -> None:
    rng = np.random.default_rng(0)
    rgb, labels = rng.random((3, 50, 50), np.float32), rng.integers(0, 6, (50, 50)).astype(np.uint8)
    for size in (20, 50, 90):
        small, classes = resized(rgb, labels, size)
        assert small.shape == (3, size, size)
        assert small.min() >= 0
        assert small.max() <= 1
        assert set(np.unique(classes)) <= set(np.unique(labels))


def test_a_picture_can_take_the_colours_of_another() -> None:
    rng = np.random.default_rng(0)
    rgb = (rng.random((3, 40, 40)) * 0.3 + 0.1).astype(np.float32)
    manner = np.array([[0.6, 0.5, 0.4], [0.1, 0.1, 0.1]], np.float32)
    np.testing.assert_allclose(restyle(rgb, manner, 1.0).mean((1, 2)), manner[0], atol=0.02)
    np.testing.assert_allclose(restyle(rgb, manner, 0.0), rgb, atol=1e-5)


def test_four_colours_are_learnt_in_a_few_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save(EfficientNetLite0().state_dict(), tmp_path / "lite0.pth")
    monkeypatch.setattr(aerial_net_train.aerial, "read_aerial", lambda root: [quarters()])
    recipe = aerial_net_train.Recipe(size=64, batch=4, steps=30, average=0.5)
    path = aerial_net_train.train(tmp_path, tmp_path / "lite0.pth", tmp_path, "four", None, recipe)
    model, note = load(path)
    assert note["settings"]["steps"] == 30
    with pytest.raises(CheckpointError, match="four.safetensors was trained on pictures that five leaves out"):
        aerial_net_train.train(tmp_path, path, tmp_path, "five", 0, recipe)
    sample = quarters()
    with torch.inference_mode():
        p = model(torch.from_numpy(sample.bands.astype(np.float32))[None]).softmax(1)[0]
    water, building = ATOMS.index("water"), ATOMS.index("building")
    assert float(p[water, 60:, 60:].mean()) > 0.5
    assert float(p[building, :36, :36].mean()) > 0.5


def test_a_set_of_atoms_becomes_a_set_of_classes() -> None:
    of = {name: 1 << i for i, name in enumerate(CLASSES)}
    sets = np.array([legends.bits("road", "built"), legends.without("road"), 0, legends.bits("tree")], np.uint16)
    assert class_sets(sets).tolist() == [of["road"] | of["built"], sum(of.values()) - of["road"], 0, of["vegetation"]]


def test_a_label_that_only_says_what_a_pixel_is_not_teaches_just_that() -> None:
    logits = torch.zeros(1, 6, 16, 16, requires_grad=True)
    no_road = torch.full((1, 16, 16), (1 << 6) - 1 - (1 << CLASSES.index("road")), dtype=torch.uint8)
    aerial_net_train.loss_of(logits, no_road, torch.ones(6), 0.05).backward()
    pull = -logits.grad.mean((0, 2, 3))
    assert pull[CLASSES.index("road")] < 0
    others = [i for i in range(6) if CLASSES[i] != "road"]
    torch.testing.assert_close(pull[others], pull[others[:1]].expand(5))


def test_tiles_of_one_town_are_joined_by_their_names() -> None:
    tiles = []
    for col, row, value in ((7, 3, 0.1), (8, 3, 0.2), (7, 4, 0.3)):
        bands, allowed = np.full((3, 16, 16), value, np.float16), np.full((16, 16), row, np.uint16)
        tiles.append(Sample("nepal", f"OAM-{col}-{row}-19", bands, np.ones(3, bool), allowed, 0.27, True, "OAM"))
    whole, = mosaics(tiles)
    assert whole.bands.shape == (3, 32, 32)
    np.testing.assert_allclose(whole.bands[0, ::16, ::16], [[0.1, 0.2], [0.3, 0]], atol=1e-3)
    assert whole.allowed[20, 4] == 4 and whole.allowed[20, 20] == 0  # where no tile is, nothing is known
