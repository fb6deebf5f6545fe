"""TerraScope-Cap: a network annotates, truth refines, and what comes out can be asked about."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from terrascope.cli import main
from terrascope_lab.cot.annotator.predict import annotate, as_scene
from terrascope_lab.cot.annotator.recipe import write_recipe
from terrascope_lab.cot.annotator.run import annotate_all, refine_all, refined
from terrascope_lab.cot.readers.annotations import FILE, Annotations, write_scene
from terrascope_lab.cot.readers.folders import Folder, parse_classes
from terrascope_lab.cot.readers.pixels import sar_bytes
from terrascope_lab.cot.scenes import DataError, Moment

from . import made


@pytest.fixture(scope="module")
def network():
    pytest.importorskip("onnxruntime")
    from terrascope.networks.registry import load_network

    return load_network("embedded")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unlabelled")
    for seed in range(2):
        made.save_png(folder / "images" / f"p{seed}.png", made.picture(made.label_map(seed)))
    return folder


def test_the_embedded_model_annotates_pictures_without_labels(network, pictures, tmp_path):
    report = annotate_all(network, [Folder(pictures)], tmp_path, labels=["water", "trees", "cropland"])
    assert report.scenes == 2
    reader = Annotations(tmp_path)
    assert reader.names() == ["folder/p0", "folder/p1"]
    scene = reader.load("folder/p0")
    assert scene.moments[0].masks
    total = sum(mask.astype(int) for mask in scene.moments[0].masks.values())
    assert total.max() <= 1, "masks do not overlap"
    assert all(0 <= value <= 1 for value in reader.entry("folder/p0")["confidence"].values())


def test_a_stopped_annotation_goes_on(network, pictures, tmp_path):
    annotate_all(network, [Folder(pictures)], tmp_path / "whole", labels=["water"])
    annotate_all(network, [Folder(pictures)], tmp_path / "half", labels=["water"], limit=1)
    with (tmp_path / "half" / FILE).open("a") as stream:
        stream.write('{"id": "folder/p1", "broken')
    annotate_all(network, [Folder(pictures)], tmp_path / "half", labels=["water"])
    assert (tmp_path / "half" / FILE).read_text() == (tmp_path / "whole" / FILE).read_text()
    with pytest.raises(DataError, match=r"annotated otherwise \(labels\)"):
        annotate_all(network, [Folder(pictures)], tmp_path / "half", labels=["trees"])


def test_a_class_that_the_network_does_not_know_is_left_out(network):
    found = annotate(network, made.scene(0), ["water", "swimming pools"])
    assert "swimming pools" in found.unknown
    assert set(found.masks) <= {"water"}


def test_optical_and_radar_reach_the_network_as_two_views():
    scene = made.scene(0)
    moment = scene.moments[0]
    with_radar = replace(scene, moments=(Moment(moment.optical, moment.masks, moment.optical),))
    assert [view.role.value for view in as_scene(with_radar).views] == ["optical", "sar"]
    assert as_scene(scene).gsd_m == (10.0, 10.0)


def test_refined_masks_are_prediction_and_truth():
    truth = made.scene(1)
    water = truth.moments[0].masks["water"]
    shifted = np.roll(water, 3, axis=0)
    predicted = replace(truth, moments=(Moment(truth.moments[0].optical, {"water": shifted}),))
    result = refined(predicted, truth)
    assert np.array_equal(result.moments[0].masks["water"], shifted & water)
    assert not result.valid[shifted != water].any()
    assert result.valid[shifted == water].all()


def test_refined_sets_are_asked_about_and_checked(tmp_path, capsys):
    folder = made.folder_set(tmp_path / "set", 3)
    truth = Folder(folder, parse_classes(made.CLASSES), 10.0)
    _annotations_of(truth, tmp_path / "predicted")
    report = refine_all(tmp_path / "predicted", [truth], tmp_path / "refined")
    assert report.iou()["water"] < 1.0
    source = f"annotations={tmp_path / 'refined'}"
    assert main(["cot", "compose", "--source", source, "--out", str(tmp_path / "out"), "--processes", "1"]) == 0
    assert main(["cot", "check", str(tmp_path / "out"), "--processes", "1"]) == 0
    assert " 0 mismatches" in capsys.readouterr().out


def test_a_truth_of_another_size_is_refused():
    truth, small = made.scene(0), made.label_map(0, 50)
    moment = Moment(made.picture(small), {"water": small == 1})
    with pytest.raises(DataError, match=r"\(50, 50\).*\(96, 96\)"):
        refined(replace(truth, moments=(moment,), valid=np.ones((50, 50), bool)), truth)


def test_the_recipe_of_the_annotator_is_one_that_training_reads(tmp_path):
    recipe = pytest.importorskip("terrascope_lab.training.recipe")
    folder = made.folder_set(tmp_path / "set", 3)
    given = ["--source", f"folder={folder}", "--classes", made.CLASSES, "--gsd", "10", "--processes", "1"]
    assert main(["cot", "caption", *given, "--out", str(tmp_path / "cap")]) == 0
    assert write_recipe(tmp_path / "cap", tmp_path / "cap.toml") == 3
    pytest.importorskip("tomllib")
    read = recipe.read_recipe(str(tmp_path / "cap.toml"))
    assert read.name == "terrascope-cap"
    assert "single.json" in (tmp_path / "cap.toml").read_text()


def test_radar_captions_and_questions_stay_with_an_annotated_scene(tmp_path):
    plain = made.scene(0)
    moment = plain.moments[0]
    radar = sar_bytes(moment.optical[..., 0], moment.optical[..., 1])
    both = replace(
        plain, name="both", moments=(Moment(moment.optical, moment.masks, radar),), captions=("A lake.",),
        questions=(("Is there a lake?", "yes"),),
    )  # fmt: skip
    alone = replace(plain, name="alone", moments=(Moment(None, moment.masks, radar),))
    with (tmp_path / FILE).open("w") as stream:
        for scene in (both, alone):
            write_scene(stream, tmp_path, scene, moment.masks, {})
    reader = Annotations(tmp_path)
    for scene in (both, alone):
        read = reader.load(scene.scene_id)
        assert (read.captions, read.questions) == (scene.captions, scene.questions)
        assert np.array_equal(read.moments[0].sar, radar)
        assert (read.moments[0].optical is None) == (scene is alone)
        assert np.array_equal(read.moments[0].masks["water"], moment.masks["water"])


def _annotations_of(reader: Folder, out) -> None:
    """An annotated set with masks that are a little off."""
    out.mkdir()
    with (out / FILE).open("w") as stream:
        for name in reader.names():
            scene = reader.load(name)
            masks = {label: np.roll(mask, 2, axis=1) for label, mask in scene.moments[0].masks.items()}
            write_scene(stream, out, scene, masks, dict.fromkeys(masks, 0.9))
